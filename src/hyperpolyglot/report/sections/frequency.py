"""Whether frequency explains how many labels live in a neighbourhood: over all tokens, and within each label."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.labellers import Labelling
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.explanation.frequency import Frequency, Turn
from hyperpolyglot.report.content import Picture, Section, picture
from hyperpolyglot.report.many import tell
from hyperpolyglot.report.wording import DASH, cell, joined, number, percent, probability, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Correlation
from hyperpolyglot.writing.scripts import is_script, script_name

__all__ = ["frequency_section"]

_SOURCES = {
    "counts": "counts in a corpus",
    "corpus": "counts in a corpus",
    "scores": "the tokenizer’s own scores",
    "ids": "the order of ids, a weak stand-in",
}
_WEAK = 0.1
_LEVEL = 0.05
_NAMED = 4


def frequency_section(results: list[Explanation], labelling: Labelling, missing: tuple[str, ...]) -> Section:
    """Deciles, the correlation over all tokens, and that within each label with a test of whether they differ."""
    noun = labelling.many
    known = [found for found in results if found.frequency is not None]
    told = tell(
        [(title_of(found.model), found) for found in results],
        lambda _, found: _read(found, labelling),
        {
            "finding": lambda found: _verdict(found.frequency, labelling) if found.frequency else DASH,
            "rank correlation": lambda found: _correlation_cell(found.frequency, "correlation"),
            f"with {labelling.one}, length and kind fixed": lambda found: _correlation_cell(
                found.frequency, "partial"
            ),
        },
        title=f"Rank correlation of frequency with the number of {noun} in a neighbourhood, over all tokens; below: "
        "[95 % interval] · chance",
        words=2,
    )
    return Section(
        key="frequency",
        title="Does frequency explain it?",
        question=f"Distinct {noun} in the neighbourhoods of rare and of common tokens, over all tokens and within each "
        "label.",
        pictures=_pictures(known, labelling),
        reading=told.reading,
        grids=told.grids,
        missing=missing,
        note="The paper found no correlation. Rank correlations run from −1 to 1. The order of a tokenizer’s scores is "
        "that of frequency in its training text. Labels of 100 tokens or more are compared; the correlations named are "
        "shrunk towards their mean, because the extremes of many are in part luck. Intervals say how a number would "
        "vary with another vocabulary of the same model; p is against no relation at all. Q counts tokens as "
        "independent, though they share neighbours, so its p and the share of the spread are about these tokens only."
        if known
        else "",
    )


def _pictures(known: list[Explanation], labelling: Labelling) -> tuple[Picture, ...]:
    noun = labelling.many
    if not known:
        return ()
    made = [
        picture(
            "frequency",
            figures.draw_deciles(known, noun),
            f"Mean number of {noun} in a neighbourhood by tenth of frequency, with 95 % intervals; dashed, by "
            "chance. If frequency were the reason, the lines would rise or fall.",
        )
    ]
    if any(is_script(name) for found in known if found.frequency for name, _, _ in found.frequency.by_label):
        made.append(
            picture(
                "frequency-by-label",
                figures.draw_frequency_by_label(known),
                f"Rank correlation of a token’s frequency with the number of {noun} in its neighbourhood, within each "
                "label, with 95 % intervals; the line at 0 is chance. Dots on both sides of it cancel in the average "
                "over all tokens.",
            )
        )
    return tuple(made)


def _correlation_cell(known: Frequency | None, which: str) -> str:
    found: Correlation | None = getattr(known, which, None)
    return DASH if found is None else cell(found.value, found.interval, 0.0, share=False)


def _read(found: Explanation, labelling: Labelling) -> str:
    noun = labelling.many
    name, known = title_of(found.model), found.frequency
    if known is None:
        return f"{name} has too few tokens whose frequency is known."
    if known.correlation.value is None:
        return (
            f"{name}: all neighbourhoods hold the same number of {noun}, so frequency has nothing to explain."
        )
    text = (
        f"{name}: {_verdict(known, labelling)}. Over all tokens, the rank correlation of frequency (by "
        f"{_SOURCES.get(known.source, known.source)}) with the number of {noun} among the {known.k} neighbours is "
        f"{_correlation(known.correlation)}, and {_correlation(known.partial)} with {labelling.one}, length "
        "and kind held fixed."
    )
    return " ".join(filter(None, [text, _by_label(known, labelling), _turn(known.turn, labelling)]))


def _verdict(known: Frequency, labelling: Labelling) -> str:
    """What frequency explains, by the larger of the correlation over all tokens and the partial one; weak is < 0.1."""
    noun = labelling.many
    size = max(abs(known.correlation.value or 0.0), abs(known.partial.value or 0.0))
    sure = [r for r, p in _labels(known).values() if p is not None and p < _LEVEL]
    if size >= _WEAK:
        strength = (
            "a weak relation" if size < 0.3 else "a moderate relation" if size < 0.5 else "a strong relation"
        )
        return f"frequency and mixing have {strength}"
    if any(abs(r) >= _WEAK for r in sure):
        return f"frequency explains little over all tokens, but more within single {noun}"
    if known.turn is not None:
        return "frequency and mixing are related, but not in one direction"
    return "frequency explains next to nothing"


def _labels(known: Frequency) -> dict[str, tuple[float, float | None]]:
    """Shrunk correlation and adjusted p of the labels that are compared."""
    if known.heterogeneity is None:
        return {}
    p_of = {name: p for name, _, p in known.by_label}
    return {name: (r, p_of[name]) for name, r in known.heterogeneity.shrunk}


def _by_label(known: Frequency, labelling: Labelling) -> str:
    noun = labelling.many
    apart = known.heterogeneity
    if apart is None:
        return ""
    test = (
        f"Cochran’s Q {number(apart.q, 1)} with {apart.degrees} degrees of freedom, p {probability(apart.p)}"
    )
    if apart.p >= _LEVEL:
        return f"The {apart.groups} {noun} agree in this ({test})."
    sure = {name: r for name, (r, p) in _labels(known).items() if p is not None and p < _LEVEL}
    told = []
    for sign, word in ((1, "positive"), (-1, "negative")):
        names = sorted((name for name, r in sure.items() if sign * r > 0), key=lambda n: -sign * sure[n])
        if names:
            shown = [f"{script_name(n)} {number(sure[n])}" for n in names[:_NAMED]]
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            told.append(f"{word} in {len(names)} ({joined([*shown, *more])})")
    text = (
        f"The {apart.groups} {noun} differ ({test}; {percent(apart.i_squared)} of the spread is not sampling)"
    )
    return (
        f"{text}: the correlation is {joined(told)}, with p below 0.05 adjusted for {apart.groups} {noun}."
        if told
        else f"{text}."
    )


def _turn(turn: Turn | None, labelling: Labelling) -> str:
    noun = labelling.many
    if turn is None:
        return ""
    up, down = ("rises", "falls") if turn.kind == "peak" else ("falls", "rises")
    return (
        f"The relation is not monotone: the mean number of {noun} {up} from {number(turn.first)} in the rarest tenth "
        f"to {number(turn.mean)} in tenth {turn.decile} and {down} to {number(turn.last)} in the commonest."
    )


def _correlation(found: Correlation) -> str:
    if found.value is None:
        return "unknown"
    sure = f"95 % interval {span(found.interval, share=False)}; " if found.interval else ""
    return f"{number(found.value)} ({sure}chance 0, p {probability(found.p)})"
