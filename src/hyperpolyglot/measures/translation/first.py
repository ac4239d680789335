"""What the nearest token of a word is: the same word written otherwise, a word that means the same, or neither."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.ranking_tokens import TokenRanks
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array

__all__ = ["first_neighbors"]


def first_neighbors(space: TokenSpace, words: Words, ranks: TokenRanks | None) -> dict[str, Any]:
    """Shares of the words that are tokens: {words, same_word, same_meaning, chance}.

    ``same_word``: the nearest token of all is a variant of the word (case, space, accents, width); ``same_meaning``:
    the nearest that is none is a word of any language for one of its concepts; ``chance``: a random other token is.
    """
    known = np.flatnonzero((words.rows >= 0) & (ranks.nearest >= 0)) if ranks else np.empty(0, np.intp)
    if ranks is None or not len(known):
        return {"words": 0, "same_word": None, "same_meaning": None, "chance": None}
    unit_of = np.full(len(space), -1, np.int64)
    unit_of[words.rows[words.rows >= 0]] = np.flatnonzero(words.rows >= 0)
    members = _units_of_concepts(words)
    meant = [np.unique(np.concatenate([members[c] for c in own])) for own in _concepts_of_units(words)]
    others = len(space.candidates().rows) - 1 - ranks.variants[known]
    correct, expected = [], []
    for unit, left in zip(known.tolist(), others.tolist(), strict=True):
        same = meant[unit][meant[unit] != unit]
        row = int(ranks.nearest_other[unit])
        correct.append(row >= 0 and unit_of[row] in same)
        expected.append(len(same) / max(1, left))
    return {
        "words": len(known),
        "same_word": float((ranks.nearest[known] != ranks.nearest_other[known]).mean()),
        "same_meaning": float(np.mean(correct)),
        "chance": float(np.mean(expected)),
    }


def _units_of_concepts(words: Words) -> list[Array]:
    found = [words.members[a:b] for a, b in zip(words.member_at, words.member_at[1:], strict=False)]
    return [np.unique(words.unit[own][words.unit[own] >= 0]) for own in found]


def _concepts_of_units(words: Words) -> list[list[int]]:
    result: list[list[int]] = [[] for _ in words.rows]
    for word in np.flatnonzero(words.unit >= 0).tolist():
        own = words.concepts[words.concept_at[word] : words.concept_at[word + 1]]
        result[int(words.unit[word])] += own.tolist()
    return result
