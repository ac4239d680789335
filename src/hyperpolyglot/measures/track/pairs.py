"""One step beside another: neighbours in common, and linear CKA, of the sampled tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.linalg import cka_of_sums, hsic_sums
from hyperpolyglot.measures.comparison.agreement import shared_neighbors
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

__all__ = ["StepPair", "paired_steps"]

_FEWEST_ROWS = 100
"""Tokens that a label needs for its CKA: five in each of the parts that are left out in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPair:
    """``overlap`` and ``cka`` of two steps, and the sums behind them."""

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
    for number, code in enumerate((None, *labels)):
        progress("against another step", number, len(labels) + 1)
        here = np.arange(len(rows)) if code is None else np.flatnonzero(codes == code)
        label = None if code is None else shown.names[code]
        if len(here) < 2:
            continue
        values.append(_overlap(label, share[here], chance))
        columns.append(summed(("overlap", label), groups[here], share[here]))
        if len(here) >= _FEWEST_ROWS:
            found = _cka(label, vectors[0][here], vectors[1][here], groups[here] % PARTS)
            if found is not None:
                values.append(found[0])
                columns.append(found[1])
    return StepPair(values=tuple(values), tokens=joined(columns))


def _overlap(label: str | None, share: NDArray[np.float64], chance: float) -> StepValue:
    """The mean share of neighbours in common, with an interval over tokens."""
    mean, reach = float(share.mean()), 1.96 * float(share.std(ddof=1)) / np.sqrt(len(share))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return StepValue(measure="overlap", label=label, value=mean, low=low, high=high, chance=chance)


def _cka(
    label: str | None, a: Float32, b: Float32, parts: NDArray[np.int64]
) -> tuple[StepValue, Column] | None:
    """Debiased linear CKA; interval and pseudo-values by leaving each of 20 parts out."""
    means = [m.mean(axis=0, dtype=np.float64) for m in (a, b)]
    sides = (a, b, means[0], means[1]), (a, a, means[0], means[0]), (b, b, means[1], means[1])
    totals = [hsic_sums(x, y, (mx, my)) for x, y, mx, my in sides]
    found = cka_of_sums(*totals)
    if not np.isfinite(found):
        return None
    without = [float("nan")] * PARTS
    for part in np.unique(parts).tolist():
        own = parts == part
        gone = [hsic_sums(x[own], y[own], (mx, my)) for x, y, mx, my in sides]
        without[part] = cka_of_sums(*(total.without(cut) for total, cut in zip(totals, gone, strict=True)))
    low, high = jackknife_interval(found, without, correlation=True) or (None, None)
    value = StepValue(measure="cka", label=label, value=found, low=low, high=high, chance=0.0)
    return value, pseudo_values(("cka", label), found, without)
