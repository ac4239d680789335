"""Rows as int8 with a bound on what that loses.

A unit row û is centred and rotated, z = R(û − μ), and rounded to y = s·q with q int8 and a scale s of its own. Then

    û_i·û_j = z_i·z_j + a_i + a_j,   a_i = μ·û_i − |μ|²/2,
    |z_i·z_j − y_i·y_j| ≤ e_i|z_j| + |z_i|e_j + e_i e_j,   e_i = |z_i − y_i|

(Cauchy and Schwarz). By the inequality of the means this is at most c_i + c_j with c_i = (e_i²/m + m|z_i|² + e_i²)/2
for any m > 0: an offset for each row instead of a term for each pair; m is the median of e/|z|. Any μ and any
orthogonal R are right; these are the mean of a sample of rows, and random signs and a random permutation followed by
Hadamard matrices, which spread outlying dimensions over all. ``docs/engine.md`` derives every rounding that enters.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["Int8Rows", "Rotation", "U", "int8_rows", "mean_direction", "rotation", "separable"]

_BLOCK = 1024
_SAMPLE = 1 << 22  # entries
U = 2.0**-24


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

    ``start`` int32 ``[n]``: −128 · Σ of the row's values. ``balance``: the m of the bound.
    """

    values: NDArray[np.int8]
    scale: Float32
    shift: Float32
    error: Float32
    start: Int32
    balance: float


def mean_direction(vectors: Float32, lengths: Float64) -> Float64:
    """The mean of a sample of unit rows, float64 ``[d]``; the same for the same rows."""
    step = max(1, -(-vectors.size // _SAMPLE))
    mean: Float64 = (vectors[::step] / lengths[::step, None]).mean(axis=0)
    return mean


def rotation(vectors: Float32, lengths: Float64) -> Rotation:
    """The centre and rotation for rows like ``vectors``; the same for the same rows."""
    dim = vectors.shape[1]
    padded = -(-dim // 64) * 64 if dim > 48 else -(-dim // 4) * 4
    random = np.random.default_rng(dim)
    signs = random.choice(np.array([-1, 1], np.float32), padded)
    return Rotation(
        mean_direction(vectors, lengths), random.permutation(padded), signs, min(1024, padded & -padded)
    )


@numba.njit(cache=True, nogil=True)
def _quantise(vectors, lengths, first, last, turn, values, out):  # type: ignore[no-untyped-def]
    """``out`` float64 ``[n, 5]``: scale, a, error e, length |z|, sum of values."""
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
        up = np.float32(1) / scale
        lost, length, total = 0.0, 0.0, 0.0
        for m in range(padded):
            level = np.floor(min(max(z[m] * up, np.float32(-127)), np.float32(127)) + np.float32(0.5))
            values[i, m] = np.int8(level)
            rest = np.float64(z[m]) - np.float64(scale) * np.float64(level)
            lost += rest * rest
            length += np.float64(z[m]) * np.float64(z[m])
            total += level
        length = np.sqrt(length)
        out[i, 0] = scale
        out[i, 1] = along * inverse - 0.5 * square
        out[i, 2] = np.sqrt(lost) * (1 + 1e-9) + drift * length
        out[i, 3] = length * (1 + drift)
        out[i, 4] = total


def int8_rows(
    vectors: Float32, lengths: Float64, turn: Rotation, pool: Executor, balance: float | None = None
) -> Int8Rows:
    """Quantise rows. ``balance``: that of the rows they will meet; ``None`` takes the median."""
    count = len(vectors)
    values = np.empty((count, len(turn.order)), np.int8)
    out = np.empty((count, 5))
    parts = (turn.mean, turn.order, turn.signs, turn.block)
    jobs = [
        pool.submit(_quantise, vectors, lengths, first, min(first + _BLOCK, count), parts, values, out)
        for first in range(0, count, _BLOCK)
    ]
    for job in jobs:
        job.result()
    scale, shift, lost, length, total = out.T
    error, balance = separable(lost, length, balance)
    error += U * (2.1 * (length + lost) ** 2 + 4 * np.abs(shift) + 4)  # docs/engine.md, step 4
    return Int8Rows(
        values,
        scale.astype(np.float32),
        shift.astype(np.float32),
        (error * (1 + 1e-6)).astype(np.float32),
        (-128 * total).astype(np.int32),
        balance,
    )


def separable(lost: Float64, length: Float64, m: float | None) -> tuple[Float64, float]:
    """The c of every row without roundings, and m: the median of e/|z| where it is ``None``."""
    if m is None:
        m = max(float(np.median(lost / np.maximum(length, 1e-30))), 1e-6)
    return (lost**2 / m + m * length**2 + lost**2) / 2, m
