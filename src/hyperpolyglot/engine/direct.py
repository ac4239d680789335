"""Exact neighbours of a few queries: every cosine in float64, no filter and hence no bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from hyperpolyglot.engine.candidates import kth_largest, sort
from hyperpolyglot.engine.cosine import dot, norms
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["direct"]

_BLOCK = 4096


@numba.njit(cache=True, nogil=True)
def _cosines(queries, query_lengths, vectors, lengths, first, last, out):  # type: ignore[no-untyped-def]
    for j in range(first, last):
        for r in range(len(queries)):
            out[r, j] = dot(queries[r], vectors[j]) / (query_lengths[r] * lengths[j])


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


def direct(
    queries: Float32, own: Int32, vectors: Float32, k: int, lengths: Float64, pool: ThreadPoolExecutor
) -> tuple[Int32, Float32]:
    """Positions int32 and cosines float32 ``[q, k]``; ``own`` as in :func:`hyperpolyglot.engine.nearest.nearest_to`.

    Takes 16 bytes for every vector besides the result, up to 8 queries at a time.
    """
    count, together = len(vectors), 8
    positions = np.empty((len(queries), k), np.int32)
    similarity = np.empty((len(queries), k), np.float32)
    query_lengths = norms(queries)
    for top in range(0, len(queries), together):
        part = slice(top, min(top + together, len(queries)))
        cosines = np.empty((part.stop - top, count))
        jobs = [
            pool.submit(
                _cosines,
                queries[part],
                query_lengths[part],
                vectors,
                lengths,
                first,
                min(first + _BLOCK, count),
                cosines,
            )
            for first in range(0, count, _BLOCK)
        ]
        for job in jobs:
            job.result()
        for r, place in enumerate(own[part]):
            if place >= 0:
                cosines[r, place] = -np.inf
        chosen = [
            pool.submit(_best, cosines[r], np.empty(count), positions[top + r], similarity[top + r])
            for r in range(len(cosines))
        ]
        for job in chosen:
            job.result()
    return positions, similarity
