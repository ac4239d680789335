"""Intervals of many statistics of the same units at once, from the same resamples, so that differences are paired."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from hyperpolyglot.types import Array, Float64

__all__ = ["Resamples", "gini"]

Statistic = Callable[[Float64], Float64]


class Resamples:
    """``resamples`` draws of ``units`` with replacement, as weights; observed are weights of one.

    A statistic is a function of weights float64 ``[n, units]`` that gives values ``[n, …]``.
    """

    def __init__(self, units: int, resamples: int, seed: int, level: float = 0.95) -> None:
        self.units, self.level = units, level
        random = np.random.default_rng(seed)
        self.drawn = random.multinomial(units, np.full(units, 1 / units), size=resamples).astype(np.float64)

    def intervals(self, statistic: Statistic) -> tuple[Float64, Float64, Float64]:
        """The observed values ``[…]`` and the ends of their BCa intervals, NaN where these are not finite.

        As :func:`hyperpolyglot.statistics.bootstrap`, for all values at once: percentiles corrected for bias and
        acceleration (Efron 1987), widened for few units (Hesterberg 2015).
        """
        n = self.units
        with np.errstate(divide="ignore", invalid="ignore"):
            observed = statistic(np.ones((1, n)))[0]
            if n < 2:
                return observed, np.full_like(observed, np.nan), np.full_like(observed, np.nan)
            values = statistic(self.drawn).reshape(len(self.drawn), -1)
            left_out = statistic(1.0 - np.eye(n)).reshape(n, -1)
        flat = observed.reshape(-1)
        below = (values < flat).sum(axis=0) + (values == flat).sum(axis=0) / 2
        draws = len(values)
        bias = ndtri(np.clip(below / draws, 1 / draws, 1 - 1 / draws))
        away = left_out.mean(axis=0) - left_out
        spread = (away**2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            acceleration = np.where(spread > 0, (away**3).sum(axis=0) / (6 * spread**1.5), 0.0)
        reach = stdtrit(n - 1, (1 + self.level) / 2) * np.sqrt(n / (n - 1))
        values.sort(axis=0)
        ends = []
        for sign in (-1, 1):
            z = bias + sign * reach
            share = ndtr(bias + z / np.maximum(1 - acceleration * z, 0.1))
            ends.append(_quantiles(values, share))
        sound = np.isfinite(values).all(axis=0) & np.isfinite(left_out).all(axis=0)
        low, high = (np.where(sound, end, np.nan).reshape(observed.shape) for end in ends)
        return observed, low, high


def _quantiles(ordered: Float64, shares: Float64) -> Float64:
    """The quantile ``shares[j]`` of each ordered column j, linear between ranks."""
    place = np.clip(np.nan_to_num(shares), 0, 1) * (len(ordered) - 1)
    first = np.floor(place).astype(np.intp)
    second = np.minimum(first + 1, len(ordered) - 1)
    columns = np.arange(ordered.shape[1])
    low, high = ordered[first, columns], ordered[second, columns]
    return low + (place - first) * (high - low)


def gini(values: Array) -> Float64:
    """The Gini coefficient along the last axis: 0 where all are equal; NaN for none.

    >>> gini(np.array([[1.0, 1, 1], [0, 0, 3]])).round(4).tolist()
    [0.0, 0.6667]
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=-1)
    n = ordered.shape[-1]
    ranks = 2 * np.arange(1, n + 1) - n - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Float64 = (ordered * ranks).sum(axis=-1) / (n * ordered.sum(axis=-1))
    return found
