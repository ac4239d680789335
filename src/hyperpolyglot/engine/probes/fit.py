"""L2-regularised logistic regression for all cross-validation folds at once, to an optimum with a proven distance.

The problems of a probe share their rows and differ in which of them they train on; a pass over the rows serves all of
them. The objective is scikit-learn's, C·Σ loss + ½‖w‖², intercept not penalised: a sigmoid for two classes, a softmax
for more. L-BFGS starts from the principal components of the embeddings; passes are made in float32 until they say
nothing new, then in float64.

The penalty makes the objective strongly convex with modulus one in w, so ‖w − w*‖ ≤ ‖∇‖ (``docs/probes.md``). A
problem is done when that bound is below ``tolerance``·‖w‖ and no answer to a held-out row can change any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.probes.components import PrincipalComponents, padded_width, principal_components
from hyperpolyglot.engine.probes.curvature import InverseHessian
from hyperpolyglot.engine.probes.passes import Evaluation, Pass, ProbeRows, longest_row, pass_over_rows
from hyperpolyglot.types import Float32, Float64

__all__ = ["Fit", "Solver", "fit_probes"]

_COARSE, _FLOOR = 2e-5, 1e-11
_PROGRESS, _PATIENCE, _SHORTENINGS = 0.99, 20, 30
_LONGEST_COARSE_ROW = 1024.0
_LEAST_SCORE = 1e-6
"""Weights that change no score by more than this are as good as none: errors are relative to no less."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Probes at their optimum, one for each column of ``training``.

    ``weights`` float64 ``[problems, outputs, d + 1]``, intercept last; one output for two classes. ``errors`` float64
    ``[problems]`` bound the distance to the optimal w, relative to ‖w‖ (or to what changes a score by 1e-6, if that is
    more); ``correct`` int64 ``[problems]`` counts the held-out rows classified correctly; ``converged``: all errors are
    below the tolerance.
    """

    weights: Float64
    errors: Float64
    correct: NDArray[np.int64]
    passes: int
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """scikit-learn's C as ``penalty``, and where to stop: the relative error of the weights, and the steps at most."""

    penalty: float = 1.0
    tolerance: float = 1e-6
    iterations: int = 500


@dataclass(frozen=True, slots=True)
class _Probe:
    """The data of a probe, and one pass over it."""

    data: ProbeRows
    outputs: int
    penalty: float
    run_pass: Pass

    @property
    def problems(self) -> int:
        """How many problems share the rows."""
        return int(self.data.training.shape[1])

    @property
    def dim(self) -> int:
        """Weights without the intercept."""
        return int(self.data.vectors.shape[1])

    def at(self, point: Float64, kind: type) -> Evaluation:
        """What a pass finds at ``point`` ``[problems · outputs, width]``, with products in float32 or float64."""
        columns, width = point.shape
        parameters = np.zeros((columns + columns % 2, width), kind)
        parameters[:columns] = point
        found = Evaluation.empty(columns, self.problems, width)
        self.run_pass(self.data, parameters, found)
        gradient = self.penalty * found.gradient[:columns]
        gradient[:, : self.dim] += point[:, : self.dim]
        return found._replace(gradient=gradient, curvature=self.penalty * found.curvature)


def _norms(array: Float64, problems: int) -> Float64:
    flat = array.reshape(problems, -1)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", flat, flat)), np.float64)


def _errors(found: Evaluation, problems: int, dim: int, longest: float) -> tuple[Float64, Float64]:
    """Bounds on ‖w − w*‖ and on the change of any score on the way to the optimum, ``[problems]`` each."""
    intercepts = np.ascontiguousarray(found.gradient[:, dim])
    bound = _norms(np.ascontiguousarray(found.gradient[:, :dim]), problems)
    bound += longest * _norms(intercepts, problems)
    flattest = found.curvature.reshape(problems, -1).min(axis=1)
    shift = _norms(intercepts, problems) / np.maximum(flattest, 1e-300)
    return bound, 2.0 * (2.0 * longest * bound + shift)


