"""The figures of records: what a notebook shows, and what ``plot`` draws."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hyperpolyglot import figures
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot", "svg"]


def _maps(found: Study) -> list[tuple[TokenSpace, Projection]]:
    return [(m.space, m.map) for m in found.models if isinstance(m.map, Projection)]


def svg(record: object) -> str | None:
    """The figure of a record as SVG, ``None`` where it has none."""
    if isinstance(record, Study):
        maps = _maps(record)
        drawn = figures.draw_map(maps) if maps else None
    else:
        drawn = figures.of_record(record)
    return None if drawn is None else figures.svg(drawn)


def plot(record: object, ax: Axes | None = None, **style: Any) -> Axes:
    """The figure of a record on axes (:func:`hyperpolyglot.figures.plot`); of a study, its maps, on lent axes
    that of the first model."""
    if isinstance(record, Study):
        maps = _maps(record)
        if not maps:
            raise NotEnoughData("Study: there is no map to draw; draw the record of one measure.")
        return figures.on_axes(partial(figures.draw_map, maps[:1] if ax else maps), ax, **style)
    return figures.plot(record, ax, **style)
