"""The letters of a token that are looked up in word lists, and whether a word starts with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from hyperpolyglot.folding import fold_case
from hyperpolyglot.vocabulary import SPACE

__all__ = ["letters_of"]


def letters_of(texts: Sequence[str], starts_word: Sequence[bool]) -> list[tuple[str, bool]]:
    """Of every token its longest run of letters, without case, and whether that starts a word; empty for none.

    Marks belong to letters. A run starts a word where a space, a digit or a sign stands before it, or where the token
    does; the first of the longest runs is taken.

    >>> letters_of(["▁Water", "ing", "▁l'eau", "▁…", "(foo"], [True, False, True, True, False])
    [('water', True), ('ing', False), ('eau', True), ('', False), ('foo', True)]
    """
    return [_letters(text, starts) for text, starts in zip(texts, starts_word, strict=True)]


def _letters(text: str, starts: bool) -> tuple[str, bool]:
    bare = text.removeprefix(SPACE)
    if bare.isalpha():
        return fold_case(bare), starts or len(bare) < len(text)
    position, best, first = 0, "", 0
    for kind, run in groupby(text, _is_letter):
        found = "".join(run)
        if kind and len(found) > len(best):
            best, first = found, position
        position += len(found)
    return (fold_case(best), first > 0 or starts) if best else ("", False)


class _Letters(dict[str, bool]):
    """Whether a character is a letter or a mark; each is looked up once."""

    def __missing__(self, character: str) -> bool:
        found = unicodedata.category(character)[0] in "LM" or character in "\u200c\u200d"
        self[character] = found
        return found


_is_letter = _Letters().__getitem__
