"""What text costs, in the terminal."""

from __future__ import annotations

from typing import Any

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import value
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.fertility import Fertility, LanguageFertility
from hyperpolyglot.measures.fertility.fertility import MOST_UNKNOWN, ModelCosts, Value
from hyperpolyglot.percentages import exact
from hyperpolyglot.sources import title_of

__all__ = ["show_fertility"]


def show_fertility(found: Fertility) -> None:
    """A row for each language, cheapest first: everything of one model, or the premiums of several."""
    reference = language_name(found.options.reference)
    rows = sorted(range(len(found.models[0].languages)), key=lambda i: _order(found.models[0].languages[i]))
    if len(found.models) == 1:
        (model,) = found.models
        print_table(
            f"{title_of(model.model)}: tokens for the same text ({_exact(model)})",
            [_row(model.languages[i]) for i in rows],
        )
        say(
            f"premium: tokens over those of {reference} (95 % interval over {_segments(found)} segments); UTF-8: the "
            "same of bytes. word: tokens per word by Unicode's rules, a character of Chinese, Japanese or Thai being "
            "one. whole: running words that are one token. bytes, unk.: tokens that are bytes or parts of characters, "
            "and unknown ones."
        )
    else:
        names = [f"{'' if m.exact else '≈ '}{title_of(m.model)}" for m in found.models]
        columns = [
            [_premium(m.languages[i].premium) + _mark(m.languages[i]) for i in rows] for m in found.models
        ]
        tags = [_name(found.models[0].languages[i]) for i in rows]
        print_table(
            f"Premium over {reference}: tokens for the same text (95 % interval over {_segments(found)} segments)",
            [
                {"language": tag, **dict(zip(names, cells, strict=True))}
                for tag, *cells in zip(tags, *columns, strict=True)
            ],
        )
        for a, b, first, second, ties in _winners(found):
            say(
                f"{title_of(a)} has smaller premiums than {title_of(b)} for {first} languages, larger ones for "
                f"{second}; {ties} are ties."
            )
    for model in found.models:
        say(
            f"{title_of(model.model)}: Gini coefficient over languages {_premium(model.gini, 3)}, {_exact(model)}."
        )
    if any(_mark(row) for model in found.models for row in model.languages):
        say(
            "†: more than a tenth of the tokens are unknown, so that the text is not written; not in the coefficient."
        )
    for note in found.notes:
        say(note)


def _segments(found: Fertility) -> int:
    return found.models[0].languages[0].segments


def _exact(model: ModelCosts) -> str:
    return "exact" if model.exact else "estimated"


def _order(row: LanguageFertility) -> tuple[float, str]:
    return row.premium["value"] or 0.0, row.language


def _name(row: LanguageFertility) -> str:
    name = language_name(row.language)
    return name if name == row.language else f"{name} ({row.language})"


def _row(row: LanguageFertility) -> dict[str, Any]:
    return {
        "premium": value(row.premium["value"], 2) + _mark(row),
        "interval": _interval(row.premium)[1:-1].replace(", ", "–"),
        "UTF-8": value(row.byte_premium, 2),
        "word": value(row.fertility["value"], 2),
        "whole": _share(row.whole_words),
        "bytes": _share(row.bytes),
        "unk.": _share(row.unknown),
        "language": _name(row),
    }


def _share(found: Value) -> str:
    return "–" if found["value"] is None else exact(found["value"])


def _premium(found: Value, digits: int = 2) -> str:
    if found["value"] is None:
        return "–"
    return f"{value(found['value'], digits)} {_interval(found, digits)}".strip()


def _interval(found: Value, digits: int = 2) -> str:
    if found["low"] is None or found["high"] is None:
        return ""
    return f"[{value(found['low'], digits)}, {value(found['high'], digits)}]"


def _mark(row: LanguageFertility) -> str:
    return "†" if (row.unknown["value"] or 0.0) > MOST_UNKNOWN else ""


def _winners(found: Fertility) -> list[tuple[str, str, int, int, int]]:
    """For each two models: in how many languages the interval of the difference is below zero, above it, holds it."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in found.differences:
        own = counts.setdefault((row["a"], row["b"]), [0, 0, 0])
        if row["language"] != found.options.reference and row["low"] is not None:
            own[0 if row["high"] < 0 else 1 if row["low"] > 0 else 2] += 1
    return [(a, b, *own) for (a, b), own in counts.items()]  # type: ignore[misc]
