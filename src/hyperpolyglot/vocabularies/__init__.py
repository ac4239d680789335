"""Readers of tokenizer files: each kind becomes a :class:`~hyperpolyglot.vocabulary.Vocabulary`.

``open_vocabulary_file`` opens any of them by name; ``from_gguf`` and ``from_words`` take vocabularies that come
inside other files. The table of formats is in :mod:`hyperpolyglot.vocabularies.registry`.
"""

from hyperpolyglot.vocabularies.by_rule import vocabulary_by_rule
from hyperpolyglot.vocabularies.companions import beside, configuration
from hyperpolyglot.vocabularies.gguf_vocabulary import from_gguf
from hyperpolyglot.vocabularies.plain import from_words
from hyperpolyglot.vocabularies.registry import (
    Side,
    files_beside,
    find_among,
    find_in_folder,
    is_vocabulary_file,
    open_vocabulary_file,
)

__all__ = [
    "Side",
    "beside",
    "configuration",
    "files_beside",
    "find_among",
    "find_in_folder",
    "from_gguf",
    "from_words",
    "is_vocabulary_file",
    "open_vocabulary_file",
    "vocabulary_by_rule",
]
