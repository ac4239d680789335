"""Lists of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperpolyglot.figures.panels import legend_below, new_figure, styled
from hyperpolyglot.figures.style import WIDE, drawn, model_colour, model_marker, named
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.meanings import Meanings
from hyperpolyglot.measures.neighbors import Neighborhoods

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_meanings", "draw_neighborhoods"]

_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class _Near:
    """One list: its title, and for every neighbour its token, its cosine and whether it is of the first sort."""

    title: str
    tokens: tuple[str, ...]
    similarity: tuple[float, ...]
    first: tuple[bool, ...]


@styled
def draw_neighborhoods(neighborhoods: Neighborhoods, most: int = 12, *, ax: Axes | None = None) -> Figure:
    """The nearest tokens of each token with their cosines, own label and others apart (PAPER: figure 4).

    A cosine has no chance level of its own: ``explain`` gives that of two tokens drawn at random.
    """
    lists = [
        _Near(
            title=f"{named(query['label'])}: {drawn(query['token'])}",
            tokens=tuple(n["token"] for n in query["neighbors"]),
            similarity=tuple(n["similarity"] for n in query["neighbors"]),
            first=tuple(n["label"] == query["label"] for n in query["neighbors"]),
        )
        for query in neighborhoods.to_json()["queries"][:most]
    ]
    return _lists(lists, ("own label", "another label"), ax)


@styled
def draw_meanings(meanings: Meanings, most: int = 8, *, ax: Axes | None = None) -> Figure:
    """The nearest tokens of words with their cosines, known translations and other tokens apart."""
    lists = [
        _Near(
            title=f"{drawn(language_name(query.language))}: {drawn(query.word)}",
            tokens=tuple(n.token for n in query.neighbors),
            similarity=tuple(n.similarity for n in query.neighbors),
            first=tuple(bool(n.languages) for n in query.neighbors),
        )
        for query in meanings.queries[:most]
    ]
    return _lists(lists, ("known translation", "not in the lexicon"), ax)


def _lists(lists: Sequence[_Near], sorts: tuple[str, str], ax: Axes | None) -> Figure:
    longest = max((len(near.tokens) for near in lists), default=1)
    columns = min(_COLUMNS, max(1, len(lists)))
    rows = -(-len(lists) // columns)
    figure, axes = new_figure(
        WIDE, rows * (0.45 + 0.14 * longest) + 0.4, max(1, rows), columns, sharex=True, ax=ax
    )
    for panel, near in zip(axes, lists, strict=False):
        _draw_list(panel, near, longest)
    for panel in axes[len(lists) :]:
        panel.set_visible(False)
    handles = [
        axes[0].scatter([], [], s=15, marker=model_marker(i), color=model_colour(i), label=text)
        for i, text in enumerate(sorts)
    ]
    legend_below(figure, axes[0], (handles, sorts), columns=2, width=1.2)
    return figure


def _draw_list(panel: Axes, near: _Near, longest: int) -> None:
    for i, sort in enumerate((True, False)):
        places = [j for j, first in enumerate(near.first) if first is sort]
        panel.scatter(
            [near.similarity[j] for j in places], places, s=15, marker=model_marker(i), linewidths=0,
            color=model_colour(i), zorder=3, clip_on=False,
        )  # fmt: skip
    panel.set_yticks(range(len(near.tokens)), [drawn(token) for token in near.tokens])
    panel.set_ylim(longest - 0.4, -0.6)
    panel.set_xlim(min([0, *near.similarity]), 1)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelbottom=True)
    panel.grid(axis="x")
    panel.set_title(near.title)
    panel.set_xlabel("cosine")
