"""Figures and their panels: of their own, or on axes that a caller lends.

Where a figure has several panels, lent axes show its main one. They keep the look that their owner gave them; names of
rows are made small enough to stand apart, and no more rows are drawn than can be read.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from hyperpolyglot.figures.fitting import FEWEST_ROWS, break_titles, fit, inches_of, rows_that_fit
from hyperpolyglot.figures.fonts import use_fonts_that_have
from hyperpolyglot.figures.style import CHANCE, FAINT, GRID, STYLE, WIDE
from hyperpolyglot.shown import visible

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "chance_legend",
    "drawn_on",
    "extra_settings",
    "legend_below",
    "new_figure",
    "of_caller",
    "pair_panels",
    "rows_high",
    "styled",
]

P = ParamSpec("P")

_ENTRY = 1.7
"""Inches of an entry of a legend."""

_figure: ContextVar[Figure | None] = ContextVar("figure", default=None)
_settings: ContextVar[dict[str, Any] | None] = ContextVar("settings", default=None)


@contextmanager
def drawn_on(figure: Figure) -> Iterator[None]:
    """Let the next figure be this one, which is empty and is given its size."""
    token = _figure.set(figure)
    try:
        yield
    finally:
        _figure.reset(token)


@contextmanager
def extra_settings(settings: dict[str, Any]) -> Iterator[None]:
    """Let settings of matplotlib go before those of the style."""
    token = _settings.set(settings)
    try:
        yield
    finally:
        _settings.reset(token)


def new_figure(
    width: float,
    height: float,
    rows: int = 1,
    columns: int = 1,
    *,
    ax: Axes | None = None,
    main: int = 0,
    **shared: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure of so many inches and its panels, row by row; ``shared`` goes to ``Figure.subplots``.

    ``ax``: axes of a caller in place of the ``main`` panel; the others are drawn and thrown away.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.1)
    figure = _figure.get() if ax is None else None
    if figure is None:
        figure = Figure(figsize=(width, height), layout=layout)
    else:
        figure.set_size_inches(width, height)
        figure.set_layout_engine(layout)
        figure.set_facecolor("white")
    axes = list(figure.subplots(rows, columns, squeeze=False, **shared).ravel())
    if ax is not None:
        axes[main] = ax
    return figure, axes


def of_caller(figure: Figure, axes: Axes) -> bool:
    """Whether axes are a caller's, and not of this figure."""
    return axes.figure is not figure


def rows_high(margin: float, rows: int, each: float = 0.16) -> float:
    """The height in inches of a figure of so many rows: few rows have room for their names, too."""
    return margin + each * max(FEWEST_ROWS, rows)


def pair_panels(models: int, ax: Axes | None = None) -> tuple[Figure, list[Axes]]:
    """Two panels side by side for measures of every two models."""
    side = min(2.6, 1.2 + 0.3 * models)
    return new_figure(WIDE, side + 0.9, columns=2, sharey=True, ax=ax)


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the project's style, whatever the user's own settings are; on lent axes theirs hold.

    Text is drawn as it is: ``$`` is a dollar.
    """
    called = inspect.signature(draw)

    @wraps(draw)
    def styled(*arguments: P.args, **options: P.kwargs) -> Figure:
        import matplotlib as mpl

        bound = called.bind(*arguments, **options)
        ax: Any = bound.arguments.get("ax")
        if ax is not None and not hasattr(ax, "transAxes"):
            raise TypeError(f"{draw.__name__}(ax=) takes axes of matplotlib, not {type(ax).__name__}.")
        settings: Any = {"text.parse_math": False}
        if ax is None:
            settings = {**mpl.rcParamsDefault, **STYLE}
        settings |= _settings.get() or {}
        if ax is not None and "most" in called.parameters and "most" not in bound.arguments:
            bound.arguments["most"] = min(called.parameters["most"].default, rows_that_fit(ax))
        with mpl.rc_context(settings), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Attempting to set identical")  # all points in one place
            if ax is None:
                figure = draw(*bound.args, **bound.kwargs)
                _take_for_text(figure)
                return figure
            before = _texts(ax)
            ax.set_axisbelow(True)
            ax.tick_params(grid_color=GRID)
            draw(*bound.args, **bound.kwargs)
            fit(ax)
            _take_for_text(ax)
            for text, said in _texts(ax).items():
                text.set_parse_math(text.get_parse_math() and before.get(text) == said)
            use_fonts_that_have(ax)
            found: Figure = ax.figure
            return found

    return styled


def _texts(artist: Artist) -> dict[Any, str]:
    from matplotlib.text import Text

    return {text: text.get_text() for text in artist.findobj(Text) if isinstance(text, Text)}


def _take_for_text(artist: Artist) -> None:
    """Write out hidden characters that a text still has, but for line breaks, which figures make themselves."""
    for text, said in _texts(artist).items():
        text.set_text(visible(said, keep="\n"))


def legend_below(
    figure: Figure,
    axes: Axes,
    entries: tuple[Sequence[Any], Sequence[str]] | None = None,
    *,
    columns: int = 3,
    width: float = _ENTRY,
    **style: Any,
) -> None:
    """Name what is drawn, once for the whole figure, or below the axes that are lent.

    ``entries``: handles and their labels, by default those of ``axes``; ``width``: inches of one on lent axes.
    """
    handles, labels = entries or axes.get_legend_handles_labels()
    if not of_caller(figure, axes):
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, **style)
        return
    from matplotlib.transforms import ScaledTranslation

    break_titles(axes)
    below = 9 + sum(
        1.3 * text.get_fontproperties().get_size_in_points() * (text.get_text().count("\n") + 1)
        for text in (*axes.get_xticklabels()[:1], axes.xaxis.label)
        if text is not axes.xaxis.label or text.get_text()
    )
    under = axes.transAxes + ScaledTranslation(0, -below / 72, axes.figure.dpi_scale_trans)
    columns = max(1, min(columns, int(inches_of(axes)[0] / width)))
    axes.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=under, ncols=columns,
        fontsize=style.pop("fontsize", 7), frameon=False, borderaxespad=0, **style,
    )  # fmt: skip


def chance_legend(figure: Figure, axes: Axes, chance: str = CHANCE, columns: int = 3) -> None:
    """The models' names and the bar for chance, once for the whole figure."""
    from matplotlib.lines import Line2D

    handles, labels = axes.get_legend_handles_labels()
    bar = Line2D([], [], color=FAINT, marker="|", linestyle="", markersize=6)
    legend_below(figure, axes, ([*handles, bar], [*labels, chance]), columns=columns)
