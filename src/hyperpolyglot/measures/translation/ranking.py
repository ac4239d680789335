"""At which rank the correct answer comes: exact ranks by cosine, CSLS and frequency among a language's words.

CSLS (Conneau et al. 2018): 2·cos(x, y) − r_T(x) − r_S(y), where r_L(z) is the mean cosine of z to its k nearest words
of language L, z itself left out. r_T(x) is the same for all candidates y and does not move a rank.

Float64 products of unit rows differ from the cosine of :mod:`hyperpolyglot.engine.cosine` by far less than
``TOLERANCE``; two candidates nearer than that are compared again in that module's order of summation, then by
position. So ranks are exact and do not depend on blocks, threads or BLAS.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.cosine import dot, norms
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.types import Array, Float32, Float64, Int32, Progress

__all__ = [
    "TOLERANCE",
    "AskedArrays",
    "Pool",
    "PoolArrays",
    "Ranks",
    "asked_arrays",
    "exact_cosine",
    "fill_knn_similarity",
    "in_parts",
    "keep",
    "outranks",
    "pool",
    "ranks_among_words",
    "unit_rows64",
]

TOLERANCE = 1e-10
_BLOCK = 512
_FEW = 64


class PoolArrays(NamedTuple):
    """What compiled code reads of a :class:`Pool`."""

    vectors: Float32
    lengths: Float64
    members: Int32
    member_at: Array
    k: int


class AskedArrays(NamedTuple):
    """What compiled code reads of :class:`Questions`."""

    unit: Int32
    source: Int32
    target: Int32
    reference_at: Array
    references: Int32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The vectors of all covered words ``[u, d]`` and, per language, which of them are its words (``members``).

    ``member_at`` int64 ``[language + 1]``, ``members`` int32, ascending within a language. ``frequency`` float64
    ``[member]``: the place of each word among its language's, by frequency, 0 (most frequent) … 1.
    """

    vectors: Float32
    units: Float64
    lengths: Float64
    member_at: Array
    members: Int32
    frequency: Float64
    k: int

    @property
    def languages(self) -> int:
        """How many languages there are, scored or not."""
        return len(self.member_at) - 1

    def arrays(self) -> PoolArrays:
        """As compiled code takes them."""
        return PoolArrays(self.vectors, self.lengths, self.members, self.member_at, self.k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Rank of the best reference of each question, from 1; 0 where the only reference is the source's own token.

    ``knn_similarity`` float64 ``[u, language]``: r_L of every word; ``nearest_cosine`` likewise: the cosine of the
    nearest word of L.
    """

    cosine: Int32
    csls: Int32
    frequency: Int32
    knn_similarity: Float64
    nearest_cosine: Float64


def unit_rows64(vectors: Float32) -> Float64:
    """Rows of length one in float64 ``[n, d]``."""
    return vectors.astype(np.float64) / norms(vectors)[:, None]


def pool(vectors: Float32, members: list[Int32], commonness: Float64, k: int) -> Pool:
    """``members``: the units of each language, ascending; ``commonness`` ``[u]``: the larger the more frequent."""
    places = []
    for units in members:
        order = np.lexsort((units, -commonness[units]))
        place = np.empty(len(units))
        place[order] = (np.arange(len(units)) + 0.5) / max(1, len(units))
        places.append(place)
    return Pool(
        vectors=np.ascontiguousarray(vectors),
        units=unit_rows64(vectors),
        lengths=norms(vectors),
        member_at=np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64),
        members=np.concatenate([*members, np.empty(0, np.int32)]).astype(np.int32),
        frequency=np.concatenate([*places, np.empty(0)]),
        k=k,
    )


@numba.njit(cache=True, nogil=True)
def keep(best, k, value):  # type: ignore[no-untyped-def]
    """Insert a value into the k largest, kept in descending order."""
    if value <= best[k - 1]:
        return
    i = k - 1
    while i > 0 and best[i - 1] < value:
        best[i] = best[i - 1]
        i -= 1
    best[i] = value


@numba.njit(cache=True, nogil=True)
def _mean_of_best(best, k):  # type: ignore[no-untyped-def]
    total = 0.0
    count = 0
    for i in range(k):
        if best[i] > -2.0:
            total += best[i]
            count += 1
    return total / count if count else 0.0


@numba.njit(cache=True, nogil=True)
def _mean_knn_of(scores, own, members, member_at, k, knn, nearest):  # type: ignore[no-untyped-def]
    """r_L and the nearest cosine of some rows, for every language, from their cosines with all units."""
    best = np.empty(k)
    for i in range(len(scores)):
        row = scores[i]
        for language in range(len(member_at) - 1):
            best[:] = -3.0
            least = -3.0
            for m in range(member_at[language], member_at[language + 1]):
                value = row[members[m]]
                if value > least and members[m] != own[i]:
                    keep(best, k, value)
                    least = best[k - 1]
            knn[i, language] = _mean_of_best(best, k)
            nearest[i, language] = best[0]


@numba.njit(cache=True, nogil=True)
def exact_cosine(x, x_length, y, y_length):  # type: ignore[no-untyped-def]
    """The cosine of two float32 rows with their lengths, in the order of :mod:`hyperpolyglot.engine.cosine`."""
    return dot(x, y) / (x_length * y_length)


@numba.njit(cache=True, nogil=True)
def exact_mean_knn(y, y_length, own, language, words):  # type: ignore[no-untyped-def]
    vectors, lengths, members, member_at, k = words
    best = np.full(k, -3.0)
    for m in range(member_at[language], member_at[language + 1]):
        if members[m] != own:
            keep(best, k, exact_cosine(y, y_length, vectors[members[m]], lengths[members[m]]))
    return _mean_of_best(best, k)


@numba.njit(cache=True, nogil=True)
def outranks(csls, x, y, reference, source, words):  # type: ignore[no-untyped-def]
    """Whether y is strictly nearer than a reference (1), exactly as near (0) or farther (−1), canonically.

    ``y``: its vector, its length, and which of the words it is (−1: none); ``words``: :class:`PoolArrays`.
    """
    vector, length, own = y
    vectors, lengths = words.vectors, words.lengths
    left = exact_cosine(vectors[x], lengths[x], vector, length)
    right = exact_cosine(vectors[x], lengths[x], vectors[reference], lengths[reference])
    if csls:
        left = 2 * left - exact_mean_knn(vector, length, own, source, words)
        right = 2 * right - exact_mean_knn(vectors[reference], lengths[reference], reference, source, words)
    return 1 if left > right else (0 if left == right else -1)


class _Block(NamedTuple):
    """The cosines of a block of words, from ``start`` on, with all words: float64 ``[block, u]``."""

    start: int
    scores: Float64


@numba.njit(cache=True, nogil=True)
def _rank_questions(block, chosen, asked, words, knn, frequency, out):  # type: ignore[no-untyped-def]
    """Ranks of the chosen questions, whose sources are the units of a :class:`_Block`; ``knn`` is ``[language, u]``."""
    unit, source, target, reference_at, references = asked
    vectors, lengths, members, member_at, _ = words
    for q in chosen:
        x = unit[q]
        s = source[q]
        t = target[q]
        own = member_at[s] + np.searchsorted(members[member_at[s] : member_at[s + 1]], x)
        place = 0.0
        if own < member_at[s + 1] and members[own] == x:
            place = frequency[own]
        row = block.scores[x - block.start]
        similar = knn[s]
        for g in range(reference_at[q], reference_at[q + 1]):
            reference = references[g]
            if reference == x:
                continue
            cosine_rank = 1
            csls_rank = 1
            frequency_rank = 1
            reference_place = 2.0
            at = member_at[t] + np.searchsorted(members[member_at[t] : member_at[t + 1]], reference)
            if at < member_at[t + 1] and members[at] == reference:
                reference_place = abs(frequency[at] - place)
            for m in range(member_at[t], member_at[t + 1]):
                y = members[m]
                if y in (x, reference):
                    continue
                difference = row[y] - row[reference]
                if abs(difference) <= TOLERANCE:
                    difference = outranks(False, x, (vectors[y], lengths[y], y), reference, s, words)
                cosine_rank += difference > 0 or (difference == 0 and y < reference)
                difference = 2 * (row[y] - row[reference]) - (similar[y] - similar[reference])
                if abs(difference) <= TOLERANCE:
                    difference = outranks(True, x, (vectors[y], lengths[y], y), reference, s, words)
                csls_rank += difference > 0 or (difference == 0 and y < reference)
                away = abs(frequency[m] - place)
                frequency_rank += away < reference_place or (away == reference_place and y < reference)
            for column, rank in enumerate((cosine_rank, csls_rank, frequency_rank)):
                if out[q, column] == 0 or rank < out[q, column]:
                    out[q, column] = rank


def in_parts(count: int, work: Callable[[slice], None]) -> None:
    """Do ``count`` things in as many parts as there are threads; the parts must not meet."""
    workers = usable_threads(None)
    if count < _FEW or workers == 1:
        work(slice(0, count))
        return
    cuts = np.linspace(0, count, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers) as threads:
        for job in [threads.submit(work, slice(a, b)) for a, b in pairwise(cuts)]:
            job.result()


def asked_arrays(asked: Questions) -> AskedArrays:
    """As compiled code takes them."""
    return AskedArrays(asked.unit, asked.source, asked.target, asked.reference_at, asked.references)


def fill_knn_similarity(scores: Float64, own: Array, words: Pool, knn: Float64, nearest: Float64) -> None:
    """Fill r_L and the nearest cosine of some rows ``[n, language]`` from their cosines with all words ``[n, u]``."""

    def part(rows: slice) -> None:
        _mean_knn_of(
            scores[rows], own[rows], words.members, words.member_at, words.k, knn[rows], nearest[rows]
        )

    in_parts(len(scores), part)


def ranks_among_words(asked: Questions, words: Pool, progress: Progress) -> Ranks:
    """The weak candidates: all covered words of the target language, but the source's own token."""
    count = len(words.units)
    knn, nearest = np.zeros((count, words.languages)), np.zeros((count, words.languages))
    out = np.zeros((len(asked), 3), np.int32)
    order = np.argsort(asked.unit, kind="stable")
    starts = np.searchsorted(asked.unit[order], np.arange(0, count + _BLOCK, _BLOCK))
    blocks = range(0, count, _BLOCK)
    progress("translations among words", 0, 2 * count)
    for start in blocks:
        rows = slice(start, start + _BLOCK)
        scores = words.units[rows] @ words.units.T
        own = np.arange(start, start + len(scores))
        fill_knn_similarity(scores, own, words, knn[rows], nearest[rows])
        progress("translations among words", min(start + _BLOCK, count), 2 * count)
    by_language = np.ascontiguousarray(knn.T)
    for number, start in enumerate(blocks):
        chosen = order[starts[number] : starts[number + 1]]
        if len(chosen):
            scores = words.units[start : start + _BLOCK] @ words.units.T
            block = _Block(start, scores)
            after = asked_arrays(asked), words.arrays(), by_language, words.frequency, out
            in_parts(len(chosen), lambda p: _rank_questions(block, chosen[p], *after))  # noqa: B023
        progress("translations among words", count + min(start + _BLOCK, count), 2 * count)
    return Ranks(
        cosine=out[:, 0], csls=out[:, 1], frequency=out[:, 2], knn_similarity=knn, nearest_cosine=nearest
    )