def fit_probes(
    vectors: Float32,
    classes: NDArray[np.integer],
    training: NDArray[np.bool_],
    *,
    rows: NDArray[np.integer] | None = None,
    components: PrincipalComponents | None = None,
    run_pass: Pass = pass_over_rows,
    solver: Solver = Solver(),
) -> Fit:
    """Fit one probe per column of ``training``; the rows it leaves out are its test.

    ``vectors`` float32 ``[N, d]``, finite; ``rows`` int ``[n]``, those that take part (default: all); ``classes`` int
    ``[n]``, 0…c − 1; ``training`` bool ``[n, problems]``. ``components`` speed up, without an influence on the optimum;
    give them where several probes share ``vectors``. ``run_pass``: who makes the passes.

    >>> fit = fit_probes(np.float32([[-1], [1], [2]]), np.array([0, 1, 1]), np.array([[1], [1], [0]], bool))
    >>> fit.converged, fit.correct.tolist(), fit.weights.round(4).tolist()
    (True, [1], [[[0.6748, 0.0]]])
    """
    n = len(classes)
    rows = np.arange(n) if rows is None else np.asarray(rows)
    count = int(np.max(classes)) + 1
    outputs = 1 if count <= 2 else count
    data = ProbeRows(
        vectors=np.ascontiguousarray(vectors, np.float32),
        rows=rows.astype(np.int64),
        classes=np.asarray(classes, np.int64),
        training=np.ascontiguousarray(training),
    )
    probe = _Probe(data, outputs, solver.penalty, run_pass)
    problems, dim = probe.problems, probe.dim
    components = components or principal_components(vectors[rows])
    longest = longest_row(data.vectors, data.rows)
    point = np.zeros((problems * outputs, padded_width(dim)))
    hessian = InverseHessian(components, problems, point.shape)
    kind: type = np.float32 if longest <= _LONGEST_COARSE_ROW else np.float64
    here, passes = probe.at(point, kind), 1
    best, since, least = np.inf, 0, _LEAST_SCORE / max(longest, 1e-300)
    for _ in range(solver.iterations):
        size = np.maximum(_norms(np.ascontiguousarray(point[:, :dim]), problems), least)
        bound, reach = _errors(here, problems, dim, longest)
        worst = float((bound / size).max())
        best, since = (worst, 0) if worst < _PROGRESS * best else (best, since + 1)
        if kind is np.float32 and (worst <= _COARSE or since >= _PATIENCE):
            if worst > _COARSE:
                hessian.forget()
            kind, best, since = np.float64, np.inf, 0
            here, passes = probe.at(point, kind), passes + 1
            continue
        sure = (here.margin > reach) | (bound <= _FLOOR * size)
        if kind is np.float64 and ((sure & (bound <= solver.tolerance * size)).all() or since >= _PATIENCE):
            break
        step = hessian.downhill(here.gradient, here.curvature)
        point, moved, there, more = _along(probe, point, step, here, kind)
        passes += more
        hessian.learn(moved, there.gradient - here.gradient)
        here = there
    errors = _errors(here, problems, dim, longest)[0] / size
    converged = kind is np.float64 and bool((errors <= solver.tolerance).all())
    weights = point[:, : dim + 1].reshape(problems, outputs, dim + 1)
    return Fit(weights, errors, here.correct, passes, converged)


def _along(
    probe: _Probe, point: Float64, step: Float64, here: Evaluation, kind: type
) -> tuple[Float64, Float64, Evaluation, int]:
    """Go along ``step``, less far where that leads uphill again: the place, the way, its gradient, passes made."""
    problems = probe.problems
    lengths = np.ones(problems)

    def rise(found: Evaluation) -> Float64:
        gradients, steps = found.gradient.reshape(problems, -1), step.reshape(problems, -1)
        return np.asarray(np.einsum("ij,ij->i", gradients, steps), np.float64)

    fall = rise(here)
    passes = 0
    while True:
        passes += 1
        moved = np.repeat(lengths, probe.outputs)[:, None] * step
        there = probe.at(point + moved, kind)
        rises = rise(there)
        far = rises > 0.5 * np.abs(fall)
        if passes == _SHORTENINGS or not far.any():
            return point + moved, moved, there, passes
        lengths[far] *= (fall / np.where(far, fall - rises, 1.0))[far]
