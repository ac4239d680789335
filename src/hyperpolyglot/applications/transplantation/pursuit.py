"""Orthogonal matching pursuit (Pati, Rezaiifar and Krishnaprasad 1993): a vector as a sum of a few points."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.largest_products import LargestProducts, Searcher
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.types import Float32, Float64, Int64

__all__ = ["Pursuit", "matching_pursuit"]

_TOGETHER = 48
_BYTES = 1 << 26
_LEAST = 1e-8


class _State(NamedTuple):
    """What is known of some vectors: ``rest`` float64 ``[m, d]`` and its ``length`` ``[m]``, the length of the
    ``whole``; the chosen points and, of these, ``basis`` ``[m, atoms, d]``, ``upper`` ``[m, atoms, atoms]`` and
    ``along`` ``[m, atoms]``: points are upperᵀ·basis, and along·basis is what they rebuild.
    """

    rest: Float64
    length: Float64
    whole: Float64
    chosen: Int64
    basis: Float64
    upper: Float64
    along: Float64


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _inner(x, y):  # type: ignore[no-untyped-def]
    total = 0.0
    for m in range(len(x)):
        total += x[m] * y[m]
    return total


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _take_off(x, factor, y):  # type: ignore[no-untyped-def]
    for m in range(len(x)):
        x[m] -= factor * y[m]


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _take_off_four(x, basis, k, parts):  # type: ignore[no-untyped-def]
    """Take off ``x`` what lies along four vectors of the basis, and add it to ``parts``."""
    s0 = s1 = s2 = s3 = 0.0
    for m in range(len(x)):
        s0 += basis[k, m] * x[m]
        s1 += basis[k + 1, m] * x[m]
        s2 += basis[k + 2, m] * x[m]
        s3 += basis[k + 3, m] * x[m]
    for m in range(len(x)):
        x[m] -= s0 * basis[k, m] + s1 * basis[k + 1, m] + s2 * basis[k + 2, m] + s3 * basis[k + 3, m]
    parts[k] += s0
    parts[k + 1] += s1
    parts[k + 2] += s2
    parts[k + 3] += s3


@numba.njit(cache=True, nogil=True)
def _orthogonal(fresh, basis, step, parts):  # type: ignore[no-untyped-def]
    """Take off ``fresh`` what lies along the first vectors of the basis, add it to ``parts``; the length that is left.

    A second pass where much went, for it takes off what rounding left (Daniel, Gragg, Kaufman and Stewart 1976).
    """
    length = np.sqrt(_inner(fresh, fresh))
    for _ in range(2):
        whole = step // 4 * 4
        for k in range(0, whole, 4):
            _take_off_four(fresh, basis, k, parts)
        for k in range(whole, step):
            part = _inner(basis[k], fresh)
            parts[k] += part
            _take_off(fresh, part, basis[k])
        before, length = length, np.sqrt(_inner(fresh, fresh))
        if length > 0.7 * before:
            break
    return length


@numba.njit(cache=True, nogil=True)
def _begin(targets, state):  # type: ignore[no-untyped-def]
    for i in range(len(targets)):
        for m in range(targets.shape[1]):
            state.rest[i, m] = targets[i, m]
        state.whole[i] = state.length[i] = np.sqrt(_inner(state.rest[i], state.rest[i]))
        state.chosen[i] = -1
        state.upper[i] = 0
        state.along[i] = 0


@numba.njit(cache=True, nogil=True)
def _add(state, points, step, found):  # type: ignore[no-untyped-def]
    """Add the point that was found for each vector, and take it off the rest; the number of those that go on."""
    going = 0
    for i in range(len(found)):
        state.upper[i, step, step] = 1.0
        state.basis[i, step] = 0
        if found[i] < 0:
            continue
        state.chosen[i, step] = found[i]
        fresh, length = state.basis[i, step], 0.0
        for m in range(len(fresh)):
            fresh[m] = points[found[i], m]
        length = np.sqrt(_inner(fresh, fresh))
        left = _orthogonal(fresh, state.basis[i], step, state.upper[i, :, step])
        if left > _LEAST * length:
            state.upper[i, step, step] = left
            for m in range(len(fresh)):
                fresh[m] /= left
            along = _inner(fresh, state.rest[i])
            state.along[i, step] = along
            _take_off(state.rest[i], along, fresh)
        else:
            state.basis[i, step] = 0
        rest = np.sqrt(_inner(state.rest[i], state.rest[i]))
        state.length[i] = rest if rest > _LEAST * state.whole[i] else 0.0
        going += state.length[i] > 0
    return going


@numba.njit(cache=True, nogil=True)
def _solve(state, steps, out):  # type: ignore[no-untyped-def]
    """The coefficients of the points that were added in some steps, by back substitution."""
    for i in range(len(out)):
        for k in range(steps - 1, -1, -1):
            value = state.along[i, k]
            for later in range(k + 1, steps):
                value -= state.upper[i, k, later] * out[i, later]
            out[i, k] = value / state.upper[i, k, k]


class Pursuit(NamedTuple):
    """``rows``: of which vectors; ``chosen`` int64 ``[m, atoms]``, −1 from where it ended; ``by``: coefficients."""

    rows: slice
    chosen: Int64
    by: Float64


def matching_pursuit(
    targets: Float32, points: Float32, atoms: int, *, threads: int | None = None
) -> Iterator[Pursuit]:
    """Rebuild each of ``targets`` ``[m, d]`` from at most ``atoms`` of ``points`` ``[n, d]``, block by block, in order.

    Each step takes the point with the largest absolute product with what is left, of equal ones the first, and leaves
    what the chosen points do not span. A point that adds nothing new has coefficient zero. A vector is done when less
    than 1e-8 of its length is left. Results do not depend on threads.

    >>> points = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 1]], np.float32)
    >>> (found,) = matching_pursuit(np.array([[1, 4, 0]], np.float32), points, 3)
    >>> found.chosen.tolist(), found.by.tolist()
    ([[1, 0, -1]], [[2.0, 1.0, 0.0]])
    """
    targets = np.require(targets, np.float32, ["C", "A"])
    points = np.require(points, np.float32, ["C", "A"])
    atoms = min(atoms, len(points))
    size = max(1, min(_TOGETHER, _BYTES // (8 * atoms * (points.shape[1] + atoms))))
    products = LargestProducts(points)
    free: list[tuple[Searcher, _State]] = []
    blocks = [slice(s, min(s + size, len(targets))) for s in range(0, len(targets), size)]

    def pursued(block: slice) -> Pursuit:
        try:
            searcher, state = free.pop()
        except IndexError:
            searcher, state = products.searcher(size), _room(size, atoms, points.shape[1])
        found = _pursued(targets[block], points, state, searcher)
        free.append((searcher, state))
        return Pursuit(block, *found)

    workers = usable_threads(threads)
    with ThreadPoolExecutor(workers) as pool:
        ahead = [pool.submit(pursued, block) for block in blocks[: 2 * workers]]
        for place in range(len(blocks)):
            done = ahead.pop(0).result()
            if place + 2 * workers < len(blocks):
                ahead.append(pool.submit(pursued, blocks[place + 2 * workers]))
            yield done


def _room(size: int, atoms: int, width: int) -> _State:
    return _State(
        rest=np.empty((size, width)),
        length=np.empty(size),
        whole=np.empty(size),
        chosen=np.empty((size, atoms), np.int64),
        basis=np.empty((size, atoms, width)),
        upper=np.empty((size, atoms, atoms)),
        along=np.empty((size, atoms)),
    )


def _pursued(targets: Float32, points: Float32, state: _State, search: Searcher) -> tuple[Int64, Float64]:
    count, atoms = len(targets), state.chosen.shape[1]
    _begin(targets, state)
    found, by = np.empty(count, np.int64), np.zeros((count, atoms))
    for step in range(atoms):
        search(state.rest[:count], state.length[:count], state.chosen[:count], found)
        if not _add(state, points, step, found):
            break
    _solve(state, step + 1, by)
    return state.chosen[:count].copy(), by
