"""Sentences on how far labels keep apart: probes, neighbourhoods, who is among whose neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hyperpolyglot.labellers import Labelling
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.separability import LabelAccuracy, Separability
from hyperpolyglot.measures.verdicts import LEAST_TOKENS, SEPARABLE, LabelVerdict, by_label, judge
from hyperpolyglot.report.many import Told, scores, tell, told_ranks
from hyperpolyglot.report.sections.mixing import MOST_LIFT, OverRepresented, over_represented
from hyperpolyglot.report.verdicts import RANDOM, own_share_clause, separable_clause
from hyperpolyglot.report.wording import DASH, cell, joined, number, percent
from hyperpolyglot.writing.scripts import is_script, script_name

__all__ = ["tell_by_label", "tell_diversity", "tell_mixing", "tell_separability"]

_NAMED = 4
_NEIGHBOURHOODS = {
    "own": "neighbourhoods are of one {one}",
    "mostly own": "neighbourhoods are mostly of one {one}",
    "half own": "neighbourhoods are about half of the token’s own {one}",
    "partly own": "neighbourhoods cross {noun}, with the token’s own well above chance",
    "mixed": "neighbourhoods mix {noun} almost as chance does",
    "random": f"neighbourhoods are {RANDOM}",
}
_LEVELS = {
    "own": "closed",
    "mostly own": "mostly closed",
    "half own": "half closed",
    "partly own": "open, but well above chance,",
    "mixed": "little above chance",
    "random": "at chance",
    "below": "below chance",
}
"""Neighbourhoods by their own share on the scale from chance to only its own."""


def tell_separability(probes: Sequence[tuple[str, Separability]], labelling: Labelling) -> Told:
    """Whether the labels are linearly separable, of each model or of many."""
    low = f"{labelling.many} below {percent(SEPARABLE)}"
    return tell(
        probes,
        lambda name, result: _read_separability(name, result, labelling),
        {
            "accuracy of a probe": _accuracy,
            f"{labelling.many} probed": lambda r: f"{len(_probed(r)):,}",
            low: lambda r: f"{sum(row.accuracy < SEPARABLE for row in _probed(r)):,}",
        },
        title=f"Held-out accuracy, on average over {labelling.many}; below: chance",
        lead=lambda: told_ranks(
            scores(probes, lambda r: (r.mean_accuracy, None, r.labels[0].chance if r.labels else None)),
            "held-out accuracy",
        ),
    )


def _accuracy(result: Separability) -> str:
    return cell(result.mean_accuracy, None, result.labels[0].chance if result.labels else None)


def _probed(result: Separability) -> list[LabelAccuracy]:
    return [row for row in result.labels if is_script(row.label)]


def tell_diversity(near: Sequence[tuple[str, Diversity]], labelling: Labelling) -> Told:
    """Whether tokens live among their own, of each model or of many."""
    return tell(
        near,
        lambda name, result: _read_diversity(name, result, labelling),
        {
            f"neighbours of its {labelling.one}": lambda r: cell(*_own(r)),
            f"{labelling.many} in a neighbourhood": lambda r: cell(r.mean, None, r.expected, share=False),
            "assortativity": lambda r: number(r.assortativity),
        },
        title="By model; below a value: chance",
        lead=lambda: told_ranks(
            scores(near, _own), f"the share of neighbours of the token’s {labelling.one}"
        ),
    )


def _own(result: Diversity) -> tuple[float | None, None, float | None]:
    found = judge(result)
    return found.own_share, None, found.own_expected


def tell_by_label(near: Sequence[tuple[str, Diversity]], labelling: Labelling) -> Told:
    """How many labels have closed and how many mixed neighbourhoods, of each model or of many."""

    def levels(level: str) -> Callable[[Diversity], str]:
        return lambda result: f"{sum(row.level == level for row in by_label(result)):,}"

    return tell(
        near,
        lambda name, result: _read_by_label(name, result, labelling),
        {words.strip(" ,").removesuffix(","): levels(level) for level, words in _LEVELS.items()},
        title=f"How many {labelling.many} with {LEAST_TOKENS} tokens or more have neighbourhoods that are …",
    )


def tell_mixing(near: Sequence[tuple[str, Diversity]]) -> Told:
    """The most over-represented neighbours, of each model or of many."""
    return tell(
        near,
        _read_mixing,
        {
            "most over-represented neighbours": lambda r: (
                "; ".join(map(_pair, over_represented(r)[0][:3])) or DASH
            ),
            "pairs above": lambda r: f"{len(over_represented(r)[0]):,}",
        },
        title=f"Pairs of labels that are more than {number(MOST_LIFT, 1)} × over-represented, adjusted for all pairs",
        words=2,
    )


def _pair(row: OverRepresented) -> str:
    return f"{script_name(row.b)} among {script_name(row.a)} ({number(row.lift, 1)} ×)"


def _read_separability(model: str, result: Separability, labelling: Labelling) -> str:
    """Whether the labels are linearly separable, against chance."""
    noun = labelling.many
    if result.mean_accuracy is None:
        return f"No label of {model} has {result.options.minimum} tokens, so nothing can be probed."
    found = judge(probes=result)
    probed = [row for row in result.labels if is_script(row.label)]
    low = sorted((row for row in probed if row.accuracy < SEPARABLE), key=lambda row: row.accuracy)
    text = f"In {model}, {noun} {separable_clause(found)}, on average over {len(probed)} {noun} probed"
    if found.separability == "random":
        return f"{text}: that is {RANDOM}."
    if not low or found.separability == "barely":
        return f"{text}."
    named = [f"{script_name(row.label)} {percent(row.accuracy)}" for row in low[:_NAMED]]
    more = [f"{len(low) - _NAMED} more"] if len(low) > _NAMED else []
    return f"{text}; {len(low)} of them stay below {percent(SEPARABLE)} ({joined([*named, *more])})."


def _read_diversity(model: str, result: Diversity, labelling: Labelling) -> str:
    """Whether tokens live among their own, against chance."""
    noun = labelling.many
    found = judge(result)
    told = (
        f"the {result.k} nearest neighbours of a token come from {number(result.mean)} {noun} on average (chance "
        f"{number(result.expected, 1)})"
    )
    if found.neighbourhoods is None:
        return f"{model}: {told}."
    r = result.assortativity
    mixing = "" if r is None else f"; assortativity is {number(r)} (chance 0)"
    claim = _NEIGHBOURHOODS[found.neighbourhoods].format(noun=noun, one=labelling.one)
    return f"{model}: {claim}: {own_share_clause(found, labelling)}, and {told}{mixing}."


def _read_by_label(model: str, result: Diversity, labelling: Labelling) -> str:
    """Which labels have closed and which have mixed neighbourhoods, each against its own chance; no extremes."""
    noun = labelling.many
    rows = by_label(result)
    if not rows:
        return f"{model}: no {labelling.one} has {LEAST_TOKENS} tokens, so none is judged against chance."
    if judge(result).neighbourhoods == "random":
        return f"{model}: own share is {RANDOM} (chance) in the {len(rows)} {noun} with {LEAST_TOKENS} tokens or more."
    told = []
    for level, words in _LEVELS.items():
        same = sorted((row for row in rows if row.level == level), key=lambda row: (-row.tokens, row.label))
        if same:
            told.append(f"{words} in {len(same)}: {joined([*map(_told, same[:_NAMED]), *_more(same)])}")
    return (
        f"{model}, {len(rows)} {noun} with {LEAST_TOKENS} tokens or more, largest first. Neighbourhoods are "
        f"{'; '.join(told)}."
    )


def _told(row: LabelVerdict) -> str:
    return f"{script_name(row.label)} {percent(row.own_share)} own ({number(row.ratio, 1)} × chance)"


def _more(rows: Sequence[LabelVerdict]) -> list[str]:
    return [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []


def _read_mixing(model: str, result: Diversity) -> str:
    """The most over-represented neighbours, where there are tokens enough, chosen by what permuted labels give."""
    if judge(result).neighbourhoods == "random":
        return f"In {model}, the labels among another’s neighbours are {RANDOM} (chance 1)."
    rows, tried = over_represented(result)
    if not rows:
        return (
            f"In {model}, no label is more than {number(MOST_LIFT, 1)} times over-represented among the neighbours of "
            f"another (chance 1; {tried:,} pairs with enough tokens)."
        )
    told = [
        f"{script_name(row.b)} among those of {script_name(row.a)} ({percent(row.share)}, {number(row.lift, 1)} × "
        "chance)"
        for row in rows[:_NAMED]
    ]
    return (
        f"In {model}, the most over-represented neighbours of another label are {joined(told)}, of {tried:,} pairs "
        "with enough tokens."
    )
