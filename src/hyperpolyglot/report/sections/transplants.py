"""Embeddings for another vocabulary, and for new tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperpolyglot.applications.transplantation import Transplant
from hyperpolyglot.applications.transplantation.lengths import told
from hyperpolyglot.applications.transplantation.transplant import OutputTable
from hyperpolyglot.applications.transplantation.trials import Trial
from hyperpolyglot.report.content import Grid, Section
from hyperpolyglot.report.sections.applied_parts import (
    LEVEL,
    by_luck,
    ends_of,
    listed,
    models_of,
    plain_cell,
    share_cell,
    share_in_words,
)
from hyperpolyglot.report.wording import joined, percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.writing.scripts import script_name

__all__ = ["extension_section", "transplant_reading", "transplant_section"]

_OPEN_ROWS = 12
_TIMES_CHANCE = 2.0


def transplant_section(key: str, found: Transplant) -> Section:
    """How well each method rebuilds hidden tokens, and how the rows came to be."""
    source, target = listed(models_of(found)[:1]), title_of(found.target.model)
    return _section(
        key,
        found,
        f"Embeddings of {source} for the vocabulary of {target}",
        f"Which method builds embeddings of {source} for tokens of {target} best? Tokens that both have were hidden "
        "and rebuilt.",
        f"{found.copied:,} shared tokens are copied, {found.built:,} are built.",
    )


def extension_section(key: str, found: Transplant) -> Section:
    """The same for the words that were added to a vocabulary."""
    source, added = listed(models_of(found)[:1]), found.added
    words = "" if added is None else (
        f"{len(added.words):,} words are new tokens; {added.already:,} were tokens already"
        + "".join(f"; {count:,} refused: {why}" for why, count in added.refused.items())
        + "."
    )  # fmt: skip
    return _section(
        key,
        found,
        f"New tokens for {source}",
        f"Which method builds embeddings of new words for {source} best? Tokens that it has were hidden and rebuilt.",
        words,
    )


def _section(key: str, found: Transplant, title: str, question: str, counts: str) -> Section:
    return Section(
        key=key,
        title=title,
        question=question,
        reading=transplant_reading(found),
        grids=_grids(found),
        note=_note(found, counts),
    )


def transplant_reading(found: Transplant) -> tuple[str, ...]:
    """How well the chosen method rebuilds hidden tokens; nothing where all methods may be at chance.

    A token is found again more often than by chance where the binomial p, times the methods tried, is below 0.05;
    neighbours are kept where the interval is above twice the chance. Methods are compared by paired differences: they
    differ where the interval of these leaves zero out.
    """
    whole = {trial.method: trial for trial in found.methods if trial.label is None}
    own, tries = found.judged, len(found.ahead) + 1
    again, kept = _found_again(own, tries), _above(own)
    p1 = share_in_words(own.p1, "P@1")
    if not again and not kept:
        better = any(_found_again(trial, tries) for trial in whole.values())
        said = f"{found.chosen} finds hidden tokens no more often than chance: {p1}."
        return (said, *_others(found, whole)) if better else ()
    near = f"{share_in_words(own.overlap10)} of their ten nearest neighbours are kept"
    if again:
        said = f"{found.chosen} finds {p1} of {own.held_out:,} hidden tokens again" + (
            f", and {near}" if kept else ""
        )
    else:
        said = f"{found.chosen} rebuilds hidden tokens only roughly: {near}, but it finds {p1} of them again"
    return (f"{said}.", *_others(found, whole))


def _found_again(trial: Trial, tries: int) -> bool:
    value, chance = trial.p1["value"], trial.p1["chance"]
    return value is not None and chance is not None and by_luck(value, trial.held_out, chance, tries) < LEVEL


def _above(trial: Trial) -> bool:
    sure, chance = ends_of(trial.overlap10), trial.overlap10["chance"]
    return sure is not None and chance is not None and sure[0] > _TIMES_CHANCE * chance


def _others(found: Transplant, whole: Mapping[str, Trial]) -> list[str]:
    """Which methods are not told from the chosen one, or are better where another was asked for, by P@1."""
    named = {method: f"{method} ({percent(whole[method].p1['value'] or 0.0)})" for method in found.ahead}
    ends = {method: ends_of(difference) or (0.0, 0.0) for method, difference in found.ahead.items()}
    better = [named[method] for method, (_, high) in ends.items() if high < 0]
    alike = [named[method] for method, (low, high) in ends.items() if low <= 0 <= high]
    if better:
        return [f"By P@1, {joined(better)} {'does' if len(better) == 1 else 'do'} better."]
    if alike:
        return [f"By P@1, these tokens do not tell it from {joined(alike)}."]
    if not named:
        return []
    best = max(named, key=lambda method: (whole[method].p1["value"] or 0.0, method))
    return [f"By P@1 it is ahead of all others; {named[best]} comes next."]


def _grids(found: Transplant) -> tuple[Grid, ...]:
    tables = [_overall("All hidden tokens, by method", found.methods, found.chosen)]
    by_label = _by_label(found.methods)
    if by_label is not None:
        tables.append(by_label)
    if found.output is not None:
        tables.append(_overall("The same in the output table", found.output.methods, found.chosen))
    return (*tables, _rows(found))


def _overall(title: str, trials: Sequence[Trial], chosen: str) -> Grid:
    return Grid(
        title=title,
        columns=("method", "hidden tokens", "P@1", "ten neighbours kept", "cosine", "length ratio"),
        rows=tuple(
            (
                trial.method + ("\nchosen" if trial.method == chosen else ""),
                f"{trial.held_out:,}",
                share_cell(trial.p1),
                share_cell(trial.overlap10),
                plain_cell(trial.cosine, 3),
                plain_cell(trial.norm_ratio),
            )
            for trial in trials
            if trial.label is None
        ),
    )


def _by_label(trials: Sequence[Trial]) -> Grid | None:
    """P@1 of each label by method."""
    methods = list(dict.fromkeys(trial.method for trial in trials))
    labels = list(dict.fromkeys(trial.label for trial in trials if trial.label is not None))
    known = {(trial.method, trial.label): trial for trial in trials}
    if not labels:
        return None
    first = methods[0]
    labels.sort(key=lambda label: (-known[first, label].held_out, script_name(label)))
    return Grid(
        title=f"P@1 by label: {len(labels)} labels",
        columns=("label", "hidden tokens", *methods),
        rows=tuple(
            (
                script_name(label),
                f"{known[first, label].held_out:,}",
                *(share_cell(known[method, label].p1) for method in methods),
            )
            for label in labels
        ),
        folded=len(labels) > _OPEN_ROWS,
    )


def _rows(found: Transplant) -> Grid:
    """How the rows of each table came to be, and how their lengths were changed."""
    of: list[Transplant | OutputTable] = [found] if found.output is None else [found, found.output]
    ways = list(dict.fromkeys(way for table in of for way in table.built_by))
    rows = [
        ("copied", *(f"{table.copied:,}" for table in of)),
        *((f"built by {way}", *(f"{table.built_by.get(way, 0):,}" for table in of)) for way in ways),
        ("a built row", *(told(table.lengths["scale"], table.lengths["power"]) for table in of)),
        ("then lengthened", *(f"{table.lengths['lengthened']:,.0f}" for table in of)),
        ("then shortened", *(f"{table.lengths['shortened']:,.0f}" for table in of)),
    ]
    return Grid(
        title="Rows of the table",
        columns=("rows", *("input table", "output table")[: len(of)]),
        rows=tuple(rows),
    )


def _note(found: Transplant, counts: str) -> str:
    return (
        f"{counts} P@1: the hidden token is the nearest of all tokens of the source. Length ratio: rebuilt over true, "
        "before lengths are matched; built rows outside the range of 99.8 % of the copied ones are brought into it. "
        "“mean” is the mean of a token’s pieces, “average” that of all copied rows. Small print: [95 % interval] · "
        f"chance. Nothing is said where P@1 may be chance (p ≥ 0.05, over all methods). {' '.join(found.notes)}"
    )
