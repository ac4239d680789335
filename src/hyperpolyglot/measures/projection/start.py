"""Where the tokens of a map are before the first epoch: by their two main directions, drawn towards their neighbours.

Directions are found by orthogonal iteration on a sample, in one stated order of summation, so that they are the same
for any number of threads. Tokens are then moved towards their neighbours again and again, which brings together what
hangs together in the graph, as its leading eigenvectors would, and after some steps are spread evenly in the order that
they have along each direction, so that a few far ones do not leave the others in a heap.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numba
import numpy as np

from hyperpolyglot.engine.cosine import dot
from hyperpolyglot.measures.projection.graph import Graph
from hyperpolyglot.measures.projection.parts import in_parts, shares
from hyperpolyglot.types import Float32

__all__ = ["initial_places"]

_SAMPLE = 4096
_HALF_WIDTH = 10.0
"""The layout begins in a square from −10 to 10, as umap-learn's does."""
_ITERATIONS, _SPARE = 20, 2
_ROUNDS, _STEPS = 10, 30


def initial_places(units: Float32, graph: Graph, seed: int, pool: Executor, parts: int) -> Float32:
    """Places float32 ``[2, n]`` of rows of length one, float32 ``[n, d]`` in random order."""
    sample = units[:_SAMPLE]
    centred = (sample - sample.mean(axis=0, dtype=np.float64)).astype(np.float32)
    axes = np.random.default_rng(seed).standard_normal((2 + _SPARE, units.shape[1])).astype(np.float32)
    _iterate(centred, axes, _ITERATIONS)
    places, moved = np.empty((2, 2, len(units)), np.float32)
    ranges = shares(len(units), parts)
    in_parts(pool, ranges, _along, units, axes, places)
    even = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, len(units), dtype=np.float32)
    for _ in range(_ROUNDS):
        for _ in range(_STEPS):
            in_parts(pool, ranges, _towards_neighbors, graph, places, moved)
            places, moved = moved, places
        for axis in places:
            axis[np.argsort(axis, kind="stable")] = even
    return places


@numba.njit(cache=True, nogil=True)
def _iterate(rows, axes, iterations):  # type: ignore[no-untyped-def]
    """Turn ``axes`` float32 ``[p, d]`` to the directions in which ``rows`` vary most; to zero where there is none."""
    for _ in range(iterations):
        turned = np.zeros(axes.shape, np.float64)
        for i in range(len(rows)):
            for c in range(len(axes)):
                along = dot(rows[i], axes[c])
                for m in range(axes.shape[1]):
                    turned[c, m] += along * np.float64(rows[i, m])
        for c in range(len(axes)):
            for b in range(c):
                shared = 0.0
                for m in range(axes.shape[1]):
                    shared += turned[b, m] * turned[c, m]
                for m in range(axes.shape[1]):
                    turned[c, m] -= shared * turned[b, m]
            length = 0.0
            for m in range(axes.shape[1]):
                length += turned[c, m] * turned[c, m]
            length = np.sqrt(length)
            for m in range(axes.shape[1]):
                turned[c, m] = turned[c, m] / length if length > 1e-12 else 0.0
                axes[c, m] = np.float32(turned[c, m])


@numba.njit(cache=True, nogil=True)
def _along(rows, axes, out, first, last):  # type: ignore[no-untyped-def]
    """Where rows ``first`` to ``last`` lie along the first two axes."""
    for i in range(first, last):
        out[0, i] = dot(rows[i], axes[0])
        out[1, i] = dot(rows[i], axes[1])


@numba.njit(cache=True, nogil=True)
def _towards_neighbors(graph, places, out, first, last):  # type: ignore[no-untyped-def]
    """Move each vertex half the way to the weighted mean of its neighbours."""
    for v in range(first, last):
        x, y, total = 0.0, 0.0, 0.0
        for e in range(graph.start[v], graph.start[v + 1]):
            weight = np.float64(graph.weight[e])
            x += weight * places[0, graph.tail[e]]
            y += weight * places[1, graph.tail[e]]
            total += weight
        out[0, v] = (places[0, v] + x / total) / 2
        out[1, v] = (places[1, v] + y / total) / 2
