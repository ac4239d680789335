"""Words and how common they are, by language: from a folder, from wordfreq, or the packaged lexicon; and what they say
of the language of a token.
"""

from hyperpolyglot.word_lists.installed import installed_word_lists, lexicon_word_lists
from hyperpolyglot.word_lists.readers import read_word_lists
from hyperpolyglot.word_lists.record import WordLists

__all__ = [
    "WordLists",
    "installed_word_lists",
    "lexicon_word_lists",
    "read_word_lists",
]
