"""Text of any origin as a reader can see it: on a page, in a figure, in the terminal, in a notebook."""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST", "hidden", "shown", "visible"]

LONGEST = 200
"""Characters of a name or a token that are shown; whatever is written as data is whole."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


def hidden(character: str) -> bool:
    """Whether a character is a control, directional, private or unassigned one; joiners, which scripts need, are not.

    >>> hidden("\\x9b"), hidden("\\u202e"), hidden("\\u200d"), hidden("é")
    (True, True, False, False)
    """
    return unicodedata.category(character) in _HIDDEN and character not in _JOINERS


def visible(text: str, keep: str = "") -> str:
    """The whole text, hidden characters by their code point but for those to ``keep``.

    >>> visible("a\\x1b[31m"), visible("a\\u202eb")
    ('a⟨U+001B⟩[31m', 'a⟨U+202E⟩b')
    """
    if text.isprintable():
        return text
    return "".join(f"⟨U+{ord(c):04X}⟩" if hidden(c) and c not in keep else c for c in text)


def shown(text: str, most: int = LONGEST) -> str:
    """The same, cut where it has more than ``most`` characters.

    >>> shown("abcdef", most=4)
    'abc…'
    """
    return visible(text if len(text) <= most else f"{text[: most - 1]}…")
