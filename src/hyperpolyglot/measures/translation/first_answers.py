"""Whether the first answer is correct: P@1 by CSLS among a language's words, without the other ranks.

Cosines are float32 products, which decide nearly everything; candidates that they cannot tell from the first are
compared by the exact values of :mod:`hyperpolyglot.measures.translation.ranking`, so that the answers are those that
the ranks give.
"""

from __future__ import annotations

import numba
import numpy as np

from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import (
    Pool,
    asked_arrays,
    exact_cosine,
    exact_mean_knn,
    in_parts,
)
from hyperpolyglot.measures.translation.sifting import AWAY, mean_of_nearest, product_error
from hyperpolyglot.types import Array, Float32, Int32, Progress

__all__ = ["first_answers"]

_BLOCK = 512
_UNIT = 2.0**-24


@numba.njit(cache=True, nogil=True)
def _is_among(y, references):  # type: ignore[no-untyped-def]
    for reference in references:  # noqa: SIM110 - compiled
        if reference == y:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _first_exactly(x, s, close, words, known):  # type: ignore[no-untyped-def]
    """Of some candidates, ascending, the one with the largest exact CSLS; ``known`` keeps exact r_S, NaN at first."""
    vectors, lengths = words.vectors, words.lengths
    best, most = -1, -np.inf
    for y in close:
        if np.isnan(known[s, y]):
            known[s, y] = exact_mean_knn(vectors[y], lengths[y], y, s, words)
        value = 2 * exact_cosine(vectors[x], lengths[x], vectors[y], lengths[y]) - known[s, y]
        if value > most:
            best, most = y, value
    return best


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def _answer(scores, start, chosen, asked, words, knn, known, error, out):  # type: ignore[no-untyped-def]
    """Answer the chosen questions, whose sources are the words from ``start`` on: ``scores`` float32 ``[b, u]``."""
    unit, source, target, reference_at, references = asked
    members, member_at = words.members, words.member_at
    close = np.empty(scores.shape[1], np.int32)
    unsure = np.float32(6 * (error + (words.k + 16) * _UNIT))
    for q in chosen:
        x, s, t = unit[q], source[q], target[q]
        row, similar = scores[x - start], knn[s]
        right = references[reference_at[q] : reference_at[q + 1]]
        best_right = -np.inf
        for y in right:
            if y != x:
                best_right = max(best_right, np.float32(2) * row[y] - similar[y])
        if best_right == -np.inf:
            continue
        best = best_right
        for m in range(member_at[t], member_at[t + 1]):
            y = members[m]
            if y != x:
                best = max(best, np.float32(2) * row[y] - similar[y])
        out[q] = 2
        if best_right < best - unsure:
            continue
        found = 0
        for m in range(member_at[t], member_at[t + 1]):
            y = members[m]
            if y != x and np.float32(2) * row[y] - similar[y] >= best - unsure:
                close[found] = y
                found += 1
        first = close[0] if found == 1 else _first_exactly(x, s, close[:found], words, known)
        if _is_among(first, right):
            out[q] = 1


def first_answers(asked: Questions, words: Pool, progress: Progress) -> Int32:
    """For each question ``[q]`` 1 where the first word of the target language by CSLS is a correct answer, else 2.

    0 where the only reference is the source's own token, as in :class:`.ranking.Ranks`. Every reference has to be one
    of the target's words.
    """
    units = words.units.astype(np.float32)
    error = product_error(units.shape[1])
    count = len(units)
    progress("first translations", 0, 2 * count)
    knn = _knn(units, words, np.unique(asked.source), progress)
    out = np.zeros(len(asked), np.int32)
    known = np.full((words.languages, count), np.nan)
    order = np.argsort(asked.unit, kind="stable")
    starts = np.searchsorted(asked.unit[order], np.arange(0, count + _BLOCK, _BLOCK))
    arrays = asked_arrays(asked), words.arrays()
    for number, start in enumerate(range(0, count, _BLOCK)):
        chosen = order[starts[number] : starts[number + 1]]
        if len(chosen):
            scores = units[start : start + _BLOCK] @ units.T
            after = (*arrays, knn, known, error, out)
            in_parts(len(chosen), _part(scores, start, chosen, after))
        progress("first translations", count + min(start + _BLOCK, count), 2 * count)
    return out


def _part(scores: Float32, start: int, chosen: Array, after: tuple[object, ...]):  # type: ignore[no-untyped-def]
    return lambda part: _answer(scores, start, chosen[part], *after)


def _knn(units: Float32, words: Pool, sources: Int32, progress: Progress) -> Float32:
    """r_L of all words, float32 ``[language, u]``, for the source languages."""
    count = len(units)
    result = np.zeros((words.languages, count), np.float32)
    scores, block = np.zeros((count, _BLOCK), np.float32), np.zeros((words.languages, _BLOCK), np.float32)
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        np.matmul(units, units[start:stop].T, out=scores[:, : stop - start])
        own = np.arange(start, stop)
        scores[own, own - start] = AWAY

        def part(chosen: slice) -> None:
            mean_of_nearest(scores, words.members, words.member_at, words.k, sources[chosen], block)

        in_parts(len(sources), part)
        result[:, start:stop] = block[:, : stop - start]
        progress("first translations", stop, 2 * count)
    return result
