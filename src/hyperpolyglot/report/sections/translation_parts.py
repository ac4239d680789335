"""Translation in parts: by writing system, language and kind of concept, and which languages are hubs."""

from __future__ import annotations

from typing import Any

from hyperpolyglot import figures
from hyperpolyglot.figures.translation_cells import FEWEST_QUESTIONS
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.report.content import Grid, Picture, Section, picture
from hyperpolyglot.report.many import labels_in_panels, scores, tell, told_ranks
from hyperpolyglot.report.verdicts import RANDOM
from hyperpolyglot.report.wording import DASH, cell, exact, joined, number, percent, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy

__all__ = ["Found", "by_kind", "by_language", "by_script", "hub_languages", "hubs_above", "pairs_above"]

Found = list[tuple[ModelStudy, Translation]]


def by_script(found: Found) -> Section:
    """Shares of right answers by the scripts of both words."""
    named = [(title_of(m.space.model), result) for m, result in found]
    told = tell(
        named,
        _read_scripts,
        {
            "within a script": lambda r: _share_of(r.within, "inside"),
            "across scripts": lambda r: _share_of(r.within, "outside"),
            "difference": lambda r: _matched(r.within)[2],
            "matched pairs": lambda r: f"{r.within['blocks']:,}",
        },
        title="The same answer asked for from languages of its own script and of others: concept and target language "
        "are matched, transliterations left out; intervals are at 95 %",
        lead=lambda: told_ranks(
            scores(named, lambda r: (r.within["outside"] if r.within["blocks"] else None, None, None)),
            "P@1 across scripts",
        ),
    )
    return Section(
        key="translate-scripts",
        title="Translation by script",
        question="P@1 by the script of the word given and of the word asked for, with the same number of candidates in "
        "every cell. Cells differ in their concepts, so they do not rank scripts; what is said below compares "
        "the same answers.",
        pictures=_script_pictures(found),
        reading=told.reading,
        grids=told.grids,
        note="Answers are matched by concept and target language, and so in candidates and chance, with equal weight; "
        "transliterations are left out, as nearly identical words of one script are. Every cell with its interval, and "
        "with all candidates, is in tables/translation_scripts.csv.",
    )


def _share_of(compared: dict[str, Any], side: str) -> str:
    return exact(compared[side]) if compared["blocks"] else DASH


def _read_scripts(name: str, found: Translation) -> str:
    compared = found.within
    if not compared["blocks"]:
        return (
            f"{name}: no answer is asked for both from a language of its own script and from one of another, "
            "transliterations aside, so within and across scripts cannot be compared; chance is in the table."
        )
    return (
        f"{name}: the same answer is found for {percent(compared['inside'])} of the questions from languages "
        "of its own "
        f"script and for {percent(compared['outside'])} from languages of other scripts ({_difference(compared)}). "
        "Over "
        f"{compared['blocks']:,} matched pairs of concept and target language."
    )


def _difference(compared: dict[str, Any]) -> str:
    interval = compared["interval"]
    sure = "" if interval is None else f", 95 % interval {_points(interval[0])} to {_points(interval[1])}"
    tie = (
        ""
        if interval is None or not interval[0] <= 0 <= interval[1]
        else ": no difference beyond the interval"
    )
    return f"difference {_points(compared['difference'])} points{sure}{tie}"


def by_language(found: Found) -> Section:
    """The same by language."""
    named = [(title_of(m.space.model), result) for m, result in found]
    told = tell(
        named,
        _read_pairs,
        {
            "pairs": lambda r: f"{pairs_above(r)['of']:,}",
            "above chance": lambda r: f"{pairs_above(r)['above']:,}",
            "unadjusted": lambda r: f"{pairs_above(r)['unadjusted']:,}",
            "of these by chance, up to": lambda r: f"{pairs_above(r)['by_chance']:,}",
        },
        title=f"Ordered pairs of languages with {FEWEST_QUESTIONS} questions or more, and those above chance (false "
        "discovery rate 5 %, Benjamini–Yekutieli over all pairs)",
    )
    return Section(
        key="translate-languages",
        title="Translation by language",
        question="The same, for the best covered language of each script, then the best covered others, by family.",
        pictures=_language_pictures(found),
        reading=told.reading,
        grids=told.grids,
        note="Few questions are left where most words of two languages are spelled alike. All pairs, "
        "with intervals and chance levels, are in tables/translation_pairs.csv.",
    )


