"""One figure for each result, with its chance level and, where there is one, the paper's published value.

Figures are matplotlib objects; :func:`save` writes PNG, SVG or PDF by extension. SVG keeps text as text. matplotlib is
imported with the first figure that is asked for: a command that draws nothing does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from hyperpolyglot.figures.files import IMAGE_SUFFIXES, save, svg
    from hyperpolyglot.figures.maps import draw_map, draw_points
    from hyperpolyglot.figures.neighborhoods import draw_neighborhoods
    from hyperpolyglot.figures.of_records import of_record
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

_MODULE_OF = {
    name: module
    for module, names in {
        "comparisons": ("draw_agreement", "draw_agreement_by_label", "draw_agreements", "draw_curves"),
        "explanations": (
            "draw_deciles",
            "draw_frequency_by_label",
            "draw_hubness",
            "draw_removal",
            "draw_undertrained",
        ),
        "files": ("IMAGE_SUFFIXES", "save", "svg"),
        "maps": ("draw_map", "draw_points"),
        "neighborhoods": ("draw_neighborhoods",),
        "of_records": ("of_record",),
        "translations": (
            "draw_hub_languages",
            "draw_languages",
            "draw_translation",
            "draw_translation_by_language",
            "draw_translation_scores",
        ),
        "vocabularies": ("draw_census", "draw_overlap"),
        "writing_systems": (
            "draw_diversity",
            "draw_diversity_by_label",
            "draw_mixing",
            "draw_separability",
            "draw_silhouette",
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
