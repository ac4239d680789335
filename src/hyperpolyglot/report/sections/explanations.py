"""Why a model mixes languages or keeps them apart: what the matrix alone can tell."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.figures.explanations import FEWEST_TOKENS
from hyperpolyglot.labellers import Labelling, common
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.explanation.hubness import Hubness
from hyperpolyglot.measures.undertrained import LabelShare, Undertrained
from hyperpolyglot.report.content import Grid, Section, picture, present
from hyperpolyglot.report.many import scores, tell, told_ranks
from hyperpolyglot.report.sections.frequency import frequency_section
from hyperpolyglot.report.sections.geometry import geometry_section
from hyperpolyglot.report.sections.removal import removal_section, tables_section
from hyperpolyglot.report.wording import cell, exact, joined, number, percent, span
from hyperpolyglot.shown import shown
from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Interval, wilson
from hyperpolyglot.study import Study
from hyperpolyglot.writing.scripts import is_script, script_name

__all__ = ["explanation_sections", "higher_than_overall"]

_FEWEST_FOUND = 5
"""Under-trained tokens of a label: fewer may be one odd batch of a tokenizer's training text."""

_NAMED = 3


def explanation_sections(study: Study) -> list[Section]:
    """Frequency, under-trained tokens, hubs, geometry, removal of languages, the output table."""
    found, missing = present(study.models, lambda m: m.explain)
    labelling = common(m.space.labels.labelling for m in study.models)
    results = [result for _, result in found]
    if not results:
        return [
            Section(
                key="explain",
                title="What can explain it?",
                question="Frequency, under-trained tokens, hubs, geometry, offsets of languages.",
                missing=missing,
            )
        ]
    return [
        frequency_section(results, labelling, missing),
        _undertrained(results, labelling),
        _hubness(results),
        geometry_section(results),
        removal_section(results, labelling),
        tables_section(results),
    ]


def _undertrained(results: list[Explanation], labelling: Labelling) -> Section:
    noun = labelling.many
    named = [(title_of(found.model), found) for found in results]
    told = tell(
        named,
        lambda _, found: _read_undertrained(found),
        {
            "tokens": lambda found: f"{found.undertrained.tokens:,}",
            "appear under-trained": lambda found: f"{int(found.undertrained.mask.sum()):,}",
            "share": lambda found: exact(found.undertrained.share),
            "labels above": lambda found: f"{len(higher_than_overall(found.undertrained)[0]):,}",
            "duplicates": lambda found: f"{found.undertrained.signs.get('duplicate', 0):,}",
        },
        title="By model; labels above: labels whose share is higher than overall by an adjusted interval",
        lead=lambda: told_ranks(
            scores(named, lambda found: (found.undertrained.share, None, None)),
            "the share of tokens that appear under-trained",
        ),
    )
    touched = any(
        row.undertrained and is_script(row.label) and row.tokens >= FEWEST_TOKENS
        for found in results
        for row in found.undertrained.by_label
    )
    return Section(
        key="undertrained",
        title="Under-trained tokens",
        question=f"Tokens whose vectors look as if training never moved them, by {labelling.one}.",
        pictures=(
            picture(
                "undertrained",
                figures.draw_undertrained(results),
                f"Share of under-trained tokens, with 95 % intervals, of the {noun} that have any; the grey bar is "
                "their share of all tokens, so it is chance. Right of it, training has seen less of a label than of "
                "others.",
            ),
        )
        if touched
        else (),
        reading=told.reading,
        grids=told.grids,
        note="A vector as near to those of reserved rows as they are to each other, or far shorter than usual (after "
        "Land and Bartolo 2024), by the matrix alone. A sign, not a proof, and not of all glitch tokens: by one census "
        "most of these do not lie in neighbourhoods of low norm. A share is called higher than overall only for labels "
        f"with {FEWEST_TOKENS} tokens or more and {_FEWEST_FOUND} under-trained ones, by an interval adjusted for the "
        "number of labels (Wilson, Bonferroni). Intervals are for other tokens of the same model, whose reserved rows "
        "stay as they are.",
    )


def _read_undertrained(found: Explanation) -> str:
    name, part = title_of(found.model), found.undertrained
    count = int(part.mask.sum())
    text = f"{name}: {count:,} of {part.tokens:,} tokens ({percent(part.share)}) appear under-trained"
    more, judged = higher_than_overall(part)
    if more:
        told = [
            f"{script_name(row.label or '')} ({row.undertrained:,} of {row.tokens:,}, {percent(row.share)}, adjusted "
            f"95 % interval {span(interval)})"
            for row, interval in more[:_NAMED]
        ]
        told += [f"{len(more) - _NAMED} more"] if len(more) > _NAMED else []
        text += f"; the share is higher than overall in {joined(told)}, of {judged} labels"
    same = part.signs.get("duplicate", 0)
    return f"{text}. {same:,} tokens have a duplicate of another token’s vector." if same else f"{text}."


def higher_than_overall(part: Undertrained) -> tuple[list[tuple[LabelShare, Interval]], int]:
    """Labels whose share lies above that of all tokens for sure, the surest first, and how many were looked at.

    Their intervals are Wilson's at 95 % for all labels at once (Bonferroni).
    """
    judged = [row for row in part.by_label if is_script(row.label) and row.tokens >= FEWEST_TOKENS]
    found = []
    for row in judged:
        interval = wilson(row.undertrained, row.tokens, level=1 - 0.05 / len(judged))
        if row.undertrained >= _FEWEST_FOUND and interval is not None and interval[0] > part.share:
            found.append((row, interval))
    return sorted(found, key=lambda pair: -pair[1][0]), len(judged)


def _hubness(results: list[Explanation]) -> Section:
    k = results[0].hubness.k
    named = [(title_of(found.model), found.hubness) for found in results]
    told = tell(
        named,
        _read_hubness,
        {
            "anti-hubs": lambda part: cell(part.antihubs, None, part.antihubs_expected),
            "skewness": lambda part: cell(part.skewness, None, part.skewness_expected, share=False),
            "lists with the largest hub": lambda part: f"{part.largest:,}\n{part.largest_expected:,}",
        },
        title="By model; below a value: chance",
        lead=lambda: told_ranks(
            scores(named, lambda part: (part.antihubs, None, part.antihubs_expected)),
            "the share of anti-hubs",
        ),
    )
    return Section(
        key="hubness",
        title="Hubness",
        question=f"How often tokens are among the {k} nearest neighbours of others: hubs very often, anti-hubs never.",
        pictures=(
            picture(
                "hubness",
                figures.draw_hubness(results),
                "Share of tokens that are among the nearest of at least so many others; dashed, by chance. A line that "
                "runs out to the right of it has hubs.",
            ),
        ),
        reading=told.reading,
        grids=(
            *told.grids,
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
        "correct for them. Chance is neighbours drawn at random; random vectors of many dimensions have hubs too, so "
        "this alone is no finding about languages. Skewness is how lopsided the counts are, 0 for even ones.",
    )


def _read_hubness(name: str, part: Hubness) -> str:
    largest = part.hubs[0] if part.hubs else None
    most = (
        f" The largest hub, {shown(largest['token'])}, appears in {part.largest:,} neighbour lists (chance "
        f"{part.largest_expected:,})."
        if largest
        else ""
    )
    return (
        f"{name}: {percent(part.antihubs)} of the tokens are anti-hubs (chance "
        f"{percent(part.antihubs_expected)}); the skewness of the counts is {number(part.skewness)} (chance "
        f"{number(part.skewness_expected)}).{most}"
    )
