"""Products of a block of rows with the parameters of probes, held in registers: LLVM code emitted through numba.

Both kinds of floats have the same code. Sums have one order on a machine, whatever the threads.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types

from hyperpolyglot.engine.kernels.emission import (
    broadcast,
    emit_prefetch,
    fused,
    intrinsic,
    load,
    loop,
    store,
)
from hyperpolyglot.engine.processor import LANES

__all__ = ["BLOCK", "add_products", "nothing_ahead", "products"]

BLOCK = 16
"""Rows of a block."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_PLACE: Any = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]
_ROWS = 4
_WIDE = LANES != 8  # AVX2 has too few registers for twenty sums


def _vector(like: Any) -> ir.VectorType:
    """A register of the floats in an array of that type."""
    if like.dtype == types.float32:
        return ir.VectorType(ir.FloatType(), LANES)
    return ir.VectorType(ir.DoubleType(), LANES // 2)


def _bytes(kind: ir.VectorType) -> int:
    return 4 if kind.element == ir.FloatType() else 8


def _plus(builder: ir.IRBuilder, address: Any, offset: int) -> Any:
    return builder.add(address, ir.Constant(_I64, offset)) if offset else address


def _rows_from(builder: ir.IRBuilder, first: Any, stride: Any, count: int) -> list[Any]:
    """The addresses of some rows that follow each other."""
    rows = [first]
    for _ in range(count - 1):
        rows.append(builder.add(rows[-1], stride))
    return rows


def _halved(builder: ir.IRBuilder, vectors: list[Any], groups: int) -> Any:
    """Of one or two vectors in which ``groups`` sums are spread over as many lanes each: the same over half as many."""
    lanes = vectors[0].type.count
    size = lanes // groups
    starts = [lanes * v + size * g for v in range(len(vectors)) for g in range(groups)]
    halves = []
    for shift in (0, size // 2):
        picks = [start + shift + m for start in starts for m in range(size // 2)]
        mask = ir.Constant(ir.VectorType(_I32, len(picks)), picks)
        halves.append(builder.shuffle_vector(vectors[0], vectors[-1], mask))
    return builder.fadd(*halves)


def _sums(builder: ir.IRBuilder, vectors: list[Any]) -> list[Any]:
    """The sum of the lanes of each of a power of two of vectors."""
    lanes, groups = vectors[0].type.count, 1
    while len(vectors) > 1 and groups < lanes:
        vectors = [_halved(builder, vectors[n : n + 2], groups) for n in range(0, len(vectors), 2)]
        groups *= 2
    while groups < vectors[0].type.count:
        vectors = [_halved(builder, [vector], groups) for vector in vectors]
    return [
        builder.extract_element(vector, ir.Constant(_I32, lane))
        for vector in vectors
        for lane in range(groups)
    ]


def _score_tile(columns: int) -> Any:
    @intrinsic
    def tile(context, like, rows, parameters, width, out, stride):  # type: ignore[no-untyped-def]
        """Products of four rows with ``columns`` rows of parameters, all at addresses; ``out`` ``[4, stride]``."""
        kind = _vector(like)
        size = _bytes(kind)

        def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
            _, rows, parameters, width, out, stride = arguments
            length = builder.mul(width, ir.Constant(_I64, size))
            left = _rows_from(builder, rows, length, _ROWS)
            right = _rows_from(builder, parameters, length, columns)

            def body(step: Any, sums: list[Any]) -> list[Any]:
                offset = builder.mul(step, ir.Constant(_I64, size * kind.count))
                x = [load(builder, builder.add(row, offset), kind) for row in left]
                added = []
                for c in range(columns):
                    y = load(builder, builder.add(right[c], offset), kind)
                    added += [fused(builder, x[r], y, sums[_ROWS * c + r]) for r in range(_ROWS)]
                return added

            zero = ir.Constant(kind, [0.0] * kind.count)
            steps = builder.sdiv(width, ir.Constant(_I64, kind.count))
            totals = loop(builder, steps, [zero] * (_ROWS * columns), body)
            places = _rows_from(builder, out, builder.mul(stride, ir.Constant(_I64, size)), _ROWS)
            for c in range(columns):
                found = _sums(builder, totals[_ROWS * c : _ROWS * (c + 1)])
                for place, value in zip(places, found, strict=True):
                    store(builder, value, _plus(builder, place, size * c))
            return _context.get_dummy_value()

        return types.void(like, *[types.int64] * 5), generate

    return tile


def _gradient_tile(columns: int) -> Any:
    @intrinsic
    def tile(context, like, block, factors, total, ahead):  # type: ignore[no-untyped-def]
        """Add the products of 16 rows, each with its factors, to ``columns`` rows of ``total``, all at addresses.

        ``block`` and ``factors``: an address, and what lies between a row and the next; ``ahead``: the addresses of
        16 rows that are asked for, meanwhile.
        """
        kind = _vector(like)
        size = _bytes(kind)

        def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
            _, block, factors, total, ahead = arguments
            rows, width = (builder.extract_value(block, n) for n in range(2))
            factors, stride = (builder.extract_value(factors, n) for n in range(2))
            length = builder.mul(width, ir.Constant(_I64, size))
            left = _rows_from(builder, rows, length, BLOCK)
            sums = _rows_from(builder, total, length, columns)
            by = _rows_from(builder, factors, builder.mul(stride, ir.Constant(_I64, size)), BLOCK)
            following = [load(builder, _plus(builder, ahead, 8 * r), _I64) for r in range(BLOCK)]

            def body(step: Any, _nothing: list[Any]) -> list[Any]:
                offset = builder.mul(step, ir.Constant(_I64, size * kind.count))
                here = [builder.add(address, offset) for address in sums]
                values = [load(builder, address, kind) for address in here]
                for r in range(BLOCK):
                    row = load(builder, builder.add(left[r], offset), kind)
                    for c in range(columns):
                        factor = load(builder, _plus(builder, by[r], size * c), kind.element)
                        values[c] = fused(builder, row, broadcast(builder, factor, kind), values[c])
                    emit_prefetch(
                        builder,
                        builder.add(following[r], builder.mul(step, ir.Constant(_I64, 4 * kind.count))),
                    )
                for value, address in zip(values, here, strict=True):
                    store(builder, value, address)
                return []

            loop(builder, builder.sdiv(width, ir.Constant(_I64, kind.count)), [], body)
            return _context.get_dummy_value()

        return types.void(like, _PLACE, _PLACE, types.int64, types.int64), generate

    return tile


_add_ten, _add_two = _gradient_tile(10), _gradient_tile(2)
_score_five, _score_two = _score_tile(5), _score_tile(2)


@numba.njit(cache=True, nogil=True)
def products(block, parameters, scores):  # type: ignore[no-untyped-def]
    """``scores = block @ parameters.T``: ``[rows, width]`` and ``[columns, width]``.

    Fours of rows, an even number of columns, the width a multiple of 16.
    """
    columns, width = parameters.shape
    size = block.itemsize
    x, y, out = block.ctypes.data, parameters.ctypes.data, scores.ctypes.data
    for i in range(0, len(block), 4):
        rows, j = x + size * i * width, 0
        while j < columns:
            place, against = out + size * (i * columns + j), y + size * j * width
            if _WIDE and columns - j >= 10:
                _score_five(block, rows, against, width, place, columns)
                _score_five(block, rows, against + 5 * size * width, width, place + 5 * size, columns)
                j += 10
            else:
                _score_two(block, rows, against, width, place, columns)
                j += 2


@numba.njit(cache=True, nogil=True)
def add_products(block, factors, total, ahead):  # type: ignore[no-untyped-def]
    """``total += factors.T @ block``: ``[rows, columns]`` and ``[rows, width]``.

    Sixteens of rows, an even number of columns, the width a multiple of 16. ``ahead``: int64 ``[16]``, addresses of
    rows of as many float32 that are wanted next.
    """
    columns, width = total.shape
    size = block.itemsize
    x, by, sums, wanted = block.ctypes.data, factors.ctypes.data, total.ctypes.data, ahead.ctypes.data
    for i in range(0, len(block), 16):
        rows, j = x + size * i * width, 0
        while j < columns:
            place, into = by + size * (i * columns + j), sums + size * j * width
            if columns - j >= 10:
                _add_ten(block, (rows, width), (place, columns), into, wanted)
                j += 10
            else:
                _add_two(block, (rows, width), (place, columns), into, wanted)
                j += 2


@numba.njit(cache=True, nogil=True)
def nothing_ahead(block):  # type: ignore[no-untyped-def]
    """What :func:`add_products` asks for where nothing follows: the block itself."""
    return np.full(BLOCK, block.ctypes.data, np.int64)
