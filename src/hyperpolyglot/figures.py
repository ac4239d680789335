"""One figure for each result, with its chance level and, where there is one, the paper's published value.

Figures are matplotlib objects; :func:`save` writes PNG, SVG or PDF by extension. SVG keeps text as text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import written
from hyperpolyglot.types import Float32, Float64
from hyperpolyglot.writing.scripts import script_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "IMAGE_SUFFIXES",
    "draw_agreement",
    "draw_census",
    "draw_diversity",
    "draw_diversity_by_label",
    "draw_map",
    "draw_mixing",
    "draw_overlap",
    "draw_separability",
    "draw_translation",
    "save",
    "svg",
]

P = ParamSpec("P")

IMAGE_SUFFIXES = (".png", ".svg", ".pdf")
INK, FAINT, GRID = "#22262b", "#8a9199", "#e4e7ea"
MODEL_COLOURS = ("#b5432e", "#20639b", "#3a7d44", "#8e5ea2", "#c98a1b", "#4c5866")
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
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


def _styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the project's style, whatever the user's own settings are."""

    @wraps(draw)
    def styled(*arguments: P.args, **options: P.kwargs) -> Figure:
        import matplotlib as mpl

        with mpl.rc_context({**mpl.rcParamsDefault, **_STYLE}):
            return draw(*arguments, **options)

    return styled


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.1))
    axes = figure.subplots(rows, columns, squeeze=False)
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
    _write(figure, buffer, "svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _named(label: str | None) -> str:
    return "(none)" if label is None else script_name(label)


def colour_of(position: int) -> str:
    """The colour of the label that is ``position``-th in size; grey beyond the palette."""
    return _HUES[position] if position < len(_HUES) else "#c3c9cf"


@_styled
def draw_census(census: Census, most: int = 30) -> Figure:
    """Tokens by label, largest first, on a logarithmic axis; one column of dots a model."""
    totals: dict[str, int] = {}
    for model in census.models:
        for label, count in model.labels.items():
            totals[label] = max(totals.get(label, 0), count)
    labels = sorted(totals, key=lambda name: (-totals[name], name))[:most]
    figure, (axes,) = _figure(7.2, 1.4 + 0.19 * len(labels))
    for i, model in enumerate(census.models):
        counts = [model.labels.get(label, 0) for label in labels]
        seen = [j for j, c in enumerate(counts) if c]
        dots = [counts[j] for j in seen]
        places = [j + _dodge(i, len(census.models)) for j in seen]
        axes.scatter(dots, places, s=22, color=_model_colour(i), label=title_of(model.model), zorder=3)
    axes.hlines(range(len(labels)), 1, [totals[label] for label in labels], color=GRID, linewidth=3, zorder=1)
    axes.set_yticks(range(len(labels)), [_named(label) for label in labels])
    axes.set_xscale("log")
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel("tokens")
    axes.grid(axis="x")
    if len(census.models) > 1:
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def _dodge(position: int, of: int) -> float:
    """How far a model's dots are moved off their line, so that equal values of two models both show."""
    return 0.6 * ((position + 0.5) / of - 0.5)


def _model_colour(position: int) -> str:
    return MODEL_COLOURS[position % len(MODEL_COLOURS)]


def draw_agreement(models: Sequence[str], values: Float64) -> Figure:
    """One measure of every two models, ``values[model, model]`` in 0…1, as shaded cells (PAPER: figures 7, 8)."""
    return _shaded_pairs(models, values)


@_styled
def _shaded_pairs(models: Sequence[str], values: Float64) -> Figure:
    titles = [title_of(model) for model in models]
    figure, (axes,) = _figure(2.6 + 0.9 * len(models), 1.4 + 0.6 * len(models))
    axes.imshow(values, vmin=0, vmax=1, cmap="Blues")
    for i in range(len(models)):
        for j in range(len(models)):
            ink = "white" if values[i, j] > 0.6 else INK
            axes.text(j, i, f"{100 * values[i, j]:.0f} %", ha="center", va="center", color=ink)
    axes.set_xticks(range(len(models)), titles, rotation=30, ha="right")
    axes.set_yticks(range(len(models)), titles)
    axes.spines[:].set_visible(False)
    return figure


def draw_overlap(overlap: Overlap) -> Figure:
    """Overlap of every pair of vocabularies as a table of shaded cells."""
    models = list(dict.fromkeys(name for pair in overlap.pairs for name in (pair.a, pair.b)))
    values = np.eye(len(models))
    for pair in overlap.pairs:
        i, j = models.index(pair.a), models.index(pair.b)
        values[i, j] = values[j, i] = pair.overlap or 0.0
    return _shaded_pairs(models, values)


@_styled
def draw_separability(results: Sequence[tuple[str, Separability]], most: int = 32) -> Figure:
    """Accuracy by label with its interval; chance, and the paper's means, as vertical lines."""
    order = {row.label: row.tokens for _, result in results for row in result.labels}
    labels = sorted(order, key=lambda name: (-order[name], name))[:most]
    figure, (axes,) = _figure(7.2, 1.5 + 0.2 * max(1, len(labels)))
    lowest = min([0.5, *(row.interval[0] for _, result in results for row in result.labels)])
    for i, (model, result) in enumerate(results):
        colour = _model_colour(i)
        rows = [row for row in result.labels if row.label in labels]
        places = [labels.index(row.label) + _dodge(i, len(results)) for row in rows]
        axes.hlines(
            places, [r.interval[0] for r in rows], [r.interval[1] for r in rows], color=colour, alpha=0.45
        )
        mean = "" if result.mean_accuracy is None else f": mean {100 * result.mean_accuracy:.1f} %"
        axes.scatter(
            [r.accuracy for r in rows], places, s=18, color=colour, label=f"{title_of(model)}{mean}", zorder=3
        )
    chance = results[0][1].labels[0].chance if results and results[0][1].labels else 0.5
    _vertical(axes, chance, "chance", FAINT, "-")
    for name, value in SEPARABILITY.items():
        _vertical(axes, value, name, FAINT, ":")
    axes.set_yticks(range(len(labels)), [" · ".join(map(_named, label.split("|"))) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(lowest - 0.02, 1.01)
    axes.set_xlabel("accuracy of a linear probe, cross-validated (line: 95 % interval)")
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _vertical(axes: Axes, x: float, text: str, colour: str, style: str) -> None:
    axes.axvline(x, color=colour, linestyle=style, linewidth=1.1, zorder=2)
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
        rotation=28, ha="left", va="bottom", fontsize=7, color=FAINT,
    )  # fmt: skip


@_styled
def draw_diversity(results: Sequence[tuple[str, Diversity]], noun: str = "labels") -> Figure:
    """How many tokens have how many labels among their neighbours; mean, chance and the paper's means."""
    figure, axes = _figure(7.2, 0.4 + 1.6 * len(results), rows=len(results))
    widest = max([*(len(r.histogram) for _, r in results), *(int(r.expected) + 2 for _, r in results)])
    for i, (panel, (model, result)) in enumerate(zip(axes, results, strict=True)):
        share = np.array(result.histogram) / result.tokens
        panel.bar(range(len(share)), 100 * share, width=0.86, color=_model_colour(i), alpha=0.8)
        panel.axvline(result.mean, color=INK, linewidth=1.6, label=f"mean {result.mean:.2f}")
        panel.axvline(result.expected, color=FAINT, linewidth=1.6, label=f"by chance {result.expected:.2f}")
        if result.k == 50:
            for (name, value), style in zip(DIVERSITY.items(), (":", "--"), strict=True):
                panel.axvline(value, color=FAINT, linestyle=style, label=f"{name}, paper {value:.2f}")
        panel.set_title(title_of(model))
        panel.set_xlim(-0.6, widest)
        panel.set_ylabel("% of tokens")
        panel.grid(axis="y")
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    axes[-1].set_xlabel(f"distinct {noun} among the {results[0][1].k} nearest neighbours")
    return figure


@_styled
def draw_diversity_by_label(
    results: Sequence[tuple[str, Diversity]], noun: str = "labels", most: int = 30
) -> Figure:
    """Mean distinct labels for the tokens of each label, and what chance gives."""
    sizes = {
        row.label: row.tokens for _, result in results for row in result.by_label if row.label is not None
    }
    labels = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    figure, (axes,) = _figure(7.2, 1.6 + 0.19 * len(labels))
    for i, (model, result) in enumerate(results):
        rows = [row for row in result.by_label if row.label in labels]
        places = [labels.index(row.label or "") + _dodge(i, len(results)) for row in rows]
        axes.scatter(
            [r.mean for r in rows], places, s=24, color=_model_colour(i), label=title_of(model), zorder=3
        )
        axes.scatter(
            [r.expected for r in rows], places, s=30, marker="|", color=_model_colour(i), alpha=0.7,
            label=f"{title_of(model)}: by chance", zorder=2,
        )  # fmt: skip
    axes.set_yticks(range(len(labels)), [_named(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"mean distinct {noun} among the {results[0][1].k} nearest neighbours")
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@_styled
def draw_mixing(result: Diversity, most: int = 20) -> Figure:
    """Who neighbours whom: the share of each label among the neighbours of each label's tokens."""
    labels = [row.label for row in result.by_label if row.label is not None][:most]
    shares = np.full((len(labels), len(labels)), np.nan)
    for pair in result.pairs:
        if pair.a in labels and pair.b in labels:
            shares[labels.index(pair.a), labels.index(pair.b)] = pair.share
    side = 3.0 + 0.22 * len(labels)
    figure, (axes,) = _figure(min(7.2, side + 1.0), min(6.6, side))
    image = axes.imshow(np.sqrt(np.nan_to_num(shares)), cmap="magma_r", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), [_named(label) for label in labels], rotation=60, ha="right")
    axes.set_yticks(range(len(labels)), [_named(label) for label in labels])
    axes.set_xlabel("neighbour")
    axes.set_ylabel("token")
    bar = figure.colorbar(image, ax=axes, shrink=0.6, ticks=[0, 0.1**0.5, 0.5, 0.5**0.5, 1])
    bar.ax.set_yticklabels(["0", "10 %", "25 %", "50 %", "100 %"])
    bar.set_label("share of neighbours")
    return figure


@_styled
def draw_translation(names: Sequence[str], values: Float64, most: int = 28) -> Figure:
    """Share of questions answered rightly, ``values[source, target]`` in 0…1; grey where nothing was asked."""
    asked = np.isfinite(values).sum(axis=0) + np.isfinite(values).sum(axis=1)
    chosen = np.sort(np.argsort(-asked, kind="stable")[:most])
    figure, (axes,) = _figure(min(7.4, 2.8 + 0.24 * len(chosen)), min(6.8, 2.2 + 0.24 * len(chosen)))
    axes.set_facecolor("#eceff1")
    image = axes.imshow(values[np.ix_(chosen, chosen)], cmap="magma_r", vmin=0, vmax=1)
    titles = [_named(names[i]) for i in chosen]
    axes.set_xticks(range(len(chosen)), titles, rotation=60, ha="right")
    axes.set_yticks(range(len(chosen)), titles)
    axes.set_xlabel("asked for in")
    axes.set_ylabel("word given in")
    figure.colorbar(image, ax=axes, shrink=0.6, label="answered rightly (P@1, CSLS, target's words)")
    return figure


@_styled
def draw_map(maps: Sequence[tuple[TokenSpace, Projection]], most: int = 24) -> Figure:
    """Every token as a point, coloured by label; the same colours in every panel."""
    totals: dict[str, int] = {}
    for space, _ in maps:
        for label, count in space.labels.counts().items():
            totals[label] = totals.get(label, 0) + count
    order = sorted(totals, key=lambda name: (-totals[name], name))
    figure, axes = _figure(8.4, 5.2 if len(maps) > 1 else 7.6, columns=len(maps))
    for panel, (space, projection) in zip(axes, maps, strict=True):
        _scatter(panel, space, projection, order)
    handles = [
        axes[0].scatter([], [], s=22, color=colour_of(i), label=_named(label))
        for i, label in enumerate(order[: min(most, len(_HUES))])
    ]
    if len(order) > len(handles):
        handles.append(axes[0].scatter([], [], s=22, color=colour_of(len(_HUES)), label="others"))
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


def _frame(points: Float32) -> tuple[Float32, float]:
    """A square that holds all but a few far points: its middle and half its side."""
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    return (low + high) / 2, 0.53 * float((high - low).max())
