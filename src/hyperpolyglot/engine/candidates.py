"""The candidates of every row, in bounded memory, and the exact neighbours among them.

A row keeps (value, id) pairs whose float32 value reaches its threshold. When its list is full, the k-th best value so
far becomes the new threshold, less twice the error of a value: k rows are at least that near, so nothing below can
be a neighbour. A row of which too many candidates tie within the error is given up, and done again another way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from hyperpolyglot.engine.dots import exact_dots
from hyperpolyglot.types import Float32, Int32

__all__ = ["LOWEST", "Candidates", "capacity", "compact", "finish", "kth_largest", "sort"]

LOWEST = np.float32(-3e38)


@dataclass(frozen=True, slots=True)
class Candidates:
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

    def arrays(self) -> tuple[Int32, Float32, Int32, Float32]:
        """As compiled code takes them."""
        return self.ids, self.values, self.counts, self.thresholds


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
def compact(row, k, margin, ids, values, counts, thresholds, scratch):  # type: ignore[no-untyped-def]
    """Make room in a full list: raise the row's threshold, or give the row up. ``margin``: twice a value's error."""
    room = ids.shape[1]
    floor = np.float32(kth_largest(values[row], room, k, scratch) - margin)
    kept = 0
    for m in range(room):
        if values[row, m] >= floor:
            values[row, kept], ids[row, kept] = values[row, m], ids[row, m]
            kept += 1
    if kept > room - room // 8:
        counts[row], thresholds[row] = -1, np.float32(np.inf)
    else:
        counts[row], thresholds[row] = kept, max(floor, thresholds[row])


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


@numba.njit(cache=True, nogil=True)
def finish(first, last, margins, lists, exact, out):  # type: ignore[no-untyped-def]
    """Rank the candidates of rows ``first:last`` in float64 and say which rows are proven.

    ``exact``: queries, their lengths, vectors, their lengths; ``out``: positions, similarity, proven. A row is proven
    if its k-th cosine is at least its threshold plus a value's error: all that were not kept are below that.
    """
    ids, values, counts, thresholds = lists
    queries, query_lengths, vectors, lengths = exact
    positions, similarity, proven = out
    k, room = positions.shape[1], ids.shape[1]
    scratch = np.empty(room, np.float32)
    cosines = np.empty(room)
    near = np.empty(room, np.int32)
    scratch_dots, dots = (np.empty(4, np.int64), np.empty((4, 8)), np.empty((5, 8), np.float32)), np.empty(4)
    x, y, dim = queries.ctypes.data, vectors.ctypes.data, vectors.shape[1]
    size = 4 * dim
    for row in range(first, last):
        count = counts[row]
        proven[row] = False
        if count < k:
            continue
        floor = np.float32(kth_largest(values[row], count, k, scratch) - margins[row])
        reach = 0
        for m in range(count):
            if values[row, m] >= floor:
                near[reach] = ids[row, m]
                reach += 1
        for m in range(0, reach, 4):
            some = min(4, reach - m)
            exact_dots(x + row * size, y, dim, near, m, some, scratch_dots, dots)
            for r in range(some):
                cosines[m + r] = dots[r] / (query_lengths[row] * lengths[near[m + r]])
        sort(cosines, near, reach)
        if cosines[k - 1] < np.float64(thresholds[row]) + 0.5 * np.float64(margins[row]):
            continue
        proven[row] = True
        for m in range(k):
            positions[row, m] = near[m]
            similarity[row, m] = cosines[m]
