"""The largest of some rows in every column: lists that are kept in registers, sixteen columns at a time.

A value moves down a column's list by a maximum and a minimum at each place, whatever it is: no branch, and no memory
but the rows themselves. So a list costs its length in instructions for sixteen values, where inserting costs a
misprediction for most of them.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types

from hyperpolyglot.engine.kernels.emission import broadcast, intrinsic, load, loop, store

__all__ = ["LANES", "LISTED", "largest_of_rows"]

LANES = 16
"""Columns that are looked at together: those of a table have to be a multiple of it, whatever the last ones hold."""
LISTED = 10
"""The length of the lists."""

_I32, _I64, _WIDE = ir.IntType(32), ir.IntType(64), ir.VectorType(ir.FloatType(), LANES)


@intrinsic
def _lists(context, table, stride, members, count, out):  # type: ignore[no-untyped-def]
    """The largest of ``count`` rows in sixteen columns, largest first: ``out`` float32 ``[LISTED, LANES]``.

    All are addresses: ``table`` of the first column, ``members`` of int32; ``stride`` is that of rows, in bytes.
    """

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        table, stride, members, count, out = arguments

        def body(step: Any, lists: list[Any]) -> list[Any]:
            member = load(builder, builder.add(members, builder.mul(step, ir.Constant(_I64, 4))), _I32)
            row = builder.mul(builder.sext(member, _I64), stride)
            value = load(builder, builder.add(table, row), _WIDE)
            kept = []
            for listed in lists:
                above = builder.fcmp_ordered(">", listed, value)
                kept.append(builder.select(above, listed, value))
                value = builder.select(above, value, listed)
            return kept

        lowest = broadcast(builder, ir.Constant(ir.FloatType(), float("-inf")), _WIDE)
        for place, lanes in enumerate(loop(builder, count, [lowest] * LISTED, body)):
            store(builder, lanes, builder.add(out, ir.Constant(_I64, 4 * LANES * place)))
        return _context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@numba.njit(cache=True, nogil=True)
def largest_of_rows(table, members, start, out):  # type: ignore[no-untyped-def]
    """The largest of the rows ``members`` (int32) in the sixteen columns from ``start`` on, largest first.

    ``table``: float32 ``[n, columns]``, C-contiguous, columns a multiple of :data:`LANES`; ``out``: float32
    ``[LISTED, LANES]``, −∞ where there are fewer rows.
    """
    stride = 4 * table.shape[1]
    _lists(table.ctypes.data + 4 * start, stride, members.ctypes.data, len(members), out.ctypes.data)
