"""What removing the components of labels does, and how the output table compares."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.figures.explanations import translated_after
from hyperpolyglot.labellers import Labelling
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.explanation.subspaces import Effect
from hyperpolyglot.measures.verdicts import PARTLY
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.many import FEW, of_few
from hyperpolyglot.report.wording import DASH, cell, joined, measured, number, percent, span
from hyperpolyglot.sources import title_of

__all__ = ["removal_section", "tables_section"]

_REMOVED = {
    "none": "nothing",
    "centring": "each label’s mean",
    "lir": "each label’s first direction (LIR)",
    "lsar": "the subspace of all means (LSAR)",
}


_OF_MANY = ("none", "centring")
"""Removals in the table of many models; the figure has all."""


def removal_section(results: list[Explanation], labelling: Labelling) -> Section:
    """Probes, diversity, translation and neighbours after every removal."""
    noun = labelling.many
    return Section(
        key="removal",
        title=f"After removing {labelling.one} components",
        question="A model may hold one shared space in which each language is moved by an offset. The offsets are "
        "removed and everything is measured again.",
        pictures=(
            picture(
                "removal",
                figures.draw_removal(results, noun),
                "What a probe, the neighbourhoods and the translations are after a removal; grey bars are chance. If "
                f"only offsets keep {noun} apart, removing them brings the probe down to chance and mixes the "
                "neighbourhoods. All rows of a panel are of the same tokens or questions.",
            ),
        ),
        reading=of_few([(title_of(one.model), one) for one in results], lambda _, one: _read(one, labelling)),
        grids=(_grid(results, labelling),),
        note="What is removed is learned on half of the tokens. Probes and neighbourhoods are measured on the other "
        "half: probes on at most 1,000 tokens of each label, so their accuracy before a removal is not that of the "
        "section on separability; neighbourhoods on at most 20,000 tokens, among all candidates. Translations are "
        "asked of words of both halves, in the languages with most of them. A mean of few tokens is itself in part "
        "noise, which a probe can find: after centring, even a random table is a little above 50 %. Neighbours kept: "
        "the share of a token’s neighbours that were its neighbours before. LIR: Yang et al. 2021; LSAR: Xie et al. "
        "2022.",
    )


def _read(found: Explanation, labelling: Labelling) -> str:
    noun = labelling.many
    name, effects = title_of(found.model), {effect.removal: effect for effect in found.subspaces.effects}
    before, after = effects["none"], effects.get("centring", found.subspaces.effects[-1])
    one = labelling.one
    told = []
    if before.accuracy is not None and before.accuracy < PARTLY:
        told.append(
            f"there was hardly a separation to remove ({percent(before.accuracy)} accuracy of a linear probe on a "
            f"held-out sample before, chance {percent(before.chance or 0.5)})"
        )
    elif before.accuracy is not None and after.accuracy is not None:
        told.append(
            f"a linear probe on a held-out sample of each {one} goes from {percent(before.accuracy)} to "
            f"{percent(after.accuracy)} accuracy (chance {percent(before.chance or 0.5)})"
        )
    told.append(
        f"the neighbourhoods of {before.queries:,} held-out tokens go from {number(before.diversity)} to "
        f"{number(after.diversity)} {noun} (95 % interval {span(after.interval, share=False) or DASH}; chance "
        f"{number(after.expected, 1)}), and keep {percent(after.kept)} of their neighbours"
    )
    translated = _translation(before, after)
    return f"{name}, after centring each {one}: {'; '.join([*told, *([translated] if translated else [])])}."


def _translation(before: Effect, after: Effect) -> str:
    """P@1 before and after, of which questions between how many languages."""
    was, is_now = translated_after(before), translated_after(after)
    if was is None or is_now is None or was[0] is None or is_now[0] is None:
        return ""
    chance = "" if is_now[2] is None else f", chance {percent(is_now[2])}"
    asked = before.translation or {}
    about = ""
    if asked.get("questions") and asked.get("languages"):
        about = f" {asked['questions']:,} questions between the words of {asked['languages']} languages"
    elif asked.get("questions"):
        about = f" {asked['questions']:,} questions"
    moved = f"goes from {percent(was[0])} to {percent(is_now[0])} (CSLS, by question{chance})"
    return f"P@1 of{about or ' the translations'} {moved}"


def _grid(results: list[Explanation], labelling: Labelling) -> Grid:
    noun = labelling.many
    translated = any(translated_after(e) for found in results for e in found.subspaces.effects)
    rows = []
    for found in results:
        for effect in found.subspaces.effects:
            if len(results) > FEW and effect.removal not in _OF_MANY:
                continue
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
            "removed",
            "probe, held-out sample",
            f"{noun} among {results[0].subspaces.effects[0].k}",
            "neighbours kept",
            *(("translated correctly (P@1)",) if translated else ()),
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
    missing = (f"{joined(none)}: no output table was compared.",) if none else ()
    return Section(
        key="tables",
        title="Input vs output embeddings",
        question="A model that has two tables, one to read tokens and one to write them, may represent languages "
        "in two ways.",
        reading=(
            *(
                f"{name}: over {tables.tokens:,} tokens, the two vectors of a token have a cosine of "
                f"{measured(tables.cosine)}, and {measured(tables.overlap, share=True)} of its neighbours are the "
                "same in both."
                for name, tables in found
            ),
        ),
        missing=missing,
    )
