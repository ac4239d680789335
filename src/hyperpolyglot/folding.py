"""Spellings that count as one: without case and width, with or without accents."""

from __future__ import annotations

import unicodedata

__all__ = ["fold_accents", "fold_case"]


def fold_case(text: str) -> str:
    """A text without case and width, as the explorer's search folds it.

    >>> fold_case("Ｎike"), fold_case("CAFÉ")
    ('nike', 'café')
    """
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def fold_accents(text: str) -> str:
    """A text without case, width and accents; a text of nothing but accents keeps them.

    >>> fold_accents("CAFÉ"), fold_accents("Straße")
    ('cafe', 'strasse')
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return decomposed.translate(_MARKS) or decomposed


class _Marks(dict[int, int | None]):
    """A table for ``str.translate`` that leaves combining marks out; a character is looked up once."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        self[code] = kept
        return kept


_MARKS = _Marks()
