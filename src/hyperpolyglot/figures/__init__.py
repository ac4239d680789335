"""One figure for each result, with its chance level and, where there is one, the paper's published value.

Figures are matplotlib objects; :func:`save` writes PNG, SVG or PDF by extension. SVG keeps text as text.
"""

from hyperpolyglot.figures.applied import draw_pruning, draw_reliability
from hyperpolyglot.figures.by_record import of_record, on_axes, plot
from hyperpolyglot.figures.checkpoints import draw_track, draw_track_by_label, draw_track_maps
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
from hyperpolyglot.figures.neighborhoods import draw_meanings, draw_neighborhoods
from hyperpolyglot.figures.relatedness import draw_relatedness
from hyperpolyglot.figures.translation_cells import (
    draw_translation,
    draw_translation_by_language,
    draw_translations,
    draw_translations_by_language,
)
from hyperpolyglot.figures.translations import draw_hub_languages, draw_languages, draw_translation_scores
from hyperpolyglot.figures.vocabularies import draw_census, draw_overlap
from hyperpolyglot.figures.writing_systems import (
    draw_diversity,
    draw_diversity_by_label,
    draw_mixing,
    draw_mixings,
    draw_separability,
    draw_silhouette,
)

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
    "draw_meanings",
    "draw_mixing",
    "draw_mixings",
    "draw_neighborhoods",
    "draw_overlap",
    "draw_points",
    "draw_pruning",
    "draw_relatedness",
    "draw_reliability",
    "draw_removal",
    "draw_separability",
    "draw_silhouette",
    "draw_track",
    "draw_track_by_label",
    "draw_track_maps",
    "draw_translation",
    "draw_translation_by_language",
    "draw_translation_scores",
    "draw_translations",
    "draw_translations_by_language",
    "draw_undertrained",
    "of_record",
    "on_axes",
    "plot",
    "save",
    "svg",
]
