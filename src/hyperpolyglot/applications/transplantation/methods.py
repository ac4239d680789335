"""Vectors for new tokens, from those of anchors: tokens that have a vector in both tables.

``ridge`` and ``procrustes`` learn a map from the auxiliary table to the source's (as ``compare`` does). ``focus``: a
convex combination of the anchors' source vectors, weighted by the sparsemax of auxiliary cosines (Dobler and de Melo
2023, EMNLP). ``omp``: the anchors and coefficients by which orthogonal matching pursuit rebuilds the auxiliary vector,
put on the anchors' source vectors (as mergekit's tokensurgeon does).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_matrix

from hyperpolyglot.applications.transplantation.pursuit import matching_pursuit
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.measures.comparison.transfer import linear_map, orthogonal_map
from hyperpolyglot.types import Array, Float32, Float64, Int64, Progress

__all__ = ["LEARNT", "Anchors", "sparsemax"]

_BLOCK, _ROWS = 256, 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """The tokens to learn from: ``auxiliary`` float32 ``[n, a]`` and ``source`` float32 ``[n, d]`` of each.

    ``atoms``: how many anchors matching pursuit puts together; ``drawn``: those that vectors are put together from,
    ``None`` for all. Maps learn from all.
    """

    auxiliary: Float32
    source: Float32
    atoms: int
    drawn: Int64 | None = None

    def few(self) -> tuple[Float32, Float32]:
        """Auxiliary and source vectors of those that were drawn."""
        if self.drawn is None:
            return self.auxiliary, self.source
        return self.auxiliary[self.drawn], self.source[self.drawn]


@numba.njit(cache=True, nogil=True)
def _sparsemax(scores, out):  # type: ignore[no-untyped-def]
    for i in range(len(scores)):
        row = scores[i]
        least = row.max() - 1.0
        threshold, before = least, -1
        while True:  # Michelot's projection: the threshold rises until its support no longer shrinks
            total, count = 0.0, 0
            for value in row:
                if value > threshold:
                    total += value
                    count += 1
            if count == before:
                break
            threshold, before = (total - 1.0) / count, count
        for j in range(len(row)):
            out[i, j] = max(row[j] - threshold, 0.0)


def sparsemax(scores: Array) -> Float64:
    """The point of the simplex nearest to each row (Martins and Astudillo 2016), float64 ``[m, n]``.

    >>> sparsemax(np.array([[0.5, 0.3, -2.0]])).round(6).tolist()
    [[0.6, 0.4, 0.0]]
    """
    scores = np.ascontiguousarray(scores, np.float64)
    out = np.empty_like(scores)
    _sparsemax(scores, out)
    return out


def _ridge(auxiliary: Float32, anchors: Anchors, progress: Progress) -> Float32:
    return _mapped(auxiliary, linear_map(anchors.auxiliary, anchors.source))


def _procrustes(auxiliary: Float32, anchors: Anchors, progress: Progress) -> Float32:
    return _mapped(auxiliary, orthogonal_map(anchors.auxiliary, anchors.source))


def _mapped(auxiliary: Float32, found: Any) -> Float32:
    out = np.empty((len(auxiliary), len(found.target)), np.float32)
    for start in range(0, len(out), _ROWS):
        rows = slice(start, start + _ROWS)
        out[rows] = found.target + found.predicted(auxiliary[rows])
    return out


def _focus(auxiliary: Float32, anchors: Anchors, progress: Progress) -> Float32:
    theirs, source = anchors.few()
    units = unit_rows(theirs)
    out = np.empty((len(auxiliary), source.shape[1]), np.float32)
    for start in range(0, len(auxiliary), _BLOCK):
        rows = slice(start, start + _BLOCK)
        weights = csr_matrix(sparsemax(unit_rows(auxiliary[rows]) @ units.T))
        out[rows] = weights @ source
        progress("focus", min(start + _BLOCK, len(out)), len(out))
    return out


def _omp(auxiliary: Float32, anchors: Anchors, progress: Progress) -> Float32:
    theirs, source = anchors.few()
    out = np.empty((len(auxiliary), source.shape[1]), np.float32)
    for rows, chosen, by in matching_pursuit(auxiliary, theirs, anchors.atoms):
        count, atoms = chosen.shape
        places = np.maximum(chosen, 0).ravel(), np.arange(0, count * atoms + 1, atoms)
        out[rows] = csr_matrix((by.ravel(), *places), (count, len(source))) @ source
        progress("omp", rows.stop, len(out))
    return out


LEARNT: dict[str, Callable[[Float32, Anchors, Progress], Float32]] = {
    "ridge": _ridge,
    "procrustes": _procrustes,
    "focus": _focus,
    "omp": _omp,
}
"""Methods by name: the vectors of some tokens from their auxiliary vectors ``[m, a]``, float32 ``[m, d]``."""
