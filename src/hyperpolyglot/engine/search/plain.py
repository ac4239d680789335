"""Exact nearest neighbours, plainly: blocked float32 products as a filter, float64 for the order. The oracle.

A float32 product of unit rows differs from their cosine by at most ``slack(d)``, whatever the order of
summation: each unit row carries a relative rounding of u = 2⁻²⁴ per entry, and a sum of d products one of d·u at
most, so (d + 4)·u·1.01 covers both. If the k-th largest product of a row is t, then k tokens have a cosine of at
least t − slack, so every true neighbour has a product of at least t − 2·slack. All tokens that reach that are ranked
again by :mod:`hyperpolyglot.engine.cosine`, ties by position. So the result is exact, and the same for any block
size, thread count or BLAS.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numba
import numpy as np

from hyperpolyglot.engine.cosine import WithLengths, dot, norms, unit_rows, with_lengths
from hyperpolyglot.engine.search.candidates import sort
from hyperpolyglot.engine.search.result import Certificate, Nearest, Ranking
from hyperpolyglot.engine.search.task import Exact
from hyperpolyglot.types import Float32, Int32, Progress

__all__ = ["plain", "slack"]


def slack(dim: int) -> float:
    """Largest difference between a float32 product of unit rows and their cosine."""
    return (dim + 4) * 2.0**-24 * 1.01


@numba.njit(cache=True, nogil=True)
def _kth_largest(scores, skip, k, heap):  # type: ignore[no-untyped-def]
    """The k-th largest score, ``skip`` left out; ``heap`` is scratch of length k, smallest first."""
    heap[:] = -np.inf
    for j in range(len(scores)):
        value = scores[j]
        if value <= heap[0] or j == skip:
            continue
        i = 0
        while True:
            child = 2 * i + 1
            if child >= k:
                break
            if child + 1 < k and heap[child + 1] < heap[child]:
                child += 1
            if heap[child] >= value:
                break
            heap[i] = heap[child]
            i = child
        heap[i] = value
    return heap[0]


@numba.njit(cache=True, nogil=True)
def _rank(scores, own, exact, out):  # type: ignore[no-untyped-def]
    """Exact neighbours of a few queries, given their float32 products with all vectors."""
    (queries, query_lengths), (vectors, lengths), error = exact
    positions, similarity, proven = out
    k = positions.shape[1]
    heap = np.empty(k, np.float32)
    for r in range(len(queries)):
        floor = np.float64(_kth_largest(scores[r], own[r], k, heap)) - 2 * error
        reach = np.int64(0)
        for j in range(scores.shape[1]):
            if np.float64(scores[r, j]) >= floor and j != own[r]:
                reach += 1
        found = np.empty(reach, np.int32)
        cosine = np.empty(reach)
        reach = np.int64(0)
        for j in range(scores.shape[1]):
            if np.float64(scores[r, j]) >= floor and j != own[r]:
                found[reach] = j
                cosine[reach] = dot(queries[r], vectors[j]) / (query_lengths[r] * lengths[j])
                reach += 1
        sort(cosine, found, reach)
        for m in range(k):
            positions[r, m] = found[m]
            similarity[r, m] = cosine[m]
        proven[r] = True


def plain(
    queries: Float32, own: Int32, vectors: Float32, k: int, progress: Progress, threads: int, block_bytes: int
) -> Nearest:
    """As :func:`hyperpolyglot.engine.nearest.Search`; a block of products takes up to ``block_bytes``."""
    among, units = with_lengths(vectors), unit_rows(vectors)
    error = slack(vectors.shape[1])
    found = Ranking.empty(len(queries), k)
    count = len(vectors)
    block = max(1, min(1024, block_bytes // (4 * count)))
    progress("neighbours", 0, len(queries))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(queries), block):
            end = min(start + block, len(queries))
            here = queries[start:end]
            scores = unit_rows(here) @ units.T
            lengths = norms(here)
            cuts = np.linspace(0, end - start, threads + 1).astype(int).tolist()
            jobs = []
            for first, last in pairwise(cuts):
                part, out = slice(first, last), slice(start + first, start + last)
                exact = Exact(WithLengths(here[part], lengths[part]), among, error)
                jobs.append(pool.submit(_rank, scores[part], own[out], exact, found.take(out)))
            for job in jobs:
                job.result()
            progress("neighbours", end, len(queries))
    certificate = Certificate(backend="plain", certified=len(queries), redone=0, bound=error)
    return Nearest(found.positions, found.similarity, certificate)
