"""The figure of a record that a notebook displays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperpolyglot import figures
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.translation import Languages, Translation
from hyperpolyglot.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figure"]

_UNNAMED = "this model"


def _languages(found: Languages) -> Figure | None:
    models = dict.fromkeys(row.model for rows in found.by_language.values() for row in rows)
    return figures.draw_languages(found, list(models)) if models else None


def _study(found: Study) -> Figure | None:
    maps = [(m.space, m.map) for m in found.models if isinstance(m.map, Projection)]
    return figures.draw_map(maps) if maps else None


_DRAWN: dict[type, Callable[[Any], Figure | None]] = {
    Census: figures.draw_census,
    Overlap: figures.draw_overlap,
    Separability: lambda found: figures.draw_separability([(_UNNAMED, found)]) if found.labels else None,
    Diversity: lambda found: figures.draw_diversity([("", found)]),
    Projection: figures.draw_points,
    Translation: lambda found: figures.draw_translation_scores([(_UNNAMED, found)]) if found.pairs else None,
    Languages: _languages,
    Comparison: lambda found: figures.draw_agreements(found) if found.pairs else None,
    Study: _study,
    Explanation: lambda found: figures.draw_removal([found]) if found.subspaces.effects else None,
}


def figure(record: object) -> str | None:
    """The figure of a record as SVG, ``None`` where it has none."""
    drawn = _DRAWN.get(type(record), lambda _: None)(record)
    return None if drawn is None else figures.svg(drawn)
