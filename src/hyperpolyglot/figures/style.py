"""What all figures share: their style, colours and ways of naming, and how they become files."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Interval
from hyperpolyglot.store import written
from hyperpolyglot.types import Float64
from hyperpolyglot.writing.scripts import script_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "CHANCE",
    "COLOURS",
    "FAINT",
    "GRID",
    "IMAGE_SUFFIXES",
    "INK",
    "Dots",
    "colour_of",
    "dodge",
    "dot_legend",
    "dot_rows",
    "in_percent",
    "in_thousands",
    "model_colour",
    "named",
    "new_figure",
    "percent",
    "save",
    "shaded_pairs",
    "styled",
    "svg",
    "vertical",
]

P = ParamSpec("P")

IMAGE_SUFFIXES = (".png", ".svg", ".pdf")
CHANCE = "by chance"
INK, FAINT, GRID = "#22262b", "#8a9199", "#e4e7ea"
MODEL_COLOURS = ("#b5432e", "#20639b", "#3a7d44", "#8e5ea2", "#c98a1b", "#4c5866")
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.facecolor": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "hyperpolyglot",
}
_HUES = [
    "#20639b",
    "#c0392b",
    "#e08e0b",
    "#3a7d44",
    "#8e5ea2",
    "#17a2a2",
    "#d6608d",
    "#7f6a3d",
    "#5b8c2a",
    "#34495e",
    "#e67e62",
    "#4fb0e0",
    "#9b2d5a",
    "#b3a125",
    "#6c63c7",
    "#1f8a70",
    "#b0643c",
    "#7a9cc6",
    "#c65fc0",
    "#54703d",
    "#f0a868",
    "#2d5d7b",
    "#a8475f",
    "#77b255",
    "#5d4a8a",
    "#d9a3b4",
]
COLOURS = len(_HUES)


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the project's style, whatever the user's own settings are."""

    @wraps(draw)
    def styled(*arguments: P.args, **options: P.kwargs) -> Figure:
        import matplotlib as mpl

        with mpl.rc_context({**mpl.rcParamsDefault, **_STYLE}):
            return draw(*arguments, **options)

    return styled


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of so many inches and its panels, row by row; ``shared`` goes to ``Figure.subplots``."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.1))
    axes = figure.subplots(rows, columns, squeeze=False, **shared)
    return figure, list(axes.ravel())


def _write(figure: Figure, target: Any, kind: str) -> None:
    import matplotlib as mpl

    metadata: Mapping[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with mpl.rc_context(_STYLE):
        figure.savefig(target, format=kind, dpi=160, metadata=metadata or None)


def save(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all; the kind is the extension (.png, .svg, .pdf)."""
    with written(path) as temporary:
        _write(figure, temporary, path.suffix[1:].lower())


def svg(figure: Figure) -> str:
    """A figure as an ``<svg>`` element for an HTML page."""
    buffer = io.StringIO()
    figure.patch.set_facecolor("none")
    _write(figure, buffer, "svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def named(label: str | None) -> str:
    """A label as a reader knows it."""
    return "(none)" if label is None else script_name(label)


def colour_of(position: int) -> str:
    """The colour of the label that is ``position``-th in size; grey beyond the palette."""
    return _HUES[position] if position < len(_HUES) else "#c3c9cf"


def dodge(position: int, of: int) -> float:
    """How far a model's dots are moved off their line, so that equal values of two models both show."""
    return 0.6 * ((position + 0.5) / of - 0.5)


def model_colour(position: int) -> str:
    """The colour of the ``position``-th model, or pair of models, in every figure."""
    return MODEL_COLOURS[position % len(MODEL_COLOURS)]


def vertical(axes: Axes, x: float, text: str, colour: str, style: str) -> None:
    """A line across all rows, its meaning written above it."""
    axes.axvline(x, color=colour, linestyle=style, linewidth=1.1, zorder=2)
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
        rotation=28, ha="left", va="bottom", fontsize=7, color=FAINT,
    )  # fmt: skip


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
            s=20,
            color=colour,
            zorder=3,
            label=dots.name,
            clip_on=False,
        )
    axes.set_yticks(range(len(rows)), titles)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")


def dot_legend(figure: Figure, axes: Axes, chance: str = CHANCE, columns: int = 3) -> None:
    """The models' names and the bar for chance, once for the whole figure."""
    from matplotlib.lines import Line2D

    handles, labels = axes.get_legend_handles_labels()
    bar = Line2D([], [], color=FAINT, marker="|", linestyle="", markersize=6)
    figure.legend([*handles, bar], [*labels, chance], loc="outside lower center", ncols=columns)


def shaded_pairs(
    axes: Axes,
    models: Sequence[str],
    values: Float64,
    chance: Float64 | None = None,
    written_as: Callable[[float], str] | None = None,
) -> None:
    """One measure of every two models, ``[model, model]`` in 0…1, as shaded cells; chance in a second line."""
    written_as = written_as or percent
    titles = [title_of(model) for model in models]
    axes.imshow(np.nan_to_num(values), vmin=0, vmax=1, cmap="Blues")
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            text = "–" if math.isnan(value) else written_as(value)
            if chance is not None and i != j and math.isfinite(chance[i, j]):
                text += f"\n{CHANCE} {written_as(float(chance[i, j]))}"
            ink = "white" if value > 0.6 else INK
            axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=ink)
    axes.set_xticks(range(len(models)), titles, rotation=30, ha="right")
    axes.set_yticks(range(len(models)), titles)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def percent(share: float) -> str:
    """A share in per cent, to a tenth; below one per cent to its first digit.

    >>> percent(0.504), percent(0.00042), percent(-0.002), percent(1.0), percent(0.0)
    ('50.4 %', '0.04 %', '−0.2 %', '100 %', '0 %')
    """
    size = abs(100 * share)
    if size == 0 or size >= 99.95:
        return f"{100 * share:.0f} %".replace("-", "−")
    digits = 1 if size >= 0.95 else min(12, -math.floor(math.log10(size)))
    return f"{100 * share:.{digits}f} %".replace("-", "−")


def in_percent(value: float, _: object = None) -> str:
    """A tick of an axis of shares."""
    return f"{100 * value:g} %"


def in_thousands(value: float, _: object = None) -> str:
    """A tick of an axis of counts."""
    return f"{value:,.0f}"
