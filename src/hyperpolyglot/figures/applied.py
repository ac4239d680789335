"""What applications of embeddings come with: the price of a smaller vocabulary, the reliability of a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.applications.induction import Induction
from hyperpolyglot.applications.pruning import Pruning
from hyperpolyglot.applications.pruning.price import Point
from hyperpolyglot.figures.panels import legend_below, new_figure, of_caller, styled
from hyperpolyglot.figures.style import (
    CHANCE,
    FAINT,
    INK,
    MODEL_COLOURS,
    WIDE,
    drawn,
    entry,
    in_percent,
    in_thousands,
    logarithmic,
    model_colour,
    model_marker,
)
from hyperpolyglot.lexicon.names import language_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_pruning", "draw_reliability"]

_MOST = 6
_DEAREST = 2.0
_MORE_UNKNOWN = 0.01


@styled
def draw_pruning(found: Pruning, most: int = _MOST, *, ax: Axes | None = None) -> Figure:
    """Tokens over those of the whole vocabulary by the number of tokens kept, for the ``most`` dearest languages, with
    the recommended size; and the share of neighbours that is lost, with chance. Sizes at which a language has a
    hundredth more unknown tokens are left out: they make its text look cheap.
    """
    figure, axes = new_figure(WIDE, 2.9, columns=2, ax=ax)
    for position, language in enumerate(_dearest(found)[:most]):
        points = _known(found, language)
        x = [p.tokens for p in points]
        value, low, high = (
            np.array([np.nan if (v := p.cost[end]) is None else v for p in points])
            for end in ("value", "low", "high")
        )
        colour = model_colour(position)
        axes[0].fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        axes[0].plot(x, value, color=colour, marker=model_marker(position), markersize=2.5,
                     label=entry(drawn(language_name(language))))  # fmt: skip
    axes[0].axhline(1 + found.options.within, color=FAINT, linewidth=0.8, linestyle="--")
    axes[0].axvline(found.recommended, color=INK, linewidth=0.8, label="recommended")
    axes[0].set_ylim(top=min(_DEAREST, axes[0].get_ylim()[1]))
    axes[0].set_title("tokens, by those of the whole vocabulary")
    sizes = sorted(found.sizes, key=lambda row: row["tokens"])
    axes[1].plot(
        [row["tokens"] for row in sizes], [_lost(row, "value") for row in sizes], color=MODEL_COLOURS[0]
    )
    axes[1].plot([row["tokens"] for row in sizes], [_lost(row, "chance") for row in sizes], color=FAINT,
                 linestyle=":", label=CHANCE)  # fmt: skip
    axes[1].set_title("neighbours lost")
    axes[1].yaxis.set_major_formatter(in_percent)
    for panel in axes:
        panel.set_xscale("log")
        logarithmic(panel.xaxis, in_thousands)
        panel.set_xlabel("tokens kept")
        if not of_caller(figure, panel):
            panel.tick_params(axis="x", which="both", labelsize=6.5)
    handles, labels = axes[0].get_legend_handles_labels()
    if not of_caller(figure, axes[0]):
        more = axes[1].get_legend_handles_labels()
        handles, labels = [*handles, *more[0]], [*labels, *more[1]]
    legend_below(figure, axes[0], (handles, labels), columns=4)
    return figure


def _known(found: Pruning, language: str) -> list[Point]:
    """The points of a language without those that have more unknown tokens, ascending."""
    points = sorted((p for p in found.curve if p.language == language), key=lambda p: p.tokens)
    whole = points[-1].unknown["value"] or 0.0
    return [p for p in points if (p.unknown["value"] or 0.0) <= whole + _MORE_UNKNOWN]


def _lost(row: dict[str, dict[str, float | None]], end: str) -> float:
    value = row["neighbors"][end]
    return np.nan if value is None else value


def _dearest(found: Pruning) -> list[str]:
    """Languages by their price at the recommended size, the dearest first."""
    here = [p for p in found.curve if p.tokens == found.recommended]
    return [p.language for p in sorted(here, key=lambda p: (-(p.cost["value"] or 0.0), p.language))]


@styled
def draw_reliability(found: Induction, *, ax: Axes | None = None) -> Figure:
    """The share of right pairs by their probability, with intervals; on the dotted line the two are equal."""
    figure, (panel, *_) = new_figure(3.4, 3.0, ax=ax)
    bins = found.calibration["bins"]
    x = np.array([row["probability"] for row in bins])
    right, low, high = (
        np.array([row["right"][end] for row in bins], float) for end in ("value", "low", "high")
    )
    panel.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
    panel.errorbar(x, right, yerr=np.abs(np.stack([right - low, high - right])), color=MODEL_COLOURS[0],
                   marker="o", markersize=3, linewidth=0.8)  # fmt: skip
    panel.set(xlim=(0, 1), ylim=(0, 1))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(in_percent)
    panel.set_xlabel("probability")
    languages = " → ".join(drawn(language_name(tag)) for tag in (found.source, found.target))
    panel.set_title(f"right pairs, {languages}")
    return figure
