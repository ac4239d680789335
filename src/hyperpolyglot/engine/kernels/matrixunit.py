"""Products of bfloat16 tiles by the matrix unit of recent x86 processors (AMX), emitted through numba.

A word holds two bfloat16. The tile is 32 × 32: four accumulators of 16 × 16 float32 in tile registers. Rows are packed
as int32 ``[words / 16, 32, 16]``, columns as ``[words, 32]``, so that every load is of one tile. The comparison with
thresholds is that of :mod:`~hyperpolyglot.engine.kernels.microkernel`. Linux gives a process the unit when it asks.

Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types

from hyperpolyglot.engine.kernels.emission import at, intrinsic, load
from hyperpolyglot.engine.kernels.microkernel import addresses, compare
from hyperpolyglot.engine.processor import COLUMNS, LANES, has

__all__ = ["HEIGHT", "SHAPES", "begin_tiles", "bf16_tile", "end_tiles", "permitted"]

HEIGHT = 32
"""Rows of a tile; columns are as many."""

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_AHEAD = 2  # steps by which rows are asked for, which come from the second-level cache: 20 % faster
_ARCH_PRCTL, _REQUEST, _TILE_DATA = 158, 0x1023, 18


def _shapes() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """The unit's configuration, uint8 ``[64]``: palette 1, eight tiles of 16 rows of 64 bytes."""
    shapes = np.zeros(64, np.uint8)
    shapes[0] = 1
    shapes[16:32].view(np.uint16)[:] = 64
    shapes[48:56] = 16
    return shapes


SHAPES = _shapes()


def _there() -> bool:
    return has("amx-bf16") and has("amx-tile") and LANES == 16


@cache
def permitted() -> bool:
    """Whether there is such a unit and the system lets this process use it; asks for it."""
    if not (_there() and sys.platform == "linux"):
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    return int(call(_ARCH_PRCTL, _REQUEST, _TILE_DATA)) == 0


def _call(builder: ir.IRBuilder, name: str, *arguments: Any) -> None:
    signature = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.module.declare_intrinsic(f"llvm.x86.{name}", (), signature), arguments)


def _tile(number: int) -> ir.Constant:
    return ir.Constant(_I8, number)


def _move(builder: ir.IRBuilder, name: str, tile: int, address: Any, stride: int) -> None:
    pointer = builder.inttoptr(address, _I8.as_pointer())
    _call(builder, name, _tile(tile), pointer, ir.Constant(_I64, stride))


def _prefetch(builder: ir.IRBuilder, address: Any, size: int) -> None:
    signature = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
    function = builder.module.declare_intrinsic("llvm.prefetch.p0", (), signature)
    for line in range(0, size, 64):
        pointer = builder.inttoptr(builder.add(address, ir.Constant(_I64, line)), _I8.as_pointer())
        builder.call(function, [pointer, *(ir.Constant(_I32, n) for n in (0, 3, 1))])


def _multiply(builder: ir.IRBuilder, rows: Any, columns: Any, steps: Any) -> None:
    """Tiles 0 to 3 become the sums: rows 4 and 5 times columns 6 and 7, step by step."""
    for tile in range(4):
        _call(builder, "tilezero", _tile(tile))
    before, loop = builder.block, builder.append_basic_block("steps")
    after = builder.append_basic_block("summed")
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(_I64)
    step.add_incoming(ir.Constant(_I64, 0), before)
    offset = builder.mul(step, ir.Constant(_I64, 2048))
    _prefetch(builder, builder.add(rows, builder.add(offset, ir.Constant(_I64, 2048 * _AHEAD))), 2048)
    for half in range(2):
        row = builder.add(rows, builder.add(offset, ir.Constant(_I64, 1024 * half)))
        _move(builder, "tileloadd64", 4 + half, row, 64)
        column = builder.add(columns, builder.add(offset, ir.Constant(_I64, 64 * half)))
        _move(builder, "tileloadd64", 6 + half, column, 4 * COLUMNS)
    for tile in range(4):
        _call(builder, "tdpbf16ps", _tile(tile), _tile(4 + tile // 2), _tile(6 + tile % 2))
    following = builder.add(step, ir.Constant(_I64, 1))
    step.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, steps), loop, after)
    builder.position_at_end(after)


@intrinsic
def bf16_tile(context, places):  # type: ignore[no-untyped-def]
    """One tile of bfloat16 products, as by the microkernel; ``words`` is a multiple of 16, ``start`` is not read.

    Between :func:`begin_tiles` and :func:`end_tiles` only, on the same thread. ``sums`` float32 ``[32, 32]``.
    """

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        here = addresses(builder, arguments[0])
        if not _there():
            return ir.Constant(_I64, 0)
        _multiply(builder, here.rows, here.columns, builder.ashr(here.words, ir.Constant(_I64, 4)))
        for part in range(4):
            place = 4 * (16 * (part // 2) * COLUMNS + 16 * (part % 2))
            _move(
                builder, "tilestored64", part, builder.add(here.sums, ir.Constant(_I64, place)), 4 * COLUMNS
            )
        sums = [
            [load(builder, at(builder, here.sums, COLUMNS * r + LANES * half), _FLOATS) for half in range(2)]
            for r in range(HEIGHT)
        ]
        return compare(builder, sums, here)

    return types.int64(places), generate


@intrinsic
def begin_tiles(context, shapes):  # type: ignore[no-untyped-def]
    """Configure the unit for this thread; the address of ``SHAPES``."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        if _there():
            _call(builder, "ldtilecfg", builder.inttoptr(arguments[0], _I8.as_pointer()))
        return _context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def end_tiles(context):  # type: ignore[no-untyped-def]
    """Release the unit."""

    def generate(_context, builder, _signature, _arguments):  # type: ignore[no-untyped-def]
        if _there():
            _call(builder, "tilerelease")
        return _context.get_dummy_value()

    return types.void(), generate
