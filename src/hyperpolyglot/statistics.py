"""How sure a number is: intervals, permutation tests, rank correlations, corrections for many tests.

Every random draw comes from a ``numpy.random.Generator`` that the caller passes; its order is fixed, so a seed gives
the same answer for any chunking, thread count or machine. The resampling unit is the caller's: a row of what is
passed, or a group of rows. ``docs/statistics.md`` states the measured coverage of each interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri, stdtr, stdtrit

from hyperpolyglot.types import Array, Float64

__all__ = [
    "Correlation",
    "Interval",
    "benjamini_hochberg",
    "bootstrap",
    "bootstrap_mean",
    "control_basis",
    "held_out_interval",
    "holm",
    "jackknife_interval",
    "mean_ranks",
    "partial_spearman",
    "permutation_p",
    "share_intervals",
    "spearman",
    "wilson",
]

Interval = tuple[float, float]
Combine = Callable[[Float64], Float64]
"""Totals ``[r, c]`` to a statistic ``[r]``: the bootstrap of anything that is a function of sums over units."""

_DRAWS = 1 << 22
_FEW_VALUES = 256
_LEAST_SPREADS = 1.645
_RARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A rank correlation in −1…1 over ``n`` tokens, ``interval`` at 95 %, two-sided ``p`` against zero.

    ``None`` where a variable is constant (or is so given the controls), or there are too few tokens.
    """

    value: float | None
    p: float | None
    interval: Interval | None
    n: int

    def to_json(self) -> dict[str, object]:
        """The JSON form."""
        interval = None if self.interval is None else list(self.interval)
        return {"value": self.value, "null": 0.0, "p": self.p, "interval": interval, "tokens": self.n}


