"""Rank correlation of pairs of tokens, and the same without some tokens: sorted once, ranked anew by counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.measures.comparison.permuted import in_parts
from hyperpolyglot.types import Float64

__all__ = ["RankedPairs"]


@numba.njit(cache=True, nogil=True)
def _correlation(x, y, kept, sizes):  # type: ignore[no-untyped-def]
    """Spearman's correlation of ``x`` and ``y``, places among distinct values, where ``kept``; ties by mean rank.

    Twice the distance of ranks to their mean is a whole number: sums are exact below 2⁶³, for two million pairs.
    """
    left, right = np.zeros(sizes[0], np.int64), np.zeros(sizes[1], np.int64)
    count = 0
    for m in range(len(x)):
        if kept[m]:
            left[x[m]] += 1
            right[y[m]] += 1
            count += 1
    for counts in (left, right):
        before = 0
        for value in range(len(counts)):
            here = counts[value]
            counts[value] = 2 * before + here - count
            before += here
    both, own, other = 0, 0, 0
    for m in range(len(x)):
        if kept[m]:
            one, two = left[x[m]], right[y[m]]
            both += one * two
            own += one * one
            other += two * two
    scale = np.sqrt(np.float64(own) * np.float64(other))
    return both / scale if scale > 0 else np.nan


def _places(values: Float64) -> tuple[NDArray[np.int32], int]:
    """The place of each value among the distinct values, and how many there are."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    places = np.empty(len(values), np.int32)
    places[order] = np.cumsum(np.concatenate([[0], ascending[1:] != ascending[:-1]]), dtype=np.int32)
    return places, int(places[order[-1]]) + 1


@dataclass(frozen=True, slots=True)
class RankedPairs:
    """Two values ``x``, ``y`` float64 ``[m]`` of pairs of tokens, whose groups are ``one`` and ``other`` int8 ``[m]``.

    >>> pairs = RankedPairs(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), np.array([0, 1, 1]), np.array([0, 1, 0]), 2)
    >>> pairs.correlations([(), (0,)])
    [0.5, nan]
    """

    x: Float64
    y: Float64
    one: NDArray[np.integer]
    other: NDArray[np.integer]
    groups: int

    def correlations(self, without: Sequence[tuple[int, ...]]) -> list[float]:
        """Spearman's correlation of the pairs that have no token in some groups each; NaN where a value is constant."""
        (x, distinct), (y, distinct_y) = _places(self.x), _places(self.y)
        found = np.empty(len(without))

        def part(asked: slice) -> None:
            for at in range(asked.start, asked.stop):
                stays = ~np.isin(np.arange(self.groups), without[at])
                kept = stays[self.one] & stays[self.other]
                found[at] = _correlation(x, y, kept, (distinct, distinct_y))

        in_parts(len(without), part, few=2)
        return [float(value) for value in found]
