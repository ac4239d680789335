"""Half-lives with intervals, and which measures move first.

Groups of tokens, or of concepts, are drawn with replacement: one draw for all steps and all measures of the same unit,
so differences are paired. Ends are percentiles, widened for few units (Hesterberg 2015); what has pseudo-values of 20
parts has 20 units. A row has a half-life only where the last step differs from the first: a two-sided t-test by the
bootstrap's deviation, adjusted over all rows (Benjamini and Hochberg 1995), at 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from hyperpolyglot.measures.track.half_life import half_lives, monotone
from hyperpolyglot.measures.track.sums import GROUPS, Sums, units_of
from hyperpolyglot.statistics import benjamini_hochberg, spearman
from hyperpolyglot.types import Float64

__all__ = [
    "LEVEL",
    "Earlier",
    "HalfLife",
    "ShareRelation",
    "half_lives_of",
    "movements",
    "related_to_share",
    "which_first",
]

Key = tuple[str, str | None]

LEVEL = 0.05
"""An adjusted p below it is a change, or an order."""

_FEWEST_STEPS = 3
"""Of two, every half-life is in the middle."""

_MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfLife:
    """Where a measure of a label (``None``: of all tokens) has done half of its change from ``start`` to ``final``.

    ``x`` is ``None`` where the change is within chance: ``p_adjusted`` of at least 0.05. ``fit``: R² of the monotone
    regression, low where a curve goes up and down again, so that its half-life says little. ``units``: groups of
    tokens or concepts that were drawn, or parts.
    """

    measure: str
    label: str | None
    x: float | None
    low: float | None
    high: float | None
    start: float
    final: float
    p: float
    p_adjusted: float
    fit: float | None
    units: int

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """``first`` has its half-life ``difference`` before ``second``; ``p`` is two-sided, by the paired bootstrap."""

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRelation:
    """Spearman's correlation of the half-lives of a measure's labels with their shares, over ``labels`` labels."""

    measure: str
    labels: int
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    share: str

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A curve ``[s]`` over the steps with its half-life ``x``.

    ``changes`` and ``halves`` ``[r]``: from the first step to the last, and the half-life, of each resample.
    """

    curve: Float64
    changes: Float64
    x: float
    halves: Float64
    units: int

    @property
    def ends(self) -> tuple[float, float]:
        """The first and the last value."""
        known = self.curve[np.isfinite(self.curve)]
        return float(known[0]), float(known[-1])

    @property
    def fit(self) -> float | None:
        """R² of the monotone regression, ``None`` for a constant."""
        known = self.curve[np.isfinite(self.curve)]
        spread = float(((known - known.mean()) ** 2).sum())
        sign = 1.0 if known[-1] >= known[0] else -1.0
        return (
            1 - float(((monotone(sign * known) - sign * known) ** 2).sum()) / spread if spread > 0 else None
        )

    @property
    def p(self) -> float:
        """Of a difference between the last step and the first, two-sided."""
        changes = self.changes[np.isfinite(self.changes)]
        change = self.ends[1] - self.ends[0]
        deviation = float(changes.std(ddof=1)) if len(changes) > 1 else 0.0
        if deviation <= 1e-12 * max(1.0, abs(change)) or self.units < 2:
            return float(abs(change) <= 1e-12)
        deviation *= np.sqrt(self.units / (self.units - 1))
        return float(2 * stdtr(self.units - 1, -abs(change) / deviation))


def movements(
    x: Float64, steps: Sequence[Sequence[Sums]], *, resamples: int, seed: int
) -> dict[Key, Movement]:
    """The curve of every column that at least three steps have. ``steps``: sums of tokens, then of concepts."""
    found: dict[Key, Movement] = {}
    for unit in range(len(steps[0])):
        random = np.random.default_rng([seed, 13, unit])
        draws = random.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=resamples).astype(np.float64)
        sums = [step[unit] for step in steps]
        places = [{key: i for i, key in enumerate(own.columns)} for own in sums]
        for key in dict.fromkeys(key for own in sums for key in own.columns):
            totals, sizes = np.zeros((2, len(sums), GROUPS))
            for at, (own, place) in enumerate(zip(sums, places, strict=True)):
                if key in place:
                    totals[at], sizes[at] = own.totals[:, place[key]], own.sizes[:, place[key]]
            movement = _movement(x, totals, sizes, draws, units_of(key[0], sizes))
            if movement is not None:
                found[key] = movement
    return found


