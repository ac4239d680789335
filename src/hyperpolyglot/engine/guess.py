"""A threshold for every row from sampled columns."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from hyperpolyglot.engine.candidates import LOWEST
from hyperpolyglot.engine.matrixunit import SHAPES, begin_tiles, end_tiles
from hyperpolyglot.engine.microkernel import lowest_bit
from hyperpolyglot.engine.operands import BF16, INT8, Scratch, Side, pack_columns, pack_rows, tile
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.types import Float32, Int32

__all__ = ["guess"]


@numba.njit(cache=True, nogil=True)
def _sift(heaps, r, value):  # type: ignore[no-untyped-def]
    """Replace the smallest of a heap."""
    place, size = 0, heaps.shape[1]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heaps[r, child + 1] < heaps[r, child]:
            child += 1
        if heaps[r, child] >= value:
            break
        heaps[r, place] = heaps[r, child]
        place = child
    heaps[r, place] = value


@numba.njit(cache=True, nogil=True)
def _guess(kind, words, order, shift, block, sample_shift, rank, margin, panels, thresholds):  # type: ignore[no-untyped-def]
    """The ``rank``-th largest value of each row among the sampled columns, as its threshold."""
    first, last = block
    count = len(sample_shift)
    row_side, column_side = panels[2], panels[3]
    tall = row_side.shape[2]
    sums = np.empty((tall, COLUMNS), np.int32)
    floats = sums.view(np.float32)
    masks = np.empty(tall, np.int32)
    heaps = np.empty((tall, rank), np.float32)
    if kind == BF16:
        begin_tiles(SHAPES.ctypes.data)
    for panel in range((last - first + tall - 1) // tall):
        heaps[:] = LOWEST
        for column in range((count + COLUMNS - 1) // COLUMNS):
            if tile(kind, panel, column, words, panels, sums, masks) == 0:
                continue
            left = column * COLUMNS
            for r in range(tall):
                mask = np.int64(masks[r]) & 0xFFFFFFFF
                while mask != 0:
                    c = lowest_bit(mask)
                    mask &= mask - 1
                    total = np.float32(sums[r, c]) if kind == INT8 else floats[r, c]
                    value = total * (row_side[panel, 0, r] * column_side[column, 0, c])
                    value += sample_shift[left + c] + shift[order[first + panel * tall + r]]
                    if value > heaps[r, 0]:
                        _sift(heaps, r, value)
                row_side[panel, 2, r] = heaps[r, 0]
        for r in range(min(tall, last - first - panel * tall)):
            if heaps[r, 0] > LOWEST:
                thresholds[order[first + panel * tall + r]] = heaps[r, 0] - margin
    if kind == BF16:
        end_tiles()


def guess(
    kind: int,
    rows: tuple[Side, Float32, Int32],
    sample: tuple[Side, Float32],
    rank: int,
    margin: float,
    block: tuple[int, int],
    lists: Any,
) -> None:
    """Set the thresholds of a block of rows from sampled columns.

    ``rows``: a side, its shift, and the order in which rows are taken; ``sample``: columns and their shift. A
    threshold is lower than the ``rank``-th best sampled value by ``margin``, so that ties do not fail. It is a guess:
    one that is too high is found out by :func:`~hyperpolyglot.engine.candidates.finish`.
    """
    (side, row_shift, order), (columns, column_shift) = rows, sample
    count, words = len(column_shift), side.words.shape[1]
    scratch = Scratch(kind, block[1] - block[0], count, words, 1)
    thresholds, panels = lists[3], scratch.panels()
    pack_rows(kind, side.arrays(), order, thresholds, block, panels, True)
    nothing, all_of_them = np.empty(0, np.float32), np.arange(count, dtype=np.int32)
    pack_columns(kind, columns.arrays(), all_of_them, nothing, (0, count), panels)
    _guess(kind, words, order, row_shift, block, column_shift, rank, np.float32(margin), panels, thresholds)
