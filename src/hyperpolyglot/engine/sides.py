"""Vectors made ready for the kernel, with the error of a pair's value."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from hyperpolyglot.engine.halves import half_rows
from hyperpolyglot.engine.operands import BF16, FP32, INT8, Side
from hyperpolyglot.engine.quantise import Rotation, int8_rows, mean_direction, rotation
from hyperpolyglot.types import Float32, Float64

__all__ = ["Prepared", "float_rows", "moderate", "prepare", "prepare_like", "product_slack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A side and what others need to meet it.

    ``shift`` float32 ``[n]``: added to the value of a pair; ``error`` float32 ``[n]``: the value of a pair, and the
    comparison, are off by at most the sum of both errors. ``turn`` and ``balances``: of the quantisation.
    """

    kind: int
    side: Side
    shift: Float32
    error: Float32
    turn: Rotation | Float64 | None = None
    balances: tuple[float | None, float | None] = (None, None)


def product_slack(dim: int) -> float:
    """Largest difference between a float32 product of rows, scaled by their inverse lengths, and their cosine.

    The rounding of the comparison with a threshold is included.
    """
    return (dim + 10) * 2.0**-24 * 1.01


def moderate(lengths: Float64) -> bool:
    """Whether float32 products of rows of such lengths neither overflow nor vanish."""
    return bool(lengths.min(initial=1.0) >= 2.0**-40 and lengths.max(initial=1.0) <= 2.0**40)


def _tame(vectors: Float32, lengths: Float64) -> tuple[Float32, Float32]:
    """Vectors of moderate length and the inverse of it, float32: extreme rows are scaled by powers of two."""
    if moderate(lengths):
        return vectors, (1 / lengths).astype(np.float32)
    exponent = np.frexp(lengths)[1]
    return np.ldexp(vectors, -exponent[:, None]), (1 / np.ldexp(lengths, -exponent)).astype(np.float32)


def float_rows(vectors: Float32, lengths: Float64) -> Prepared:
    """Rows as they are: the scale of a row is its inverse length."""
    tame, inverse = _tame(vectors, lengths)
    count, dim = vectors.shape
    zeros = np.zeros(count, np.float32)
    error = np.full(count, product_slack(dim) / 2, np.float32)
    side = Side(tame.view(np.int32), np.zeros(count, np.int32), inverse, error)
    return Prepared(kind=FP32, side=side, shift=zeros, error=error)


def prepare(kind: int, vectors: Float32, lengths: Float64, pool: Executor) -> Prepared:
    """Rows as words of a kind."""
    if kind == FP32:
        return float_rows(vectors, lengths)
    if kind == INT8:
        return _integers(vectors, lengths, rotation(vectors, lengths), (None, None), pool)
    return _halves(vectors, lengths, mean_direction(vectors, lengths), None, pool)


def prepare_like(other: Prepared, vectors: Float32, lengths: Float64, pool: Executor) -> Prepared:
    """Rows that can meet another side's: the same kind, centre and rotation."""
    if isinstance(other.turn, Rotation):
        return _integers(vectors, lengths, other.turn, other.balances, pool)
    if other.turn is not None:
        return _halves(vectors, lengths, other.turn, other.balances[0], pool)
    return float_rows(vectors, lengths)


def _integers(
    vectors: Float32,
    lengths: Float64,
    turn: Rotation,
    balances: tuple[float | None, float | None],
    pool: Executor,
) -> Prepared:
    rows = int8_rows(vectors, lengths, turn, pool, balances)
    side = Side(
        words=rows.values.view(np.int32),
        start=rows.start,
        scale=rows.scale,
        offset=rows.shift + rows.error,
        rests=rows.rests.view(np.int32),
        fine=rows.shift + rows.fine,
    )
    return Prepared(
        kind=INT8, side=side, shift=rows.shift, error=rows.error, turn=turn, balances=rows.balances
    )


def _halves(
    vectors: Float32, lengths: Float64, mean: Float64, balance: float | None, pool: Executor
) -> Prepared:
    rows = half_rows(vectors, lengths, mean, pool, balance)
    count = len(vectors)
    ones = np.ones(count, np.float32)
    side = Side(rows.words, np.zeros(count, np.int32), ones, rows.shift + rows.error)
    return Prepared(
        kind=BF16, side=side, shift=rows.shift, error=rows.error, turn=mean, balances=(rows.balance, None)
    )
