"""How the record of each measure is drawn: a row for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.figures.checkpoints import draw_track
from hyperpolyglot.figures.comparisons import draw_agreements
from hyperpolyglot.figures.explanations import draw_removal
from hyperpolyglot.figures.fertility import draw_fertility
from hyperpolyglot.figures.fonts import use_fonts_that_have
from hyperpolyglot.figures.maps import draw_points
from hyperpolyglot.figures.neighborhoods import draw_meanings, draw_neighborhoods
from hyperpolyglot.figures.panels import drawn_on, extra_settings
from hyperpolyglot.figures.relatedness import draw_relatedness
from hyperpolyglot.figures.translations import MAIN_PANEL, draw_languages, draw_translation_scores
from hyperpolyglot.figures.vocabularies import draw_census, draw_overlap
from hyperpolyglot.figures.writing_systems import draw_diversity, draw_separability, draw_silhouette
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.fertility import Fertility
from hyperpolyglot.measures.languages import Languages
from hyperpolyglot.measures.meanings import Meanings
from hyperpolyglot.measures.neighbors import Neighborhoods
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.relatedness import Relatedness
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.translation import Translation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["of_record", "on_axes", "plot"]

_UNNAMED = "this model"


def _name(found: Any) -> str:
    """What the model of a record is called."""
    origin = found.provenance
    return origin.models[0].model if origin and origin.models else _UNNAMED


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a record is drawn: ``draw(record, **style)``, which of its panels is the main one, whether there is any.

    ``shown``: also beside its table in a notebook. ``plain``: what ``plot`` leaves out, unless it is asked for.
    """

    draw: Callable[..., Figure]
    main: int = 0
    there: Callable[[Any], object] = lambda _: True
    shown: bool = True
    plain: tuple[str, ...] = ()


def _languages(found: Languages, **style: Any) -> Figure:
    models = dict.fromkeys(row.model for rows in found.by_language.values() for row in rows)
    return draw_languages(found, list(models), **style)


_OF_RECORD: dict[type, _Drawn] = {
    Census: _Drawn(draw_census),
    Overlap: _Drawn(draw_overlap, there=lambda found: found.pairs),
    Neighborhoods: _Drawn(draw_neighborhoods, there=lambda found: found.queries, shown=False),
    Separability: _Drawn(
        lambda found, **style: draw_separability([(_name(found), found)], **style),
        there=lambda found: found.labels,
        plain=("published",),
    ),
    Silhouette: _Drawn(lambda found, **style: draw_silhouette([(_name(found), found)], **style)),
    Diversity: _Drawn(
        lambda found, **style: draw_diversity([(_name(found), found)], **style), plain=("published",)
    ),
    Relatedness: _Drawn(
        lambda found, **style: draw_relatedness([(_name(found), found)], **style),
        there=lambda found: found.branches,
    ),
    Projection: _Drawn(draw_points),
    Translation: _Drawn(
        lambda found, **style: draw_translation_scores([(_name(found), found)], **style),
        there=lambda found: found.pairs,
    ),
    Meanings: _Drawn(draw_meanings, there=lambda found: found.queries, shown=False),
    Languages: _Drawn(_languages, main=MAIN_PANEL, there=lambda found: found.by_language),
    Fertility: _Drawn(draw_fertility),
    Track: _Drawn(draw_track),
    Comparison: _Drawn(draw_agreements, there=lambda found: found.pairs),
    Explanation: _Drawn(
        lambda found, **style: draw_removal([found], **style), there=lambda found: found.subspaces.effects
    ),
}


def of_record(record: object) -> Figure | None:
    """The figure of the record of one measure, ``None`` where it has none."""
    how = _OF_RECORD.get(type(record))
    return how.draw(record) if how and how.shown and how.there(record) else None


def plot(record: object, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw the main figure of a record on ``ax``, or as a figure of its own, and return the axes of its main panel.

    ``style``: what the function that draws it takes, and settings of matplotlib by their names with a dot. Raises
    ``TypeError`` where a record has no figure, ``NotEnoughData`` where this one holds nothing to draw.
    """
    name = type(record).__name__
    how = _OF_RECORD.get(type(record))
    if how is None:
        there = ", ".join(sorted(kind.__name__ for kind in _OF_RECORD))
        raise TypeError(f"{name} has no figure; there are figures of {there}.")
    if not how.there(record):
        raise NotEnoughData(f"{name}: there is nothing to draw.")
    style = dict.fromkeys(how.plain, False) | style
    return on_axes(partial(how.draw, record), ax, main=how.main, **style)


def on_axes(draw: Callable[..., Figure], ax: Axes | None = None, *, main: int = 0, **style: Any) -> Axes:
    """Call a function that draws, with ``ax`` where there are any, else on a new figure of pyplot, so that notebooks
    show it; the axes of its ``main`` panel.

    ``style``: what the function takes, and settings of matplotlib by their names, such as ``**{"font.size": 6}``.
    """
    import matplotlib as mpl

    settings: Any = {key: style.pop(key) for key in list(style) if key in mpl.rcParams}
    with extra_settings(settings):
        if ax is not None:
            draw(ax=ax, **style)
            return ax
        from matplotlib import pyplot

        figure = pyplot.figure()
        try:
            with drawn_on(figure):
                draw(**style)
        except BaseException:
            pyplot.close(figure)
            raise
    use_fonts_that_have(figure)
    return figure.axes[main]
