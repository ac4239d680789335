"""The layout of UMAP, by epochs in which every vertex gathers its own forces: the same for any number of threads.

umap-learn draws edges one after the other and moves both ends at once, so that what a thread does depends on all that
was done before. Here the whole expected force of an epoch acts at once, from the places of the epoch before: of every
edge by its weight, and of tokens drawn by a hash of seed, epoch and vertex, as many times as umap-learn would draw
them. A step is divided by 1 + α·Σ of the pulls' strengths: a vertex with many neighbours does not overshoot them.
Places, forces and equilibria are otherwise umap-learn's (``negative_sample_rate`` 5, ``repulsion_strength`` 1).

Vertices are in random order, so that sixteen that follow each other are sixteen drawn at random.
"""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.measures.projection.graph import Graph, fuzzy_graph
from hyperpolyglot.measures.projection.parts import in_parts, shares
from hyperpolyglot.measures.projection.start import initial_places
from hyperpolyglot.types import Float32, Float64, Int32, Progress, silent

__all__ = ["CURVE", "epochs_for", "laid_out"]

CURVE = 1.2630166
"""a of 1/(1 + a·d²), fitted to ``min_dist`` 0.2 as umap-learn fits a and b of 1/(1 + a·d^2b) (1.2621 and 1.0030)."""
LANES = 16
_DRAWS = 2
_NEGATIVE_RATE = 5.0
_FARTHEST = 4.0
_BLOCK = 64
_FEW, _MANY = 500, 200
_LARGE = 50_000
_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


class _Turn(NamedTuple):
    """An epoch: ``strength`` float32 ``[n]`` with which each drawn token pushes, the ``key`` of the draws, how many
    edges a block of vertices has at most (``widest``), and the ``rate`` of the moves.
    """

    strength: Float32
    key: np.uint64
    widest: int
    rate: np.float32


def epochs_for(tokens: int) -> int:
    """How many epochs a map of so many tokens is given."""
    return _FEW if tokens <= _LARGE else _MANY


def laid_out(
    units: Float32,
    rows: Int32,
    distances: Float64,
    *,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = silent,
) -> Float32:
    """Points float32 ``[n, 2]`` of rows of length one, float32 ``[n, d]``, n at least 16.

    ``rows`` int32 and ``distances`` float64 ``[n, k]``: the nearest others of every row, the nearest first.
    """
    workers = usable_threads(threads)
    parts = 1 if len(units) < _BLOCK * LANES else 4 * workers
    order = np.random.default_rng(seed).permutation(len(units))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    with ThreadPoolExecutor(workers) as pool:
        graph = fuzzy_graph(rank[rows[order]], distances[order], pool, parts)
        places = initial_places(units[order], graph, seed, pool, parts)
        places = _moved(places, graph, seed, pool, parts, progress)
    points = np.empty((len(order), 2), np.float32)
    points[order] = places.T
    return points


def _moved(
    places: Float32, graph: Graph, seed: int, pool: Executor, parts: int, progress: Progress
) -> Float32:
    """Places ``[2, n]`` after all epochs."""
    tokens = places.shape[1]
    now, then = (_wrapped(places) for _ in range(2))
    total = np.add.reduceat(graph.weight.astype(np.float64), graph.start[:-1])
    strength = (total * (_NEGATIVE_RATE / (LANES * _DRAWS))).astype(np.float32)
    blocks = graph.start[np.minimum(np.arange(0, tokens + 2 * _BLOCK, _BLOCK), tokens)]
    widest = int((blocks[2:] - blocks[:-2]).max())
    ranges = shares(tokens, parts)
    epochs = epochs_for(tokens)
    for epoch in range(epochs):
        progress("map", epoch, epochs)
        turn = _Turn(strength, _key(seed, epoch), widest, np.float32((1.0 - epoch / epochs) ** 2))
        in_parts(pool, ranges, _epoch, now, graph, turn, then)
        then[:, tokens:] = then[:, : then.shape[1] - tokens]
        now, then = then, now
    return now[:, :tokens]


