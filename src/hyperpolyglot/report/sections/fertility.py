"""What text costs."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.fertility import Fertility, LanguageFertility
from hyperpolyglot.measures.fertility.fertility import ModelCosts, Value
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.many import tell, together
from hyperpolyglot.report.wording import DASH, cell, exact, number, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study

__all__ = ["fertility_sections"]

_MOST_ROWS = 800


def fertility_sections(study: Study) -> list[Section]:
    """Premium, fertility and whole words by language."""
    title = "What does text cost in each language?"
    found = study.fertility
    question = "How many tokens the same text takes, and how many of its words are one token."
    if isinstance(found, Absent):
        return [Section(key="fertility", title=title, question=question, reading=(found.reason,))]
    reference = language_name(found.options.reference)
    told = tell(
        [(title_of(model.model), model) for model in found.models],
        lambda _, model: _read(model, found),
        {
            "costs the most": lambda model: _dearest(model, found),
            "premium": lambda model: _premium(model, found),
            "Gini": lambda model: number(model.gini["value"], 3),
        },
        title=f"The language whose text costs the most tokens by those of {reference}; below: [95 % interval]",
        words=2,
    )
    return [
        Section(
            key="fertility",
            title=title,
            question=question,
            pictures=(
                picture(
                    "fertility",
                    figures.draw_fertility(found),
                    f"The same text in each language: tokens by those of {reference}, tokens per word, share of "
                    "running words that are one token. Lines are 95 % intervals over segments of the text; grey bars "
                    "are what a byte-level model pays, 1 is no premium.",
                ),
            ),
            reading=told.reading,
            grids=(*told.grids, _grid(found)),
            note=f"{together(found.notes)} The text is {found.source}. Words are those of Unicode’s default rules, by "
            "which a character of Chinese, Japanese, Thai, Lao, Khmer or Burmese is a word. The Gini coefficient is 0 "
            "where all languages take as many tokens; languages with more than a tenth of unknown tokens take no part.",
        )
    ]


def _worst(model: ModelCosts, found: Fertility) -> LanguageFertility | None:
    others = [row for row in model.languages if row.language != found.options.reference]
    return max(others, key=lambda row: row.premium["value"] or 0.0, default=None)


def _dearest(model: ModelCosts, found: Fertility) -> str:
    worst = _worst(model, found)
    return DASH if worst is None else language_name(worst.language)


def _premium(model: ModelCosts, found: Fertility) -> str:
    worst = _worst(model, found)
    if worst is None:
        return DASH
    marked = "" if model.exact else "≈ "
    return marked + cell(worst.premium["value"], _interval(worst.premium), None, share=False)


def _read(model: ModelCosts, found: Fertility) -> str:
    reference = found.options.reference
    worst = _worst(model, found)
    if worst is None:
        return f"{title_of(model.model)}: the text has no language but {language_name(reference)}."
    marked = "" if model.exact else " (estimated)"
    return (
        f"{title_of(model.model)}: text in {language_name(worst.language)} costs the most of {len(model.languages)} "
        f"languages, {number(worst.premium['value'])} times as many tokens as in {language_name(reference)}"
        f"{_sure(worst.premium)}{marked}; the Gini coefficient over languages is {number(model.gini['value'], 3)}."
    )


def _interval(value: Value) -> tuple[float, float] | None:
    low, high = value["low"], value["high"]
    return None if low is None or high is None else (low, high)


def _sure(value: Value) -> str:
    interval = _interval(value)
    return f" (95 % interval {span(interval, share=False)})" if interval else ""


def _grid(found: Fertility) -> Grid:
    rows = [
        (_name(row), title_of(model.model), ("" if model.exact else "≈ ") + f"{row.tokens:,}", *_cells(row))
        for rows in zip(*(model.languages for model in found.models), strict=True)
        for model, row in zip(found.models, rows, strict=True)
    ]
    return Grid(
        title=f"All {len(found.models[0].languages)} languages; below a value: [95 % interval]",
        columns=(
            "language",
            "model",
            "tokens",
            "premium",
            "bytes’ premium",
            "per word",
            "whole",
            "bytes",
            "unknown",
        ),
        rows=tuple(rows[:_MOST_ROWS]),
        words=2,
        folded=True,
    )


def _name(row: LanguageFertility) -> str:
    name = language_name(row.language)
    return name if name == row.language else f"{name} ({row.language})"


def _share(value: Value) -> str:
    return DASH if value["value"] is None else exact(value["value"])


def _cells(row: LanguageFertility) -> tuple[str, ...]:
    return (
        cell(row.premium["value"], _interval(row.premium), None, share=False),
        number(row.byte_premium),
        cell(row.fertility["value"], _interval(row.fertility), None, share=False),
        cell(row.whole_words["value"], _interval(row.whole_words), None),
        _share(row.bytes),
        _share(row.unknown),
    )
