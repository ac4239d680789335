"""The words of a text that a kind of vocabulary cuts one by one, without the tokenizer's own rules.

By spaces (SentencePiece), by spaces, punctuation and Han characters (WordPiece), by runs of letters, digits and signs
(byte-level BPE, as GPT-2).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["words_of"]

_LONGEST = 48
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"\S{{1,{_LONGEST}}}")
_SIGN = re.compile(rf"[^\w\s]|_|[{_HAN}]")
_RUNS = re.compile(
    rf"'(?:s|t|re|ve|m|ll|d)\b| ?[^\W\d_]{{1,{_LONGEST}}}| ?\d{{1,{_LONGEST}}}| ?(?:[^\w\s]|_){{1,{_LONGEST}}}"
)


@cache
def _alone(sign: str) -> str:
    """A sign between spaces where WordPiece tells it apart: punctuation, ASCII signs, Han; marks and others not."""
    apart = sign.isascii() or sign.isalpha() or unicodedata.category(sign).startswith("P")
    return f" {sign} " if apart else sign


def words_of(text: str, vocabulary: Vocabulary) -> list[str]:
    """The words of a text that a vocabulary of this kind cuts one by one; a leading space is part of a word.

    >>> from hyperpolyglot.vocabulary import Entry
    >>> words = Vocabulary.build([Entry(0, "a", b" a")], scheme="unigram", source="doctest")
    >>> words_of("ein Haus, gut", words)
    [' ein', ' Haus,', ' gut']
    """
    if vocabulary.byte_level:
        return _RUNS.findall(text)
    if vocabulary.scheme == "WordPiece":
        text = _SIGN.sub(lambda found: _alone(found[0]), text)
    return [f" {word}" for word in _WORD.findall(text)]
