"""Reads what CLDR calls things, and keeps single words of a language's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Protocol

JOINERS = frozenset("-'’·״׳‌‍")
KINDS = {
    "emoji": "object",
    "territory": "territory",
    "language": "language",
    "month": "month",
    "weekday": "weekday",
    "unit": "unit",
    "field": "time",
}
_MEASURES = ("duration-", "length-", "mass-", "volume-", "area-")  # of units; the others are symbols in most
_ALTERNATIVE = re.compile(r"-alt-(short|variant|long)$")
_FIELDS = {"displayName": "", "relative-type--1": "-1", "relative-type-0": "0", "relative-type-1": "1"}


class Source(Protocol):
    """Where sections of package files come from."""

    def section(self, path: str, *keys: str) -> dict[str, Any]:
        """The object under some keys of a file; empty where there is none."""


def names(source: Source, locale: str) -> Iterator[tuple[str, str]]:
    """(concept, name) of everything one locale names, in CLDR's order; a concept may have several names."""
    yield from _emoji(source, locale)
    yield from _display_names(source, locale)
    yield from _dates(source, locale)
    yield from _units(source, locale)


def _emoji(source: Source, locale: str) -> Iterator[tuple[str, str]]:
    path = f"cldr-annotations-full/annotations/{locale}/annotations.json"
    for emoji, texts in source.section(path, "annotations", "annotations").items():
        for name in texts.get("tts", [])[:1]:
            yield f"emoji:{emoji}", name


def _display_names(source: Source, locale: str) -> Iterator[tuple[str, str]]:
    for kind, file in (("language", "languages"), ("territory", "territories")):
        path = f"cldr-localenames-full/main/{locale}/{file}.json"
        found = source.section(path, "main", locale, "localeDisplayNames", file)
        for key, name in found.items():
            code = _ALTERNATIVE.sub("", key)
            if "-alt-" not in code and name != code:
                yield f"{kind}:{code}", name


def _dates(source: Source, locale: str) -> Iterator[tuple[str, str]]:
    folder = f"cldr-dates-full/main/{locale}"
    calendar = source.section(
        f"{folder}/ca-gregorian.json", "main", locale, "dates", "calendars", "gregorian"
    )
    for kind, group in (("month", "months"), ("weekday", "days")):
        for code, name in calendar.get(group, {}).get("stand-alone", {}).get("wide", {}).items():
            yield f"{kind}:{code}", name
    fields = source.section(f"{folder}/dateFields.json", "main", locale, "dates", "fields")
    for field, texts in fields.items():
        if not field.endswith(("-short", "-narrow")):
            for key, suffix in _FIELDS.items():
                if key in texts:
                    yield f"field:{field}{suffix}", texts[key]


def _units(source: Source, locale: str) -> Iterator[tuple[str, str]]:
    path = f"cldr-units-full/main/{locale}/units.json"
    for code, texts in source.section(path, "main", locale, "units", "long").items():
        if "displayName" in texts and code.startswith(_MEASURES):
            yield f"unit:{code}", texts["displayName"]


def single_word(name: str) -> str | None:
    """The name as one word in NFC, or ``None`` for a phrase, a code, a number or a sign.

    >>> single_word("arc-en-ciel"), single_word("flag: Chad"), single_word("M01"), single_word("猫")
    ('arc-en-ciel', None, None, '猫')
    """
    word = unicodedata.normalize("NFC", name).strip()
    inside = word.strip("".join(JOINERS))
    if not inside or inside != word:
        return None
    if any(unicodedata.category(c)[0] not in "LM" and c not in JOINERS for c in word):
        return None
    return word if any(unicodedata.category(c)[0] == "L" for c in word) else None
