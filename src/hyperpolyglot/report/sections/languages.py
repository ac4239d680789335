"""Which languages a model serves."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.translation import Languages
from hyperpolyglot.measures.translation.languages import LanguageModel
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.wording import DASH, cell, joined, number, percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["language_sections"]

_MOST_ROWS = 800


def language_sections(study: Study) -> list[Section]:
    """Coverage, pieces, translation by language."""
    title = (
        "Which languages does each model serve?"
        if len(study.models) > 1
        else "Which languages does it serve?"
    )
    question = (
        "How many of a language’s words are one token, how many pieces a word takes, how many words are "
        "translated."
    )
    found = study.languages
    if isinstance(found, Absent):
        return [Section(key="languages", title=title, question=question, reading=(found.reason,))]
    models = [m.space.model for m in study.models]
    return [
        Section(
            key="languages",
            title=title,
            question=question,
            pictures=(
                picture(
                    "languages",
                    figures.draw_languages(found, models),
                    "One language of every script, then those with most words that are tokens; lines are 95 % "
                    "intervals, grey bars chance, which coverage and pieces have none of. Translations are matched: "
                    f"each question has {_few(found)} candidates in every language and model. Good service: many "
                    "words that are tokens, few pieces, translations far from chance.",
                ),
            ),
            reading=(*(_read(found, model) for model in models), *_read_ranks(found, models)),
            grids=(_grid(found),),
            note=f"{' '.join(found.notes)} Translation is P@1 among the target language’s words, by CSLS, from and "
            "into the language. Models are ranked by the last column: all questions of the lexicon, whether the words "
            "are tokens or not, each among the same number of candidates (the right answer and wrong ones drawn at "
            "random from the target language’s words). Overlapping intervals are ties.",
        )
    ]


def _few(found: Languages) -> str:
    """To how many candidates the questions are matched."""
    asked = (row.translation for rows in found.by_language.values() for row in rows if row.translation)
    first = next(asked, None)
    return "the same number of" if first is None else str(first["matched"]["candidates"])


def _rows(found: Languages, model: str) -> list[tuple[str, LanguageModel]]:
    return [(tag, row) for tag, rows in found.by_language.items() for row in rows if row.model == model]


def _read(found: Languages, model: str) -> str:
    name, rows = title_of(model), _rows(found, model)
    asked = [(tag, row) for tag, row in rows if row.translation]
    words = sum(row.words for _, row in rows)
    covered = sum(row.coverage * row.words for _, row in rows) / max(1, words)
    pieces = sum(row.pieces_per_word * row.words for _, row in rows) / max(1, words)
    text = (
        f"{name}: {percent(covered)} of the words of {len(rows)} languages are one token; a word takes {pieces:.1f} "
        "pieces on average"
    )
    if not asked:
        return f"{text}. No language has words with vectors enough to be asked about."
    few = (asked[0][1].translation or {})["matched"]["candidates"]
    return (
        f"{text}. {len(asked)} languages have enough such words to be asked about. P@1 differs between languages by "
        "the concepts that are covered and by the number of candidates; the column with matched candidates gives every "
        f"question {few} candidates."
    )


def _read_ranks(found: Languages, models: list[str]) -> tuple[str, ...]:
    """For how many languages a model is first by more than the intervals."""
    if len(models) < 2:
        return ()
    first = dict.fromkeys(models, 0)
    undecided = 0
    for rows in found.by_language.values():
        ranked = [
            (row.model, ((row.translation or {}).get("matched") or {}).get("all_interval")) for row in rows
        ]
        known = [(model, interval) for model, interval in ranked if interval]
        if len(known) < 2:
            continue
        if known[0][1][0] > known[1][1][1]:
            first[known[0][0]] += 1
        else:
            undecided += 1
    counts = joined([f"{title_of(model)} for {count}" for model, count in first.items()])
    return (
        f"Clear winners, best by more than the intervals: {counts} languages; {undecided} are ties, since the "
        "intervals overlap. Matched are the questions (all that the lexicon asks) and the number of "
        "candidates of each.",
    )


def _grid(found: Languages) -> Grid:
    rows = [
        (
            f"{language_name(tag)} ({tag})" if language_name(tag) != tag else tag,
            script_name(found.scripts[tag]),
            title_of(row.model),
            f"{row.words:,}",
            percent(row.coverage),
            number(row.pieces_per_word, 1),
            DASH if row.undertrained is None else percent(row.undertrained),
            *_translation_cells(row),
        )
        for tag, models in found.by_language.items()
        for row in models
    ]
    cut = len(rows) > _MOST_ROWS
    return Grid(
        title=f"All {len(found.by_language)} languages; below a value: [95 % interval] · chance, in per cent"
        + (f" (the first {_MOST_ROWS} rows; all are in tables/languages.csv)" if cut else ""),
        columns=(
            "language",
            "script",
            "model",
            "words",
            "one token",
            "pieces per word",
            "under-trained",
            "P@1, of covered",
            "P@1, of all",
            "of all, matched candidates",
        ),
        rows=tuple(rows[:_MOST_ROWS]),
        words=3,
        folded=True,
    )


def _translation_cells(row: LanguageModel) -> tuple[str, str, str]:
    found = row.translation
    if not found:
        return DASH, DASH, DASH
    matched, answered = found["matched"], found["questions"] / found["asked"]
    by_chance = found["chance"] * found["questions"] / found["asked"]
    return (
        cell(found["value"], found["interval"], found["chance"]),
        cell(found["all"], found["all_interval"], by_chance),
        cell(matched["all"], matched["all_interval"], matched["chance"] * answered),
    )
