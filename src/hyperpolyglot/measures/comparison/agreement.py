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
from hyperpolyglot.measures.jackknife import correction, left_out_error, mean_interval
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import permutation_p
from hyperpolyglot.types import Array, Float32, Float64, Int32

__all__ = [
    "mutual_graph_jaccard",
    "neighbor_overlap",
    "overlap_by_label",
    "overlap_error",
    "shared_neighbors",
]

CURVE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_WITHIN_DRAWS = 9
_MOST_TESTED = 1000


@numba.njit(cache=True, nogil=True)
def _shared(first, second, queries, order, stamp, out):  # type: ignore[no-untyped-def]
    stamp[:] = -1
    for at in range(len(queries)):
        i = queries[at]
        other = second[order[i]]
        for m in range(len(other)):
            stamp[other[m]] = at
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
    queries = np.arange(n) if queries is None else queries
    order = np.arange(n) if order is None else order
    out = np.empty(len(queries), np.int32)
    _shared(
        np.ascontiguousarray(first, np.int32),
        np.ascontiguousarray(second, np.int32),
        np.ascontiguousarray(queries, np.int32),
        np.ascontiguousarray(order, np.int32),
        np.empty(n, np.int32),
        out,
    )
    return out


@numba.njit(cache=True, nogil=True)
def _replaced(first, second, stamp, base, change):  # type: ignore[no-untyped-def]
    most = first.shape[1] - 1
    stamp[:] = -1
    for i in range(len(first)):
        for m in range(most):
            stamp[first[i, m]] = 2 * i
        shared, next_first, next_second = 0, 0, stamp[second[i, most]] == 2 * i
        for m in range(most):
            j = second[i, m]
            next_first += j == first[i, most]
            if stamp[j] == 2 * i:
                stamp[j] = 2 * i + 1
                shared += 1
        base[i] = shared
        both = next_first + next_second + (first[i, most] == second[i, most]) - 1
        for m in range(most):
            change[i, m] = both if stamp[first[i, m]] == 2 * i + 1 else next_first
            change[i, most + m] = 0 if stamp[second[i, m]] == 2 * i + 1 else next_second


def overlap_error(
    graphs: tuple[Int32, Int32], members: Sequence[Array], extra: int = 0
) -> list[float | None]:
    """Standard errors of the mean overlap of some tokens each, ``members`` positions, for other vocabularies.

    Every token is left out of both graphs ``[n, k]`` in turn, and the last neighbour moves up.
    """
    first, second = (np.ascontiguousarray(graph, np.int32) for graph in graphs)
    n, k = first.shape
    if k < 2:
        return [None] * len(members)
    base, change, near = _left_out(first, second, n)
    size = k - 1 + extra
    found = []
    (factor,) = correction((first, second), np.arange(n), n, _mean_shared, 1)
    for rows in members:
        error = left_out_error(base[rows], change[rows], near[rows], rows, n)
        found.append(None if error is None else factor * error / size)
    return found


def _left_out(first: Int32, second: Int32, size: int) -> tuple[Float64, Float32, Int32]:
    """Shared neighbours but for the last ones, and by how many they change without each of ``near``."""
    n, k = first.shape
    base, change = np.empty(n), np.empty((n, 2 * (k - 1)), np.float32)
    _replaced(first, second, np.empty(size, np.int64), base, change)
    return base, change, np.concatenate([first[:, :-1], second[:, :-1]], axis=1)


def _mean_shared(
    tables: list[Int32], at: NDArray[np.intp], with_error: bool
) -> list[tuple[float, float | None]]:
    first, second = tables
    size = int(max(first.max(), second.max(), at.max())) + 1
    base, change, near = _left_out(first, second, size)
    error = left_out_error(base, change, near, at, size) if with_error else None
    return [(float(base.mean()), error)]


