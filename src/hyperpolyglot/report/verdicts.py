"""Verdicts as sentences: what may be said of a model's labels, with the numbers and the chance levels behind it."""

from __future__ import annotations

from collections.abc import Mapping

from hyperpolyglot.labellers import Labelling
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.explanation.subspaces import Effect
from hyperpolyglot.measures.verdicts import Verdict, judge
from hyperpolyglot.report.wording import percent
from hyperpolyglot.study import Absent, ModelStudy

__all__ = ["RANDOM", "offset_clause", "own_share_clause", "say_verdict", "separable_clause", "verdict_of"]

_NO_CHANGE = 0.01
"""Scores that differ by less than a point are said to stay."""

RANDOM = "indistinguishable from random"

_SEPARABLE = {
    "separable": "are linearly separable",
    "partly": "are partly linearly separable",
    "barely": "are barely linearly separable",
    "random": "are not linearly separable",
}
_OFFSETS = {
    "mostly": "mostly by a mean offset per {one}",
    "half": "about half of it by a mean offset per {one}",
    "hardly": "hardly by a mean offset per {one}",
}


def verdict_of(model: ModelStudy) -> Verdict:
    """The verdict on a model by what a study has of it."""
    parts = (model.diversity, model.separability, model.explain)
    near, probes, explained = (None if isinstance(part, Absent) else part for part in parts)
    return judge(near, probes, explained)  # type: ignore[arg-type]


def say_verdict(name: str, found: Verdict, labelling: Labelling, explained: Explanation | None = None) -> str:
    """The verdict in a sentence; empty where nothing was measured."""
    noun = labelling.many
    if found.name == "unknown":
        return ""
    parts = []
    if found.own_share is not None:
        parts.append(own_share_clause(found, labelling))
    if found.separability is not None:
        parts.append(f"{noun} {separable_clause(found)}{offset_clause(found, labelling, explained)}")
    joint = ", while " if found.name == "between" else ", and "
    claim = {
        "apart": f"{name} keeps {noun} apart",
        "mixed": f"{name} mixes {noun}",
        "between": f"{name} neither keeps {noun} apart nor mixes them",
        "random": f"{name} is {RANDOM} in its {noun}",
    }[found.name]
    return f"{claim}: {joint.join(parts)}."


def own_share_clause(found: Verdict, labelling: Labelling) -> str:
    """The own share and what dealing the labels out at random gives; within five points of a half it is about half."""
    share, chance = percent(found.own_share or 0.0), percent(found.own_expected or 0.0)
    one = labelling.one
    if found.about_half:
        return f"about half of a token’s nearest neighbours ({share}, chance {chance}) share its {one}"
    return f"{share} of a token’s nearest neighbours share its {one} (chance {chance})"


def separable_clause(found: Verdict) -> str:
    """How separable the labels are, with the accuracy and what guessing gives."""
    accuracy, chance = percent(found.accuracy or 0.0), percent(found.chance or 0.5)
    return f"{_SEPARABLE[found.separability or 'random']} ({accuracy} held-out accuracy, chance {chance})"


def offset_clause(found: Verdict, labelling: Labelling, explained: Explanation | None) -> str:
    """How much of the separation lies in the labels' means, where both were measured on the same tokens."""
    if explained is None or found.offset is None or found.separability not in ("separable", "partly"):
        return ""
    effects = {effect.removal: effect for effect in explained.subspaces.effects}
    before, after = effects["none"].accuracy or 0.0, effects["centring"].accuracy or 0.0
    one = labelling.one
    return (
        f", {_OFFSETS[found.offset].format(one=one)}: on a held-out sample of tokens, centring each {one} takes the "
        f"probe from {percent(before)} to {percent(after)}{_translation_clause(effects)}"
    )


def _translation_clause(effects: Mapping[str, Effect]) -> str:
    """What centring does to word translation, where that was asked for before and after."""
    scores = [(effects[name].translation or {}).get("p1") for name in ("none", "centring")]
    before, after = (score["value"] if score else None for score in scores)
    if before is None or after is None:
        return ""
    if abs(after - before) < _NO_CHANGE:
        return f" and leaves word translation (P@1 by question) at {percent(after)}"
    return f" and word translation (P@1 by question) from {percent(before)} to {percent(after)}"
