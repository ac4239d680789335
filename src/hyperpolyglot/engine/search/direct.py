"""Exact neighbours of a few queries: every cosine in float64, no filter and hence no bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from hyperpolyglot.engine.cosine import WithLengths, dot, norms
from hyperpolyglot.engine.search.candidates import kth_largest, sort
from hyperpolyglot.engine.search.result import Ranking
from hyperpolyglot.types import Float32, Int32

__all__ = ["direct"]

_BLOCK = 4096


@numba.njit(cache=True, nogil=True)
def _cosines(queries, vectors, first, last, out):  # type: ignore[no-untyped-def]
    for j in range(first, last):
        for r in range(len(queries.rows)):
            cosine = dot(queries.rows[r], vectors.rows[j]) / (queries.lengths[r] * vectors.lengths[j])
            out[r, j] = cosine


@numba.njit(cache=True, nogil=True)
def _best(cosines, scratch, positions, similarity):  # type: ignore[no-untyped-def]
    """The first k in canonical order; ties at the end are cut by position."""
    k, count = len(positions), len(cosines)
    floor = kth_largest(cosines, count, k, scratch)
    near, ids = np.empty(k), np.empty(k, np.int32)
    found = 0
    for j in range(count):
        if cosines[j] > floor:
            near[found], ids[found] = cosines[j], j
            found += 1
    for j in range(count):
        if found == k:
            break
        if cosines[j] == floor:
            near[found], ids[found] = cosines[j], j
            found += 1
    sort(near, ids, k)
    for m in range(k):
        positions[m], similarity[m] = ids[m], near[m]


def direct(queries: Float32, own: Int32, among: WithLengths, k: int, pool: ThreadPoolExecutor) -> Ranking:
    """The neighbours of all queries, proven; ``own`` as in :func:`hyperpolyglot.engine.nearest.Search`.

    Takes 16 bytes for every vector besides the result, up to 8 queries at a time.
    """
    count, together = len(among.rows), 8
    found = Ranking.empty(len(queries), k)
    found.proven[:] = True
    lengths = norms(queries)
    for top in range(0, len(queries), together):
        part = slice(top, min(top + together, len(queries)))
        cosines = np.empty((part.stop - top, count))
        here = WithLengths(queries[part], lengths[part])
        jobs = [
            pool.submit(_cosines, here, among, first, min(first + _BLOCK, count), cosines)
            for first in range(0, count, _BLOCK)
        ]
        for job in jobs:
            job.result()
        for r, place in enumerate(own[part]):
            if place >= 0:
                cosines[r, place] = -np.inf
        chosen = [
            pool.submit(_best, row, np.empty(count), found.positions[top + r], found.similarity[top + r])
            for r, row in enumerate(cosines)
        ]
        for job in chosen:
            job.result()
    return found
