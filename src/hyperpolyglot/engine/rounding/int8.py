"""Rows as int8 with a bound on what that loses.

A unit row û is centred and rotated, z = R(û − μ), and rounded to y = s·q with q int8 and a scale s of its own. Then

    û_i·û_j = z_i·z_j + a_i + a_j,   a_i = μ·û_i − |μ|²/2,
    |z_i·z_j − y_i·y_j| ≤ e_i|z_j| + |z_i|e_j + e_i e_j,   e_i = |z_i − y_i|

(Cauchy and Schwarz). By the inequality of the means this is at most c_i + c_j with c_i = (e_i²/m + m|z_i|² + e_i²)/2
for any m > 0: an offset for each row instead of a term for each pair; m is the median of e/|z|. What rounding leaves
over is kept as well, ρ = z − y ≈ (s/254)·p with p int8: it values the pairs that pass far more closely. Any μ and any
orthogonal R are right; these are the mean of a sample of rows, and random signs and a random permutation followed by
Hadamard matrices, which spread outlying dimensions over all. ``docs/engine.md`` derives every rounding that enters.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.panels import aligned
from hyperpolyglot.engine.rounding.bound import U, mean_direction, separable
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = [
    "RESTS",
    "UNCHOSEN",
    "Balances",
    "Int8Rows",
    "Quantised",
    "Rotation",
    "int8_rows",
    "quantise",
    "rotation",
]

_BLOCK = 1024
RESTS = 254
"""Units of the rest in a unit of the value: a rest is at most half a unit of the value, and 127 of its own."""


class Rotation(NamedTuple):
    """``mean`` float64 ``[d]``; ``order`` int64 ``[padded]``, ``signs`` float32 ``[padded]``.

    ``block``: size of the Hadamard matrices.
    """

    mean: Float64
    order: NDArray[np.int64]
    signs: Float32
    block: int


class Balances(NamedTuple):
    """The m of the bound of values, and of that of values with rests; ``None``: not chosen yet."""

    values: float | None = None
    rests: float | None = None


UNCHOSEN = Balances()


class Quantised(NamedTuple):
    """Where compiled code puts int8 ``values``, uint8 ``rests`` ``[n, padded]`` and what it measured of each row.

    ``measured`` float64 ``[n, 6]``: scale, a, error e, length |z|, sum of values, error with the rest.
    """

    values: NDArray[np.int8]
    rests: NDArray[np.uint8]
    measured: Float64


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """``values`` int8 ``[n, padded]``; float32 ``[n]``: ``scale``, ``shift`` (a) and ``error`` (c, roundings included).

    ``start`` int32 ``[n]``: −128 · Σ of the row's values. ``balances``: the m of both bounds. ``rests`` uint8
    ``[n, padded]``: p + 128; ``fine`` float32 ``[n]``: the error of a value to which rests contribute.
    """

    values: NDArray[np.int8]
    scale: Float32
    shift: Float32
    error: Float32
    start: Int32
    rests: NDArray[np.uint8]
    fine: Float32
    balances: Balances


def rotation(vectors: Float32, lengths: Float64) -> Rotation:
    """The centre and rotation for rows like ``vectors``; the same for the same rows."""
    dim = vectors.shape[1]
    padded = -(-dim // 64) * 64
    random = np.random.default_rng(dim)
    signs = random.choice(np.array([-1, 1], np.float32), padded)
    return Rotation(
        mean_direction(vectors, lengths), random.permutation(padded), signs, min(1024, padded & -padded)
    )


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _round(z, scale, values, rests):  # type: ignore[no-untyped-def]
    """Round a row; the squares of what is lost, of what is lost with the rest, and of z, and the sum of the values.

    Terms are added in any order: a relative error below d·2⁻⁵³, as all of them are positive.
    """
    up, finer, unit = np.float32(1) / scale, np.float32(RESTS) / scale, np.float64(scale) / RESTS
    low, high, half = np.float32(-127), np.float32(127), np.float32(0.5)
    lost, left, length, total = 0.0, 0.0, 0.0, 0
    for m in range(len(z)):
        level = np.floor(min(max(z[m] * up, low), high) + half)
        values[m] = np.int8(level)
        total += int(level)
        rest = np.float64(z[m]) - np.float64(scale) * np.float64(level)
        part = np.floor(min(max(np.float32(rest) * finer, low), high) + half)
        rests[m] = np.uint8(np.int32(part) + 128)
        over = rest - unit * np.float64(part)
        lost += rest * rest
        left += over * over
        length += np.float64(z[m]) * np.float64(z[m])
    return lost, left, length, total


@numba.njit(cache=True, nogil=True)
def quantise(vectors, lengths, first, last, rotation, out):  # type: ignore[no-untyped-def]
    """Rotate and round some of the rows; ``out``: :class:`Quantised`."""
    mean, order, signs, block = rotation
    measured = out.measured
    dim, padded = vectors.shape[1], len(order)
    z = np.empty(padded, np.float32)
    square = 0.0
    for m in range(dim):
        square += mean[m] * mean[m]
    levels = 0
    while (1 << levels) < block:
        levels += 1
    shrink = np.float32(1 / np.sqrt(block))
    drift = (levels + 3) * U * 1.01
    for i in range(first, last):
        inverse = 1.0 / lengths[i]
        along = 0.0
        for m in range(dim):
            along += mean[m] * np.float64(vectors[i, m])
        for m in range(padded):
            source = order[m]
            if source < dim:
                z[m] = np.float32(np.float64(vectors[i, source]) * inverse - mean[source]) * signs[m]
            else:
                z[m] = np.float32(0)
        half = 1
        while half < block:
            for top in range(0, padded, 2 * half):
                for m in range(top, top + half):
                    p, q = z[m], z[m + half]
                    z[m], z[m + half] = p + q, p - q
            half *= 2
        largest = np.float32(0)
        for m in range(padded):
            z[m] *= shrink
            largest = max(largest, abs(z[m]))
        scale = max(largest, np.float32(1e-30)) / np.float32(127)
        lost, left, length, total = _round(z, scale, out.values[i], out.rests[i])
        length = np.sqrt(length)
        measured[i, 0] = scale
        measured[i, 1] = along * inverse - 0.5 * square
        measured[i, 2] = np.sqrt(lost) * (1 + 1e-9) + drift * length
        measured[i, 3] = length * (1 + drift)
        measured[i, 4] = total
        measured[i, 5] = np.sqrt(left) * (1 + 1e-9) + drift * length


def int8_rows(
    vectors: Float32 | Float64,
    lengths: Float64,
    turned: Rotation,
    pool: Executor,
    balances: Balances = UNCHOSEN,
) -> Int8Rows:
    """Quantise rows. ``balances``: those of the rows they will meet; ``None`` takes the median."""
    count, padded = len(vectors), len(turned.order)
    out = Quantised(
        values=aligned(count * padded // 4).view(np.int8).reshape(count, padded),
        rests=aligned(count * padded // 4).view(np.uint8).reshape(count, padded),
        measured=np.empty((count, 6)),
    )
    jobs = [
        pool.submit(quantise, vectors, lengths, first, min(first + _BLOCK, count), turned, out)
        for first in range(0, count, _BLOCK)
    ]
    for job in jobs:
        job.result()
    scale, shift, lost, length, total, left = out.measured.T
    error, balance = separable(lost, length, balances.values)
    fine, fine_balance = separable(left, length + lost, balances.rests)
    error += U * (2.1 * (length + lost) ** 2 + 4 * np.abs(shift) + 4)  # docs/engine.md, step 4
    fine += lost**2 / 2 + U * (4 * np.abs(shift) + 4)  # step 2
    return Int8Rows(
        out.values,
        scale.astype(np.float32),
        shift.astype(np.float32),
        (error * (1 + 1e-6)).astype(np.float32),
        (-128 * total).astype(np.int32),
        out.rests,
        (fine * (1 + 1e-6)).astype(np.float32),
        Balances(balance, fine_balance),
    )
