"""What float32 cosines of a block of tokens decide about ranks; what lies within their error is decided exactly.

A product of two float32 rows of length one, summed in any order, differs from their cosine by less than
:func:`product_error` (Higham 2002, section 3.1, with both rows rounded). Differences beyond it have the sign that the
exact ones have, so that only the few within it are compared by :func:`.ranking.outranks`. Loops over tokens are plain,
so that a compiler makes vector instructions of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.largest import LANES, LISTED, largest_of_rows
from hyperpolyglot.measures.translation.ranking import TOLERANCE, exact_cosine, keep, outranks
from hyperpolyglot.types import Array, Float32, Float64, Int32

__all__ = ["AWAY", "Sifted", "count_nearer", "mean_of_nearest", "nearest_of_words", "product_error"]

AWAY = np.float32(-4.0)
"""The cosine of a token with itself: below all others, so that it is never among the nearest."""
_UNIT = 2.0**-24


def product_error(dim: int) -> float:
    """The most by which the float32 product of two rows of length one is wrong.

    >>> product_error(384) < 3e-5
    True
    """
    return (dim + 8) * _UNIT * 1.01


class Sifted(NamedTuple):
    """A block of tokens ``[b]``: ``scores`` float32 with all words, :data:`AWAY` where a token is the word; ``[u, …]``,
    columns from ``b`` on mean nothing.

    ``rows`` in the space, which word each is (``own``, −1: none), the key of the word it writes (``variant``); its
    vector and length.
    """

    scores: Float32
    rows: Int32
    own: Array
    variant: Int32
    vectors: Float32
    lengths: Float64


@numba.njit(cache=True, nogil=True)
def mean_of_nearest(scores, members, member_at, k, languages, out):  # type: ignore[no-untyped-def]
    """r_L of every token ``[language, b]``, for some languages, from the scores of a block ``[u, b]``.

    ``scores`` and ``out`` are as wide as a multiple of :data:`LANES`.
    """
    short = np.empty((LISTED, LANES), np.float32)
    best = np.empty(max(k, LISTED), np.float32)
    for language in languages:
        own = members[member_at[language] : member_at[language + 1]]
        for start in range(0, scores.shape[1], LANES):
            if k <= LISTED:
                largest_of_rows(scores, own, start, short)
            for lane in range(LANES):
                if k <= LISTED:
                    best[:LISTED] = short[:, lane]
                else:
                    best[:] = AWAY
                    for m in own:
                        keep(best, k, scores[m, start + lane])
                total = np.float32(0)
                count = 0
                for j in range(k):
                    if best[j] > AWAY / 2:
                        total += best[j]
                        count += 1
                out[language, start + lane] = total / np.float32(max(count, 1))


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _largest(row):  # type: ignore[no-untyped-def]
    found = AWAY
    for i in range(len(row)):
        found = max(found, row[i])
    return found


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def nearest_of_words(block, units, error, words, of_unit, written, nearest, cosine):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """Take a block into the nearest token of some words: of all tokens, and of those that write another word.

    ``written``: whether the block may hold a token that writes the word; ``nearest`` int32 and ``cosine`` float64
    ``[2, u]`` are what was found so far. Of tokens nearer to each other than ``TOLERANCE`` the first stays.
    """
    for u in units:
        row = block.scores[u, : len(block.rows)]
        largest = _largest(row)
        for kind in range(2):
            if kind == 1 and written[u]:
                largest = AWAY
                for i in range(len(row)):
                    if block.variant[i] != of_unit[u] and row[i] > largest:
                        largest = row[i]
            if largest <= AWAY / 2 or largest < cosine[kind, u] - error:
                continue
            most = -np.inf
            for again in range(2):
                for i in range(len(row)):
                    if row[i] < largest - 2 * error or row[i] <= AWAY / 2:
                        continue
                    if kind == 1 and block.variant[i] == of_unit[u]:
                        continue
                    exact = exact_cosine(
                        words.vectors[u], words.lengths[u], block.vectors[i], block.lengths[i]
                    )
                    if again == 0:
                        most = max(most, exact)
                    elif exact >= most - TOLERANCE:
                        nearest[kind, u] = block.rows[i]
                        cosine[kind, u] = most
                        break
                if most <= cosine[kind, u] + TOLERANCE:
                    break


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def _count_sure(score, knn, allowed, variant, key, reference, bound, out):  # type: ignore[no-untyped-def]
    """Add how many tokens are surely nearer than a reference to ``out`` ``[script or strong, cosine or csls, all or
    others]``; returns for how many it is not sure whether they are nearer or farther.
    """
    error, thrice = np.float32(bound), np.float32(3) * np.float32(bound)
    cosine, similarity = np.float32(reference[0]), np.float32(reference[1])
    unsure = 0
    # How many are near (1), nearer by CSLS (2), write another word (4), are of the script (8), and all of these.
    counts = np.zeros(16, np.int64)
    for i in range(len(score)):
        away = score[i] - cosine
        csls = np.float32(2) * away - (knn[i] - similarity)
        counts[(away > error) | (csls > thrice) << 1 | (variant[i] != key) << 2 | allowed[i] << 3] += 1
        unsure += (abs(away) <= error) | (abs(csls) <= thrice)
    for which in range(16):
        for method in range(2):
            if which & (1 << method):
                out[1, method, 0] += counts[which]
                out[1, method, 1] += counts[which] if which & 4 else 0
                out[0, method, 0] += counts[which] if which & 8 else 0
                out[0, method, 1] += counts[which] if which & 12 == 12 else 0
    return unsure


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def _count_unsure(block, knn, allowed, q, known, words, bound, out):  # type: ignore[no-untyped-def]
    """Add those that the scores leave open, and that are nearer: ``q`` is a question, its reference and their numbers.

    ``known``: what the words are in the space.
    """
    x, s, reference, cosine, similarity = q
    rows, unit_rows, of_unit = block.rows, known[0], known[1]
    for i in range(len(rows)):
        if rows[i] == unit_rows[x] or rows[i] == unit_rows[reference]:
            continue
        away = block.scores[x, i] - np.float32(cosine)
        for csls in range(2):
            difference, most = away, np.float32(bound)
            if csls:
                difference = np.float32(2) * away - (knn[s, i] - np.float32(similarity))
                most = np.float32(3) * np.float32(bound)
            if abs(difference) > most:
                continue
            token = block.vectors[i], block.lengths[i], block.own[i]
            sign = outranks(csls == 1, x, token, reference, s, words)
            if sign > 0 or (sign == 0 and rows[i] < unit_rows[reference]):
                other = block.variant[i] != of_unit[x]
                out[1, csls, 0] += 1
                out[1, csls, 1] += other
                if allowed[i]:
                    out[0, csls, 0] += 1
                    out[0, csls, 1] += other


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def count_nearer(block, knn, chosen, asked, known, allowed, words, error, out):  # type: ignore[no-untyped-def]
    """Add the tokens of a block that outrank each reference of the chosen questions.

    ``knn`` float32 ``[language, b]``; ``known``: tokens and keys of the words, cosine and r_S of each reference;
    ``allowed`` bool ``[language, b]``; out ``[reference, script or strong, cosine or csls, all or without variants]``.
    """
    unit, source, target, reference_at, references = asked
    _, of_unit, cosine, similarity = known
    # The error, and the roundings of float32 sums and differences of k numbers below one.
    bound = error + (words.k + 16) * _UNIT
    count = len(block.rows)
    for q in chosen:
        x, s = unit[q], source[q]
        within = allowed[target[q]]
        for g in range(reference_at[q], reference_at[q + 1]):
            unsure = _count_sure(
                block.scores[x, :count],
                knn[s, :count],
                within,
                block.variant,
                of_unit[x],
                (cosine[g], similarity[g]),
                bound,
                out[g],
            )
            if unsure:
                asking = x, s, references[g], cosine[g], similarity[g]
                _count_unsure(block, knn, within, asking, known, words, bound, out[g])
