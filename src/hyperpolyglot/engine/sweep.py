"""One block of rows against one block of columns: products, the comparison with thresholds, and what passes it.

For float32 and bfloat16 words the product is the value of a pair. For int8 words a product only says that a pair may
reach a threshold; its value is then the float32 product of the rows themselves.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from hyperpolyglot.engine.candidates import compact
from hyperpolyglot.engine.dots import float_dot, prefetch
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
from hyperpolyglot.types import Float32, Int32

__all__ = ["sweep"]

_AHEAD = 3


@numba.njit(cache=True, nogil=True)
def _settle(count, kind, hits, rows, columns, own, how, lists, room):  # type: ignore[no-untyped-def]
    """Value the hits and make them candidates of their rows, and of their columns if those are rows too."""
    places, values = hits
    k, margins = how
    ids, kept, counts, thresholds = lists
    row_inverse, column_inverse = rows[5], columns[5]
    x, y, dim = rows[4].ctypes.data, columns[4].ctypes.data, rows[4].shape[1]
    size, full, mirrored = 4 * dim, ids.shape[1], len(own) == 0
    for m in range(count):
        i, j = places[0, m], places[1, m]
        if not mirrored and own[i] == j:
            continue
        if kind == INT8:
            if m + _AHEAD < count:
                prefetch(y + places[1, m + _AHEAD] * size, size)
            values[m] = float_dot(x + i * size, y + j * size, dim) * (row_inverse[i] * column_inverse[j])
        value = values[m]
        for _ in range(2 if mirrored else 1):  # no function: a call would count references to four arrays
            if value >= thresholds[i]:
                if counts[i] == full:
                    compact(i, k, margins[i], ids, kept, counts, thresholds, room)
                place = counts[i]
                if place >= 0 and value >= thresholds[i]:
                    ids[i, place], kept[i, place] = j, value
                    counts[i] = place + 1
            i, j = j, i


@numba.njit(cache=True, nogil=True)
def _sweep(kind, rows, columns, own, block, chunk, how, lists, panels, hits, room):  # type: ignore[no-untyped-def]
    """All pairs of a block; ``own`` is empty where rows and columns are the same. The number of hits."""
    first_row, last_row, first_column, last_column = block
    words = rows[0].shape[1]
    row_side, column_side = panels[2], panels[3]
    mirrored = len(own) == 0
    tall = row_side.shape[2]
    sums = np.empty((tall, COLUMNS), np.int32)
    floats = sums.view(np.float32)
    masks = np.empty(tall, np.int32)
    places, values = hits
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
                        places[0, count], places[1, count] = here + r, left + c
                        if kind != INT8:
                            scale = row_side[panel, 0, r] * column_side[column, 0, c]
                            shift = row_side[panel, 1, r] + column_side[column, 1, c]
                            values[count] = floats[r, c] * scale + shift
                        count += 1
                if count > HITS - tall * COLUMNS:
                    _settle(count, kind, hits, rows, columns, own, how, lists, room)
                    count, total = 0, total + count
    if kind == BF16:
        end_tiles()
    _settle(count, kind, hits, rows, columns, own, how, lists, room)
    return total + count


def sweep(
    kind: int,
    sides: tuple[Side, Side, Int32],
    block: tuple[int, int, int, int],
    how: tuple[int, Float32],
    lists: Any,
    scratch: Scratch,
) -> int:
    """Offer every pair of a block that reaches a threshold; the number of pairs that passed the kernel's comparison.

    ``sides``: rows, columns, and the position of every row among the columns (empty if they are the same);
    ``block``: first and last row, first and last column; ``how``: k, and twice the error of a value for every row.
    """
    rows, columns, own = sides
    mirrored = len(own) == 0
    again = scratch.packed != block[:2]
    scratch.packed = (block[0], block[1])
    pack_rows(kind, rows.arrays(), lists[3], block[0], block[1], scratch.panels(), again)
    thresholds = lists[3] if mirrored else np.empty(0, np.float32)
    pack_columns(kind, columns.arrays(), thresholds, block[2], block[3], scratch.panels())
    chunk = max(1, (1 << 20) // (4 * max(rows.words.shape[1], rows.vectors.shape[1]) * height(kind)))
    hits = scratch.hits
    return int(
        _sweep(
            kind,
            rows.arrays(),
            columns.arrays(),
            own,
            block,
            chunk,
            how,
            lists,
            scratch.panels(),
            hits,
            scratch.room,
        )
    )
