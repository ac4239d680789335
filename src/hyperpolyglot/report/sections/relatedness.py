"""Whether related languages are neighbours, where labels are languages."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.relatedness import BranchLift, Relatedness
from hyperpolyglot.measures.relatedness.records import CLEAR, FEWEST_LANGUAGES, LARGEST_P
from hyperpolyglot.report.content import Grid, Section, picture, present
from hyperpolyglot.report.wording import cell, joined, number, probability
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["read_relatedness", "relatedness_sections"]

_MOST_NAMED = 4
_MOST_ROWS = 400


def relatedness_sections(study: Study) -> list[Section]:
    """Neighbouring languages against the family tree; nothing where labels are no languages."""
    models = [m for m in study.models if m.space.labels.labelling.tags]
    if not models:
        return []
    found, missing = present(models, lambda m: m.relatedness)
    named = [(title_of(m.space.model), record) for m, record in found]
    return [
        Section(
            key="relatedness",
            title="Are related languages neighbours?",
            question="Whose tokens neighbour whose within a script, against a published family tree of languages.",
            pictures=(
                picture(
                    "relatedness",
                    figures.draw_relatedness(named),
                    "Left: how often tokens of the languages of a branch have each other as neighbours, over what "
                    "independence gives (line: 1), with 95 % intervals. Right: the same for all pairs of languages "
                    "of a script, by how many groups of the tree both are in (0: none, 3: down to the branch).",
                ),
            )
            if named
            else (),
            reading=tuple(read_relatedness(name, record) for name, record in named),
            grids=(_branches(found), _pairs(found)) if found else (),
            missing=missing,
            note=_note(found[0][1]) if found else "",
        )
    ]


def _note(found: Relatedness) -> str:
    return (
        f"The tree is {found.tree}, less regions and disputed families. Only neighbours of another language of the "
        "same script count, so script explains nothing; expected are as many as each language has and is, whatever "
        "the two (quasi-independence). Languages, not pairs, are permuted within their script (Mantel). “Clear” from "
        f"a correlation of {number(CLEAR, 1)} on at p ≤ {LARGEST_P:g}; not judged below {FEWEST_LANGUAGES} "
        "languages. Labels come from spelling: relatives that are spelled alike are also mistaken for each other, "
        "which is why the correlation is given once more with the likeness of letter pairs held fixed."
    )


def read_relatedness(model: str, found: Relatedness) -> str:
    """Whether neighbours follow the tree, what is left beyond spelling, and which branches keep together."""
    if found.verdict == "unknown" or found.value is None:
        return (
            f"{model}: {found.languages} languages of one script are too few, or related alike, to say whether related "
            "languages are neighbours."
        )
    low, high = found.interval or (found.value, found.value)
    told = (
        f"correlation of neighbours with shared branches {number(found.value)} [{number(low)}, {number(high)}] "
        f"(chance 0, p {probability(found.p, found.permutations)}) over {found.languages} languages"
    )
    says = {
        "clear": f"In {model}, related languages are neighbours: {told}.",
        "weak": f"In {model}, related languages are neighbours a little more often than others: {told}.",
        "none": f"In {model}, related languages are neighbours no more often than others: {told}.",
    }[found.verdict]
    if found.verdict == "none":
        return says
    return " ".join(filter(None, [says, _beyond(found), _together(found)]))


def _beyond(found: Relatedness) -> str:
    beyond = found.beyond_spelling
    if beyond["value"] is None:
        return ""
    p = probability(beyond["p"], found.permutations)
    said = f"{number(beyond['value'])} (p {p})"
    if beyond["p"] <= LARGEST_P:
        return f"With likeness of spelling held fixed it is {said}, so spelling does not explain all of it."
    return f"With likeness of spelling held fixed it is {said}: no more than spelling explains."


def _together(found: Relatedness) -> str:
    """The branches that keep together, the closest first."""
    rows = sorted((row for row in found.branches if row.related), key=lambda row: -row.lift)
    if not rows:
        return "No single branch is above chance after correction for their number."
    told = [f"{_titled(row)} {number(row.lift, 1)} × [{_ends(row)}]" for row in rows[:_MOST_NAMED]]
    more = f", and {len(rows) - len(told)} more" if len(rows) > len(told) else ""
    return (
        f"{len(rows)} of {len(found.branches)} branches are above chance: neighbours are of the own branch, over what "
        f"independence gives, {joined(told)}{more}."
    )


def _titled(row: BranchLift) -> str:
    return f"{row.name} ({', '.join(language_name(tag) for tag in row.languages)})"


def _ends(row: BranchLift) -> str:
    low, high = row.interval or (row.lift, row.lift)
    return f"{number(low, 1)}, {number(high, 1)}"


def _branches(found: list[tuple[ModelStudy, Relatedness]]) -> Grid:
    rows = [
        (
            row.name,
            ", ".join(language_name(tag) for tag in row.languages),
            script_name(row.script),
            title_of(m.space.model),
            f"{row.observed:,}",
            f"{row.expected:,.0f}",
            cell(row.lift, row.interval, 1.0, share=False),
            probability(row.p, record.permutations),
        )
        for m, record in found
        for row in record.branches
    ]
    return Grid(
        title="Branches; below a lift: [95 % interval] · chance",
        columns=("branch", "languages", "script", "model", "neighbours", "expected", "lift", "p (Holm)"),
        rows=tuple(rows[:_MOST_ROWS]),
        words=4,
        folded=True,
    )


def _pairs(found: list[tuple[ModelStudy, Relatedness]]) -> Grid:
    rows = [
        (
            f"{language_name(row.a)} – {language_name(row.b)}",
            script_name(row.script),
            title_of(m.space.model),
            str(row.shared),
            f"{row.observed:,}",
            f"{row.expected:,.0f}",
            cell(row.lift, row.interval, 1.0, share=False),
        )
        for m, record in found
        for row in sorted(record.pairs, key=lambda row: -row.lift)
    ]
    return Grid(
        title="Pairs of languages, the closest first",
        columns=("languages", "script", "model", "groups shared", "neighbours", "expected", "lift"),
        rows=tuple(rows[:_MOST_ROWS]),
        words=3,
        folded=True,
    )
