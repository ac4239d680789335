"""The founding paper's category of a string, to the letter, with its quirks (Wen-Yi and Mimno 2023, section 3).

A letter's category is the first word of its Unicode name (``LATIN``, ``CJK``, ``HALFWIDTH``), any other
character's the first letter of its general category (``S``, ``N``, ``P``, ``M``, ``Z``, ``C``). The most frequent one
is the string's, a tie goes to the one met first. ``▁`` is a symbol like any other, so ``▁a`` is ``S``.
The Unicode version is that of the running Python.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from hyperpolyglot.vocabulary import SPACE, TokenKind, Vocabulary

__all__ = ["UNICODE_VERSION", "category_of", "paper_string", "paper_strings"]

UNICODE_VERSION: str = unicodedata.unidata_version


@lru_cache(maxsize=1 << 17)
def _category_of_character(character: str) -> str:
    category = unicodedata.category(character)
    if not category.startswith("L"):
        return category[0]
    return unicodedata.name(character, "Unknown").split()[0]


def category_of(text: str) -> str:
    """The paper's category of a string.

    >>> [category_of(t) for t in ("cat", "▁a", "▁cat", "東京", "2023", "")]
    ['LATIN', 'S', 'LATIN', 'CJK', 'N', 'Unknown']
    """
    if not text:
        return "Unknown"
    return Counter(map(_category_of_character, text)).most_common(1)[0][0]


def paper_string(piece: str, utf8: bytes, *, byte_level: bool) -> str:
    """The string that the paper compares and labels.

    Pieces are taken as they are; byte-level ones are decoded, spaces become ``▁``, and one that is no valid
    UTF-8 becomes ``bad: `` and the raw piece (whose letters then make it LATIN: a quirk).

    >>> paper_string("Ġcat", b" cat", byte_level=True), paper_string("ã", b"\\xe3", byte_level=True)
    ('▁cat', 'bad: ã')
    """
    if not byte_level:
        return piece
    try:
        return utf8.decode("utf-8").replace(" ", SPACE)
    except UnicodeDecodeError:
        return f"bad: {piece}"


def paper_strings(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The paper's string of every row; the empty string for padding."""
    byte_level = vocabulary.byte_level
    added = {TokenKind.ADDED, TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED}
    return tuple(
        paper_string(piece, utf8, byte_level=byte_level and kind not in added)
        for piece, utf8, kind in zip(
            vocabulary.pieces, vocabulary.utf8, vocabulary.kinds.tolist(), strict=True
        )
    )
