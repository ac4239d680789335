"""Why a model mixes languages or keeps them apart: what the matrix alone can tell."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.figures.explanations import FEWEST_TOKENS
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.report.content import Grid, Section, picture, present
from hyperpolyglot.report.sections.geometry import geometry_section
from hyperpolyglot.report.sections.removal import removal_section, tables_section
from hyperpolyglot.report.wording import number, percent, probability, span
from hyperpolyglot.shown import shown
from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Correlation
from hyperpolyglot.study import Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["explanation_sections"]

_SOURCES = {
    "counts": "its count in a corpus",
    "scores": "the tokenizer’s own score",
    "ids": "its id, lower first, a weak stand-in",
}


def explanation_sections(study: Study) -> list[Section]:
    """Frequency, under-trained tokens, hubs, geometry, removal of languages, the output table."""
    found, missing = present(study.models, lambda m: m.explanation)
    noun = study.models[0].space.labels.noun
    results = [result for _, result in found]
    if not results:
        return [
            Section(
                key="explanations",
                title="What can explain it?",
                question="Frequency, under-trained tokens, hubs, the shape of the cloud, offsets of languages.",
                reading=missing,
            )
        ]
    return [
        _frequency(results, noun, missing),
        _undertrained(results, noun),
        _hubness(results),
        geometry_section(results),
        removal_section(results, noun),
        tables_section(results),
    ]


def _frequency(results: list[Explanation], noun: str, missing: tuple[str, ...]) -> Section:
    known = [found for found in results if found.frequency is not None]
    return Section(
        key="frequency",
        title="Is it how common tokens are?",
        question=f"Distinct {noun} in the neighbourhoods of rare and of common tokens.",
        pictures=(
            (
                picture(
                    "frequency",
                    figures.draw_deciles(known, noun),
                    f"Mean number of {noun} in a neighbourhood by tenth of frequency, with 95 % intervals; dashed, by "
                    "chance. Were frequency the reason, the lines would rise or fall.",
                ),
            )
            if known
            else ()
        ),
        reading=(*(_read_frequency(found, noun) for found in results), *missing),
        note="The paper found no correlation. Rank "
        "correlations run from −1 to 1. The order of a tokenizer’s scores is that of frequency in its "
        "training text. Tokens share neighbours, so intervals are somewhat too narrow."
        if known
        else "",
    )


def _read_frequency(found: Explanation, noun: str) -> str:
    name = title_of(found.model)
    known = found.frequency
    if known is None:
        return f"{name} has too few tokens whose frequency is known."
    plain, partial = known.correlation, known.partial
    if plain.value is None:
        return (
            f"{name}: all neighbourhoods hold the same number of {noun}, so frequency has nothing to explain."
        )
    return (
        f"{name}: the rank correlation of a token’s frequency ({_SOURCES.get(known.source, known.source)}) with the "
        f"number of {noun} among its {known.k} neighbours is {_correlation(plain)}; with script, length and kind "
        f"held fixed, {_correlation(partial)}: {_strength(partial.value)}."
    )


def _correlation(found: Correlation) -> str:
    if found.value is None:
        return "unknown"
    sure = f"95 % interval {span(found.interval, share=False)}; " if found.interval else ""
    return f"{number(found.value)} ({sure}chance 0, p {probability(found.p)})"


def _strength(value: float | None) -> str:
    size = abs(value or 0.0)
    return (
        "frequency explains next to nothing"
        if size < 0.1
        else "a weak relation"
        if size < 0.3
        else "a relation that matters"
        if size < 0.5
        else "a strong relation"
    )


def _undertrained(results: list[Explanation], noun: str) -> Section:
    touched = any(
        row.undertrained and row.label and row.tokens >= FEWEST_TOKENS
        for found in results
        for row in found.undertrained.by_label
    )
    return Section(
        key="undertrained",
        title="Which tokens did training hardly touch?",
        question=f"Tokens whose vectors look as if they never moved, by {noun.removesuffix('s')}.",
        pictures=(
            picture(
                "undertrained",
                figures.draw_undertrained(results),
                f"Share of under-trained tokens, with 95 % intervals, of the {noun} that have any; the grey bar is "
                "their share of all tokens, so it is chance. Right of it, training has met a script less than others.",
            ),
        )
        if touched
        else (),
        reading=tuple(_read_undertrained(found) for found in results),
        note="A vector as near to those of reserved rows as they are to each other, or far shorter than usual "
        "(after Land and Bartolo 2024); told from the matrix alone, without running the model.",
    )


def _read_undertrained(found: Explanation) -> str:
    name, part = title_of(found.model), found.undertrained
    count = int(part.mask.sum())
    some = [r for r in part.by_label if r.label and r.tokens >= FEWEST_TOKENS and r.undertrained]
    text = f"{name}: {count:,} of {part.tokens:,} tokens ({percent(part.share)}) look untouched"
    if some:
        most = max(some, key=lambda row: row.share)
        text += (
            f"; most in {script_name(most.label or '')} with {percent(most.share)} "
            f"(95 % interval {span(most.interval)})"
        )
    same = part.signs.get("duplicate", 0)
    return f"{text}. {same:,} tokens have the very vector of another token." if same else f"{text}."


def _hubness(results: list[Explanation]) -> Section:
    k = results[0].hubness.k
    return Section(
        key="hubness",
        title="Are there hubs?",
        question=f"Some tokens are among the {k} nearest of very many others, some of none.",
        pictures=(
            picture(
                "hubness",
                figures.draw_hubness(results),
                "Share of tokens that are among the nearest of at least so many others; dashed, by chance. A line that "
                "runs out to the right of it has hubs.",
            ),
        ),
        reading=tuple(_read_hubness(found) for found in results),
        grids=(
            Grid(
                title="The ten largest hubs",
                columns=("model", "token", "label", "occurrences"),
                rows=tuple(
                    (
                        title_of(found.model),
                        shown(hub["token"]),
                        script_name(hub["label"] or "–"),
                        f"{hub['occurrences']:,}",
                    )
                    for found in results
                    for hub in found.hubness.hubs[:10]
                ),
                words=3,
                folded=True,
            ),
        ),
        note="Hubs make neighbours of tokens that have nothing to do with each other; the translation scores by CSLS "
        "correct for them. Skewness is how lopsided the counts are, 0 for even ones.",
    )


def _read_hubness(found: Explanation) -> str:
    name, part = title_of(found.model), found.hubness
    largest = part.hubs[0] if part.hubs else None
    most = f" The largest, {shown(largest['token'])}, is met {part.largest:,} times." if largest else ""
    return (
        f"{name}: {percent(part.antihubs)} of the tokens are nobody’s neighbour (chance "
        f"{percent(part.antihubs_expected)}); the skewness of the counts is {number(part.skewness)} (chance "
        f"{number(part.skewness_expected)}).{most}"
    )
