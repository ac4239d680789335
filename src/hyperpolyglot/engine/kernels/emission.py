"""What the emitted kernels are made of: LLVM instructions, several at a time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending

from hyperpolyglot.engine.processor import has

__all__ = ["added_up", "at", "broadcast", "emit_prefetch", "fused", "intrinsic", "load", "loop", "store"]

intrinsic: Any = extending.intrinsic

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def load(builder: ir.IRBuilder, address: Any, kind: ir.Type) -> Any:
    """The value at an address that is a multiple of four."""
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = 4
    return value


def store(builder: ir.IRBuilder, value: Any, address: Any) -> None:
    """Put a value at an address that is a multiple of four."""
    builder.store(value, builder.inttoptr(address, value.type.as_pointer())).align = 4


def broadcast(builder: ir.IRBuilder, value: Any, kind: ir.VectorType) -> Any:
    """A vector whose lanes all hold a value."""
    empty, lanes = ir.Constant(kind, ir.Undefined), kind.count
    first = builder.insert_element(empty, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(_I32, lanes), [0] * lanes))


def at(builder: ir.IRBuilder, address: Any, words: int) -> Any:
    """An address some words of four bytes further on."""
    return builder.add(address, ir.Constant(_I64, 4 * words))


def fused(builder: ir.IRBuilder, x: Any, y: Any, total: Any) -> Any:
    """x·y + total of vectors, rounded once where the processor can."""
    kind = total.type
    if not (has("fma") or has("neon")):
        return builder.fadd(total, builder.fmul(x, y))
    name = f"llvm.fma.v{kind.count}f{64 if kind.element == ir.DoubleType() else 32}"
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(kind, [kind] * 3))
    return builder.call(function, [x, y, total])


def loop(builder: ir.IRBuilder, count: Any, sums: list[Any], body: Any) -> list[Any]:
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


def added_up(builder: ir.IRBuilder, lanes: Any) -> Any:
    """The sum of the lanes of a vector: the upper half is added to the lower one."""
    width = lanes.type.count
    while width > 1:
        width //= 2
        empty = ir.Constant(lanes.type, ir.Undefined)
        picks = [ir.VectorType(_I32, width)([first + n for n in range(width)]) for first in (0, width)]
        add = builder.add if lanes.type.element == _I32 else builder.fadd
        lanes = add(*(builder.shuffle_vector(lanes, empty, pick) for pick in picks))
    return builder.extract_element(lanes, ir.Constant(_I32, 0))


def emit_prefetch(builder: ir.IRBuilder, address: Any) -> None:
    """Ask for the line at an address to be brought near."""
    pointer = builder.inttoptr(address, ir.IntType(8).as_pointer())
    signature = ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32])
    function = builder.module.declare_intrinsic("llvm.prefetch.p0", (), signature)
    builder.call(function, [pointer, *(ir.Constant(_I32, n) for n in (0, 2, 1))])
