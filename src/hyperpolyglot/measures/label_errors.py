"""How much diversity and own share vary from vocabulary to vocabulary: overall, by label, for any group of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.jackknife import LEAST_FACTOR, correction, left_out_error, mean_interval
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Errors", "label_errors", "mean_intervals"]

_LEAST_OF_LABEL, _MOST_LABELS = 20, 200
_LEAST_OF_LABELS = 0.25
"""Least ratio of variances; few tokens that share their neighbours hide each other more than all tokens do."""

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
    groups = (None, *sorted(set(written.tolist())))
    factors = _factors(shown, neighbors, k, groups, written, with_own=lists.with_own)
    for label in groups:
        here = _members(written, label)
        parts = []
        for base, change in replaced:
            queries = neighbors.queries[here]
            parts.append(_known_error(base[here], change[here], near[here], queries, size))
        found[label] = _scaled(parts[0], factors[label][0]), _scaled(parts[1], factors[label][1])
    return found


def _members(written: NDArray[np.int64], label: int | None) -> NDArray[np.intp]:
    return np.arange(len(written)) if label is None else np.flatnonzero(written == label)


def _scaled(error: float | None, factor: float) -> float | None:
    return None if error is None else factor * error


def _factors(
    shown: Labels,
    neighbors: Neighbors,
    k: int,
    groups: Sequence[int | None],
    written: NDArray[np.int64],
    *,
    with_own: bool,
) -> dict[int | None, list[float]]:
    """Corrections of the errors of distinct labels and of own share, of all (``None``) and of each label.

    A label of fewer than 20 tokens, beyond the 200 largest, or that a half did not hold, has those of all; so have
    the own shares of all labels, which the halves of a label would make too sure.
    """
    own = shown.codes[neighbors.queries].astype(np.int64)
    size = int(neighbors.candidates.max()) + 1
    sizes = {g: len(written) if g is None else np.count_nonzero(written == g) for g in groups}
    largest = sorted(groups, key=lambda g: -sizes[g])[: _MOST_LABELS + 1]
    kept = [g for g in groups if g is None or (sizes[g] >= _LEAST_OF_LABEL and g in largest)]

    def means(
        tables: list[NDArray[np.integer]], at: NDArray[np.intp], with_error: bool
    ) -> list[tuple[float, float | None]]:
        (rows,) = tables
        lists = LabelLists(shown.codes[rows], own[at], len(shown.names), with_own)
        first, near = lists.first(rows.shape[1] - 1), rows[:, :-1]
        distinct, share = (
            lists.replaced() if with_error else ((first.distinct(), None), (first.own_share(), None))
        )
        label_at = written[at]

        def mean_of(here: NDArray[np.intp], of: tuple[Array, Float32 | None]) -> tuple[float, float | None]:
            base, change = of
            queries = neighbors.queries[at[here]]
            error = (
                None if change is None else _known_error(base[here], change[here], near[here], queries, size)
            )
            return _mean(base[here]), error

        by_group = [mean_of(_members(label_at, label), distinct) for label in kept]
        return [*by_group, mean_of(_members(label_at, None), share)]

    least = np.array([LEAST_FACTOR if label is None else _LEAST_OF_LABELS for label in kept] + [LEAST_FACTOR])
    found = correction([neighbors.rows[:, :k]], neighbors.queries, size, means, len(least), least=least)
    distinct = dict(zip(kept, found[:-1], strict=True))
    shared = 1.0 if np.isnan(found[-1]) else found[-1]
    every = 1.0 if np.isnan(found[0]) else found[0]
    own_of = {label: distinct.get(label, every) for label in groups}
    return {label: [every if np.isnan(factor) else factor, shared] for label, factor in own_of.items()}


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


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
    written = shown.codes[neighbors.queries].astype(np.int64)
    factor, _ = _factors(shown, neighbors, neighbors.k, (None,), written, with_own=False)[None]
    found = []
    for rows in members:
        error = left_out_error(base[rows], change[rows], near[rows], neighbors.queries[rows], size)
        mean = float(distinct[rows].mean()) if len(rows) else 0.0
        error = None if error is None else factor * error
        found.append(mean_interval(mean, error, len(rows), most=neighbors.k))
    return found
