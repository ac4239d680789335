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
from scipy.sparse import csr_matrix, vstack

from hyperpolyglot.applications.transplantation.pursuit import matching_pursuit
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.measures.comparison.transfer import linear_map, orthogonal_map
from hyperpolyglot.types import Array, Float32, Int64, Progress

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
def _threshold(row, kept):  # type: ignore[no-untyped-def]
    """What is taken off every score of a row: one pass that only raises it, then what it left behind is taken out.

    Condat 2016, Mathematical Programming 158:575. ``kept`` float64 ``[2, n]``: room.
    """
    kept[0, 0], count, waiting = row[0], 1, 0
    threshold = kept[0, 0] - 1.0
    for m in range(1, len(row)):
        score = np.float64(row[m])
        if score > threshold:
            threshold += (score - threshold) / (count + 1)
            if threshold <= score - 1.0:
                kept[1, waiting : waiting + count] = kept[0, :count]
                waiting, count, threshold = waiting + count, 0, score - 1.0
            kept[0, count] = score
            count += 1
    for m in range(waiting):
        if kept[1, m] > threshold:
            kept[0, count] = kept[1, m]
            count += 1
            threshold += (kept[1, m] - threshold) / count
    before = -1
    while count != before:
        before, total, count = count, 0.0, 0
        for m in range(before):
            if kept[0, m] > threshold:
                kept[0, count] = kept[0, m]
                total += kept[0, m]
                count += 1
        threshold = (total - 1.0) / max(count, 1)
    return threshold


@numba.njit(cache=True, nogil=True)
def _sparsemax(scores, starts, places, weights):  # type: ignore[no-untyped-def]
    """The weights above zero of rows, one after another; the number of rows for which there was room."""
    kept, found = np.empty((2, scores.shape[1])), 0
    for i in range(len(scores)):
        if found + scores.shape[1] > len(places):
            return i
        threshold = _threshold(scores[i], kept)
        for j in range(scores.shape[1]):
            if scores[i, j] > threshold:
                places[found], weights[found] = j, scores[i, j] - threshold
                found += 1
        starts[i + 1] = found
    return len(scores)


def sparsemax(scores: Array) -> csr_matrix:
    """The point of the simplex nearest to each row ``[m, n]`` (Martins and Astudillo 2016), float64.

    >>> sparsemax(np.array([[0.5, 0.3, -2.0]])).toarray().round(6).tolist()
    [[0.6, 0.4, 0.0]]
    """
    parts: list[csr_matrix] = []
    width, room, done = scores.shape[1], 8 * scores.shape[1], 0
    while done < len(scores):
        starts = np.zeros(len(scores) - done + 1, np.int32)
        places, weights = np.empty(room, np.int32), np.empty(room)
        count = _sparsemax(scores[done:], starts, places, weights)
        parts.append(csr_matrix((weights, places, starts[: count + 1]), (count, width)))
        done += count
    return vstack(parts, format="csr")


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
        out[rows] = sparsemax(unit_rows(auxiliary[rows]) @ units.T) @ source
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
