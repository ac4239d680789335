"""How alike models are, on the tokens they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.multiples import MANY
from hyperpolyglot.figures.panels import (
    chance_legend,
    legend_below,
    new_figure,
    pair_panels,
    rows_high,
    styled,
)
from hyperpolyglot.figures.style import (
    CHANCE,
    FAINT,
    WIDE,
    Dots,
    dot_rows,
    entry,
    in_percent,
    in_thousands,
    logarithmic,
    model_colour,
    model_marker,
    named,
    shaded_pairs,
)
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.sources import title_of
from hyperpolyglot.types import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hyperpolyglot.measures.comparison.records import PairSimilarity

__all__ = ["draw_agreement", "draw_agreement_by_label", "draw_agreements", "draw_curves", "shown_pairs"]

_MOST_PAIRS = 6


@styled
def draw_agreement(
    models: Sequence[str], values: Float64, chance: Float64 | None = None, *, ax: Axes | None = None
) -> Figure:
    """One measure of every two models, ``values[model, model]`` in 0…1, as shaded cells (PAPER: figures 7, 8)."""
    figure, (axes,) = new_figure(2.6 + 0.9 * len(models), 1.4 + 0.6 * len(models), ax=ax)
    shaded_pairs(axes, models, values, chance)
    return figure


@styled
def draw_agreements(comparison: Comparison, *, ax: Axes | None = None) -> Figure:
    """Neighbours in common and the first canonical cosine of every two models, each with its chance level."""
    panels = {
        "neighbor_overlap": f"neighbours in\ncommon, of {comparison.pairs[0].k}",
        "canonical_first": "first canonical\ncosine",
    }
    figure, axes = pair_panels(len(comparison.models), ax)
    for panel, (measure, title) in zip(axes, panels.items(), strict=True):
        form = (lambda value: f"{value:.2f}") if measure == "canonical_first" else None
        shaded_pairs(panel, comparison.models, comparison.matrix(measure), _chance(comparison, measure), form)
        panel.set_title(title)
    return figure


def _chance(comparison: Comparison, measure: str) -> Float64:
    chance = np.full((len(comparison.models), len(comparison.models)), np.nan)
    for pair in comparison.pairs:
        null = pair.measures[measure].null
        i, j = comparison.models.index(pair.a), comparison.models.index(pair.b)
        chance[i, j] = chance[j, i] = np.nan if null is None else null
    return chance


def shown_pairs(comparison: Comparison, most: int = _MOST_PAIRS) -> list[PairSimilarity]:
    """All pairs where they are few; else as many of the most and of the least alike, by neighbours in common."""
    if len(comparison.pairs) <= most:
        return list(comparison.pairs)
    ordered = sorted(comparison.pairs, key=lambda pair: -(pair.measures["neighbor_overlap"].value or 0.0))
    return [*ordered[: most - most // 2], *ordered[len(ordered) - most // 2 :]]


def _title(pair: PairSimilarity) -> str:
    return f"{title_of(pair.a)} – {title_of(pair.b)}"


@styled
def draw_curves(comparison: Comparison, most: int = _MOST_PAIRS, *, ax: Axes | None = None) -> Figure:
    """Neighbours in common by how many are looked at, and the canonical cosines in order; dashed: by chance."""
    figure, (near, angles) = new_figure(WIDE, 2.9, columns=2, ax=ax)
    for i, pair in enumerate(shown_pairs(comparison, most)):
        _draw_curve(near, pair, i)
        _draw_spectrum(angles, pair, i)
    near.set(xscale="log", yscale="log", xlabel="neighbours looked at (k)")
    near.set_title("share of neighbours in common")
    logarithmic(near.xaxis, in_thousands)
    logarithmic(near.yaxis, in_percent)
    angles.set(ylim=(0, 1.03), xlabel="direction, most alike first")
    angles.set_title("canonical cosines")
    for panel in (near, angles):
        panel.grid()
    handles, labels = near.get_legend_handles_labels()
    (dashed,) = near.plot([], [], color=FAINT, linestyle="--")
    legend_below(figure, near, ([*handles, dashed], [*labels, CHANCE]))
    return figure


def _draw_curve(axes: Axes, pair: PairSimilarity, position: int) -> None:
    curve = pair.measures["neighbor_overlap"].details.get("curve", [])
    seen = [row for row in curve if row["value"] > 0]
    colour = model_colour(position)
    axes.plot(
        [r["k"] for r in seen], [r["value"] for r in seen], marker=model_marker(position), markersize=3.5,
        color=colour, label=entry(_title(pair)),
    )  # fmt: skip
    axes.plot([r["k"] for r in curve], [r["null"] for r in curve], linestyle="--", linewidth=1, color=colour)


def _draw_spectrum(axes: Axes, pair: PairSimilarity, position: int) -> None:
    colour = model_colour(position)
    axes.plot(range(1, len(pair.spectrum) + 1), pair.spectrum, color=colour)
    null = pair.measures["canonical_first"].null
    if null is not None:
        axes.axhline(null, linestyle="--", linewidth=1, color=colour)


@styled
def draw_agreement_by_label(
    comparison: Comparison, most: int = 24, pairs: int = _MOST_PAIRS, *, ax: Axes | None = None
) -> Figure:
    """Agreement on the tokens of each label: neighbours, kernels, cosines. The bar is chance.

    For neighbours, chance is what agreement on the label alone would give.
    """
    sizes = {
        row.label: row.tokens for pair in comparison.pairs for row in pair.by_label if row.label is not None
    }
    chosen = shown_pairs(comparison, pairs)
    crowd = max(1.0, len(chosen) / (MANY - 1))
    labels = sorted(sizes, key=lambda name: (-sizes[name], name))[: int(most / crowd)]
    panels = {
        "neighbor_overlap": "neighbours in common",
        "cka": "kernel alignment (CKA)",
        "rsa": "rank correlation of cosines",
    }
    figure, axes = new_figure(
        WIDE, rows_high(1.2, len(labels), 0.155 * crowd), columns=len(panels), sharey=True, ax=ax
    )
    titles = [f"{named(label)}" for label in labels]
    for panel, (measure, title) in zip(axes, panels.items(), strict=True):
        series = [_by_label(pair, measure) for pair in chosen]
        dot_rows(panel, labels, series, titles)
        panel.set_title(title)
        panel.tick_params(axis="y", length=0)
        if measure == "neighbor_overlap":
            panel.xaxis.set_major_formatter(in_percent)
    chance_legend(figure, axes[0], "by chance (neighbours: agreeing on the label alone)", columns=2)
    return figure


def _by_label(pair: PairSimilarity, measure: str) -> Dots:
    rows = {
        row.label: row.measures[measure] for row in pair.by_label if row.label and measure in row.measures
    }
    chance = {label: m.details.get("within", m.null) for label, m in rows.items()}
    return Dots(
        name=_title(pair),
        values={label: m.value for label, m in rows.items() if m.value is not None},
        intervals={label: m.interval for label, m in rows.items() if m.interval is not None},
        chance={label: value for label, value in chance.items() if value is not None},
    )
