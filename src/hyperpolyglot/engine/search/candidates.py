"""The candidates of every row, in bounded memory, and the exact neighbours among them.

A row keeps (cosine, id) pairs that reach its threshold; the cosine is the exact one, rounded to float32. When its list
is full, the k-th best so far becomes the new threshold: k rows are at least that near, so nothing below can be a
neighbour. A row of which too many candidates tie is given up, and done again another way.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.kernels.dots import DotsScratch, TwoTables, dots_scratch, exact_dots
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["LOWEST", "Candidates", "capacity", "compact", "finish", "kth_largest", "raise_thresholds", "sort"]

LOWEST = np.float32(-3e38)
_ROUNDING = np.float32(2.4e-7)
"""Four times what rounding a cosine to float32 changes: thresholds stay so far below the value they come from."""


class Candidates(NamedTuple):
    """``ids`` int32, ``values`` float32 ``[rows, capacity]``; ``counts`` int32, ``thresholds`` float32 ``[rows]``.

    A count of −1 is a row that was given up; its threshold is infinite.
    """

    ids: Int32
    values: Float32
    counts: Int32
    thresholds: Float32

    @classmethod
    def empty(cls, rows: int, room: int) -> Candidates:
        """No candidates yet, and no thresholds."""
        return cls(
            np.empty((rows, room), np.int32),
            np.empty((rows, room), np.float32),
            np.zeros(rows, np.int32),
            np.full(rows, LOWEST, np.float32),
        )


def capacity(k: int) -> int:
    """Candidates kept for a row that wants k neighbours."""
    return (8 * k // 5 + 96 + 15) // 16 * 16


@numba.njit(cache=True, nogil=True)
def kth_largest(values, count, k, scratch):  # type: ignore[no-untyped-def]
    """The k-th largest of the first ``count`` values (Hoare's selection)."""
    for m in range(count):
        scratch[m] = values[m]
    low, high, want = 0, count - 1, k - 1
    while low < high:
        pivot = scratch[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while scratch[i] > pivot:
                i += 1
            while scratch[j] < pivot:
                j -= 1
            if i <= j:
                scratch[i], scratch[j] = scratch[j], scratch[i]
                i += 1
                j -= 1
        if want <= j:
            high = j
        elif want >= i:
            low = i
        else:
            break
    return scratch[want]


@numba.njit(cache=True, nogil=True)
def _prune(row, rank, candidates, scratch):  # type: ignore[no-untyped-def]
    """Raise a row's threshold to its ``rank``-th best candidate and drop those below."""
    ids, values, counts, thresholds = candidates
    floor = kth_largest(values[row], counts[row], rank, scratch) - _ROUNDING
    kept = 0
    for m in range(counts[row]):
        if values[row, m] >= floor:
            values[row, kept], ids[row, kept] = values[row, m], ids[row, m]
            kept += 1
    counts[row], thresholds[row] = kept, max(floor, thresholds[row])


@numba.njit(cache=True, nogil=True)
def compact(row, k, candidates, scratch):  # type: ignore[no-untyped-def]
    """Make room in a full list: raise the row's threshold, or give the row up."""
    ids, _, counts, thresholds = candidates
    room = ids.shape[1]
    _prune(row, k, candidates, scratch)
    if counts[row] > room - room // 8:
        counts[row], thresholds[row] = -1, np.float32(np.inf)


@numba.njit(cache=True, nogil=True)
def raise_thresholds(first, last, rank, candidates):  # type: ignore[no-untyped-def]
    """Make the ``rank``-th best candidate of rows ``first:last`` their threshold: below k, that is a guess."""
    scratch = np.empty(candidates.ids.shape[1], np.float32)
    for row in range(first, last):
        if candidates.counts[row] >= rank:
            _prune(row, rank, candidates, scratch)


@numba.njit(cache=True, nogil=True)
def sort(cosines, ids, count):  # type: ignore[no-untyped-def]
    """By cosine descending, then id (Shell's sort with Ciura's gaps)."""
    for gap in (1750, 701, 301, 132, 57, 23, 10, 4, 1):
        for m in range(gap, count):
            cosine, one = cosines[m], ids[m]
            place = m
            while place >= gap and (
                cosines[place - gap] < cosine or (cosines[place - gap] == cosine and ids[place - gap] > one)
            ):
                cosines[place], ids[place] = cosines[place - gap], ids[place - gap]
                place -= gap
            cosines[place], ids[place] = cosine, one


class _Work(NamedTuple):
    """Where ties are valued: int32 ``pairs`` ``[2, room]``, and where their products are added and lie."""

    pairs: Int32
    scratch: DotsScratch
    dots: Float64


@numba.njit(cache=True, nogil=True)
def _settle_ties(row, cosines, near, k, reach, exact, work):  # type: ignore[no-untyped-def]
    """Order candidates whose float32 cosines are equal by the float64 ones."""
    queries, vectors = exact.queries, exact.vectors
    tables = TwoTables(queries.rows.ctypes.data, vectors.rows.ctypes.data, vectors.rows.shape[1])
    pairs, scratch, dots = work
    first = 0
    while first < min(k, reach):
        last = first + 1
        while last < reach and np.float32(cosines[last]) == np.float32(cosines[first]):
            last += 1
        if last - first > 1:
            for m in range(first, last):
                pairs[0, m], pairs[1, m] = row, near[m]
            for m in range(first, last, 4):
                some = min(4, last - m)
                exact_dots(tables, pairs, m, some, scratch, dots)
                for r in range(some):
                    cosines[m + r] = dots[r] / (queries.lengths[row] * vectors.lengths[near[m + r]])
            sort(cosines[first:last], near[first:last], last - first)
        first = last


@numba.njit(cache=True, nogil=True)
def finish(first, last, candidates, exact, out):  # type: ignore[no-untyped-def]
    """Rank the candidates of rows ``first:last`` and say which rows are proven.

    ``exact``: what values pairs; ``out``: a ranking. A row is proven if its k-th cosine is above its threshold: all
    that were not kept are below.
    """
    ids, values, counts, thresholds = candidates
    positions, similarity, proven = out
    k, room = positions.shape[1], ids.shape[1]
    scratch = np.empty(room, np.float32)
    cosines = np.empty(room)
    near = np.empty(room, np.int32)
    work = _Work(np.empty((2, room), np.int32), dots_scratch(), np.empty(4))
    for row in range(first, last):
        count = counts[row]
        proven[row] = False
        if count < k:
            continue
        floor = kth_largest(values[row], count, k, scratch)
        if floor < thresholds[row] + np.float32(0.5) * _ROUNDING:
            continue
        reach = np.int64(0)
        for m in range(count):
            if values[row, m] >= floor:
                near[reach], cosines[reach] = ids[row, m], values[row, m]
                reach += 1
        sort(cosines, near, reach)
        _settle_ties(row, cosines, near, k, reach, exact, work)
        proven[row] = True
        for m in range(k):
            positions[row, m] = near[m]
            similarity[row, m] = cosines[m]
