"""What is drawn on axes of any size, made small enough to be read there."""

from __future__ import annotations

import textwrap
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["FEWEST_ROWS", "break_titles", "fit", "inches_of", "rows_that_fit"]

FEWEST_ROWS = 4
_LEAST_ROW, _TITLES = 0.085, 0.45
"""Inches of a row that can be read; of what is written below the axes."""
_LEAST_SIZE, _LETTER, _TICK = 3.5, 0.58, 0.45
"""Points of the smallest letters; the width of a letter, of its size; inches of a number on an axis."""


def inches_of(axes: Axes) -> tuple[float, float]:
    """Width and height of axes."""
    box = axes.get_window_extent().transformed(axes.figure.dpi_scale_trans.inverted())
    return float(box.width), float(box.height)


def rows_that_fit(axes: Axes) -> int:
    """How many rows can be read on axes, of which a layout engine takes what titles and legend need."""
    _lay_out(axes)
    taken = 0.0 if axes.figure.figure is None or axes.figure.figure.get_layout_engine() is None else _TITLES
    return max(FEWEST_ROWS, int((inches_of(axes)[1] - taken) / _LEAST_ROW))


def fit(axes: Axes) -> None:
    """Make names, dots and the text in cells small enough to stand apart, numbers few enough; break long titles."""
    from matplotlib.collections import PathCollection

    _lay_out(axes)
    width, height = inches_of(axes)
    room = [
        72 * side / max(1e-9, abs(high - low))
        for side, (low, high) in ((width, axes.get_xlim()), (height, axes.get_ylim()))
    ]
    if axes.get_aspect() != "auto":
        room = [min(room)] * 2
    break_titles(axes)
    _fit_names(axes.xaxis, room[0], turned=True)
    _fit_names(axes.yaxis, room[1], turned=False)
    _fit_numbers(axes.xaxis, width)
    apart = _apart(axes.yaxis, room[1])
    largest = np.inf if apart is None else (0.7 * apart) ** 2
    for dots in axes.collections:
        if isinstance(dots, PathCollection):
            dots.set_sizes(np.minimum(dots.get_sizes(), largest))
    for text in axes.texts if axes.images else ():
        longest = max(map(len, text.get_text().split("\n")))
        size = text.get_fontproperties().get_size_in_points()
        text.set_fontsize(max(_LEAST_SIZE - 1, min(size, 0.95 * room[0] / (_LETTER * max(1, longest)))))


def break_titles(axes: Axes) -> None:
    """Break the title, and those of both axes, into lines that are as long as these."""
    width, height = inches_of(axes)
    for text, side in ((axes.title, width), (axes.xaxis.label, width), (axes.yaxis.label, height)):
        letters = max(12, int(72 * side / (_LETTER * text.get_fontproperties().get_size_in_points())))
        if "\n" not in text.get_text():
            text.set_text("\n".join(textwrap.wrap(text.get_text(), letters, break_long_words=False)))


def _lay_out(axes: Axes) -> None:
    """Let the layout engine of the figure, if it has one, place the axes as it will when it is drawn."""
    figure = axes.figure.figure
    engine = figure.get_layout_engine() if figure is not None else None
    if engine is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what does not fit yet
            engine.execute(figure)


def _apart(axis: Axis, points: float) -> float | None:
    """Points between names on an axis, where a unit has ``points``; ``None`` for an axis of numbers."""
    from matplotlib.ticker import FixedLocator

    places = sorted(axis.get_majorticklocs())
    if not isinstance(axis.get_major_locator(), FixedLocator) or len(places) < 2:
        return None
    return points * float(min(b - a for a, b in pairwise(places)))


def _fit_names(axis: Axis, points: float, *, turned: bool) -> None:
    apart = _apart(axis, points)
    if apart is None:
        return
    names = [name for name in axis.get_ticklabels() if not turned or name.get_rotation()]
    sizes = [name.get_fontproperties().get_size_in_points() for name in names]
    fitting = [0.75 * apart / (name.get_text().count("\n") + 1) for name in names]
    for name in names:
        name.set_fontsize(max(_LEAST_SIZE, min(sizes + fitting)))


def _fit_numbers(axis: Axis, width: float) -> None:
    from matplotlib.ticker import MaxNLocator

    locator = axis.get_major_locator()
    if isinstance(locator, MaxNLocator):
        locator.set_params(nbins=max(2, int(width / _TICK)))
