"""Do two models give a token the same neighbours?

For rows i shared by both and their k nearest A(i), B(i) among the shared rows, the overlap is |A(i) ∩ B(i)|/k and its
mean over tokens is the measure (PAPER: figure 7; called mutual k-NN by Huh et al. 2024). If the correspondence of rows
is drawn at random it is k/(n − 1) on average, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.comparison.permuted import in_parts, over_permutations, overlap_counts
from hyperpolyglot.measures.jackknife import correction, error_of_moves, mean_interval
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import permutation_p
from hyperpolyglot.types import Array, Float64, Int32

__all__ = [
    "mutual_graph_jaccard",
    "neighbor_overlap",
    "overlap_by_label",
    "overlap_error",
    "overlap_scale",
    "shared_neighbors",
]

CURVE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_WITHIN_DRAWS = 9
_MOST_TESTED = 1000


@numba.njit(cache=True, nogil=True)
def _shared(first, second, queries, order, out):  # type: ignore[no-untyped-def]
    stamp = np.full(len(order), -1, np.int32)
    for at in range(len(queries)):
        i = queries[at]
        for j in second[order[i]]:
            stamp[j] = at
        count = 0
        for j in first[i]:
            count += stamp[order[j]] == at
        out[at] = count


def shared_neighbors(
    first: Int32, second: Int32, queries: Array | None = None, order: Array | None = None
) -> Int32:
    """How many neighbours ``queries`` have in both graphs ``[n, k]``, int32 ``[q]``.

    ``order``: the row of the second graph that corresponds to each row of the first; the same row by default.

    >>> shared_neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[2, 1], [2, 0], [1, 0]])).tolist()
    [2, 2, 2]
    """
    n = len(first)
    asked = np.arange(n, dtype=np.int32) if queries is None else np.ascontiguousarray(queries, np.int32)
    places = np.arange(n, dtype=np.int32) if order is None else np.ascontiguousarray(order, np.int32)
    graphs = np.ascontiguousarray(first, np.int32), np.ascontiguousarray(second, np.int32)
    out = np.empty(len(asked), np.int32)
    in_parts(len(asked), lambda part: _shared(*graphs, asked[part], places, out[part]))
    return out


@numba.njit(cache=True, nogil=True)
def _left_out(first, second, rows, base, moved):  # type: ignore[no-untyped-def]
    """Of each of ``rows``, what is shared but for the last neighbours; all that changes without each token is added."""
    most = first.shape[1] - 1
    stamp = np.full(len(moved), -1, np.int32)
    for at in range(len(rows)):
        one, other = first[rows[at]], second[rows[at]]
        for m in range(most):
            stamp[one[m]] = 2 * at
        shared, next_first, next_second = 0, 0, stamp[other[most]] == 2 * at
        for m in range(most):
            j = other[m]
            next_first += j == one[most]
            if stamp[j] == 2 * at:
                stamp[j] = 2 * at + 1
                shared += 1
        base[at] = shared
        both = next_first + next_second + (one[most] == other[most]) - 1
        for m in range(most):
            if stamp[one[m]] == 2 * at + 1:
                moved[one[m]] += both
            else:
                moved[one[m]] += next_first
                stamp[one[m]] = 2 * at
        if next_second:
            for m in range(most):
                moved[other[m]] += stamp[other[m]] != 2 * at + 1


def _without_each(first: Int32, second: Int32, rows: Int32, size: int) -> tuple[Float64, Float64]:
    """Shared neighbours of ``rows`` but for the last ones, and by how much their sum changes without each token."""
    base, parts = np.empty(len(rows)), []

    def part(own: slice) -> None:
        moved = np.zeros(size, np.int64)
        _left_out(first, second, rows[own], base[own], moved)
        parts.append(moved)

    in_parts(len(rows), part)
    return base, np.sum(parts, axis=0).astype(np.float64)


def overlap_scale(graphs: tuple[Int32, Int32]) -> float:
    """By what the errors of mean overlaps of two graphs ``[n, k]`` are scaled (:func:`.jackknife.correction`)."""
    n = len(graphs[0])
    return correction(graphs, np.arange(n), n, _mean_shared, 1)[0]


def overlap_error(
    graphs: tuple[Int32, Int32], members: Sequence[Array], extra: int = 0, scale: float | None = None
) -> list[float | None]:
    """Standard errors of the mean overlap of some tokens each, ``members`` positions, for other vocabularies.

    Every token is left out of both graphs ``[n, k]`` in turn, and the last neighbour moves up. ``scale``: that of the
    graphs, where it is known.
    """
    first, second = (np.ascontiguousarray(graph, np.int32) for graph in graphs)
    n, k = first.shape
    if k < 2:
        return [None] * len(members)
    size = k - 1 + extra
    found = []
    scale = overlap_scale((first, second)) if scale is None else scale
    for rows in members:
        base, moved = _without_each(first, second, np.asarray(rows, np.int32), n)
        error = error_of_moves(base, moved, rows, n)
        found.append(None if error is None else scale * error / size)
    return found


def _mean_shared(
    tables: list[Int32], at: NDArray[np.intp], with_error: bool
) -> list[tuple[float, float | None]]:
    first, second = tables
    size = int(max(first.max(), second.max(), at.max())) + 1
    rows = np.arange(len(at), dtype=np.int32)
    if not with_error:
        shared = shared_neighbors(first[:, :-1], second[:, :-1], rows, np.arange(size))
        return [(float(shared.mean()), None)]
    base, moved = _without_each(first, second, rows, size)
    return [(float(base.mean()), error_of_moves(base, moved, at, size))]


def neighbor_overlap(
    first: Int32,
    second: Int32,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    n_rows: int = 20_000,
    include_self: bool = False,
    scale: float | None = None,
) -> Measured:
    """Mean overlap of two neighbour graphs ``[n, k]``, in 0…1, with its curve over smaller k.

    ``include_self``: the token itself counts as shared and k + 1 entries are compared, as in the paper. Interval:
    for other vocabularies, by leaving each token out of both graphs. p: the correspondence of all rows is permuted,
    the mean taken over ``n_rows`` seeded tokens. ``scale``: :func:`overlap_scale`, where it is known.
    """
    n, k = first.shape
    extra = int(include_self)
    size = k + extra
    counts = shared_neighbors(first, second)
    share = (counts + extra) / size
    queries = np.sort(random.choice(n, min(n_rows, n), replace=False))
    drawn = over_permutations(
        n, permutations, random, lambda orders: overlap_counts(first, second, [queries], orders)
    )
    jaccard, by_chance = mutual_graph_jaccard(first, second)
    value = float(share.mean())
    (error,) = overlap_error((first, second), [np.arange(n)], extra, scale)
    return Measured(
        value=value,
        null=(k * k / (n - 1) + extra) / size,
        p=permutation_p(counts[queries].sum(), drawn[:, 0]) if permutations else None,
        interval=mean_interval(value, error, n, most=1.0),
        details={
            "k": size,
            "sd": float(share.std(ddof=1)),
            "tokens": n,
            "curve": _curve(first, second, extra),
            "mutual_knn": {"value": jaccard, "null": by_chance},
        },
    )


@numba.njit(cache=True, nogil=True)
def _depths(first, second, depths):  # type: ignore[no-untyped-def]
    """How many neighbours are shared that are not among so many of the nearest in both."""
    place = np.full(len(second), -1, np.int32)
    for i in range(len(first)):
        for m in range(second.shape[1]):
            place[second[i, m]] = m
        for m in range(first.shape[1]):
            if place[first[i, m]] >= 0:
                depths[max(m, place[first[i, m]])] += 1
        for j in second[i]:
            place[j] = -1


def _curve(first: Int32, second: Int32, extra: int) -> list[dict[str, float]]:
    n, most = first.shape
    depths = np.zeros(most, np.int64)
    _depths(first, second, depths)
    shared = np.cumsum(depths)
    return [
        {
            "k": k + extra,
            "value": float((shared[k - 1] / n + extra) / (k + extra)),
            "null": (k * k / (n - 1) + extra) / (k + extra),
        }
        for k in sorted({*(c - extra for c in CURVE if 0 < c - extra < most), most})
    ]


@numba.njit(cache=True, nogil=True)
def _mutual(first, second, own, edges):  # type: ignore[no-untyped-def]
    """Edges of ``own`` to later rows that both ends choose: in the first graph, the second, and both."""
    near = np.zeros(len(first), np.uint8)
    for i in own:
        for j in second[i]:
            near[j] = 1
        for j in first[i]:
            if j > i:
                here = False
                for other in first[j]:
                    here |= other == i
                if here:
                    edges[0] += 1
                    if near[j]:
                        there = False
                        for other in second[j]:
                            there |= other == i
                        edges[2] += there
        for j in second[i]:
            near[j] = 0
            if j > i:
                there = False
                for other in second[j]:
                    there |= other == i
                edges[1] += there


def mutual_graph_jaccard(first: Int32, second: Int32) -> tuple[float | None, float | None]:
    """Jaccard index of the two graphs of mutual neighbours (j in A(i) and i in A(j)), and the one by chance.

    Chance keeps both numbers of edges and draws them among all pairs. ``None`` where neither graph has an edge.
    """
    n = len(first)
    graphs = np.ascontiguousarray(first, np.int32), np.ascontiguousarray(second, np.int32)
    parts: list[NDArray[np.int64]] = []

    def part(own: slice) -> None:
        edges = np.zeros(3, np.int64)
        _mutual(*graphs, np.arange(own.start, own.stop, dtype=np.int32), edges)
        parts.append(edges)

    in_parts(n, part)
    a, b, both = np.sum(parts, axis=0).tolist()
    total = a + b
    if not total:
        return None, None
    chance = a * b / (n * (n - 1) / 2)
    return both / (total - both), chance / (total - chance)


def overlap_by_label(
    graphs: tuple[Int32, Int32],
    labels: Labels,
    members: Sequence[tuple[str, Array]],
    *,
    random: np.random.Generator,
    permutations: int = 99,
    extra: int = 0,
    scale: float | None = None,
) -> dict[str, Measured]:
    """Mean overlap of the tokens of each label; ``members`` are (label, positions); ``scale`` as above.

    p: the correspondence of all rows is permuted, the mean taken over at most 1,000 tokens of the label. ``within``
    is the mean where correspondence is permuted among the tokens of each label: what agreement on the label alone
    would give.
    """
    first, second = graphs
    n, k = first.shape
    counts = shared_neighbors(first, second)
    share = (counts + extra) / (k + extra)
    within: Float64 = np.zeros(n)
    for _ in range(_WITHIN_DRAWS):
        drawn = shared_neighbors(first, second, order=_within(labels, random))
        within += (drawn + extra) / (k + extra) / _WITHIN_DRAWS
    asked = [np.sort(random.permutation(rows)[:_MOST_TESTED]) for _, rows in members]
    observed = [counts[rows].sum() for rows in asked]
    by_chance = over_permutations(
        n, permutations, random, lambda orders: overlap_counts(first, second, asked, orders)
    )
    errors = overlap_error(graphs, [rows for _, rows in members], extra, scale)
    return {
        label: Measured(
            value=float(share[rows].mean()),
            null=(k * k / (n - 1) + extra) / (k + extra),
            p=permutation_p(observed[i], by_chance[:, i]) if permutations else None,
            interval=mean_interval(float(share[rows].mean()), errors[i], len(rows), most=1.0),
            details={"within": float(within[rows].mean())},
        )
        for i, (label, rows) in enumerate(members)
    }


def _within(labels: Labels, random: np.random.Generator) -> NDArray[np.int64]:
    """A permutation that keeps every token's label."""
    shuffled = random.permutation(len(labels))
    order = np.empty(len(labels), np.int64)
    own = np.argsort(labels.codes, kind="stable")
    order[own] = shuffled[np.argsort(labels.codes[shuffled], kind="stable")]
    return order
