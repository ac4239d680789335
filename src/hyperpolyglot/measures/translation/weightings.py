"""One P@1 from many questions: what is to count alike, and what the other choices give.

``pairs`` is the headline: every ordered pair of languages counts alike, as where dictionaries between two languages
are scored and averaged, so it is how often a word comes out right between two languages taken at random. By
``questions``, words that many languages have as a token (names of countries, months) weigh most; by ``concepts``, each
meaning counts alike; by ``tokens``, the same two tokens count once however many languages write them so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.types import Array, Float64

__all__ = ["HEADLINE", "WEIGHTINGS", "weighted"]

HEADLINE = "pairs"
WEIGHTINGS = ("pairs", "questions", "concepts", "tokens")


def weighted(asked: Questions, hits: Float64, expected: Float64, alike: Array) -> tuple[dict[str, Any], ...]:
    """A row for every weighting, with and without transliterations (``alike`` bool ``[q]``); the headline first.

    {weighting, transliterations, questions, groups, value, interval, chance}: ``groups`` count alike.
    """
    rows = []
    for chosen, name in ((np.arange(len(hits)), True), (np.flatnonzero(~alike), False)):
        if len(chosen):
            some = asked.take(chosen)
            rows += [
                {"weighting": key, "transliterations": name} | _row(key, some, hits[chosen], expected[chosen])
                for key in WEIGHTINGS
            ]
    return tuple(rows)


def _row(key: str, asked: Questions, hits: Float64, expected: Float64) -> dict[str, Any]:
    _, of, counts = np.unique(_alike(key, asked), return_inverse=True, return_counts=True)
    weights = 1 / counts[of.reshape(-1)]
    found = Crossed.of(asked.concept, (asked.source, asked.target), weights=weights).estimate(hits)
    by_chance = expected * (1 - expected) * weights**2
    low, high = wilson_form(found, spread=float(np.sqrt(by_chance.sum()) / weights.sum()))
    return {
        "questions": len(hits),
        "groups": len(counts),
        "value": float(found.mean[0]),
        "interval": None if np.isnan(low[0]) else [float(low[0]), float(high[0])],
        "chance": float(np.average(expected, weights=weights)),
    }


def _alike(key: str, asked: Questions) -> Array:
    """What counts alike: the group of each question."""
    if key == "questions":
        return np.arange(len(asked))
    if key == "concepts":
        return asked.concept
    if key == "pairs":
        return asked.source.astype(np.int64) << 32 | asked.target
    return asked.unit.astype(np.int64) << 32 | asked.references[asked.reference_at[:-1]]
