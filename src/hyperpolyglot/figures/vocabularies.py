"""Which tokens there are, and which are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.style import (
    GRID,
    dodge,
    in_thousands,
    model_colour,
    named,
    new_figure,
    shaded_pairs,
    styled,
)
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_census", "draw_overlap"]


@styled
def draw_census(census: Census, most: int = 30) -> Figure:
    """Tokens by label, largest first, on a logarithmic axis; one column of dots a model."""
    totals: dict[str, int] = {}
    for model in census.models:
        for label, count in model.labels.items():
            totals[label] = max(totals.get(label, 0), count)
    labels = sorted(totals, key=lambda name: (-totals[name], name))[:most]
    figure, (axes,) = new_figure(7.2, 1.4 + 0.19 * len(labels))
    for i, model in enumerate(census.models):
        counts = [model.labels.get(label, 0) for label in labels]
        seen = [j for j, c in enumerate(counts) if c]
        dots = [counts[j] for j in seen]
        places = [j + dodge(i, len(census.models)) for j in seen]
        axes.scatter(dots, places, s=22, color=model_colour(i), label=title_of(model.model), zorder=3)
    axes.hlines(range(len(labels)), 1, [totals[label] for label in labels], color=GRID, linewidth=3, zorder=1)
    axes.set_yticks(range(len(labels)), [named(label) for label in labels])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(in_thousands)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel("tokens")
    axes.grid(axis="x")
    if len(census.models) > 1:
        figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled
def draw_overlap(overlap: Overlap) -> Figure:
    """Overlap of every pair of vocabularies as a table of shaded cells."""
    models = list(dict.fromkeys(name for pair in overlap.pairs for name in (pair.a, pair.b)))
    values = np.eye(len(models))
    for pair in overlap.pairs:
        i, j = models.index(pair.a), models.index(pair.b)
        values[i, j] = values[j, i] = pair.overlap or 0.0
    figure, (axes,) = new_figure(2.6 + 0.9 * len(models), 1.4 + 0.6 * len(models))
    shaded_pairs(axes, models, values)
    return figure
