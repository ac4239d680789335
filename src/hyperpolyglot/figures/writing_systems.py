"""Whether labels keep apart: probes, neighbourhoods, neighbour composition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.multiples import (
    MANY,
    grid_of,
    grids_of_models,
    name_axis,
    name_shared_axis,
    panel_title,
    rows_of_models,
    vertical,
)
from hyperpolyglot.figures.panels import (
    chance_legend,
    legend_below,
    new_figure,
    of_caller,
    styled,
)
from hyperpolyglot.figures.style import (
    CHANCE,
    FAINT,
    INK,
    MIDDLE,
    WIDE,
    Dots,
    in_percent,
    model_colour,
    named,
)
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = [
    "draw_diversity",
    "draw_diversity_by_label",
    "draw_mixing",
    "draw_mixings",
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
    titles = [" · ".join(map(named, label.split("|"))) for label in labels]
    figure, panels = rows_of_models(labels, series, titles, margin=1.2, ax=ax)
    chance = results[0][1].labels[0].chance if results and results[0][1].labels else 0.5
    vertical(figure, panels, chance, CHANCE)
    for (name, value), style in zip(SEPARABILITY.items() if published else (), (":", "--"), strict=False):
        vertical(figure, panels, value, f"{name}, paper", style if len(panels) > 1 else ":")
    panels[0].set_xlim(lowest - 0.02, 1.01)
    panels[0].xaxis.set_major_formatter(in_percent)
    said = name_axis(panels, "accuracy of a linear probe, cross-validated (line: 95 % interval)")
    legend_below(figure, panels[0], columns=2 if len(panels) == 1 else 3)
    name_shared_axis(figure, panels, said)
    return figure


@styled
def draw_silhouette(
    results: Sequence[tuple[str, Silhouette]], most: int = 32, *, ax: Axes | None = None
) -> Figure:
    """Mean silhouette by label with its interval, and overall in the legend; what permuted labels give as a line."""
    order = {row.label: row.tokens for _, result in results for row in result.labels}
    labels = sorted(order, key=lambda name: (-order[name], name))[:most]
    series = [
        Dots(
            name=f"{title_of(model)}: mean " + f"{result.value:.2f}".replace("-", "−"),
            values={row.label: row.silhouette for row in result.labels},
            intervals={row.label: row.interval or (row.silhouette,) * 2 for row in result.labels},
        )
        for model, result in results
    ]
    figure, panels = rows_of_models(labels, series, [named(label) for label in labels], margin=1.2, ax=ax)
    vertical(figure, panels, float(np.mean([result.chance for _, result in results])), CHANCE)
    said = name_axis(panels, "mean silhouette by cosine distance (line: 95 % interval)")
    legend_below(figure, panels[0], columns=2)
    name_shared_axis(figure, panels, said)
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

    many = ax is None and len(results) >= MANY
    lines, columns = grid_of(len(results), widest=3) if many else (len(results), 1)
    height = 0.4 + 1.3 * lines + (0.7 if many else 0)
    figure, axes = new_figure(WIDE, height, lines, columns, sharex=True, sharey=many, ax=ax)
    for panel in axes[len(results) :]:
        panel.set_visible(False)
    axes = axes[: len(results)]
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
        if many:
            panel_title(panel, f"{title_of(model)}: {result.mean:.2f}, {CHANCE} {result.expected:.2f}", 1.9)
        elif model:
            panel.set_title(title_of(model))
        panel.set_xlim(-0.6, widest)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if not many or i % columns == 0:
            panel.set_ylabel("% of tokens")
        panel.grid(axis="y")
        if not many and not of_caller(figure, panel):
            panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=7)
    said = f"distinct {noun} among the {results[0][1].k} nearest neighbours"
    if many:
        handles, labels = axes[0].get_legend_handles_labels()
        legend_below(figure, axes[0], (handles, ["mean", CHANCE, *labels[2:]]), columns=4)
        name_shared_axis(figure, axes, said)
        return figure
    for panel in axes[-1:] if ax is None else axes:
        panel.set_xlabel(said)
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
    series = [
        Dots(
            name=title_of(model),
            values={row.label or "": row.mean for row in result.by_label},
            chance={row.label or "": row.expected for row in result.by_label},
        )
        for model, result in results
    ]
    titles = [named(label) for label in labels]
    figure, panels = rows_of_models(labels, series, titles, margin=1.1, each=0.15, ax=ax)
    panels[0].set_xlim(left=0)
    said = name_axis(panels, f"mean distinct {noun} among the {results[0][1].k} nearest neighbours")
    chance_legend(figure, panels[0])
    name_shared_axis(figure, panels, said)
    return figure


@styled
def draw_mixing(result: Diversity, most: int = 20, *, ax: Axes | None = None) -> Figure:
    """Neighbour composition: the share of each label among the neighbours of each label's tokens; last, by chance."""
    labels = _labels(result)[:most]
    side = 1.2 + max(_LEAST_SIDE, 0.17 * len(labels))
    width = min(MIDDLE, side + 0.9) if len(labels) < 20 else MIDDLE
    figure, (axes,) = new_figure(width, min(4.7, side), ax=ax)
    image = _composition(axes, result, labels)
    axes.set_xlabel("neighbour")
    axes.set_ylabel("token")
    _share_scale(axes.figure.colorbar(image, ax=axes, shrink=0.6 if len(labels) > 8 else 0.9))
    return figure


@styled
def draw_mixings(
    results: Sequence[tuple[str, Diversity]], most: int = 12, *, ax: Axes | None = None
) -> Figure:
    """Neighbour composition of many models: a panel each, all with the labels that have most tokens in the first."""
    labels = _labels(results[0][1])[:most]
    models = [model for model, _ in results]
    figure, axes = grids_of_models(models, len(labels), _LEAST_SIDE, ("neighbour", "token"), ax)
    for panel, (_, result) in zip(axes, results, strict=False):
        image = _composition(panel, result, labels)
    _share_scale(figure.colorbar(image, ax=axes, location="bottom", shrink=0.4, aspect=40))
    return figure


def _labels(result: Diversity) -> list[str]:
    return [row.label for row in result.by_label if row.label is not None]


def _composition(axes: Axes, result: Diversity, labels: Sequence[str]) -> AxesImage:
    """Shares of labels among neighbours as cells, in the colours of the square root."""
    shares = np.zeros((len(labels) + 1, len(labels)))
    labelled = sum(row.tokens for row in result.by_label if row.label is not None)
    for row in result.by_label:
        if row.label in labels:
            shares[-1, labels.index(row.label)] = row.tokens / labelled
    for pair in result.pairs:
        if pair.a in labels and pair.b in labels:
            shares[labels.index(pair.a), labels.index(pair.b)] = pair.share
    image = axes.imshow(np.sqrt(shares), cmap="magma_r", vmin=0, vmax=1)
    axes.axhline(len(labels) - 0.5, color="white", linewidth=3)
    axes.set_xticks(range(len(labels)), [named(label) for label in labels], rotation=60, ha="right")
    axes.set_yticks(range(len(labels) + 1), [*(named(label) for label in labels), CHANCE])
    axes.tick_params(length=0, labelsize=6.5)
    axes.spines[:].set_visible(False)
    return image


def _share_scale(bar: Colorbar) -> None:
    bar.set_ticks([0, 0.1**0.5, 0.5, 0.5**0.5, 1], labels=["0", "10 %", "25 %", "50 %", "100 %"])
    bar.set_label("share of neighbours")
