"""Translation and near-identical spelling at one step, concept by concept.

``translation`` is the headline of ``translate``: weak P@1 by CSLS, every ordered pair of languages alike, of answers
that are spelled differently. ``same_spelling`` is P@1 of the questions that ``translate`` keeps apart: an answer is
spelled the same but for capitals or accents, or nearly (a loan or a name, edit distance at most 0.3), and is another
token; where it is the same token there is nothing to find. A language's questions are those from it and into it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.sums import Column, StepValue, groups_of, summed
from hyperpolyglot.measures.translation.asking import Asked, Posed, TranslateOptions, pose
from hyperpolyglot.measures.translation.crossed import Crossed
from hyperpolyglot.measures.translation.questions import DIFFERENT
from hyperpolyglot.measures.translation.ranking import ranks_among_words
from hyperpolyglot.measures.translation.scores import clusters_of, expected_of, score, values_of
from hyperpolyglot.measures.translation.weightings import weighted
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float64, Progress

__all__ = ["translated"]


def translated(
    space: TokenSpace, lexicon: Lexicon, options: TrackOptions, progress: Progress
) -> tuple[list[StepValue], list[Column]]:
    """Both scores over all languages and by language; empty where fewer than two languages have words enough."""
    asked = _asked(space, lexicon, options, progress)
    every = asked.questions
    different = every.match_type == DIFFERENT
    groups = groups_of(len(asked.words.concept_names), options.seed)
    values: list[StepValue] = []
    columns: list[Column] = []
    for measure, chosen in (
        ("translation", np.flatnonzero(different)),
        ("same_spelling", np.flatnonzero(~different & (asked.ranks.csls > 0))),
    ):
        if len(chosen):
            _add(measure, asked, chosen, groups, options.fewest, values, columns)
    return values, columns


_LATEST: list[tuple[tuple[str, Lexicon, bool | None], Posed]] = []
"""The questions of the step that was measured last: those of the next are the same, of other vectors."""


def _asked(space: TokenSpace, lexicon: Lexicon, options: TrackOptions, progress: Progress) -> Asked:
    asking = TranslateOptions(questions=0, held_out=options.held_out)
    key = (space.token_digest, lexicon, options.held_out)
    like = next((posed for known, posed in list(_LATEST) if known == key), None)
    posed = pose(space, lexicon, asking, like=like)
    _LATEST[:] = [(key, posed)]
    ranks = ranks_among_words(posed.questions, posed.pool, progress)
    return Asked(**{part.name: getattr(posed, part.name) for part in fields(Posed)}, ranks=ranks)


def _add(
    measure: str,
    asked: Asked,
    chosen: NDArray[np.intp],
    groups: NDArray[np.int64],
    fewest: int,
    values: list[StepValue],
    columns: list[Column],
) -> None:
    some, ranks = asked.questions.take(chosen), asked.ranks.csls[chosen]
    sizes = asked.candidates[chosen], np.diff(some.reference_at)
    hits, at = values_of("p1", ranks), groups[some.concept]
    if measure == "translation":
        alike = np.zeros(len(hits), bool)
        whole = weighted(some, hits, expected_of("p1", sizes), alike)[0]
        pair = some.source.astype(np.int64) << 32 | some.target
        _, of, counts = np.unique(pair, return_inverse=True, return_counts=True)
        weights: Float64 | float = 1 / counts[of.reshape(-1)]
    else:
        whole, weights = score("p1", ranks, sizes, clusters_of(some)), 1.0
    values.append(_value(measure, None, whole))
    columns.append(summed((measure, None), at, hits, weights))
    for number, language in enumerate(asked.words.languages):
        here = np.flatnonzero((some.source == number) | (some.target == number))
        if len(here) < fewest:
            continue
        own = some.take(here)
        clusters: Crossed = clusters_of(own)
        part = score("p1", ranks[here], (sizes[0][here], sizes[1][here]), clusters)
        values.append(_value(measure, language, part))
        columns.append(summed((measure, language), at[here], hits[here]))


def _value(measure: str, label: str | None, found: dict[str, Any]) -> StepValue:
    low, high = found["interval"] or (None, None)
    return StepValue(
        measure=measure, label=label, value=found["value"], low=low, high=high, chance=found["chance"]
    )
