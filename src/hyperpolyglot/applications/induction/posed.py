"""Two languages put to a model: their words, the first candidate of each, and which of them the lexicon knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.applications.induction.candidates import FirstCandidates, first_candidates
from hyperpolyglot.applications.induction.isotonic import seen_of
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.ranking import pool
from hyperpolyglot.types import Float64, Int32, Progress

__all__ = ["FEWEST_WORDS", "KnownPairs", "Posed", "joined", "listed", "members_of", "names_of", "pose"]

FEWEST_WORDS = 3
_LISTED = "listed"
"""The kind of a word that is in a list and not, by that, in the lexicon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPairs:
    """What calibration needs of pairs of which the lexicon says whether they are right; all ``[n]``.

    ``group``: which pair of languages they are of.
    """

    seen: Float64
    right: NDArray[np.bool_]
    concepts: NDArray[np.str_]
    group: Int32

    def __len__(self) -> int:
        return len(self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """The candidates of a language's words. Per source word ``[n]``: ``known`` (1: the lexicon has the pair; 0: it
    translates the word otherwise; −1: not at all) and ``concept``, the first that the lexicon translates, else ``""``.

    ``same``: words that the lexicon translates by their own token and by no other; they are no part of the rest.
    """

    words: Words
    found: FirstCandidates
    known: NDArray[np.int8]
    concept: NDArray[np.str_]
    same: int

    def seen(self) -> Float64:
        """What probabilities depend on."""
        return seen_of(self.found.margin, self.found.back_rank)

    def known_pairs(self) -> KnownPairs:
        """The pairs of which the lexicon says whether they are right."""
        own = self.known >= 0
        return KnownPairs(
            seen=self.seen()[own],
            right=self.known[own] == 1,
            concepts=self.concept[own],
            group=np.zeros(int(own.sum()), np.int32),
        )


def listed(lists: Mapping[str, Sequence[str]]) -> Lexicon | None:
    """Lists of words as entries of a lexicon that translate nothing; ``None`` without a word."""
    entries = [(f"{_LISTED}:{tag}:{word}", tag, word) for tag, words in lists.items() for word in words]
    if not entries:
        return None
    return Lexicon.of(entries, source="word lists", kinds=[_LISTED] * len(entries))


def members_of(words: Words, language: str) -> Int32:
    """The units of a language's covered words, ascending."""
    if language not in words.languages:
        return np.empty(0, np.int32)
    own = words.covered() & (words.language == words.languages.index(language))
    return np.unique(words.unit[own])


def joined(parts: Sequence[KnownPairs]) -> KnownPairs:
    """All of them, one after the other, each a group of its own."""
    return KnownPairs(
        seen=np.concatenate([part.seen for part in parts]),
        right=np.concatenate([part.right for part in parts]),
        concepts=np.concatenate([part.concepts for part in parts]),
        group=np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts]),
    )


def pose(words: Words, source: str, target: str, k: int, progress: Progress) -> Posed:
    """Find the first candidate of every covered word; each language has ``FEWEST_WORDS`` covered ones at least."""
    members = [members_of(words, source), members_of(words, target)]
    used = np.union1d(*members)
    small = pool(
        words.vectors[used],
        [np.searchsorted(used, own).astype(np.int32) for own in members],
        np.zeros(len(used)),
        k,
    )
    found = first_candidates(small, 0, 1, progress, step=f"{source} → {target}")
    found = FirstCandidates(
        source=used[found.source].astype(np.int32),
        target=used[found.target].astype(np.int32),
        cosine=found.cosine,
        csls=found.csls,
        margin=found.margin,
        back_rank=found.back_rank,
    )
    return _checked(words, found, *(words.languages.index(tag) for tag in (source, target)))


def _checked(words: Words, found: FirstCandidates, source: int, target: int) -> Posed:
    answers, first_concept = _translated(words, source, target)
    known, concept = np.full(len(found), -1, np.int8), np.full(len(found), "", object)
    same = np.zeros(len(found), bool)
    for i, (x, y) in enumerate(zip(found.source.tolist(), found.target.tolist(), strict=True)):
        if x in answers:
            same[i] = {x} == answers[x] - {-1}
            known[i], concept[i] = y in answers[x], words.concept_names[first_concept[x]]
    kept = np.flatnonzero(~same)
    names = ("source", "target", "cosine", "csls", "margin", "back_rank")
    return Posed(
        words=words,
        found=FirstCandidates(**{name: getattr(found, name)[kept] for name in names}),
        known=known[kept],
        concept=concept[kept].astype(np.str_),
        same=int(same.sum()),
    )


def _translated(words: Words, source: int, target: int) -> tuple[dict[int, set[int]], dict[int, int]]:
    """Per source unit the units of its translations in the lexicon (−1: no vector), and the first concept."""
    answers: dict[int, set[int]] = {}
    first: dict[int, int] = {}
    lexical = [kind != _LISTED for kind in words.concept_kinds]
    for w in np.flatnonzero((words.language == source) & words.covered()).tolist():
        unit = int(words.unit[w])
        for c in words.concepts[words.concept_at[w] : words.concept_at[w + 1]].tolist():
            if not lexical[c]:
                continue
            others = words.members[words.member_at[c] : words.member_at[c + 1]]
            others = others[words.language[others] == target]
            if len(others):
                answers.setdefault(unit, set()).update(words.unit[others].tolist())
                first[unit] = min(c, first.get(unit, c))
    return answers, first


def names_of(words: Words, language: str) -> dict[int, str]:
    """A word of the language for each unit: of several the one that is found by the first rule, then the first."""
    own = np.flatnonzero(words.covered() & (words.language == words.languages.index(language)))
    named: dict[int, str] = {}
    for w in own[np.argsort(words.rule[own], kind="stable")].tolist():
        named.setdefault(int(words.unit[w]), words.words[w])
    return named
