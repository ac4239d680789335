"""Isotropy, lengths and under-trained tokens at one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.sums import PARTS, Column, StepValue, pseudo_values, summed
from hyperpolyglot.measures.undertrained import Undertrained, undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import jackknife_interval, wilson
from hyperpolyglot.types import Float32

__all__ = ["evenly_spread", "lengths_and_training"]

_ROWS = 20_000
_MOST_KEPT = 1 << 29
"""Bytes of products that are kept: all of tables of 1,800 dimensions at most."""


def evenly_spread(
    space: TokenSpace, usable: NDArray[np.bool_], groups: NDArray[np.int64], options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """IsoScore of at most 20,000 seeded tokens, or of all; ``chance``: as many isotropic Gaussian vectors."""
    rows = np.random.default_rng([options.seed, 3]).permutation(len(space))
    rows = np.sort(rows[: len(rows) if options.exact else _ROWS])
    rows = rows[usable[rows]]
    if len(rows) < 2 or space.dim < 2:
        return [], []
    n, d = len(rows), space.dim
    score, without = _iso_scores(space.vectors(rows), groups[rows] % PARTS)
    low, high = jackknife_interval(score, without) or (None, None)
    expected = d * (n - 1) / (n + d)
    chance = (expected - 1) / (d - 1)
    value = StepValue(measure="isotropy", label=None, value=score, low=low, high=high, chance=chance)
    return [value], [pseudo_values(("isotropy", None), score, without)]


def _iso_scores(vectors: Float32, parts: NDArray[np.int64]) -> tuple[float, list[float]]:
    """IsoScore of all rows, and with each part left out: NaN where it has none or leaves fewer than two.

    As the measure of isotropy has it, from products of the parts, so that each row is multiplied once; the products of
    wide tables are made twice in place of being kept.
    """
    n, d = vectors.shape
    away = vectors - vectors.mean(axis=0, dtype=np.float64)
    own = [away[parts == part] for part in range(PARTS)]
    kept = [part.T @ part for part in own] if 8 * PARTS * d * d <= _MOST_KEPT else []
    total: NDArray[np.float64] = np.sum(kept, axis=0) if kept else away.T @ away
    found = []
    for number, part in enumerate(own):
        left = n - len(part)
        if not len(part) or left < 2:
            found.append(float("nan"))
            continue
        sums = -part.sum(axis=0)
        product = kept[number] if kept else part.T @ part
        found.append(_iso_score(total - product - np.outer(sums, sums) / left, d))
    return _iso_score(total, d), found


def _iso_score(scatter: NDArray[np.float64], d: int) -> float:
    square = float((scatter**2).sum())
    participation = float(np.trace(scatter)) ** 2 / square if square > 0 else 1.0
    return (participation - 1) / (d - 1)


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
