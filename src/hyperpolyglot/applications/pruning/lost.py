"""What goes with the tokens that are cut: neighbours of the kept ones, and translations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperpolyglot.engine.nearest import Search
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.measures.translation.lookup import Words, look_up
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import bootstrap_mean, wilson
from hyperpolyglot.types import Array, Int32, Progress, silent

__all__ = ["Neighbourhoods", "neighbourhoods", "neighbours_lost", "translations", "translations_lost"]

_K = 10
Value = dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhoods:
    """The nearest tokens in the whole table of a sample of tokens: int32 positions ``[q]`` and ``[q, k]``."""

    queries: Int32
    near: Int32
    candidates: int


def neighbourhoods(
    space: TokenSpace, samples: Sequence[Array], progress: Progress = silent
) -> Neighbourhoods:
    """The ten nearest of all tokens in any of the samples."""
    usable = space.candidates().rows
    queries = np.intersect1d(np.unique(np.concatenate(list(samples))), usable).astype(np.int32)
    vectors = space.vectors(usable)
    at = np.searchsorted(usable, queries).astype(np.int32)
    progress("neighbours", 0, 1)
    near = Search()(vectors[at], at, vectors, min(_K, len(usable) - 1)).positions
    progress("neighbours", 1, 1)
    return Neighbourhoods(queries=queries, near=usable[near].astype(np.int32), candidates=len(usable))


def neighbours_lost(found: Neighbourhoods, sample: Array, kept: Array, seed: int) -> Value:
    """The share of the neighbours of kept tokens that is cut; chance: of all tokens. ``kept`` bool ``[token]``."""
    asked = np.isin(found.queries, sample)
    lost = 1.0 - kept[found.near[asked]].mean(axis=1) if asked.any() else np.empty(0)
    ends = bootstrap_mean(lost, random=np.random.default_rng(seed)) if len(lost) > 1 else None
    low, high = ends or (None, None)
    chance = 1 - (int(kept.sum()) - 1) / max(1, found.candidates - 1)
    return {
        "value": float(lost.mean()) if len(lost) else None,
        "low": low,
        "high": high,
        "chance": max(0.0, chance),
    }


def translations(space: TokenSpace, languages: Sequence[str]) -> Array:
    """Pairs of tokens that translate each other between these languages, int ``[pair, 2]`` positions, each once."""
    lexicon = packaged_lexicon().take(languages=languages)
    if not len(lexicon):
        return np.empty((0, 2), np.int64)
    words = look_up(space, lexicon)
    pairs: set[tuple[int, int]] = set()
    for concept in range(len(words.concept_names)):
        pairs.update(_pairs(words, concept))
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _pairs(words: Words, concept: int) -> set[tuple[int, int]]:
    members = words.members[words.member_at[concept] : words.member_at[concept + 1]]
    members = members[words.unit[members] >= 0]
    rows, languages = words.rows[words.unit[members]].tolist(), words.language[members].tolist()
    return {
        (min(a, b), max(a, b))
        for i, (a, x) in enumerate(zip(rows, languages, strict=True))
        for b, y in zip(rows[:i], languages[:i], strict=True)
        if x != y and a != b
    }


def translations_lost(pairs: Array, kept: Array, staying: int) -> Value:
    """The share of pairs that lose a token; chance: where as many tokens are kept at random."""
    lost = int(np.count_nonzero(~kept[pairs].all(axis=1)))
    low, high = wilson(lost, len(pairs)) or (None, None)
    share = (int(kept.sum()) - staying) / max(1, len(kept) - staying)
    return {
        "value": lost / len(pairs) if len(pairs) else None,
        "low": low,
        "high": high,
        "chance": 1 - min(1.0, max(0.0, share)) ** 2,
    }
