"""What a section of the report is made of, before it is HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, TypeVar

from hyperpolyglot.figures import svg
from hyperpolyglot.figures.style import FAINT, GRID, INK, MODEL_COLOURS
from hyperpolyglot.report.wording import joined
from hyperpolyglot.shown import visible
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, ModelStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Chip", "Example", "Grid", "Picture", "Section", "picture", "present"]

Result = TypeVar("Result")
_TAG = re.compile(r"<[^>]*>")
_VARIABLES = {INK: "ink", FAINT: "faint", GRID: "grid"} | {
    colour: f"model-{i}" for i, colour in enumerate(MODEL_COLOURS)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure as an ``<svg>`` element, so many ``inches`` wide; its caption says what chance gives, where it can."""

    key: str
    svg: str
    inches: float
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of texts; the first ``words`` columns are words, the others numbers, a second line of a cell is small.

    A folded one opens on a click.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    folded: bool = False

    def of_one_model(self) -> Grid:
        """The same without the column of the model, where that says the same in every row."""
        if "model" not in self.columns or len(self.rows) < 2:
            return self
        at = self.columns.index("model")
        if len({row[at] for row in self.rows}) > 1:
            return self
        columns, *rows = ((*row[:at], *row[at + 1 :]) for row in (self.columns, *self.rows))
        return replace(self, columns=columns, rows=tuple(rows), words=self.words - (at < self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A token in a list; ``kind``: ``"own"`` script, ``"same"`` meaning, ``"unknown"``, or another script.

    ``id`` leads to the token in an explorer, where there is one.
    """

    text: str
    id: int | None = None
    badge: str = ""
    title: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A token, lines about it, and its neighbours; without an ``id`` it leads to no explorer."""

    token: str
    id: int | None
    about: tuple[str, ...]
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question: ``reading`` the answer, a sentence or so a model; ``note`` how to read it and what to beware of;
    ``missing``: why models have no answer.

    ``examples``: (model as it was asked for, tokens with their neighbours); ``legend`` says what their colours mean.
    """

    key: str
    title: str
    question: str
    reading: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    grids: tuple[Grid, ...] = ()
    examples: tuple[tuple[str, tuple[Example, ...]], ...] = ()
    legend: tuple[Chip, ...] = ()
    note: str = ""
    warning: str = ""
    missing: tuple[str, ...] = ()

    @property
    def shows_something(self) -> bool:
        """Whether it has more than reasons why there is nothing to show."""
        return bool(self.reading or self.pictures or self.grids or self.examples)


def _for_page(tag: str, key: str) -> str:
    """One tag of a figure; what is written between tags is a token or a name, whatever it looks like."""
    tag = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>{key}-", tag)
    for colour, name in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{name})")
    return tag.replace("stroke: #ffffff", "stroke: var(--paper)")


def picture(key: str, figure: Figure, caption: str) -> Picture:
    """A figure whose names within the page begin with ``key``, so that no two figures share one.

    Its ink and the colours of models become variables of the page, so that they follow a dark theme.
    """
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg(figure), flags=re.S)
    text = _TAG.sub(lambda tag: _for_page(tag[0], key), text)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(visible(caption))}" ', 1)
    return Picture(key=key, svg=text, inches=figure.get_figwidth(), caption=caption)


def present(
    models: Sequence[ModelStudy], part: Callable[[ModelStudy], Result | Absent]
) -> tuple[list[tuple[ModelStudy, Result]], tuple[str, ...]]:
    """The models that have a result, with it, and the reasons why others have none, each said once."""
    found: list[tuple[ModelStudy, Result]] = []
    reasons: list[str] = []
    alone = [title_of(model.space.model) for model in models if model.space.table is None]
    if len(alone) > 1:
        reasons.append(f"{joined(alone)} are vocabularies alone: they have no vectors to measure.")
    for model in models:
        result = part(model)
        if isinstance(result, Absent):
            if model.space.table is not None or len(alone) < 2:
                reasons.append(result.reason)
        else:
            found.append((model, result))
    return found, tuple(dict.fromkeys(reasons))
