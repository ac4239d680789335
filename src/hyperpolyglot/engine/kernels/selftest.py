"""Whether this processor multiplies int8 fast and bfloat16 correctly."""

from __future__ import annotations

from functools import cache

import numba
import numpy as np

from hyperpolyglot.engine.kernels.matrixunit import (
    HEIGHT,
    SHAPES,
    begin_tiles,
    bf16_tile,
    end_tiles,
    permitted,
)
from hyperpolyglot.engine.kernels.microkernel import TileAddresses, int8_tile
from hyperpolyglot.engine.kernels.operands import Panels
from hyperpolyglot.engine.kernels.panels import aligned, pack, pack_tiles
from hyperpolyglot.engine.processor import COLUMNS, LANES, ROWS, has

__all__ = ["MAX_INT8_DIM", "bf16_is_correct", "bf16_products", "int8_is_fast", "int8_products"]

MAX_INT8_DIM = 65_536
"""255 · 127 · d must stay below 2³¹."""

_ALL = np.arange(64, dtype=np.int32)


@numba.njit(cache=True, nogil=True)
def _places(panels, words, sums, masks):  # type: ignore[no-untyped-def]
    return TileAddresses(
        panels.rows.ctypes.data,
        panels.columns.ctypes.data,
        words,
        panels.start.ctypes.data,
        panels.row_terms.ctypes.data,
        panels.column_terms.ctypes.data,
        sums.ctypes.data,
        masks.ctypes.data,
    )


@numba.njit(cache=True, nogil=True)
def _multiply(panels, words, sums, masks):  # type: ignore[no-untyped-def]
    int8_tile(_places(panels, words, sums, masks))


def int8_products(
    rows: np.ndarray[tuple[int, int], np.dtype[np.int8]],
    columns: np.ndarray[tuple[int, int], np.dtype[np.int8]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """The kernel's products of one register tile: int8 ``[ROWS, d]`` and ``[COLUMNS, d]``, d a multiple of 4."""
    words = rows.shape[1] // 4
    panels = _one_tile(ROWS, words)
    pack(rows.view(np.int32), _ALL, 0, ROWS, ROWS, np.int32(0), panels.rows)
    pack(columns.view(np.int32), _ALL, 0, COLUMNS, COLUMNS, np.int32(-0x7F7F7F80), panels.columns)
    panels.start[:] = -128 * rows.astype(np.int64).sum(axis=1)
    sums, masks = np.empty((ROWS, COLUMNS), np.int32), np.empty(ROWS, np.int32)
    _multiply(panels, words, sums, masks)
    return sums


def _one_tile(height: int, words: int) -> Panels:
    """Room for one tile, whose products are compared with nothing."""
    return Panels(
        rows=aligned(height * words),
        columns=aligned(COLUMNS * words),
        row_terms=np.zeros((1, 3, height), np.float32),
        column_terms=np.zeros((1, 3, COLUMNS), np.float32),
        start=np.zeros(height, np.int32),
    )


@cache
def int8_is_fast() -> bool:
    """VNNI in vectors of 512 bits or Arm's dot products, and the correct sums of extreme and of random values."""
    if not ((has("avx512vnni") and LANES == 16) or (has("dotprod") and LANES == 4)):
        return False
    random = np.random.default_rng(0)
    for dim in (4, 4096):
        rows = random.integers(-127, 128, (ROWS, dim)).astype(np.int8)
        columns = random.integers(-127, 128, (COLUMNS, dim)).astype(np.int8)
        rows[:4], columns[:4] = 127, 127
        rows[4:8], columns[4:8] = -127, -127
        if not np.array_equal(
            int8_products(rows, columns), rows.astype(np.int32) @ columns.astype(np.int32).T
        ):
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _multiply_halves(panels, words, sums, masks):  # type: ignore[no-untyped-def]
    begin_tiles(SHAPES.ctypes.data)
    bf16_tile(_places(panels, words, sums, masks))
    end_tiles()


def bf16_products(
    rows: np.ndarray[tuple[int, int], np.dtype[np.uint16]],
    columns: np.ndarray[tuple[int, int], np.dtype[np.uint16]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The matrix unit's products of one tile: bits of bfloat16, uint16 ``[32, d]``, d a multiple of 32."""
    words = rows.shape[1] // 2
    panels = _one_tile(HEIGHT, words)
    pack_tiles(rows.view(np.int32), _ALL, 0, HEIGHT, HEIGHT, panels.rows)
    pack(columns.view(np.int32), _ALL, 0, COLUMNS, COLUMNS, np.int32(0), panels.columns)
    sums, masks = np.empty((HEIGHT, COLUMNS), np.float32), np.empty(HEIGHT, np.int32)
    _multiply_halves(panels, words, sums, masks)
    return sums


@cache
def bf16_is_correct() -> bool:
    """A matrix unit that the system lets this process use, and the correct sums of small whole numbers."""
    if not permitted():
        return False
    random = np.random.default_rng(0)
    for dim in (32, 1024):
        rows, columns = (random.integers(-64, 65, (n, dim)).astype(np.float32) for n in (HEIGHT, COLUMNS))
        halves = ((array.view(np.uint32) >> 16).astype(np.uint16) for array in (rows, columns))
        if not np.array_equal(bf16_products(*halves), rows @ columns.T):
            return False
    return True
