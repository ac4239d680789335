"""Dictionaries that were induced."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.applications.induction import Induction
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.sections.applied_parts import (
    LEVEL,
    by_luck,
    ends_of,
    listed,
    models_of,
    share_in_words,
)
from hyperpolyglot.report.wording import DASH, number, percent, probability, span
from hyperpolyglot.shown import shown
from hyperpolyglot.statistics import wilson

__all__ = ["dictionary_reading", "dictionary_section"]

_FIRST = 20
_KNOWN = {True: "yes", False: "no", None: DASH}


def dictionary_section(key: str, found: Induction) -> Section:
    """Quality, reliability and the first pairs of a dictionary."""
    source, target, by = language_name(found.source), language_name(found.target), listed(models_of(found))
    vote = "" if found.vote is None else ", by the vote of these models"
    drawn = [] if not found.calibration["bins"] else [
        picture(
            key,
            figures.draw_reliability(found),
            "The share of pairs that the lexicon knows by their held-out probability, with 95 % intervals. On the "
            "dotted line probabilities mean what they say.",
        )
    ]  # fmt: skip
    shown_pairs = min(_FIRST, len(found.pairs))
    return Section(
        key=key,
        title=f"Dictionary from {source} to {target}, by {by}",
        question=f"For each {source} word its nearest {target} word in the input embeddings of {by}{vote}, with the "
        "probability that it is a translation.",
        reading=dictionary_reading(found),
        pictures=tuple(drawn),
        grids=(
            ()
            if not found.pairs
            else (
                Grid(
                    title=f"The {shown_pairs} most probable of {len(found.pairs):,} pairs",
                    columns=(source, target, "in the lexicon", "probability", "cosine"),
                    rows=tuple(
                        (
                            shown(pair.source),
                            shown(pair.target),
                            _KNOWN[pair.known],
                            DASH if pair.probability is None else percent(pair.probability),
                            number(pair.cosine),
                        )
                        for pair in found.pairs[:_FIRST]
                    ),
                    words=3,
                ),
            )
        ),
        note=_note(found),
    )


def dictionary_reading(found: Induction) -> tuple[str, ...]:
    """What may be said of a dictionary; nothing of one whose pairs are right no more often than by chance (p ≥ 0.05).

    Probabilities are off where perfect ones have as large an error in fewer than one of twenty draws.
    """
    calibration, words = found.calibration, found.words
    right, known, candidates = calibration["right"], calibration["known"], words[found.target]
    if right is None or known < found.options.fewest or not candidates:
        return ()
    chance = 1 / candidates
    if by_luck(right, known, chance) >= LEVEL:
        return ()
    low, high = wilson(round(right * known), known) or (None, None)
    p1 = share_in_words({"value": right, "low": low, "high": high, "chance": chance}, "P@1")
    source, target = language_name(found.source), language_name(found.target)
    said = [
        f"Of {known:,} {source} words that the lexicon translates, the first candidate in {target} is right for {p1}."
    ]
    return (*said, *_probabilities(found), *_kept(found), *_gain(found))


def _probabilities(found: Induction) -> list[str]:
    error, p = found.calibration["ece"], found.calibration["ece_p"]
    if error is None or p is None:
        return []
    sure = ends_of(error)
    numbers = (
        f"calibration error {number(error['value'], 3)}"
        f"{'' if sure is None else f', 95 % interval {span(sure, share=False, digits=3)}'}; perfect probabilities "
        f"{number(error['chance'], 3)}; p {probability(p)}"
    )
    claim = "are not shown to be off" if p >= LEVEL else "are off by more than chance"
    return [f"Held-out probabilities {claim} ({numbers})."]


def _kept(found: Induction) -> list[str]:
    cut = found.cut
    if cut is None:
        return []
    asked = percent(cut["precision"])
    if not cut["kept"]:
        return [
            f"No pair is kept at a precision of {asked}: too few known pairs are that probable and right."
        ]
    right = "" if cut["right_of_known"] is None else (
        f"; {percent(cut['right_of_known'])} of those that the lexicon knows are right"
    )  # fmt: skip
    return [
        f"At a precision of {asked}, {cut['kept']:,} of {cut['of']:,} pairs are kept, those with a probability of "
        f"{percent(cut['threshold'])} or more{right}."
    ]


def _gain(found: Induction) -> list[str]:
    if found.vote is None:
        return []
    gain = found.vote["gain"]
    sure = ends_of(gain)
    if sure is None or sure[0] <= 0:
        return []
    return [
        f"P@1 of the vote is {100 * gain['value']:.1f} percentage points above that of {gain['over']} alone, the best "
        f"single model (95 % interval {span([100 * end for end in sure], share=False, digits=1)})."
    ]


def _note(found: Induction) -> str:
    cut = "" if found.cut is None else f"{found.cut['note']} "
    return (
        "In the lexicon: no, where it has other translations of the word only (this one may still be right); a dash, "
        f"where it has none. {found.calibration['note']} {cut}{' '.join(found.notes)} A chance level is one over the "
        "number of candidates; nothing is said where P@1 may be chance (p ≥ 0.05). All pairs are in tables/induce.csv."
    )
