"""What the sections of applications share: which models a record is of, and its numbers in cells and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.stats import binom

from hyperpolyglot.records import Record
from hyperpolyglot.report.wording import DASH, bracketed, exact, joined, number, percent, span
from hyperpolyglot.sources import title_of

__all__ = ["LEVEL", "by_luck", "ends_of", "listed", "models_of", "plain_cell", "share_cell", "share_in_words"]

LEVEL = 0.05
_TOGETHER = "\N{NO-BREAK SPACE}"
Value = Mapping[str, Any]
"""A number as records of applications hold it: value, low, high, and where there is such, chance."""


def models_of(found: Record) -> list[str]:
    """The titles of the models that a record is of, in their order; none for one that was put together by hand."""
    return [] if found.provenance is None else [title_of(model.model) for model in found.provenance.models]


def ends_of(value: Value) -> tuple[float, float] | None:
    """The interval, where there is one."""
    low, high = value.get("low"), value.get("high")
    return None if low is None or high is None else (low, high)


def by_luck(share: float, count: int, chance: float, tries: int = 1) -> float:
    """How probable so large a share of ``count`` is where each has this chance, in the best of some ``tries``.

    >>> round(by_luck(0.5, 10, 0.5), 3), by_luck(0.9, 100, 0.01) < 1e-9
    (0.623, True)
    """
    return min(1.0, tries * float(binom.sf(round(share * count) - 1, count, chance)))


def share_cell(value: Value) -> str:
    """A share with its interval and chance below."""
    if value["value"] is None:
        return DASH
    sure, chance = ends_of(value), value.get("chance")
    parts = [] if sure is None else [bracketed(sure).strip().replace(" ", _TOGETHER)]
    parts += [] if chance is None else [percent(chance).removesuffix(" %").replace(" ", _TOGETHER)]
    return "\n".join(filter(None, (exact(value["value"]), " · ".join(parts))))


def plain_cell(value: Value, digits: int = 2) -> str:
    """A number with its interval below."""
    if value["value"] is None:
        return DASH
    sure = ends_of(value)
    below = "" if sure is None else f"\n[{number(sure[0], digits)},{_TOGETHER}{number(sure[1], digits)}]"
    return f"{number(value['value'], digits)}{below}"


def share_in_words(value: Value, called: str = "") -> str:
    """A share in a sentence: value, then what it is called, interval and chance in brackets."""
    sure, chance = ends_of(value), value.get("chance")
    parts = [
        *([called] if called else []),
        *([] if sure is None else [f"95 % interval {span(sure)}"]),
        *([] if chance is None else [f"chance {percent(chance)}"]),
    ]
    return f"{percent(value['value'])} ({'; '.join(parts)})"


def listed(names: list[str]) -> str:
    """Names in a sentence, or what stands for them where none is known."""
    return joined(names) or "the model"
