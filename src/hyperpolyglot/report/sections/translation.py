"""Whether neighbours are translations: scores, in parts, and example neighbourhoods."""

from __future__ import annotations

from typing import Any

from hyperpolyglot import figures
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.report.content import Grid, Picture, Section, picture, present
from hyperpolyglot.report.many import FEW, scores, told_ranks
from hyperpolyglot.report.sections.examples import meaning_section
from hyperpolyglot.report.sections.translation_parts import (
    Found,
    by_kind,
    by_language,
    by_script,
    hub_languages,
)
from hyperpolyglot.report.wording import DASH, cell, joined, number, percent, score
from hyperpolyglot.sources import is_counted, title_of
from hyperpolyglot.study import ModelStudy, Study

__all__ = ["above_chance", "coverage_of", "read_translation", "translation_sections"]

_SETS = {
    "weak": "words of the target language",
    "script": "all tokens of its script",
    "strong": "all tokens",
}
_METHODS = {"cosine": "cosine", "csls": "CSLS"}
_GLOSS = (
    "P@1 is the share of questions whose right answer is the nearest candidate, P@5 and P@10 among the first five and "
    "ten; the mean reciprocal rank (MRR) is 1 for always first, 1/2 for always second. CSLS is the cosine "
    "corrected for "
    "hubs (Conneau et al. 2018). 95 % intervals are over concepts and languages, since answers about one concept and "
    "answers of one language vary together; chance is a random order of the same candidates. Candidates are the target "
    "language’s words that are tokens, all tokens of its script, or all tokens; the word itself is never one, and in "
    "the rows without variants neither are tokens that differ from it in case, space, accents or width "
    "alone. Among all "
    "tokens, the word for the same concept in a third language is a wrong answer."
)
_WEIGHTINGS = {
    "pairs": "ordered pair of languages",
    "questions": "question",
    "concepts": "concept",
    "tokens": "pair of tokens",
}
_WHY = (
    "The headline gives every ordered pair of languages the same weight, as averages over bilingual "
    "dictionaries do: it "
    "is how often a word is translated correctly between two languages taken at random. By question, concepts that are "
    "tokens in many languages (country names, months) weigh most; by concept, each meaning counts once; by pair of "
    "tokens, two tokens count once however many languages share them. Without transliterations, questions with an "
    "answer in another script that sounds alike are left out, as words spelled (nearly) the same within a "
    "script always "
    "are."
)


def translation_sections(study: Study) -> list[Section]:
    """Scores; by script; by language; hub languages."""
    found, missing = present(study.models, lambda m: m.translate)
    asked = [(m, result) for m, result in found if result.overall["weak"]["questions"]]
    scores = Section(
        key="translate",
        title="Are neighbours translations?",
        question="A word is given in one language and asked for in another; the answer is the nearest vector.",
        pictures=_scores_picture(asked),
        reading=(
            *_read_coverage(found),
            *_read_all(asked),
        ),
        missing=missing,
        warning=_warning(asked),
        grids=(
            *((_weightings_grid(asked),) if asked else ()),
            *_scores_grids(asked),
        ),
        note=f"{_WHY} {_GLOSS}" if asked else "",
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
            "translate",
            figures.draw_translation_scores(named),
            "Translations found, by CSLS with 95 % intervals, by what the candidates are; every question has the same "
            "weight. Grey bars: chance.",
        ),
    )


def _warning(found: Found) -> str:
    """Which concepts are asked, where a demo model makes that matter."""
    demos = [(m.space.model, result) for m, result in found if is_counted(m.space.origin)]
    if not demos:
        return ""
    concepts = demos[0][1].concepts
    if concepts.get("selection") != "held-out":
        return str(concepts["note"])
    others = " Other models are asked about all concepts." if len(demos) < len(found) else ""
    return (
        f"{joined([name for name, _ in demos])} {'are' if len(demos) > 1 else 'is'} asked only about the "
        f"{concepts['count']} concepts of the lexicon that the models counted from Unicode CLDR were not counted on; "
        "on the others any score would be circular. The concepts are new to them, the words are not: a country’s name "
        f"also stands in the names of currencies, a weekday in “last Monday”.{others}"
    )


