"""Translation by pair of languages, pair of scripts and kind of concept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import bdtrc

from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.matched import matched
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import Ranks
from hyperpolyglot.measures.translation.scores import among_few, cell_intervals, expected_of, values_of
from hyperpolyglot.statistics import benjamini_hochberg
from hyperpolyglot.types import Array, Float64

__all__ = [
    "NAMES",
    "THINGS",
    "by_kind",
    "by_pair",
    "by_script",
    "by_sound",
    "names_and_things",
    "within_and_across",
]

NAMES, THINGS = frozenset({"territory", "language"}), frozenset({"object"})
"""Kinds of concepts that are proper names, and that are things."""


def by_pair(asked: Questions, ranks: Ranks, sizes: Array, words: Words) -> tuple[dict[str, Any], ...]:
    """A row for every ordered pair of languages with a question: weak P@1 and its interval over concepts.

    ``p``: that so many come first by chance, one-sided, by a binomial of the mean chance, which is cautious where
    chances differ (Hoeffding 1956); ``p_adjusted``: over all pairs, Benjamini and Yekutieli (2001), which holds for any
    dependence of the tests.
    """
    cells = asked.source.astype(np.int64) * len(words.languages) + asked.target
    names = [(a, b) for a in words.languages for b in words.languages]
    rows = _cells(asked, ranks, sizes, cells, names, crossed=False)
    p = np.array(
        [bdtrc(round(row["csls_p1"] * n) - 1, n, row["chance"]) for row in rows for n in (row["questions"],)]
    )
    harmonic = float((1 / np.arange(1, len(p) + 1)).sum())
    adjusted = np.minimum(benjamini_hochberg(p) * harmonic, 1.0) if len(p) else p
    return tuple(
        row | {"p": float(one), "p_adjusted": float(other)}
        for row, one, other in zip(rows, p, adjusted, strict=True)
    )


def by_script(
    asked: Questions, ranks: Ranks, sizes: Array, words: Words, few: int
) -> tuple[dict[str, Any], ...]:
    """The same by the script of the word asked about and that of its first correct answer.

    ``matched``: {candidates, value, interval, chance} where every question has ``few`` candidates; concepts and
    languages of the cells still differ.
    """
    cells = words.script[asked.word].astype(np.int64) * len(words.scripts) + asked.target_script
    names = [(a, b) for a in words.scripts for b in words.scripts]
    rows = _cells(asked, ranks, sizes, cells, names)
    values = among_few(ranks.csls, (sizes, np.diff(asked.reference_at)), few)
    value, low, high = _crossed(values, np.zeros(len(values)), asked, cells, len(names))
    compared = (
        {
            "candidates": few,
            "value": float(value[i]),
            "interval": None if np.isnan(low[i]) else [float(low[i]), float(high[i])],
            "chance": 1 / few,
        }
        for i in np.unique(cells).tolist()
    )
    return tuple(row | {"matched": cell} for row, cell in zip(rows, compared, strict=True))


def by_kind(
    asked: Questions, ranks: Ranks, sizes: Array, words: Words, alike: Array
) -> tuple[dict[str, Any], ...]:
    """The same by kind of concept: names (territories, languages) are often transliterations, objects are not.

    ``matched``: P@1 of the kind and of all others between the same ordered pairs of languages, so among the same
    candidates, without transliterations (``alike`` bool ``[q]``); every pair counts alike.
    """
    kinds = sorted(set(words.concept_kinds))
    of_concept = np.array([kinds.index(kind) for kind in words.concept_kinds], np.int64)
    of = of_concept[asked.concept]
    rows = _cells(asked, ranks, sizes, of, [(kind, "") for kind in kinds])
    hits, pair = values_of("p1", ranks.csls), asked.source.astype(np.int64) * len(words.languages)
    usable = np.flatnonzero(~alike)
    some = asked.take(usable)
    compared = {
        kind: matched(hits[usable], of[usable] == i, (pair + asked.target)[usable], some)
        for i, kind in enumerate(kinds)
    }
    return tuple(
        {"kind": row.pop("source")}
        | {k: v for k, v in row.items() if k != "target"}
        | {"matched": compared[kind]}
        for row in rows
        for kind in (row["source"],)
    )


def by_sound(asked: Questions, ranks: Ranks, sizes: Array, alike: Array) -> tuple[dict[str, Any], ...]:
    """The same by whether a correct answer in another script sounds alike: a transliteration (``alike``)."""
    names = [("other", ""), ("transliteration", "")]
    rows = _cells(asked, ranks, sizes, alike.astype(np.int64), names)
    return tuple(
        {"sound": row.pop("source")} | {k: v for k, v in row.items() if k != "target"} for row in rows
    )


def within_and_across(asked: Questions, ranks: Ranks, words: Words, alike: Array) -> dict[str, Any]:
    """P@1 from a language of the answer's own script and from one of another script, for the same answer.

    Matched are concept and target language, and so the candidates and correct answers; transliterations are left out,
    as nearly identical words of one script are. Every concept of a target language counts alike.
    """
    usable = np.flatnonzero(~alike)
    some = asked.take(usable)
    block = some.concept.astype(np.int64) * len(words.languages) + some.target
    inside = words.script[some.word] == some.target_script
    return matched(values_of("p1", ranks.csls)[usable], inside, block, some)


def names_and_things(
    asked: Questions, ranks: Ranks, sizes: Array, words: Words, alike: Array
) -> dict[str, Any]:
    """P@1 of things (``inside``: :data:`THINGS`) and of names (``outside``: :data:`NAMES`) between the same languages.

    Matched are the ordered pairs of languages, and so the candidates; each pair counts alike. Transliterations are left
    out (``alike`` bool ``[q]``), which names mostly are; other kinds are on neither side.
    """
    of = np.array([kind in THINGS for kind in words.concept_kinds], bool)
    known = np.array([kind in NAMES | THINGS for kind in words.concept_kinds], bool)
    usable = np.flatnonzero(~alike & known[asked.concept]) if len(known) else np.empty(0, np.intp)
    some = asked.take(usable)
    block = some.source.astype(np.int64) * len(words.languages) + some.target
    expected = expected_of("p1", (sizes[usable], np.diff(some.reference_at)))
    return matched(values_of("p1", ranks.csls)[usable], of[some.concept], block, some, expected)


def _cells(
    asked: Questions,
    ranks: Ranks,
    sizes: Array,
    cells: Array,
    names: Sequence[tuple[str, str]],
    *,
    crossed: bool = True,
) -> tuple[dict[str, Any], ...]:
    count = len(names)
    counts = np.bincount(cells, minlength=count)
    expected = expected_of("p1", (sizes, np.diff(asked.reference_at)))
    cosine = np.bincount(cells, weights=values_of("p1", ranks.cosine), minlength=count)
    by_chance = np.bincount(cells, weights=expected, minlength=count)
    candidates = np.bincount(cells, weights=sizes, minlength=count)
    hits = values_of("p1", ranks.csls)
    value, low, high = (_crossed if crossed else _over_concepts)(hits, expected, asked, cells, count)
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


def _over_concepts(
    hits: Float64, expected: Float64, asked: Questions, cells: Array, count: int
) -> tuple[Float64, Float64, Float64]:
    return cell_intervals(hits, expected, asked.concept, cells, count)


def _crossed(
    hits: Float64, expected: Float64, asked: Questions, cells: Array, count: int
) -> tuple[Float64, Float64, Float64]:
    clusters = Crossed.of(asked.concept, (asked.source, asked.target), cells=cells, count=count)
    found = clusters.estimate(hits)
    variance = np.bincount(cells, expected * (1 - expected), minlength=count)
    spread = np.sqrt(variance) / np.maximum(clusters.total, 1)
    return found.mean, *wilson_form(found, spread=spread)
