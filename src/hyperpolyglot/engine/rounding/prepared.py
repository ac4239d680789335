"""Vectors made ready for a kernel, with the error of a pair's value."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from hyperpolyglot.engine.kernels.operands import BF16, FP32, INT8, Operand
from hyperpolyglot.engine.rounding.bfloat16 import half_rows
from hyperpolyglot.engine.rounding.bound import mean_direction
from hyperpolyglot.engine.rounding.int8 import UNCHOSEN, Balances, Rotation, int8_rows, rotation
from hyperpolyglot.types import Float32, Float64

__all__ = ["Prepared", "float_rows", "in_range", "prepare", "prepare_like", "product_slack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An operand and what others need to meet it.

    ``shift`` float32 ``[n]``: added to the value of a pair; ``error`` float32 ``[n]``: the value of a pair, and the
    comparison, are off by at most the sum of both errors. ``centred``: how rows were centred before they were rounded,
    by a rotation or by their mean alone; ``balances``: of the bound.
    """

    operand: Operand
    shift: Float32
    error: Float32
    centred: Rotation | Float64 | None = None
    balances: Balances = UNCHOSEN

    def take(self, some: slice) -> Prepared:
        """Some of the rows."""
        return replace(self, operand=self.operand.take(some), shift=self.shift[some], error=self.error[some])


def product_slack(dim: int) -> float:
    """Largest difference between a float32 product of rows, scaled by their inverse lengths, and their cosine.

    The rounding of the comparison with a threshold is included.
    """
    return (dim + 10) * 2.0**-24 * 1.01


def in_range(lengths: Float64) -> bool:
    """Whether float32 products of rows of such lengths neither overflow nor vanish."""
    return bool(lengths.min(initial=1.0) >= 2.0**-40 and lengths.max(initial=1.0) <= 2.0**40)


def _within_range(vectors: Float32, lengths: Float64) -> tuple[Float32, Float32]:
    """Vectors of moderate length and the inverse of it, float32: extreme rows are scaled by powers of two."""
    if in_range(lengths):
        return vectors, (1 / lengths).astype(np.float32)
    exponent = np.frexp(lengths)[1]
    return np.ldexp(vectors, -exponent[:, None]), (1 / np.ldexp(lengths, -exponent)).astype(np.float32)


def float_rows(vectors: Float32, lengths: Float64) -> Prepared:
    """Rows as they are: the scale of a row is its inverse length."""
    near_one, inverse = _within_range(vectors, lengths)
    count, dim = vectors.shape
    zeros = np.zeros(count, np.float32)
    error = np.full(count, product_slack(dim) / 2, np.float32)
    operand = Operand(FP32, near_one.view(np.int32), np.zeros(count, np.int32), inverse, error)
    return Prepared(operand=operand, shift=zeros, error=error)


def prepare(kind: int, vectors: Float32, lengths: Float64, pool: Executor) -> Prepared:
    """Rows as words of a kind."""
    if kind == FP32:
        return float_rows(vectors, lengths)
    if kind == INT8:
        return _integers(vectors, lengths, rotation(vectors, lengths), UNCHOSEN, pool)
    return _halves(vectors, lengths, mean_direction(vectors, lengths), None, pool)


def prepare_like(other: Prepared, vectors: Float32, lengths: Float64, pool: Executor) -> Prepared:
    """Rows that can meet another side's: the same kind, centre and rotation."""
    if isinstance(other.centred, Rotation):
        return _integers(vectors, lengths, other.centred, other.balances, pool)
    if other.centred is not None:
        return _halves(vectors, lengths, other.centred, other.balances.values, pool)
    return float_rows(vectors, lengths)


def _integers(
    vectors: Float32, lengths: Float64, turned: Rotation, balances: Balances, pool: Executor
) -> Prepared:
    rows = int8_rows(vectors, lengths, turned, pool, balances)
    operand = Operand(
        kind=INT8,
        words=rows.values.view(np.int32),
        start=rows.start,
        scale=rows.scale,
        offset=rows.shift + rows.error,
        rests=rows.rests.view(np.int32),
        fine=rows.shift + rows.fine,
    )
    return Prepared(
        operand=operand, shift=rows.shift, error=rows.error, centred=turned, balances=rows.balances
    )


def _halves(
    vectors: Float32, lengths: Float64, mean: Float64, balance: float | None, pool: Executor
) -> Prepared:
    rows = half_rows(vectors, lengths, mean, pool, balance)
    count = len(vectors)
    ones = np.ones(count, np.float32)
    operand = Operand(BF16, rows.words, np.zeros(count, np.int32), ones, rows.shift + rows.error)
    return Prepared(
        operand=operand, shift=rows.shift, error=rows.error, centred=mean, balances=Balances(rows.balance)
    )
