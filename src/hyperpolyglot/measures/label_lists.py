"""The labels of tokens and of their neighbours, and how numbers of them change where a neighbour is left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32, Float64

__all__ = ["LabelLists", "tallied"]

_BLOCK = 1 << 14


def tallied(near: NDArray[np.integer], labels: int) -> NDArray[np.int32]:
    """How many neighbours of every label a token has: int32 ``[q, labels]``."""
    q = len(near)
    flat = np.arange(q, dtype=np.int64)[:, None] * (labels + 1) + near + 1
    return (
        np.bincount(flat.ravel(), minlength=q * (labels + 1)).reshape(q, labels + 1)[:, 1:].astype(np.int32)
    )


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
        present = self.tally > 0
        if self.with_own:
            known = np.flatnonzero(self.own >= 0)
            present[known, self.own[known]] = True
        return np.asarray(present.sum(axis=1), np.int64)

    def own_share(self) -> Float64:
        """Share of labelled neighbours with the token's own label, float64 ``[q]``; NaN where there is none."""
        tally = self.tally
        labelled = tally.sum(axis=1)
        usable = (self.own >= 0) & (labelled > 0)
        share = np.full(len(self.own), np.nan)
        rows = np.flatnonzero(usable)
        share[rows] = tally[rows, self.own[rows]] / labelled[rows]
        return share

    def replaced(self) -> tuple[tuple[Float64, Float32], tuple[Float64, Float32]]:
        """Distinct labels and own share over all neighbours but the last, float64 ``[q]``, and their changes.

        Changes float32 ``[q, k − 1]``: where one neighbour is left out and the last one takes its place.
        """
        q, k = self.near.shape
        bases: Float64 = np.empty((2, q))
        changes = np.empty((2, q, k - 1), np.float32)
        for start in range(0, q, _BLOCK):
            part = slice(start, start + _BLOCK)
            lists = LabelLists(self.near[part], self.own[part], self.labels, self.with_own)
            for kind, (base, change) in enumerate(lists._replaced()):
                bases[kind, part], changes[kind, part] = base, change
        return (bases[0], changes[0]), (bases[1], changes[1])

    def _replaced(self) -> tuple[tuple[Float64, Float64], tuple[Float64, Float64]]:
        q = len(self.near)
        row, near = np.arange(q)[:, None], self.near.astype(np.int64)
        tally = np.concatenate([self.tally, np.zeros((q, 1), np.int32)], axis=1)
        alone = (tally[row, near] == 1) & (near >= 0)
        if self.with_own:
            alone &= near != self.own[:, None]
        alone = alone.astype(np.float64)
        base = self.distinct() - alone[:, -1]
        labelled, same = (near >= 0).astype(np.float64), (near >= 0) & (near == self.own[:, None])
        marked = same.astype(np.float64)
        sums = marked.sum(axis=1, keepdims=True) - marked, labelled.sum(axis=1, keepdims=True) - labelled
        share = np.where(self.own[:, None] >= 0, sums[0] / np.where(sums[1] > 0, sums[1], np.nan), np.nan)
        return (base, alone[:, -1:] - alone[:, :-1]), (share[:, -1], share[:, :-1] - share[:, -1:])
