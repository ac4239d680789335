"""Trustworthiness of a map (Venna and Kaski 2001), exactly, without sorting.

The rank of a token among the neighbours of another is one more than the number of tokens that are nearer, so it is
counted: float32 products decide all but the few comparisons that lie within their error, and those are decided by the
cosine in float64. So the ranks depend on no block, thread or machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.cosine import dot
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.measures.projection.parts import in_parts, shares
from hyperpolyglot.types import Array, Float32, Float64, Int64

__all__ = ["product_error", "trustworthiness"]

SAMPLE = 2000
_ROWS = 4096
_RUN = 256
_UNIT = 2.0**-24
_ITSELF = np.float32(-4.0)


class _Asked(NamedTuple):
    """Sampled tokens and who is near them in the plane.

    ``vectors`` float32 ``[s, d]``; ``cosines`` float64 ``[s, k]`` with those near, and the same a little lower and
    higher (``low``, ``high`` float32), so that a product outside is decided.
    """

    vectors: Float32
    cosines: Float64
    low: Float32
    high: Float32


def product_error(dim: int) -> float:
    """The most by which a float32 product of two rows of length one, summed in any order, is wrong."""
    return (dim + 8) * _UNIT * 1.01


def trustworthiness(
    units: Float32,
    points: Float32,
    *,
    k: int = 15,
    sample: int = SAMPLE,
    seed: int = 0,
    threads: int | None = None,
) -> float:
    """T(k) = 1 − 2/(n·k·(2n − 3k − 1)) Σ_i Σ_{j ∈ U_k(i)} (r(i, j) − k), over a seeded sample of tokens i.

    U_k(i) are the tokens among the k nearest of i in the plane but not in the space, r(i, j) their rank there. Of
    tokens at the same distance in the plane the first are taken; in the space they have the same rank.

    >>> around = np.linspace(0.5, 1.7, 40) ** 2
    >>> circle = np.column_stack([np.cos(around), np.sin(around)]).astype(np.float32)
    >>> trustworthiness(circle, circle)
    1.0
    """
    n = len(units)
    k = min(k, (n - 1) // 2)
    chosen = (
        np.arange(n) if n <= sample else np.sort(np.random.default_rng(seed).choice(n, sample, replace=False))
    )
    penalty = int(np.maximum(0, _ranks(units, points, chosen, k, usable_threads(threads)) - k).sum())
    return 1.0 - 2.0 / (len(chosen) * k * (2 * n - 3 * k - 1)) * penalty


def _ranks(units: Float32, points: Float32, chosen: Array, k: int, threads: int) -> Int64:
    """For each chosen token, the rank in the space, from 1, of its k nearest in the plane: int64 ``[s, k]``."""
    near, cosines = np.empty((len(chosen), k), np.int64), np.empty((len(chosen), k))
    nearer = np.zeros((len(chosen), k), np.int64)
    x, y = (np.ascontiguousarray(points[:, axis], np.float32) for axis in range(2))
    ranges = shares(len(chosen), 4 * threads)
    with ThreadPoolExecutor(threads) as pool:
        in_parts(pool, ranges, _near_in_plane, units, (x, y), chosen, near, cosines)
        error = product_error(units.shape[1])
        asked = _Asked(
            vectors=units[chosen],
            cosines=cosines,
            low=np.nextafter((cosines - error).astype(np.float32), np.float32(-np.inf)),
            high=np.nextafter((cosines + error).astype(np.float32), np.float32(np.inf)),
        )
        for start in range(0, len(units), _ROWS):
            block = units[start : start + _ROWS]
            products = asked.vectors @ block.T
            own = np.flatnonzero((chosen >= start) & (chosen < start + len(block)))
            products[own, chosen[own] - start] = _ITSELF
            in_parts(pool, ranges, _count, asked, block, products, nearer)
    return nearer + 1


@numba.njit(cache=True, nogil=True)
def _near_in_plane(units, plane, chosen, near, cosines, first, last):  # type: ignore[no-untyped-def]
    """The nearest others of chosen tokens ``first`` to ``last``, by distance, then position, and their cosines."""
    x, y = plane
    k = near.shape[1]
    reached = np.empty(k, np.float32)
    for s in range(first, last):
        own = chosen[s]
        reached[:] = np.inf
        near[s] = -1
        farthest = np.float32(np.inf)
        for j in range(len(x)):
            dx, dy = x[own] - x[j], y[own] - y[j]
            squared = dx * dx + dy * dy
            if squared < farthest and j != own:
                place = k - 1
                while place > 0 and reached[place - 1] > squared:
                    reached[place], near[s, place] = reached[place - 1], near[s, place - 1]
                    place -= 1
                reached[place], near[s, place] = squared, j
                farthest = reached[k - 1]
        for j in range(k):
            cosines[s, j] = dot(units[own], units[near[s, j]])


@numba.njit(cache=True, nogil=True)
def _count(asked, block, products, nearer, first, last):  # type: ignore[no-untyped-def]
    """Add to ``nearer`` how many rows of ``block`` are nearer to chosen tokens than those near them in the plane."""
    for s in range(first, last):
        for start in range(0, products.shape[1], _RUN):
            run = products[s, start : min(start + _RUN, products.shape[1])]
            for j in range(nearer.shape[1]):
                low, high = asked.low[s, j], asked.high[s, j]
                above, open_ = 0, 0
                for m in range(len(run)):
                    above += run[m] > high
                    open_ += run[m] >= low
                nearer[s, j] += above
                if open_ > above:
                    for m in range(len(run)):
                        if low <= run[m] <= high and (
                            dot(asked.vectors[s], block[start + m]) > asked.cosines[s, j]
                        ):
                            nearer[s, j] += 1