def neighbor_overlap(
    first: Int32,
    second: Int32,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    n_rows: int = 20_000,
    include_self: bool = False,
) -> Measured:
    """Mean overlap of two neighbour graphs ``[n, k]``, in 0…1, with its curve over smaller k.

    ``include_self``: the token itself counts as shared and k + 1 entries are compared, as in the paper. Interval:
    for other vocabularies, by leaving each token out of both graphs. p: the correspondence of all rows is permuted,
    the mean taken over ``n_rows`` seeded tokens.
    """
    n, k = first.shape
    extra = int(include_self)
    size = k + extra
    counts = shared_neighbors(first, second)
    share = (counts + extra) / size
    queries = np.sort(random.choice(n, min(n_rows, n), replace=False))
    observed = float(counts[queries].mean())
    drawn = [
        float(shared_neighbors(first, second, queries, random.permutation(n)).mean())
        for _ in range(permutations)
    ]
    jaccard, by_chance = mutual_graph_jaccard(first, second)
    value = float(share.mean())
    (error,) = overlap_error((first, second), [np.arange(n)], extra)
    return Measured(
        value=value,
        null=(k * k / (n - 1) + extra) / size,
        p=permutation_p(observed, np.array(drawn)) if drawn else None,
        interval=mean_interval(value, error, n, most=1.0),
        details={
            "k": size,
            "sd": float(share.std(ddof=1)),
            "tokens": n,
            "curve": _curve(first, second, extra),
            "mutual_knn": {"value": jaccard, "null": by_chance},
        },
    )


def _curve(first: Int32, second: Int32, extra: int) -> list[dict[str, float]]:
    n, most = first.shape
    return [
        {
            "k": k + extra,
            "value": float((shared_neighbors(first[:, :k], second[:, :k]).mean() + extra) / (k + extra)),
            "null": (k * k / (n - 1) + extra) / (k + extra),
        }
        for k in sorted({*(c - extra for c in CURVE if 0 < c - extra < most), most})
    ]


def mutual_graph_jaccard(first: Int32, second: Int32) -> tuple[float | None, float | None]:
    """Jaccard index of the two graphs of mutual neighbours (j in A(i) and i in A(j)), and the one by chance.

    Chance keeps both numbers of edges and draws them among all pairs. ``None`` where neither graph has an edge.
    """
    n = len(first)
    a, b = _mutual_edges(first), _mutual_edges(second)
    both = len(np.intersect1d(a, b, assume_unique=True))
    total = len(a) + len(b)
    if not total:
        return None, None
    chance = len(a) * len(b) / (n * (n - 1) / 2)
    return both / (total - both), chance / (total - chance)


def _mutual_edges(graph: Int32) -> NDArray[np.int64]:
    n, k = graph.shape
    near = graph.astype(np.int64)
    own = np.repeat(np.arange(n, dtype=np.int64), k).reshape(n, k)
    codes = (np.minimum(own, near) * n + np.maximum(own, near)).ravel()
    codes.sort()
    edges: NDArray[np.int64] = codes[1:][codes[1:] == codes[:-1]]
    return edges


def overlap_by_label(
    graphs: tuple[Int32, Int32],
    labels: Labels,
    members: Sequence[tuple[str, Array]],
    *,
    random: np.random.Generator,
    permutations: int = 99,
    extra: int = 0,
) -> dict[str, Measured]:
    """Mean overlap of the tokens of each label; ``members`` are (label, positions).

    p: the correspondence of all rows is permuted, the mean taken over at most 1,000 tokens of the label. ``within``
    is the mean where correspondence is permuted among the tokens of each label: what agreement on the label alone
    would give.
    """
    first, second = graphs
    n, k = first.shape
    share = (shared_neighbors(first, second) + extra) / (k + extra)
    within: Float64 = np.zeros(n)
    for _ in range(_WITHIN_DRAWS):
        drawn = shared_neighbors(first, second, order=_within(labels, random))
        within += (drawn + extra) / (k + extra) / _WITHIN_DRAWS
    asked = [np.sort(random.permutation(rows)[:_MOST_TESTED]) for _, rows in members]
    observed = [float(shared_neighbors(first, second, rows).mean()) for rows in asked]
    by_chance = np.empty((permutations, len(asked)))
    for draw in by_chance:
        order = random.permutation(n)
        draw[:] = [shared_neighbors(first, second, rows, order).mean() for rows in asked]
    errors = overlap_error(graphs, [rows for _, rows in members], extra)
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
