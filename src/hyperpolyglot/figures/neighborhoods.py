"""Lists of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperpolyglot.figures.style import WIDE, drawn, model_colour, model_marker, named, new_figure, styled
from hyperpolyglot.measures.neighbors import Neighborhoods

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_neighborhoods"]

_COLUMNS = 3


@styled
def draw_neighborhoods(neighborhoods: Neighborhoods, most: int = 12) -> Figure:
    """The nearest tokens of each token with their cosines, own label and others apart (PAPER: figure 4).

    A cosine has no chance level of its own: ``explain`` gives that of two tokens drawn at random.
    """
    queries = neighborhoods.to_json()["queries"][:most]
    longest = max((len(query["neighbors"]) for query in queries), default=1)
    columns = min(_COLUMNS, max(1, len(queries)))
    rows = -(-len(queries) // columns)
    figure, axes = new_figure(
        WIDE, rows * (0.45 + 0.14 * longest) + 0.4, rows=max(1, rows), columns=columns, sharex=True
    )
    for panel, query in zip(axes, queries, strict=False):
        _draw_list(panel, query, longest)
    for panel in axes[len(queries) :]:
        panel.set_visible(False)
    handles = [
        axes[0].scatter([], [], s=15, marker=model_marker(i), color=model_colour(i), label=text)
        for i, text in enumerate(("own label", "another label"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _draw_list(panel: Axes, query: dict[str, Any], longest: int) -> None:
    near = query["neighbors"]
    for i, own in enumerate((True, False)):
        places = [j for j, n in enumerate(near) if (n["label"] == query["label"]) is own]
        panel.scatter(
            [near[j]["similarity"] for j in places], places, s=15, marker=model_marker(i), linewidths=0,
            color=model_colour(i), zorder=3, clip_on=False,
        )  # fmt: skip
    panel.set_yticks(range(len(near)), [drawn(n["token"]) for n in near])
    panel.set_ylim(longest - 0.4, -0.6)
    panel.set_xlim(min(0, *(n["similarity"] for n in near), 0), 1)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelbottom=True)
    panel.grid(axis="x")
    panel.set_title(f"{named(query['label'])}: {drawn(query['token'])}")
    panel.set_xlabel("cosine")