def _script_pictures(found: Found) -> tuple[Picture, ...]:
    """A figure for each model; of many, one with a panel for each."""
    said = (
        f"questions whose right answer comes first among {found[0][1].scripts[0]['matched']['candidates']} words of "
        "the target language (CSLS), the right one and wrong ones drawn at random, from the script of the row to that "
        f"of the column. Cells in the marked colour are at chance. Grey: fewer than {FEWEST_QUESTIONS} questions."
    )
    if len(found) > 1:
        matrices = [(m.space.model, *result.matrix("script", FEWEST_QUESTIONS)) for m, result in found]
        most = labels_in_panels(len(found))
        figure = figures.draw_translations(matrices, most, chance=found[0][1].matched_chance)
        return (picture("translate-scripts", figure, f"By model, for the scripts asked most: {said}"),)
    return tuple(
        picture(
            f"translate-scripts-{i}",
            figures.draw_translation(
                *result.matrix("script", FEWEST_QUESTIONS),
                chance=result.matched_chance,
                title=title_of(m.space.model),
            ),
            f"{title_of(m.space.model)}: {said}",
        )
        for i, (m, result) in enumerate(found, start=1)
    )


def _language_pictures(found: Found) -> tuple[Picture, ...]:
    said = (
        f"the same from language to language, by family (ISO 639-5), lines between families; the scale marks chance. "
        f"Grey: fewer than {FEWEST_QUESTIONS} questions."
    )
    if len(found) > 1:
        figure = figures.draw_translations_by_language([(m.space.model, result) for m, result in found])
        return (picture("translate-languages", figure, f"By model, {said}"),)
    return tuple(
        picture(
            f"translate-languages-{i}",
            figures.draw_translation_by_language(result, title=title_of(m.space.model)),
            f"{title_of(m.space.model)}: {said}",
        )
        for i, (m, result) in enumerate(found, start=1)
    )


def pairs_above(found: Translation) -> dict[str, int]:
    """Pairs of languages with enough questions, those above chance, adjusted and not, and how many chance may give."""
    asked = [row for row in found.pairs if row["questions"] >= FEWEST_QUESTIONS]
    return {
        "fewest": FEWEST_QUESTIONS,
        "of": len(asked),
        "above": sum(row["p_adjusted"] <= 0.05 for row in asked),
        "unadjusted": sum(row["p"] <= 0.05 for row in asked),
        "by_chance": round(0.05 * len(asked)),
        "adjusted_over": len(found.pairs),
    }


def _read_pairs(name: str, found: Translation) -> str:
    """For how many pairs of languages the answers are better than chance, many comparisons considered."""
    counts = pairs_above(found)
    if not counts["of"]:
        return f"{name}: no pair of languages has {FEWEST_QUESTIONS} questions."
    return (
        f"{name}: P@1 is above chance for {counts['above']:,} of {counts['of']:,} ordered pairs of languages with "
        f"{FEWEST_QUESTIONS} questions or more (false discovery rate 5 %, Benjamini–Yekutieli over all "
        f"{counts['adjusted_over']:,} pairs). Without the adjustment it would be for {counts['unadjusted']:,}, of "
        f"which up to {counts['by_chance']:,} are expected by chance."
    )


def by_kind(found: Found) -> Section:
    """The same by kind of concept."""
    kinds = list(dict.fromkeys(row["kind"] for _, result in found for row in result.kinds))
    rows = []
    for m, result in found:
        by_kind = {row["kind"]: row for row in result.kinds}
        rows += [
            (
                title_of(m.space.model),
                kind,
                f"{by_kind[kind]['questions']:,}",
                cell(*(by_kind[kind][name] for name in ("csls_p1", "interval", "chance"))),
                *_matched(by_kind[kind]["matched"]),
            )
            for kind in kinds
            if kind in by_kind
        ]
    told = tell(
        [(title_of(m.space.model), result) for m, result in found if result.names["blocks"]],
        _read_names,
        {
            "things": lambda r: _matched(r.names)[0],
            "names": lambda r: _matched(r.names)[1],
            "difference": lambda r: _matched(r.names)[2],
            "pairs of languages": lambda r: f"{r.names['blocks']:,}",
        },
        title="P@1 for things (objects) and names (territories and languages), matched; intervals are at 95 %",
    )
    return Section(
        key="translate-kinds",
        title="Names and common words",
        question="P@1 by kind of concept. Names of countries and languages are often transliterations; names of things "
        "are not. Matched columns compare like with like: between the same ordered pairs of languages, so among "
        "the same candidates, each with equal weight, and without transliterations.",
        grids=(
            *told.grids,
            Grid(
                title="P@1 among the target language’s words (CSLS); below a value: [95 % interval] · chance, in per "
                "cent; of a difference, in points",
                columns=("model", "kind", "questions", "P@1", "matched P@1", "of other kinds", "difference"),
                rows=tuple(rows),
                words=2,
                folded=len(rows) > 12,
            ),
        ),
        reading=told.reading,
        note="Each interval is at 95 % by itself: they are not adjusted for the number of kinds.",
    )


