"""Reads CLDR into entries: what one locale calls one concept, in CLDR's own order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from locales import LATIN, SCRIPTS
from packages import Packages
from words import clean_words

INTERNATIONAL = 6  # Latin-script locales, English among them, that make an English word an international one


@dataclass(frozen=True)
class Entry:
    """One locale's strings for one concept: the name first, then keywords, each as its cleaned words."""

    locale: str
    concept: str
    phrases: tuple[tuple[str, ...], ...]
    named: bool  # whether the first phrase is the concept's name (it may have been cleaned away)

    @property
    def name(self) -> str | None:
        """The name, where it is a single word."""
        return self.phrases[0][0] if self.named and len(self.phrases[0]) == 1 else None


def read_entries(packages: Packages) -> list[Entry]:
    """Every non-empty entry of every locale, in the order of the locale list and of the CLDR files."""
    raw = {locale: dict(_raw_entries(packages, locale)) for locale in SCRIPTS}
    fall_backs = _english_fall_backs(raw)
    entries = []
    for locale, concepts in raw.items():
        for concept, texts in concepts.items():
            untranslated = fall_backs[concept] if locale in LATIN and locale != "en" else set()
            entry = _clean(locale, concept, texts, untranslated)
            if entry is not None:
                entries.append(entry)
    return entries


def _english_fall_backs(raw: dict[str, dict[str, list[str]]]) -> dict[str, set[str]]:
    """For each concept the English strings that other Latin-script locales left untranslated.

    Several English words are never a translation. One English word is, where many languages say the same
    (pizza, taxi); where only a few do, they left it untranslated.
    """
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for locale in LATIN:
        for concept, texts in raw[locale].items():
            users[concept].update({text.casefold() for text in texts})
    found: dict[str, set[str]] = defaultdict(set)
    for concept, texts in raw["en"].items():
        for text in (text.casefold() for text in texts):
            if " " in text or users[concept][text] < INTERNATIONAL:
                found[concept].add(text)
    return found


def emoji_names(packages: Packages, locale: str) -> dict[str, str]:
    """Concept -> name, as CLDR writes it, of every emoji and symbol."""
    return {concept: texts[0] for concept, texts in _emoji(packages, locale)}


def _clean(locale: str, concept: str, texts: list[str], untranslated: set[str]) -> Entry | None:
    """Drop names equal to their own code, what is left in English, and repetitions."""
    code = concept.partition(":")[2]
    kept: dict[tuple[str, ...], None] = {}
    named = False
    for position, text in enumerate(texts):
        if text == code or text.casefold() in untranslated:
            continue
        words = tuple(clean_words(text, locale))
        if words:
            named = named or position == 0
            kept.setdefault(words)
    return Entry(locale, concept, tuple(kept), named) if kept else None


def _raw_entries(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    """(concept, [name, keyword, ...]) of one locale; an absent name is the empty string."""
    yield from _emoji(packages, locale)
    yield from _display_names(packages, locale)
    yield from _currencies(packages, locale)
    yield from _units(packages, locale)
    yield from _dates(packages, locale)
    yield from _zones(packages, locale)


def _emoji(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    path = f"cldr-annotations-full/annotations/{locale}/annotations.json"
    for emoji, texts in packages.section(path, "annotations", "annotations").items():
        yield f"emoji:{emoji}", [*texts.get("tts", [""])[:1], *texts.get("default", [])]


def _display_names(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    for kind, file in (("language", "languages"), ("script", "scripts"), ("territory", "territories")):
        path = f"cldr-localenames-full/main/{locale}/{file}.json"
        names = packages.section(path, "main", locale, "localeDisplayNames", file)
        for code, name in names.items():
            if "-alt-" not in code:
                yield f"{kind}:{code}", [name]


def _currencies(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    path = f"cldr-numbers-full/main/{locale}/currencies.json"
    for code, names in packages.section(path, "main", locale, "numbers", "currencies").items():
        if "displayName" in names:
            yield f"currency:{code}", [names["displayName"]]


def _units(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    path = f"cldr-units-full/main/{locale}/units.json"
    for code, names in packages.section(path, "main", locale, "units", "long").items():
        if "displayName" in names:
            yield f"unit:{code}", [names["displayName"]]


def _dates(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    folder = f"cldr-dates-full/main/{locale}"
    keys = ("main", locale, "dates", "calendars", "gregorian")
    calendar = packages.section(f"{folder}/ca-gregorian.json", *keys)
    for kind, group in (("month", "months"), ("weekday", "days"), ("dayperiod", "dayPeriods")):
        for code, name in calendar.get(group, {}).get("stand-alone", {}).get("wide", {}).items():
            yield f"{kind}:{code}", [name]
    fields = packages.section(f"{folder}/dateFields.json", "main", locale, "dates", "fields")
    for field, texts in fields.items():
        if field.endswith(("-short", "-narrow")):
            continue
        for key, text in texts.items():
            if key == "displayName" or key.startswith("relative-type-"):
                yield f"field:{field}{key.removeprefix('relative-type').removeprefix('displayName')}", [text]


def _zones(packages: Packages, locale: str) -> Iterator[tuple[str, list[str]]]:
    path = f"cldr-dates-full/main/{locale}/timeZoneNames.json"
    names = packages.section(path, "main", locale, "dates", "timeZoneNames")
    for zone, forms in names.get("metazone", {}).items():
        yield f"zone:{zone}", list(forms.get("long", {}).values())
    for area, cities in names.get("zone", {}).items():
        for city, forms in cities.items():
            if "exemplarCity" in forms:
                yield f"city:{area}/{city}", [forms["exemplarCity"]]