def _movement(x: Float64, totals: Float64, sizes: Float64, draws: Float64, units: int) -> Movement | None:
    with np.errstate(invalid="ignore", divide="ignore"):
        curve = totals.sum(axis=1) / sizes.sum(axis=1)
        drawn = (draws @ totals.T) / (draws @ sizes.T)
    known = np.flatnonzero(np.isfinite(curve))
    if len(known) < _FEWEST_STEPS:
        return None
    sign = float(np.sign(curve[known[-1]] - curve[known[0]]))
    signs = np.full(len(drawn), sign)
    return Movement(
        curve=curve,
        changes=drawn[:, known[-1]] - drawn[:, known[0]],
        x=float(half_lives(x, curve, signs[:1])[0]),
        halves=half_lives(x, drawn, signs),
        units=units,
    )


def half_lives_of(movements: Mapping[Key, Movement]) -> tuple[HalfLife, ...]:
    """A row for every curve, in their order."""
    p = np.array([movement.p for movement in movements.values()])
    adjusted = benjamini_hochberg(p) if len(p) else p
    rows = []
    for (key, movement), one, other in zip(movements.items(), p.tolist(), adjusted.tolist(), strict=True):
        moved = other < LEVEL and np.isfinite(movement.x)
        low, high = _interval(movement.halves, movement.units) if moved else (None, None)
        rows.append(
            HalfLife(
                measure=key[0],
                label=key[1],
                x=movement.x if moved else None,
                low=low,
                high=high,
                start=movement.ends[0],
                final=movement.ends[1],
                p=one,
                p_adjusted=other,
                fit=movement.fit,
                units=movement.units,
            )
        )
    return tuple(rows)


def _interval(values: Float64, units: int) -> tuple[float, float] | tuple[None, None]:
    known = values[np.isfinite(values)]
    if units < 2 or len(known) < (1 - _MOST_UNDEFINED) * len(values):
        return None, None
    share = float(ndtr(-stdtrit(units - 1, 0.975) * np.sqrt(units / (units - 1))))
    low, high = np.quantile(known, [share, 1 - share])
    return float(low), float(high)


def which_first(movements: Mapping[Key, Movement], rows: Sequence[HalfLife]) -> tuple[Earlier, ...]:
    """Every two measures of all tokens that moved, the earlier one first."""
    moved = sorted(
        (row for row in rows if row.label is None and row.x is not None), key=lambda row: row.x or 0.0
    )
    pairs = []
    for one, other in combinations(moved, 2):
        first, second = movements[one.measure, None], movements[other.measure, None]
        differences = second.halves - first.halves
        differences = differences[np.isfinite(differences)]
        low, high = _interval(differences, min(first.units, second.units))
        if low is None or high is None:
            continue
        below = (np.count_nonzero(differences <= 0) + 1) / (len(differences) + 1)
        above = (np.count_nonzero(differences >= 0) + 1) / (len(differences) + 1)
        pairs.append((one, other, second.x - first.x, low, high, float(min(1.0, 2 * min(below, above)))))
    adjusted = benjamini_hochberg(np.array([pair[-1] for pair in pairs], np.float64))
    return tuple(
        Earlier(
            first=one.measure,
            second=other.measure,
            difference=difference,
            low=low,
            high=high,
            p=p,
            p_adjusted=float(q),
        )
        for (one, other, difference, low, high, p), q in zip(pairs, adjusted, strict=True)
    )


def related_to_share(
    rows: Sequence[HalfLife], shares: Mapping[str, float], source: str
) -> tuple[ShareRelation, ...]:
    """For every measure whose labels have half-lives and shares: four at least, else there is no row."""
    found = []
    for measure in dict.fromkeys(row.measure for row in rows):
        own = [
            (row.x, shares[row.label])
            for row in rows
            if row.measure == measure and row.x is not None and row.label in shares and row.label is not None
        ]
        if len(own) < 4:
            continue
        x, share = np.array(own).T
        relation = spearman(x, share)
        low, high = relation.interval or (None, None)
        found.append(
            ShareRelation(
                measure=measure,
                labels=len(own),
                value=relation.value,
                low=low,
                high=high,
                p=relation.p,
                share=source,
            )
        )
    return tuple(found)
