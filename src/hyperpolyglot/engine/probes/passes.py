"""One pass over the rows of a probe: scores, residuals and gradient of all its problems, a block of rows at a time.

A row is read once, widened to the type of the pass (float32 or float64) and multiplied with the parameters of all
problems; while it is still in the cache its residuals go into the gradient. Blocks and sums have one order, so a
result does not depend on threads. Nothing here calls a BLAS, so probes run side by side in Python threads.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.block_products import BLOCK, add_products, products
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Evaluation", "Pass", "ProbeRows", "inner", "longest_row", "pass_over_rows"]

_ROWS_IN_ONE_SUM = 512
_FREE = {"reassoc", "contract", "nsz"}


class ProbeRows(NamedTuple):
    """The rows of a probe, of all ``vectors`` float32 ``[N, d]``.

    ``rows`` int64 ``[n]``: which of them; ``classes`` int64 ``[n]``; ``training`` bool ``[n, problems]``.
    """

    vectors: Float32
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    training: NDArray[np.bool_]


class Evaluation(NamedTuple):
    """What a pass finds of all problems at their parameters.

    ``gradient`` float64 ``[columns, width]``: outputs of a problem beside each other; ``curvature`` float64
    ``[problems · outputs]``: Σ p(1 − p); ``margin`` float64 ``[problems]``: the smallest distance of a held-out row
    from another answer; ``correct`` int64 ``[problems]``: held-out rows classified correctly.
    """

    gradient: Float64
    curvature: Float64
    margin: Float64
    correct: NDArray[np.int64]

    @classmethod
    def empty(cls, columns: int, problems: int, width: int) -> Evaluation:
        """Nothing yet; the gradient has one more row if the number of columns is odd."""
        return cls(
            gradient=np.zeros((columns + columns % 2, width)),
            curvature=np.zeros(columns),
            margin=np.full(problems, np.inf),
            correct=np.zeros(problems, np.int64),
        )


class Pass(Protocol):
    """A pass over the rows of a probe, wherever it is made: :func:`pass_over_rows` says what is given and filled."""

    def __call__(self, data: ProbeRows, parameters: Array, out: Evaluation, /) -> None:
        """Fill ``out``, which is empty."""


@numba.njit(cache=True, nogil=True, fastmath=_FREE)
def inner(a, b):  # type: ignore[no-untyped-def]
    """The inner product of two float64 vectors."""
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@numba.njit(cache=True, nogil=True, fastmath=_FREE)
def longest_row(vectors, rows):  # type: ignore[no-untyped-def]
    """The length of the longest of some rows."""
    longest = 0.0
    for i in range(len(rows)):
        row, square = vectors[rows[i]], 0.0
        for k in range(vectors.shape[1]):
            square += np.float64(row[k]) * np.float64(row[k])
        longest = max(longest, square)
    return np.sqrt(longest)


@numba.njit(cache=True, nogil=True)
def _two_classes(scores, one, training, residuals, out):  # type: ignore[no-untyped-def]
    """Residuals of a row: probability less truth where it is learnt from, else zero; then it is a test."""
    _, curvature, margin, correct = out
    for p in range(len(training)):
        score = scores[p]
        if training[p]:
            share = 1 / (1 + np.exp(-score))
            residuals[p] = share - one
            curvature[p] += share * (1 - share)
        else:
            residuals[p] = 0
            margin[p] = min(margin[p], abs(score))
            correct[p] += (score > 0) == (one == 1)


@numba.njit(cache=True, nogil=True)
def _many_classes(scores, truth, training, residuals, out):  # type: ignore[no-untyped-def]
    """The same for a softmax over the outputs of each problem."""
    _, curvature, margin, correct = out
    outputs = len(curvature) // len(training)
    for p in range(len(training)):
        base = p * outputs
        best, second, answer = -np.inf, -np.inf, 0
        for o in range(outputs):
            score = scores[base + o]
            if score > best:
                best, second, answer = score, best, o
            elif score > second:
                second = score
        if not training[p]:
            for o in range(outputs):
                residuals[base + o] = 0
            margin[p] = min(margin[p], best - second)
            correct[p] += answer == truth
            continue
        total = 0.0
        for o in range(outputs):
            likelihood = np.exp(scores[base + o] - best)
            residuals[base + o] = likelihood
            total += likelihood
        for o in range(outputs):
            share = residuals[base + o] / total
            residuals[base + o] = share - (o == truth)
            curvature[base + o] += share * (1 - share)


@numba.njit(cache=True, nogil=True)
def pass_over_rows(data, parameters, out):  # type: ignore[no-untyped-def]
    """The sum of residual · row over the training rows of every problem, into the gradient of an :class:`Evaluation`.

    ``data``: :class:`ProbeRows`. ``parameters`` ``[columns, width]``, float32 or float64, which is the type of all
    products: outputs of a problem beside each other, intercept at d, zeros behind it, one more row if the number of
    columns is odd.
    """
    vectors, rows, classes, training = data
    gradient = out.gradient
    dim, kind = vectors.shape[1], parameters.dtype.type
    columns, width = parameters.shape
    outputs = len(out.curvature) // training.shape[1]
    block = np.zeros((BLOCK, width), parameters.dtype)
    scores = np.zeros((BLOCK, columns), parameters.dtype)
    residuals = np.zeros((BLOCK, columns), parameters.dtype)
    partial = np.zeros((columns, width), parameters.dtype)
    ahead = np.empty(BLOCK, np.int64)
    gradient[:] = 0
    for first in range(0, len(rows), BLOCK):
        count = min(BLOCK, len(rows) - first)
        for i in range(BLOCK):
            following = rows[min(first + BLOCK + i, len(rows) - 1)]
            ahead[i] = vectors.ctypes.data + 4 * dim * following
        for i in range(count):
            row, place = vectors[rows[first + i]], block[i]
            for k in range(dim):
                place[k] = row[k]
            place[dim] = 1
        if count < BLOCK:
            block[count:] = 0
            residuals[count:] = 0
        products(block, parameters, scores)
        for i in range(count):
            n = first + i
            if outputs == 1:
                _two_classes(scores[i], kind(classes[n]), training[n], residuals[i], out)
            else:
                _many_classes(scores[i], classes[n], training[n], residuals[i], out)
        add_products(block, residuals, partial, ahead)
        if (first + BLOCK) % _ROWS_IN_ONE_SUM == 0:
            gradient += partial
            partial[:] = 0
    gradient += partial