def _read_coverage(found: Found) -> list[str]:
    """What can be asked at all; models of one vocabulary share the sentence."""
    names: dict[tuple[str, str], list[str]] = {}
    for model, result in found:
        names.setdefault(_coverage(result), []).append(title_of(model.space.model))
    return [f"{words} {joined(models)}{questions}" for (words, questions), models in names.items()]


def _coverage(found: Translation) -> tuple[str, str]:
    held, lexicon = coverage_of(found), found.lexicon
    questions = found.overall["weak"]["questions"]
    return (
        f"The lexicon ({lexicon['source']}) has {held['words']:,} words in {lexicon['languages']} languages for "
        f"{lexicon['concepts']:,} concepts; {held['single_token']:,} of them ({percent(held['share'])}) are single "
        "tokens of",
        f", which makes {questions:,} questions between {held['scored']} languages."
        if questions
        else ": too few in two languages or more to ask anything.",
    )


def coverage_of(found: Translation) -> dict[str, float]:
    """Words of all languages, how many are single tokens, and how many languages can be asked about."""
    words, single = (sum(getattr(row, name) for row in found.coverage) for name in ("words", "single_token"))
    scored = sum(row.scored for row in found.coverage)
    return {"words": words, "single_token": single, "share": single / max(1, words), "scored": scored}


def _read_all(found: Found) -> list[str]:
    """Sentences on each model, or the ranks of many; the numbers of many are in the tables."""
    if len(found) <= FEW:
        return [text for m, result in found for text in _read(m, result)]
    of = [(title_of(m.space.model), result.headline) for m, result in found]
    told = told_ranks(
        scores(of, lambda first: (first["value"], first["interval"], first["chance"])),
        "P@1 among the words of the target language, averaged over ordered pairs of languages",
    )
    return [told]


def _read(model: ModelStudy, found: Translation) -> list[str]:
    name = title_of(model.space.model)
    strong = found.overall["strong"]
    script, every = found.overall["script"]["csls"]["p1"], strong["csls"]["p1"]
    texts = [read_translation(model, found)]
    if every["value"] is not None:
        without = strong["without_variants"]["csls"]["p1"]
        texts[0] += (
            f" Of a sample of {strong['questions']:,} questions, the right answer is the nearest token of the target’s "
            f"script for {score(script)}, and the nearest of all tokens of {name} for {score(every)}; where "
            "tokens that "
            f"differ from the word in case, space, accents or width alone are no candidates, for {score(without)}."
            f"{_first(strong['first'])}"
        )
    base = found.baselines["frequency_rank"]["p1"]
    whole = found.denominators["p1"]["weak"]["csls"]["all"]
    if base["value"] is not None and whole is not None:
        apart = found.denominators["covered"]
        texts.append(
            f"By question, {percent(found.overall['weak']['csls']['p1']['value'])} are translated correctly among the "
            "words of the target language; the frequency-matched baseline, the word of the same frequency rank in its "
            f"language, is right for {score(base)}. Counting every word that is not a token of {name} as missed, "
            f"{percent(whole)} of all questions are answered. Words spelled the same ({apart['identical']:,} "
            "questions) "
            f"or nearly the same ({apart['near']:,}) in both languages are not in these scores.{_sounds(found)}"
        )
    return texts


def _first(first: dict[str, Any]) -> str:
    if not first["words"]:
        return ""
    return (
        f" For {percent(first['same_word'])} of {first['words']:,} words the nearest token is such a variant "
        "of the word "
        f"itself; the nearest that is none has a known meaning in common for {percent(first['same_meaning'])} (chance "
        f"{percent(first['chance'])})."
    )


def _sounds(found: Translation) -> str:
    """How much of it is names that sound the same in another script."""
    rows = {row["sound"]: row for row in found.sounds}
    if len(rows) < 2 or not above_chance(found.headline):
        return ""
    alike, other = rows["transliteration"], rows["other"]
    return (
        f" {alike['questions']:,} of the others have an answer in another script that sounds alike (mostly "
        "names): P@1 is "
        f"{percent(alike['csls_p1'])} for these and {percent(other['csls_p1'])} for the rest."
    )


