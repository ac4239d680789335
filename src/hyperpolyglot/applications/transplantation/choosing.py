"""Which method to take, by differences that the hidden tokens can show, and how good such a choice is.

All methods rebuild the same tokens, so they are compared in pairs. A method stays where its score is not shown to be
below the best: the one-sided interval of the mean difference (BCa) reaches zero at the level 1 − 0.05/(m − 1) for m
methods, so that the truly best of them stays with a probability of 95 %, whichever looks best (Hsu 1984, Annals of
Statistics 12:1136, with Bonferroni's bound).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hyperpolyglot.applications.transplantation.trials import Scores
from hyperpolyglot.statistics import bootstrap_mean
from hyperpolyglot.types import Array, Float64

__all__ = ["ahead_of", "chosen_of", "cross_fitted"]

_RISK = 0.05
_FOLDS = 10
_IN_TURN = ("p1", "overlap10")


def chosen_of(scores: Mapping[str, Scores], some: Array | None = None) -> str:
    """The method to take by the hidden tokens ``some``, positions or ``None`` for all.

    Methods stay whose P@1 is not shown to be below the best; of these those whose overlap of ten neighbours is not; of
    these the one with the largest mean cosine is taken, then the first by name.
    """
    rows = slice(None) if some is None else some
    left = sorted(scores)
    for name in _IN_TURN:
        left = _not_below(left, [scores[method].columns[name][rows] for method in left])
    return min(left, key=lambda method: (-scores[method].columns["cosine"][rows].mean(), method))


def _not_below(methods: Sequence[str], columns: Sequence[Float64]) -> list[str]:
    """The methods whose mean is not shown to be below the largest, by paired differences."""
    best = max(columns, key=lambda column: column.mean())
    level = 1 - 2 * _RISK / max(1, len(methods) - 1)
    found = []
    for method, column in zip(methods, columns, strict=True):
        ends = bootstrap_mean(best - column, random=np.random.default_rng(0), level=level)
        if ends is None or ends[0] <= 0:
            found.append(method)
    return found


def ahead_of(scores: Mapping[str, Scores], chosen: str) -> dict[str, dict[str, float | None]]:
    """How far the chosen method's P@1 is above that of each other method on the same tokens: {value, low, high}.

    Intervals are of the mean paired difference (BCa), and hold for all methods together with 95 % (Bonferroni).
    """
    found: dict[str, dict[str, float | None]] = {}
    for method in (name for name in scores if name != chosen):
        differences = scores[chosen].columns["p1"] - scores[method].columns["p1"]
        ends = bootstrap_mean(
            differences, random=np.random.default_rng(0), level=1 - _RISK / (len(scores) - 1)
        )
        low, high = (None, None) if ends is None else ends
        found[method] = {"value": float(differences.mean()), "low": low, "high": high}
    return found


def cross_fitted(scores: Mapping[str, Scores], labels: Array, seed: int) -> Scores:
    """The scores of the choice itself: those of every token by the method that is chosen without its tenth.

    ``labels`` ``[n]``: tenths are alike in these.
    """
    n = len(labels)
    order = np.lexsort((np.random.default_rng(seed).random(n), labels))
    folds = np.empty(n, np.int64)
    folds[order] = np.arange(n) % min(_FOLDS, n)
    names = np.empty(n, object)
    for fold in np.unique(folds):
        names[folds == fold] = chosen_of(scores, np.flatnonzero(folds != fold))
    used = {method: names == method for method in dict.fromkeys(names.tolist())}
    first = next(iter(scores.values()))
    return Scores(
        columns={
            name: sum(
                (np.where(own, scores[method].columns[name], 0.0) for method, own in used.items()),
                np.zeros(n),
            )
            for name in first.columns
        },
        chance={
            name: None
            if value is None
            else sum(float(own.mean()) * (scores[method].chance[name] or 0.0) for method, own in used.items())
            for name, value in first.chance.items()
        },
    )
