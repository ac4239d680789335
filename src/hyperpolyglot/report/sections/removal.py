"""What taking the languages out does, and how the output table compares."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.figures.explanations import translated_after
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.explanation.subspaces import Effect
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.wording import DASH, cell, measured, number, percent, span
from hyperpolyglot.sources import title_of

__all__ = ["removal_section", "tables_section"]

_REMOVED = {
    "none": "nothing",
    "centring": "each label’s mean",
    "lir": "each label’s first direction (LIR)",
    "lsar": "the subspace of all means (LSAR)",
}


def removal_section(results: list[Explanation], noun: str) -> Section:
    """Probes, diversity, translation and neighbours after every removal."""
    return Section(
        key="removal",
        title="What is left when the languages are taken out?",
        question="A model may hold one shared space, each language moved off by an offset. Take the offsets out "
        "and look again.",
        pictures=(
            picture(
                "removal",
                figures.draw_removal(results, noun),
                "What a probe, the neighbourhoods and the translations are after a removal; grey bars are chance. If "
                f"only offsets keep {noun} apart, taking them out brings the probe down to chance and mixes the "
                "neighbourhoods.",
            ),
        ),
        reading=tuple(_read(found, noun) for found in results),
        grids=(_grid(results, noun),),
        note="Probes, diversity and neighbours: removals are learned on half of the tokens and measured on the others. "
        "Probes see at most 1,000 held-out tokens of a label, so accuracies before a removal differ from "
        "those of all tokens. "
        "Translation is measured on all covered words, also those that removals were learned on. Neighbours "
        "kept: of a token’s neighbours, "
        "those that were its neighbours before. LIR: Yang et al. 2021; LSAR: Xie et al. 2022.",
    )


def _read(found: Explanation, noun: str) -> str:
    name, effects = title_of(found.model), {effect.removal: effect for effect in found.subspaces.effects}
    before, after = effects["none"], effects.get("centring", found.subspaces.effects[-1])
    told = ""
    if before.accuracy is not None and after.accuracy is not None:
        told = (
            f"a linear probe is right for {percent(after.accuracy)} of the tokens instead of "
            f"{percent(before.accuracy)} (chance {percent(before.chance or 0.5)}), and "
        )
    text = (
        f"{name}: without each label’s mean {told}a neighbourhood holds {number(after.diversity)} {noun} (95 % "
        f"interval {span(after.interval, share=False) or DASH}) instead of {number(before.diversity)} (chance "
        f"{number(after.expected, 1)}); {percent(after.kept)} of the neighbours stay."
    )
    return f"{text}{_translation(before, after)}"


def _translation(before: Effect, after: Effect) -> str:
    was, is_now = translated_after(before), translated_after(after)
    if was is None or is_now is None or was[0] is None or is_now[0] is None:
        return ""
    chance = "" if is_now[2] is None else f" (chance {percent(is_now[2])})"
    about = before.translation or {}
    asked = (
        f" between the {about['languages']:,} languages with most covered words"
        if "languages" in about
        else ""
    )
    return (
        f" Of the same questions{asked}, {percent(is_now[0])} are translated correctly (P@1, by question) instead of "
        f"{percent(was[0])}{chance}."
    )


def _grid(results: list[Explanation], noun: str) -> Grid:
    translated = any(translated_after(e) for found in results for e in found.subspaces.effects)
    rows = []
    for found in results:
        for effect in found.subspaces.effects:
            cells = (
                title_of(found.model),
                _REMOVED.get(effect.removal, effect.removal),
                cell(effect.accuracy, None, effect.chance),
                cell(effect.diversity, effect.interval, effect.expected, share=False),
                cell(effect.kept, None, effect.k / (len(found.hubness.occurrences) - 1)),
            )
            rows.append((*cells, *((_translated_cell(effect),) if translated else ())))
    return Grid(
        title="Value; below: [95 % interval] · chance",
        columns=(
            "model",
            "taken out",
            "probe",
            f"{noun} among {results[0].subspaces.effects[0].k}",
            "neighbours kept",
            *(("translated",) if translated else ()),
        ),
        rows=tuple(rows),
        words=2,
    )


def _translated_cell(effect: Effect) -> str:
    value, interval, chance = translated_after(effect) or (None, None, None)
    return cell(value, interval, chance)


def tables_section(results: list[Explanation]) -> Section:
    """Input against output table, where there is one."""
    found = [(title_of(result.model), result.tables) for result in results if result.tables is not None]
    none = [title_of(result.model) for result in results if result.tables is None]
    missing = tuple(f"{name}: no output table of its own was compared." for name in none)
    return Section(
        key="tables",
        title="Does the output table say the same?",
        question="A model that has two tables, one to read tokens and one to write them, may represent languages "
        "in two ways.",
        reading=(
            *(
                f"{name}: over {tables.tokens:,} tokens, the two vectors of a token have a cosine of "
                f"{measured(tables.cosine)}, and {measured(tables.overlap, share=True)} of its neighbours are the "
                "same in both."
                for name, tables in found
            ),
            *missing,
        ),
    )