def read_translation(model: ModelStudy, found: Translation) -> str:
    """How often a word's translation comes first among the words of the other language."""
    name = title_of(model.space.model)
    first = found.headline
    if first["value"] is None:
        return f"{name} has too few words of two languages to be asked for translations."
    without = next((row for row in found.weightings if not row["transliterations"]), None)
    names = f"; without transliterations {percent(without['value'])}" if without else ""
    return (
        f"{_character(first)} {name}: averaged over ordered pairs of languages, the right word of the target language "
        f"comes first for {score(first)}{names}."
    )


def above_chance(first: dict[str, Any]) -> bool:
    """Whether a score lies above chance with its whole interval."""
    low = first["interval"][0] if first["interval"] else first["value"]
    return bool(low > first["chance"])


def _character(first: dict[str, Any]) -> str:
    value = first["value"]
    if not above_chance(first):
        return "Translations are no nearer than chance in"
    if value > 0.5:
        return "Words find their translations in"
    return "Some words find their translations in" if value > 0.2 else "Few words find their translations in"


def _weightings_grid(found: Found) -> Grid:
    """P@1 by what counts alike, the headline first."""
    rows = []
    for m, result in found:
        by = {(row["weighting"], row["transliterations"]): row for row in result.weightings}
        for key, title in _WEIGHTINGS.items():
            pair = [by.get((key, named)) for named in (True, False)]
            cells = [cell(r["value"], r["interval"], r["chance"]) if r else DASH for r in pair]
            groups = pair[0]["groups"] if pair[0] else 0
            rows.append((title_of(m.space.model), title, f"{groups:,}", *cells))
    if len(found) > FEW:
        rows = [row for row in rows if row[1] in (_WEIGHTINGS["pairs"], _WEIGHTINGS["questions"])]
    return Grid(
        title="P@1 among the target language’s words (CSLS) by what has equal weight; the first is the headline. "
        "Below: [95 % interval] · chance, in per cent",
        columns=("model", "equal weight for each", "how many", "P@1", "without transliterations"),
        rows=tuple(rows),
        words=2,
    )


def _scores_grids(found: Found) -> list[Grid]:
    """A folded table of all models."""
    if not found:
        return []
    if len(found) == 1:
        return [_scores_grid(*found[0])]
    grids = [(title_of(m.space.model), _scores_grid(m, result)) for m, result in found]
    at = grids[0][1].columns.index("questions")
    rows = tuple((name, *row[: at - 1], *row[at:]) for name, grid in grids for row in grid.rows)
    columns = ("model", *grids[0][1].columns[: at - 1], *grids[0][1].columns[at:])
    words = grids[0][1].words + 1
    title = "Score by question, of every model; below: [95 % interval] · chance, in per cent"
    return [Grid(title=title, columns=columns, rows=rows, words=words, folded=True)]


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
        if key == "strong" and part["questions"]:
            without = part["without_variants"]
            rows += [
                (
                    f"{candidates}, without variants of the word",
                    title,
                    DASH,
                    f"{part['questions']:,}",
                    *_cells(without[method]),
                )
                for method, title in _METHODS.items()
            ]
    weak = found.overall["weak"]
    of = (number(weak["candidates"], 0), f"{weak['questions']:,}")
    rows.append((_SETS["weak"], "frequency rank", *of, *_cells(found.baselines["frequency_rank"])))
    return Grid(
        title=f"{title_of(model.space.model)}: score by question; below: [95 % interval] · chance, in per cent",
        columns=("candidates", "by", "how many", "questions", "P@1", "P@5", "P@10", "MRR"),
        rows=tuple(rows),
        words=2,
        folded=True,
    )


def _cells(scores: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        cell(scores[name]["value"], scores[name]["interval"], scores[name]["chance"])
        for name in ("p1", "p5", "p10", "mrr")
    )
