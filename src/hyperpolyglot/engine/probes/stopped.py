"""Logistic regression as scikit-learn's ``LogisticRegression()`` leaves it: L-BFGS-B, stopped before the optimum.

The mean loss plus ‖w‖²/2n, from zero, until no component of the gradient exceeds 1e-4, or the objective falls by less
than 64 ε of itself, or after 100 steps, with at most 50 evaluations in a line search: the call of scikit-learn 1.9,
whose objective this is in the order of its sums up to rounding. SciPy makes the steps, as it does there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from hyperpolyglot.engine.probes.fit import Fit
from hyperpolyglot.types import Float32, Float64

__all__ = ["fit_stopped"]

_STOP = {"maxiter": 100, "maxls": 50, "gtol": 1e-4, "ftol": 64 * float(np.finfo(np.float64).eps)}
_BLOCK = 1024


def fit_stopped(
    vectors: Float32,
    classes: NDArray[np.integer],
    training: NDArray[np.bool_],
    *,
    rows: NDArray[np.integer] | None = None,
) -> Fit:
    """Fit one two-class probe per column of ``training``, stopped early; the rows it leaves out are its test.

    ``vectors`` float32 ``[N, d]``; ``rows`` int ``[n]`` (default: all); ``classes`` int ``[n]`` of 0 and 1;
    ``training`` bool ``[n, problems]``. ``errors`` are infinite: nothing bounds the distance to the optimum.
    ``converged``: every fit ended by its tolerances and not by the number of steps.

    >>> fit = fit_stopped(np.float32([[-1], [1], [2]]), np.array([0, 1, 1]), np.array([[1], [1], [0]], bool))
    >>> fit.converged, fit.correct.tolist(), abs(fit.weights.round(2)).tolist()
    (True, [1], [[[0.67, 0.0]]])
    """
    rows = np.arange(len(classes)) if rows is None else np.asarray(rows)
    target = np.asarray(classes, np.float64)
    found = [_fit(vectors, rows[own], target[own]) for own in training.T]
    correct = [
        int(np.count_nonzero((_scores(vectors, rows[~own], weights) > 0) == (target[~own] == 1)))
        for own, (weights, _, _) in zip(training.T, found, strict=True)
    ]
    return Fit(
        weights=np.stack([weights for weights, _, _ in found])[:, None, :],
        errors=np.full(len(found), np.inf),
        correct=np.array(correct, np.int64),
        passes=sum(passes for _, passes, _ in found),
        converged=all(done for _, _, done in found),
    )


def _fit(vectors: Float32, rows: NDArray[np.integer], target: Float64) -> tuple[Float64, int, bool]:
    """Weights ``[d + 1]``, intercept last; passes over the rows; whether a tolerance was met."""
    from scipy.optimize import minimize  # a third of a second, which only the paper's protocol owes

    n, dim = len(rows), vectors.shape[1]

    def objective(point: Float64) -> tuple[float, Float64]:
        loss, gradient = 0.0, np.zeros(dim + 1)
        for start in range(0, n, _BLOCK):
            block = vectors[rows[start : start + _BLOCK]].astype(np.float64)
            own = target[start : start + _BLOCK]
            score = block @ point[:-1] + point[-1]
            loss += float((np.logaddexp(0.0, score) - own * score).sum())
            residual = expit(score) - own
            gradient[:-1] += residual @ block
            gradient[-1] += residual.sum()
        gradient /= n
        gradient[:-1] += point[:-1] / n
        return loss / n + float(point[:-1] @ point[:-1]) / (2 * n), gradient

    found = minimize(objective, np.zeros(dim + 1), method="L-BFGS-B", jac=True, options=_STOP)
    return np.asarray(found.x, np.float64), int(found.nfev), bool(found.success)


def _scores(vectors: Float32, rows: NDArray[np.integer], weights: Float64) -> Float64:
    parts = [
        vectors[rows[start : start + _BLOCK]].astype(np.float64) @ weights[:-1] + weights[-1]
        for start in range(0, len(rows), _BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty(0)
