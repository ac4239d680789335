"""All tokens in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.multiples import grid_of
from hyperpolyglot.figures.panels import legend_below, new_figure, styled
from hyperpolyglot.figures.style import INK, WIDE, entry, model_colour, named
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float32
from hyperpolyglot.writing.colours import NO_COLOUR, colours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_map", "draw_points"]

_FEWEST_NAMED, _MOST_NAMED = 50, 40
_ISLAND, _HEART, _ABOVE = 0.25, 0.08, 0.1

_INSIDE = 0.995
"""Where far points are drawn, as a share of the way from the middle to the edge."""


@styled
def draw_map(
    maps: Sequence[tuple[TokenSpace, Projection]], most: int = 24, *, ax: Axes | None = None
) -> Figure:
    """Every token as a point, coloured by label; the same colours in every panel, islands with their names."""
    totals: dict[str, int] = {}
    for space, _ in maps:
        for label, count in space.labels.counts().items():
            totals[label] = totals.get(label, 0) + count
    order = sorted(totals, key=lambda name: (-totals[name], name))
    scheme = colours_of(order)
    colours = {label: scheme[label].light for label in order[:most]}
    rows, columns = grid_of(len(maps), widest=2 if len(maps) == 4 else 3)
    side = WIDE / columns
    figure, axes = new_figure(WIDE, rows * (0.95 * side + 0.15) + 0.7, rows=rows, columns=columns, ax=ax)
    for panel in axes[len(maps) :]:
        panel.set_visible(False)
    for panel, (space, projection) in zip(axes, maps, strict=False):
        _scatter(panel, space, projection, colours, crowd=max(1.0, columns - 1.0))
    handles = [
        axes[0].scatter([], [], s=16, color=colours[label], label=entry(named(label)))
        for label in order[:most]
    ]
    if len(order) > len(handles):
        handles.append(axes[0].scatter([], [], s=16, color=NO_COLOUR, label="others"))
    legend_below(
        figure,
        axes[0],
        (handles, [str(handle.get_label()) for handle in handles]),
        columns=7,
        width=0.9,
        fontsize=6.5,
        handletextpad=0.1,
        columnspacing=1.0,
    )
    return figure


def _scatter(
    panel: Axes, space: TokenSpace, projection: Projection, colours: Mapping[str, str], crowd: float
) -> None:
    """The points of a map; ``crowd``: how much smaller than half the page it is, so that names stay apart."""
    from matplotlib.colors import to_rgba_array

    codes = space.labels.codes[projection.rows]
    shuffled = np.random.default_rng(0).permutation(len(codes))  # so that no script always lies on top
    of_label = to_rgba_array([*(colours.get(name, NO_COLOUR) for name in space.labels.names), NO_COLOUR])
    size = float(np.clip(30000 / max(1, len(codes)), 0.3, 12))
    middle, reach = _frame(projection.points)
    x, y = np.clip(projection.points[shuffled], middle - _INSIDE * reach, middle + _INSIDE * reach).T
    panel.scatter(x, y, s=size, c=of_label[codes[shuffled]], linewidths=0, rasterized=True)
    panel.set_title(title_of(space.model), pad=4)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.set_aspect("equal")
    panel.set_xlim(middle[0] - reach, middle[0] + reach)
    panel.set_ylim(middle[1] - reach, middle[1] + reach)
    for label, place in _islands(projection.points, codes, space.labels.names, reach, crowd).items():
        _name_island(panel, named(label), place, middle[1] + 0.97 * reach)


def _name_island(panel: Axes, name: str, place: tuple[float, float], highest: float) -> None:
    from matplotlib.patheffects import withStroke

    panel.text(
        place[0], min(place[1], highest), name, ha="center", va="center", fontsize=6.5, color=INK,
        path_effects=[withStroke(linewidth=1.6, foreground="white", alpha=0.85)],
    )  # fmt: skip


def _islands(
    points: Float32, codes: Array, names: Sequence[str], reach: float, crowd: float
) -> dict[str, tuple[float, float]]:
    """Where to write the names of labels that keep together: half of a label's tokens lie within an eighth of the
    map, and most of the tokens in the middle of them are its own.

    The largest label has the first choice of place; who would come to lie on another's name has none.
    """
    placed: dict[str, tuple[float, float]] = {}
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    for code in np.argsort(-sizes, kind="stable").tolist():
        own = points[codes == code]
        if len(own) < _FEWEST_NAMED or len(placed) >= _MOST_NAMED:
            break
        middle = np.median(own, axis=0)
        away, all_away = (np.abs(some - middle).max(axis=1) / reach for some in (own, points))
        x, y = middle.tolist()
        pure = (away < _HEART).sum() > 0.5 * (all_away < _HEART).sum()
        if (away < _ISLAND).mean() < 0.5 or not pure:
            continue
        place = (x, y + _ABOVE * reach)
        if all(
            abs(place[0] - a) > 0.24 * crowd * reach or abs(place[1] - b) > 0.07 * crowd * reach
            for a, b in placed.values()
        ):
            placed[names[code]] = place
    return placed


@styled
def draw_points(projection: Projection, *, ax: Axes | None = None) -> Figure:
    """The map alone, for a reader who has no labels at hand."""
    figure, (panel,) = new_figure(5.2, 5.2, ax=ax)
    size = float(np.clip(30000 / max(1, len(projection.points)), 0.3, 12))
    x, y = projection.points.T
    panel.scatter(x, y, s=size, c=model_colour(0), linewidths=0, rasterized=True)
    panel.set_aspect("equal")
    panel.set_axis_off()
    return figure


def _frame(points: Float32) -> tuple[Float32, float]:
    """A square that holds all but a few far points, which are drawn at its edge: its middle and half its side."""
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    return (low + high) / 2, 0.53 * float((high - low).max())
