"""The first candidate of every word of one language among the words of another, by CSLS.

For a source word x and a target word y, CSLS is 2·cos(x, y) − r_T(x) − r_S(y) (Conneau et al. 2018), with cosines,
neighbours and ties as in :mod:`hyperpolyglot.measures.translation.ranking`; the source's own token is no candidate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from hyperpolyglot.measures.translation.ranking import (
    TOLERANCE,
    Pool,
    fill_knn_similarity,
    in_parts,
    outranks,
)
from hyperpolyglot.types import Float64, Int32, Progress

__all__ = ["FirstCandidates", "first_candidates"]

_BLOCK = 256
_DIGITS = 10
"""Decimals of what is told: beyond them, products depend on how a machine adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCandidates:
    """Per source word ``[n]``: its ``source`` unit, the ``target`` unit that is first, ``cosine`` and ``csls`` of both.

    ``margin``: CSLS of the first less that of the second candidate; ``back_rank``: at which rank the source comes, from
    1, when the target is asked back among the source language's words, by CSLS.
    """

    source: Int32
    target: Int32
    cosine: Float64
    csls: Float64
    margin: Float64
    back_rank: Int32

    def __len__(self) -> int:
        return len(self.source)


@numba.njit(cache=True, nogil=True)
def _closer(x, y, other, difference, language, words):  # type: ignore[no-untyped-def]
    """Whether y comes before another candidate of x, of which the CSLS is smaller by ``difference``."""
    if abs(difference) <= TOLERANCE:
        difference = outranks(True, x, (words.vectors[y], words.lengths[y], y), other, language, words)
    return difference > 0 or (difference == 0 and y < other)


@numba.njit(cache=True, nogil=True)
def _two_nearest(scores, chosen, languages, words, similar, out, csls):  # type: ignore[no-untyped-def]
    """The first candidate of each chosen unit and 2·cos − r_S of the first two; ``similar`` ``[u]`` is r_S."""
    source, target = languages
    members, member_at = words.members, words.member_at
    for i in range(len(chosen)):
        x = chosen[i]
        row = scores[i]
        first, second = -1, -1
        for m in range(member_at[target], member_at[target + 1]):
            y = members[m]
            if y == x:
                continue
            value = 2 * row[y] - similar[y]
            if first < 0 or _closer(x, y, first, value - csls[i, 0], source, words):
                second, csls[i, 1] = first, csls[i, 0]
                first, csls[i, 0] = y, value
            elif second < 0 or _closer(x, y, second, value - csls[i, 1], source, words):
                second, csls[i, 1] = y, value
        out[i] = first


@numba.njit(cache=True, nogil=True)
def _ranks_back(scores, pairs, languages, words, similar, out):  # type: ignore[no-untyped-def]
    """At which rank x comes among the source's words for y; ``scores`` are the cosines of each pair's y."""
    source, target = languages
    members, member_at = words.members, words.member_at
    for i in range(len(pairs)):
        x, y = pairs[i, 0], pairs[i, 1]
        row = scores[i]
        own = 2 * row[x] - similar[x]
        rank = 1
        for m in range(member_at[source], member_at[source + 1]):
            other = members[m]
            if other in (x, y):
                continue
            rank += _closer(y, other, x, 2 * row[other] - similar[other] - own, target, words)
        out[i] = rank


def first_candidates(
    words: Pool, source: int, target: int, progress: Progress, *, step: str = "candidates"
) -> FirstCandidates:
    """The first candidate of every word of the source language; both are positions of languages in the pool.

    The target language needs at least three words, so that every word has a first and a second candidate.
    """
    count, arrays = len(words.units), words.arrays()
    chosen = words.members[words.member_at[source] : words.member_at[source + 1]]
    knn, nearest = np.zeros((count, words.languages)), np.zeros((count, words.languages))
    for start in range(0, count, _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = words.units[rows] @ words.units.T
        fill_knn_similarity(scores, np.arange(start, start + len(scores)), words, knn[rows], nearest[rows])
        progress(step, min(start + _BLOCK, count), count + 2 * len(chosen))
    by_language = np.ascontiguousarray(knn.T)
    first, values = np.full(len(chosen), -1, np.int32), np.zeros((len(chosen), 2))
    for start in range(0, len(chosen), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = words.units[chosen[rows]] @ words.units.T
        after = (source, target), arrays, by_language[source]
        in_parts(
            len(scores),
            lambda p: _two_nearest(scores[p], chosen[rows][p], *after, first[rows][p], values[rows][p]),  # noqa: B023
        )
        progress(step, count + min(start + _BLOCK, len(chosen)), count + 2 * len(chosen))
    pairs, back = np.stack([chosen, first], axis=1), np.zeros(len(chosen), np.int32)
    for start in range(0, len(chosen), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = words.units[first[rows]] @ words.units.T
        after = (source, target), arrays, by_language[target]
        in_parts(len(scores), lambda p: _ranks_back(scores[p], pairs[rows][p], *after, back[rows][p]))  # noqa: B023
        progress(step, count + len(chosen) + min(start + _BLOCK, len(chosen)), count + 2 * len(chosen))
    own = knn[chosen, target]
    return FirstCandidates(
        source=chosen,
        target=first,
        cosine=((values[:, 0] + knn[first, source]) / 2).round(_DIGITS),
        csls=(values[:, 0] - own).round(_DIGITS),
        margin=np.maximum(values[:, 0] - values[:, 1], 0).round(_DIGITS),
        back_rank=back,
    )
