"""Cleaning: from a CLDR string to the words of one locale's own script."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from fontTools import unicodedata as font_unicode
from locales import SCRIPTS

# Punctuation that may stand inside a word (arc-en-ciel, l'eau, ארה״ב); elsewhere it separates words.
JOINERS = frozenset("-'’·״׳")
_PLACEHOLDER = re.compile(r"\{\d\}|\([^)]*\)|（[^）]*）|\[[^\]]*\]")


@cache
def script_of(character: str) -> str:
    """Unicode script code; the Japanese long-vowel mark counts as katakana, where it is used."""
    return "Kana" if character == "ー" else font_unicode.script(character)


@cache
def _separates(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PSZC" and character not in "\u200c\u200d"


def clean_words(text: str, locale: str) -> list[str]:
    """The words of `text` that are written in the locale's own scripts, or are plain digits.

    Words in another script are fall-backs to English or codes ("ATM", "UTC") and say nothing about the
    locale's vocabulary.
    """
    text = unicodedata.normalize("NFKC", _PLACEHOLDER.sub(" ", text))
    split = "".join(
        " " if _separates(character) and character not in JOINERS else character for character in text
    )
    stripped = (word.strip("".join(JOINERS) + "\u200c\u200d") for word in split.split())
    return [word for word in stripped if word and _belongs(word, SCRIPTS[locale])]


def _belongs(word: str, scripts: frozenset[str]) -> bool:
    found = {script_of(character) for character in word} - {"Zinh", "Zyyy"}
    return found <= scripts if found else word.isascii() and word.isdigit()


def main_script(piece: str) -> str:
    """The commonest script of a piece's characters, the word-start mark aside; Zyyy where there is none."""
    scripts = [script_of(character) for character in piece if character != "▁"]
    specific = [script for script in scripts if script not in ("Zyyy", "Zinh")]
    return max(specific, key=specific.count) if specific else "Zyyy"
