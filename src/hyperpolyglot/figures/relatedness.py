"""Whether related languages are neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.figures.panels import legend_below, new_figure, of_caller, rows_high, styled
from hyperpolyglot.figures.style import (
    FAINT,
    WIDE,
    Dots,
    dodge,
    dot_rows,
    drawn,
    logarithmic,
    model_colour,
    model_marker,
    named,
)
from hyperpolyglot.measures.relatedness import BranchLift, Relatedness
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_relatedness"]

_TITLES = (
    "how often languages of a branch are neighbours,\nobserved over expected",
    "pairs of languages by the\ngroups that both share",
)


@styled
def draw_relatedness(
    results: Sequence[tuple[str, Relatedness]], most: int = 40, *, ax: Axes | None = None
) -> Figure:
    """Lift of every branch of the tree with its 95 % interval; all pairs of languages by how many groups they share.

    Both axes are logarithmic; the line is chance.
    """
    sizes = {(row.script, row.group): row.tokens for _, found in results for row in found.branches}
    rows = sorted(sizes, key=lambda key: (key[0], -sizes[key], key[1]))[:most]
    names = {
        (row.script, row.group): f"{row.name} ({named(row.script)})"
        for _, found in results
        for row in found.branches
    }
    figure, axes = new_figure(WIDE, rows_high(1.3, len(rows)), columns=2, width_ratios=(3, 2), ax=ax)
    series = [_dots(model, found) for model, found in results]
    dot_rows(axes[0], ["|".join(key) for key in rows], series, [drawn(names[key]) for key in rows])
    for i, (_, found) in enumerate(results):
        _strip(axes[1], found, i, len(results))
    axes[1].set_xlabel("groups shared")
    for panel, title, axis in ((axes[0], _TITLES[0], "x"), (axes[1], _TITLES[1], "y")):
        getattr(panel, f"set_{axis}scale")("log")
        logarithmic(panel.xaxis if axis == "x" else panel.yaxis, lambda value: f"{value:g}")
        getattr(panel, "axvline" if axis == "x" else "axhline")(1, linewidth=0.8, color=FAINT, zorder=1)
        if not of_caller(figure, panel):
            panel.set_title(title, fontsize=8)
    axes[1].grid(axis="y")
    legend_below(figure, axes[0], columns=2)
    return figure


def _dots(model: str, found: Relatedness) -> Dots:
    def key(row: BranchLift) -> str:
        return f"{row.script}|{row.group}"

    said = "–" if found.value is None else f"{found.value:.2f}".replace("-", "−")
    return Dots(
        name=f"{title_of(model)}: correlation {said}",
        values={key(row): row.lift for row in found.branches},
        intervals={key(row): row.interval for row in found.branches if row.interval},
    )


def _strip(axes: Axes, found: Relatedness, position: int, of: int) -> None:
    """All pairs as points beside each other by what they share, and the median of each as a bar."""
    levels = sorted({row.shared for row in found.pairs})
    for level in levels:
        lifts = np.sort([row.lift for row in found.pairs if row.shared == level])
        places = level + dodge(position, of) + 0.25 / of * np.sin(2.4 * np.arange(len(lifts)))
        axes.scatter(
            places,
            lifts,
            s=5,
            marker=model_marker(position),
            color=model_colour(position),
            alpha=0.35,
            linewidths=0,
        )
        axes.hlines(
            float(np.median(lifts)),
            level + dodge(position, of) - 0.3 / of,
            level + dodge(position, of) + 0.3 / of,
            color=model_colour(position),
            linewidth=1.6,
        )
    ticks = max([*levels, *map(int, axes.get_xticks())] if position else [*levels, 0])
    axes.set_xticks(range(ticks + 1))
