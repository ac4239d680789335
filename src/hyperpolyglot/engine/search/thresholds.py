"""A threshold for every row from sampled columns."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.kernels.matrixunit import SHAPES, begin_tiles, end_tiles
from hyperpolyglot.engine.kernels.microkernel import lowest_bit
from hyperpolyglot.engine.kernels.operands import (
    BF16,
    INT8,
    Operand,
    Span,
    Workspace,
    pack_columns,
    pack_rows,
    tile,
)
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.search.candidates import LOWEST
from hyperpolyglot.types import Float32, Int32

__all__ = ["Aim", "ShiftedRows", "guess_thresholds"]


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


class ShiftedRows(NamedTuple):
    """An operand, what is added to the values of its pairs, and the order in which its rows are taken."""

    operand: Operand
    shift: Float32
    order: Int32


class Aim(NamedTuple):
    """A threshold lies ``margin`` below the ``rank``-th best of the sampled values."""

    rank: int
    margin: np.float32


@numba.njit(cache=True, nogil=True)
def _guess(rows, sample_shift, aim, block, panels, thresholds):  # type: ignore[no-untyped-def]
    """The ``rank``-th largest value of each row among the sampled columns, as its threshold."""
    kind, words = rows.operand.kind, rows.operand.words.shape[1]
    order, shift = rows.order, rows.shift
    first, last = block
    count = len(sample_shift)
    row_terms, column_terms = panels.row_terms, panels.column_terms
    tall = row_terms.shape[2]
    sums = np.empty((tall, COLUMNS), np.int32)
    floats = sums.view(np.float32)
    masks = np.empty(tall, np.int32)
    heaps = np.empty((tall, aim.rank), np.float32)
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
                    value = total * (row_terms[panel, 0, r] * column_terms[column, 0, c])
                    value += sample_shift[left + c] + shift[order[first + panel * tall + r]]
                    if value > heaps[r, 0]:
                        _sift(heaps, r, value)
                row_terms[panel, 2, r] = heaps[r, 0]
        for r in range(min(tall, last - first - panel * tall)):
            if heaps[r, 0] > LOWEST:
                thresholds[order[first + panel * tall + r]] = heaps[r, 0] - aim.margin
    if kind == BF16:
        end_tiles()


def guess_thresholds(
    rows: ShiftedRows, sample: ShiftedRows, aim: Aim, block: Span, thresholds: Float32
) -> None:
    """Set the thresholds of a block of rows from sampled columns.

    The margin lets ties pass. A threshold is a guess: one that is too high is found out by
    :func:`~hyperpolyglot.engine.search.candidates.finish`.
    """
    count, words = len(sample.shift), rows.operand.words.shape[1]
    panels = Workspace(rows.operand.kind, block.last - block.first, count, words, 1).buffers.panels
    pack_rows(rows.operand, rows.order, thresholds, block, panels, True)
    pack_columns(sample.operand, sample.order, np.empty(0, np.float32), Span(0, count), panels)
    _guess(rows, sample.shift, aim, block, panels, thresholds)
