"""The point with the largest absolute inner product with each of some vectors, exactly; of equal ones the first.

Products of int8 rows (of float32 rows where int8 ones are slow) are a filter: the cosine v of a pair is off by at most
c_i + c_j (``docs/engine.md``, steps 1 to 4, with μ = 0). Points x_j are less their mean μ there, so that x_i·x_j lies
within |x_i||x_j − μ|(v ± (c_i + c_j)) + x_i·μ. A point is valued in float64 where the upper end of its absolute product
reaches the largest lower end of all that were met.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.kernels.microkernel import lowest_bit
from hyperpolyglot.engine.kernels.operands import FP32, INT8, Panels, absolute_tile
from hyperpolyglot.engine.kernels.panels import aligned, pack
from hyperpolyglot.engine.kernels.selftest import MAX_INT8_DIM, int8_is_fast
from hyperpolyglot.engine.processor import COLUMNS, ROWS, usable_threads
from hyperpolyglot.engine.rounding.bound import U
from hyperpolyglot.engine.rounding.int8 import Quantised, Rotation, int8_rows, quantise, rotation
from hyperpolyglot.types import Float32, Float64, Int64

__all__ = ["LargestProducts", "Searcher"]

_SIGNS = np.int32(-0x7F7F7F80)  # 0x80808080: four int8 become their values + 128
_ROOM, _LIKELY, _MET = 512, 4, 2048
_SLACK = 16 * U
"""More than the float32 roundings of the ends, in units of the lengths."""
_SHORT = 1e-30
"""Points shorter than this share of the longest have errors as if they were as long: nothing vanishes in float32."""


class _Points(NamedTuple):
    """``rows`` float32 ``[n, d]``; ``terms`` float32 ``[panel, 3, COLUMNS]``: what a sum is multiplied by, the error,
    and a threshold that always holds; ``mean`` float64 ``[d]``; ``rotation`` and ``balance`` are those of int8 rows.
    Lengths are those of rows less the mean, in units of ``unit``, so that none is above one.
    """

    kind: int
    words: int
    rows: Float32
    terms: Float32
    mean: Float64
    rotation: Rotation
    balance: float
    unit: float


class _Work(NamedTuple):
    """What one thread works in. ``values``: the rounded vectors; ``order``: 0, 1, 2, …

    ``terms`` float64 ``[m, 4]``: scale, error beyond ``balance`` (which is counted with the points), largest lower end
    and shift (x·μ) of each; ``found`` int64 ``[m]``: how many points may be the largest, −1 where they were too many,
    ``points`` int32 and ``ends`` float32 ``[m, room]``; ``last`` int64 ``[m, 4]``: those with the largest products
    ``likely``; ``hits`` int32 ``[3, …]``: vector, point and sum of products that reached a threshold.
    """

    panels: Panels
    values: Quantised
    order: NDArray[np.int32]
    terms: Float64
    found: Int64
    points: NDArray[np.int32]
    ends: Float32
    likely: Float64
    last: Int64
    hits: NDArray[np.int32]


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _product(point, vector):  # type: ignore[no-untyped-def]
    """The inner product in float64, added up in the same order for every point."""
    total = 0.0
    for m in range(len(vector)):
        total += np.float64(point[m]) * vector[m]
    return total


@numba.njit(cache=True, nogil=True)
def _round_vectors(points, work, vectors, lengths):  # type: ignore[no-untyped-def]
    """Fill the panels, scales and errors of some vectors; those of length zero search nothing."""
    values, panels, terms = work.values, work.panels, work.terms
    count = len(vectors)
    for i in range(count):
        work.found[i] = 0
        terms[i, 2] = -np.inf if lengths[i] > 0 else np.inf
        if lengths[i] == 0:
            terms[i, 0], terms[i, 1], terms[i, 3] = 1.0, 0.0, 0.0
            values.values[i] = 0
            panels.start[i] = 0
        elif points.kind == INT8:
            quantise(vectors, lengths, i, i + 1, points.rotation, values)
            scale, _, lost, length, total, _ = values.measured[i]
            error = (lost * lost / points.balance + points.balance * length * length + lost * lost) / 2
            terms[i, 0] = np.float32(scale)
            error += U * (2.1 * (length + lost) ** 2 + 4) + _SLACK
            terms[i, 1] = max(error - points.balance, 0.0)
            panels.start[i] = np.int32(-128 * total)
        else:
            floats = values.values[i].view(np.float32)
            for m in range(vectors.shape[1]):
                floats[m] = vectors[i, m] / lengths[i]
            terms[i, 0], terms[i, 1] = 1.0, (vectors.shape[1] + 12) * U + _SLACK
        if lengths[i] > 0:
            terms[i, 3] = _product(points.mean, vectors[i]) / (lengths[i] * points.unit)
            terms[i, 1] += 8 * U * abs(terms[i, 3])
    words = values.values.view(np.int32)
    pack(words, work.order, 0, count, ROWS, np.int32(0), panels.rows)


@numba.njit(cache=True, nogil=True)
def _is_taken(taken, i, point):  # type: ignore[no-untyped-def]
    found = False
    for m in range(taken.shape[1]):
        found |= taken[i, m] == point
    return found


@numba.njit(cache=True, nogil=True)
def _keep(work, i, point, end):  # type: ignore[no-untyped-def]
    """Add a point to what may be the largest; where there is no room, those that cannot be any more go first."""
    count = work.found[i]
    if count == _ROOM:
        kept = 0
        for m in range(count):
            if work.ends[i, m] >= work.terms[i, 2]:
                work.points[i, kept], work.ends[i, kept] = work.points[i, m], work.ends[i, m]
                kept += 1
        count = kept
    if count == _ROOM:
        work.found[i], work.terms[i, 2] = -1, np.inf
        return
    work.points[i, count], work.ends[i, count] = point, end
    work.found[i] = count + 1


@numba.njit(cache=True, nogil=True)
def _note(points, work, count, hits, taken):  # type: ignore[no-untyped-def]
    """Look at products that reached a threshold, and raise thresholds to the largest lower ends."""
    integer, floats = points.kind == INT8, hits[2].view(np.float32)
    for m in range(count):
        i, column, c = np.int64(hits[0, m]), hits[1, m] // COLUMNS, hits[1, m] % COLUMNS
        product = np.float64(hits[2, m]) if integer else np.float64(floats[m])
        middle = abs(work.terms[i, 0] * product * np.float64(points.terms[column, 0, c]) + work.terms[i, 3])
        reach = work.terms[i, 1] + np.float64(points.terms[column, 1, c])
        least = work.terms[i, 2]
        if middle + reach < least or _is_taken(taken, i, hits[1, m]):
            continue
        work.terms[i, 2] = max(least, middle - reach)
        _keep(work, i, hits[1, m], np.float32(middle + reach) * np.float32(1 + 1e-6))
        if work.terms[i, 2] > least:
            work.panels.row_terms[i // ROWS, 2, i % ROWS] = _below(work.terms[i, 2])


@numba.njit(cache=True, nogil=True)
def _sweep(points, work, count, taken):  # type: ignore[no-untyped-def]
    sums, masks = np.empty((ROWS, COLUMNS), np.int32), np.empty(ROWS, np.int32)
    hits, met = work.hits, np.int64(0)
    for column in range(len(points.terms)):
        for panel in range((count + ROWS - 1) // ROWS):
            if absolute_tile(points.kind, panel, column, points.words, work.panels, sums, masks) == 0:
                continue
            for r in range(ROWS):
                mask = np.int64(masks[r]) & 0xFFFFFFFF
                while mask != 0:
                    c = lowest_bit(mask)
                    mask &= mask - 1
                    hits[0, met], hits[1, met] = panel * ROWS + r, column * COLUMNS + c
                    hits[2, met] = sums[r, c]
                    met += 1
        if met > _MET:
            _note(points, work, met, hits, taken)
            met = np.int64(0)
    _note(points, work, met, hits, taken)


@numba.njit(cache=True, nogil=True)
def _below(value):  # type: ignore[no-untyped-def]
    """A threshold in float32 for what is at least a value, which may be infinite."""
    return np.float32(value - abs(value) * 1e-6) if abs(value) < np.inf else np.float32(value)


@numba.njit(cache=True, nogil=True)
def _remember(work, i, point, product):  # type: ignore[no-untyped-def]
    """Keep the points with the largest products: they are likely to have large ones with what is searched next."""
    least = work.likely[i, 0]
    place = 0
    for m in range(1, work.likely.shape[1]):
        if work.likely[i, m] < least:
            least, place = work.likely[i, m], m
    if product > least:
        work.likely[i, place], work.last[i, place] = product, point


@numba.njit(cache=True, nogil=True)
def _guess(points, work, vectors, lengths, taken):  # type: ignore[no-untyped-def]
    """Begin with the largest product of the points that were likely last time: the largest is not less."""
    for i in range(len(vectors)):
        for m in range(work.last.shape[1]):
            point = work.last[i, m]
            if point >= 0 and lengths[i] > 0 and not _is_taken(taken, i, point):
                product = abs(_product(points.rows[point], vectors[i]))
                least = product / (lengths[i] * points.unit) * (1 - 1e-6)
                work.terms[i, 2] = max(work.terms[i, 2], least)
        work.last[i] = -1
        work.likely[i] = -1.0


@numba.njit(cache=True, nogil=True)
def _settle(points, work, vectors, lengths, taken, out):  # type: ignore[no-untyped-def]
    """The largest in float64 of the points that may be it, of all where they were too many."""
    for i in range(len(vectors)):
        most, count = -1.0, work.found[i]
        out[i] = -1
        if count < 0:
            for point in range(len(points.rows)):
                if not _is_taken(taken, i, point):
                    product = abs(_product(points.rows[point], vectors[i]))
                    if product > most:
                        most, out[i] = product, point
        least, unit = work.terms[i, 2], lengths[i] * points.unit
        if count > 0:  # the most likely one tells more closely what can be larger
            likely = work.points[i, work.ends[i, :count].argmax()]
            least = max(least, abs(_product(points.rows[likely], vectors[i])) / unit * (1 - 1e-6))
        for m in range(count):
            if work.ends[i, m] >= least:
                place = work.points[i, m]
                product = abs(_product(points.rows[place], vectors[i]))
                _remember(work, i, place, product)
                if product > most:
                    most, out[i] = product, place


@numba.njit(cache=True, nogil=True)
def _begin(points, work, vectors, lengths, taken):  # type: ignore[no-untyped-def]
    """Fill the panels of rows, and what they are compared by."""
    count, terms, rows = len(vectors), work.terms, work.panels.row_terms
    _round_vectors(points, work, vectors, lengths)
    _guess(points, work, vectors, lengths, taken)
    for i in range(rows.shape[0] * ROWS):
        panel, r = i // ROWS, i % ROWS
        rows[panel, 0, r] = terms[i, 0] if i < count else 0
        rows[panel, 1, r] = terms[i, 1] if i < count else 0
        rows[panel, 3, r] = terms[i, 3] if i < count else 0
        rows[panel, 2, r] = _below(terms[i, 2]) if i < count and terms[i, 2] < np.inf else np.inf


@numba.njit(cache=True, nogil=True)
def _largest(points, work, vectors, lengths, taken, out):  # type: ignore[no-untyped-def]
    _begin(points, work, vectors, lengths, taken)
    _sweep(points, work, len(vectors), taken)
    _settle(points, work, vectors, lengths, taken, out)


@dataclass(frozen=True, slots=True)
class Searcher:
    """A search for up to ``most`` vectors at a time, for one thread."""

    points: _Points
    work: _Work

    def __call__(self, vectors: Float64, lengths: Float64, taken: Int64, out: Int64) -> None:
        """Put the position of the point with the largest absolute product with each vector into ``out`` int64 ``[m]``.

        ``vectors`` float64 ``[m, d]`` of Euclidean ``lengths`` ``[m]``, m ≤ ``most``; points ``taken`` ``[m, t]`` are
        left out (−1 names none), and one at least is not; −1 for a vector of length zero.
        """
        _largest(self.points, self.work, vectors, lengths, taken, out)


def _rotation(dim: int) -> Rotation:
    return rotation(np.ones((1, dim), np.float32), np.ones(1))._replace(mean=np.zeros(dim))


class LargestProducts:
    """Points float32 ``[n, d]``, finite, made ready once; :meth:`searcher` searches them, in any number of threads.

    >>> search = LargestProducts(np.array([[1, 0], [0, -3], [0, 3]], np.float32)).searcher(1)
    >>> found = np.empty(1, np.int64)
    >>> search(np.array([[2.0, 1.0]]), np.array([5**0.5]), np.full((1, 1), -1), found)
    >>> found.tolist()
    [1]
    """

    def __init__(self, rows: Float32, *, kind: int | None = None) -> None:
        rows = np.require(rows, np.float32, ["C", "A"])
        if kind is None:
            kind = INT8 if int8_is_fast() and rows.shape[1] <= MAX_INT8_DIM else FP32
        mean = rows.mean(axis=0, dtype=np.float64)
        centred = rows - mean
        lengths = np.sqrt(np.einsum("nd,nd->n", centred, centred))
        one = np.where(lengths > 0, lengths, 1.0)
        turned = _rotation(rows.shape[1])
        if kind == INT8:
            with ThreadPoolExecutor(usable_threads(None)) as pool:
                made = int8_rows(centred, one, turned, pool)
            words, scale, error = made.values.view(np.int32), made.scale.astype(np.float64), made.error
            balance = made.balances.values or 1.0
        else:
            words = (centred / one[:, None]).astype(np.float32).view(np.int32)
            scale, error, balance = np.ones(len(rows)), np.zeros(len(rows), np.float32), 0.0
        panels = -(-len(rows) // COLUMNS)
        unit = float(lengths.max(initial=0.0)) or 1.0
        terms = np.zeros((3, panels * COLUMNS), np.float32)
        terms[1] = -np.inf  # what is no point reaches nothing
        terms[:2, : len(rows)] = (
            scale * lengths / unit,
            (error + balance + _SLACK) * np.maximum(lengths / unit, _SHORT),
        )
        terms[2] = np.inf
        terms = np.ascontiguousarray(terms.reshape(3, panels, COLUMNS).transpose(1, 0, 2))
        self._columns = aligned(panels * COLUMNS * words.shape[1])
        order = np.arange(len(rows), dtype=np.int32)
        flip = _SIGNS if kind == INT8 else np.int32(0)
        pack(words, order, 0, len(rows), COLUMNS, flip, self._columns)
        self.points = _Points(kind, words.shape[1], rows, terms, mean, turned, balance, unit)

    def searcher(self, most: int) -> Searcher:
        """Room to search for up to ``most`` vectors at a time."""
        words, tall = self.points.words, -(-most // ROWS) * ROWS
        panels = Panels(
            rows=aligned(tall * words),
            columns=self._columns,
            row_terms=np.zeros((tall // ROWS, 4, ROWS), np.float32),
            column_terms=self.points.terms,
            start=np.zeros(tall, np.int32),
        )
        values = Quantised(
            values=aligned(most * words).view(np.int8).reshape(most, 4 * words),
            rests=np.empty((most, 4 * words), np.uint8),
            measured=np.empty((most, 6)),
        )
        work = _Work(
            panels=panels,
            values=values,
            order=np.arange(most, dtype=np.int32),
            terms=np.empty((most, 4)),
            found=np.zeros(most, np.int64),
            points=np.empty((most, _ROOM), np.int32),
            ends=np.empty((most, _ROOM), np.float32),
            likely=np.empty((most, _LIKELY)),
            last=np.full((most, _LIKELY), -1),
            hits=np.empty((3, _MET + tall * COLUMNS), np.int32),
        )
        return Searcher(self.points, work)
