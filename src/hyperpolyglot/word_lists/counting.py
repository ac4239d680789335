"""How much of a language's text the words make up that are, begin with or hold a string: for many strings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["Spelled", "Strings"]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Spelled:
    """Texts as code points uint32, one after the other; text ``i`` ends before ``ends[i]`` int64."""

    points: NDArray[np.uint32]
    ends: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each text begins."""
        return np.append(0, self.ends[:-1])

    @classmethod
    def of(cls, texts: Sequence[str]) -> Spelled:
        """The code points of some texts, surrogates included."""
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        return cls(points, np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts))))


class Strings:
    """Distinct strings that are looked up in words, in a table of their hashes."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._spelled = Spelled.of(strings)
        self._longest = max(map(len, strings), default=0)
        size = 1 << max(4, (4 * len(strings)).bit_length())
        self._table = _table(self._spelled.points, self._spelled.ends, np.full(size, -1, np.int32))
        self._size = len(strings)

    def shares(
        self, words: Spelled, shares: NDArray[np.float64], longer: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """By string, float64: the share of the words that it starts, and of those that hold it anywhere.

        Of the words that string ``i`` starts, those that are longer than it count ``longer[i]`` times.
        """
        starts, holds = np.zeros(self._size), np.zeros(self._size)
        _scan(
            self._spelled.points, self._spelled.ends, self._table, self._longest,
            words.points, words.ends, shares, longer, starts, holds,
        )  # fmt: skip
        return starts, holds

    def among(self, words: Spelled) -> NDArray[np.bool_]:
        """Which strings are one of the words, bool."""
        found = np.zeros(self._size, np.bool_)
        _look_up(self._spelled.points, self._spelled.ends, self._table, words.points, words.ends, found)
        return found


@numba.njit(cache=True, nogil=True)
def _hashed(before: Any, point: Any) -> Any:
    mixed = (before ^ np.uint64(point)) * _PRIME
    return mixed ^ (mixed >> _SHIFT)


@numba.njit(cache=True, nogil=True)
def _table(points: Any, ends: Any, table: Any) -> Any:
    mask = np.uint64(len(table) - 1)
    start = 0
    for i in range(len(ends)):
        code = np.uint64(0)
        for j in range(start, ends[i]):
            code = _hashed(code, points[j])
        slot = code & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = i
        start = ends[i]
    return table


@numba.njit(cache=True, nogil=True)
def _found(points: Any, ends: Any, table: Any, code: Any, words: Any, first: Any, after: Any) -> Any:
    mask = np.uint64(len(table) - 1)
    slot = code & mask
    while table[slot] >= 0:
        i = table[slot]
        start = ends[i - 1] if i else 0
        if ends[i] - start == after - first:
            same = True
            for j in range(after - first):
                if points[start + j] != words[first + j]:
                    same = False
                    break
            if same:
                return i
        slot = (slot + np.uint64(1)) & mask
    return -1


# More than seven parameters: compiled code of an inner loop, given one array for each thing it reads or writes.
@numba.njit(cache=True, nogil=True)
def _scan(
    points: Any, ends: Any, table: Any, longest: Any,
    words: Any, word_ends: Any, shares: Any, longer: Any, starts: Any, holds: Any,
) -> None:  # fmt: skip
    begin = 0
    for w in range(len(word_ends)):
        end = word_ends[w]
        for first in range(begin, end):
            code = np.uint64(0)
            for after in range(first + 1, min(end, first + longest) + 1):
                code = _hashed(code, words[after - 1])
                i = _found(points, ends, table, code, words, first, after)
                if i >= 0:
                    holds[i] += shares[w]
                    if first == begin:
                        starts[i] += shares[w] if after == end else longer[i] * shares[w]
        begin = end


@numba.njit(cache=True, nogil=True)
def _look_up(points: Any, ends: Any, table: Any, words: Any, word_ends: Any, found: Any) -> None:
    begin = 0
    for w in range(len(word_ends)):
        code = np.uint64(0)
        for j in range(begin, word_ends[w]):
            code = _hashed(code, words[j])
        i = _found(points, ends, table, code, words, begin, word_ends[w])
        if i >= 0:
            found[i] = True
        begin = word_ends[w]
