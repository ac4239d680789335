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

from hyperpolyglot.measures.translation.ranking import TOLERANCE, exact_cosine, outranks
from hyperpolyglot.types import Array, Float32, Float64, Int32

__all__ = ["AWAY", "Sifted", "count_nearer", "mean_of_nearest", "nearest_of_words", "product_error"]

AWAY = np.float32(-4.0)
"""The cosine of a token with itself: below all others, so that it is never among the nearest."""
_LANES = 64
_UNIT = 2.0**-24


def product_error(dim: int) -> float:
    """The most by which the float32 product of two rows of length one is wrong.

    >>> product_error(384) < 3e-5
    True
    """
    return (dim + 8) * _UNIT * 1.01


class Sifted(NamedTuple):
    """A block of tokens ``[b]``: ``scores`` float32 ``[u, b]`` with all words, :data:`AWAY` where a token is the word.

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
    """r_L of every token ``[language, b]``, for some languages, from the scores of a block.

    The k largest of all tokens are kept side by side: a value moves down the list by maxima and minima alone.
    """
    best = np.empty((k, _LANES), np.float32)
    value = np.empty(_LANES, np.float32)
    for language in languages:
        for start in range(0, scores.shape[1], _LANES):
            width = min(_LANES, scores.shape[1] - start)
            best[:] = AWAY
            for m in range(member_at[language], member_at[language + 1]):
                row = scores[members[m], start : start + width]
                for lane in range(width):
                    value[lane] = row[lane]
                for j in range(k):
                    kept = best[j]
                    for lane in range(_LANES):
                        a = kept[lane]
                        b = value[lane]
                        kept[lane] = a if a > b else b
                        value[lane] = b if a > b else a
            for lane in range(width):
                total = np.float32(0)
                count = 0
                for j in range(k):
                    if best[j, lane] > AWAY / 2:
                        total += best[j, lane]
                        count += 1
                out[language, start + lane] = total / np.float32(max(count, 1))


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _largest(row):  # type: ignore[no-untyped-def]
    found = AWAY
    for i in range(len(row)):
        found = max(found, row[i])
    return found


@numba.njit(cache=True, nogil=True)
def nearest_of_words(block, units, error, words, of_unit, written, nearest, cosine):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """Take a block into the nearest token of some words: of all tokens, and of those that write another word.

    ``written``: whether the block may hold a token that writes the word; ``nearest`` int32 and ``cosine`` float64
    ``[2, u]`` are what was found so far. Of tokens nearer to each other than ``TOLERANCE`` the first stays.
    """
    for u in units:
        row = block.scores[u]
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


@numba.njit(cache=True, nogil=True)
def _sure(score, knn, allowed, variant, key, cosine, reach, bound):  # type: ignore[no-untyped-def]
    """How many tokens are surely nearer than a reference, ``[script or strong, cosine or csls, all or others]`` in a
    row, and whether any is neither nearer nor farther.
    """
    error = np.float32(bound)
    thrice = np.float32(3) * error
    found = np.zeros(8, np.int32)
    open_ = 0
    c = np.float32(cosine)
    r = np.float32(reach)
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0
    for i in range(len(score)):
        away = score[i] - c
        csls = np.float32(2) * away - (knn[i] - r)
        near = away > error
        nearer = csls > thrice
        other = variant[i] != key
        within = allowed[i]
        a0 += near & within
        a1 += near & within & other
        a2 += nearer & within
        a3 += nearer & within & other
        a4 += near
        a5 += near & other
        a6 += nearer
        a7 += nearer & other
        open_ += (abs(away) <= error) | (abs(csls) <= thrice)
    found[0], found[1], found[2], found[3] = a0, a1, a2, a3
    found[4], found[5], found[6], found[7] = a4, a5, a6, a7
    return found, open_


@numba.njit(cache=True, nogil=True)
def count_nearer(block, knn, chosen, asked, known, allowed, words, error, out):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """Add the tokens of a block that outrank each reference of the chosen questions.

    ``knn`` float32 ``[language, b]``; ``known``: tokens and keys of the words, cosine and r_S of each reference;
    ``allowed`` bool ``[language, b]``; out ``[reference, script or strong, cosine or csls, all or without variants]``.
    """
    rows = block.rows
    unit, source, target, reference_at, references = asked
    unit_rows, of_unit, reference_cosine, reference_knn = known
    # The bound, and the roundings of float32 sums and differences of k numbers below one.
    bound = error + (words.k + 16) * _UNIT
    for q in chosen:
        x = unit[q]
        s = source[q]
        t = target[q]
        for g in range(reference_at[q], reference_at[q + 1]):
            reference = references[g]
            for start in range(0, len(rows), 2 * _LANES):
                part = slice(start, min(start + 2 * _LANES, len(rows)))
                sure, unsure = _sure(
                    block.scores[x, part],
                    knn[s, part],
                    allowed[t, part],
                    block.variant[part],
                    of_unit[x],
                    reference_cosine[g],
                    reference_knn[g],
                    bound,
                )
                at = 0
                for kind in range(2):
                    for csls in range(2):
                        for others in range(2):
                            out[g, kind, csls, others] += sure[at]
                            at += 1
                if unsure == 0:
                    continue
                for i in range(part.start, part.stop):
                    if rows[i] == unit_rows[x] or rows[i] == unit_rows[reference]:
                        continue
                    away = block.scores[x, i] - np.float32(reference_cosine[g])
                    for csls in range(2):
                        difference = away
                        most = np.float32(bound)
                        if csls:
                            difference = np.float32(2) * away - (knn[s, i] - np.float32(reference_knn[g]))
                            most = np.float32(3) * np.float32(bound)
                        if abs(difference) > most:
                            continue
                        token = block.vectors[i], block.lengths[i], block.own[i]
                        sign = outranks(csls == 1, x, token, reference, s, words)
                        if sign > 0 or (sign == 0 and rows[i] < unit_rows[reference]):
                            other = block.variant[i] != of_unit[x]
                            out[g, 1, csls, 0] += 1
                            out[g, 1, csls, 1] += other
                            if allowed[t, i]:
                                out[g, 0, csls, 0] += 1
                                out[g, 0, csls, 1] += other
