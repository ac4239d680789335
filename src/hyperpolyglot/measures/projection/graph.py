"""UMAP's graph: how surely two tokens are neighbours (McInnes et al. 2018, section 3.1), from the exact neighbours.

Membership of j in the neighbourhood of i: exp(−(d_ij − ρ_i)/σ_i), ρ_i the distance to the nearest other place, and
σ_i such that the memberships of i add up to log₂(k + 1). Two directions are joined by p + q − p·q.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.measures.projection.parts import in_parts, shares
from hyperpolyglot.types import Float32, Float64, Int32, Int64

__all__ = ["Graph", "fuzzy_graph"]

_LEAST_WIDTH = 1e-3
"""σ is at least this share of the mean distance, as in umap-learn."""
_HALVINGS = 64


class Graph(NamedTuple):
    """Weighted edges, each in both directions: those of vertex ``v`` are ``start[v] … start[v + 1]``.

    ``start`` int64 ``[n + 1]``; ``head`` (v itself) and ``tail`` int32, ``weight`` float32 in 0 … 1 ``[edges]``.
    """

    start: Int64
    head: Int32
    tail: Int32
    weight: Float32


def fuzzy_graph(rows: Int32, distances: Float64, pool: Executor, parts: int) -> Graph:
    """The graph of ``rows`` int32 ``[n, k]``, the neighbours of every row by position, and their ``distances``."""
    memberships = np.empty(rows.shape, np.float32)
    mean = float(distances.sum() / max(1, len(rows) * (rows.shape[1] + 1)))
    in_parts(pool, shares(len(rows), parts), _memberships, distances, mean, memberships)
    start = np.zeros(len(rows) + 1, np.int64)
    _count(rows, start[1:])
    np.cumsum(start, out=start)
    tail, weight = np.empty(start[-1], np.int32), np.empty(start[-1], np.float32)
    _join(rows, memberships, start, tail, weight)
    head = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(start))
    return Graph(start=start, head=head, tail=tail, weight=weight)


@numba.njit(cache=True, nogil=True)
def _memberships(distances, mean, out, first, last):  # type: ignore[no-untyped-def]
    """Bisect for σ of rows ``first`` to ``last``."""
    k = distances.shape[1]
    target = np.log2(k + 1)
    for i in range(first, last):
        row = distances[i]
        nearest, total = 0.0, 0.0
        for j in range(k):
            total += row[j]
            if nearest == 0.0 and row[j] > 0.0:
                nearest = row[j]
        low, high, width = 0.0, np.inf, 1.0
        for _ in range(_HALVINGS):
            found = 0.0
            for j in range(k):
                beyond = row[j] - nearest
                found += np.exp(-beyond / width) if beyond > 0.0 else 1.0
            if abs(found - target) < 1e-5:
                break
            if found > target:
                high = width
                width = (low + high) / 2
            else:
                low = width
                width = width * 2 if high == np.inf else (low + high) / 2
        width = max(width, _LEAST_WIDTH * (total / (k + 1) if nearest > 0.0 else mean))
        for j in range(k):
            beyond = row[j] - nearest
            out[i, j] = np.exp(-beyond / width) if beyond > 0.0 else 1.0


@numba.njit(cache=True, nogil=True)
def _place(row, token):  # type: ignore[no-untyped-def]
    """Where ``token`` is in ``row``; −1: nowhere."""
    for j in range(len(row)):
        if row[j] == token:
            return j
    return -1


@numba.njit(cache=True, nogil=True)
def _count(rows, out):  # type: ignore[no-untyped-def]
    """How many edges every vertex has: to its neighbours, and to those it is a neighbour of."""
    for i in range(len(rows)):
        out[i] += rows.shape[1]
        for j in rows[i]:
            if _place(rows[j], i) < 0:
                out[j] += 1


@numba.njit(cache=True, nogil=True)
def _join(rows, memberships, start, tail, weight):  # type: ignore[no-untyped-def]
    """Write the edges of all vertices: own neighbours first, then the others, in ascending order."""
    k = rows.shape[1]
    filled = start[:-1] + k
    for i in range(len(rows)):
        for m in range(k):
            j = rows[i, m]
            there = memberships[i, m]
            back = _place(rows[j], i)
            back_weight = memberships[j, back] if back >= 0 else np.float32(0)
            joined = there + back_weight - there * back_weight
            tail[start[i] + m], weight[start[i] + m] = j, joined
            if back < 0:
                tail[filled[j]], weight[filled[j]] = i, joined
                filled[j] += 1
