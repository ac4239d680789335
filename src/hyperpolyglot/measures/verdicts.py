"""What may be said of a model's labels: one place with the thresholds, and the reason for each.

Four numbers decide together: the share of a token's neighbours that have its label, *against what chance gives*; the
same as the mean over labels, so that one large label doesn't decide; the accuracy of linear probes; and what a probe
loses when each label's mean is taken out. A table that shows no more than its labels permuted over the same
neighbour graph, and whose probes guess, is indistinguishable from random, whatever else it may look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.measures.diversity import Diversity, LabelDiversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.writing.scripts import is_script

__all__ = ["LEAST_TOKENS", "LabelVerdict", "Verdict", "by_label", "judge"]

LEAST_TOKENS = 100
"""Labels with fewer tokens are not judged: their own share is that of a few words."""

RANDOM_DEVIATIONS = 4.0
"""Own share within so many standard deviations of permuting the labels is that of a random table: one random table
in 16,000 is beyond. The deviation is exact for the graph at hand, hubs included (``measures/join_counts.py``)."""

RANDOM_DEVIATIONS_OF_A_LABEL = 5.0
"""The same for one label: counts of a small one are skewed, and one of 416 labels of permuted tables is at 4.5."""

RANDOM_PROBE_ERRORS = 6.0
"""A mean accuracy within so many binomial errors of guessing is guessing. Answers to tokens that lie together agree:
row-permuted demo tables deviate by up to 3.6, so six is 3.5 of their own errors."""

RANDOM_PROBE_MARGIN = 0.02
"""And within 2 points of guessing in any case: right for 26 of 50 tokens helps nobody."""

MIXED, HALF, MOSTLY, OWN = 0.1, 0.4, 0.6, 0.9
"""Own share on the scale from chance (0) to only its own (1). Below a tenth of the way a neighbourhood is what chance
gives but for a few tokens, from nine tenths on it is closed but for a few; 0.4 to 0.6 is half, on no one's side."""

MIXED_RATIO = 3.0
"""And a label that is three times as common in its own neighbourhoods as chance gives prefers its own, however rare it
is: it is not mixed."""

PARTLY, SEPARABLE = 0.65, 0.9
"""Accuracy of a probe with two sides of equal size: 0.9 is nine of ten right, a fifth of the errors of guessing; below
0.65 most of what is right is right by guessing (a guess gets 50 %)."""

OFFSET, NO_OFFSET = 0.75, 0.25
"""Share of what a probe knows beyond guessing that centring takes out: three quarters is mostly, a quarter hardly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVerdict:
    """How closed the neighbourhoods of one label are.

    ``level``: ``"below"`` chance, ``"random"``, ``"mixed"``, ``"partly own"``, ``"half own"``, ``"mostly own"`` or
    ``"own"``; ``excess``: own share on the scale from chance (0) to only its own (1); ``ratio``: own share / chance.
    """

    label: str
    tokens: int
    level: str
    own_share: float
    expected: float
    excess: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may be said of a model.

    ``name``: ``"apart"``, ``"mixed"``, ``"between"``, ``"random"``, or ``"unknown"`` where nothing was measured.
    ``neighbourhoods``: a level of :class:`LabelVerdict`; ``separability``: ``"separable"``, ``"partly"``, ``"barely"``
    or ``"random"``; ``offset``: how much of it lies in the labels' means, ``"mostly"``, ``"half"``, ``"hardly"``; each
    is ``None`` where it was not measured. ``excess_of_labels`` is the mean over labels with 100 tokens or more,
    ``deviations`` how many standard deviations the own share lies above that of permuted labels.
    """

    name: str
    neighbourhoods: str | None
    separability: str | None
    offset: str | None
    own_share: float | None
    own_expected: float | None
    excess: float | None
    excess_of_labels: float | None
    deviations: float | None
    accuracy: float | None
    chance: float | None

    @property
    def about_half(self) -> bool:
        """Whether the own share itself is too near to a half to say more or less than half."""
        return self.own_share is not None and abs(self.own_share - 0.5) <= 0.05

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


