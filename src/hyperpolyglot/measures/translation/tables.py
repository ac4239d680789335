"""Translation by pair of languages, pair of scripts and kind, and the languages that draw others to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import TOLERANCE, Pool, Ranks
from hyperpolyglot.measures.translation.scores import cell_intervals, chance, values_of
from hyperpolyglot.measures.translation.sounds import transliterated
from hyperpolyglot.types import Array, Float64

__all__ = ["by_kind", "by_pair", "by_script", "by_sound", "hubs"]


def by_pair(asked: Questions, ranks: Ranks, sizes: Array, words: Words) -> tuple[dict[str, Any], ...]:
    """A row for every ordered pair of languages with a question: weak P@1 and its interval over concepts."""
    cells = asked.source.astype(np.int64) * len(words.languages) + asked.target
    names = [(a, b) for a in words.languages for b in words.languages]
    return _cells(asked, ranks, sizes, cells, names)


def by_script(asked: Questions, ranks: Ranks, sizes: Array, words: Words) -> tuple[dict[str, Any], ...]:
    """The same by the script of the word asked about and that of its first right answer."""
    cells = words.script[asked.word].astype(np.int64) * len(words.scripts) + asked.target_script
    names = [(a, b) for a in words.scripts for b in words.scripts]
    return _cells(asked, ranks, sizes, cells, names)


def by_kind(asked: Questions, ranks: Ranks, sizes: Array, words: Words) -> tuple[dict[str, Any], ...]:
    """The same by kind of concept: names (territories, languages) are often transliterations, objects are not."""
    kinds = sorted(set(words.concept_kinds))
    of_concept = np.array([kinds.index(kind) for kind in words.concept_kinds], np.int64)
    rows = _cells(asked, ranks, sizes, of_concept[asked.concept], [(kind, "") for kind in kinds])
    return tuple(
        {"kind": row.pop("source")} | {k: v for k, v in row.items() if k != "target"} for row in rows
    )


def by_sound(asked: Questions, ranks: Ranks, sizes: Array, words: Words) -> tuple[dict[str, Any], ...]:
    """The same by whether a right answer in another script sounds alike: a transliteration."""
    rows = _cells(
        asked,
        ranks,
        sizes,
        transliterated(asked, words).astype(np.int64),
        [("other", ""), ("transliteration", "")],
    )
    return tuple(
        {"sound": row.pop("source")} | {k: v for k, v in row.items() if k != "target"} for row in rows
    )


def _cells(
    asked: Questions, ranks: Ranks, sizes: Array, cells: Array, names: Sequence[tuple[str, str]]
) -> tuple[dict[str, Any], ...]:
    count = len(names)
    counts = np.bincount(cells, minlength=count)
    golds = np.diff(asked.gold_at)
    pairs, which = np.unique(np.stack([sizes, golds], axis=1), axis=0, return_inverse=True)
    expected = np.array([chance("p1", int(m), int(g)) for m, g in pairs.tolist()])[which.reshape(-1)]
    cosine = np.bincount(cells, weights=values_of("p1", ranks.cosine), minlength=count)
    by_chance = np.bincount(cells, weights=expected, minlength=count)
    candidates = np.bincount(cells, weights=sizes, minlength=count)
    value, low, high = cell_intervals(values_of("p1", ranks.csls), expected, asked.concept, cells, count)
    return tuple(
        {
            "source": names[i][0],
            "target": names[i][1],
            "questions": int(counts[i]),
            "candidates": float(candidates[i] / counts[i]),
            "cosine_p1": float(cosine[i] / counts[i]),
            "csls_p1": float(value[i]),
            "interval": None if np.isnan(low[i]) else [float(low[i]), float(high[i])],
            "chance": float(by_chance[i] / counts[i]),
        }
        for i in np.flatnonzero(counts).tolist()
    )


def hubs(asked: Questions, ranks: Ranks, pool: Pool, words: Words) -> tuple[dict[str, Any], ...]:
    """How each language does as source and as target, and how much it draws the words of others.

    ``attraction``: share of the words of all other languages whose nearest word in any foreign language is this
    language's (a tie counts in parts); ``expected``: its share of the foreign words; ``lift`` is their quotient.
    """
    hits = values_of("p1", ranks.csls)
    sizes = np.diff(pool.member_at)
    attraction, expected, askers = _attraction(ranks.near, pool, sizes)
    result = []
    for i in np.flatnonzero(sizes).tolist():
        out, into = asked.source == i, asked.target == i
        drawn, by_chance = (float(x[i] / askers[i]) if askers[i] else None for x in (attraction, expected))
        result.append(
            {
                "language": words.languages[i],
                "words": int(sizes[i]),
                "as_source": float(hits[out].mean()) if out.any() else None,
                "as_target": float(hits[into].mean()) if into.any() else None,
                "attraction": drawn,
                "expected": by_chance,
                "lift": drawn / by_chance if drawn is not None and by_chance else None,
            }
        )
    return tuple(sorted(result, key=lambda row: (-(row["lift"] or 0), row["language"])))


def _attraction(near: Float64, pool: Pool, sizes: Array) -> tuple[Float64, Float64, Float64]:
    drawn, expected, askers = np.zeros(len(sizes)), np.zeros(len(sizes)), np.zeros(len(sizes))
    for own in np.flatnonzero(sizes).tolist():
        foreign = sizes.astype(np.float64)
        foreign[own] = 0
        if not foreign.any():
            continue
        nearest = near[pool.members[pool.member_at[own] : pool.member_at[own + 1]]].copy()
        nearest[:, foreign == 0] = -np.inf
        winners = nearest >= nearest.max(axis=1, keepdims=True) - TOLERANCE
        drawn += (winners / winners.sum(axis=1, keepdims=True)).sum(axis=0)
        expected += foreign / foreign.sum() * len(nearest)
        askers[np.arange(len(sizes)) != own] += len(nearest)
    return drawn, expected, askers
