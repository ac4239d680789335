"""Strings by the votes of their characters: which value most of them have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Array

__all__ = ["characters", "majority"]

_MOST_CHARACTERS = 1 << 20
_MOST_VALUES = 1 << 12


def characters(
    texts: Sequence[str],
) -> Iterator[tuple[slice, NDArray[np.uint32], NDArray[np.int64]]]:
    """Runs of strings of about a million characters, so that memory does not grow with their number.

    Gives which strings, their code points one after the other, and how many each has.
    """
    lengths = np.fromiter((len(t) for t in texts), np.int64, len(texts))
    run = np.cumsum(lengths) // _MOST_CHARACTERS
    edges = [0, *(np.flatnonzero(np.diff(run)) + 1).tolist(), len(lengths)]
    for start, end in pairwise(edges):
        if end > start:
            encoded = "".join(texts[start:end]).encode("utf-32-le", "surrogatepass")
            yield slice(start, end), np.frombuffer(encoded, np.uint32), lengths[start:end]


def majority(owner: NDArray[np.int64], value: Array, size: int) -> NDArray[np.int16]:
    """The value that most characters of a string have, int16 ``[size]``; a tie goes to the one met first.

    ``owner`` ``[character]``: the string that it is of; ``value``: 0 … 4,095; −1 for a string without any.

    >>> majority(np.array([0, 0, 0, 2, 2]), np.array([7, 5, 5, 9, 8]), 3).tolist()
    [5, -1, 9]
    """
    result = np.full(size, -1, np.int16)
    if not len(owner):
        return result
    pair, first, count = np.unique(owner * _MOST_VALUES + value, return_index=True, return_counts=True)
    best = np.lexsort((first, -count, pair // _MOST_VALUES))
    owners, position = np.unique(pair[best] // _MOST_VALUES, return_index=True)
    result[owners] = pair[best][position] % _MOST_VALUES
    return result
