"""Are neighbours translations? Words of a lexicon asked for in other languages."""

from hyperpolyglot.measures.translation.translate import TranslateOptions, Translation, translate

__all__ = ["TranslateOptions", "Translation", "translate"]
