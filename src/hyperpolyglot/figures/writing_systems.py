"""Whether labels keep apart: probes, neighbourhoods, neighbour composition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.panels import (
    chance_legend,
    legend_below,
    new_figure,
    of_caller,
    rows_high,
    styled,
    vertical,
)
from hyperpolyglot.figures.style import CHANCE, FAINT, INK, MIDDLE, WIDE, Dots, dot_rows, model_colour, named
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "draw_diversity",
    "draw_diversity_by_label",
    "draw_mixing",
    "draw_separability",
    "draw_silhouette",
]


_LEAST_SIDE = 1.5
"""Inches of a heat map, however few its labels: the scale beside it needs them."""


@styled
def draw_separability(
    results: Sequence[tuple[str, Separability]],
    most: int = 32,
    *,
    published: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """Accuracy by label with its interval; chance and, where ``published``, the paper's means, as vertical lines."""
    order = {row.label: row.tokens for _, result in results for row in result.labels}
    labels = sorted(order, key=lambda name: (-order[name], name))[:most]
    figure, (axes,) = new_figure(WIDE, rows_high(1.2, len(labels)), ax=ax)
    lowest = min([0.5, *(row.interval[0] for _, result in results for row in result.labels)])
    series = []
    for model, result in results:
        mean = "" if result.mean_accuracy is None else f": mean {100 * result.mean_accuracy:.1f} %"
        series.append(
            Dots(
                name=f"{title_of(model)}{mean}",
                values={row.label: row.accuracy for row in result.labels},
                intervals={row.label: row.interval for row in result.labels},
            )
        )
    dot_rows(axes, labels, series, [" · ".join(map(named, label.split("|"))) for label in labels])
    chance = results[0][1].labels[0].chance if results and results[0][1].labels else 0.5
    vertical(figure, axes, chance, CHANCE)
    for name, value in SEPARABILITY.items() if published else ():
        vertical(figure, axes, value, f"{name}, paper", ":")
    axes.set_xlim(lowest - 0.02, 1.01)
    axes.set_xlabel("accuracy of a linear probe, cross-validated (line: 95 % interval)")
    legend_below(figure, axes, columns=2)
    return figure


@styled
def draw_silhouette(
    results: Sequence[tuple[str, Silhouette]], most: int = 32, *, ax: Axes | None = None
) -> Figure:
    """Mean silhouette by label with its interval, and overall in the legend; what permuted labels give as a line."""
    order = {row.label: row.tokens for _, result in results for row in result.labels}
    labels = sorted(order, key=lambda name: (-order[name], name))[:most]
    figure, (axes,) = new_figure(WIDE, rows_high(1.2, len(labels)), ax=ax)
    series = [
        Dots(
            name=f"{title_of(model)}: mean " + f"{result.value:.2f}".replace("-", "−"),
            values={row.label: row.silhouette for row in result.labels},
            intervals={row.label: row.interval or (row.silhouette,) * 2 for row in result.labels},
        )
        for model, result in results
    ]
    dot_rows(axes, labels, series, [named(label) for label in labels])
    vertical(figure, axes, float(np.mean([result.chance for _, result in results])), CHANCE)
    axes.set_xlabel("mean silhouette by cosine distance (line: 95 % interval)")
    legend_below(figure, axes, columns=2)
    return figure


@styled
def draw_diversity(
    results: Sequence[tuple[str, Diversity]],
    noun: str = "labels",
    *,
    published: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """Tokens by the number of labels among their neighbours; mean, chance and, if ``published``, the paper's means."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(WIDE, 0.4 + 1.3 * len(results), rows=len(results), sharex=True, ax=ax)
    widest = max([*(len(r.histogram) for _, r in results), *(int(r.expected) + 2 for _, r in results)])
    for i, (panel, (model, result)) in enumerate(zip(axes, results, strict=True)):
        share = np.array(result.histogram) / result.tokens
        panel.bar(range(len(share)), 100 * share, width=0.86, color=model_colour(i), alpha=0.8)
        panel.axvline(result.mean, color=INK, linewidth=1.4, label=f"mean {result.mean:.2f}")
        panel.axvline(result.expected, color=FAINT, linewidth=1.4, label=f"by chance {result.expected:.2f}")
        if published and result.k == 50:
            for (name, value), style in zip(DIVERSITY.items(), (":", "--"), strict=True):
                panel.axvline(
                    value, color=FAINT, linestyle=style, label=f"{name}, paper {value:.2f}", linewidth=1
                )
        if model:
            panel.set_title(title_of(model))
        panel.set_xlim(-0.6, widest)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.set_ylabel("% of tokens")
        panel.grid(axis="y")
        if not of_caller(figure, panel):
            panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=7)
    for panel in axes[-1:] if ax is None else axes:
        panel.set_xlabel(f"distinct {noun} among the {results[0][1].k} nearest neighbours")
    if ax is not None:
        legend_below(figure, ax)
    return figure


@styled
def draw_diversity_by_label(
    results: Sequence[tuple[str, Diversity]], noun: str = "labels", most: int = 30, *, ax: Axes | None = None
) -> Figure:
    """Mean distinct labels for the tokens of each label, and what chance gives."""
    sizes = {
        row.label: row.tokens for _, result in results for row in result.by_label if row.label is not None
    }
    labels = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    figure, (axes,) = new_figure(WIDE, rows_high(1.1, len(labels), 0.15), ax=ax)
    series = [
        Dots(
            name=title_of(model),
            values={row.label or "": row.mean for row in result.by_label},
            chance={row.label or "": row.expected for row in result.by_label},
        )
        for model, result in results
    ]
    dot_rows(axes, labels, series, [named(label) for label in labels])
    axes.set_xlim(left=0)
    axes.set_xlabel(f"mean distinct {noun} among the {results[0][1].k} nearest neighbours")
    chance_legend(figure, axes)
    return figure


@styled
def draw_mixing(result: Diversity, most: int = 20, *, ax: Axes | None = None) -> Figure:
    """Neighbour composition: the share of each label among the neighbours of each label's tokens; last, by chance."""
    labels = [row.label for row in result.by_label if row.label is not None][:most]
    shares = np.zeros((len(labels) + 1, len(labels)))
    labelled = sum(row.tokens for row in result.by_label if row.label is not None)
    for row in result.by_label:
        if row.label in labels:
            shares[-1, labels.index(row.label)] = row.tokens / labelled
    for pair in result.pairs:
        if pair.a in labels and pair.b in labels:
            shares[labels.index(pair.a), labels.index(pair.b)] = pair.share
    side = 1.2 + max(_LEAST_SIDE, 0.17 * len(labels))
    width = min(MIDDLE, side + 0.9) if len(labels) < 20 else MIDDLE
    figure, (axes,) = new_figure(width, min(4.7, side), ax=ax)
    image = axes.imshow(np.sqrt(shares), cmap="magma_r", vmin=0, vmax=1)
    axes.axhline(len(labels) - 0.5, color="white", linewidth=3)
    axes.set_xticks(range(len(labels)), [named(label) for label in labels], rotation=60, ha="right")
    axes.set_yticks(range(len(labels) + 1), [*(named(label) for label in labels), CHANCE])
    axes.tick_params(length=0, labelsize=6.5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("neighbour")
    axes.set_ylabel("token")
    bar = axes.figure.colorbar(
        image, ax=axes, shrink=0.6 if len(labels) > 8 else 0.9, ticks=[0, 0.1**0.5, 0.5, 0.5**0.5, 1]
    )
    bar.ax.set_yticklabels(["0", "10 %", "25 %", "50 %", "100 %"])
    bar.set_label("share of neighbours")
    return figure
