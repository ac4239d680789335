"""Translation from label to label as cells: by writing system and by language, one model or many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.language_order import best_by_script, by_family
from hyperpolyglot.figures.multiples import grids_of_models
from hyperpolyglot.figures.panels import new_figure, styled
from hyperpolyglot.figures.style import CHANCE, FAINT, MIDDLE, WIDE, drawn, named
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.percentages import exact
from hyperpolyglot.types import Float64, Int64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = [
    "FEWEST_QUESTIONS",
    "draw_translation",
    "draw_translation_by_language",
    "draw_translations",
    "draw_translations_by_language",
    "heat_map_languages",
]

FEWEST_QUESTIONS = 10
_LETTERS_AN_INCH = 20
"""Of the name of a family, along the edge of its rows, in the inches of the whole figure; a longer one is left out."""
_FEW, _LEAST_SIDE = 8, 1.8
"""A heat map of few names; inches of one, however few, for the scale beside it needs them."""


@styled
def draw_translation(
    names: Sequence[str],
    values: Float64,
    most: int = 28,
    *,
    chance: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """P@1, ``values[source, target]`` in 0…1; grey where it is NaN."""
    chosen = np.sort(_most_asked([(names, values)], most))
    titles = [named(names[i]) for i in chosen]
    return _heat_map(titles, values[np.ix_(chosen, chosen)], chance, title, ax)[0]


@styled
def draw_translations(
    results: Sequence[tuple[str, Sequence[str], Float64]],
    most: int = 12,
    *,
    chance: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """The same of many models (its name, the labels, ``values``): a panel each, the same labels in all.

    On lent axes that of the first.
    """
    labels = list(dict.fromkeys(name for _, names, _ in results for name in names))
    spread = [_on(labels, names, values) for _, names, values in results]
    chosen = np.sort(_most_asked([(labels, values) for values in spread], most))
    cells = np.ix_(chosen, chosen)
    panels = [(model, values[cells]) for (model, _, _), values in zip(results, spread, strict=True)]
    return _heat_maps([named(labels[i]) for i in chosen], panels, chance, ax=ax)


def _most_asked(found: Sequence[tuple[Sequence[str], Float64]], most: int) -> Int64:
    asked = sum(np.isfinite(v).sum(axis=0) + np.isfinite(v).sum(axis=1) for _, v in found)
    return np.argsort(-np.asarray(asked), kind="stable")[:most]


def _on(labels: Sequence[str], names: Sequence[str], values: Float64) -> Float64:
    """Values of some names at the places that these have among ``labels``."""
    places = [labels.index(name) for name in names]
    spread = np.full((len(labels), len(labels)), np.nan)
    spread[np.ix_(places, places)] = values
    return spread


def _heat_map(
    titles: Sequence[str], values: Float64, chance: float | None, title: str, ax: Axes | None
) -> tuple[Figure, Axes]:
    widest = MIDDLE if len(titles) <= 30 else WIDE
    side = min(widest - 1.9, max(_LEAST_SIDE, 0.6 + 0.2 * len(titles)))
    few = len(titles) <= _FEW
    figure, (axes,) = new_figure(side + (2.3 if few else 1.9), side + 0.9, ax=ax)
    image = _cells(axes, titles, values)
    axes.set_xlabel("target")
    axes.set_ylabel("source")
    if title:
        axes.set_title(title)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.9 if few else 0.6)
    bar.set_label("P@1 (CSLS)")
    _scale(bar, chance, 0.09 if few else 0.06)
    return figure, axes


def _heat_maps(
    titles: Sequence[str],
    panels: Sequence[tuple[str, Float64]],
    chance: float | None,
    edges: Sequence[float] = (),
    *,
    ax: Axes | None = None,
) -> Figure:
    """Cells of many models, a panel each, over one scale; white lines at ``edges``."""
    models = [model for model, _ in panels]
    figure, axes = grids_of_models(models, len(titles), _LEAST_SIDE, ("target", "source"), ax)
    for panel, (_, values) in zip(axes, panels, strict=False):
        image = _cells(panel, titles, values)
        _part(panel, edges)
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.6, aspect=40)
    bar.set_label("P@1 (CSLS)")
    _scale(bar, chance, 0.17)
    return figure


def _cells(axes: Axes, titles: Sequence[str], values: Float64) -> AxesImage:
    axes.set_facecolor("#eceff1")
    image = axes.imshow(values, cmap="magma_r", vmin=0, vmax=1)
    axes.set_xticks(range(len(titles)), titles, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(titles)), titles)
    axes.tick_params(length=0, labelsize=6)
    axes.spines[:].set_visible(False)
    return image


def _part(axes: Axes, edges: Sequence[float]) -> None:
    for edge in edges:
        axes.axhline(edge, color="white", linewidth=1.2)
        axes.axvline(edge, color="white", linewidth=1.2)


def _scale(bar: Colorbar, chance: float | None, apart: float) -> None:
    """Shares in per cent, and chance; no tick so near to chance that the two would meet."""
    ticks = {0.0: "0", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}
    if chance is not None:
        ticks = {tick: text for tick, text in ticks.items() if abs(tick - chance) > apart}
        ticks[chance] = f"{CHANCE} {exact(chance)}"
        (bar.ax.axhline if bar.orientation == "vertical" else bar.ax.axvline)(
            chance, color=FAINT, linewidth=1
        )
    bar.set_ticks(sorted(ticks), labels=[ticks[tick] for tick in sorted(ticks)])


@styled
def draw_translation_by_language(
    found: Translation,
    most: int = 44,
    *,
    least: int = FEWEST_QUESTIONS,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """The same for the best covered language of every script, then the best covered others, by family.

    Pairs with fewer than ``least`` questions are left grey; languages with no other pair are left out.
    """
    ordered = heat_map_languages([found], most, least)
    tags = [tag for _, tag in ordered]
    chance = found.overall["weak"]["csls"]["p1"]["chance"]
    titles = [drawn(language_name(tag)) for tag in tags]
    figure, axes = _heat_map(titles, _by_pair(found, tags, least), chance, title, ax)
    _part(axes, _between(ordered))
    letters = _LETTERS_AN_INCH * figure.get_size_inches()[1] / max(1, len(tags))
    for family, first, last in _families(ordered):
        if last > first and len(family) <= letters * (last - first + 1):
            axes.text(len(tags) - 0.3, (first + last) / 2, family, fontsize=5.5, va="center", rotation=270)
    return figure


@styled
def draw_translations_by_language(
    results: Sequence[tuple[str, Translation]],
    most: int = 18,
    *,
    least: int = FEWEST_QUESTIONS,
    ax: Axes | None = None,
) -> Figure:
    """The same of many models: a panel each, the same languages in all; on lent axes that of the first."""
    ordered = heat_map_languages([found for _, found in results], most, least)
    tags = [tag for _, tag in ordered]
    panels = [(model, _by_pair(found, tags, least)) for model, found in results]
    chances = [found.overall["weak"]["csls"]["p1"]["chance"] for _, found in results]
    known = {round(chance, 4) for chance in chances if chance is not None}
    chance = known.pop() if len(known) == 1 else None
    return _heat_maps([drawn(language_name(tag)) for tag in tags], panels, chance, _between(ordered), ax=ax)


def heat_map_languages(
    results: Sequence[Translation], most: int, least: int = FEWEST_QUESTIONS
) -> list[tuple[str, str]]:
    """(family, language): the languages with most covered words of every script first, then the others, by family.

    Only languages that have a pair of ``least`` questions, if there are any.
    """
    covered: dict[str, int] = {}
    for row in (row for found in results for row in found.largest(len(found.coverage), scored=True)):
        covered[row.language] = covered.get(row.language, 0) + row.single_token
    scripts = {row.language: row.script for found in results for row in found.coverage}
    asked = {
        pair[end]
        for found in results
        for pair in found.pairs
        if pair["questions"] >= least
        for end in ("source", "target")
    }
    best = sorted(covered, key=lambda tag: (-covered[tag], tag))
    shown = [tag for tag in best if tag in asked] or best
    return by_family(best_by_script(shown, scripts, most), scripts)


def _by_pair(found: Translation, tags: Sequence[str], least: int) -> Float64:
    place = {tag: i for i, tag in enumerate(tags)}
    values = np.full((len(tags), len(tags)), np.nan)
    for pair in found.pairs:
        if pair["source"] in place and pair["target"] in place and pair["questions"] >= least:
            values[place[pair["source"]], place[pair["target"]]] = pair["csls_p1"]
    return values


def _families(ordered: Sequence[tuple[str, str]]) -> list[tuple[str, int, int]]:
    """Each family with the places of its first and last language."""
    found: dict[str, list[int]] = {}
    for i, (family, _) in enumerate(ordered):
        found.setdefault(family, []).append(i)
    return [(family, places[0], places[-1]) for family, places in found.items()]


def _between(ordered: Sequence[tuple[str, str]]) -> list[float]:
    """Where a family ends, but for those of one language side by side."""
    families = _families(ordered)
    return [
        first - 0.5
        for (_, before, end), (_, first, last) in pairwise(families)
        if end > before or last > first
    ]
