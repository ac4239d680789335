"""One figure for each result, with its chance level and, where there is one, the paper's published value.

Figures are matplotlib objects; :func:`save` writes PNG, SVG or PDF by extension. SVG keeps text as text.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperpolyglot.figures.comparisons import (
    draw_agreement,
    draw_agreement_by_label,
    draw_agreements,
    draw_curves,
)
from hyperpolyglot.figures.explanations import (
    draw_deciles,
    draw_frequency_by_label,
    draw_hubness,
    draw_removal,
    draw_undertrained,
)
from hyperpolyglot.figures.fertility import draw_fertility
from hyperpolyglot.figures.files import IMAGE_SUFFIXES, save, svg
from hyperpolyglot.figures.maps import draw_map, draw_points
from hyperpolyglot.figures.neighborhoods import draw_neighborhoods
from hyperpolyglot.figures.translations import (
    draw_hub_languages,
    draw_languages,
    draw_translation,
    draw_translation_by_language,
    draw_translation_scores,
)
from hyperpolyglot.figures.vocabularies import draw_census, draw_overlap
from hyperpolyglot.figures.writing_systems import (
    draw_diversity,
    draw_diversity_by_label,
    draw_mixing,
    draw_separability,
    draw_silhouette,
)
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.fertility import Fertility
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.measures.translation import Languages, Translation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "IMAGE_SUFFIXES",
    "draw_agreement",
    "draw_agreement_by_label",
    "draw_agreements",
    "draw_census",
    "draw_curves",
    "draw_deciles",
    "draw_diversity",
    "draw_diversity_by_label",
    "draw_fertility",
    "draw_frequency_by_label",
    "draw_hub_languages",
    "draw_hubness",
    "draw_languages",
    "draw_map",
    "draw_mixing",
    "draw_neighborhoods",
    "draw_overlap",
    "draw_points",
    "draw_removal",
    "draw_separability",
    "draw_silhouette",
    "draw_translation",
    "draw_translation_by_language",
    "draw_translation_scores",
    "draw_undertrained",
    "of_record",
    "save",
    "svg",
]

_UNNAMED = "this model"


def _languages(found: Languages) -> "Figure | None":
    models = dict.fromkeys(row.model for rows in found.by_language.values() for row in rows)
    return draw_languages(found, list(models)) if models else None


_OF_RECORD: "dict[type, Callable[[Any], Figure | None]]" = {
    Census: draw_census,
    Overlap: draw_overlap,
    Separability: lambda found: draw_separability([(_UNNAMED, found)]) if found.labels else None,
    Silhouette: lambda found: draw_silhouette([(_UNNAMED, found)]),
    Diversity: lambda found: draw_diversity([("", found)]),
    Projection: draw_points,
    Translation: lambda found: draw_translation_scores([(_UNNAMED, found)]) if found.pairs else None,
    Languages: _languages,
    Fertility: draw_fertility,
    Comparison: lambda found: draw_agreements(found) if found.pairs else None,
    Explanation: lambda found: draw_removal([found]) if found.subspaces.effects else None,
}


def of_record(record: object) -> "Figure | None":
    """The figure of the record of one measure, ``None`` where it has none."""
    return _OF_RECORD.get(type(record), lambda _: None)(record)
