"""Rows as bfloat16 with a bound on what that loses.

A unit row is centred, z = û − μ, and rounded to y in bfloat16. û_i·û_j = z_i·z_j + a_i + a_j and the bound on
|z_i·z_j − y_i·y_j| are those of :mod:`~hyperpolyglot.engine.rounding.int8`; products of bfloat16 are exact in float32,
and their sum in any order is off by at most d·u·|y_i||y_j|.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numba
import numpy as np

from hyperpolyglot.engine.rounding.bound import U, separable
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["HalfRows", "half_rows"]

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class HalfRows:
    """``words`` int32 ``[n, words]``, two bfloat16 each; float32 ``[n]``: ``shift`` (a) and ``error`` (c).

    ``balance``: the m of the bound.
    """

    words: Int32
    shift: Float32
    error: Float32
    balance: float


@numba.njit(cache=True, nogil=True)
def _round(vectors, lengths, mean, first, last, values, out):  # type: ignore[no-untyped-def]
    """``values`` uint16 ``[n, padded]``; ``out`` float64 ``[n, 3]``: a, error e and length |z|."""
    dim = vectors.shape[1]
    z = np.empty(dim, np.float32)
    y = np.empty(dim, np.uint32)
    bits = z.view(np.uint32)
    square = 0.0
    for m in range(dim):
        square += mean[m] * mean[m]
    for i in range(first, last):
        inverse = 1.0 / lengths[i]
        along = 0.0
        for m in range(dim):
            along += mean[m] * np.float64(vectors[i, m])
            z[m] = np.float32(np.float64(vectors[i, m]) * inverse - mean[m])
        for m in range(dim):  # to nearest, ties to even
            y[m] = (bits[m] + np.uint32(0x7FFF) + ((bits[m] >> np.uint32(16)) & np.uint32(1))) >> np.uint32(
                16
            )
            values[i, m] = y[m]
            y[m] <<= np.uint32(16)
        rounded = y.view(np.float32)
        lost, length = 0.0, 0.0
        for m in range(dim):
            rest = np.float64(z[m]) - np.float64(rounded[m])
            lost += rest * rest
            length += np.float64(z[m]) * np.float64(z[m])
        length = np.sqrt(length)
        out[i, 0] = along * inverse - 0.5 * square
        out[i, 1] = np.sqrt(lost) * (1 + 1e-9) + U * 1.01 * length
        out[i, 2] = length * (1 + 1.01 * U)


def half_rows(
    vectors: Float32, lengths: Float64, mean: Float64, pool: Executor, balance: float | None = None
) -> HalfRows:
    """Round rows. ``balance``: that of the rows they will meet; ``None`` takes the median."""
    count, dim = vectors.shape
    values = np.zeros((count, -(-dim // 32) * 32), np.uint16)
    out = np.empty((count, 3))
    jobs = [
        pool.submit(_round, vectors, lengths, mean, first, min(first + _BLOCK, count), values, out)
        for first in range(0, count, _BLOCK)
    ]
    for job in jobs:
        job.result()
    shift, lost, length = out.T
    error, balance = separable(lost, length, balance)
    error += (
        U * 1.01 * ((dim + 4) * (length + lost) ** 2 / 2 + 4 * np.abs(shift) + 4)
    )  # docs/engine.md, step 4
    error *= 1 + 1e-6
    return HalfRows(values.view(np.int32), shift.astype(np.float32), error.astype(np.float32), balance)
