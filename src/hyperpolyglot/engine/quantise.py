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

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.panels import aligned
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["RESTS", "Int8Rows", "Rotation", "U", "int8_rows", "mean_direction", "rotation", "separable"]

_BLOCK = 1024
_SAMPLE = 1 << 22  # entries
U = 2.0**-24
RESTS = 254
"""Units of the rest in a unit of the value: a rest is at most half a unit of the value, and 127 of its own."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """``mean`` float64 ``[d]``; ``order`` int64 ``[padded]``, ``signs`` float32 ``[padded]``.

    ``block``: size of the Hadamard matrices.
    """

    mean: Float64
    order: NDArray[np.int64]
    signs: Float32
    block: int


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
    balances: tuple[float, float]


def mean_direction(vectors: Float32, lengths: Float64) -> Float64:
    """The mean of a sample of unit rows, float64 ``[d]``; the same for the same rows."""
    step = max(1, -(-vectors.size // _SAMPLE))
    mean: Float64 = (vectors[::step] / lengths[::step, None]).mean(axis=0)
    return mean


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
def _quantise(vectors, lengths, first, last, turn, values, rests, out):  # type: ignore[no-untyped-def]
    """``out`` float64 ``[n, 6]``: scale, a, error e, length |z|, sum of values, error with the rest."""
    mean, order, signs, block = turn
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
        lost, left, length, total = _round(z, scale, values[i], rests[i])
        length = np.sqrt(length)
        out[i, 0] = scale
        out[i, 1] = along * inverse - 0.5 * square
        out[i, 2] = np.sqrt(lost) * (1 + 1e-9) + drift * length
        out[i, 3] = length * (1 + drift)
        out[i, 4] = total
        out[i, 5] = np.sqrt(left) * (1 + 1e-9) + drift * length


def int8_rows(
    vectors: Float32,
    lengths: Float64,
    turn: Rotation,
    pool: Executor,
    balances: tuple[float | None, float | None] = (None, None),
) -> Int8Rows:
    """Quantise rows. ``balances``: those of the rows they will meet; ``None`` takes the median."""
    count, padded = len(vectors), len(turn.order)
    values = aligned(count * padded // 4).view(np.int8).reshape(count, padded)
    rests = aligned(count * padded // 4).view(np.uint8).reshape(count, padded)
    out = np.empty((count, 6))
    parts = (turn.mean, turn.order, turn.signs, turn.block)
    jobs = [
        pool.submit(_quantise, vectors, lengths, first, min(first + _BLOCK, count), parts, values, rests, out)
        for first in range(0, count, _BLOCK)
    ]
    for job in jobs:
        job.result()
    scale, shift, lost, length, total, left = out.T
    error, balance = separable(lost, length, balances[0])
    fine, fine_balance = separable(left, length + lost, balances[1])
    error += U * (2.1 * (length + lost) ** 2 + 4 * np.abs(shift) + 4)  # docs/engine.md, step 4
    fine += lost**2 / 2 + U * (4 * np.abs(shift) + 4)  # step 2
    return Int8Rows(
        values,
        scale.astype(np.float32),
        shift.astype(np.float32),
        (error * (1 + 1e-6)).astype(np.float32),
        (-128 * total).astype(np.int32),
        rests,
        (fine * (1 + 1e-6)).astype(np.float32),
        (balance, fine_balance),
    )


def separable(lost: Float64, length: Float64, m: float | None) -> tuple[Float64, float]:
    """The c of every row without roundings, and m: the median of e/|z| where it is ``None``."""
    if m is None:
        m = max(float(np.median(lost / np.maximum(length, 1e-30))), 1e-6)
    return (lost**2 / m + m * length**2 + lost**2) / 2, m
