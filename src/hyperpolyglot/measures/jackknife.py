"""How sure a mean over tokens is that is made from their neighbours: the claim is about other vocabularies.

A token counts once itself and once in every list that holds it, so a mean over tokens varies more from vocabulary to
vocabulary than independent tokens would let it. Here every token is left out in turn (Efron and Stein 1981, Annals of
Statistics 9:586): its own value goes, and in each list that holds it the next neighbour takes its place. The last of
the k known neighbours is the one that moves up, so the error is that of the mean over k − 1.

Where tokens act together (two in one list hide each other), the jackknife's variance is too large, up to twice. So the
vocabulary is also split in halves at random, whose means differ by exactly what two vocabularies of half the size
differ by, and the error is scaled by what the jackknife says of the halves beside what they do (``correction``).

The population: vocabularies whose tokens are drawn like these, independently, from all that a tokenizer could have
taken. Not other training runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["correction", "error_of_moves", "left_out_error", "mean_interval"]

Means = Callable[[list[Any], NDArray[np.intp], bool], list[tuple[float, float | None]]]
"""Mean and, if asked for, error of each measure, of some neighbour lists ``[h, m + 1]`` and positions ``[h]``."""

_SPLITS, _SPLITS_OF_MANY, _MANY = 30, 12, 50_000
_LEAST_LISTED, _LEAST_TOKENS = 8, 100
LEAST_FACTOR, _LARGEST_FACTOR = 0.7, 1.2
"""Thirty halves say a variance to a quarter: the factor stays where simulations have found it."""


def left_out_error(
    base: Float64,
    change: Float32 | Float64,
    near: NDArray[np.integer],
    queries: NDArray[np.integer],
    size: int,
) -> float | None:
    """Standard error of the mean of ``base`` float64 ``[q]``, the values of tokens ``queries`` int ``[q]``.

    ``change`` ``[q, m]``: by how much a value changes where its neighbour ``near`` int ``[q, m]`` is left out.
    ``size``: tokens in all; ``queries`` and ``near`` are less. ``None`` for fewer than two queries.

    >>> alone = np.zeros((3, 1))
    >>> round(left_out_error(np.array([1.0, 2, 3]), alone, np.zeros((3, 1), int), np.arange(3), 3), 4)
    0.5774
    """
    return error_of_moves(
        base, np.bincount(near.ravel(), weights=change.ravel(), minlength=size), queries, size
    )


def error_of_moves(base: Float64, moved: Array, queries: NDArray[np.integer], size: int) -> float | None:
    """The same, where ``moved`` ``[size]`` says by how much the sum of ``base`` changes without each token."""
    q = len(base)
    if q < 2:
        return None
    moved = moved / q
    own = base - base.mean()
    # without token i: (S − base_i + Σ change)/(q − 1), less the mean
    moved[queries] = (moved[queries] * q - own) / (q - 1)
    touched = moved[moved != 0]
    spread = float((touched**2).sum()) - float(touched.sum()) ** 2 / size
    return float(np.sqrt(max(0.0, spread) * (size - 1) / size))


def correction(
    tables: Sequence[NDArray[np.integer]],
    queries: NDArray[np.integer],
    size: int,
    means: Means,
    measures: int,
    least: float | Float64 = LEAST_FACTOR,
) -> list[float]:
    """Factors of the errors of ``means``, one for each of its ``measures``; NaN where a half has no value of it.

    ``tables``: neighbours ``[q, k]`` of ``queries`` in one model or several, all less than ``size``. One where k is
    less than 28 or there are fewer than 100 queries: halves hold too little then.
    """
    k = tables[0].shape[1]
    listed = int(k / 2 - np.sqrt(k))
    if listed < _LEAST_LISTED or len(queries) < _LEAST_TOKENS:
        return [1.0] * measures
    random = np.random.default_rng(0)
    differences, expected = [], []
    with ThreadPoolExecutor(min(2, usable_threads(None))) as threads:
        for split in range(_SPLITS if len(queries) <= _MANY else _SPLITS_OF_MANY):
            side = np.zeros(size, bool)
            side[random.permutation(size)[: size // 2]] = True
            of_side = partial(_half, tables, queries, listed=listed, means=means, with_error=split < 2)
            halves = list(threads.map(of_side, (side, ~side)))
            if any(half is None for half in halves):
                return [1.0] * measures
            first, second = (np.array([mean for mean, _ in half or []]) for half in halves)
            differences.append((first - second) ** 2 / 2)
            if split < 2:
                expected += [
                    [np.nan if error is None else error for _, error in half or []] for half in halves
                ]
    by_jackknife = (np.array(expected) ** 2).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.mean(differences, axis=0) / by_jackknife
    factors = np.sqrt(np.clip(ratio, least, _LARGEST_FACTOR))
    return [float(factor) for factor in np.where(by_jackknife == 0, 1.0, factors)]


@numba.njit(cache=True, nogil=True)
def _first_kept(table, own, kept, first, enough):  # type: ignore[no-untyped-def]
    """The first kept neighbours of rows ``own``, int ``[own, m]``; ``enough`` is false where there are fewer."""
    for i in range(len(own)):
        row = table[own[i]]
        count = 0
        for j in range(len(row)):
            if kept[row[j]]:
                first[i, count] = row[j]
                count += 1
                if count == first.shape[1]:
                    break
        if count < first.shape[1]:
            enough[i] = False


def _half(
    tables: Sequence[NDArray[np.integer]],
    queries: NDArray[np.integer],
    kept: NDArray[np.bool_],
    listed: int,
    means: Means,
    with_error: bool,
) -> list[tuple[float, float | None]] | None:
    """The measures of the tokens of one half, with their ``listed`` nearest of that half and the one that follows."""
    own = np.flatnonzero(kept[queries])
    enough = np.ones(len(own), bool)
    lists = []
    for table in tables:
        first = np.empty((len(own), listed + 1), table.dtype)
        _first_kept(table, own, kept, first, enough)
        lists.append(first)
    if not enough.all():
        own, lists = own[enough], [first[enough] for first in lists]
    if len(own) < 2:
        return None
    return means(lists, own, with_error)


def mean_interval(
    value: float, error: float | None, units: int, *, most: float = np.inf, level: float = 0.95
) -> Interval | None:
    """``value`` ± Student's t with ``units`` − 1 degrees times ``error``, within 0…``most``; ``None`` without one."""
    if error is None or units < 2:
        return None
    margin = float(stdtrit(units - 1, (1 + level) / 2)) * error
    return max(0.0, value - margin), min(most, value + margin)
