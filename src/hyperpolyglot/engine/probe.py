"""L2-regularised logistic regression for all cross-validation folds at once, to an optimum with a proven distance.

The problems of a probe share their rows and differ in which of them they train on; a pass over the rows serves all of
them. The objective is scikit-learn's, C·Σ loss + ½‖w‖², intercept not penalised: a sigmoid for two classes, a softmax
for more. L-BFGS starts from a curvature that knows the directions in which embeddings vary most; passes are made in
float32 until they say nothing new, then in float64.

The penalty makes the objective strongly convex with modulus one in w, so ‖w − w*‖ ≤ ‖∇‖ (``docs/probes.md``). A
problem is done when that bound is below ``tolerance``·‖w‖ and no answer to a held-out row can change any more.

Nocedal and Wright, Numerical Optimization, algorithm 7.4; Halko, Martinsson and Tropp, SIAM Review 53 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.blocks import add_products, nothing_ahead, products
from hyperpolyglot.engine.passes import Sweep, inner, longest_row, sweep_rows
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Fit", "MainDirections", "fit_probes", "main_directions", "stratified_folds"]

_MEMORY = 20
_COARSE, _FLOOR = 2e-5, 1e-11
_PROGRESS, _PATIENCE, _SHORTENINGS = 0.99, 20, 30
_LONGEST_COARSE_ROW = 1024.0
_LEAST_SCORE = 1e-6
"""Weights that change no score by more than this are as good as none: errors are relative to no less."""
_DIRECTIONS, _SAMPLE = 64, 4096


@dataclass(frozen=True, slots=True)
class Fit:
    """Probes at their optimum, one for each column of ``training``.

    ``weights`` float64 ``[problems, outputs, d + 1]``, intercept last; one output for two classes. ``errors`` float64
    ``[problems]`` bound the distance to the optimal w, relative to ‖w‖ (or to what changes a score by 1e-6, if that is
    more); ``right`` int64 ``[problems]`` counts the held-out rows classified correctly; ``converged``: all errors are
    below the tolerance.
    """

    weights: Float64
    errors: Float64
    right: NDArray[np.int64]
    passes: int
    converged: bool


@dataclass(frozen=True, slots=True)
class MainDirections:
    """Where rows with a 1 appended vary most.

    Orthonormal ``directions`` float64 ``[64, width]``, the mean square along each ``[64]``, and that of the rest.
    """

    directions: Float64
    strengths: Float64
    rest: float


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


def _width(dim: int) -> int:
    """Room for d weights and the intercept, a multiple of a vector register."""
    return -(-(dim + 1) // 16) * 16


def main_directions(vectors: Float32) -> MainDirections:
    """The main directions of ``vectors`` ``[n, d]``, from 4,096 seeded rows by a randomised subspace iteration."""
    random = np.random.default_rng(0)
    n, dim = vectors.shape
    chosen = np.sort(random.choice(n, min(n, _SAMPLE), replace=False))
    rows = np.ones((len(chosen), dim + 1), np.float32)
    rows[:, :-1] = vectors[chosen]
    count = min(_DIRECTIONS, dim + 1, len(chosen))
    basis: Array = random.standard_normal((dim + 1, min(count + 8, dim + 1)), dtype=np.float32)
    for _ in range(2):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    seen = (rows @ basis).astype(np.float64)
    values, axes = np.linalg.eigh(seen.T @ seen / len(rows))
    directions = np.zeros((_DIRECTIONS, _width(dim)))
    directions[:count, : dim + 1] = (basis @ axes[:, ::-1]).T[:count]
    kept = np.maximum(values[::-1][:count], 0.0)
    total = float(np.einsum("ij,ij->", rows, rows, dtype=np.float64)) / len(rows)
    rest = max((total - float(kept.sum())) / max(1, dim + 1 - count), 1e-12)
    strengths = np.full(_DIRECTIONS, rest)
    strengths[:count] = np.maximum(kept, rest)
    return MainDirections(directions, strengths, rest)


@dataclass(frozen=True, slots=True)
class _Probe:
    """The data of a probe, and one pass over it."""

    vectors: Float32
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    training: NDArray[np.bool_]
    outputs: int
    penalty: float
    sweep: Sweep

    def at(self, point: Float64, kind: type) -> _Slope:
        """The gradient at ``point`` ``[problems · outputs, width]``, with products in float32 or float64."""
        columns, width = point.shape
        parameters = np.zeros((columns + columns % 2, width), kind)
        parameters[:columns] = point
        slope = np.empty(parameters.shape)
        problems = self.training.shape[1]
        found = np.zeros(columns), np.full(problems, np.inf), np.zeros(problems, np.int64)
        self.sweep(self.vectors, self.rows, self.classes, self.training, parameters, slope, found)
        gradient = self.penalty * slope[:columns]
        dim = self.vectors.shape[1]
        gradient[:, :dim] += point[:, :dim]
        return _Slope(gradient, self.penalty * found[0], found[1], found[2])


@dataclass(frozen=True, slots=True)
class _Slope:
    """Gradient ``[columns, width]``, curvature ``[columns]``; the closest call and the rights ``[problems]``."""

    gradient: Float64
    curvature: Float64
    closest: Float64
    right: NDArray[np.int64]


def _norms(array: Float64, problems: int) -> Float64:
    flat = array.reshape(problems, -1)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", flat, flat)), np.float64)


def _errors(found: _Slope, problems: int, dim: int, longest: float) -> tuple[Float64, Float64]:
    """Bounds on ‖w − w*‖ and on the change of any score on the way to the optimum, ``[problems]`` each."""
    intercepts = np.ascontiguousarray(found.gradient[:, dim])
    bound = _norms(np.ascontiguousarray(found.gradient[:, :dim]), problems)
    bound += longest * _norms(intercepts, problems)
    flattest = found.curvature.reshape(problems, -1).min(axis=1)
    shift = _norms(intercepts, problems) / np.maximum(flattest, 1e-300)
    return bound, 2.0 * (2.0 * longest * bound + shift)


@numba.njit(cache=True, nogil=True)
def _unwind(q, moved, change, inverses, order, factors):  # type: ignore[no-untyped-def]
    """First loop of algorithm 7.4, newest step first, for every problem; ``q`` ``[problems, length]``."""
    for p in range(len(q)):
        for step in order:
            factor = inverses[step, p] * inner(moved[step, p], q[p])
            factors[step, p] = factor
            for k in range(q.shape[1]):
                q[p, k] -= factor * change[step, p, k]


@numba.njit(cache=True, nogil=True)
def _rewind(q, moved, change, inverses, order, factors):  # type: ignore[no-untyped-def]
    """Second loop, oldest step first."""
    for p in range(len(q)):
        for step in order[::-1]:
            factor = factors[step, p] - inverses[step, p] * inner(change[step, p], q[p])
            for k in range(q.shape[1]):
                q[p, k] += factor * moved[step, p, k]


class _Curvature:
    """An approximate inverse Hessian: the main directions, then the last steps and what they changed."""

    def __init__(self, main: MainDirections, problems: int, shape: tuple[int, int]) -> None:
        self._main, self._shape = main, shape
        length = shape[0] * shape[1] // problems
        self._moved, self._change = np.zeros((2, _MEMORY, problems, length))
        self._inverses = np.zeros((_MEMORY, problems))
        self._order: list[int] = []

    def learn(self, moved: Float64, change: Float64) -> None:
        """Remember a step and the change of the gradient over it; a step without curvature is left out."""
        place = len(self._order) if len(self._order) < _MEMORY else self._order[-1]
        self._order = [place, *(step for step in self._order if step != place)]
        self._moved[place], self._change[place] = (a.reshape(self._moved.shape[1:]) for a in (moved, change))
        curvature = np.einsum("ij,ij->i", self._moved[place], self._change[place])
        self._inverses[place] = np.where(curvature > 1e-280, 1.0 / np.maximum(curvature, 1e-280), 0.0)

    def forget(self) -> None:
        """Remember no step: where float32 passes end in rounding, steps say more of that than of curvature."""
        self._order = []

    def downhill(self, gradient: Float64, curvature: Float64) -> Float64:
        """The step to where the gradient is expected to vanish."""
        order = np.array(self._order, np.int64)
        factors = np.zeros(self._inverses.shape)
        q = -gradient.reshape(self._moved.shape[1:])
        memory = (self._moved, self._change, self._inverses, order, factors)
        _unwind(q, *memory)
        q = self._whitened(q.reshape(self._shape), curvature).reshape(q.shape)
        _rewind(q, *memory)
        return q.reshape(self._shape)

    def _whitened(self, q: Float64, curvature: Float64) -> Float64:
        main, columns = self._main, len(q)
        padded = np.zeros((columns + columns % 2, q.shape[1]))
        padded[:columns] = q
        along = np.empty((_DIRECTIONS, len(padded)))
        products(main.directions, padded, along)
        rest = 1.0 / (curvature * main.rest + 1.0)
        along[:, :columns] *= 1.0 / (main.strengths[:, None] * curvature + 1.0) - rest
        padded[:columns] *= rest[:, None]
        add_products(main.directions, along, padded, nothing_ahead(main.directions))
        return padded[:columns]


def fit_probes(
    vectors: Float32,
    classes: NDArray[np.integer],
    training: NDArray[np.bool_],
    *,
    rows: NDArray[np.integer] | None = None,
    main: MainDirections | None = None,
    sweep: Sweep = sweep_rows,
    penalty: float = 1.0,
    tolerance: float = 1e-6,
    iterations: int = 500,
) -> Fit:
    """Fit one probe per column of ``training``; the rows it leaves out are its test.

    ``vectors`` float32 ``[N, d]``, finite; ``rows`` int ``[n]``, those that take part (default: all); ``classes`` int
    ``[n]``, 0…c − 1; ``training`` bool ``[n, problems]``; ``penalty`` is scikit-learn's C. ``main`` speeds up, without
    an influence on the optimum; give it where several probes share ``vectors``. ``sweep``: who makes the passes.

    >>> fit = fit_probes(np.float32([[-1], [1], [2]]), np.array([0, 1, 1]), np.array([[1], [1], [0]], bool))
    >>> fit.converged, fit.right.tolist(), fit.weights.round(4).tolist()
    (True, [1], [[[0.6748, 0.0]]])
    """
    n = len(classes)
    rows = np.arange(n) if rows is None else np.asarray(rows)
    count = int(np.max(classes)) + 1
    outputs = 1 if count <= 2 else count
    problems, dim = training.shape[1], vectors.shape[1]
    probe = _Probe(
        vectors=np.ascontiguousarray(vectors, np.float32),
        rows=rows.astype(np.int64),
        classes=np.asarray(classes, np.int64),
        training=np.ascontiguousarray(training),
        outputs=outputs,
        penalty=penalty,
        sweep=sweep,
    )
    main = main or main_directions(vectors[rows])
    longest = longest_row(probe.vectors, probe.rows)
    point = np.zeros((problems * outputs, _width(dim)))
    model = _Curvature(main, problems, point.shape)
    kind: type = np.float32 if longest <= _LONGEST_COARSE_ROW else np.float64
    here, passes = probe.at(point, kind), 1
    best, since, least = np.inf, 0, _LEAST_SCORE / max(longest, 1e-300)
    for _ in range(iterations):
        size = np.maximum(_norms(np.ascontiguousarray(point[:, :dim]), problems), least)
        bound, reach = _errors(here, problems, dim, longest)
        worst = float((bound / size).max())
        best, since = (worst, 0) if worst < _PROGRESS * best else (best, since + 1)
        if kind is np.float32 and (worst <= _COARSE or since >= _PATIENCE):
            if worst > _COARSE:
                model.forget()
            kind, best, since = np.float64, np.inf, 0
            here, passes = probe.at(point, kind), passes + 1
            continue
        sure = (here.closest > reach) | (bound <= _FLOOR * size)
        if kind is np.float64 and ((sure & (bound <= tolerance * size)).all() or since >= _PATIENCE):
            break
        step = model.downhill(here.gradient, here.curvature)
        point, moved, there, more = _along(probe, point, step, here, kind)
        passes += more
        model.learn(moved, there.gradient - here.gradient)
        here = there
    errors = _errors(here, problems, dim, longest)[0] / size
    converged = kind is np.float64 and bool((errors <= tolerance).all())
    weights = point[:, : dim + 1].reshape(problems, outputs, dim + 1)
    return Fit(weights, errors, here.right, passes, converged)


def _along(
    probe: _Probe, point: Float64, step: Float64, here: _Slope, kind: type
) -> tuple[Float64, Float64, _Slope, int]:
    """Go along ``step``, less far where that leads uphill again: the place, the way, its slope, passes made."""
    problems = probe.training.shape[1]
    lengths = np.ones(problems)

    def rise(found: _Slope) -> Float64:
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
