"""Inner products of single rows: LLVM code emitted through numba, for the few pairs that pass a filter.

``exact_dots`` is :func:`hyperpolyglot.engine.cosine.dot` for four rows at once: the stated eight partial sums are the
lanes of a vector. A product of two float32 is exact in float64, so a fused multiply-add rounds as that sum does.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending
from numba.core import types

from hyperpolyglot.engine.processor import LANES, has

__all__ = ["exact_dots", "float_dot", "prefetch"]

intrinsic: Any = extending.intrinsic
carray: Any = numba.carray  # type: ignore[attr-defined]

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_SINGLE, _DOUBLE = ir.VectorType(ir.FloatType(), 8), ir.VectorType(ir.DoubleType(), 8)
_WIDE = ir.VectorType(ir.FloatType(), LANES)
_STEP = 4 * LANES


def _load(builder: ir.IRBuilder, address: Any, kind: ir.Type) -> Any:
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = 4
    return value


def _fused(builder: ir.IRBuilder, x: Any, y: Any, total: Any) -> Any:
    kind = total.type
    if not (has("fma") or has("neon")):
        return builder.fadd(total, builder.fmul(x, y))
    name = f"llvm.fma.v{kind.count}f{64 if kind == _DOUBLE else 32}"
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(kind, [kind] * 3))
    return builder.call(function, [x, y, total])


def _loop(builder: ir.IRBuilder, count: Any, sums: list[Any], body: Any) -> list[Any]:
    """``body(step, sums)`` for every step below ``count``, none if it is zero; the sums after it."""
    before = builder.block
    loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
    zero = ir.Constant(_I64, 0)
    some = builder.icmp_signed(">", count, zero)
    builder.cbranch(some, loop, after)
    builder.position_at_end(loop)
    step = builder.phi(_I64)
    step.add_incoming(zero, before)
    running = [builder.phi(total.type) for total in sums]
    for phi, total in zip(running, sums, strict=True):
        phi.add_incoming(total, before)
    added = body(step, running)
    following = builder.add(step, ir.Constant(_I64, 1))
    step.add_incoming(following, loop)
    for phi, total in zip(running, added, strict=True):
        phi.add_incoming(total, loop)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
    builder.position_at_end(after)
    results = []
    for total, last in zip(sums, added, strict=True):
        phi = builder.phi(total.type)
        phi.add_incoming(total, before)
        phi.add_incoming(last, loop)
        results.append(phi)
    return results


@intrinsic
def _partial_sums(context, x, rows, blocks, out):  # type: ignore[no-untyped-def]
    """Add blocks of eight products of x with four rows to ``out``, float64 ``[4, 8]``; all but ``blocks`` addresses."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        x, rows, blocks, out = arguments
        row = [_load(builder, builder.add(rows, ir.Constant(_I64, 8 * r)), _I64) for r in range(4)]
        place = [builder.add(out, ir.Constant(_I64, 64 * r)) for r in range(4)]
        start = [_load(builder, address, _DOUBLE) for address in place]

        def body(step: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(step, ir.Constant(_I64, 32))
            one = builder.fpext(_load(builder, builder.add(x, offset), _SINGLE), _DOUBLE)
            others = [
                builder.fpext(_load(builder, builder.add(address, offset), _SINGLE), _DOUBLE)
                for address in row
            ]
            return [_fused(builder, one, other, total) for other, total in zip(others, sums, strict=True)]

        for total, address in zip(_loop(builder, blocks, start, body), place, strict=True):
            builder.store(total, builder.inttoptr(address, _DOUBLE.as_pointer())).align = 8
        return _context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def _whole_steps(context, x, y, steps):  # type: ignore[no-untyped-def]
    """Sum of the first ``steps`` · 4 · LANES products in float32; x and y are addresses."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        x, y, steps = arguments
        zero = ir.Constant(_WIDE, [0.0] * LANES)

        def body(step: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(step, ir.Constant(_I64, 4 * _STEP))
            added = []
            for part, total in enumerate(sums):
                here = builder.add(offset, ir.Constant(_I64, 4 * LANES * part))
                one = _load(builder, builder.add(x, here), _WIDE)
                other = _load(builder, builder.add(y, here), _WIDE)
                added.append(_fused(builder, one, other, total))
            return added

        a, b, c, d = _loop(builder, steps, [zero] * 4, body)
        lanes = builder.fadd(builder.fadd(a, b), builder.fadd(c, d))
        total = builder.extract_element(lanes, ir.Constant(_I32, 0))
        for lane in range(1, LANES):
            total = builder.fadd(total, builder.extract_element(lanes, ir.Constant(_I32, lane)))
        return total

    return types.float32(types.int64, types.int64, types.int64), generate


@intrinsic
def _prefetch(context, address):  # type: ignore[no-untyped-def]
    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        signature = ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32])
        function = builder.module.declare_intrinsic("llvm.prefetch.p0", (), signature)
        builder.call(function, [pointer, *(ir.Constant(_I32, n) for n in (0, 2, 1))])
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
def _rest(x, y, first, dim):  # type: ignore[no-untyped-def]
    left, right = carray(_pointer(x), dim), carray(_pointer(y), dim)
    total = np.float32(0)
    for m in range(first, dim):
        total += left[m] * right[m]
    return total


@numba.njit(cache=True, nogil=True)
def float_dot(x, y, dim):  # type: ignore[no-untyped-def]
    """Inner product of float32 ``[dim]`` at two addresses, in float32; the order of summation is not stated."""
    steps = dim // _STEP
    total = _whole_steps(x, y, steps)
    if steps * _STEP < dim:
        total += _rest(x, y, steps * _STEP, dim)
    return total


@numba.njit(cache=True, nogil=True)
def _tails(x, rows, whole, dim, tail):  # type: ignore[no-untyped-def]
    """Copy what is left after ``whole`` entries of x and of four rows, zeros behind it; ``rows`` then point there."""
    tail[:] = 0
    for m in range(whole, dim):
        tail[4, m - whole] = carray(_pointer(x), dim)[m]
        for r in range(4):
            tail[r, m - whole] = carray(_pointer(rows[r]), dim)[m]
    for r in range(4):
        rows[r] = tail.ctypes.data + 32 * r


@numba.njit(cache=True, nogil=True)
def exact_dots(x, vectors, dim, ids, first, count, scratch, out):  # type: ignore[no-untyped-def]
    """Inner products of x with the rows ``ids[first:first + count]``, up to four, in the stated order.

    ``x`` and ``vectors`` are addresses of float32 ``[dim]`` and ``[n, dim]``; ``out`` float64 ``[4]``.
    ``scratch``: int64 ``[4]``, float64 ``[4, 8]``, float32 ``[5, 8]``.
    """
    rows, sums, tail = scratch
    for r in range(4):
        rows[r] = vectors + 4 * dim * np.int64(ids[first + min(r, count - 1)])
    sums[:] = 0.0
    _partial_sums(x, rows.ctypes.data, dim // 8, sums.ctypes.data)
    if dim % 8:
        _tails(x, rows, dim // 8 * 8, dim, tail)
        _partial_sums(tail.ctypes.data + 128, rows.ctypes.data, 1, sums.ctypes.data)
    for r in range(count):
        even = (sums[r, 0] + sums[r, 4]) + (sums[r, 2] + sums[r, 6])
        out[r] = even + ((sums[r, 1] + sums[r, 5]) + (sums[r, 3] + sums[r, 7]))
