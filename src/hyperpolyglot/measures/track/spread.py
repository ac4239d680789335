"""Isotropy, lengths and under-trained tokens at one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.explanation.geometry import isotropy
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.sums import PARTS, Column, StepValue, pseudo_values, summed
from hyperpolyglot.measures.undertrained import Undertrained, undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import jackknife_interval, wilson
from hyperpolyglot.types import Float32

__all__ = ["evenly_spread", "lengths_and_training"]

_ROWS = 20_000


def evenly_spread(
    space: TokenSpace, usable: NDArray[np.bool_], groups: NDArray[np.int64], options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """IsoScore of at most 20,000 seeded tokens, or of all; ``chance``: as many isotropic Gaussian vectors."""
    rows = np.random.default_rng([options.seed, 3]).permutation(len(space))
    rows = np.sort(rows[: len(rows) if options.exact else _ROWS])
    rows = rows[usable[rows]]
    if len(rows) < 2 or space.dim < 2:
        return [], []
    vectors = space.vectors(rows)
    found = isotropy(vectors)
    without = _without_parts(vectors, groups[rows] % PARTS)
    low, high = jackknife_interval(found.iso_score, without) or (None, None)
    value = StepValue(
        measure="isotropy",
        label=None,
        value=found.iso_score,
        low=low,
        high=high,
        chance=found.iso_score_expected,
    )
    return [value], [pseudo_values(("isotropy", None), found.iso_score, without)]


def _without_parts(vectors: Float32, parts: NDArray[np.int64]) -> list[float]:
    """IsoScore with each part of the rows left out, NaN where it has none or leaves fewer than two."""
    n, d = vectors.shape
    away = vectors - vectors.mean(axis=0, dtype=np.float64)
    total: NDArray[np.float64] = away.T @ away
    found = []
    for part in range(PARTS):
        gone = away[parts == part]
        left = n - len(gone)
        if not len(gone) or left < 2:
            found.append(float("nan"))
            continue
        sums = -gone.sum(axis=0)
        scatter = total - gone.T @ gone - np.outer(sums, sums) / left
        square = float((scatter**2).sum())
        participation = float(np.trace(scatter)) ** 2 / square if square > 0 else 1.0
        found.append((participation - 1) / (d - 1))
    return found


def lengths_and_training(
    space: TokenSpace, groups: NDArray[np.int64], options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """Mean length of vectors and share of under-trained tokens, of all tokens and by label."""
    found = undertrained(space)
    judged = _judged(found)
    values, columns = [], []
    for label, own in _members(space.labels, options.fewest):
        rows = np.flatnonzero(judged & own)
        if len(rows) < 2:
            continue
        norms, poor = found.norms[rows], found.mask[rows]
        mean, reach = float(norms.mean()), 1.96 * float(norms.std(ddof=1)) / np.sqrt(len(rows))
        ends = wilson(int(np.count_nonzero(poor)), len(rows)) or (None, None)
        values += [
            StepValue(
                measure="norm", label=label, value=mean, low=mean - reach, high=mean + reach, chance=None
            ),
            StepValue(
                measure="undertrained",
                label=label,
                value=float(poor.mean()),
                low=ends[0],
                high=ends[1],
                chance=None,
            ),
        ]
        columns.append(summed(("norm", label), groups[rows], norms))
        columns.append(summed(("undertrained", label), groups[rows], poor))
    return values, columns


def _judged(found: Undertrained) -> NDArray[np.bool_]:
    return np.isfinite(found.norms)


def _members(labels: Labels, fewest: int) -> list[tuple[str | None, NDArray[np.bool_]]]:
    """All tokens, then those of each label that has enough, most first."""
    shown = labels.only_counted()
    large = [name for name, count in shown.counts().items() if count >= fewest]
    every: list[tuple[str | None, NDArray[np.bool_]]] = [(None, np.ones(len(labels), bool))]
    return every + [(name, shown.codes == labels.names.index(name)) for name in large]
