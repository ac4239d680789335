"""Which languages a model serves."""

from __future__ import annotations

from typing import Any

from hyperpolyglot import figures
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.languages import Languages
from hyperpolyglot.measures.languages.languages import TRANSLATION_NOTE
from hyperpolyglot.measures.languages.records import LanguageModel, pieces
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.many import tell, together
from hyperpolyglot.report.wording import DASH, cell, exact, joined, number, percent
from hyperpolyglot.sources import remark_on_demo, title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["language_sections", "served"]

_MOST_ROWS = 800
_CAPTION = (
    "One language of every script, and those with most words that are tokens, grouped by script. Good service: many "
    "words that are tokens, few pieces"
)
_CAPTION_OF_TRANSLATION = (
    ", translations far from chance. Lines are 95 % intervals, grey bars chance, which coverage and pieces have none "
    "of. Translations are matched: each question has {few} candidates in every language and model."
)
_NOTE_OF_TRANSLATION = (
    "Translation is P@1 among the target language’s words, by CSLS, from and into the language; it differs between "
    "languages by the concepts that are covered and by the number of candidates, and is matched where every question "
    "has {few} candidates, the right answer and wrong ones drawn at random from the target language’s words. Models "
    "are ranked by the last column: all questions of the lexicon, whether the words are tokens or not. Overlapping "
    "intervals are ties. "
)


def _warning(study: Study) -> str:
    """What of an excerpt is no figure of the model."""
    excerpts = [title_of(m.space.model) for m in study.models if remark_on_demo(m.space.origin)]
    if not excerpts:
        return ""
    return (
        f"Pieces per word and unknown words of {joined(excerpts)} are not those of the full model: words are cut "
        "into the pieces that the excerpt keeps, about one and a half times as many as in the model (English 3.2 "
        "instead of 2.0), and characters that it leaves out are unknown. Words that are one token are the same as in "
        "the model."
    )


def language_sections(study: Study) -> list[Section]:
    """Coverage, pieces, translation by language."""
    title = (
        "Which languages does each model serve?"
        if len(study.models) > 1
        else "Which languages does it serve?"
    )
    question = "How many of a language’s words are one token, and how many pieces a word takes"
    found = study.languages
    translated = not isinstance(found, Absent) and any(
        row.translation for rows in found.by_language.values() for row in rows
    )
    question += ", how many words are translated." if translated else "."
    if isinstance(found, Absent):
        return [Section(key="languages", title=title, question=question, missing=(found.reason,))]
    models = [m.space.model for m in study.models]
    with_vectors = {m.space.model for m in study.models if m.space.table is not None}
    told = tell(
        [(title_of(model), model) for model in models],
        lambda _, model: _read(found, model, model in with_vectors),
        {
            "languages": lambda model: f"{served(found, model)['languages']:,}",
            "words that are one token": lambda model: exact(served(found, model)["coverage"]),
            "pieces per word": lambda model: _pieces(served(found, model)),
            "with translation measured": lambda model: f"{served(found, model)['asked']:,}",
        },
        title="By model, over all languages; pieces with ≈ are estimated",
    )
    return [
        Section(
            key="languages",
            title=title,
            question=question,
            warning=_warning(study),
            pictures=(
                picture(
                    "languages",
                    figures.draw_languages(found, models),
                    _CAPTION + (_CAPTION_OF_TRANSLATION.format(few=_few(found)) if translated else "."),
                ),
            ),
            reading=(*told.reading, *_read_ranks(found, models)),
            grids=(*told.grids, _grid(found, models)),
            note=f"{together(_notes(found, translated))} "
            f"{_NOTE_OF_TRANSLATION.format(few=_few(found)) if translated else ''}"
            "Pieces with ≈ are estimated; with † more than a tenth of the words have an unknown part.",
        )
    ]


def _notes(found: Languages, translated: bool) -> list[str]:
    """The notes of the measure, without what they say of translation where none was measured."""
    return [note for note in found.notes if translated or note != TRANSLATION_NOTE]


def _few(found: Languages) -> str:
    """To how many candidates the questions are matched."""
    asked = (row.translation for rows in found.by_language.values() for row in rows if row.translation)
    first = next(asked, None)
    return "the same number of" if first is None else str(first["matched"]["candidates"])


def _rows(found: Languages, model: str) -> list[tuple[str, LanguageModel]]:
    return [(tag, row) for tag, rows in found.by_language.items() for row in rows if row.model == model]


