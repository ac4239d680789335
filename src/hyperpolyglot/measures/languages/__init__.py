"""Which model for my language: everything that is known of a language in several models."""

from hyperpolyglot.measures.languages.beside import LanguageSources
from hyperpolyglot.measures.languages.languages import languages
from hyperpolyglot.measures.languages.records import Languages

__all__ = ["LanguageSources", "Languages", "languages"]
