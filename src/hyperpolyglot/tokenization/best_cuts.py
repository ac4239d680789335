"""The best cuts of many words at once: Viterbi's recursion over the characters of each (Kudo 2018), compiled.

The definition is ``Segmenter._best``, of which this gives the same parts: the largest sum of scores, of equal sums the
one whose last part is the shortest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float64, Int64

__all__ = ["best_cuts"]

_OFFSET, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)


class _Texts(NamedTuple):
    """Strings of bytes: the i-th is ``data[at[i]:at[i + 1]]``."""

    data: NDArray[np.uint8]
    at: Int64


def _texts(words: Sequence[bytes]) -> _Texts:
    at = np.concatenate([[0], np.cumsum([len(word) for word in words])]).astype(np.int64)
    return _Texts(np.frombuffer(b"".join(words), np.uint8), at)


@numba.njit(cache=True, nogil=True)
def _table(pieces, slots):  # type: ignore[no-untyped-def]
    """Where each piece is found: open addressing by FNV-1a, −1 for a free slot."""
    for piece in range(len(pieces.at) - 1):
        key = _OFFSET
        for i in range(pieces.at[piece], pieces.at[piece + 1]):
            key = (key ^ np.uint64(pieces.data[i])) * _PRIME
        slot = np.int64(key & np.uint64(len(slots) - 1))
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = piece


@numba.njit(cache=True, nogil=True)
def _find(key, data, start, end, pieces, slots):  # type: ignore[no-untyped-def]
    slot = np.int64(key & np.uint64(len(slots) - 1))
    while slots[slot] >= 0:
        piece = slots[slot]
        first = pieces.at[piece]
        if pieces.at[piece + 1] - first == end - start:
            same = True
            for i in range(end - start):
                if pieces.data[first + i] != data[start + i]:
                    same = False
                    break
            if same:
                return piece
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@numba.njit(cache=True, nogil=True)
def _cut(words, pieces, slots, scores, limits, starts):  # type: ignore[no-untyped-def]
    """Where each part begins, written at its last byte: ``starts`` int64 ``[bytes]``, true along the best path."""
    longest, worst = limits
    data = words.data
    for w in range(len(words.at) - 1):
        begin, over = words.at[w], words.at[w + 1]
        best = np.full(over - begin + 1, -np.inf)
        best[0] = 0.0
        for start in range(begin, over):
            if data[start] & 0xC0 == 0x80:
                continue
            key = _OFFSET
            alone = True
            for end in range(start + 1, over + 1):
                key = (key ^ np.uint64(data[end - 1])) * _PRIME
                if end < over and data[end] & 0xC0 == 0x80:
                    continue
                if end - start > longest and not alone:
                    break
                piece = _find(key, data, start, end, pieces, slots)
                if piece >= 0 or alone:
                    value = best[start - begin] + (scores[piece] if piece >= 0 else worst)
                    if value >= best[end - begin]:
                        best[end - begin] = value
                        starts[end - 1] = start
                alone = False


def best_cuts(
    words: Sequence[bytes], scores: Mapping[bytes, float], longest: int, worst: float
) -> list[list[bytes]]:
    """The parts of each word, valid UTF-8, as ``Segmenter._best`` finds them one by one.

    >>> best_cuts([b"abab"], {b"a": -2.0, b"b": -2.0, b"ab": -3.0}, 2, -13.0)
    [[b'ab', b'ab']]
    """
    pieces, texts = _texts(list(scores)), _texts(words)
    slots = np.full(1 << (2 * len(scores) + 1).bit_length(), -1, np.int64)
    _table(pieces, slots)
    values: Float64 = np.fromiter(scores.values(), np.float64, len(scores))
    starts = np.zeros(len(texts.data), np.int64)
    _cut(texts, pieces, slots, values, (longest, worst), starts)
    places, result = starts.tolist(), []
    for word, begin in zip(words, texts.at.tolist(), strict=False):
        parts, end = [], len(word)
        while end:
            start = places[begin + end - 1] - begin
            parts.append(word[start:end])
            end = start
        result.append(parts[::-1])
    return result
