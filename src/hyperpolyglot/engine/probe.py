"""L2-regularised logistic regression for all cross-validation folds at once.

Each column of the parameters is one problem: the folds of a probe share their rows and differ in which of them they
train on. One iteration of L-BFGS then costs two matrix products for all of them together. The objective is
scikit-learn's (C·Σ loss + ½‖w‖², intercept not penalised), brought to its float64 optimum.

Nocedal and Wright, Numerical Optimization, algorithm 7.4 (two-loop recursion), with backtracking (3.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32, Float64

__all__ = ["Fit", "binary_probe", "multinomial_probe", "stratified_folds"]

_MEMORY = 10
_BLOCK_ROWS = 16384


@dataclass(frozen=True, slots=True)
class Fit:
    """``weights`` float64 ``[d + 1, columns]``, the intercept last; ``converged``: the gradient is below tolerance."""

    weights: Float64
    iterations: int
    converged: bool


def stratified_folds(classes: NDArray[np.integer], folds: int) -> NDArray[np.int64]:
    """The fold of every row, int64 ``[n]``: scikit-learn's ``StratifiedKFold`` without shuffling.

    Classes are dealt to folds in order of first appearance so that fold sizes differ by one at most.

    >>> stratified_folds(np.array([0, 0, 1, 1]), 2).tolist()
    [0, 1, 0, 1]
    """
    _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    encoded = rank[inverse]
    ordered = np.sort(encoded)
    result = np.empty(len(classes), np.int64)
    for c in range(len(first)):
        sizes = [int(np.count_nonzero(ordered[fold::folds] == c)) for fold in range(folds)]
        result[encoded == c] = np.repeat(np.arange(folds), sizes)
    return result


def _products(vectors: Float32, directions: Float64) -> Float64:
    """``[vectors 1] @ directions`` in float64, widening a block of rows at a time."""
    out = np.empty((len(vectors), directions.shape[1]))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        np.matmul(vectors[part].astype(np.float64), directions[:-1], out=out[part])
    out += directions[-1]
    return out


def _gradient(vectors: Float32, residuals: Float64) -> Float64:
    """``[vectors 1]ᵀ @ residuals`` in float64."""
    out = np.zeros((vectors.shape[1] + 1, residuals.shape[1]))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        out[:-1] += vectors[part].astype(np.float64).T @ residuals[part]
    out[-1] = residuals.sum(axis=0)
    return out


def _softplus(x: Float64) -> Float64:
    return np.asarray(np.logaddexp(0.0, x))


def _sigmoid(x: Float64) -> Float64:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def binary_probe(
    vectors: Float32,
    positive: NDArray[np.bool_],
    training: NDArray[np.bool_],
    *,
    penalty: float = 1.0,
    tolerance: float = 1e-8,
    iterations: int = 500,
) -> Fit:
    """Fit one two-class probe per column of ``training``.

    ``vectors`` float32 ``[n, d]``; ``positive`` bool ``[n]``; ``training`` bool ``[n, columns]``, the rows each column
    learns from; ``penalty`` is scikit-learn's C. A column is done when its largest gradient entry, divided by its
    number of training rows, is below ``tolerance``.
    """
    columns = training.shape[1]
    weight = penalty * training.astype(np.float64)
    sign = np.where(positive, 1.0, -1.0)[:, None]
    scale = 1.0 / np.maximum(training.sum(axis=0), 1)
    decay = np.ones((vectors.shape[1] + 1, 1))
    decay[-1] = 0.0

    def loss(scores: Float64, parameters: Float64) -> Float64:
        total: Float64 = (weight * _softplus(-sign * scores)).sum(axis=0)
        total += 0.5 * (decay * parameters**2).sum(axis=0)
        return total

    def gradient(scores: Float64, parameters: Float64) -> Float64:
        return _gradient(vectors, -weight * sign * _sigmoid(-sign * scores)) + decay * parameters

    parameters = np.zeros((vectors.shape[1] + 1, columns))
    scores = np.zeros((len(vectors), columns))
    value, slope = loss(scores, parameters), gradient(scores, parameters)
    memory: list[tuple[Float64, Float64]] = []
    for iteration in range(iterations):
        active = np.abs(slope).max(axis=0) * scale > tolerance
        if not active.any():
            return Fit(parameters, iteration, True)
        direction = np.where(active, -_two_loops(slope, memory), 0.0)
        along = _products(vectors, direction)
        downhill = (direction * slope).sum(axis=0)
        step = np.where(active, 1.0, 0.0)
        for _ in range(40):
            trial = loss(scores + step * along, parameters + step * direction)
            short = active & (trial > value + 1e-4 * step * downhill)
            if not short.any():
                break
            step[short] *= 0.5
        moved = step * direction
        parameters, scores = parameters + moved, scores + step * along
        new_slope = gradient(scores, parameters)
        memory = [*memory[-(_MEMORY - 1) :], (moved, new_slope - slope)]
        value, slope = loss(scores, parameters), new_slope
    return Fit(parameters, iterations, False)


def _two_loops(slope: Float64, memory: list[tuple[Float64, Float64]]) -> Float64:
    """The inverse Hessian applied to ``slope``, per column, from the last steps and changes of slope."""
    q = slope.copy()
    kept = []
    for moved, change in reversed(memory):
        curvature = (moved * change).sum(axis=0)
        inverse = np.where(curvature > 1e-300, 1.0 / np.maximum(curvature, 1e-300), 0.0)
        alpha = inverse * (moved * q).sum(axis=0)
        q -= alpha * change
        kept.append((moved, change, inverse, alpha))
    if memory:
        moved, change = memory[-1]
        length = (change**2).sum(axis=0)
        usual = (moved * change).sum(axis=0) / np.maximum(length, 1e-300)
        q *= np.where((length > 0) & (usual > 0), usual, 1.0)
    for moved, change, inverse, alpha in reversed(kept):
        beta = inverse * (change * q).sum(axis=0)
        q += (alpha - beta) * moved
    return q


def multinomial_probe(
    vectors: Float32,
    classes: NDArray[np.integer],
    training: NDArray[np.bool_],
    *,
    penalty: float = 1.0,
    tolerance: float = 1e-8,
    iterations: int = 500,
) -> Fit:
    """Fit one softmax probe to the training rows; ``classes`` are 0…c−1, ``weights`` is ``[d + 1, c]``."""
    from scipy.optimize import minimize

    chosen, truth = vectors[training], np.asarray(classes)[training]
    shape = (vectors.shape[1] + 1, int(np.max(classes)) + 1)
    rows = np.arange(len(truth))

    def objective(flat: Float64) -> tuple[float, Float64]:
        parameters = flat.reshape(shape)
        scores = _products(chosen, parameters)
        scores -= scores.max(axis=1, keepdims=True)
        likelihood = np.exp(scores)
        total = likelihood.sum(axis=1)
        loss = float((np.log(total) - scores[rows, truth]).sum())
        residuals = likelihood / total[:, None]
        residuals[rows, truth] -= 1.0
        slope = penalty * _gradient(chosen, residuals)
        slope[:-1] += parameters[:-1]
        return penalty * loss + 0.5 * float((parameters[:-1] ** 2).sum()), slope.ravel()

    found = minimize(
        objective,
        np.zeros(shape).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": _MEMORY, "gtol": tolerance * len(truth), "ftol": 0.0},
    )
    return Fit(found.x.reshape(shape), int(found.nit), bool(found.success))
