"""Measures along the checkpoints of a model: small multiples with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.figures.panels import new_figure, styled
from hyperpolyglot.figures.style import FAINT, INK, MODEL_COLOURS, WIDE
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.track.track import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_track"]

_COLUMNS, _HIGH = 3, 1.6
_TITLES = {
    "separability": "Linear separability",
    "diversity": "Scripts among neighbours",
    "own_share": "Own-script share",
    "translation": "Translation, P@1",
    "same_spelling": "Near-identical spelling, P@1",
    "isotropy": "IsoScore",
    "norm": "Mean norm",
    "undertrained": "Under-trained share",
    "overlap_last": "Neighbours of the last step",
    "cka_last": "CKA with the last step",
    "overlap_previous": "Neighbours of the step before",
    "cka_previous": "CKA with the step before",
}


@styled
def draw_track(found: Track, measure: str | None = None, *, ax: Axes | None = None) -> Figure:
    """A panel for each measure of all tokens over the steps: intervals as a band, chance dotted, the half-life a line.

    ``measure``: that one alone, as on lent axes, where it is by default the first that is known.
    """
    known = [name for name in MEASURES if any(step.value(name) for step in found.steps)]
    if measure is not None and measure not in known:
        raise NotEnoughData(
            f"Track: there is no {measure} to draw; there is {', '.join(known) or 'nothing'}."
        )
    chosen = known if measure is None else [measure]
    if ax is not None:
        chosen = chosen[:1]
    if not chosen:
        raise NotEnoughData("Track: there is nothing to draw.")
    columns = min(_COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, axes = new_figure(WIDE, 0.5 + _HIGH * rows, rows, columns, ax=ax, sharex=True)
    for name, panel in zip(chosen, axes, strict=False):
        _panel(panel, found, name)
    for panel in axes[max(0, len(chosen) - columns) : len(chosen)]:
        panel.set_xlabel("step")
    for panel in axes[len(chosen) :]:
        panel.set_axis_off()
    return figure


def _panel(panel: Axes, found: Track, measure: str) -> None:
    steps = [(step.x, value) for step in found.steps if (value := step.value(measure)) is not None]
    x = [place for place, _ in steps]
    low, high = (
        np.array([v.value if getattr(v, end) is None else getattr(v, end) for _, v in steps])
        for end in ("low", "high")
    )
    panel.fill_between(x, low, high, color=MODEL_COLOURS[0], alpha=0.2, linewidth=0)
    panel.plot(x, [v.value for _, v in steps], color=MODEL_COLOURS[0], marker=".", markersize=3)
    by_chance = [(place, v.chance) for place, v in steps if v.chance is not None]
    if by_chance:
        panel.plot(*zip(*by_chance, strict=True), color=FAINT, linestyle=":")
    for row in found.half_lives:
        if row.measure == measure and row.label is None and row.x is not None:
            panel.axvline(row.x, color=INK, linewidth=0.8)
            if row.low is not None and row.high is not None:
                panel.axvspan(row.low, row.high, color=INK, alpha=0.1, linewidth=0)
    panel.set_title(_TITLES[measure])