def bootstrap_mean(
    values: Array,
    groups: Array | None = None,
    *,
    random: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval | None:
    """Interval of the mean of ``values`` ``[n]``, resampling rows or, where given, whole ``groups`` ``[n]``.

    The mean is over rows: a large group weighs more. ``None`` where there are fewer than two units.

    >>> low, high = bootstrap_mean(np.arange(100.0), random=np.random.default_rng(0))
    >>> low < 49.5 < high
    True
    """
    values = np.asarray(values, np.float64)
    columns = np.stack([values, np.ones(len(values))], axis=1)
    if groups is not None:
        unit = np.unique(groups, return_inverse=True)[1]
        columns = np.stack([np.bincount(unit, weights=column) for column in columns.T], axis=1)
    return bootstrap(columns, _ratio, random=random, resamples=resamples, level=level)


def _ratio(totals: Float64) -> Float64:
    quotient: Float64 = totals[:, 0] / totals[:, 1]
    return quotient


def bootstrap(
    columns: Float64,
    combine: Combine,
    *,
    random: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval | None:
    """BCa interval (Efron 1987) of ``combine`` of the column sums of ``columns`` ``[units, c]``.

    Percentiles are corrected for bias and for acceleration (by the jackknife, or its infinitesimal form) and
    widened for few units as Hesterberg (2015, The American Statistician 69:371) proposes: quantiles of Student's t
    with ``units − 1`` degrees times √(n/(n − 1)). ``None`` for fewer than two units, and
    where a resample or a unit left out gives no finite number.
    """
    n = len(columns)
    if n < 2:
        return None
    total = columns.sum(axis=0)
    observed = float(combine(total[None])[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.sort(_resampled(columns, combine, random, resamples))
        left_out = combine(total - columns)
    if not (np.isfinite(drawn).all() and np.isfinite(left_out).all()):
        return None
    if drawn[0] == drawn[-1]:
        return float(drawn[0]), float(drawn[-1])
    below = np.count_nonzero(drawn < observed) + np.count_nonzero(drawn == observed) / 2
    bias = ndtri(np.clip(below / resamples, 1 / resamples, 1 - 1 / resamples))
    away = left_out.mean() - left_out
    spread = float((away**2).sum())
    acceleration = float((away**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    reach = stdtrit(n - 1, (1 + level) / 2) * np.sqrt(n / (n - 1))
    z = bias + np.array([-reach, reach])
    share = ndtr(bias + z / np.maximum(1 - acceleration * z, 0.1))
    low, high = np.quantile(drawn, share)
    return float(low), float(high)


def share_intervals(
    totals: Array, sizes: Array, *, level: float = 0.95, spread: Array | float = 0.0
) -> tuple[Float64, Float64]:
    """Ends of the intervals of Σ ``totals``/Σ ``sizes``, a share of 0…1, units × columns ``[n, c]`` each.

    Wilson's interval with the number of independent trials that explains the jackknife variance over units, and
    quantiles of Student's t (Franco et al. 2019, Journal of Survey Statistics and Methodology 7:334): for few units and
    for shares near 0 or 1 it keeps what a bootstrap of units promises and misses. Where all units agree on 0 or 1 the
    units are the trials. ``spread`` ``[c]``: the deviation of the share by chance alone; the interval reaches at
    least 1.64 of it to both sides, for a rare hit that was not seen cannot be resampled. Units of size zero do not
    count; NaN where fewer than two are left.

    >>> low, high = share_intervals(np.array([[1.0], [2], [0], [2]]), np.full((4, 1), 2.0))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.12], [0.95])
    """
    t, s = np.asarray(totals, np.float64), np.asarray(sizes, np.float64)
    asked = s > 0
    n = asked.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = t.sum(axis=0) / s.sum(axis=0)
        left_out = np.where(asked, (t.sum(axis=0) - t) / (s.sum(axis=0) - s), 0.0)
        middle = left_out.sum(axis=0) / n
        variance = (n - 1) / n * np.where(asked, (left_out - middle) ** 2, 0.0).sum(axis=0)
        trials = np.where(variance > 1e-18, share * (1 - share) / variance, n)
        z = stdtrit(n - 1, (1 + level) / 2)
        centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
        reach = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
        agreed = (variance <= 1e-18) & (share > 0) & (share < 1)
        ends = [np.where(agreed, share, centre + sign * reach) for sign in (-1, 1)]
        more = _LEAST_SPREADS * np.asarray(spread)
        low = np.clip(np.minimum(ends[0], share - more), 0, 1)
        high = np.clip(np.maximum(ends[1], share + more), 0, 1)
    few = n < 2
    return np.where(few, np.nan, low), np.where(few, np.nan, high)


def _resampled(columns: Float64, combine: Combine, random: np.random.Generator, resamples: int) -> Float64:
    """The statistic of each resample. Few distinct rows are drawn as counts, which is the same distribution."""
    n = len(columns)
    rows, counts = np.unique(columns, axis=0, return_counts=True)
    found = np.empty(resamples)
    step = max(1, _DRAWS // max(1, n))
    if len(rows) <= _FEW_VALUES:
        drawn = random.multinomial(n, counts / n, size=resamples)
        return combine(np.stack([(drawn * c).sum(axis=1) for c in rows.T], axis=1))
    for start in range(0, resamples, step):
        pick = random.integers(0, n, size=(min(step, resamples - start), n))
        totals = np.stack([c[pick].sum(axis=1) for c in np.ascontiguousarray(columns.T)], axis=1)
        found[start : start + step] = combine(totals)
    return found


def jackknife_interval(
    value: float,
    left_out: Sequence[float],
    *,
    pairs: Sequence[tuple[int, int, float]] = (),
    level: float = 0.95,
    correlation: bool = False,
) -> Interval | None:
    """Interval from the values with each of g equal groups of units left out (Shao and Tu 1995, section 2.3).

    Variance (g − 1)/g · Σ(θ₋ⱼ − mean)², quantiles of Student's t with g − 1 degrees; it suits statistics of pairs,
    which a bootstrap of rows would bias by pairing copies. Of a statistic that is all pairs and no single units, as
    correlations near zero are, that is twice the variance: ``pairs``, values with two groups i and j left out, take
    off what they say of it (Efron and Stein 1981, section 4), at most half. ``correlation`` works on Fisher's z, so
    that it stays within −1…1. ``None`` where a value isn't finite.
    """
    g = len(left_out)
    every = np.array([value, *left_out, *(both for _, _, both in pairs)], np.float64)
    if g < 2 or not np.isfinite(every).all():
        return None
    if correlation:
        every = np.arctanh(np.clip(every, -1 + 1e-12, 1 - 1e-12))
    parts, both = every[1 : g + 1], every[g + 1 :]
    variance = (g - 1) / g * ((parts - parts.mean()) ** 2).sum()
    if len(pairs):
        i, j = np.array([[i, j] for i, j, _ in pairs]).T
        crossed = g * every[0] - (g - 1) * (parts[i] + parts[j]) + (g - 2) * both
        variance = max(variance / 2, variance - float((crossed**2).mean()) * g / (2 * (g - 1)))
    reach = stdtrit(g - 1, (1 + level) / 2) * np.sqrt(variance)
    ends = every[0] + np.array([-reach, reach])
    low, high = np.tanh(ends) if correlation else ends
    return float(low), float(high)


def permutation_p(observed: float, null: Array, *, alternative: str = "greater") -> float:
    """(b + 1)/(m + 1) for b of m ``null`` values as extreme as ``observed`` (Phipson and Smyth 2010).

    ``alternative``: ``"greater"``, ``"less"`` or ``"two-sided"`` (twice the smaller one, at most 1).

    >>> permutation_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    null = np.asarray(null)
    above = (np.count_nonzero(null >= observed) + 1) / (len(null) + 1)
    under = (np.count_nonzero(null <= observed) + 1) / (len(null) + 1)
    if alternative == "two-sided":
        return min(1.0, 2 * min(above, under))
    return float(above if alternative == "greater" else under)


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval | None:
    """Wilson's score interval of a share, in 0…1; ``None`` for n = 0.

    For one to three successes it misses shares just below its lower end too often (84 % for 0.17 expected ones), so
    that end is moved down to where so many are seen with the probability 1 − ``level`` (Brown, Cai and DasGupta 2001,
    Statistical Science 16:101, section 4.1.1), and the upper end for as few failures.

    >>> [round(x, 4) for x in wilson(8, 20)], [round(x, 4) for x in wilson(1, 100)]
    ([0.2188, 0.6134], [0.0005, 0.0545])
    """
    if n == 0:
        return None
    low, high = _wilson(successes / n, n, level)
    failures = n - successes
    if 0 < successes <= _RARE:
        low = min(low, float(gammaincinv(successes, 1 - level)) / n)
    if 0 < failures <= _RARE:
        high = max(high, 1 - float(gammaincinv(failures, 1 - level)) / n)
    return low, high


def _wilson(share: float, trials: float, level: float) -> Interval:
    z = float(ndtri((1 + level) / 2))
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * float(np.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2)))
    low = 0.0 if share == 0 else max(0.0, centre - reach)
    return low, 1.0 if share == 1 else min(1.0, centre + reach)


def held_out_interval(
    share: float, answers: int, folds: int, *, effect: float = 1.0, level: float = 0.95
) -> Interval:
    """Wilson's interval of a cross-validated accuracy, ``share`` right of ``answers`` to held-out rows.

    Folds share training rows, so answers are not independent. The design effect is 1 + 3p(1 − p)·K/(K − 1): nothing
    near 1, where each probe errs on its own hard rows, and near one half most of what Nadeau and Bengio (2003)
    take, 1 + K/(K − 1), which is too wide elsewhere. The 3 is measured (``docs/statistics.md``). ``effect``: at
    least this, as where rows come in groups.

    >>> [round(x, 4) for x in held_out_interval(1.0, 1000, 10)]
    [0.9962, 1.0]
    """
    design = max(effect, 1 + 3 * share * (1 - share) * folds / (folds - 1))
    return _wilson(share, answers / design, level)


def spearman(x: Array, y: Array, *, level: float = 0.95) -> Correlation:
    """Spearman's rank correlation, ties by mean rank; see :func:`partial_spearman`."""
    return partial_spearman(x, y, (), level=level)


def partial_spearman(x: Array, y: Array, controls: Sequence[Array], *, level: float = 0.95) -> Correlation:
    """Rank correlation of ``x`` and ``y`` ``[n]`` once ``controls`` are held fixed.

    Ranks of x and y are regressed on the ranks of number controls and on indicators of the values of all others
    (strings, bools, integer codes); the residuals are correlated. Interval: Fisher's z with the variance
    (1 + r²/2)/(n − 3 − c) of Bonett and Wright (2000), c controls; p: Student's t with n − 2 − c degrees.
    Float arrays are numbers, everything else is categories.
    """
    n = len(x)
    if any(_categories(control) > n - 3 for control in controls):
        return Correlation(value=None, p=None, interval=None, n=n)
    design = control_basis(controls, n)
    taken = design.shape[1] - 1
    ranks = np.stack([mean_ranks(x), mean_ranks(y)], axis=1) if n else np.zeros((0, 2))
    if n - 3 - taken < 1:
        return Correlation(value=None, p=None, interval=None, n=n)
    residuals = ranks - design @ (design.T @ ranks)
    scale = np.sqrt((residuals**2).sum(axis=0))
    if (scale <= 1e-9 * np.sqrt((ranks**2).sum(axis=0))).any():
        return Correlation(value=None, p=None, interval=None, n=n)
    r = float(np.clip((residuals[:, 0] * residuals[:, 1]).sum() / (scale[0] * scale[1]), -1, 1))
    degrees = n - 2 - taken
    p = 0.0 if abs(r) == 1 else float(2 * stdtr(degrees, -abs(r) * np.sqrt(degrees / (1 - r * r))))
    z = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    reach = ndtri((1 + level) / 2) * np.sqrt((1 + r * r / 2) / (n - 3 - taken))
    return Correlation(value=r, p=p, interval=(float(np.tanh(z - reach)), float(np.tanh(z + reach))), n=n)


def mean_ranks(values: Array) -> Float64:
    """Ranks from 1, ties by their mean; all NaN where one value is.

    >>> mean_ranks(np.array([5, 1, 5])).tolist()
    [2.5, 1.0, 2.5]
    """
    if np.isnan(values).any():
        return np.full(len(values), np.nan)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Float64 = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _categories(control: Array) -> int:
    """Different values of a control that are categories; as many indicators less one are independent."""
    return 0 if np.issubdtype(np.asarray(control).dtype, np.floating) else len(np.unique(control))


def control_basis(controls: Sequence[Array], n: int) -> Float64:
    """An orthonormal basis ``[n, 1 + c]`` of the constant, number ranks and indicators of categories."""
    columns = [np.ones(n)]
    for control in map(np.asarray, controls):
        if len(control) != n:
            raise ValueError(f"a control has {len(control)} values for {n} tokens")
        if np.issubdtype(control.dtype, np.floating):
            columns.append(mean_ranks(control))
        else:
            member = np.unique(control, return_inverse=True)[1]
            columns.extend((member == i).astype(np.float64) for i in range(1, member.max(initial=0) + 1))
    matrix = np.stack(columns, axis=1)
    matrix[:, 1:] -= matrix[:, 1:].mean(axis=0) if n else 0.0
    matrix /= np.maximum(np.sqrt((matrix**2).sum(axis=0)), 1e-300)
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    basis: Float64 = left[:, values > 1e-10 * values.max(initial=1.0)]
    return basis


def holm(p: Array) -> Float64:
    """p-values adjusted for the family-wise error rate (Holm 1979), in the order given.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order, m = _ascending(p)
    steps = np.maximum.accumulate(np.asarray(p)[order] * np.arange(m, 0, -1))
    return _restored(np.minimum(steps, 1.0), order)


def benjamini_hochberg(p: Array) -> Float64:
    """p-values adjusted for the false discovery rate (Benjamini and Hochberg 1995), in the order given.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    order, m = _ascending(p)
    steps = np.asarray(p)[order] * m / np.arange(1, m + 1)
    return _restored(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def _ascending(p: Array) -> tuple[NDArray[np.intp], int]:
    return np.argsort(p, kind="stable"), len(p)


def _restored(values: Float64, order: NDArray[np.intp]) -> Float64:
    result = np.empty(len(values))
    result[order] = values
    return result
