"""From ranks to scores: P@k and MRR, what chance gives, and intervals over concepts and languages."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.statistics import share_intervals
from hyperpolyglot.types import Array, Float64

__all__ = [
    "METRICS",
    "among_few",
    "cell_intervals",
    "chance",
    "chance_spread",
    "clusters_of",
    "expected_of",
    "score",
    "scored",
    "values_of",
]

METRICS = ("p1", "p5", "p10", "mrr")
_CELLS = 512
_DEPTH = {"p1": 1, "p5": 5, "p10": 10}


def values_of(metric: str, ranks: Array) -> Float64:
    """The score of each question: whether the rank is within k, or 1/rank; rank 0 (no answer) scores 0.

    >>> values_of("p5", np.array([1, 6, 0])).tolist(), values_of("mrr", np.array([4])).tolist()
    ([1.0, 0.0, 0.0], [0.25])
    """
    if metric == "mrr":
        return np.where(ranks > 0, 1.0 / np.maximum(ranks, 1), 0.0)
    return ((ranks > 0) & (ranks <= _DEPTH[metric])).astype(np.float64)


@cache
def chance(metric: str, candidates: int, references: int) -> float:
    """Expected score of a random order of m candidates with g correct ones.

    P@k = 1 − C(m − g, k)/C(m, k). MRR = Σ_r 1/r · C(m − r, g − 1)/C(m, g): the best of g is at rank r.

    >>> chance("p5", 10, 1), chance("p5", 3, 1), round(chance("mrr", 3, 1), 4)
    (0.5, 1.0, 0.6111)
    """
    m, g = candidates, min(references, candidates)
    if g <= 0:
        return 0.0
    if metric == "mrr":
        rank = np.arange(1, m - g + 2, dtype=np.float64)
        logs = _log_choose(m - rank, g - 1) - _log_choose(np.float64(m), g)
        return float(np.sum(np.exp(logs) / rank))
    k = min(_DEPTH[metric], m)
    missed = 1.0
    for i in range(k):
        missed *= max(0, m - g - i) / (m - i)
    return 1.0 - missed


@cache
def _variance(metric: str, candidates: int, references: int) -> float:
    """Variance of the score of one question in a random order."""
    expected = chance(metric, candidates, references)
    m, g = candidates, min(references, candidates)
    if metric != "mrr" or g <= 0:
        return expected * (1 - expected)
    rank = np.arange(1, m - g + 2, dtype=np.float64)
    logs = _log_choose(m - rank, g - 1) - _log_choose(np.float64(m), g)
    return float(np.sum(np.exp(logs) / rank**2)) - expected**2


def chance_spread(metric: str, sizes: tuple[Array, Array]) -> float:
    """Deviation that the mean over questions has by chance alone; ``sizes``: candidates and references of each."""
    if not len(sizes[0]):
        return 0.0
    pairs, of = _distinct(sizes)
    counts = np.bincount(of, minlength=len(pairs))
    total = sum(n * _variance(metric, m, g) for (m, g), n in zip(pairs, counts, strict=True))
    return float(np.sqrt(max(total, 0.0))) / len(sizes[0])


def _distinct(sizes: tuple[Array, Array]) -> tuple[list[tuple[int, int]], NDArray[np.intp]]:
    """The different (candidates, references) in their order, and which of them each question has."""
    candidates, references = (np.asarray(x, np.int64) for x in sizes)
    width = int(references.max()) + 1
    keys, of = np.unique(candidates * width + references, return_inverse=True)
    return [divmod(key, width) for key in keys.tolist()], of.reshape(-1)


def _log_choose(n: Any, k: int) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def clusters_of(asked: Questions) -> Crossed:
    """The concepts and languages that answers to these questions vary with."""
    return Crossed.of(asked.concept, (asked.source, asked.target))


def expected_of(metric: str, sizes: tuple[Array, Array]) -> Float64:
    """What chance gives in each question; ``sizes``: candidates and references of each."""
    if not len(sizes[0]):
        return np.empty(0)
    pairs, of = _distinct(sizes)
    return np.array([chance(metric, m, g) for m, g in pairs])[of]


def among_few(ranks: Array, sizes: tuple[Array, Array], few: int) -> Float64:
    """Expected P@1 of each question, were its candidates the best correct answer and ``few`` − 1 wrong ones at random.

    Of the wrong candidates r − 1 are nearer: C(w − r + 1, few − 1)/C(w, few − 1), where w is how many are wrong, all
    of them where there are fewer. It makes languages and vocabularies of unequal size comparable; chance is 1/few.

    >>> among_few(np.array([1, 2, 11, 0]), (np.full(4, 20), np.full(4, 1)), 10).round(2).tolist()
    [1.0, 0.53, 0.0, 0.0]
    """
    r = np.maximum(np.asarray(ranks, np.float64), 1)
    wrong = np.maximum(np.asarray(sizes[0], np.float64) - sizes[1], r - 1)
    drawn = np.minimum(few - 1, wrong)
    result = np.ones(len(r))
    for i in range(few - 1):
        left = np.maximum(wrong - r + 1 - i, 0) / np.maximum(wrong - i, 1)
        result *= np.where(i < drawn, left, 1.0)
    return np.where(np.asarray(ranks) > 0, result, 0.0)


def scored(ranks: Array, sizes: tuple[Array, Array], clusters: Crossed) -> dict[str, Any]:
    """``{p1, p5, p10, mrr: {value, interval, chance}}``; ``sizes``: candidates and references of each question."""
    return {metric: score(metric, ranks, sizes, clusters) for metric in METRICS}


def score(metric: str, ranks: Array, sizes: tuple[Array, Array], clusters: Crossed) -> dict[str, Any]:
    """One of the scores: {value, interval, chance}, all ``None`` without a question."""
    if not len(ranks):
        return {"value": None, "interval": None, "chance": None}
    found = clusters.estimate(values_of(metric, ranks))
    low, high = wilson_form(found, spread=chance_spread(metric, sizes))
    return {
        "value": float(found.mean[0]),
        "interval": None if np.isnan(low[0]) else [float(low[0]), float(high[0])],
        "chance": float(expected_of(metric, sizes).mean()),
    }


def cell_intervals(
    values: Float64, expected: Float64, concepts: Array, cells: Array, count: int
) -> tuple[Float64, Float64, Float64]:
    """(mean, low, high) of every cell ``[count]``, NaN where it is empty or has fewer than two concepts.

    ``cells``: that of each question; ``expected``: each question's score by chance.
    """
    names, concept = np.unique(concepts, return_inverse=True)
    mean, low, high = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(0, count + _CELLS, _CELLS))
    chancy = np.bincount(cells, weights=expected * (1 - expected), minlength=count)
    for number, first in enumerate(range(0, count if len(names) else 0, _CELLS)):
        chosen = order[starts[number] : starts[number + 1]]
        shape = (len(names), min(_CELLS, count - first))
        at = concept[chosen] * shape[1] + cells[chosen] - first
        totals = np.bincount(at, weights=values[chosen], minlength=shape[0] * shape[1]).reshape(shape)
        sizes = np.bincount(at, minlength=shape[0] * shape[1]).reshape(shape)
        asked = sizes.sum(axis=0)
        filled = np.flatnonzero(asked)
        place = first + filled
        mean[place] = totals.sum(axis=0)[filled] / asked[filled]
        spread = np.sqrt(chancy[place]) / asked[filled]
        low[place], high[place] = share_intervals(totals[:, filled], sizes[:, filled], spread=spread)
    return mean, low, high
