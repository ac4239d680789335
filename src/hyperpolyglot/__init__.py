"""See how a language model represents languages, by opening just its input embedding layer.

>>> import hyperpolyglot as hp
>>> space = hp.open_model("demo:meaning")
>>> near = hp.neighborhoods(space, hp.find_tokens(space, "cat"), k=3)
>>> len(near.table())
3

Names are imported when they are first used, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hyperpolyglot.records import Record, draw_by

if TYPE_CHECKING:
    __version__: str
    from hyperpolyglot.applications.extension import extend
    from hyperpolyglot.applications.induction import Induction, InductionOptions, induce, read_words
    from hyperpolyglot.applications.pruning import Pruning, PruningOptions, prune, write_pruned
    from hyperpolyglot.applications.transplantation import (
        Transplant,
        TransplantOptions,
        transplant,
        write_transplant,
    )
    from hyperpolyglot.engine.devices import use_device
    from hyperpolyglot.errors import HyperpolyglotError
    from hyperpolyglot.explorer import Bundle, ExploreOptions, Explorer, explore, make_bundle, write_bundle
    from hyperpolyglot.exports import write_atlas, write_projector
    from hyperpolyglot.labels import Labels, label
    from hyperpolyglot.lexicon import Lexicon, packaged_lexicon, read_lexicon
    from hyperpolyglot.loading import Opening, from_arrays, open_model
    from hyperpolyglot.measures.census import Census, Overlap, census, overlap
    from hyperpolyglot.measures.comparison import CompareOptions, Comparison, compare
    from hyperpolyglot.measures.comparison.shared_tokens import shared_with
    from hyperpolyglot.measures.diversity import Diversity, diversity
    from hyperpolyglot.measures.explanation import Evidence, Explanation, explain
    from hyperpolyglot.measures.inspection import Inspection, inspect
    from hyperpolyglot.measures.languages import Languages, LanguageSources, languages
    from hyperpolyglot.measures.neighbors import (
        Neighborhoods,
        Neighbors,
        neighborhoods,
        neighbors,
    )
    from hyperpolyglot.measures.projection import Projection, project
    from hyperpolyglot.measures.relatedness import Relatedness, relatedness
    from hyperpolyglot.measures.separability import Separability, SeparabilityOptions, separability
    from hyperpolyglot.measures.silhouette import Silhouette, SilhouetteOptions, silhouette
    from hyperpolyglot.measures.token_rows import find_ids, find_tokens, sample_rows
    from hyperpolyglot.measures.token_table import TokenTable, token_table
    from hyperpolyglot.measures.track import Track, TrackOptions, track
    from hyperpolyglot.measures.translation import TranslateOptions, Translation, translate
    from hyperpolyglot.report import write_report
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.study import Study, StudyOptions, run_study
    from hyperpolyglot.vocabulary import TokenKind, Vocabulary
    from hyperpolyglot.word_lists import WordLists, read_word_lists

_HOME = {
    "applications.extension": ("extend",),
    "applications.induction": ("Induction", "InductionOptions", "induce", "read_words"),
    "applications.pruning": ("Pruning", "PruningOptions", "prune", "write_pruned"),
    "applications.transplantation": ("Transplant", "TransplantOptions", "transplant", "write_transplant"),
    "engine.devices": ("use_device",),
    "errors": ("HyperpolyglotError",),
    "exports": ("write_atlas", "write_projector"),
    "explorer": ("Bundle", "ExploreOptions", "Explorer", "explore", "make_bundle", "write_bundle"),
    "labels": ("Labels", "label"),
    "lexicon": ("Lexicon", "packaged_lexicon", "read_lexicon"),
    "loading": ("Opening", "from_arrays", "open_model"),
    "measures.census": ("Census", "Overlap", "census", "overlap"),
    "measures.comparison": ("CompareOptions", "Comparison", "compare"),
    "measures.comparison.shared_tokens": ("shared_with",),
    "measures.diversity": ("Diversity", "diversity"),
    "measures.explanation": ("Evidence", "Explanation", "explain"),
    "measures.fertility": ("Fertility", "FertilityOptions", "fertility"),
    "measures.inspection": ("Inspection", "inspect"),
    "measures.languages": ("LanguageSources", "Languages", "languages"),
    "measures.neighbors": ("Neighborhoods", "Neighbors", "neighborhoods", "neighbors"),
    "measures.projection": ("Projection", "project"),
    "measures.relatedness": ("Relatedness", "relatedness"),
    "measures.separability": ("SeparabilityOptions", "Separability", "separability"),
    "measures.silhouette": ("Silhouette", "SilhouetteOptions", "silhouette"),
    "measures.token_table": ("TokenTable", "token_table"),
    "measures.token_rows": ("find_ids", "find_tokens", "sample_rows"),
    "measures.track": ("Track", "TrackOptions", "track"),
    "measures.translation": ("TranslateOptions", "Translation", "translate"),
    "parallel_text": ("ParallelText", "packaged_text", "read_text_folder", "read_texts"),
    "report": ("write_report",),
    "space": ("TokenSpace",),
    "store": ("Store",),
    "study": ("Study", "StudyOptions", "run_study"),
    "vocabulary": ("TokenKind", "Vocabulary"),
    "word_lists": ("WordLists", "read_word_lists"),
}
MEASURES = (
    *("neighbors", "separability", "silhouette", "diversity", "relatedness", "map", "translate", "meanings"),
    *("explain", "overlap", "languages", "fertility", "compare"),
)
"""The measures of a study, which ``StudyOptions(skip=…)`` can leave out; a test holds them to the catalogue."""

_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Bundle",
    "Census",
    "CompareOptions",
    "Comparison",
    "Diversity",
    "Evidence",
    "Explanation",
    "ExploreOptions",
    "Explorer",
    "Fertility",
    "FertilityOptions",
    "HyperpolyglotError",
    "Induction",
    "InductionOptions",
    "Inspection",
    "Labels",
    "LanguageSources",
    "Languages",
    "Lexicon",
    "Neighborhoods",
    "Neighbors",
    "Opening",
    "Overlap",
    "ParallelText",
    "Projection",
    "Pruning",
    "PruningOptions",
    "Relatedness",
    "Separability",
    "SeparabilityOptions",
    "Silhouette",
    "SilhouetteOptions",
    "Store",
    "Study",
    "StudyOptions",
    "TokenKind",
    "TokenSpace",
    "TokenTable",
    "Track",
    "TrackOptions",
    "TranslateOptions",
    "Translation",
    "Transplant",
    "TransplantOptions",
    "Vocabulary",
    "WordLists",
    "census",
    "compare",
    "diversity",
    "explain",
    "explore",
    "extend",
    "fertility",
    "find_ids",
    "find_tokens",
    "from_arrays",
    "induce",
    "inspect",
    "label",
    "languages",
    "make_bundle",
    "neighborhoods",
    "neighbors",
    "open_model",
    "overlap",
    "packaged_lexicon",
    "packaged_text",
    "project",
    "prune",
    "read_lexicon",
    "read_text_folder",
    "read_texts",
    "read_word_lists",
    "read_words",
    "relatedness",
    "run_study",
    "sample_rows",
    "separability",
    "shared_with",
    "silhouette",
    "token_table",
    "track",
    "translate",
    "transplant",
    "use_device",
    "write_atlas",
    "write_bundle",
    "write_projector",
    "write_pruned",
    "write_report",
    "write_transplant",
]


class _Drawer:
    """Draws records with matplotlib, which is imported when one is drawn."""

    def svg(self, record: Record) -> str | None:
        from hyperpolyglot.display import svg

        return svg(record)

    def plot(self, record: Record, ax: Any, **style: Any) -> Any:
        from hyperpolyglot.display import plot

        return plot(record, ax, **style)


draw_by(_Drawer())


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("hyperpolyglot.origins").version()
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
