"""Rows and columns as the kernel reads them, and the packing of a block of them.

Kinds of words: float32, four int8 or two bfloat16. ``tile`` is the one place where their kernels are told apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.matrixunit import HEIGHT, bf16_tile
from hyperpolyglot.engine.kernels.microkernel import (
    TileAddresses,
    absolute_float_tile,
    absolute_int8_tile,
    float_tile,
    int8_tile,
)
from hyperpolyglot.engine.kernels.panels import aligned, pack, pack_tiles
from hyperpolyglot.engine.processor import COLUMNS, ROWS
from hyperpolyglot.types import Float32, Int32

__all__ = [
    "BF16",
    "FP32",
    "HITS",
    "INT8",
    "KINDS",
    "Buffers",
    "Operand",
    "Panels",
    "Span",
    "Workspace",
    "absolute_tile",
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


class Operand(NamedTuple):
    """Rows (or columns) as the kernel reads them.

    ``kind``: of their words. ``words`` int32 ``[n, words]``; ``start`` int32 ``[n]``; ``scale`` and ``offset`` float32
    ``[n]``. Of int8 rows only: ``rests`` int32 ``[n, words]``, what rounding left over, and ``fine`` float32 ``[n]``,
    the offset with it.
    """

    kind: int
    words: Int32
    start: Int32
    scale: Float32
    offset: Float32
    rests: Int32 = np.empty((0, 0), np.int32)
    fine: Float32 = np.empty(0, np.float32)

    def take(self, rows: slice | NDArray[np.int64]) -> Operand:
        """Some of the rows."""
        arrays = zip(self._fields[1:], self[1:], strict=True)
        taken: dict[str, Any] = {name: array[rows] for name, array in arrays if len(array)}
        return self._replace(**taken)


class Span(NamedTuple):
    """Consecutive places ``first`` … ``last`` − 1 in the order in which rows or columns are taken."""

    first: int
    last: int


class Panels(NamedTuple):
    """A block of ``rows`` and one of ``columns``, packed.

    ``row_terms`` and ``column_terms`` float32 ``[panel, 3, width]``: scale, offset and threshold; ``start`` int32.
    """

    rows: Int32
    columns: Int32
    row_terms: Float32
    column_terms: Float32
    start: Int32


class Buffers(NamedTuple):
    """What compiled code works in: ``panels``, ``hits`` int32 ``[3, HITS]`` and ``room`` float32 for one list."""

    panels: Panels
    hits: Int32
    room: Float32


class Workspace:
    """What one thread needs for blocks of ``rows`` by ``columns``; ``packed`` says which rows are in its panels."""

    def __init__(self, kind: int, rows: int, columns: int, words: int, room: int) -> None:
        tall, wide = _padded(rows, height(kind)), _padded(columns, COLUMNS)
        panels = Panels(
            rows=aligned(tall * words),
            columns=aligned(wide * words),
            row_terms=np.empty((tall // height(kind), 3, height(kind)), np.float32),
            column_terms=np.empty((wide // COLUMNS, 3, COLUMNS), np.float32),
            start=np.zeros(tall, np.int32),
        )
        self.buffers = Buffers(panels, np.empty((3, HITS), np.int32), np.empty(room, np.float32))
        self.packed: Span | None = None


def height(kind: int) -> int:
    """Rows of a register tile for a kind of words."""
    return HEIGHT if kind == BF16 else ROWS


def _padded(count: int, width: int) -> int:
    return -(-count // width) * width


@numba.njit(cache=True, nogil=True)
def _fill(operand, order, thresholds, span, out):  # type: ignore[no-untyped-def]
    """Scale, offset and threshold of rows ``order[first:last]`` by panel; padding never passes."""
    first, last = span
    width = out.shape[2]
    for m in range(out.shape[0] * width):
        panel, place = m // width, m % width
        if first + m < last:
            row = order[first + m]
            out[panel, 0, place] = operand.scale[row]
            out[panel, 1, place] = operand.offset[row]
            out[panel, 2, place] = thresholds[row] if len(thresholds) else _OUT
        else:
            out[panel, 0, place] = 0
            out[panel, 1, place] = -_OUT
            out[panel, 2, place] = _OUT


@numba.njit(cache=True, nogil=True)
def _places(panel, column, words, panels, sums, masks):  # type: ignore[no-untyped-def]
    tall = panels.row_terms.shape[2]
    return TileAddresses(
        panels.rows.ctypes.data + 4 * panel * words * tall,
        panels.columns.ctypes.data + 4 * column * words * COLUMNS,
        words,
        panels.start.ctypes.data + 4 * panel * tall,
        panels.row_terms.ctypes.data + 4 * panel * panels.row_terms.shape[1] * tall,
        panels.column_terms.ctypes.data + 12 * column * COLUMNS,
        sums.ctypes.data,
        masks.ctypes.data,
    )


@numba.njit(cache=True, nogil=True)
def tile(kind, panel, column, words, panels, sums, masks):  # type: ignore[no-untyped-def]
    """Products of one panel of rows with one of columns; the union of the masks."""
    places = _places(panel, column, words, panels, sums, masks)
    if kind == INT8:
        return int8_tile(places)
    if kind == BF16:
        return bf16_tile(places)
    return float_tile(places)


@numba.njit(cache=True, nogil=True)
def absolute_tile(kind, panel, column, words, panels, sums, masks):  # type: ignore[no-untyped-def]
    """The same of int8 or float32, where absolute values are compared; ``row_terms`` has a shift as well."""
    places = _places(panel, column, words, panels, sums, masks)
    return absolute_int8_tile(places) if kind == INT8 else absolute_float_tile(places)


@numba.njit(cache=True, nogil=True)
def pack_rows(operand, order, thresholds, span, panels, again):  # type: ignore[no-untyped-def]
    """Pack rows ``order[first:last]`` (only ``again``) and what they are compared by."""
    first, last = span
    if again:
        if operand.kind == BF16:
            pack_tiles(operand.words, order, first, last, HEIGHT, panels.rows)
        else:
            pack(operand.words, order, first, last, ROWS, np.int32(0), panels.rows)
        for m in range(len(panels.start)):
            panels.start[m] = operand.start[order[first + m]] if first + m < last else 0
    _fill(operand, order, thresholds, span, panels.row_terms)


@numba.njit(cache=True, nogil=True)
def pack_columns(operand, order, thresholds, span, panels):  # type: ignore[no-untyped-def]
    """Pack a block of columns and what they are compared by; without thresholds, they are no rows."""
    first, last = span
    flip = _SIGNS if operand.kind == INT8 else np.int32(0)
    pack(operand.words, order, first, last, COLUMNS, flip, panels.columns)
    _fill(operand, order, thresholds, span, panels.column_terms)
