"""What languages call the same things: the lexicon that comes with the package, and readers for others."""

from hyperpolyglot.lexicon.packaged import CLDR, packaged_lexicon, unseen_by_demos
from hyperpolyglot.lexicon.readers import FORMATS, read_lexicon, read_lexicons
from hyperpolyglot.lexicon.record import Lexicon

__all__ = [
    "CLDR",
    "FORMATS",
    "Lexicon",
    "packaged_lexicon",
    "read_lexicon",
    "read_lexicons",
    "unseen_by_demos",
]
