"""Inner products of single rows: LLVM code emitted through numba, for the few pairs that pass a filter.

``exact_dots`` is :func:`hyperpolyglot.engine.cosine.dot` for four pairs at once: the stated eight partial sums are the
lanes of a vector. A product of two float32 is exact in float64, so a fused multiply-add rounds as that sum does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.emission import added_up, emit_prefetch, fused, intrinsic, load, loop
from hyperpolyglot.engine.kernels.microkernel import multiply_unsigned, not_shifted
from hyperpolyglot.engine.processor import LANES
from hyperpolyglot.types import Float32, Float64

__all__ = [
    "DotsScratch",
    "TwoTables",
    "dots_scratch",
    "exact_dots",
    "prefetch",
    "quick_dots",
    "rest_dots",
]

carray: Any = numba.carray  # type: ignore[attr-defined]

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_SINGLE, _DOUBLE = ir.VectorType(ir.FloatType(), 8), ir.VectorType(ir.DoubleType(), 8)
_WIDE = ir.VectorType(ir.FloatType(), LANES)
_INTS = ir.VectorType(_I32, LANES)


class TwoTables(NamedTuple):
    """Where rows of ``dim`` float32 lie whose inner products are taken: the addresses of two tables."""

    x: int
    y: int
    dim: int


class DotsScratch(NamedTuple):
    """Where products of four pairs are added: int64 ``[2, 4]``, float64 ``[4, 8]``, float32 ``[2, 4, 8]``."""

    places: NDArray[np.int64]
    sums: Float64
    tail: Float32


@intrinsic
def _partial_sums(context, places, blocks, out):  # type: ignore[no-untyped-def]
    """Add ``blocks`` times eight products of four pairs to ``out``, float64 ``[4, 8]``.

    ``places`` is the address of the addresses of both sides, int64 ``[2, 4]``.
    """

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        places, blocks, out = arguments
        sides = [
            [
                load(builder, builder.add(places, ir.Constant(_I64, 8 * (4 * side + r))), _I64)
                for r in range(4)
            ]
            for side in range(2)
        ]
        place = [builder.add(out, ir.Constant(_I64, 64 * r)) for r in range(4)]
        start = [load(builder, address, _DOUBLE) for address in place]

        def body(step: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(step, ir.Constant(_I64, 32))
            added = []
            for x, y, total in zip(*sides, sums, strict=True):
                one, other = (
                    builder.fpext(load(builder, builder.add(address, offset), _SINGLE), _DOUBLE)
                    for address in (x, y)
                )
                added.append(fused(builder, one, other, total))
            return added

        for total, address in zip(loop(builder, blocks, start, body), place, strict=True):
            builder.store(total, builder.inttoptr(address, _DOUBLE.as_pointer())).align = 8
        return _context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def _quick_sums(context, places, blocks, out):  # type: ignore[no-untyped-def]
    """``blocks`` times LANES products of four pairs, added up in float32 in no stated order: ``out`` float32 ``[4]``.

    ``places`` as for :func:`_partial_sums`.
    """

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        places, blocks, out = arguments
        sides = [
            [
                load(builder, builder.add(places, ir.Constant(_I64, 8 * (4 * side + r))), _I64)
                for r in range(4)
            ]
            for side in range(2)
        ]

        def body(step: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(step, ir.Constant(_I64, 4 * LANES))
            return [
                fused(
                    builder,
                    load(builder, builder.add(x, offset), _WIDE),
                    load(builder, builder.add(y, offset), _WIDE),
                    total,
                )
                for x, y, total in zip(*sides, sums, strict=True)
            ]

        zero = ir.Constant(_WIDE, [0.0] * LANES)
        for r, lanes in enumerate(loop(builder, blocks, [zero] * 4, body)):
            total = added_up(builder, lanes)
            address = builder.add(out, ir.Constant(_I64, 4 * r))
            builder.store(total, builder.inttoptr(address, ir.FloatType().as_pointer())).align = 4
        return _context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _emit_rest_sums(builder: ir.IRBuilder, places: Any, blocks: Any, out: Any) -> None:
    rows = [
        [load(builder, builder.add(places, ir.Constant(_I64, 8 * (4 * part + r))), _I64) for part in range(4)]
        for r in range(4)
    ]

    def body(step: Any, sums: list[Any]) -> list[Any]:
        offset = builder.mul(step, ir.Constant(_I64, 4 * LANES))
        added = []
        for row, total in zip(rows, sums, strict=True):
            x, x_rest, y, y_rest = (load(builder, builder.add(address, offset), _INTS) for address in row)
            one = multiply_unsigned(builder, total, y_rest, x)
            added.append(multiply_unsigned(builder, one, x_rest, y))
        return added

    zero = ir.Constant(_INTS, [0] * LANES)
    for r, lanes in enumerate(loop(builder, blocks, [zero] * 4, body)):
        total = added_up(builder, lanes)
        address = builder.add(out, ir.Constant(_I64, 4 * r))
        if not not_shifted():
            total = builder.add(total, load(builder, address, _I32))
        builder.store(total, builder.inttoptr(address, _I32.as_pointer())).align = 4


@intrinsic
def _rest_sums(context, places, blocks, out):  # type: ignore[no-untyped-def]
    """Add values of one side · rests of the other, both ways, to ``out`` int32 ``[4]``, which undoes the shift.

    ``places``: the addresses of values and rests of one side, then of the other, int64 ``[4, 4]``.
    """

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        _emit_rest_sums(builder, *arguments)
        return _context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def _prefetch(context, address):  # type: ignore[no-untyped-def]
    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        emit_prefetch(builder, arguments[0])
        return _context.get_dummy_value()

    return types.void(types.int64), generate


@numba.njit(cache=True, nogil=True)
def prefetch(address, size):  # type: ignore[no-untyped-def]
    """Ask for ``size`` bytes to be brought near."""
    for offset in range(0, size, 64):
        _prefetch(address + offset)


@intrinsic
def _pointer(context, address):  # type: ignore[no-untyped-def]
    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.inttoptr(arguments[0], ir.FloatType().as_pointer())

    pointer: Any = types.CPointer
    return pointer(types.float32)(types.int64), generate


@numba.njit(cache=True, nogil=True)
def _tails(places, whole, dim, tail):  # type: ignore[no-untyped-def]
    """Copy what is left after ``whole`` entries of every row, zeros behind it; ``places`` then point there."""
    tail[:] = 0
    for side in range(2):
        for r in range(4):
            row = carray(_pointer(places[side, r]), dim)
            for m in range(whole, dim):
                tail[side, r, m - whole] = row[m]
            places[side, r] = tail.ctypes.data + 32 * (4 * side + r)


@numba.njit(cache=True, nogil=True)
def quick_dots(tables, pairs, first, count, scratch, out):  # type: ignore[no-untyped-def]
    """As :func:`exact_dots`, but in float32 ``[4]`` and no stated order: right within (d + 4)·2⁻²⁴ of the lengths."""
    x, y, dim = tables
    places = scratch.places
    whole = dim // LANES * LANES
    for r in range(4):
        m = first + min(r, count - 1)
        places[0, r] = x + 4 * dim * np.int64(pairs[0, m])
        places[1, r] = y + 4 * dim * np.int64(pairs[1, m])
    _quick_sums(places.ctypes.data, whole // LANES, out.ctypes.data)
    if whole < dim:
        for r in range(count):
            left, right = carray(_pointer(places[0, r]), dim), carray(_pointer(places[1, r]), dim)
            for m in range(whole, dim):
                out[r] += left[m] * right[m]


@numba.njit(cache=True, nogil=True)
def rest_dots(row, column, pairs, first, count, places, out):  # type: ignore[no-untyped-def]
    """Values of row i · rests of column j + rests of i · values of j, exactly: int32 ``[4]``, up to four pairs (i, j).

    ``row`` and ``column``: int8 operands, whose words are a multiple of LANES. ``places``: int64 ``[4, 4]``.
    """
    size = 4 * row.words.shape[1]
    for r in range(4):
        m = first + min(r, count - 1)
        i, j = np.int64(pairs[0, m]), np.int64(pairs[1, m])
        places[0, r], places[1, r] = row.words.ctypes.data + size * i, row.rests.ctypes.data + size * i
        places[2, r] = column.words.ctypes.data + size * j
        places[3, r] = column.rests.ctypes.data + size * j
        out[r] = np.int32(row.start[i] + column.start[j])
    _rest_sums(places.ctypes.data, row.words.shape[1] // LANES, out.ctypes.data)


@numba.njit(cache=True, nogil=True)
def exact_dots(tables, pairs, first, count, scratch, out):  # type: ignore[no-untyped-def]
    """Inner products of rows ``pairs[0, m]`` of x with rows ``pairs[1, m]`` of y, in the stated order.

    Of ``count`` pairs from ``first`` on, up to four, of :class:`TwoTables`; ``out`` float64 ``[4]``; ``scratch`` a
    :class:`DotsScratch`.
    """
    x, y, dim = tables
    places, sums, tail = scratch
    for r in range(4):
        m = first + min(r, count - 1)
        places[0, r] = x + 4 * dim * np.int64(pairs[0, m])
        places[1, r] = y + 4 * dim * np.int64(pairs[1, m])
    sums[:] = 0.0
    _partial_sums(places.ctypes.data, dim // 8, sums.ctypes.data)
    if dim % 8:
        _tails(places, dim // 8 * 8, dim, tail)
        _partial_sums(places.ctypes.data, 1, sums.ctypes.data)
    for r in range(count):
        even = (sums[r, 0] + sums[r, 4]) + (sums[r, 2] + sums[r, 6])
        out[r] = even + ((sums[r, 1] + sums[r, 5]) + (sums[r, 3] + sums[r, 7]))


@numba.njit(cache=True, nogil=True)
def dots_scratch():  # type: ignore[no-untyped-def]
    """What :func:`exact_dots` works in."""
    return DotsScratch(np.empty((2, 4), np.int64), np.empty((4, 8)), np.empty((2, 4, 8), np.float32))
