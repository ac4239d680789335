"""Tokens on a page: what cannot be seen is written out."""

from __future__ import annotations

import unicodedata

__all__ = ["shown"]

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d"


def shown(text: str) -> str:
    r"""A token as a reader can see it: invisible and directional controls by their code point.

    >>> shown("a\u202eb")
    'a⟨U+202E⟩b'
    """
    return "".join(
        f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _HIDDEN and c not in _JOINERS else c for c in text
    )
