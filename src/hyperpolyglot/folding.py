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
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if not unicodedata.combining(c)) or decomposed
