"""What the solver of probes knows of the curvature of its objective: L-BFGS, started from principal components.

Nocedal and Wright, Numerical Optimization, algorithm 7.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.block_products import add_products, nothing_ahead, products
from hyperpolyglot.engine.probes.components import DIRECTIONS, PrincipalComponents
from hyperpolyglot.engine.probes.passes import inner
from hyperpolyglot.types import Float64

__all__ = ["InverseHessian"]

_MEMORY = 20


class _Steps(NamedTuple):
    """The last steps ``moved`` and the ``change`` of the gradient over each, float64 ``[step, problems, length]``.

    ``inverses`` float64 ``[step, problems]``: one over their products; ``order``: newest first.
    """

    moved: Float64
    change: Float64
    inverses: Float64
    order: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _unwind(q, steps, factors):  # type: ignore[no-untyped-def]
    """First loop of algorithm 7.4, newest step first, for every problem; ``q`` ``[problems, length]``."""
    moved, change, inverses, order = steps
    for p in range(len(q)):
        for step in order:
            factor = inverses[step, p] * inner(moved[step, p], q[p])
            factors[step, p] = factor
            for k in range(q.shape[1]):
                q[p, k] -= factor * change[step, p, k]


@numba.njit(cache=True, nogil=True)
def _rewind(q, steps, factors):  # type: ignore[no-untyped-def]
    """Second loop, oldest step first."""
    moved, change, inverses, order = steps
    for p in range(len(q)):
        for step in order[::-1]:
            factor = factors[step, p] - inverses[step, p] * inner(change[step, p], q[p])
            for k in range(q.shape[1]):
                q[p, k] += factor * moved[step, p, k]


class InverseHessian:
    """An approximate inverse Hessian: the principal components, then the last steps and what they changed."""

    def __init__(self, components: PrincipalComponents, problems: int, shape: tuple[int, int]) -> None:
        self._components, self._shape = components, shape
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
        steps = _Steps(self._moved, self._change, self._inverses, order)
        factors = np.zeros(self._inverses.shape)
        q = -gradient.reshape(self._moved.shape[1:])
        _unwind(q, steps, factors)
        q = self._whitened(q.reshape(self._shape), curvature).reshape(q.shape)
        _rewind(q, steps, factors)
        return q.reshape(self._shape)

    def _whitened(self, q: Float64, curvature: Float64) -> Float64:
        components, columns = self._components, len(q)
        padded = np.zeros((columns + columns % 2, q.shape[1]))
        padded[:columns] = q
        along = np.empty((DIRECTIONS, len(padded)))
        products(components.directions, padded, along)
        rest = 1.0 / (curvature * components.rest + 1.0)
        along[:, :columns] *= 1.0 / (components.strengths[:, None] * curvature + 1.0) - rest
        padded[:columns] *= rest[:, None]
        add_products(components.directions, along, padded, nothing_ahead(components.directions))
        return padded[:columns]
