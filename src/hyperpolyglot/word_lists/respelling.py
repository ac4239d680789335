"""Spellings that word lists have lost which fold case and unify characters, as wordfreq's do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["respelled"]

_TWO_SPELLINGS = {"de": (("ss", "ß"),), "ro": (("ș", "ş"), ("ț", "ţ"))}
"""What a list writes one way and text two: the list does not say how often each, so that they count alike."""


def respelled(language: str, counted: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Words and their counts as text spells them: a final σ as ς, and what has two spellings half in each.

    >>> list(respelled("el", [("τησ", 2.0)])), list(respelled("de", [("gross", 2.0)]))
    ([('της', 2.0)], [('gross', 1.0), ('groß', 1.0)])
    """
    for word, count in counted:
        written = f"{word[:-1]}ς" if len(word) > 1 and word[-1] == "σ" else word
        other = written
        for one, another in _TWO_SPELLINGS.get(language, ()):
            other = other.replace(one, another)
        if other == written:
            yield written, count
        else:
            yield from ((written, count / 2), (other, count / 2))
