"""Rows and columns as the kernel reads them, and the packing of a block of them.

Kinds of words: float32, four int8 or two bfloat16. ``tile`` is the one place where their kernels are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.matrixunit import HEIGHT, bf16_tile
from hyperpolyglot.engine.microkernel import float_tile, int8_tile
from hyperpolyglot.engine.panels import aligned, pack, pack_tiles
from hyperpolyglot.engine.processor import COLUMNS, ROWS
from hyperpolyglot.types import Float32, Int32

__all__ = [
    "BF16",
    "FP32",
    "HITS",
    "INT8",
    "KINDS",
    "Scratch",
    "Side",
    "height",
    "pack_columns",
    "pack_rows",
    "tile",
]

FP32, INT8, BF16 = 0, 1, 2
KINDS = ("fp32", "int8", "bf16")
"""Kinds of words."""

HITS = 1 << 16
"""Pairs that pass before they are settled."""

_SIGNS = np.int32(-0x7F7F7F80)  # 0x80808080: four int8 become their values + 128
_OUT = np.float32(np.inf)


@dataclass(frozen=True, slots=True)
class Side:
    """Rows (or columns) as the kernel reads them.

    ``words`` int32 ``[n, words]``; ``start`` int32 ``[n]``; ``scale`` and ``offset`` float32 ``[n]``. Of int8 rows
    only: ``rests`` int32 ``[n, words]``, what rounding left over, and ``fine`` float32 ``[n]``, the offset with it.
    """

    words: Int32
    start: Int32
    scale: Float32
    offset: Float32
    rests: Int32 = field(default_factory=lambda: np.empty((0, 0), np.int32))
    fine: Float32 = field(default_factory=lambda: np.empty(0, np.float32))

    def take(self, rows: slice | NDArray[np.int64]) -> Side:
        """Some of the rows."""
        return Side(*(array[rows] if len(array) else array for array in self.arrays()))

    def arrays(self) -> tuple[Any, ...]:
        """As compiled code takes them."""
        return self.words, self.start, self.scale, self.offset, self.rests, self.fine


class Scratch:
    """What one thread needs for blocks of ``rows`` by ``columns``."""

    def __init__(self, kind: int, rows: int, columns: int, words: int, room: int) -> None:
        tall, wide = _padded(rows, height(kind)), _padded(columns, COLUMNS)
        self.row_panels, self.column_panels = aligned(tall * words), aligned(wide * words)
        self.row_side = np.empty((tall // height(kind), 3, height(kind)), np.float32)
        self.column_side = np.empty((wide // COLUMNS, 3, COLUMNS), np.float32)
        self.start = np.zeros(tall, np.int32)
        self.hits = np.empty((3, HITS), np.int32)
        self.room = np.empty(room, np.float32)
        self.packed: tuple[int, int] | None = None

    def panels(self) -> tuple[Any, ...]:
        """As compiled code takes them."""
        return self.row_panels, self.column_panels, self.row_side, self.column_side, self.start


def height(kind: int) -> int:
    """Rows of a register tile for a kind of words."""
    return HEIGHT if kind == BF16 else ROWS


def _padded(count: int, width: int) -> int:
    return -(-count // width) * width


@numba.njit(cache=True, nogil=True)
def _fill(side, order, thresholds, first, last, width, out):  # type: ignore[no-untyped-def]
    """Scale, offset and threshold of rows ``order[first:last]`` by panel; padding never passes."""
    for m in range(out.shape[0] * width):
        panel, place = m // width, m % width
        if first + m < last:
            row = order[first + m]
            out[panel, 0, place] = side[2][row]
            out[panel, 1, place] = side[3][row]
            out[panel, 2, place] = thresholds[row] if len(thresholds) else _OUT
        else:
            out[panel, 0, place] = 0
            out[panel, 1, place] = -_OUT
            out[panel, 2, place] = _OUT


@numba.njit(cache=True, nogil=True)
def tile(kind, panel, column, words, panels, sums, masks):  # type: ignore[no-untyped-def]
    """Products of one panel of rows with one of columns; the union of the masks."""
    row_panels, column_panels, row_side, column_side, start = panels
    tall = row_side.shape[2]
    rows = row_panels.ctypes.data + 4 * panel * words * tall
    columns = column_panels.ctypes.data + 4 * column * words * COLUMNS
    begin = start.ctypes.data + 4 * panel * tall
    row = row_side.ctypes.data + 12 * panel * tall
    side = column_side.ctypes.data + 12 * column * COLUMNS
    if kind == INT8:
        return int8_tile(rows, columns, words, begin, row, side, sums.ctypes.data, masks.ctypes.data)
    if kind == BF16:
        return bf16_tile(rows, columns, words, row, side, sums.ctypes.data, masks.ctypes.data)
    return float_tile(rows, columns, words, begin, row, side, sums.ctypes.data, masks.ctypes.data)


@numba.njit(cache=True, nogil=True)
def pack_rows(kind, side, order, thresholds, block, panels, again):  # type: ignore[no-untyped-def]
    """Pack rows ``order[first:last]`` (only ``again``) and what they are compared by; ``block``: first and last."""
    first, last = block
    if again:
        if kind == BF16:
            pack_tiles(side[0], order, first, last, HEIGHT, panels[0])
        else:
            pack(side[0], order, first, last, ROWS, np.int32(0), panels[0])
        for m in range(len(panels[4])):
            panels[4][m] = side[1][order[first + m]] if first + m < last else 0
    _fill(side, order, thresholds, first, last, panels[2].shape[2], panels[2])


@numba.njit(cache=True, nogil=True)
def pack_columns(kind, side, order, thresholds, block, panels):  # type: ignore[no-untyped-def]
    """Pack a block of columns and what they are compared by; without thresholds, they are no rows."""
    first, last = block
    pack(side[0], order, first, last, COLUMNS, _SIGNS if kind == INT8 else np.int32(0), panels[1])
    _fill(side, order, thresholds, first, last, COLUMNS, panels[3])
