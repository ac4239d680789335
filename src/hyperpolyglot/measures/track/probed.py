"""Whether a probe tells the tokens of a label from the others, token by token, on the same tokens at every step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.probes import fit_probes, principal_components, stratified_folds
from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.sums import Column, StepValue, summed
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import held_out_interval
from hyperpolyglot.types import Float32, Int32

__all__ = ["separated"]

_MEASURE = "separability"
_PROBED = 1000
"""Tokens of a label, and as many others, that a probe takes at most, unless all are asked for."""


def separated(
    space: TokenSpace, usable: NDArray[np.bool_], groups: NDArray[np.int64], options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """Held-out accuracy of one-vs-rest probes by label, and their mean over labels; empty where no label has enough."""
    drawn = [(name, rows[usable[rows]]) for name, rows in _drawn(space.labels, options)]
    if not drawn:
        return [], []
    every = np.unique(np.concatenate([rows for _, rows in drawn]))
    vectors = unit_rows(space.vectors(every))
    components = principal_components(vectors)
    values, columns, means = [], [], []
    for name, rows in drawn:
        own = space.labels.codes[rows] == space.labels.names.index(name)
        if min(np.count_nonzero(own), np.count_nonzero(~own)) < options.folds:
            continue
        at = np.searchsorted(every, rows)
        fold = stratified_folds(own, options.folds)
        training = fold[:, None] != np.arange(options.folds)
        fit = fit_probes(vectors, own.astype(np.int64), training, rows=at, components=components)
        right = _right(vectors[at], own, fold, fit.weights[:, 0])
        accuracy = float(right.mean())
        low, high = held_out_interval(accuracy, len(right), options.folds)
        values.append(StepValue(measure=_MEASURE, label=name, value=accuracy, low=low, high=high, chance=0.5))
        columns.append(summed((_MEASURE, name), groups[rows], right))
        means.append(summed((_MEASURE, None), groups[rows], right, 1 / len(right)))
    if not values:
        return [], []
    low, high = (float(np.mean([getattr(v, end) for v in values])) for end in ("low", "high"))
    mean = float(np.mean([v.value for v in values]))
    whole = (_MEASURE, None), sum(t for _, t, _ in means), sum(s for _, _, s in means)
    first = StepValue(measure=_MEASURE, label=None, value=mean, low=low, high=high, chance=0.5)
    return [first, *values], [whole, *columns]  # type: ignore[list-item]


def _drawn(labels: Labels, options: TrackOptions) -> Iterator[tuple[str, Int32]]:
    """For each label with tokens enough: as many of its own as of others, in a random order."""
    codes = labels.codes
    labelled = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes[labelled], minlength=len(labels.names))
    order = np.flatnonzero((counts >= options.minimum) & labels.counted)
    for code in order[np.argsort(-counts[order], kind="stable")].tolist():
        random = np.random.default_rng([options.seed, 0, code])
        sides = labelled[codes[labelled] == code], labelled[codes[labelled] != code]
        size = min(map(len, sides))
        size = size if options.exact else min(size, _PROBED)
        if size >= options.folds:
            chosen = np.concatenate([random.choice(side, size, replace=False) for side in sides])
            yield labels.names[code], random.permutation(chosen).astype(np.int32)


def _right(
    vectors: Float32, own: NDArray[np.bool_], fold: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether the probe that did not train on a row says its side: bool ``[n]``."""
    scores = np.einsum("ij,ij->i", vectors.astype(np.float64), weights[fold, :-1]) + weights[fold, -1]
    found: NDArray[np.bool_] = (scores > 0) == own
    return found
