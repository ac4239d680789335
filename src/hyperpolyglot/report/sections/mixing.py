"""Neighbour composition by label, in the form of the paper's figure 6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtri
from scipy.stats import hypergeom

from hyperpolyglot.measures.diversity import Diversity, LabelPair
from hyperpolyglot.measures.verdicts import LEAST_TOKENS
from hyperpolyglot.published import MIXED_WITH
from hyperpolyglot.report.content import Grid
from hyperpolyglot.report.wording import number
from hyperpolyglot.sources import title_of
from hyperpolyglot.statistics import Interval
from hyperpolyglot.study import ModelStudy
from hyperpolyglot.writing.scripts import is_script, script_name

__all__ = [
    "FEWEST_EXPECTED",
    "MOST_LIFT",
    "OverRepresented",
    "lift_interval",
    "mixing_grids",
    "most_mixed_with",
    "over_represented",
]

FEWEST_EXPECTED = 20
"""Neighbours that chance gives a pair of labels: below, a handful of tokens makes a ratio of ten."""

MOST_LIFT = 1.5
"""A pair is over-represented where its adjusted interval lies above this; nearer to 1 it is of no consequence."""

_SCRIPTS = {"KATAKANA": "Kana", "HIRAGANA": "Hira", "CJK": "Hani", "LATIN": "Latn", "CYRILLIC": "Cyrl"}
"""The labels that the paper looks at, and the scripts that they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverRepresented:
    """A label ``b`` among the neighbours of tokens of ``a``, with an interval of the lift adjusted for the choice."""

    a: str
    b: str
    share: float
    lift: float
    interval: Interval


def over_represented(result: Diversity) -> tuple[list[OverRepresented], int]:
    """Pairs of different labels whose lift is above 1.5 for sure, the surest lift first, and how many were looked at.

    Intervals are at 95 % for all pairs at once (Bonferroni).
    """
    if result.join_counts is None:
        return [], 0
    tokens = {row.label: row.tokens for row in result.by_label if is_script(row.label)}
    large = sorted(label for label, n in tokens.items() if label is not None and n >= LEAST_TOKENS)
    tried = {
        (a, b): result.join_counts.share_between(a, b)
        for a in large
        for b in large
        if a != b and result.join_counts.share_between(a, b)[0] * tokens[a] * result.k >= FEWEST_EXPECTED
    }
    quantile = float(ndtri(1 - 0.025 / max(1, len(tried))))
    found = []
    for pair in result.pairs:
        mean, deviation = tried.get((pair.a, pair.b), (0.0, 0.0))
        if mean <= 0:
            continue
        interval = lift_interval(pair.share, mean, deviation, quantile)
        if interval[0] > MOST_LIFT:
            lift = pair.share / mean
            found.append(OverRepresented(a=pair.a, b=pair.b, share=pair.share, lift=lift, interval=interval))
    return sorted(found, key=lambda row: (-row.interval[0], row.a, row.b)), len(tried)


def lift_interval(share: float, mean: float, deviation: float, quantile: float = 1.96) -> Interval:
    """Interval of the lift of a pair of labels, from mean and deviation of its share where labels are permuted.

    The deviation grows with the root of the lift, as that of a count does with its mean.
    """
    lift = share / mean
    error = quantile * deviation * lift**0.5 / mean
    return lift - error, lift + error


def mixing_grids(found: Sequence[tuple[ModelStudy, Diversity]], one: str) -> tuple[Grid, ...]:
    """Ten commonest neighbours of each of the paper's five labels, in every model, and as published; ``one`` label."""
    rows: list[tuple[str, ...]] = []
    for paper, script in _SCRIPTS.items():
        for model, result in found:
            label = paper if any(row.label == paper for row in result.by_label) else script
            near = most_mixed_with(result, label)
            if near:
                shown = ", ".join(_told(pair, result) for pair in near)
                rows.append((script_name(label), title_of(model.space.model), shown))
        if rows:
            theirs = MIXED_WITH[paper].replace(" ", ", ")
            rows.append((script_name(paper), "mT5-XL, as published", theirs))
    if not rows:
        return ()
    return (
        Grid(
            title=f"The ten commonest neighbours of tokens of a {one}: how many there are of them where there is one, "
            "and in brackets what chance gives",
            columns=("tokens of", "model", "neighbours, most first"),
            rows=tuple(rows),
            words=3,
            folded=True,
        ),
    )


def most_mixed_with(result: Diversity, label: str, most: int = 10) -> list[LabelPair]:
    """The labels of which a token of ``label`` that has any has most, most first (PAPER: figure 6)."""
    pairs = [pair for pair in result.pairs if pair.a == label and pair.mean_if_any is not None]
    return sorted(pairs, key=lambda pair: (-(pair.mean_if_any or 0.0), pair.b))[:most]


def _told(pair: LabelPair, result: Diversity) -> str:
    return f"{script_name(pair.b)} {number(pair.mean_if_any, 1)} ({number(_by_chance(pair, result), 1)})"


def _by_chance(pair: LabelPair, result: Diversity) -> float | None:
    """The mean of a hypergeometric count that is not 0: how many, where there is one."""
    marked = next((row.tokens for row in result.by_label if row.label == pair.b), 0) - (pair.a == pair.b)
    if marked < 1:
        return None
    drawn = hypergeom(result.candidates - 1, marked, result.k)
    return float(drawn.mean() / drawn.sf(0))
