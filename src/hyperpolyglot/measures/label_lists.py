"""The labels of tokens and of their neighbours, and how numbers of them change where a neighbour is left out."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32, Float64

__all__ = ["LabelLists", "tallied"]


def tallied(near: NDArray[np.integer], labels: int) -> NDArray[np.int32]:
    """How many neighbours of every label a token has: int32 ``[q, labels]``."""
    found = np.zeros((len(near), labels), np.int32)
    _tally(np.ascontiguousarray(near), found)
    return found


@dataclass(frozen=True, slots=True)
class LabelLists:
    """Labels of the k nearest, int ``[q, k]``, −1 for none, and of the tokens themselves, int ``[q]``."""

    near: NDArray[np.integer]
    own: NDArray[np.int64]
    labels: int
    with_own: bool

    @property
    def tally(self) -> NDArray[np.int32]:
        """How many neighbours of every label a token has, int32 ``[q, labels]``."""
        return tallied(self.near, self.labels)

    def first(self, k: int) -> LabelLists:
        """The lists of the k nearest."""
        return LabelLists(self.near[:, :k], self.own, self.labels, self.with_own)

    def distinct(self) -> NDArray[np.int64]:
        """Distinct labels of every list, int64 ``[q]``."""
        found = np.zeros(len(self.near), np.int64)
        _count_distinct(self.near, self.own, self.labels, self.with_own, found)
        return found

    def own_share(self) -> Float64:
        """Share of labelled neighbours with the token's own label, float64 ``[q]``; NaN where there is none."""
        same, labelled = np.zeros(len(self.near), np.int64), np.zeros(len(self.near), np.int64)
        _count_own(self.near, self.own, same, labelled)
        known = (self.own >= 0) & (labelled > 0)
        return np.where(known, same / np.maximum(labelled, 1), np.nan)

    def replaced(self) -> tuple[tuple[Float64, Float32], tuple[Float64, Float32]]:
        """Distinct labels and own share over all neighbours but the last, float64 ``[q]``, and their changes.

        Changes float32 ``[q, k − 1]``: where one neighbour is left out and the last one takes its place.
        """
        q, k = self.near.shape
        bases: Float64 = np.empty((2, q))
        changes = np.empty((2, q, k - 1), np.float32)
        _replace(self.near, self.own, self.labels, self.with_own, bases, changes)
        return (bases[0], changes[0]), (bases[1], changes[1])


@numba.njit(cache=True, nogil=True)
def _tally(near, found):  # type: ignore[no-untyped-def]
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            if near[i, j] >= 0:
                found[i, near[i, j]] += 1


@numba.njit(cache=True, nogil=True)
def _count_distinct(near, own, labels, with_own, found):  # type: ignore[no-untyped-def]
    seen_at = np.full(labels, -1, np.int64)
    for i in range(near.shape[0]):
        count = 0
        if with_own and own[i] >= 0:
            seen_at[own[i]] = i
            count = 1
        for j in range(near.shape[1]):
            label = near[i, j]
            if label >= 0 and seen_at[label] != i:
                seen_at[label] = i
                count += 1
        found[i] = count


@numba.njit(cache=True, nogil=True)
def _count_own(near, own, same, labelled):  # type: ignore[no-untyped-def]
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            if near[i, j] >= 0:
                labelled[i] += 1
                same[i] += near[i, j] == own[i]


@numba.njit(cache=True, nogil=True)
def _replace(near, own, labels, with_own, bases, changes):  # type: ignore[no-untyped-def]
    q, k = near.shape
    times = np.zeros(labels, np.int64)
    for i in range(q):
        distinct, labelled, same = 0, 0, 0
        if with_own and own[i] >= 0:
            times[own[i]] = k
            distinct = 1
        for j in range(k):
            label = near[i, j]
            if label >= 0:
                distinct += times[label] == 0
                times[label] += 1
                labelled += 1
                same += label == own[i]
        last = near[i, k - 1]
        alone_last = 1 if last >= 0 and times[last] == 1 else 0
        bases[0, i] = distinct - alone_last
        share_last = _share(same, labelled, last, own[i])
        bases[1, i] = share_last
        for j in range(k - 1):
            label = near[i, j]
            alone = 1 if label >= 0 and times[label] == 1 else 0
            changes[0, i, j] = alone_last - alone
            changes[1, i, j] = _share(same, labelled, label, own[i]) - share_last
        for j in range(k):
            if near[i, j] >= 0:
                times[near[i, j]] = 0
        if own[i] >= 0:
            times[own[i]] = 0


@numba.njit(cache=True, nogil=True)
def _share(same, labelled, label, own):  # type: ignore[no-untyped-def]
    """The own share of a list without one of its neighbours, which has ``label``."""
    others = labelled - (label >= 0)
    if own < 0 or others <= 0:
        return np.nan
    return (same - (label >= 0 and label == own)) / others
