"""One step beside another, on the sampled tokens: neighbours in common, linear CKA, RSA, and rotation removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.linalg import HsicSums, cka_of_sums, hsic_sums
from hyperpolyglot.measures.comparison.agreement import shared_neighbors
from hyperpolyglot.measures.track.alike import mean_value, ranked_alike, rotation_removed
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.step import StepMeasures
from hyperpolyglot.measures.track.sums import (
    PARTS,
    Column,
    StepValue,
    Sums,
    groups_of,
    joined,
    pseudo_values,
    summed,
)
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import jackknife_interval
from hyperpolyglot.types import Float32, Progress, silent

__all__ = ["StepPair", "cka_value", "paired_steps", "similar"]

_FEWEST_ROWS = 100
"""Tokens that a label needs for CKA and RSA: five in each of the parts that are left out in turn."""


_MOST_KEPT = 1 << 29
"""Bytes of products that are kept: all of tables of 1,000 dimensions at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPair:
    """``overlap``, ``cka``, ``rsa`` and ``rotation`` of two steps, and the sums behind them."""

    values: tuple[StepValue, ...]
    tokens: Sums


def paired_steps(
    *,
    first: TokenSpace,
    second: TokenSpace,
    of_first: StepMeasures,
    of_second: StepMeasures,
    options: TrackOptions,
    progress: Progress = silent,
) -> StepPair:
    """Compare two steps on one token axis: tokens that were sampled and have a direction in both."""
    rows, one, other = np.intersect1d(of_first.queries, of_second.queries, return_indices=True)
    k = min(of_first.near.shape[1], of_second.near.shape[1])
    near = of_first.near[one][:, :k], of_second.near[other][:, :k]
    order = np.arange(len(first), dtype=np.int32)
    queries = np.arange(len(rows), dtype=np.int32)
    share = shared_neighbors(*near, queries, order) / k
    chance = k / (max(of_first.candidates, of_second.candidates) - 1)
    groups = groups_of(len(first), options.seed)[rows]
    vectors = first.vectors(rows), second.vectors(rows)
    shown = first.labels.only_counted()
    codes = shown.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(shown.names))
    values: list[StepValue] = []
    columns: list[Column] = []
    labels = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code] >= options.fewest]
    for code in (None, *labels):
        here = np.arange(len(rows)) if code is None else np.flatnonzero(codes == code)
        if len(here) >= 2:
            label = None if code is None else shown.names[code]
            values.append(mean_value("overlap", label, share[here], chance=chance, ends=(0.0, 1.0)))
            columns.append(summed(("overlap", label), groups[here], share[here]))
    large = [code for code in labels if counts[code] >= _FEWEST_ROWS]
    of = np.searchsorted(np.sort(large), codes)
    of = np.where(np.isin(codes, large), of, -1)
    names = [shown.names[code] for code in sorted(large)]
    for label, found in similar(names, of, vectors, groups % PARTS, progress):
        made = cka_value(label, *found)
        if made is not None:
            values.append(made[0])
            columns.append(made[1])
    members = [(shown.names[code], np.flatnonzero(codes == code)) for code in large]
    if len(rows) >= _FEWEST_ROWS:
        members.insert(0, (None, np.arange(len(rows))))
    for more in (
        ranked_alike(members, vectors, groups % PARTS, options.seed),
        rotation_removed(first, second, options),
    ):
        values += more[0]
        columns += more[1]
    return StepPair(values=tuple(values), tokens=joined(columns))


_Sides = tuple[HsicSums, HsicSums, HsicSums]
"""The sums of HSIC between two steps, of the first alone and of the second alone."""


def similar(
    names: list[str],
    of: NDArray[np.intp],
    vectors: tuple[Float32, Float32],
    parts: NDArray[np.int64],
    progress: Progress,
) -> Iterator[tuple[str | None, tuple[_Sides, Iterable[tuple[int, _Sides]]]]]:
    """The sums of every label, ``of`` each row or −1, and last those of all rows: in all, and of each part.

    Each row is multiplied once, and products are kept for their sums; those of wide tables, which memory would not
    hold, are made twice.
    """
    means = [m.mean(axis=0, dtype=np.float64) for m in vectors]

    def sides(rows: NDArray[np.intp]) -> _Sides:
        a, b = (m[rows] for m in vectors)
        pairs = ((a, b, (0, 1)), (a, a, (0, 0)), (b, b, (1, 1)))
        one, two, three = (hsic_sums(x, y, (means[i], means[j])) for x, y, (i, j) in pairs)
        return one, two, three

    def by_part(rows: NDArray[np.intp]) -> Iterator[tuple[int, _Sides]]:
        for part in np.unique(parts[rows]).tolist():
            yield part, sides(rows[parts[rows] == part])

    keeps = 2 * 3 * PARTS * 8 * max(m.shape[1] for m in vectors) ** 2 <= _MOST_KEPT
    whole: dict[int, _Sides] = {}
    for number, label in enumerate((*names, None)):
        progress("against another step", number, len(names) + 1)
        if not keeps:
            rows = np.arange(len(of)) if label is None else np.flatnonzero(of == number)
            if len(rows) >= _FEWEST_ROWS:
                yield label, (sides(rows), by_part(rows))
            continue
        own = dict(by_part(np.flatnonzero(of == (-1 if label is None else number))))
        for part, found in own.items():
            whole[part] = _added(whole[part], found) if part in whole else found
        if label is not None:
            yield label, (reduce(_added, own.values()), own.items())
    if keeps and len(of) >= _FEWEST_ROWS:
        yield None, (reduce(_added, whole.values()), whole.items())


def _added(one: _Sides, other: _Sides) -> _Sides:
    between, first, second = (a.plus(b) for a, b in zip(one, other, strict=True))
    return between, first, second


def cka_value(
    label: str | None, whole: _Sides, parts: Iterable[tuple[int, _Sides]]
) -> tuple[StepValue, Column] | None:
    """Debiased linear CKA; interval and pseudo-values by leaving each of 20 parts out."""
    found = cka_of_sums(*whole)
    if not np.isfinite(found):
        return None
    without = [float("nan")] * PARTS
    for part, gone in parts:
        without[part] = cka_of_sums(*(total.without(cut) for total, cut in zip(whole, gone, strict=True)))
    low, high = jackknife_interval(found, without, correlation=True) or (None, None)
    value = StepValue(measure="cka", label=label, value=found, low=low, high=high, chance=0.0)
    return value, pseudo_values(("cka", label), found, without)
