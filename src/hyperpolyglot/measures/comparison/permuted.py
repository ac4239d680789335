"""What a permutation test adds up, for many permutations at a time, on all threads.

A permutation re-indexes rows: nothing is copied or multiplied anew where sums of what is there will do. Sums have one
order, whatever the threads; counts are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.types import Array, Float32, Float64, Int32

__all__ = ["in_lines", "in_parts", "over_permutations", "overlap_counts", "paired_sums", "symmetric_sums"]

_ENTRIES = 1 << 18
"""Of the permutations that a thread holds at a time: what its cache holds."""
_LINE = 16
_FEW = 256

Orders = NDArray[np.int32]
"""Permutations of rows, one to a row: to each row of the first model the one of the second."""


def in_parts(count: int, work: Callable[[slice], None], few: int = _FEW) -> None:
    """Do ``count`` things in as many parts as there are threads, one where they are ``few``; parts must not meet."""
    workers = min(usable_threads(None), max(1, count))
    if count < few or workers == 1:
        work(slice(0, count))
        return
    cuts = np.linspace(0, count, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers) as threads:
        for job in [threads.submit(work, slice(a, b)) for a, b in pairwise(cuts)]:
            job.result()


def over_permutations(
    size: int,
    draws: int,
    random: np.random.Generator,
    work: Callable[[Orders], Array],
    *,
    observed: bool = False,
) -> Array:
    """``work`` of ``draws`` permutations of ``size`` rows, drawn one after another, in their order ``[draws, …]``.

    ``work`` takes some of them, and must not depend on which others it is given. ``observed``: rows as they are come
    first.

    >>> found = over_permutations(3, 2, np.random.default_rng(0), lambda orders: orders[:, :1], observed=True)
    >>> found.tolist()
    [[0], [2], [2]]
    """
    each = max(1, _ENTRIES // max(1, size))
    at_once = each * usable_threads(None)
    parts: list[Array] = []
    if observed:
        parts.append(work(np.arange(size, dtype=np.int32)[None]))
    with ThreadPoolExecutor(usable_threads(None)) as threads:
        for first in range(0, draws, at_once):
            orders = np.empty((min(at_once, draws - first), size), np.int32)
            for order in orders:
                order[:] = random.permutation(size)
            shares = [part for part in np.array_split(orders, usable_threads(None)) if len(part)]
            parts.extend(threads.map(work, shares))
    return np.concatenate(parts) if parts else np.zeros(0)


@numba.njit(cache=True, nogil=True)
def _overlap_counts(first, second, queries, starts, orders, out):  # type: ignore[no-untyped-def]
    n = orders.shape[1]
    back = np.empty((len(orders), n), np.int32)
    for m in range(len(orders)):
        for i in range(n):
            back[m, orders[m, i]] = i
    near = np.zeros(n, np.uint8)
    out[:] = 0
    for group in range(len(starts) - 1):
        for at in range(starts[group], starts[group + 1]):
            i = queries[at]
            for j in first[i]:
                near[j] = 1
            for m in range(len(orders)):
                count = 0
                for j in second[orders[m, i]]:
                    count += near[back[m, j]]
                out[m, group] += count
            for j in first[i]:
                near[j] = 0


def overlap_counts(first: Int32, second: Int32, groups: list[Array], orders: Orders) -> NDArray[np.int64]:
    """How many neighbours the rows of each of ``groups`` have in both graphs ``[n, k]``, int64 ``[orders, groups]``.

    Row i of the first graph corresponds to row ``order[i]`` of the second.

    >>> graph = np.array([[1], [0], [0]], np.int32)
    >>> overlap_counts(graph, graph, [np.arange(3)], np.array([[0, 1, 2], [1, 0, 2]], np.int32)).tolist()
    [[3], [2]]
    """
    out = np.zeros((len(orders), len(groups)), np.int64)
    if groups:
        queries = np.concatenate(groups).astype(np.int32)
        starts = np.cumsum([0, *(len(group) for group in groups)])
        _overlap_counts(first, second, queries, starts, np.ascontiguousarray(orders), out)
    return out


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _symmetric_sums(a, b, orders, out):  # type: ignore[no-untyped-def]
    for m in range(len(orders)):
        order = orders[m]
        total = 0.0
        for i in range(1, len(a)):
            row, other = a[i], b[order[i]]
            part = 0.0
            for j in range(i):
                part += row[j] * other[order[j]]
            total += part
        out[m] = total


def symmetric_sums(a: Float64, b: Float64, orders: Orders) -> Float64:
    """Sums of products of two symmetric matrices over pairs of rows, the second's permuted, float64 ``[orders]``.

    >>> a = np.array([[0.0, 1, 2], [1, 0, 3], [2, 3, 0]])
    >>> symmetric_sums(a, a, np.array([[0, 1, 2], [1, 0, 2]], np.int32)).tolist()
    [14.0, 13.0]
    """
    out = np.zeros(len(orders))
    _symmetric_sums(a, b, orders, out)
    return out


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _paired_sums(a, b, orders, out):  # type: ignore[no-untyped-def]
    for chunk in range(len(a)):
        left, right = a[chunk], b[chunk]
        for m in range(len(orders)):
            total = 0.0
            for i in range(orders.shape[1]):
                x, y = left[i], right[orders[m, i]]
                part = 0.0
                for j in range(_LINE):
                    part += np.float64(x[j]) * np.float64(y[j])
                total += part
            out[m] += total


def paired_sums(a: Float32, b: Float32, orders: Orders) -> Float64:
    """Sums of products of rows of ``a`` and the permuted rows of ``b``, both by :func:`in_lines`, ``[orders]``.

    >>> x = np.array([[1.0, 2], [3, 4]], np.float32)
    >>> paired_sums(in_lines(x), in_lines(x), np.array([[0, 1], [1, 0]], np.int32)).tolist()
    [30.0, 22.0]
    """
    out = np.zeros(len(orders))
    _paired_sums(a, b, orders, out)
    return out


def in_lines(rows: Float32) -> Float32:
    """Rows ``[n, d]`` cut into lines of the cache ``[d/16, n, 16]``: of a column of lines, any is near at hand."""
    n, d = rows.shape
    out = np.zeros((-(-d // _LINE), n, _LINE), np.float32)
    for at, line in enumerate(out):
        part = rows[:, at * _LINE : (at + 1) * _LINE]
        line[:, : part.shape[1]] = part
    return out
