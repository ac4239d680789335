"""What all figures share: style, colours, ways of naming, rows of dots and shaded cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperpolyglot.percentages import exact
from hyperpolyglot.shown import shown
from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Float64
from hyperpolyglot.writing.scripts import script_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "CHANCE",
    "FAINT",
    "GRID",
    "INK",
    "MIDDLE",
    "MODEL_COLOURS",
    "ON_LIGHT",
    "STYLE",
    "WIDE",
    "Dots",
    "dodge",
    "dot_rows",
    "drawn",
    "entry",
    "in_percent",
    "in_thousands",
    "logarithmic",
    "model_colour",
    "model_marker",
    "named",
    "shaded_pairs",
]

MIDDLE, WIDE = 120 / 25.4, 180 / 25.4
"""Widths of figures in inches: 120 and 180 mm, one and a half columns of a journal, and two."""

CHANCE = "by chance"
INK, FAINT, GRID = "#22262b", "#7d858e", "#e4e7ea"
ON_LIGHT = "#1b1f24"
"""Text on a light cell, which stays dark when a page turns the ink light."""

MODEL_COLOURS = ("#1f4e8c", "#d9591a", "#3f9b7c", "#7a3e9d", "#c08a00", "#5f6b76")
_MARKERS = ("o", "s", "^", "D", "v", "P")
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Noto Sans"],
    "font.size": 8,
    "axes.facecolor": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "text.parse_math": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "hyperpolyglot",
}
_LONGEST, _LONGEST_LABEL = 40, 24


def drawn(text: str) -> str:
    """A token or another name on a figure: hidden characters and line breaks by their code point, and not too long."""
    return shown(text, _LONGEST)


def named(label: str | None) -> str:
    """A label as a reader knows it."""
    return "(none)" if label is None else shown(script_name(label), _LONGEST_LABEL)


def entry(name: str) -> str:
    """A name in a legend: matplotlib leaves out those that begin with ``_``, so that a hair space goes before it."""
    return f"\N{HAIR SPACE}{name}" if name.startswith("_") else name


def logarithmic(axis: Axis, written_as: Callable[[float], str]) -> None:
    """Ticks of a logarithmic axis as plain text: matplotlib's own are formulas."""
    from matplotlib.ticker import LogFormatter

    class Between(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return written_as(x) if super().__call__(x, pos) else ""

    axis.set_major_formatter(lambda value, _: written_as(value))
    axis.set_minor_formatter(Between())


def dodge(position: int, of: int) -> float:
    """How far a model's dots are moved off their line, so that equal values of two models both show."""
    return 0.6 * ((position + 0.5) / of - 0.5)


def model_colour(position: int) -> str:
    """The colour of the ``position``-th model, or pair of models, in every figure."""
    return MODEL_COLOURS[position % len(MODEL_COLOURS)]


def model_marker(position: int) -> str:
    """Its shape, so that models are told apart in grey, too; where colours come again, shapes are others."""
    return _MARKERS[(position + position // len(_MARKERS)) % len(_MARKERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """What one model, or pair of models, has in each row; rows that are missing stay empty."""

    name: str
    values: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)


def dot_rows(axes: Axes, rows: Sequence[str], series: Sequence[Dots], titles: Sequence[str]) -> None:
    """A dot for every row and model, its 95 % interval as a line, what chance gives as a short bar."""
    for i, dots in enumerate(series):
        colour = model_colour(i)
        places = {row: j + dodge(i, len(series)) for j, row in enumerate(rows)}
        lines = {row: dots.intervals[row] for row in rows if row in dots.intervals}
        axes.hlines(
            [places[row] for row in lines],
            [low for low, _ in lines.values()],
            [high for _, high in lines.values()],
            color=colour,
            alpha=0.45,
        )
        chance = [row for row in rows if row in dots.chance]
        axes.scatter(
            [dots.chance[row] for row in chance],
            [places[row] for row in chance],
            s=34,
            marker="|",
            color=FAINT,
            zorder=2,
        )
        seen = [row for row in rows if row in dots.values]
        axes.scatter(
            [dots.values[row] for row in seen],
            [places[row] for row in seen],
            s=19,
            marker=model_marker(i),
            linewidths=0,
            color=colour,
            zorder=3,
            label=entry(dots.name),
            clip_on=False,
        )
    axes.set_yticks(range(len(rows)), titles)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")


def shaded_pairs(
    axes: Axes,
    models: Sequence[str],
    values: Float64,
    chance: Float64 | None = None,
    written_as: Callable[[float], str] | None = None,
) -> None:
    """One measure of every two models, ``[model, model]`` in 0…1, as shaded cells; chance in a second line."""
    written_as = written_as or exact
    titles = [title_of(model) for model in models]
    few = len(models) < 5
    size = 6.5 if few else min(5.0, 30 / len(models))
    axes.imshow(np.nan_to_num(values), vmin=0, vmax=1, cmap="Blues")
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            text = "–" if math.isnan(value) else written_as(value)
            if chance is not None and i != j and math.isfinite(chance[i, j]):
                word = f"{CHANCE}\n" if few else ""
                text += f"\n{word}{written_as(float(chance[i, j]))}"
            ink = "white" if value > 0.6 else ON_LIGHT
            axes.text(j, i, text, ha="center", va="center", fontsize=size, color=ink)
    axes.set_xticks(range(len(models)), titles, rotation=30, ha="right")
    axes.set_yticks(range(len(models)), titles)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def in_percent(value: float, _: object = None) -> str:
    """A tick of an axis of shares."""
    return f"{100 * value:g} %"


def in_thousands(value: float, _: object = None) -> str:
    """A tick of an axis of counts."""
    return f"{value:,.0f}"
