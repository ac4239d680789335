"""From ranks to scores: P@k and MRR, what chance gives, and intervals over concepts."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.special import gammaln

from hyperpolyglot.statistics import bootstrap_mean
from hyperpolyglot.types import Array, Float64

__all__ = ["METRICS", "cell_intervals", "chance", "interval_of", "scored", "values_of"]

METRICS = ("p1", "p5", "p10", "mrr")
_CELLS = 512
_DEPTH = {"p1": 1, "p5": 5, "p10": 10}


def values_of(metric: str, ranks: Array) -> Float64:
    """The score of each question: whether the rank is within k, or 1/rank; rank 0 (no answer) scores 0.

    >>> values_of("p5", np.array([1, 6, 0])).tolist(), values_of("mrr", np.array([4])).tolist()
    ([1.0, 0.0, 0.0], [0.25])
    """
    if metric == "mrr":
        return np.where(ranks > 0, 1.0 / np.maximum(ranks, 1), 0.0)
    return ((ranks > 0) & (ranks <= _DEPTH[metric])).astype(np.float64)


@cache
def chance(metric: str, candidates: int, golds: int) -> float:
    """Expected score of a random order of m candidates with g right ones.

    P@k = 1 − C(m − g, k)/C(m, k). MRR = Σ_r 1/r · C(m − r, g − 1)/C(m, g): the best of g is at rank r.

    >>> chance("p5", 10, 1), chance("p5", 3, 1), round(chance("mrr", 3, 1), 4)
    (0.5, 1.0, 0.6111)
    """
    m, g = candidates, min(golds, candidates)
    if g <= 0:
        return 0.0
    if metric == "mrr":
        rank = np.arange(1, m - g + 2, dtype=np.float64)
        logs = _log_choose(m - rank, g - 1) - _log_choose(np.float64(m), g)
        return float(np.sum(np.exp(logs) / rank))
    k = min(_DEPTH[metric], m)
    missed = 1.0
    for i in range(k):
        missed *= max(0, m - g - i) / (m - i)
    return 1.0 - missed


def _log_choose(n: Any, k: int) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def interval_of(
    values: Float64, concepts: Array, random: np.random.Generator, resamples: int
) -> list[float] | None:
    """95 % interval of the mean over questions, whole concepts resampled; ``None`` for fewer than two concepts."""
    found = bootstrap_mean(values, concepts, random=random, resamples=resamples) if len(values) else None
    return None if found is None else [float(found[0]), float(found[1])]


def scored(
    ranks: Array,
    sizes: tuple[Array, Array],
    concepts: Array,
    random: np.random.Generator,
    resamples: int,
) -> dict[str, Any]:
    """``{p1, p5, p10, mrr: {value, interval, chance}}``; ``sizes``: candidates and golds of each question."""
    result: dict[str, Any] = {}
    if not len(ranks):
        return {metric: {"value": None, "interval": None, "chance": None} for metric in METRICS}
    pairs, counts = np.unique(np.stack(sizes, axis=1), axis=0, return_counts=True)
    for metric in METRICS:
        values = values_of(metric, ranks)
        expected = [chance(metric, int(m), int(g)) for m, g in pairs.tolist()]
        result[metric] = {
            "value": float(values.mean()),
            "interval": interval_of(values, concepts, random, resamples),
            "chance": float(np.average(expected, weights=counts)),
        }
    return result


def cell_intervals(
    values: Float64, concepts: Array, cells: Array, count: int, random: np.random.Generator, resamples: int
) -> tuple[Float64, Float64, Float64]:
    """(mean, low, high) of every cell ``[count]``, NaN where it is empty or has fewer than two concepts.

    The percentile bootstrap over concepts, with the same resamples of concepts in every cell.
    """
    names, concept = np.unique(concepts, return_inverse=True)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(0, count + _CELLS, _CELLS))
    mean, low, high = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    if not len(names):
        return mean, low, high
    weights = random.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples).astype(float)
    for number, first in enumerate(range(0, count, _CELLS)):
        chosen = order[starts[number] : starts[number + 1]]
        shape = (len(names), min(_CELLS, count - first))
        at = concept[chosen] * shape[1] + cells[chosen] - first
        totals = np.bincount(at, weights=values[chosen], minlength=shape[0] * shape[1]).reshape(shape)
        sizes = np.bincount(at, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        filled, many = sizes.sum(axis=0) > 0, np.flatnonzero((sizes > 0).sum(axis=0) > 1)
        mean[first : first + shape[1]][filled] = totals.sum(axis=0)[filled] / sizes.sum(axis=0)[filled]
        if len(many):
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = (weights @ totals[:, many]) / (weights @ sizes[:, many])
            whole = ~np.isnan(drawn).any(axis=0)
            for some, percentile in ((whole, np.percentile), (~whole, np.nanpercentile)):
                if some.any():
                    limits = percentile(drawn[:, some], [2.5, 97.5], axis=0)
                    low[first + many[some]], high[first + many[some]] = limits
    return mean, low, high