def judge(
    near: Diversity | None = None, probes: Separability | None = None, explained: Explanation | None = None
) -> Verdict:
    """The verdict on a model by whatever of it was measured.

    >>> judge().name
    'unknown'
    """
    neighbourhoods = share = chance = excess = of_labels = deviations = None
    if near is not None and near.own_share is not None and near.join_counts is not None:
        share = near.own_share
        chance, deviation = near.join_counts.own()
        excess = _excess(share, chance)
        rows = by_label(near)
        of_labels = float(np.mean([row.excess for row in rows])) if rows else None
        deviations = (share - chance) / deviation if deviation > 0 else 0.0
        neighbourhoods = (
            "random" if abs(deviations) <= RANDOM_DEVIATIONS else _level(excess, of_labels, share / chance)
        )
    accuracy = None if probes is None else probes.mean_accuracy
    separable = None if probes is None or accuracy is None else _separable(probes, accuracy)
    return Verdict(
        name=_name(neighbourhoods, separable),
        neighbourhoods=neighbourhoods,
        separability=separable,
        offset=_offset(explained),
        own_share=share,
        own_expected=chance,
        excess=excess,
        excess_of_labels=of_labels,
        deviations=deviations,
        accuracy=accuracy,
        chance=None if probes is None or not probes.labels else probes.labels[0].chance,
    )


def by_label(near: Diversity) -> tuple[LabelVerdict, ...]:
    """How closed the neighbourhoods of every label of 100 tokens or more are; Common, Inherited, Unknown are none."""
    if near.join_counts is None:
        return ()
    return tuple(
        _label(row, *near.join_counts.share_between(row.label, row.label))
        for row in near.by_label
        if row.label is not None and is_script(row.label) and row.tokens >= LEAST_TOKENS
    )


def _label(row: LabelDiversity, chance: float, deviation: float) -> LabelVerdict:
    share = row.own_share or 0.0
    excess = _excess(share, chance)
    at_random = abs(share - chance) <= RANDOM_DEVIATIONS_OF_A_LABEL * deviation
    return LabelVerdict(
        label=row.label or "",
        tokens=row.tokens,
        level="random" if at_random else "below" if share < chance else _level(excess, None, share / chance),
        own_share=share,
        expected=chance,
        excess=excess,
        ratio=share / chance if chance > 0 else 0.0,
    )


def _excess(share: float, chance: float) -> float:
    return (share - chance) / (1 - chance) if chance < 1 else 0.0


def _level(excess: float, of_labels: float | None, ratio: float) -> str:
    """By all tokens and by the mean over labels: of two levels, the less extreme one."""
    value = min([excess, *([] if of_labels is None else [of_labels])], key=lambda x: abs(x - 0.5))
    if value < MIXED and ratio < MIXED_RATIO:
        return "mixed"
    return (
        "partly own"
        if value < HALF
        else "half own"
        if value <= MOSTLY
        else "mostly own"
        if value < OWN
        else "own"
    )


def _separable(probes: Separability, accuracy: float) -> str:
    """Guesses of balanced tokens are binomial, so the mean over labels has a known error."""
    chance = probes.labels[0].chance
    sizes = np.array([row.tokens / row.chance for row in probes.labels], np.float64)
    error = float(np.sqrt((chance * (1 - chance) / sizes).sum())) / len(sizes)
    if accuracy - chance <= max(RANDOM_PROBE_MARGIN, RANDOM_PROBE_ERRORS * error):
        return "random"
    known = 0.5 + 0.5 * (accuracy - chance) / (1 - chance)
    return "separable" if known >= SEPARABLE else "partly" if known >= PARTLY else "barely"


def _offset(explained: Explanation | None) -> str | None:
    """What centring takes out of a probe, where there is something to take."""
    if explained is None:
        return None
    effects = {effect.removal: effect for effect in explained.subspaces.effects}
    before, after = effects.get("none"), effects.get("centring")
    if before is None or after is None or before.accuracy is None or after.accuracy is None:
        return None
    chance = before.chance or 0.5
    if before.accuracy < PARTLY:
        return None
    lost = (before.accuracy - after.accuracy) / (before.accuracy - chance)
    return "mostly" if lost >= OFFSET else "hardly" if lost <= NO_OFFSET else "half"


def _name(neighbourhoods: str | None, separable: str | None) -> str:
    """Apart and mixed need all that was measured to agree; random needs that nothing else was found."""
    known = [part for part in (neighbourhoods, separable) if part is not None]
    if not known:
        return "unknown"
    if all(part == "random" for part in known):
        return "random"
    if neighbourhoods in (None, "own", "mostly own") and separable in (None, "separable"):
        return "apart"
    if neighbourhoods in (None, "mixed", "random") and separable in (None, "barely", "partly", "random"):
        return "mixed"
    return "between"
