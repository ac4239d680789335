"""One pass over the rows of a probe: scores, residuals and gradient of all its problems, a block of rows at a time.

A row is read once, widened to the type of the pass (float32 or float64) and multiplied with the parameters of all
problems; while it is still in the cache its residuals go into the gradient. Blocks and sums have one order, so a
result does not depend on threads. Nothing here calls a BLAS, so probes run side by side in Python threads.
"""

from __future__ import annotations

from typing import Any, Protocol

import numba
import numpy as np

from hyperpolyglot.engine.blocks import BLOCK, add_products, products

__all__ = ["Sweep", "inner", "longest_row", "sweep_rows"]

_ROWS_IN_ONE_SUM = 512
_FREE = {"reassoc", "contract", "nsz"}


class Sweep(Protocol):
    """A pass over the rows of a probe, wherever it is made: :func:`sweep_rows` says what is given and filled."""

    def __call__(
        self, vectors: Any, rows: Any, classes: Any, training: Any, parameters: Any, slope: Any, found: Any, /
    ) -> None:
        """Fill ``slope`` and ``found``."""


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
def _two_classes(scores, one, training, residuals, found):  # type: ignore[no-untyped-def]
    """Residuals of a row: probability less truth where it is learnt from, else zero; then it is a test."""
    curvature, closest, right = found
    for p in range(len(training)):
        score = scores[p]
        if training[p]:
            share = 1 / (1 + np.exp(-score))
            residuals[p] = share - one
            curvature[p] += share * (1 - share)
        else:
            residuals[p] = 0
            closest[p] = min(closest[p], abs(score))
            right[p] += (score > 0) == (one == 1)


@numba.njit(cache=True, nogil=True)
def _many_classes(scores, truth, training, residuals, found):  # type: ignore[no-untyped-def]
    """The same for a softmax over the outputs of each problem."""
    curvature, closest, right = found
    outputs = len(curvature) // len(training)
    for p in range(len(training)):
        base = p * outputs
        best, second, guess = -np.inf, -np.inf, 0
        for o in range(outputs):
            score = scores[base + o]
            if score > best:
                best, second, guess = score, best, o
            elif score > second:
                second = score
        if not training[p]:
            for o in range(outputs):
                residuals[base + o] = 0
            closest[p] = min(closest[p], best - second)
            right[p] += guess == truth
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
def sweep_rows(vectors, rows, classes, training, parameters, slope, found):  # type: ignore[no-untyped-def]
    """The sum of residual · row over the training rows of every problem.

    ``vectors`` float32 ``[N, d]``; ``rows`` int64 ``[n]``, those of this probe; ``classes`` int64 ``[n]``;
    ``training`` bool ``[n, problems]``. ``parameters`` ``[columns, width]``, float32 or float64, which is the type of
    all products: outputs of a problem beside each other, intercept at d, zeros behind it, one more row if the number
    of columns is odd. Out: ``slope`` float64 ``[columns, width]``; ``found``: Σ p(1 − p) float64
    ``[problems · outputs]``, the smallest distance of a held-out row from another answer ``[problems]``, and the
    held-out rows classified correctly, int64 ``[problems]``.
    """
    dim, kind = vectors.shape[1], parameters.dtype.type
    columns, width = parameters.shape
    outputs = len(found[0]) // training.shape[1]
    block = np.zeros((BLOCK, width), parameters.dtype)
    scores = np.zeros((BLOCK, columns), parameters.dtype)
    residuals = np.zeros((BLOCK, columns), parameters.dtype)
    partial = np.zeros((columns, width), parameters.dtype)
    ahead = np.empty(BLOCK, np.int64)
    slope[:] = 0
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
                _two_classes(scores[i], kind(classes[n]), training[n], residuals[i], found)
            else:
                _many_classes(scores[i], classes[n], training[n], residuals[i], found)
        add_products(block, residuals, partial, ahead)
        if (first + BLOCK) % _ROWS_IN_ONE_SUM == 0:
            slope += partial
            partial[:] = 0
    slope += partial
