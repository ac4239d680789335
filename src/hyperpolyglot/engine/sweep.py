"""One block of rows against one block of columns: products, the comparison with thresholds, and what passes it.

A product only says that a pair may reach a threshold. What passes is valued exactly, once for both rows, while they are
in the cache.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from hyperpolyglot.engine.candidates import compact
from hyperpolyglot.engine.dots import dots_scratch, exact_dots, prefetch, quick_dots, rest_dots
from hyperpolyglot.engine.matrixunit import SHAPES, begin_tiles, end_tiles
from hyperpolyglot.engine.microkernel import lowest_bit
from hyperpolyglot.engine.operands import (
    BF16,
    HITS,
    INT8,
    Scratch,
    Side,
    height,
    pack_columns,
    pack_rows,
    tile,
)
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.quantise import RESTS
from hyperpolyglot.types import Int32

__all__ = ["sweep"]

_AHEAD = 16  # pairs by which rows are asked for

_NEAR = 1 << 20  # bytes of rows that one pass over the columns uses


@numba.njit(cache=True, nogil=True)
def _refine(count, hits, mirrored, row, column, thresholds):  # type: ignore[no-untyped-def]
    """Keep the hits whose int8 product reaches a threshold with the rests as well; the number of them."""
    places, out = np.empty((4, 4), np.int64), np.empty(4, np.int32)
    words, start, scale, _, rests, offset = row
    column_words, column_start, column_scale, _, column_rests, column_offset = column
    one, other = (words, rests, start), (column_words, column_rests, column_start)
    size, kept = 4 * words.shape[1], 0
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(column_words.ctypes.data + hits[1, m] * size, size)
            prefetch(column_rests.ctypes.data + hits[1, m] * size, size)
        rest_dots(one, other, hits, top, some, places, out)
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            total = np.float64(hits[2, top + m]) + np.float64(out[m]) / RESTS
            value = total * (np.float64(scale[i]) * np.float64(column_scale[j]))
            value += np.float64(offset[i]) + np.float64(column_offset[j])
            if value >= (min(thresholds[i], thresholds[j]) if mirrored else thresholds[i]):
                hits[0, kept], hits[1, kept] = i, j
                kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _screen(count, hits, mirrored, exact, thresholds):  # type: ignore[no-untyped-def]
    """Keep the hits that reach a threshold in float32; the number of them."""
    queries, query_lengths, vectors, lengths, slack = exact
    scratch, quick = dots_scratch(), np.empty(4, np.float32)
    size, kept = 4 * vectors.shape[1], 0
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(vectors.ctypes.data + hits[1, m] * size, size)
        quick_dots(
            queries.ctypes.data, vectors.ctypes.data, vectors.shape[1], hits, top, some, scratch, quick
        )
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            least = min(thresholds[i], thresholds[j]) if mirrored else thresholds[i]
            value = np.float64(quick[m]) / (query_lengths[i] * lengths[j])
            if not value < least - slack:  # what is not a number stays
                hits[0, kept], hits[1, kept] = i, j
                kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _kept(kind, count, hits, mirrored, row, column, exact, thresholds):  # type: ignore[no-untyped-def]
    """Value the hits more closely and cheaply, where there is a way, and keep those that still reach a threshold."""
    if kind == INT8:
        return _refine(count, hits, mirrored, row, column, thresholds)
    if kind == BF16:
        return _screen(count, hits, mirrored, exact, thresholds)
    return count


@numba.njit(cache=True, nogil=True)
def _settle(count, hits, k, mirrored, exact, lists, room):  # type: ignore[no-untyped-def]
    """Value the hits and make them candidates of their rows, and of their columns if those are rows too."""
    ids, values, counts, thresholds = lists
    queries, query_lengths, vectors, lengths, _ = exact
    x, y, dim = queries.ctypes.data, vectors.ctypes.data, vectors.shape[1]
    size, full = 4 * dim, ids.shape[1]
    scratch, dots = dots_scratch(), np.empty(4)
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(y + hits[1, m] * size, size)
        exact_dots(x, y, dim, hits, top, some, scratch, dots)
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            value = np.float32(dots[m] / (query_lengths[i] * lengths[j]))
            for _ in range(2 if mirrored else 1):  # no function: it would count references to four arrays
                if value >= thresholds[i]:
                    if counts[i] == full:
                        compact(i, k, lists, room)
                    place = counts[i]
                    if place >= 0 and value >= thresholds[i]:
                        ids[i, place], values[i, place] = j, value
                        counts[i] = place + 1
                i, j = j, i


@numba.njit(cache=True, nogil=True)
def _sweep(kind, sides, block, chunk, k, exact, lists, panels, hits, room):  # type: ignore[no-untyped-def]
    """All pairs of a block; ``own`` is empty where rows and columns are the same. The number of hits."""
    row_side, column_side, own, row_order, column_order = sides
    words = row_side[0].shape[1]
    first_row, last_row, first_column, last_column = block
    mirrored = len(own) == 0
    tall = panels[2].shape[2]
    sums = np.empty((tall, COLUMNS), np.int32)
    masks = np.empty(tall, np.int32)
    row_count = (last_row - first_row + tall - 1) // tall
    column_count = (last_column - first_column + COLUMNS - 1) // COLUMNS
    count, total = 0, 0
    if kind == BF16:
        begin_tiles(SHAPES.ctypes.data)
    for top in range(0, row_count, chunk):
        for column in range(column_count):
            left = first_column + column * COLUMNS
            for panel in range(top, min(top + chunk, row_count)):
                here = first_row + panel * tall
                if mirrored and left + COLUMNS <= here:
                    break  # from here on all pairs are the mirror image of others
                if tile(kind, panel, column, words, panels, sums, masks) == 0:
                    continue
                for r in range(tall):
                    mask = np.int64(masks[r]) & 0xFFFFFFFF
                    while mask != 0:
                        c = lowest_bit(mask)
                        mask &= mask - 1
                        if mirrored and left + c <= here + r:
                            continue
                        i, j = row_order[here + r], column_order[left + c]
                        if not mirrored and own[i] == j:
                            continue
                        hits[0, count], hits[1, count], hits[2, count] = i, j, sums[r, c]
                        count += 1
                if count > HITS - tall * COLUMNS:
                    total += count
                    count = _kept(kind, count, hits, mirrored, row_side, column_side, exact, lists[3])
                    _settle(count, hits, k, mirrored, exact, lists, room)
                    count = 0
    if kind == BF16:
        end_tiles()
    total += count
    count = _kept(kind, count, hits, mirrored, row_side, column_side, exact, lists[3])
    _settle(count, hits, k, mirrored, exact, lists, room)
    return total


def sweep(
    kind: int,
    sides: tuple[Side, Side, Int32, Int32, Int32],
    block: tuple[int, int, int, int],
    k: int,
    exact: Any,
    lists: Any,
    scratch: Scratch,
) -> int:
    """Offer every pair of a block that reaches a threshold; the number of pairs that passed the kernel's comparison.

    ``sides``: rows, columns, the position of every row among the columns (empty if they are the same), and the orders
    in which rows and columns are taken; ``block``: first and last row, first and last column, in those orders;
    ``exact``: queries, their lengths, vectors, their lengths, and the error of a float32 product.
    """
    rows, columns, own, row_order, column_order = sides
    again = scratch.packed != block[:2]
    scratch.packed = (block[0], block[1])
    panels = scratch.panels()
    pack_rows(kind, rows.arrays(), row_order, lists[3], block[:2], panels, again)
    thresholds = lists[3] if len(own) == 0 else np.empty(0, np.float32)
    pack_columns(kind, columns.arrays(), column_order, thresholds, block[2:], panels)
    words = rows.words.shape[1]
    chunk = max(1, _NEAR // (4 * max(words, exact[2].shape[1]) * height(kind)))
    how = rows.arrays(), columns.arrays(), own, row_order, column_order
    return int(_sweep(kind, how, block, chunk, k, exact, lists, panels, scratch.hits, scratch.room))
