"""Are neighbours translations? Words of a lexicon asked for in other languages; which model for which language."""

from hyperpolyglot.measures.translation.languages import Languages, languages
from hyperpolyglot.measures.translation.translate import TranslateOptions, Translation, translate

__all__ = ["Languages", "TranslateOptions", "Translation", "languages", "translate"]
