"""All tokens in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.style import COLOURS, colour_of, named, new_figure, styled
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_map", "draw_points"]


@styled
def draw_map(maps: Sequence[tuple[TokenSpace, Projection]], most: int = 24) -> Figure:
    """Every token as a point, coloured by label; the same colours in every panel."""
    totals: dict[str, int] = {}
    for space, _ in maps:
        for label, count in space.labels.counts().items():
            totals[label] = totals.get(label, 0) + count
    order = sorted(totals, key=lambda name: (-totals[name], name))
    figure, axes = new_figure(8.4, 5.2 if len(maps) > 1 else 7.6, columns=len(maps))
    for panel, (space, projection) in zip(axes, maps, strict=True):
        _scatter(panel, space, projection, order)
    handles = [
        axes[0].scatter([], [], s=22, color=colour_of(i), label=named(label))
        for i, label in enumerate(order[: min(most, COLOURS)])
    ]
    if len(order) > len(handles):
        handles.append(axes[0].scatter([], [], s=22, color=colour_of(COLOURS), label="others"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=7, handletextpad=0.1)
    return figure


def _scatter(panel: Axes, space: TokenSpace, projection: Projection, order: list[str]) -> None:
    codes = space.labels.codes[projection.rows]
    rank = np.array([order.index(name) for name in space.labels.names] + [len(order)])[codes]
    shuffled = np.random.default_rng(0).permutation(len(codes))  # so that no script always lies on top
    colours = np.array([colour_of(i) for i in range(len(order))] + ["#c3c9cf"])[rank]
    size = float(np.clip(30000 / max(1, len(codes)), 0.3, 12))
    x, y = projection.points[shuffled].T
    panel.scatter(x, y, s=size, c=colours[shuffled], linewidths=0, rasterized=True)
    panel.set_title(title_of(space.model), pad=8)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.set_aspect("equal")
    middle, reach = _frame(projection.points)
    panel.set_xlim(middle[0] - reach, middle[0] + reach)
    panel.set_ylim(middle[1] - reach, middle[1] + reach)


@styled
def draw_points(projection: Projection) -> Figure:
    """The map alone, for a reader who has no labels at hand."""
    figure, (panel,) = new_figure(5.2, 5.2)
    size = float(np.clip(30000 / max(1, len(projection.points)), 0.3, 12))
    x, y = projection.points.T
    panel.scatter(x, y, s=size, c=colour_of(0), linewidths=0, rasterized=True)
    panel.set_aspect("equal")
    panel.set_axis_off()
    return figure


def _frame(points: Float32) -> tuple[Float32, float]:
    """A square that holds all but a few far points: its middle and half its side."""
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    return (low + high) / 2, 0.53 * float((high - low).max())
