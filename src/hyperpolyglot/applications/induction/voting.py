"""Several models vote on a dictionary: their first candidates are joined by word, and calibrated together.

Each model's candidate has a probability of its own; a candidate is supported by the sum of the probabilities of the
models that give it, and the best supported one wins. The probability that the winner is right is the isotonic map of
three things: the log odds of the surest model that votes for it, how many more do, and the probability of the surest
model that does not. All maps are fitted without the fold that they are judged on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from hyperpolyglot.applications.induction.isotonic import IsotonicMap, folds_of
from hyperpolyglot.applications.induction.posed import Posed, names_of
from hyperpolyglot.statistics import bootstrap_mean, wilson
from hyperpolyglot.types import Array, Float64, Int32

__all__ = ["Ballots", "Vote", "ballots", "quality_of_votes", "voted"]

_LEAST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """What models answer to source words ``[n]``, those of each pair of languages one after the other.

    ``sources`` and ``concepts`` ``[n]`` (``""``: not translated by the lexicon), ``group`` ``[n]``; per model
    ``[n, models]``: ``answers``, positions in ``targets`` (−1: none), ``known`` (1: the lexicon has the pair, 0: it has
    another, −1: none or no answer), ``seen`` and ``told`` (cosine, CSLS), each with an axis more.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    concepts: NDArray[np.str_]
    group: Int32
    answers: Int32
    known: NDArray[np.int8]
    seen: Float64
    told: Float64

    def __len__(self) -> int:
        return len(self.sources)

    def judged(self) -> NDArray[np.bool_]:
        """The rows of which the lexicon says what is right."""
        found: NDArray[np.bool_] = self.known.max(axis=1) >= 0
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Per row ``[n]``: the ``model`` that is the surest of those that give the winner, how many ``votes`` it has, its
    ``probability`` (held out where the lexicon knows the word) and whether it is ``right`` (−1: not known).
    """

    model: Array
    votes: Array
    probability: Float64
    right: NDArray[np.int8]


def ballots(posed: Sequence[Mapping[tuple[str, str], Posed]], pairs: Sequence[tuple[str, str]]) -> Ballots:
    """Join what models answer, by the words themselves; ``posed`` has an entry for each model."""
    places: dict[tuple[int, str], int] = {}
    targets: dict[str, int] = {}
    sources: list[str] = []
    concepts: list[str] = []
    found: list[tuple[int, int, int, int, Float64, Float64]] = []
    for group, pair in enumerate(pairs):
        for model, asked in enumerate(posed):
            if pair not in asked:
                continue
            own, seen = asked[pair], asked[pair].seen()
            named = [names_of(own.words, tag) for tag in pair]
            for i, (x, y) in enumerate(
                zip(own.found.source.tolist(), own.found.target.tolist(), strict=True)
            ):
                source, target = named[0][x], named[1][y]
                row = places.setdefault((group, source), len(sources))
                if row == len(sources):
                    sources.append(source)
                    concepts.append("")
                concepts[row] = concepts[row] or str(own.concept[i])
                told = np.array([own.found.cosine[i], own.found.csls[i]])
                answer = targets.setdefault(target, len(targets))
                found.append((row, model, answer, int(own.known[i]), seen[i], told))
    shape = len(sources), len(posed)
    answers, known = np.full(shape, -1, np.int32), np.full(shape, -1, np.int8)
    seen, told = np.zeros((*shape, 3)), np.zeros((*shape, 2))
    for row, model, answer, right, own_seen, own_told in found:
        answers[row, model], known[row, model] = answer, right
        seen[row, model], told[row, model] = own_seen, own_told
    return Ballots(
        sources=tuple(sources),
        targets=tuple(targets),
        concepts=np.array(concepts, np.str_),
        group=np.array([group for group, _ in places], np.int32),
        answers=answers,
        known=known,
        seen=seen,
        told=told,
    )


class _Counted(NamedTuple):
    """Per row: the surest model for the winner, its votes, what its probability depends on, whether it is right."""

    model: Array
    votes: Array
    seen: Float64
    right: NDArray[np.int8]


def _counted(cast: Ballots, sure: Float64) -> _Counted:
    """Count votes by the probabilities ``[n, models]`` of single models."""
    there = cast.answers >= 0
    alike = (cast.answers[:, :, None] == cast.answers[:, None, :]) & there[:, None, :]
    support = np.where(there, (alike * sure[:, None, :]).sum(axis=2), -1.0)
    every = np.arange(len(cast))
    voters = alike[every, support.argmax(axis=1)]
    surest = np.where(voters, sure, -1.0).argmax(axis=1)
    against = np.where(there & ~voters, sure, 0.0).max(axis=1)
    votes = voters.sum(axis=1)
    odds = logit(np.clip(sure[every, surest], _LEAST, 1 - _LEAST))
    right = np.where(voters, cast.known, -1).max(axis=1)
    right = np.where(cast.judged(), np.maximum(right, 0), -1).astype(np.int8)
    return _Counted(surest, votes, np.stack([odds, votes - 1.0, -against], axis=1), right)


def voted(cast: Ballots, folds: int, seed: int) -> Vote | None:
    """The winners, and how probable each is; ``None`` where the concepts known do not fill the folds."""
    judged, groups = cast.judged(), int(cast.group.max()) + 1
    fold = np.full(len(cast), -1)
    fold[judged] = folds_of(cast.concepts[judged], folds, seed)
    if len(np.unique(fold[judged])) < folds:
        return None
    single = [[_map_of(cast, m, judged & (fold != f), groups) for m in range(cast.answers.shape[1])]
              for f in range(folds)]  # fmt: skip
    sure = np.stack([_sure(cast, maps) for maps in single])
    counts = [_counted(cast, own) for own in sure]
    joint = []
    for f, count in enumerate(counts):
        own = judged & (fold != f)
        joint.append(
            IsotonicMap.fitted(count.seen[own], count.right[own] == 1, cast.group[own], groups=groups)
        )
    whole = _counted(cast, sure.mean(axis=0))
    model, votes, right = whole.model.copy(), whole.votes.copy(), whole.right.copy()
    probability: Float64 = np.mean([each(whole.seen, cast.group) for each in joint], axis=0)
    for f, count in enumerate(counts):
        held = fold == f
        model[held], votes[held], right[held] = count.model[held], count.votes[held], count.right[held]
        probability[held] = joint[f](count.seen[held], cast.group[held])
    return Vote(model=model, votes=votes, probability=probability, right=right)


def _map_of(cast: Ballots, model: int, rows: NDArray[np.bool_], groups: int) -> IsotonicMap | None:
    own = rows & (cast.known[:, model] >= 0)
    if not own.any():
        return None
    right = cast.known[own, model] == 1
    return IsotonicMap.fitted(cast.seen[own, model], right, cast.group[own], groups=groups)


def _sure(cast: Ballots, maps: Sequence[IsotonicMap | None]) -> Float64:
    """The probability of each model's own candidate ``[n, models]``, 0 without one."""
    found = np.zeros(cast.answers.shape)
    for model, each in enumerate(maps):
        if each is not None:
            found[:, model] = each(cast.seen[:, model], cast.group)
    return np.where(cast.answers >= 0, found, 0.0)


