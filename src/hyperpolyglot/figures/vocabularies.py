"""Which tokens there are, and which are shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.multiples import MANY, name_shared_axis, rows_of_models
from hyperpolyglot.figures.panels import legend_below, new_figure, pair_panels, rows_high, styled
from hyperpolyglot.figures.style import (
    GRID,
    WIDE,
    Dots,
    dodge,
    entry,
    in_thousands,
    logarithmic,
    model_colour,
    model_marker,
    named,
    shaded_pairs,
)
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_census", "draw_overlap"]


@styled
def draw_census(census: Census, most: int = 30, *, ax: Axes | None = None) -> Figure:
    """Tokens by label, largest first, on a logarithmic axis; one column of dots a model."""
    totals: dict[str, int] = {}
    for model in census.models:
        for label, count in model.labels.items():
            totals[label] = max(totals.get(label, 0), count)
    labels = sorted(totals, key=lambda name: (-totals[name], name))[:most]
    if ax is None and len(census.models) >= MANY:
        return _census_of_many(census, labels)
    figure, (axes,) = new_figure(WIDE, rows_high(0.9, len(labels)), ax=ax)
    for i, model in enumerate(census.models):
        counts = [model.labels.get(label, 0) for label in labels]
        seen = [j for j, c in enumerate(counts) if c]
        dots = [counts[j] for j in seen]
        places = [j + dodge(i, len(census.models)) for j in seen]
        axes.scatter(
            dots, places, s=15, marker=model_marker(i), linewidths=0, color=model_colour(i),
            label=entry(title_of(model.model)), zorder=3,
        )  # fmt: skip
    axes.hlines(range(len(labels)), 1, [totals[label] for label in labels], color=GRID, linewidth=3, zorder=1)
    axes.set_yticks(range(len(labels)), [named(label) for label in labels])
    axes.set_xscale("log")
    logarithmic(axes.xaxis, in_thousands)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel("tokens")
    axes.grid(axis="x")
    if len(census.models) > 1:
        legend_below(figure, axes, columns=2)
    return figure


def _census_of_many(census: Census, labels: Sequence[str]) -> Figure:
    series = [
        Dots(name=title_of(m.model), values={label: n for label in labels if (n := m.labels.get(label, 0))})
        for m in census.models
    ]
    figure, panels = rows_of_models(labels, series, [named(label) for label in labels], margin=0.9)
    panels[0].set_xscale("log")
    logarithmic(panels[0].xaxis, in_thousands)
    name_shared_axis(figure, panels, "tokens")
    return figure


@styled
def draw_overlap(overlap: Overlap, *, ax: Axes | None = None) -> Figure:
    """Overlap of every pair of vocabularies, and the share of Latin in what they share (PAPER: figure 2)."""
    models = list(dict.fromkeys(name for pair in overlap.pairs for name in (pair.a, pair.b)))
    values = {"overlap": np.eye(len(models)), "latin_share": np.full((len(models), len(models)), np.nan)}
    for pair in overlap.pairs:
        i, j = models.index(pair.a), models.index(pair.b)
        for name, cells in values.items():
            share = getattr(pair, name)
            cells[i, j] = cells[j, i] = np.nan if share is None else share
    figure, axes = pair_panels(len(models), ax)
    titles = ("shared, of the\nsmaller vocabulary", "Latin, of the\nshared tokens")
    for panel, cells, title in zip(axes, values.values(), titles, strict=True):
        shaded_pairs(panel, models, cells)
        panel.set_title(title)
    return figure
