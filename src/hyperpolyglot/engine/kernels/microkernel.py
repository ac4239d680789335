"""Products of a few rows with a few columns, held in registers: LLVM code emitted through numba.

A *word* is 32 bits: one float32, or four int8. The tile is ``ROWS`` × ``COLUMNS``; its operands are panels, packed so
that the inner loop reads both in order: int32 ``[words, ROWS]`` and ``[words, COLUMNS]``. Each step loads one word of
every column and multiplies it with one word of every row, so float32 and int8 differ in a single instruction. The
column side of int8 products is unsigned (entries + 128), as ``vpdpbusd`` wants it; the accumulators start at
−128 · Σ row, which undoes the shift exactly.

While the sums are still in registers they are compared with thresholds: bit j of ``masks[r]`` is set where

    sum · (row_scale · column_scale) + column_offset  ≥  min(row_threshold, column_threshold) − row_offset

in float32; where values are absolute, of |sum · (row_scale · column_scale) + row_shift|. No contraction or reordering
is permitted, so a processor without fused instructions gives the same bits.
Goto and van de Geijn, Anatomy of high-performance matrix multiplication, ACM TOMS 34 (2008).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types

from hyperpolyglot.engine.kernels.emission import at, broadcast, intrinsic, load, store
from hyperpolyglot.engine.processor import COLUMNS, LANES, ROWS, has

__all__ = [
    "TileAddresses",
    "absolute_float_tile",
    "absolute_int8_tile",
    "addresses",
    "compare",
    "emit_tile",
    "float_tile",
    "int8_tile",
    "lowest_bit",
    "multiply_unsigned",
    "not_shifted",
]

_I1, _I32, _I64, _F32 = ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.FloatType()
_INTS, _FLOATS = ir.VectorType(_I32, LANES), ir.VectorType(_F32, LANES)
_BYTES = ir.VectorType(ir.IntType(8), 4 * LANES)
_HALVES = COLUMNS // LANES


class TileAddresses(NamedTuple):
    """What a tile of products reads and writes: all are addresses but ``words``, the words of a row.

    ``rows`` and ``columns``: packed panels; ``start``: int32 ``[ROWS]``; ``row_terms`` and ``column_terms``: float32
    ``[3, ROWS]`` and ``[3, COLUMNS]``, scale, offset and threshold (rows of absolute values have a shift as well); out:
    ``sums`` int32 or float32 ``[ROWS, COLUMNS]``, ``masks`` int32 ``[ROWS]``.
    """

    rows: int
    columns: int
    words: int
    start: int
    row_terms: int
    column_terms: int
    sums: int
    masks: int


def addresses(builder: ir.IRBuilder, packed: Any) -> TileAddresses:
    """The members of a :class:`TileAddresses` that compiled code hands over."""
    return TileAddresses(*(builder.extract_value(packed, n) for n in range(len(TileAddresses._fields))))


def _constant(value: int) -> ir.Constant:
    return ir.Constant(_INTS, [value] * LANES)


def _dot_of_bytes() -> str:
    """Arm's instruction for four products of bytes: ``usdot`` as VNNI's, ``sdot`` of signed ones, or none."""
    if LANES != 4:
        return ""
    return "usdot" if has("i8mm") else "sdot" if has("dotprod") else ""


def _multiply_int8(builder: ir.IRBuilder, total: Any, columns: Any, row: Any) -> Any:
    """``total`` + Σ over four bytes of unsigned column · signed row, exactly."""
    if has("avx512vnni") and LANES == 16:
        signature = ir.FunctionType(_INTS, [_INTS, _INTS, _INTS])
        multiply = builder.module.declare_intrinsic("llvm.x86.avx512.vpdpbusd.512", (), signature)
        return builder.call(multiply, [total, columns, row])
    if name := _dot_of_bytes():
        signature = ir.FunctionType(_INTS, [_INTS, _BYTES, _BYTES])
        multiply = builder.module.declare_intrinsic(f"llvm.aarch64.neon.{name}.v4i32.v16i8", (), signature)
        return builder.call(multiply, [total, *(builder.bitcast(side, _BYTES) for side in (columns, row))])
    for byte in range(4):
        unsigned = builder.and_(builder.lshr(columns, _constant(8 * byte)), _constant(255))
        signed = builder.ashr(builder.shl(row, _constant(24 - 8 * byte)), _constant(24))
        total = builder.add(total, builder.mul(unsigned, signed))
    return total


def multiply_unsigned(builder: ir.IRBuilder, total: Any, columns: Any, row: Any) -> Any:
    """``total`` + Σ over four bytes of unsigned column · signed row; without the shift where bytes are signed."""
    if not_shifted():
        columns = builder.xor(columns, _constant(-0x7F7F7F80))
    return _multiply_int8(builder, total, columns, row)


def not_shifted() -> bool:
    """Whether the processor multiplies signed bytes, so that +128 is taken off and nothing is to be undone."""
    return _dot_of_bytes() == "sdot"


def _multiply_float(builder: ir.IRBuilder, total: Any, columns: Any, row: Any) -> Any:
    if has("fma") or has("neon"):
        signature = ir.FunctionType(_FLOATS, [_FLOATS, _FLOATS, _FLOATS])
        fused = builder.module.declare_intrinsic(f"llvm.fma.v{LANES}f32", (), signature)
        return builder.call(fused, [columns, row, total])
    return builder.fadd(total, builder.fmul(columns, row))


def _products(builder: ir.IRBuilder, places: TileAddresses, integer: bool) -> list[list[Any]]:
    """The accumulators after all words, ``[ROWS][halves]``; leaves the builder behind the loop."""
    rows, columns, words, start = places[:4]
    kind, word = (_INTS, _I32) if integer else (_FLOATS, _F32)
    begin = [broadcast(builder, load(builder, at(builder, start, r), word), kind) for r in range(ROWS)]
    signed = integer and not_shifted()  # nothing is shifted, so nothing is to be undone
    if signed:
        begin = [_constant(0)] * ROWS
    before, loop = builder.block, builder.append_basic_block("words")
    after = builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(_I64)
    step.add_incoming(ir.Constant(_I64, 0), before)
    sums = [[builder.phi(kind) for _ in range(_HALVES)] for _ in range(ROWS)]
    for r in range(ROWS):
        for half in range(_HALVES):
            sums[r][half].add_incoming(begin[r], before)
    here = builder.add(columns, builder.mul(step, ir.Constant(_I64, 4 * COLUMNS)))
    row = builder.add(rows, builder.mul(step, ir.Constant(_I64, 4 * ROWS)))
    column = [load(builder, at(builder, here, LANES * half), kind) for half in range(_HALVES)]
    multiply = multiply_unsigned if integer else _multiply_float
    added = []
    for r in range(ROWS):
        one = broadcast(builder, load(builder, at(builder, row, r), word), kind)
        added.append([multiply(builder, sums[r][half], column[half], one) for half in range(_HALVES)])
    following = builder.add(step, ir.Constant(_I64, 1))
    step.add_incoming(following, loop)
    for r in range(ROWS):
        for half in range(_HALVES):
            sums[r][half].add_incoming(added[r][half], loop)
    builder.cbranch(builder.icmp_signed("<", following, words), loop, after)
    builder.position_at_end(after)
    return added


def compare(
    builder: ir.IRBuilder, sums: list[list[Any]], places: TileAddresses, absolute: bool = False
) -> Any:
    """Store the masks of sums ``[rows][halves]``, absolute ones with their shift; their union."""
    rows = len(sums)
    columns = [
        [
            load(builder, at(builder, places.column_terms, COLUMNS * part + LANES * half), _FLOATS)
            for part in range(3)
        ]
        for half in range(_HALVES)
    ]
    union = ir.Constant(_I32, 0)
    signature = ir.FunctionType(_FLOATS, [_FLOATS])
    positive = builder.module.declare_intrinsic(f"llvm.fabs.v{LANES}f32", (), signature)
    for r in range(rows):
        scale, offset, threshold = (
            broadcast(builder, load(builder, at(builder, places.row_terms, rows * part + r), _F32), _FLOATS)
            for part in range(3)
        )
        if absolute:
            shift = load(builder, at(builder, places.row_terms, rows * 3 + r), _F32)
            shift = broadcast(builder, shift, _FLOATS)
        mask = ir.Constant(_I32, 0)
        for half in range(_HALVES):
            column_scale, column_offset, column_threshold = columns[half]
            total = sums[r][half]
            value = builder.sitofp(total, _FLOATS) if total.type == _INTS else total
            value = builder.fmul(value, builder.fmul(scale, column_scale))
            if absolute:
                value = builder.call(positive, [builder.fadd(value, shift)])
            value = builder.fadd(value, column_offset)
            lower = builder.fcmp_ordered("<", column_threshold, threshold)
            bound = builder.fsub(builder.select(lower, column_threshold, threshold), offset)
            bits = builder.bitcast(builder.fcmp_ordered(">=", value, bound), ir.IntType(LANES))
            bits = builder.zext(bits, _I32)
            mask = builder.or_(mask, builder.shl(bits, ir.Constant(_I32, LANES * half)))
        store(builder, mask, at(builder, places.masks, r))
        union = builder.or_(union, mask)
    return builder.zext(union, _I64)


def emit_tile(builder: ir.IRBuilder, places: TileAddresses, integer: bool, absolute: bool = False) -> Any:
    """The code of a tile: its products, then the comparison; the union of the masks."""
    sums = _products(builder, places, integer)
    for r, row in enumerate(sums):
        for half, total in enumerate(row):
            store(builder, total, at(builder, places.sums, COLUMNS * r + LANES * half))
    return compare(builder, sums, places, absolute)


@intrinsic
def int8_tile(context, places):  # type: ignore[no-untyped-def]
    """One tile of int8 products at :class:`TileAddresses`; the union of the masks."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return emit_tile(builder, addresses(builder, arguments[0]), True)

    return types.int64(places), generate


@intrinsic
def float_tile(context, places):  # type: ignore[no-untyped-def]
    """The same for float32 words; ``start`` and ``sums`` are float32."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return emit_tile(builder, addresses(builder, arguments[0]), False)

    return types.int64(places), generate


@intrinsic
def absolute_int8_tile(context, places):  # type: ignore[no-untyped-def]
    """As :func:`int8_tile`, but absolute values are compared."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return emit_tile(builder, addresses(builder, arguments[0]), True, True)

    return types.int64(places), generate


@intrinsic
def absolute_float_tile(context, places):  # type: ignore[no-untyped-def]
    """As :func:`float_tile`, but absolute values are compared."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return emit_tile(builder, addresses(builder, arguments[0]), False, True)

    return types.int64(places), generate


@intrinsic
def lowest_bit(context, mask):  # type: ignore[no-untyped-def]
    """The position of the lowest set bit of a number that is not zero."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(_I1, 1))

    return types.int64(types.int64), generate