def _wrapped(places: Float32) -> Float32:
    """Places with the first ones again behind the last, so that sixteen follow each."""
    return np.ascontiguousarray(np.concatenate([places, places[:, :LANES]], axis=1))


def _key(seed: int, epoch: int) -> np.uint64:
    """A word for each epoch of each seed."""
    word = (seed * _GOLDEN + epoch + 1) & _WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = ((word ^ (word >> shift)) * factor) & _WORD
    return np.uint64(word ^ (word >> 31))


@numba.njit(cache=True, nogil=True, inline="always")
def _clipped(force):  # type: ignore[no-untyped-def]
    return min(max(force, np.float32(-_FARTHEST)), np.float32(_FARTHEST))


@numba.njit(cache=True, nogil=True, inline="always")
def _drawn(key, vertex, draw, tokens):  # type: ignore[no-untyped-def]
    """A vertex by chance, from a hash (splitmix64) of the epoch's key, the vertex and the number of the draw."""
    word = key + np.uint64(_DRAWS * vertex + draw + 1) * np.uint64(_GOLDEN)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return np.int64(((word >> np.uint64(32)) * np.uint64(tokens)) >> np.uint64(32))


@numba.njit(cache=True, nogil=True)
def _pulls(places, graph, first, last, out):  # type: ignore[no-untyped-def]
    """The pulls of edges ``first`` to ``last``: both coordinates, and their strength."""
    twice, curve = np.float32(2 * CURVE), np.float32(CURVE)
    for e in range(first, last):
        i, j = graph.head[e], graph.tail[e]
        dx, dy = places[0, j] - places[0, i], places[1, j] - places[1, i]
        strength = twice / (np.float32(1) + curve * (dx * dx + dy * dy))
        weight = np.float32(2) * graph.weight[e]
        out[0, e - first] = weight * _clipped(strength * dx)
        out[1, e - first] = weight * _clipped(strength * dy)
        out[2, e - first] = weight * strength


@numba.njit(cache=True, nogil=True)
def _push(places, tokens, vertex, key, out):  # type: ignore[no-untyped-def]
    """Add up what pushes ``vertex`` away: into sixteen lanes, then those into ``out[:, 0]``, by halves."""
    curve = np.float32(CURVE)
    x, y = places[0, vertex], places[1, vertex]
    out[:] = 0
    for draw in range(_DRAWS):
        first = _drawn(key, vertex, draw, tokens)
        for lane in range(LANES):
            dx, dy = x - places[0, first + lane], y - places[1, first + lane]
            squared = dx * dx + dy * dy
            strength = np.float32(2) / ((np.float32(0.001) + squared) * (np.float32(1) + curve * squared))
            out[0, lane] += _clipped(strength * dx)
            out[1, lane] += _clipped(strength * dy)
    for half in (8, 4, 2, 1):
        for lane in range(half):
            out[0, lane] += out[0, lane + half]
            out[1, lane] += out[1, lane + half]


@numba.njit(cache=True, nogil=True)
def _epoch(places, graph, turn, out, first, last):  # type: ignore[no-untyped-def]
    """Move vertices ``first`` to ``last``, all from where they are in ``places`` to where they are in ``out``."""
    tokens = len(graph.start) - 1
    pulls, sums = np.empty((3, turn.widest), np.float32), np.empty((2, LANES), np.float32)
    for block in range(first, last, _BLOCK):
        end = min(block + _BLOCK, last)
        base = graph.start[block]
        _pulls(places, graph, base, graph.start[end], pulls)
        for v in range(block, end):
            x, y, held = np.float32(0), np.float32(0), np.float32(0)
            for e in range(graph.start[v] - base, graph.start[v + 1] - base):
                x += pulls[0, e]
                y += pulls[1, e]
                held += pulls[2, e]
            _push(places, tokens, v, turn.key, sums)
            x += turn.strength[v] * sums[0, 0]
            y += turn.strength[v] * sums[1, 0]
            step = turn.rate / (np.float32(1) + turn.rate * held)
            out[0, v] = places[0, v] + step * x
            out[1, v] = places[1, v] + step * y
