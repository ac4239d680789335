"""How much diversity and own share vary from vocabulary to vocabulary: overall, by label, for any group of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.jackknife import correction, left_out_error, mean_interval
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Float32, Float64

__all__ = ["Errors", "label_errors", "mean_intervals"]

Errors = dict[int | None, tuple[float | None, float | None]]


def label_errors(
    lists: LabelLists, shown: Labels, neighbors: Neighbors, k: int, written: NDArray[np.int64]
) -> Errors:
    """Standard errors of mean and own share, of the tokens of each label, and of all (``None``)."""
    if k < 2:
        return dict.fromkeys([None, *set(written.tolist())], (None, None))
    size = int(neighbors.candidates.max()) + 1
    near = neighbors.rows[:, : k - 1]
    found: Errors = {}
    replaced = lists.replaced()
    factors = _factors(shown, neighbors, k, with_own=lists.with_own)
    for label in (None, *sorted(set(written.tolist()))):
        here = np.arange(len(written)) if label is None else np.flatnonzero(written == label)
        parts = []
        for base, change in replaced:
            queries = neighbors.queries[here]
            parts.append(_known_error(base[here], change[here], near[here], queries, size))
        found[label] = _scaled(parts[0], factors[0]), _scaled(parts[1], factors[1])
    return found


def _scaled(error: float | None, factor: float) -> float | None:
    return None if error is None else factor * error


def _factors(shown: Labels, neighbors: Neighbors, k: int, *, with_own: bool) -> list[float]:
    """Corrections of the errors of distinct labels and of own share."""
    own = shown.codes[neighbors.queries].astype(np.int64)
    size = int(neighbors.candidates.max()) + 1

    def means(
        tables: list[NDArray[np.integer]], at: NDArray[np.intp], with_error: bool
    ) -> list[tuple[float, float | None]]:
        (rows,) = tables
        lists = LabelLists(shown.codes[rows], own[at], len(shown.names), with_own)
        if with_error:
            pairs = lists.replaced()
            queries = neighbors.queries[at]
            return [
                (float(np.nanmean(base)), _known_error(base, change, rows[:, :-1], queries, size))
                for base, change in pairs
            ]
        first = lists.first(rows.shape[1] - 1)
        share = first.own_share()
        shared = float(np.nanmean(share)) if (~np.isnan(share)).any() else 0.0
        return [(float(first.distinct().mean()), None), (shared, None)]

    return correction([neighbors.rows[:, :k]], neighbors.queries, size, means, 2)


def _known_error(
    base: Float64,
    change: Float32,
    near: NDArray[np.integer],
    queries: NDArray[np.integer],
    size: int,
) -> float | None:
    """:func:`left_out_error` of the tokens that have a value."""
    known = ~np.isnan(base)
    moved = np.nan_to_num(change[known])
    return left_out_error(base[known], moved, near[known], queries[known], size)


def mean_intervals(
    neighbors: Neighbors, labels: Labels, members: Sequence[NDArray[np.integer]]
) -> list[Interval | None]:
    """Intervals of the mean number of distinct labels of some queries each, ``members`` positions in the queries."""
    shown = labels.only_counted()
    lists = LabelLists(
        near=shown.codes[neighbors.rows],
        own=shown.codes[neighbors.queries].astype(np.int64),
        labels=len(labels.names),
        with_own=False,
    )
    if neighbors.k < 2:
        return [None] * len(members)
    (base, change), _ = lists.replaced()
    distinct, near = lists.distinct(), neighbors.rows[:, :-1]
    size = int(neighbors.candidates.max()) + 1
    factor, _ = _factors(shown, neighbors, neighbors.k, with_own=False)
    found = []
    for rows in members:
        error = left_out_error(base[rows], change[rows], near[rows], neighbors.queries[rows], size)
        mean = float(distinct[rows].mean()) if len(rows) else 0.0
        error = None if error is None else factor * error
        found.append(mean_interval(mean, error, len(rows), most=neighbors.k))
    return found