def _read_names(name: str, found: Translation) -> str:
    compared = found.names
    things, names = (percent(share) for share in compared["chance"])
    return (
        f"{name}: between the same languages P@1 is {percent(compared['inside'])} for things "
        f"(objects; chance {things}) and {percent(compared['outside'])} for names (territories and languages; chance "
        f"{names}; {_difference(compared)}), over {compared['blocks']:,} ordered pairs of languages."
    )


def _points(share: float) -> str:
    """A difference of shares in percentage points."""
    return number(100 * share, 1)


def _matched(compared: dict[str, Any]) -> tuple[str, str, str]:
    if not compared["blocks"]:
        return DASH, DASH, DASH
    sure = "" if compared["interval"] is None else "\n[{} to {}]".format(*map(_points, compared["interval"]))
    return (
        exact(compared["inside"]),
        exact(compared["outside"]),
        f"{_points(compared['difference'])} points{sure}",
    )


def hub_languages(found: Found) -> Section:
    """Hub languages: the nearest foreign language of more words than their share."""
    named = [(title_of(m.space.model), result) for m, result in found]
    told = tell(
        named,
        _read_hubs,
        {
            "strongest hubs (shrunken lift)": _strongest,
            "hubs": lambda r: f"{len(hubs_above(r)[0]):,}",
            "languages": lambda r: f"{hubs_above(r)[1]:,}",
        },
        title="Hubs: languages whose whole 95 % interval lies above their share, which is chance",
        words=2,
    )
    return Section(
        key="translate-hubs",
        title="Hub languages",
        question="Of the words of all other languages, the share whose nearest word in any foreign language is "
        "this one’s.",
        pictures=(
            picture(
                "translate-hubs",
                figures.draw_hub_languages([(m.space.model, result) for m, result in found]),
                "Of the words of all other languages, the share whose nearest foreign word is of this language (mark), "
                "and its share of the foreign words, which is chance (grey bar). Languages are in the order of their "
                "shrunken lift.",
            ),
        ),
        reading=told.reading,
        grids=told.grids,
        note="Lifts are shrunken towards the mean of all languages by an empirical Bayes estimate over each language’s "
        "words, since the largest of many observed lifts is mostly chance where words are few.",
    )


def hubs_above(found: Translation) -> tuple[list[dict[str, Any]], int]:
    """Languages whose whole interval lies above their share, strongest first, and of how many."""
    known = [row for row in found.hubs if row["lift"] is not None]
    sure = [row for row in known if row["shrunk"] is not None and row["interval"] and row["interval"][0] > 1]
    return sure, len(known)


def _strongest(found: Translation) -> str:
    top = [f"{language_name(row['language'])} ({row['shrunk']:.1f} ×)" for row in hubs_above(found)[0][:3]]
    return ", ".join(top) or DASH


def _read_hubs(name: str, found: Translation) -> str:
    sure, known = hubs_above(found)
    if not known:
        return f"{name}: no language has foreign words around it."
    if not sure:
        return (
            f"{name}: hubs are {RANDOM}: for none of {known} languages does the whole 95 % interval of its shrunken "
            "lift lie above its share, which is chance."
        )
    top = [
        f"{language_name(row['language'])} ({row['shrunk']:.1f} times chance, 95 % interval "
        f"{span(row['interval'], share=False, digits=1)}; observed {row['lift']:.1f} with {row['words']:,} words)"
        for row in sure[:3]
    ]
    return (
        f"{name}: the strongest hubs are {joined(top)}. For {len(sure)} of {known} languages the whole interval lies "
        "above their share."
    )
