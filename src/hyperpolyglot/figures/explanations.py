"""Why neighbourhoods are as they are: frequency, under-trained tokens, hubs, and what taking languages out does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperpolyglot.figures.multiples import (
    MANY,
    name_axis,
    name_shared_axis,
    rows_of_models,
    vertical,
)
from hyperpolyglot.figures.panels import chance_legend, legend_below, new_figure, styled
from hyperpolyglot.figures.style import (
    CHANCE,
    FAINT,
    MIDDLE,
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
)
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.sources import title_of
from hyperpolyglot.types import Array, Float64
from hyperpolyglot.writing.scripts import is_script

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FEWEST_TOKENS",
    "draw_deciles",
    "draw_frequency_by_label",
    "draw_hubness",
    "draw_removal",
    "draw_undertrained",
    "translated_after",
]

FEWEST_TOKENS = 100

_REMOVALS = {
    "none": "nothing",
    "centring": "each label’s mean",
    "lir": "each label’s first\ndirection (LIR)",
    "lsar": "the subspace of\nall means (LSAR)",
}


@styled
def draw_deciles(results: Sequence[Explanation], noun: str = "labels", *, ax: Axes | None = None) -> Figure:
    """Mean diversity by tenth of frequency, the rarest first (PAPER: figure 9); dashed: by chance."""
    figure, (axes,) = new_figure(MIDDLE, 2.9, ax=ax)
    k = 0
    for i, found in enumerate(results):
        if found.frequency is None:
            continue
        k = found.frequency.k
        tenths = found.frequency.deciles
        intervals = [t.interval or (t.mean, t.mean) for t in tenths]
        reach = np.array(
            [[t.mean - low, high - t.mean] for t, (low, high) in zip(tenths, intervals, strict=True)]
        )
        colour = model_colour(i)
        axes.errorbar(
            [t.decile for t in tenths], [t.mean for t in tenths], yerr=np.maximum(reach, 0).T, marker=model_marker(i),
            markersize=3.5, color=colour, label=entry(title_of(found.model)),
        )  # fmt: skip
        axes.axhline(found.subspaces.effects[0].expected, color=colour, linestyle="--", linewidth=1)
    axes.set_xticks(range(1, 11))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("tenth of the tokens, from the rarest (1) to the commonest (10)")
    axes.set_ylabel(f"{noun} among\n{k} neighbours")
    axes.grid(axis="y")
    handles, labels = axes.get_legend_handles_labels()
    (dashed,) = axes.plot([], [], color=FAINT, linestyle="--")
    legend_below(figure, axes, ([*handles, dashed], [*labels, CHANCE]))
    return figure


@styled
def draw_frequency_by_label(
    results: Sequence[Explanation], most: int = 30, *, ax: Axes | None = None
) -> Figure:
    """Rank correlation of frequency and diversity within each label of 100 tokens, with its interval; chance is 0."""
    found = [(one, {name: c for name, c, _ in one.frequency.by_label}) for one in results if one.frequency]
    sizes = {name: c.n for _, rows in found for name, c in rows.items() if is_script(name)}
    labels = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    series = [
        Dots(
            name=title_of(one.model),
            values={name: c.value for name, c in rows.items() if c.value is not None},
            intervals={name: c.interval for name, c in rows.items() if c.interval is not None},
        )
        for one, rows in found
    ]
    figure, panels = rows_of_models(labels, series, [named(label) for label in labels], margin=1.2, ax=ax)
    vertical(figure, panels, 0.0, CHANCE)
    said = name_axis(
        panels, "rank correlation of frequency and diversity within the label (line: 95 % interval)"
    )
    legend_below(figure, panels[0])
    name_shared_axis(figure, panels, said)
    return figure


@styled
def draw_undertrained(results: Sequence[Explanation], most: int = 30, *, ax: Axes | None = None) -> Figure:
    """Share of under-trained tokens of the labels of 100 tokens that have any; the bar is the share over all."""
    sizes = {
        row.label: row.tokens
        for found in results
        for row in found.undertrained.by_label
        if row.label is not None and is_script(row.label) and row.undertrained and row.tokens >= FEWEST_TOKENS
    }
    labels = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    series = []
    for found in results:
        rows = {row.label: row for row in found.undertrained.by_label if row.label is not None}
        series.append(
            Dots(
                name=title_of(found.model),
                values={label: row.share for label, row in rows.items()},
                intervals={label: row.interval for label, row in rows.items() if row.interval is not None},
                chance=dict.fromkeys(rows, found.undertrained.share),
            )
        )
    titles = [named(label) for label in labels]
    figure, panels = rows_of_models(labels, series, titles, margin=1.2, each=0.18, ax=ax)
    panels[0].set_xlim(left=0)
    panels[0].xaxis.set_major_formatter(in_percent)
    said = name_axis(panels, "under-trained tokens (line: 95 % interval)")
    chance_legend(figure, panels[0], "if they were spread evenly")
    name_shared_axis(figure, panels, said)
    return figure


@styled
def draw_hubness(results: Sequence[Explanation], *, ax: Axes | None = None) -> Figure:
    """How many tokens are among the nearest of how many others; dashed: were neighbours drawn at random."""
    figure, (axes,) = new_figure(MIDDLE, 2.9, ax=ax)
    k = results[0].hubness.k
    for i, found in enumerate(results):
        counts = found.hubness.occurrences
        colour = model_colour(i)
        at, share = _binned(counts)
        axes.plot(
            at, share, marker=model_marker(i), markersize=3, color=colour, label=entry(title_of(found.model))
        )
        axes.plot(at, _by_chance(found, at), linestyle="--", linewidth=1, color=colour)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 1.5)
    logarithmic(axes.yaxis, in_percent)
    axes.xaxis.set_major_formatter(in_thousands)
    axes.set_xlabel(f"times among the {k} nearest of another token, at least")
    axes.set_ylabel("share of tokens")
    axes.grid()
    handles, labels = axes.get_legend_handles_labels()
    (dashed,) = axes.plot([], [], color=FAINT, linestyle="--")
    legend_below(figure, axes, ([*handles, dashed], [*labels, CHANCE]))
    return figure


def _binned(counts: Array) -> tuple[Array, Float64]:
    """Occurrences at steps of a fifth of a decade, and the share of tokens that have as many or more."""
    largest = int(counts.max(initial=1))
    steps = np.unique(np.round(np.geomspace(1, max(1, largest), 30)).astype(int))
    at = np.concatenate([[0], steps])
    ordered = np.sort(counts)
    return at, 1 - np.searchsorted(ordered, at, side="left") / max(1, len(ordered))


def _by_chance(found: Explanation, at: Array) -> Float64:
    hubs = found.hubness
    share = hubs.k / max(1, len(hubs.occurrences) - 1)
    from scipy.stats import binom  # half a second, which no command owes that draws no hubs

    return np.asarray(binom.sf(at - 1, hubs.queries, share), np.float64)


@styled
def draw_removal(results: Sequence[Explanation], noun: str = "labels", *, ax: Axes | None = None) -> Figure:
    """After removing label components: probes, diversity, translation, neighbours kept. Bars: chance."""
    first = results[0].subspaces.effects[0]
    others = len(results[0].hubness.occurrences) - 1
    panels: dict[str, Any] = {
        "accuracy of a probe\n(held-out sample)": lambda e: (e.accuracy, None, e.chance),
        f"{noun} among\n{first.k} neighbours": lambda e: (e.diversity, e.interval, e.expected),
        "neighbours kept": lambda e: (e.kept, None, e.k / others),
    }
    if any(translated_after(effect) for found in results for effect in found.subspaces.effects):
        panels["translation (P@1)"] = lambda e: translated_after(e) or (None, None, None)
    names = [effect.removal for effect in results[0].subspaces.effects]
    each = 0.27 * max(1.0, len(results) / (MANY - 1))
    figure, axes = new_figure(WIDE, 1.4 + each * len(names), columns=len(panels), sharey=True, ax=ax)
    for panel, (title, read) in zip(axes, panels.items(), strict=True):
        dot_rows(
            panel, names, [_effects(found, read) for found in results], [_REMOVALS.get(n, n) for n in names]
        )
        panel.set_title(title, fontsize=8)
        panel.set_xlim(left=0)
        panel.tick_params(axis="y", length=0)
        if noun not in title:
            panel.xaxis.set_major_formatter(in_percent)
    axes[0].set_ylabel("removed")
    chance_legend(figure, axes[0])
    return figure


def _effects(found: Explanation, read: Any) -> Dots:
    rows = {effect.removal: read(effect) for effect in found.subspaces.effects}
    return Dots(
        name=title_of(found.model),
        values={name: value for name, (value, _, _) in rows.items() if value is not None},
        intervals={name: interval for name, (_, interval, _) in rows.items() if interval is not None},
        chance={name: chance for name, (_, _, chance) in rows.items() if chance is not None},
    )


def translated_after(effect: Any) -> tuple[float | None, Any, float | None] | None:
    """The first score of a removal's translation: its value, interval and chance."""
    found = effect.translation or {}
    scores = [found, *(part for part in found.values() if isinstance(part, dict))]
    score = next((part for part in scores if part.get("value") is not None), None)
    if score is None:
        return None
    interval = score.get("interval")
    return score["value"], None if interval is None else tuple(interval), score.get("chance")