def quality_of_votes(cast: Ballots, vote: Vote, names: Sequence[str], seed: int) -> dict[str, Any]:
    """``{models, together, gain, gain_on_its_words}`` over the words of the first group that the lexicon translates.

    ``models``: {model, words, p1, p1_of_all} of each: words with an answer, the share of these that is right, and of
    all words that any model has; ``together``: the same of the vote; ``gain``: ``p1_of_all`` of the vote less that of
    the best single model, with an interval over concepts, and the same over the words that this model has.
    """
    own = cast.judged() & (cast.group == 0)
    hits = cast.known[own] == 1
    asked = cast.answers[own] >= 0
    rows = [_scored(name, hits[:, m], asked[:, m]) for m, name in enumerate(names)]
    right = vote.right[own] == 1
    best = int(hits.sum(axis=0).argmax())
    difference = right.astype(np.float64) - hits[:, best]

    def gain(rows: NDArray[np.bool_]) -> dict[str, Any]:
        some, concepts = difference[rows], cast.concepts[own][rows]
        ends = bootstrap_mean(some, concepts, random=np.random.default_rng(seed)) or (None, None)
        value = float(some.mean()) if len(some) else None
        return {"over": names[best], "value": value, "low": ends[0], "high": ends[1]}

    return {
        "models": rows,
        "together": _scored(None, right, np.ones(len(right), bool)),
        "gain": gain(np.ones(len(right), bool)),
        "gain_on_its_words": gain(asked[:, best]),
    }


def _scored(name: str | None, right: NDArray[np.bool_], asked: NDArray[np.bool_]) -> dict[str, Any]:
    row: dict[str, Any] = {} if name is None else {"model": name}
    return row | {
        "words": int(asked.sum()),
        "p1": _share(right[asked]),
        "p1_of_all": _share(right),
    }


def _share(right: NDArray[np.bool_]) -> dict[str, float | None]:
    low, high = wilson(int(right.sum()), len(right)) or (None, None)
    return {"value": float(right.mean()) if len(right) else None, "low": low, "high": high}
