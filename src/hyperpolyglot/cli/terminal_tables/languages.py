"""Models by language in a terminal of 80 columns: one language as a list of measures, many as a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.terminal import print_beside, print_table, say
from hyperpolyglot.cli.terminal_tables.cells import by_chance, share, shares
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.languages.records import pieces
from hyperpolyglot.percentages import exact
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from hyperpolyglot.measures.languages import Languages
    from hyperpolyglot.measures.languages.records import LanguageModel

__all__ = ["show_languages"]

_RULES = {
    "translation.matched.all": "word translation, of all questions",
    "frequent": "coverage of the frequent words",
    "coverage": "coverage of the lexicon",
}
_NONE = "–"


def show_languages(found: Languages, *, full: bool = False) -> None:
    """Every measure of one language, a column a model; of many a row for each language and model, best first.

    ``full``: every measure of every language.
    """
    if len(found.by_language) == 1 or full:
        for tag in found.by_language:
            _show_one(found, tag)
    else:
        _show_many(found)
    for note in (found.concepts.get("note"), *found.notes):
        if note:
            say(str(note))


def _show_one(found: Languages, tag: str) -> None:
    rows = found.by_language[tag]
    name = language_name(tag) if language_name(tag) == tag else f"{language_name(tag)} ({tag})"
    measured = {title: {row.model: read(row) for row in rows} for title, read in _MEASURES.items()}
    known = {
        title: cells for title, cells in measured.items() if any(cell != _NONE for cell in cells.values())
    }
    print_beside(
        f"{name}: models, best first [95 % interval] (by chance)",
        [(title_of(row.model), {title: cells[row.model] for title, cells in known.items()}) for row in rows],
    )
    absent = [title for title in measured if title not in known]
    if absent:
        say(f"not measured: {'; '.join(absent)}")
    if len(rows) > 1:
        tied = [title_of(row.model) for row in rows if row.tied]
        ties = f"; a tie with the best: {', '.join(tied)}" if tied else ""
        say(f"ranked by {_RULES[found.ranked_by[tag]]}, which all models have{ties}")


def _show_many(found: Languages) -> None:
    several = len({row.model for rows in found.by_language.values() for row in rows}) > 1
    table = [
        {"language": language_name(tag)} | _columns(row) | ({"model": title_of(row.model)} if several else {})
        for tag, rows in sorted(found.by_language.items(), key=lambda pair: language_name(pair[0]))
        for row in rows
    ]
    filled = [name for name in table[0] if any(row[name] != _NONE for row in table)]
    print_table("Models by language, best first" if several else "Languages", table, filled)
    say(
        "P@1: word translation by CSLS, of all questions, with its 95 % interval. frequent: the most frequent "
        "words that are one token, by frequency. one token: words of the lexicon that are; vs en: less those of the "
        "reference language for the same concepts, in points. premium: tokens of the same text over those of the "
        "reference. pieces: per word, ≈ estimated, † with unknown parts in more than a tenth of the words. weak: "
        "under-trained tokens among the pieces. apart: probe against the other languages of the script. All intervals "
        "by --full, -o and --json. Overlapping intervals are ties."
    )
    rules = sorted({_RULES[by] for by in found.ranked_by.values()})
    if several:
        say(f"ranked by {' or '.join(rules)}, whatever all models have in a language first")


def _columns(row: LanguageModel) -> dict[str, Any]:
    matched = (row.translation or {}).get("matched") or {}
    interval = matched.get("all_interval")
    return {
        "P@1": share(matched.get("all")),
        "interval": shares(interval),
        "frequent": _percent(row.frequent),
        "one token": exact(row.coverage),
        "vs en": _points(row.against_reference),
        "premium": _NONE if row.premium is None else f"{row.premium['value']:.2f}",
        "pieces": pieces(row),
        "weak": _NONE if row.undertrained is None else exact(row.undertrained),
        "apart": _percent(row.separation),
    }


def _percent(found: Mapping[str, Any] | None) -> str:
    return _NONE if found is None else exact(found["value"])


def _points(found: Mapping[str, Any] | None) -> str:
    return _NONE if found is None else f"{100 * found['value']:+.0f}".replace("-", "−")


def _share(found: Mapping[str, Any] | None) -> str:
    """A share in per cent with its interval and what chance gives."""
    if found is None or found["value"] is None:
        return _NONE
    ends = (
        ""
        if found["low"] is None
        else f" [{100 * found['low']:.1f}, {100 * found['high']:.1f}]".replace("-", "−")
    )
    chance = None if not found.get("chance") else exact(found["chance"])
    return by_chance(f"{exact(found['value'])}{ends}", chance)


def _number(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None:
        return _NONE
    ends = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{'' if found.get('exact', True) else '≈ '}{found['value']:.2f}{ends}"


def _translated(row: LanguageModel) -> str:
    found = (row.translation or {}).get("matched")
    if not found:
        return _NONE
    low, high = found["all_interval"] or (None, None)
    return _share({"value": found["all"], "low": low, "high": high, "chance": row.chance_of_all[1]})


def _covered(row: LanguageModel) -> str:
    low, high = row.coverage_interval or (None, None)
    return _share({"value": row.coverage, "low": low, "high": high})


_MEASURES: dict[str, Callable[[LanguageModel], str]] = {
    "words translated, of all questions": _translated,
    "frequent words that are one token": lambda row: _share(row.frequent),
    "lexicon words that are one token": _covered,
    "the same, less the reference language’s": lambda row: _share(row.against_reference),
    "pieces per word of the lexicon": pieces,
    "tokens per word of real text": lambda row: _number(row.fertility),
    "premium over the reference language": lambda row: _number(row.premium),
    "under-trained of its tokens": lambda row: _share(row.undertrained_share),
    "separable from others of its script": lambda row: _share(row.separation),
}