def served(found: Languages, model: str) -> dict[str, Any]:
    """Of one model: languages, share of words that are one token, pieces per word (exact or estimated), languages
    asked, candidates.
    """
    rows = _rows(found, model)
    words = max(1, sum(row.words for _, row in rows))
    cut = [(row.pieces_per_word, row.words) for _, row in rows if row.pieces_per_word is not None]
    return {
        "languages": len(rows),
        "coverage": sum(row.coverage * row.words for _, row in rows) / words,
        "pieces_per_word": sum(pieces * n for pieces, n in cut) / max(1, sum(n for _, n in cut)),
        "exact": all(row.exact for _, row in rows),
        "asked": sum(bool(row.translation) for _, row in rows),
        "candidates": next(
            (row.translation["matched"]["candidates"] for _, row in rows if row.translation), None
        ),
    }


def _pieces(whole: dict[str, Any]) -> str:
    return f"{'' if whole['exact'] else '≈ '}{number(whole['pieces_per_word'], 1)}"


def _read(found: Languages, model: str, vectors: bool) -> str:
    name, whole = title_of(model), served(found, model)
    text = (
        f"{name}: {percent(whole['coverage'])} of the words of {whole['languages']} languages are one token; a word "
        f"takes {whole['pieces_per_word']:.1f} pieces on average{'' if whole['exact'] else ' (estimated)'}"
    )
    if not vectors:
        return f"{text}."
    if not whole["asked"]:
        return f"{text}. No language has enough of them for translation to be measured."
    return f"{text}. {whole['asked']} languages have enough such words for translation to be measured."


def _read_ranks(found: Languages, models: list[str]) -> tuple[str, ...]:
    """For how many languages a model is first by more than the intervals."""
    if len(models) < 2:
        return ()
    first, undecided = found.clear_winners(models)
    matched = "The questions (all that the lexicon asks) and the number of candidates of each are matched."
    if not any(row.translation for rows in found.by_language.values() for row in rows):
        return ()
    if not any(first.values()):
        return (
            f"No model is a clear winner, above chance and with its interval apart from the others, for any of "
            f"{undecided} languages. {matched}",
        )
    counts = joined([f"{title_of(model)} for {count}" for model, count in first.items()])
    return (
        f"Clear winners, above chance and with intervals apart from all others: {counts} languages; {undecided} are "
        f"ties, since the intervals overlap. {matched}",
    )


def _grid(found: Languages, models: list[str]) -> Grid:
    several = len(models) > 1
    rows = [
        (
            f"{_named(tag)}\n{script_name(found.scripts[tag])}",
            *((title_of(row.model),) if several else ()),
            f"{row.words:,}",
            exact(row.coverage),
            pieces(row),
            DASH if row.undertrained is None else exact(row.undertrained),
            *_translation_cells(row),
        )
        for tag, rows_of in found.by_language.items()
        for row in rows_of
    ]
    columns = (
        "language",
        *(("model",) if several else ()),
        *("words", "one token", "pieces per word", "under-trained"),
        *("P@1, covered words", "P@1, all words", "P@1, all words, matched"),
    )
    filled = [i for i in range(len(columns)) if any(row[i] != DASH for row in rows)]
    cut = len(rows) > _MOST_ROWS
    asked = any(row.translation for rows_of in found.by_language.values() for row in rows_of)
    return Grid(
        title=f"All {len(found.by_language)} languages"
        + ("; below a value: [95 % interval] · chance, in per cent" if asked else "")
        + (f" (the first {_MOST_ROWS} rows; all are in tables/languages.csv)" if cut else ""),
        columns=tuple(columns[i] for i in filled),
        rows=tuple(tuple(row[i] for i in filled) for row in rows[:_MOST_ROWS]),
        words=2 if several else 1,
        folded=True,
    )


def _named(tag: str) -> str:
    name = language_name(tag)
    return tag if name == tag else f"{name} ({tag})"


def _translation_cells(row: LanguageModel) -> tuple[str, str, str]:
    found = row.translation
    if not found:
        return DASH, DASH, DASH
    matched = found["matched"]
    by_chance, matched_by_chance = row.chance_of_all
    return (
        cell(found["value"], found["interval"], found["chance"]),
        cell(found["all"], found["all_interval"], by_chance),
        cell(matched["all"], matched["all_interval"], matched_by_chance),
    )
