"""Whether neighbours are translations: scores, in parts, and words to read."""

from __future__ import annotations

from typing import Any

from hyperpolyglot import figures
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.report.content import Grid, Picture, Section, picture, present
from hyperpolyglot.report.sections.examples import meaning_section
from hyperpolyglot.report.sections.translation_parts import (
    Found,
    by_kind,
    by_language,
    by_script,
    hub_languages,
)
from hyperpolyglot.report.wording import cell, joined, number, percent, score
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy, Study

__all__ = ["read_translation", "translation_sections"]

_SETS = {
    "weak": "words of the target language",
    "script": "all tokens of its script",
    "strong": "all tokens",
}
_METHODS = {"cosine": "cosine", "csls": "CSLS"}
_GLOSS = (
    "P@1 is the share of questions whose right answer comes first, P@5 and P@10 among the first five and ten; the mean "
    "reciprocal rank (MRR) is 1 for always first, 1/2 for always second. CSLS is the cosine corrected for tokens that "
    "are near to everything (Conneau et al. 2018). Intervals are at 95 % and resample concepts; chance draws the "
    "answer at random from the same candidates. Candidates are the target language’s words that are tokens, all "
    "tokens of its script, or all tokens; the word itself is never one. Where all tokens are candidates, the word for "
    "the same thing in a third language is a wrong answer."
)


def translation_sections(study: Study) -> list[Section]:
    """Scores; by script; by language; languages that draw the words of others."""
    found, missing = present(study.models, lambda m: m.translation)
    asked = [(m, result) for m, result in found if result.overall["weak"]["questions"]]
    scores = Section(
        key="translation",
        title="Are neighbours translations?",
        question="A word is given in one language and asked for in another; the answer is the nearest vector.",
        pictures=_scores_picture(asked),
        reading=(
            *_read_coverage(found),
            *(text for m, result in asked for text in _read(m, result)),
            *missing,
        ),
        warning=_warning(asked),
        grids=tuple(_scores_grid(m, result) for m, result in asked),
        note=_GLOSS if asked else "",
    )
    if not asked:
        return [scores]
    return [
        scores,
        *meaning_section(study),
        by_script(asked),
        by_language(asked),
        by_kind(asked),
        hub_languages(asked),
    ]


def _scores_picture(found: Found) -> tuple[Picture, ...]:
    if not found:
        return ()
    named = [(m.space.model, result) for m, result in found]
    return (
        picture(
            "translation",
            figures.draw_translation_scores(named),
            "Share of questions whose right answer comes first, in the first five, in the first ten, and the mean of "
            "1/rank, by CSLS with 95 % intervals. Grey bars: chance. The further right of its bar, the more a model "
            "knows of translations.",
        ),
    )


def _warning(found: Found) -> str:
    """Which concepts are asked, where a demo model makes that matter."""
    demos = [(m, result) for m, result in found if m.space.model.startswith("demo:")]
    if not demos:
        return ""
    concepts = demos[0][1].concepts
    if concepts.get("selection") != "held-out":
        return str(concepts["note"])
    return (
        f"The demo models are asked only about the {concepts['count']} concepts of the lexicon that neither was "
        "counted on; on the others any score would be circular. The concepts are new to them, the words are not: a "
        "country’s name also stands in the names of currencies, a weekday in “last Monday”."
    )


def _read_coverage(found: Found) -> list[str]:
    """What can be asked at all; models of one vocabulary share the sentence."""
    names: dict[tuple[str, str], list[str]] = {}
    for model, result in found:
        names.setdefault(_coverage(result), []).append(title_of(model.space.model))
    return [f"{words} {joined(models)}{questions}" for (words, questions), models in names.items()]


def _coverage(found: Translation) -> tuple[str, str]:
    words, single = (sum(getattr(row, name) for row in found.coverage) for name in ("words", "single_token"))
    scored = sum(row.scored for row in found.coverage)
    questions = found.overall["weak"]["questions"]
    lexicon = found.lexicon
    return (
        f"The lexicon ({lexicon['source']}) has {words:,} words in {lexicon['languages']} languages for "
        f"{lexicon['concepts']:,} concepts; {single:,} of them ({percent(single / max(1, words))}) are single "
        "tokens of",
        f", which makes {questions:,} questions between {scored} languages."
        if questions
        else ": too few in two languages or more to ask anything.",
    )


def _read(model: ModelStudy, found: Translation) -> list[str]:
    name = title_of(model.space.model)
    overall = {key: found.overall[key]["csls"]["p1"] for key in _SETS}
    texts = [
        f"{read_translation(model, found)} Of all tokens of the target’s script, the right one is nearest for "
        f"{score(overall['script'])}; of all tokens of {name}, for {score(overall['strong'])}.",
    ]
    base = found.baselines["frequency_rank"]["p1"]
    whole = found.denominators["p1"]["weak"]["csls"]["all"]
    if base["value"] is not None and whole is not None:
        apart = found.denominators["covered"]
        texts.append(
            "Answering with the word that is as common in its language as the one asked about would be right for "
            f"{score(base)}. "
            f"Counting every word that is no token of {name} as missed, {percent(whole)} of all questions are "
            f"answered. Words spelled alike ({apart['identical']:,} questions) or nearly alike ({apart['near']:,}) "
            f"in both languages are not in these scores.{_sounds(found)}"
        )
    return texts


def _sounds(found: Translation) -> str:
    """How much of it is names that sound the same in another script."""
    rows = {row["sound"]: row for row in found.sounds}
    if len(rows) < 2:
        return ""
    alike, other = rows["transliteration"], rows["other"]
    return (
        f" Of those that are, {alike['questions']:,} have an answer in another script that sounds alike (names, "
        f"mostly): the right one comes first for {percent(alike['csls_p1'])} of them, and for "
        f"{percent(other['csls_p1'])} of the others."
    )


def read_translation(model: ModelStudy, found: Translation) -> str:
    """How often a word's translation comes first among the words of the other language."""
    name = title_of(model.space.model)
    first = found.overall["weak"]["csls"]["p1"]
    if first["value"] is None:
        return f"{name} has too few words of two languages to be asked for translations."
    return (
        f"{_character(first)} {name}: the right word of the target language comes first for {score(first)}."
    )


def _character(first: dict[str, Any]) -> str:
    value, chance, interval = first["value"], first["chance"], first["interval"]
    low = interval[0] if interval else value
    if low <= chance:
        return "Translations are no nearer than chance in"
    if value > 0.5:
        return "Words find their translations in"
    return "Some words find their translations in" if value > 0.2 else "Few words find their translations in"


def _scores_grid(model: ModelStudy, found: Translation) -> Grid:
    rows = []
    for key, candidates in _SETS.items():
        part = found.overall[key]
        for method, title in _METHODS.items():
            rows.append(
                (
                    candidates,
                    title,
                    number(part["candidates"], 0),
                    f"{part['questions']:,}",
                    *_cells(part[method]),
                )
            )
    weak = found.overall["weak"]
    of = (number(weak["candidates"], 0), f"{weak['questions']:,}")
    rows.append((_SETS["weak"], "as common", *of, *_cells(found.baselines["frequency_rank"])))
    return Grid(
        title=f"{title_of(model.space.model)}: score; below: [95 % interval] · chance, in per cent",
        columns=("candidates", "by", "how many", "questions", "P@1", "P@5", "P@10", "MRR"),
        rows=tuple(rows),
        words=2,
    )


def _cells(scores: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        cell(scores[name]["value"], scores[name]["interval"], scores[name]["chance"])
        for name in ("p1", "p5", "p10", "mrr")
    )
