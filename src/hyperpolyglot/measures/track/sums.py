"""Sums over groups of tokens, or of concepts: what the bootstrap along steps draws.

A mean is Σ totals / Σ sizes over groups. Tokens are dealt to 200 groups once, by position, so that the same draw of
groups is a draw of the same tokens at every step, and of every measure. What is no mean has pseudo-values: P times the
value less P − 1 times the value without one of P = 20 parts (Efron and Tibshirani 1993, section 11.5). A part is ten
groups; its deviation is given to each of them √10 times, so that a draw of groups varies as a draw of parts would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Array, Float64, frozen

__all__ = [
    "GROUPS",
    "PARTS",
    "StepValue",
    "Sums",
    "groups_of",
    "joined",
    "pseudo_values",
    "summed",
    "units_of",
]

GROUPS, PARTS = 200, 20
_OF_PARTS = ("isotropy", "cka", "rsa")
"""What is no mean, with any ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepValue:
    """A measure at one step: ``label`` ``None`` is all tokens; ``low`` and ``high`` are at 95 %."""

    measure: str
    label: str | None
    value: float
    low: float | None
    high: float | None
    chance: float | None

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in ("value", "low", "high", "chance")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """``totals`` and ``sizes`` float64 ``[group, column]``; a column is a measure and a label."""

    columns: tuple[tuple[str, str | None], ...]
    totals: Float64
    sizes: Float64

    def __post_init__(self) -> None:
        if self.totals.shape != self.sizes.shape or self.totals.shape[1:] != (len(self.columns),):
            raise ValueError("totals, sizes and columns differ in length")
        for name in ("totals", "sizes"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def renamed(self, ending: str) -> Sums:
        """The same columns with an ending behind the names of their measures."""
        columns = tuple((f"{measure}{ending}", label) for measure, label in self.columns)
        return Sums(columns=columns, totals=self.totals, sizes=self.sizes)


Column = tuple[tuple[str, str | None], Float64, Float64]


def groups_of(units: int, seed: int) -> NDArray[np.int64]:
    """The group of every token or concept, int64 ``[unit]``.

    >>> np.bincount(groups_of(400, 0), minlength=GROUPS).tolist() == [2] * GROUPS
    True
    """
    return np.random.default_rng([seed, 7]).permutation(units) % GROUPS


def summed(
    name: tuple[str, str | None], groups: NDArray[np.integer], values: Array, weights: Array | float = 1.0
) -> Column:
    """The column of a weighted mean of ``values`` ``[n]``, each in one of ``groups`` ``[n]``."""
    sizes = np.broadcast_to(np.asarray(weights, np.float64), len(values))
    totals = np.bincount(groups, np.asarray(values, np.float64) * sizes, minlength=GROUPS)
    counts = np.bincount(groups, sizes, minlength=GROUPS)
    return name, totals.astype(np.float64), counts.astype(np.float64)


def pseudo_values(name: tuple[str, str | None], value: float, without: Sequence[float]) -> Column:
    """The column of a value that is no mean; ``without``: the value with each part left out, NaN for an empty one.

    Group g is in part g mod 20.
    """
    left = np.asarray(without, np.float64)
    there = np.isfinite(left)
    count = np.count_nonzero(there)
    moves = np.where(there, left - left[there].mean() if count else 0.0, 0.0)
    pseudo = np.where(there, value - (count - 1) * np.sqrt(GROUPS / PARTS) * moves, 0.0)
    of = np.arange(GROUPS) % PARTS
    return name, pseudo[of], there[of].astype(np.float64)


def units_of(measure: str, sizes: Float64) -> int:
    """How many units differ in the ``sizes`` ``[step, group]`` of a measure: groups, or parts of ten groups each.

    >>> units_of("norm", np.ones((3, GROUPS))), units_of("cka_last", np.ones((3, GROUPS)))
    (200, 20)
    """
    drawn = (sizes > 0).any(axis=0)
    if measure.startswith(_OF_PARTS):
        drawn = drawn.reshape(-1, PARTS).any(axis=0)
    return int(np.count_nonzero(drawn))


def joined(columns: Sequence[Column]) -> Sums:
    """Columns side by side."""
    nothing = np.empty((GROUPS, 0))
    return Sums(
        columns=tuple(name for name, _, _ in columns),
        totals=np.stack([totals for _, totals, _ in columns], axis=1) if columns else nothing,
        sizes=np.stack([sizes for _, _, sizes in columns], axis=1) if columns else nothing,
    )
