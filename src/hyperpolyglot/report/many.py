"""Many models in a section: ranks and a table in place of a sentence for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hyperpolyglot.report.content import Grid
from hyperpolyglot.report.wording import DASH, bracketed, capital, exact, joined, number
from hyperpolyglot.statistics import Interval

__all__ = [
    "FEW",
    "Ranked",
    "Told",
    "labels_in_panels",
    "of_few",
    "ranked",
    "scores",
    "tell",
    "together",
    "told_ranks",
]

Result = TypeVar("Result")

FEW = 2
"""Models of which each has its own sentence; more have a table."""

_OF_MODEL = re.compile(r"((?:Pieces per word|Tokens) are (?:exact|estimated) for )(.+?)((?: \(|, from ).*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A model's score: ``interval`` at 95 %, ``chance`` what nothing would give, each where it is known."""

    name: str
    value: float
    interval: Interval | None = None
    chance: float | None = None

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval, or without one the value, lies above chance."""
        low = self.interval[0] if self.interval else self.value
        return self.chance is None or low > self.chance


@dataclass(frozen=True, slots=True)
class Told:
    """What a section says of its models: sentences, and a table of many."""

    reading: tuple[str, ...]
    grids: tuple[Grid, ...] = ()


def ranked(models: Sequence[Ranked]) -> list[tuple[Ranked, ...]]:
    """Models of one rank, highest first: those whose intervals overlap with that of the first of their rank.

    >>> a, b, c = (Ranked(name=n, value=v, interval=(v - 2, v + 2)) for n, v in (("a", 5), ("b", 20), ("c", 18)))
    >>> [[model.name for model in rank] for rank in ranked([a, b, c])]
    [['b', 'c'], ['a']]
    """
    ranks: list[list[Ranked]] = []
    for model in sorted(models, key=lambda model: -model.value):
        if ranks and _overlap(ranks[-1][0], model):
            ranks[-1].append(model)
        else:
            ranks.append([model])
    return [tuple(rank) for rank in ranks]


def _overlap(first: Ranked, other: Ranked) -> bool:
    (low, _), (_, high) = (m.interval or (m.value, m.value) for m in (first, other))
    return high >= low


def told_ranks(models: Sequence[Ranked], by: str, *, share: bool = True) -> str:
    """The ranks in a sentence, those not above chance apart; ``by``: the measure.

    >>> told_ranks([Ranked(name="a", value=0.1, chance=0.2), Ranked(name="b", value=0.5, chance=0.2)], "P@1")
    'Ranked by P@1: 1. b (50.0 %). Not above chance (20.0 %): a (10.0 %).'
    """
    shown: Callable[[float], str] = exact if share else number
    above = ranked([model for model in models if model.above_chance])
    below = sorted((model for model in models if not model.above_chance), key=lambda model: -model.value)
    told = []
    place = 1
    for rank in above:
        told.append(f"{place}. {joined([_with_value(model, shown) for model in rank])}")
        place += len(rank)
    sentences = [f"Ranked by {by}: {'; '.join(told)}."] if told else []
    if below:
        chances = [model.chance for model in below if model.chance is not None]
        low, high = shown(min(chances)), shown(max(chances))
        chance = low if low == high else f"{low} to {high}"
        listed = joined([_with_value(model, shown) for model in below])
        apart = f"not above chance ({chance}): {listed}."
        sentences.append(capital(apart) if told else f"By {by}, {apart}")
    return " ".join(sentences)


def _with_value(model: Ranked, shown: Callable[[float], str]) -> str:
    return f"{model.name} ({shown(model.value)}{bracketed(model.interval, shown)})"


def tell(
    found: Sequence[tuple[str, Result]],
    read: Callable[[str, Result], str],
    columns: Mapping[str, Callable[[Result], str]],
    *,
    title: str = "By model; below a value: [95 % interval] · chance",
    lead: Callable[[], str] | None = None,
    words: int = 1,
    of: str = "model",
) -> Told:
    """Few models: a sentence for each. More: what ``lead`` says of all, and a table with a row for each.

    ``columns``: a table's columns by their headings, of which those without any value are not shown; the first
    ``words``, with the names of models, or what else they are ``of``, are words.
    """
    if len(found) <= FEW:
        return Told(of_few(found, read))
    cells = {heading: [cell(result) for _, result in found] for heading, cell in columns.items()}
    filled = {heading: column for heading, column in cells.items() if set(column) != {DASH}}
    rows = tuple(zip((name for name, _ in found), *filled.values(), strict=True))
    grid = Grid(title=title, columns=(of, *filled), rows=rows, words=words)
    return Told(tuple(filter(None, [lead() if lead else ""])), (grid,))


def together(notes: Sequence[str]) -> str:
    """Notes as one text; those that say the same of several models are one sentence.

    >>> together(["Tokens are exact for a (BPE).", "Tokens are exact for b (BPE).", "The text is short."])
    'Tokens are exact for a and b (BPE). The text is short.'
    """
    models: dict[tuple[str, str], list[str]] = {}
    for note in notes:
        found = _OF_MODEL.match(note)
        said, model, rest = found.groups() if found else (note, "", "")
        models.setdefault((said, rest), []).append(model)
    return " ".join(f"{said}{joined(names)}{rest}" for (said, rest), names in models.items()).replace(
        "'", "’"
    )


def labels_in_panels(models: int) -> int:
    """How many labels a heat map of each model has room for, side by side.

    >>> labels_in_panels(2), labels_in_panels(3), labels_in_panels(6)
    (20, 18, 12)
    """
    return 20 if models < 3 else 18 if models == 3 else 12


def of_few(found: Sequence[tuple[str, Result]], read: Callable[[str, Result], str]) -> tuple[str, ...]:
    """A sentence for each of few models; none of many, where a table of the section has a row for each."""
    return tuple(read(name, result) for name, result in found) if len(found) <= FEW else ()


def scores(found: Sequence[tuple[str, Any]], value: Callable[[Any], tuple[Any, Any, Any]]) -> list[Ranked]:
    """The models that have a score, by ``value``: the score, its interval and chance."""
    read = [(name, *value(result)) for name, result in found]
    return [
        Ranked(name=name, value=v, interval=tuple(interval) if interval else None, chance=chance)
        for name, v, interval, chance in read
        if v is not None
    ]
