"""Fonts of this machine for what the usual one lacks, so that tokens of any script are drawn and not boxes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.artist import Artist
    from matplotlib.font_manager import FontEntry

__all__ = ["families_for", "use_fonts_that_have"]

_FIRST = ("Noto Sans", "Noto Serif", "Noto")
_NO_CHARACTER = 0xFDD0
"""A code point that Unicode gives to no character: only fonts of placeholders (Last Resort) have a glyph for it."""


def use_fonts_that_have(artist: Artist) -> None:
    """Let every text of a figure, or of axes, fall back to installed fonts that have its characters."""
    from matplotlib.text import Text

    for text in artist.findobj(Text):
        more = families_for(text.get_text())
        if more:
            text.set_fontfamily([*text.get_fontfamily(), *more])


def families_for(characters: Iterable[str]) -> list[str]:
    """Families beside the usual one, the fewest that do, for what it lacks; what no font has is left out."""
    found: dict[str, None] = {}
    for character in dict.fromkeys(characters):
        family = _family_for(character, tuple(found))
        if family:
            found[family] = None
    return list(found)


@cache
def _family_for(character: str, known: tuple[str, ...]) -> str | None:
    entries = _entries()
    usual = [entry for entry in entries if entry.name == "DejaVu Sans"]
    at_hand = [entry for family in known for entry in entries if entry.name == family]
    if not character.isprintable() or any(_has(entry.fname, character) for entry in (*usual, *at_hand)):
        return None
    return next((entry.name for entry in entries if _has(entry.fname, character)), None)


@cache
def _entries() -> list[FontEntry]:
    """Upright fonts of normal weight, those made for every script first; colour fonts cannot be drawn."""
    from matplotlib.font_manager import fontManager

    def rank(entry: FontEntry) -> tuple[int, str]:
        family = next((i for i, name in enumerate(_FIRST) if entry.name.startswith(name)), len(_FIRST))
        return family, entry.name

    plain = (e for e in fontManager.ttflist if e.style == "normal" and e.weight in (400, "normal", "regular"))
    return sorted((e for e in plain if "Color" not in e.name and "Mono" not in e.name), key=rank)


@cache
def _characters(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    try:
        characters = frozenset(get_font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()  # a font that cannot be read has nothing
    return frozenset() if _NO_CHARACTER in characters else characters


def _has(path: str, character: str) -> bool:
    return ord(character) in _characters(path)
