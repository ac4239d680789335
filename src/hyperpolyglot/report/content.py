"""What a section of the report is made of, before it is HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hyperpolyglot.figures import svg
from hyperpolyglot.study import Absent, ModelStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Chip", "Example", "Grid", "Picture", "Section", "picture", "present"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure as an ``<svg>`` element, so many ``inches`` wide; the caption may be empty."""

    svg: str
    inches: float
    caption: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A token in a list; ``kind``: ``"own"`` script, ``"same"`` meaning, ``"unknown"``, or another script."""

    text: str
    badge: str = ""
    title: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A token, lines about it, and its neighbours."""

    token: str
    about: tuple[str, ...]
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question: ``reading`` the answer, a sentence or so a model; ``note`` how to read it and what to beware of.

    ``examples``: (model, tokens with their neighbours); ``legend`` says what their colours mean.
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


def picture(key: str, figure: Figure, caption: str = "") -> Picture:
    """A figure whose names within the page begin with ``key``, so that no two figures share one."""
    text = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>{key}-", svg(figure))
    return Picture(svg=text, inches=figure.get_figwidth(), caption=caption)


def present(
    models: Sequence[ModelStudy], part: Callable[[ModelStudy], Result | Absent]
) -> tuple[list[tuple[ModelStudy, Result]], tuple[str, ...]]:
    """The models that have a result, with it, and the reasons why others have none, each said once."""
    found: list[tuple[ModelStudy, Result]] = []
    reasons: list[str] = []
    for model in models:
        result = part(model)
        if isinstance(result, Absent):
            reasons.append(result.reason)
        else:
            found.append((model, result))
    return found, tuple(dict.fromkeys(reasons))
