"""Smaller vocabularies and their price."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.applications.pruning import Pruning
from hyperpolyglot.applications.pruning.price import Point
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.sections.applied_parts import (
    ends_of,
    listed,
    models_of,
    plain_cell,
    share_cell,
    share_in_words,
)
from hyperpolyglot.report.wording import joined, number, percent, span

__all__ = ["pruning_reading", "pruning_section"]

_MOST_NAMED = 4


def pruning_section(key: str, found: Pruning) -> Section:
    """The price by size and language, and what is lost."""
    model, whom = listed(models_of(found)), _languages(found)
    within = f"{100 * found.options.within:g} %"
    return Section(
        key=key,
        title=f"Smaller vocabulary of {model} for {whom}",
        question=f"How many tokens of {model} do {whom} need, and what does a smaller vocabulary cost them?",
        reading=pruning_reading(found),
        pictures=(
            picture(
                key,
                figures.draw_pruning(found),
                "Left: tokens for the same text by those of the whole vocabulary, with 95 % intervals, for the most "
                f"costly languages; dashed: {within} more. Right: the share of the ten nearest neighbours of kept "
                "tokens that are lost; dotted: chance, where as many tokens are kept at random.",
            ),
        ),
        grids=(_by_language(found), _by_size(found), _sources(found)),
        note=_note(found),
    )


def pruning_reading(found: Pruning) -> tuple[str, ...]:
    """The recommended size with what the most costly language pays there, and what is lost with the cut.

    Neighbours are said to be kept only where fewer are lost than by chance, by the interval.
    """
    whole, within = len(found.space), f"{100 * found.options.within:g} %"
    size, kept = found.recommended, len(found.kept)
    if size >= max(row["tokens"] for row in found.sizes):
        said = [
            f"No smaller size was found at which none of {_languages(found)} needs more than {within} more tokens."
        ]
    else:
        said = [
            f"{size:,} of {whole:,} tokens ({percent(size / whole)}) is the smallest size found at which none of "
            f"{_languages(found)} needed more than {within} more tokens for the text that it was chosen by. "
            f"{_costly(found, size)}"
        ]
    if kept != size:
        said.append(f"The cut keeps {kept:,} tokens. {_costly(found, kept)}")
    return (*said, *_lost(found))


def _costly(found: Pruning, size: int) -> str:
    points = [p for p in found.curve if p.tokens == size and p.cost["value"] is not None]
    if not points:
        return ""
    worst = max(points, key=lambda p: p.cost["value"] or 0.0)
    sure = ends_of(worst.cost)
    interval = "" if sure is None else f" (95 % interval {span(sure, share=False, digits=3)})"
    return (
        f"{_called(worst)} pays most, {number(worst.cost['value'], 3)} times the tokens{interval}, and keeps "
        f"{share_in_words(worst.coverage)} of its running tokens."
    )


def _lost(found: Pruning) -> list[str]:
    lost = found.lost["neighbors"]
    sure, chance = ends_of(lost), lost["chance"]
    if sure is None or chance is None or sure[1] >= chance:
        return []
    return [f"Kept tokens lose {share_in_words(lost)} of their ten nearest neighbours."]


def _languages(found: Pruning) -> str:
    names = [language_name(row["language"]) for row in found.languages]
    more = [f"{len(names) - _MOST_NAMED} more languages"] if len(names) > _MOST_NAMED + 1 else []
    return joined([*(names[:_MOST_NAMED] if more else names), *more])


def _called(point: Point) -> str:
    return language_name(point.language) + ("" if point.running else " (by its words)")


def _by_language(found: Pruning) -> Grid:
    size = len(found.kept)
    weights = {row["language"]: row["weight"] for row in found.languages}
    return Grid(
        title=f"Price of {size:,} tokens by language",
        columns=("language", "weight", "tokens per word", "by the whole vocabulary", "coverage", "unknown"),
        rows=tuple(
            (
                _called(point),
                percent(weights[point.language]),
                ("" if found.exact else "≈\N{NO-BREAK SPACE}") + plain_cell(point.fertility, 3),
                plain_cell(point.cost, 3),
                share_cell(point.coverage),
                share_cell(point.unknown),
            )
            for point in found.curve
            if point.tokens == size
        ),
    )


def _by_size(found: Pruning) -> Grid:
    costs: dict[int, list[Point]] = {}
    for point in found.curve:
        costs.setdefault(point.tokens, []).append(point)
    rows = []
    for row in found.sizes:
        worst = max(costs[row["tokens"]], key=lambda p: p.cost["value"] or 0.0)
        mark = " (recommended)" if row["tokens"] == found.recommended else ""
        rows.append(
            (
                f"{row['tokens']:,}{mark}",
                percent(row["saved"]),
                f"{number(worst.cost['value'], 3)}\n{_called(worst)}",
                share_cell(row["neighbors"]),
                share_cell(row["translation"]),
            )
        )
    return Grid(
        title=f"Price by size: {len(rows)} sizes",
        columns=("tokens kept", "rows saved", "most costly language", "neighbours lost", "translations lost"),
        rows=tuple(rows),
        folded=True,
    )


def _sources(found: Pruning) -> Grid:
    return Grid(
        title="What tokens are ranked by and the price is measured on",
        columns=("language", "ranked by", "measured on"),
        rows=tuple(
            (language_name(row["language"]), row["ranked_by"], row["judged_on"]) for row in found.languages
        ),
        words=3,
        folded=True,
    )


def _note(found: Pruning) -> str:
    marked = "" if found.exact else "≈: text was cut by an estimate. "
    return (
        f"{marked}{found.staying:,} tokens stay in any case. Small print: [95 % interval] · chance, where as "
        f"many tokens are kept at random. {' '.join(found.notes)}"
    )
