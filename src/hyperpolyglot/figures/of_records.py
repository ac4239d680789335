"""Which figure a notebook shows of which record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperpolyglot.figures.comparisons import draw_agreements
from hyperpolyglot.figures.explanations import draw_removal
from hyperpolyglot.figures.maps import draw_points
from hyperpolyglot.figures.translations import draw_languages, draw_translation_scores
from hyperpolyglot.figures.vocabularies import draw_census, draw_overlap
from hyperpolyglot.figures.writing_systems import draw_diversity, draw_separability, draw_silhouette
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.measures.translation import Languages, Translation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["of_record"]

_UNNAMED = "this model"


def _languages(found: Languages) -> Figure | None:
    models = dict.fromkeys(row.model for rows in found.by_language.values() for row in rows)
    return draw_languages(found, list(models)) if models else None


_OF_RECORD: dict[type, Callable[[Any], Figure | None]] = {
    Census: draw_census,
    Overlap: draw_overlap,
    Separability: lambda found: draw_separability([(_UNNAMED, found)]) if found.labels else None,
    Silhouette: lambda found: draw_silhouette([(_UNNAMED, found)]),
    Diversity: lambda found: draw_diversity([("", found)]),
    Projection: draw_points,
    Translation: lambda found: draw_translation_scores([(_UNNAMED, found)]) if found.pairs else None,
    Languages: _languages,
    Comparison: lambda found: draw_agreements(found) if found.pairs else None,
    Explanation: lambda found: draw_removal([found]) if found.subspaces.effects else None,
}


def of_record(record: object) -> Figure | None:
    """The figure of the record of one measure, ``None`` where it has none."""
    return _OF_RECORD.get(type(record), lambda _: None)(record)
