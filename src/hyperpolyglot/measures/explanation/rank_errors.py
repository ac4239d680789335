"""How much a rank correlation with diversity varies from vocabulary to vocabulary.

A token moves the correlation by its own place and by every list that holds it. Both are linearised: the influence
function of Pearson's correlation of (residual) ranks, the shift of the other ranks included, is evaluated at the
distinct labels of a list as they are and one more or less, so leaving each token out in turn costs no ranking. The
error is scaled by what random halves say, as that of a mean is (:mod:`hyperpolyglot.measures.jackknife`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.jackknife import correction, left_out_error
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.statistics import Correlation, control_basis, mean_ranks
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Ranked", "rank_moves", "with_intervals"]

Ranked = tuple[Correlation, NDArray[np.integer], Sequence[Array]]
"""A correlation of values and distinct labels, the positions of its queries, and its controls."""

_LEAST, _MOST = 0.4, 200
"""Least ratio of the variance by halves to the jackknife's: near zero a correlation is nearly all interaction;
and how many groups are scaled by themselves, the largest; the others as all tokens."""


def rank_moves(x: Array, distinct: NDArray[np.int64], controls: Sequence[Array] = ()) -> Float64 | None:
    """What a token adds to the rank correlation of ``x`` and ``distinct`` ``[n]``, float64 ``[n, 3]``.

    Up to a constant; columns: with one distinct label less, as it is, one more. ``controls`` as of
    :func:`hyperpolyglot.statistics.partial_spearman`, their own ranks held fixed. ``None`` where one is constant.
    """
    n = len(x)
    ranks = np.stack([mean_ranks(x), mean_ranks(distinct)], axis=1) / n
    basis = control_basis(controls, n)
    u, v = (ranks - basis @ (basis.T @ ranks)).T
    a, b = float((u * u).mean()), float((v * v).mean())
    if min(a, b) < 1e-15:
        return None
    r = float((u * v).mean()) / np.sqrt(a * b)
    place = np.unique(x, return_inverse=True)[1]
    level = distinct - distinct.min() + 1
    levels = int(level.max()) + 2
    counts = np.bincount(level, minlength=levels)
    rank_of = (np.cumsum(counts) - counts / 2) / n
    moves = np.empty((n, 3))
    by_x = [_above(place, weights)[place] for weights in (u, v)]
    by_level = [_above(level, weights, levels) for weights in (u, v)]
    for column in range(3):
        to = level + column - 1
        moved = v + rank_of[to] - rank_of[level]
        both = u * moved + by_x[1] + by_level[0][to]
        alone = (u * u + 2 * by_x[0]) / a + (moved * moved + 2 * by_level[1][to]) / b
        moves[:, column] = both / np.sqrt(a * b) - r / 2 * alone
    return moves


def _above(place: NDArray[np.integer], weights: Float64, places: int = 0) -> Float64:
    """Sum of ``weights`` over places above each, half of its own place, over n: what a token there adds to ranks."""
    sums = np.bincount(place, weights=weights, minlength=places)
    above: Float64 = (sums.sum() - np.cumsum(sums) + sums / 2) / len(place)
    return above


def with_intervals(
    neighbors: Neighbors, labels: Labels, values: Float64, correlations: Sequence[Ranked]
) -> list[Correlation]:
    """Correlations with intervals for other vocabularies, on Fisher's z and with Student's t.

    ``values`` float64 ``[q]`` are of all queries of ``neighbors``. The scaling by halves holds no controls fixed.
    """
    lists = _Lists(neighbors, labels, values)
    largest = sorted(range(len(correlations)), key=lambda i: -len(correlations[i][1]))[:_MOST]
    factors = dict(zip(largest, lists.factors([correlations[i][1] for i in largest]), strict=True))
    return [
        _with_interval(one, lists.error(members, controls), factors.get(i, factors[largest[0]]))
        for i, (one, members, controls) in enumerate(correlations)
    ]


def _with_interval(
    correlation: Correlation, error: float | None, factor: float, level: float = 0.95
) -> Correlation:
    if correlation.value is None or error is None or abs(correlation.value) >= 1:
        return replace(correlation, interval=None)
    error *= 1.0 if np.isnan(factor) else factor
    margin = float(stdtrit(correlation.n - 1, (1 + level) / 2)) * error / (1 - correlation.value**2)
    low, high = np.tanh(np.arctanh(correlation.value) + np.array([-margin, margin]))
    return replace(correlation, interval=(float(low), float(high)))


def _correlation(x: Float64, y: NDArray[np.int64]) -> float:
    if len(x) < 4:
        return float("nan")
    ranks = np.stack([mean_ranks(x), mean_ranks(y)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    scale = float(np.sqrt((ranks**2).sum(axis=1).prod()))
    return float(ranks[0] @ ranks[1]) / scale if scale > 0 else float("nan")


class _Lists:
    """Values of the queries, and what their lists hold with each neighbour left out."""

    def __init__(self, neighbors: Neighbors, labels: Labels, values: Float64) -> None:
        shown = labels.only_counted()
        self._near, self._queries = neighbors.rows, neighbors.queries
        self._codes, self._labels = shown.codes, len(shown.names)
        self._size, self._values = int(neighbors.candidates.max()) + 1, values

    def error(self, members: NDArray[np.integer], controls: Sequence[Array] = ()) -> float | None:
        """Standard error of the correlation over the queries at positions ``members``, not scaled."""
        (base, change), _ = self._held(self._near[members], members).replaced()
        return self._error(members, base, change, self._near[members], controls)

    def factors(self, groups: Sequence[NDArray[np.integer]]) -> list[float]:
        """Corrections of the errors over the queries of each group, by random halves."""
        masks = np.zeros((len(groups), len(self._queries)), bool)
        for mask, members in zip(masks, groups, strict=True):
            mask[members] = True

        def means(
            tables: list[NDArray[np.integer]], at: NDArray[np.intp], with_error: bool
        ) -> list[tuple[float, float | None]]:
            rows, change = tables[0], None
            if with_error:
                (base, change), _ = self._held(rows, at).replaced()
            else:
                base = self._held(rows[:, :-1], at).distinct().astype(np.float64)
            found: list[tuple[float, float | None]] = []
            for mask in masks:
                part = np.flatnonzero(mask[at])
                error = None
                if change is not None:
                    error = self._error(at[part], base[part], change[part], rows[part])
                found.append((_correlation(self._values[at[part]], base[part].astype(np.int64)), error))
            return found

        return correction([self._near], self._queries, self._size, means, len(groups), least=_LEAST)

    def _held(self, rows: NDArray[np.integer], at: NDArray[np.integer]) -> LabelLists:
        own = self._codes[self._queries[at]].astype(np.int64)
        return LabelLists(self._codes[rows], own, self._labels, with_own=False)

    def _error(
        self,
        at: NDArray[np.integer],
        base: Float64,
        change: Float32,
        near: NDArray[np.integer],
        controls: Sequence[Array] = (),
    ) -> float | None:
        moves = rank_moves(self._values[at], base.astype(np.int64), controls) if len(at) > 3 else None
        if moves is None:
            return None
        down, up = (moves[:, [0, 2]] - moves[:, 1:2]).astype(np.float32).T
        moved = np.where(change > 0, up[:, None], np.where(change < 0, down[:, None], np.float32(0)))
        return left_out_error(moves[:, 1], moved, near[:, :-1], self._queries[at], self._size)
