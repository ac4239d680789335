"""The figure of a record that a notebook displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperpolyglot import figures
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figure"]


def _study(found: Study) -> Figure | None:
    maps = [(m.space, m.map) for m in found.models if isinstance(m.map, Projection)]
    return figures.draw_map(maps) if maps else None


def figure(record: object) -> str | None:
    """The figure of a record as SVG, ``None`` where it has none."""
    drawn = _study(record) if isinstance(record, Study) else figures.of_record(record)
    return None if drawn is None else figures.svg(drawn)
