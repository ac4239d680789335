"""How measures go with the size of models: slopes per tenfold size, within families.

A measure of all tokens is regressed on the logarithm of size, with a mean of its own for each family; the unit is the
model. For scripts and languages, each has such a slope of its own, and the mean of these is given, with the label as
unit: for balanced data that is the mixed model with labels as random effects on level and slope. It speaks of other
languages in these models, the first of other models. Intervals and p are Student's t.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.track.sums import StepValue
from hyperpolyglot.statistics import benjamini_hochberg
from hyperpolyglot.types import Float64

__all__ = ["Trend", "family_of", "parameters_in", "trends_of"]

_SIZE = re.compile(r"(?<![0-9A-Za-z.])(\d+(?:\.\d+)?)\s?([kmbt])(?![0-9A-Za-z])", re.IGNORECASE)
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_FEWEST_LABELS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The change of a measure for ten times the size; ``unit``: what its interval and its p are over.

    ``model``: of ``units`` models, those that have another size in their family; ``label``: the mean over so many
    scripts or languages.
    """

    measure: str
    unit: str
    units: int
    families: int
    change: float
    low: float
    high: float
    p: float
    p_adjusted: float

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


def parameters_in(names: Sequence[str]) -> list[float]:
    """The numbers of parameters that the names say, as 70m and 1.4b. Raises ``NotEnoughData`` for a name without.

    >>> parameters_in(["org/pythia-70m", "org/pythia-1.4b-deduped"])
    [70000000.0, 1400000000.0]
    """
    found = []
    for name in names:
        said = _SIZE.search(name)
        if said is None:
            raise NotEnoughData(
                f"{name}: the name says no size such as 70m or 1.4b; give sizes with --x (x=), or order by rows × "
                "dimensions with --by size (by='size')."
            )
        found.append(float(said[1]) * _UNITS[said[2].lower()])
    return found


def family_of(name: str) -> str:
    """A name without the size in it: models of one family share it. Names without a size are one family.

    >>> family_of("org/pythia-70m-deduped") == family_of("org/pythia-1.4b-deduped")
    True
    """
    return _SIZE.sub("", name) if _SIZE.search(name) else ""


def trends_of(
    values: Sequence[Sequence[StepValue]], sizes: Sequence[float], families: Sequence[str]
) -> tuple[Trend, ...]:
    """Slopes of every measure, of all tokens and of labels, over models with these sizes and families.

    ``values``: of each model. Empty where no family has three models with two sizes (all tokens), or fewer than three
    labels have a slope.
    """
    known: dict[str, dict[str | None, dict[int, float]]] = {}
    for i, own in enumerate(values):
        for v in own:
            known.setdefault(v.measure, {}).setdefault(v.label, {})[i] = v.value
    places = np.log10(np.asarray(sizes, np.float64))
    found: list[Trend] = []
    for measure, by_label in known.items():
        whole = _within(by_label.get(None, {}), places, families)
        if whole is not None and whole.spare > 0:
            found.append(whole.trend(measure))
        slopes = [_within(own, places, families) for label, own in by_label.items() if label is not None]
        of_labels = np.array([one.per_tenfold for one in slopes if one is not None], np.float64)
        if len(of_labels) >= _FEWEST_LABELS:
            error = float(of_labels.std(ddof=1)) / float(np.sqrt(len(of_labels)))
            found.append(
                _trend(measure, "label", len(of_labels), len(set(families)), (float(of_labels.mean()), error))
            )
    if not found:
        return ()
    adjusted = benjamini_hochberg(np.array([row.p for row in found], np.float64))
    return tuple(replace(row, p_adjusted=float(q)) for row, q in zip(found, adjusted, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Within:
    """A slope within families: of how many ``models`` in how many ``families``, and the sums behind its error."""

    per_tenfold: float
    models: int
    families: int
    rest: float
    spread: float

    @property
    def spare(self) -> int:
        return self.models - self.families - 1

    def trend(self, measure: str) -> Trend:
        error = float(np.sqrt(self.rest / self.spare / self.spread))
        return _trend(measure, "model", self.models, self.families, (self.per_tenfold, error))


def _within(own: Mapping[int, float], places: Float64, families: Sequence[str]) -> _Within | None:
    by_family: dict[str, list[int]] = {}
    for i in own:
        by_family.setdefault(families[i], []).append(i)
    groups = [group for group in by_family.values() if len({float(places[i]) for i in group}) > 1]
    if not groups:
        return None
    x = np.concatenate([places[group] - places[group].mean() for group in groups])
    values = [np.array([own[i] for i in group], np.float64) for group in groups]
    y = np.concatenate([part - part.mean() for part in values])
    spread = float(x @ x)
    slope = float(x @ y) / spread
    return _Within(
        per_tenfold=slope,
        models=len(x),
        families=len(groups),
        rest=float(((y - slope * x) ** 2).sum()),
        spread=spread,
    )


def _trend(measure: str, unit: str, units: int, families: int, found: tuple[float, float]) -> Trend:
    slope, error = found
    spare = units - families - 1 if unit == "model" else units - 1
    reach = float(stdtrit(spare, 0.975)) * error
    p = float(2 * stdtr(spare, -abs(slope) / error)) if error > 0 else float(slope == 0)
    return Trend(
        measure=measure,
        unit=unit,
        units=units,
        families=families,
        change=slope,
        low=slope - reach,
        high=slope + reach,
        p=p,
        p_adjusted=p,
    )
