"""Many models in a figure: a panel for each, so that no model's dots hide another's."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hyperpolyglot.figures.panels import new_figure, of_caller, rows_high
from hyperpolyglot.figures.style import FAINT, INK, WIDE, Dots, dot_rows, entry
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "MANY",
    "grid_of",
    "grids_of_models",
    "name_axis",
    "name_shared_axis",
    "panel_title",
    "rows_of_models",
    "vertical",
]

MANY = 5
"""From so many models on, each has a panel of its own."""

_WIDEST = 5
_FEWEST_ROWS = 12
_LETTER = 0.6
"""The width of a letter of a title, of its size."""


def grid_of(models: int, widest: int = _WIDEST) -> tuple[int, int]:
    """Lines and columns of panels for some models: as even as can be, no line wider than ``widest``.

    >>> grid_of(6), grid_of(5), grid_of(10), grid_of(7, widest=3)
    ((2, 3), (1, 5), (2, 5), (3, 3))
    """
    lines = math.ceil(models / widest)
    return lines, math.ceil(models / lines)


def rows_of_models(
    rows: Sequence[str], series: Sequence[Dots], titles: Sequence[str], *, margin: float, each: float = 0.16,
    ax: Axes | None = None,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A dot for every row and model: on one axis where models are few, else in a panel for each, which share axes.

    Panels in several lines show fewer rows. On lent axes all models are drawn.
    """
    if ax is not None or len(series) < MANY:
        figure, axes = new_figure(WIDE, rows_high(margin, len(rows), each), ax=ax)
        dot_rows(axes[0], rows, series, titles)
        return figure, axes
    lines, columns = grid_of(len(series))
    rows = rows[: max(_FEWEST_ROWS, len(rows) // lines)]
    height = 0.8 + lines * rows_high(0.45, len(rows), each)
    figure, axes = new_figure(WIDE, height, lines, columns, sharex=True, sharey=True)
    for panel, dots in zip(axes, series, strict=False):
        dot_rows(panel, rows, [replace(dots, name="")], titles[: len(rows)])
        panel_title(panel, dots.name, WIDE * 0.8 / columns)
    for panel in axes[len(series) :]:
        panel.set_visible(False)
    return figure, axes[: len(series)]


def grids_of_models(
    models: Sequence[str], cells: int, least: float, names: tuple[str, str], ax: Axes | None
) -> tuple[Figure, list[Axes]]:
    """A panel for a grid of ``cells`` × ``cells`` of each model, ``least`` inches or more, with the ``names`` of the
    axes said once; on lent axes that of the first.
    """
    lines, columns = grid_of(len(models), widest=3)
    side = min(max(least, 1.7 * cells / 12), 0.85 * WIDE / columns)
    height = 1.3 + lines * (0.6 + side)
    figure, axes = new_figure(WIDE, height, lines, columns, sharex=True, sharey=True, ax=ax)
    for panel, model in zip(axes, models, strict=False):
        panel_title(panel, title_of(model), 1.7)
    for panel in axes[len(models) :]:
        panel.set_visible(False)
    for panel in axes[(lines - 1) * columns :] if ax is None else axes:
        panel.set_xlabel(names[0])
    if ax is None:
        figure.supylabel(names[1], fontsize=8, color=INK)
    else:
        ax.set_ylabel(names[1])
    return figure, axes


def panel_title(panel: Axes, text: str, inches: float) -> None:
    """A title in lines that are no wider than a panel of so many inches."""
    size = 7.5
    lines = textwrap.wrap(text, max(8, int(72 * inches / (_LETTER * size))))
    panel.set_title("\n".join(lines), fontsize=size)


def name_axis(panels: Sequence[Axes], text: str) -> str:
    """Say what is along the x axis of a single panel, before a legend finds its place below; returns ``text``."""
    if len(panels) == 1:
        panels[0].set_xlabel(text)
    return text


def name_shared_axis(figure: Figure, panels: Sequence[Axes], text: str) -> None:
    """What is along the x axis of several panels, said once: over the legend, which is there by now, or below them."""
    if len(panels) > 1 and figure.legends:
        figure.legends[0].set_title(text)
        figure.legends[0].get_title().set_fontsize(8)
    elif len(panels) > 1:
        figure.supxlabel(text, fontsize=8, color=INK)


def vertical(figure: Figure, panels: Sequence[Axes], x: float, text: str, style: str = "-") -> None:
    """A line across all rows; its meaning above it, on lent axes and where there are several panels in the legend."""
    lines = [panel.axvline(x, color=FAINT, linestyle=style, linewidth=1.1, zorder=2) for panel in panels]
    axes = panels[0]
    if of_caller(figure, axes) or len(panels) > 1:
        lines[0].set_label(entry(text))
        return
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
        rotation=28, ha="left", va="bottom", fontsize=6.5, color=INK,
    )  # fmt: skip
