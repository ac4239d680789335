"""Translation in parts: by writing system, language and kind of concept, and which languages are hubs."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.figures.translations import FEWEST_QUESTIONS
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.wording import joined, percent, score, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy
from hyperpolyglot.writing.scripts import script_name

__all__ = ["Found", "by_kind", "by_language", "by_script", "hub_languages"]

MANY_QUESTIONS = 50
Found = list[tuple[ModelStudy, Translation]]


def by_script(found: Found) -> Section:
    """Shares of right answers by the scripts of both words."""
    return Section(
        key="translation-scripts",
        title="Between which writing systems?",
        question="The share of questions answered rightly, by the script of the word given and of the one asked for.",
        pictures=tuple(
            picture(
                f"translation-scripts-{i}",
                figures.draw_translation(
                    *result.matrix("script"),
                    chance=result.overall["weak"]["csls"]["p1"]["chance"],
                    title=title_of(m.space.model),
                ),
                f"{title_of(m.space.model)}: questions whose right answer comes first among the target language’s "
                "words (CSLS), from the script of the row to that of the column. The scale marks chance: a cell as "
                "pale as the mark knows nothing. Grey: nothing was asked.",
            )
            for i, (m, result) in enumerate(found, start=1)
        ),
        reading=tuple(_read_scripts(m, result) for m, result in found),
        note="Every cell with its interval and its own chance level is in tables/translation_scripts.csv.",
    )


def _read_scripts(model: ModelStudy, found: Translation) -> str:
    name = title_of(model.space.model)
    large = [row for row in found.scripts if row["questions"] >= MANY_QUESTIONS]
    within = [row for row in large if row["source"] == row["target"]]
    across = [row for row in large if row["source"] != row["target"]]
    if not across:
        return (
            f"{name} has too few words to compare pairs of scripts ({MANY_QUESTIONS} questions are needed)."
        )
    best = max(across, key=lambda row: row["csls_p1"])
    worst = min(across, key=lambda row: row["csls_p1"])
    inside = f"within a script {percent(_mean(within))} are answered rightly, " if within else ""
    return (
        f"{name}: {inside}across scripts {percent(_mean(across))} (chance {percent(_mean(across, 'chance'))}). The "
        f"easiest way is from {_way(best)}, the hardest from {_way(worst)}."
    )


def _mean(rows: list[dict[str, float]], name: str = "csls_p1") -> float:
    """The mean over questions."""
    return sum(row[name] * row["questions"] for row in rows) / sum(row["questions"] for row in rows)


def _way(row: dict[str, object]) -> str:
    value, interval, chance = row["csls_p1"], row["interval"], row["chance"]
    shown = score({"value": value, "interval": interval, "chance": chance})
    return f"{script_name(str(row['source']))} to {script_name(str(row['target']))} with {shown}"


def by_language(found: Found) -> Section:
    """The same by language."""
    return Section(
        key="translation-languages",
        title="Between which languages?",
        question="The same, for the languages with most words that are tokens; those of one script stand together.",
        pictures=tuple(
            picture(
                f"translation-languages-{i}",
                figures.draw_translation_by_language(result, title=title_of(m.space.model)),
                f"{title_of(m.space.model)}: the same from language to language, lines between scripts; the scale "
                f"marks chance. Grey: fewer than {FEWEST_QUESTIONS} questions.",
            )
            for i, (m, result) in enumerate(found, start=1)
        ),
        reading=tuple(_read_pairs(m, result) for m, result in found),
        note="Few questions are left where most words of two languages are spelled alike. All pairs, "
        "with intervals and chance levels, are in tables/translation_pairs.csv.",
    )


def _read_pairs(model: ModelStudy, found: Translation) -> str:
    """For how many pairs of languages the answers are better than chance by more than the interval."""
    name = title_of(model.space.model)
    asked = [row for row in found.pairs if row["questions"] >= FEWEST_QUESTIONS and row["interval"]]
    if not asked:
        return f"{name}: no pair of languages has {FEWEST_QUESTIONS} questions."
    above = sum(row["interval"][0] > row["chance"] for row in asked)
    return (
        f"{name}: for {above:,} of {len(asked):,} ordered pairs of languages with {FEWEST_QUESTIONS} questions or "
        "more, the whole 95 % interval lies above chance."
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
                percent(by_kind[kind]["csls_p1"]),
                span(by_kind[kind]["interval"]) or "–",
                percent(by_kind[kind]["chance"]),
            )
            for kind in kinds
            if kind in by_kind
        ]
    return Section(
        key="translation-kinds",
        title="Names or things?",
        question="The same by kind of concept. Names of countries and languages are often the same sounds in other "
        "letters; names of things are not.",
        grids=(
            Grid(
                title="First among the target language’s words, by CSLS",
                columns=("model", "kind", "questions", "P@1", "95 % interval", "chance"),
                rows=tuple(rows),
                words=2,
            ),
        ),
    )


def hub_languages(found: Found) -> Section:
    """Languages that draw the words of others."""
    return Section(
        key="hub-languages",
        title="Which languages draw the words of others?",
        question="Of the words of all other languages, the share whose nearest word in any foreign language is "
        "this one’s.",
        pictures=(
            picture(
                "hub-languages",
                figures.draw_hub_languages([(m.space.model, result) for m, result in found]),
                "Of the words of all other languages, the share whose nearest foreign word is of this language (mark), "
                "and its share of the foreign words, which is chance (grey bar). Far to the right of its bar, a "
                "language draws words that it has no claim to.",
            ),
        ),
        reading=tuple(_read_hubs(m, result) for m, result in found),
    )


def _read_hubs(model: ModelStudy, found: Translation) -> str:
    name = title_of(model.space.model)
    known = [row for row in found.hubs if row["lift"] is not None]
    if not known:
        return f"{name}: no language has foreign words around it."
    top = [f"{language_name(row['language'])} ({row['lift']:.1f} times chance)" for row in known[:3]]
    above = sum(row["lift"] > 1 for row in known)
    return (
        f"In {name} {joined(top)} draw most; {above} of {len(known)} languages draw more foreign words than "
        "their share."
    )
