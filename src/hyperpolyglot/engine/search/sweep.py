"""One block of rows against one block of columns: products, the comparison with thresholds, and what passes it.

A product only says that a pair may reach a threshold. What passes is valued exactly, once for both rows, while they are
in the cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.engine.kernels.dots import (
    TwoTables,
    dots_scratch,
    exact_dots,
    prefetch,
    quick_dots,
    rest_dots,
)
from hyperpolyglot.engine.kernels.matrixunit import SHAPES, begin_tiles, end_tiles
from hyperpolyglot.engine.kernels.microkernel import lowest_bit
from hyperpolyglot.engine.kernels.operands import (
    BF16,
    HITS,
    INT8,
    Operand,
    Span,
    Workspace,
    pack_columns,
    pack_rows,
    tile,
)
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.rounding.int8 import RESTS
from hyperpolyglot.engine.search.candidates import Candidates, compact
from hyperpolyglot.engine.search.task import Exact
from hyperpolyglot.types import Int32

__all__ = ["Pairing", "is_compiled", "sweep"]

_AHEAD = 16  # pairs by which rows are asked for

_NEAR = 1 << 20  # bytes of rows that one pass over the columns uses


class Pairing(NamedTuple):
    """Rows that meet columns, and the orders in which both are taken, int32.

    ``own``: int32, the position of every row among the columns; empty where rows and columns are the same.
    """

    rows: Operand
    columns: Operand
    own: Int32
    row_order: Int32
    column_order: Int32


@numba.njit(cache=True, nogil=True)
def _refine(count, hits, pairing, thresholds):  # type: ignore[no-untyped-def]
    """Keep the hits whose int8 product reaches a threshold with the rests as well; the number of them."""
    places, out = np.empty((4, 4), np.int64), np.empty(4, np.int32)
    row, column, mirrored = pairing.rows, pairing.columns, len(pairing.own) == 0
    scale, offset, column_scale, column_offset = row.scale, row.fine, column.scale, column.fine
    size, kept = 4 * row.words.shape[1], 0
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(column.words.ctypes.data + hits[1, m] * size, size)
            prefetch(column.rests.ctypes.data + hits[1, m] * size, size)
        rest_dots(row, column, hits, top, some, places, out)
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            total = np.float64(hits[2, top + m]) + np.float64(out[m]) / RESTS
            value = total * (np.float64(scale[i]) * np.float64(column_scale[j]))
            value += np.float64(offset[i]) + np.float64(column_offset[j])
            if value >= (min(thresholds[i], thresholds[j]) if mirrored else thresholds[i]):
                hits[0, kept], hits[1, kept] = i, j
                kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _screen(count, hits, mirrored, exact, thresholds):  # type: ignore[no-untyped-def]
    """Keep the hits that reach a threshold in float32; the number of them."""
    (queries, query_lengths), (vectors, lengths), error = exact
    tables = TwoTables(queries.ctypes.data, vectors.ctypes.data, vectors.shape[1])
    scratch, quick = dots_scratch(), np.empty(4, np.float32)
    size, kept = 4 * vectors.shape[1], 0
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(vectors.ctypes.data + hits[1, m] * size, size)
        quick_dots(tables, hits, top, some, scratch, quick)
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            least = min(thresholds[i], thresholds[j]) if mirrored else thresholds[i]
            value = np.float64(quick[m]) / (query_lengths[i] * lengths[j])
            if not value < least - error:  # what is not a number stays
                hits[0, kept], hits[1, kept] = i, j
                kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _kept(count, hits, pairing, exact, thresholds):  # type: ignore[no-untyped-def]
    """Value the hits more closely and cheaply, where there is a way, and keep those that still reach a threshold."""
    if pairing.rows.kind == INT8:
        return _refine(count, hits, pairing, thresholds)
    if pairing.rows.kind == BF16:
        return _screen(count, hits, len(pairing.own) == 0, exact, thresholds)
    return count


@numba.njit(cache=True, nogil=True)
def _settle(count, hits, k, mirrored, exact, candidates, room):  # type: ignore[no-untyped-def]
    """Value the hits and make them candidates of their rows, and of their columns if those are rows too."""
    ids, values, counts, thresholds = candidates
    (queries, query_lengths), (vectors, lengths), _ = exact
    tables = TwoTables(queries.ctypes.data, vectors.ctypes.data, vectors.shape[1])
    size, full = 4 * vectors.shape[1], ids.shape[1]
    scratch, dots = dots_scratch(), np.empty(4)
    for top in range(0, count, 4):
        some = min(4, count - top)
        for m in range(top + _AHEAD, min(top + _AHEAD + 4, count)):
            prefetch(vectors.ctypes.data + hits[1, m] * size, size)
        exact_dots(tables, hits, top, some, scratch, dots)
        for m in range(some):
            i, j = hits[0, top + m], hits[1, top + m]
            value = np.float32(dots[m] / (query_lengths[i] * lengths[j]))
            for _ in range(2 if mirrored else 1):  # no function: it would count references to four arrays
                if value >= thresholds[i]:
                    if counts[i] == full:
                        compact(np.int64(i), k, candidates, room)
                    place = counts[i]
                    if place >= 0 and value >= thresholds[i]:
                        ids[i, place], values[i, place] = j, value
                        counts[i] = place + 1
                i, j = j, i


@numba.njit(cache=True, nogil=True)
def _sweep(pairing, rows, columns, k, exact, candidates, buffers):  # type: ignore[no-untyped-def]
    """All pairs of a block; the number of hits."""
    kind, words = pairing.rows.kind, pairing.rows.words.shape[1]
    own, row_order, column_order = pairing.own, pairing.row_order, pairing.column_order
    panels, hits, room = buffers
    (first_row, last_row), (first_column, last_column) = rows, columns
    mirrored = len(own) == 0
    tall = panels.row_terms.shape[2]
    chunk = max(1, _NEAR // (4 * max(words, exact.vectors.rows.shape[1]) * tall))
    sums = np.empty((tall, COLUMNS), np.int32)
    masks = np.empty(tall, np.int32)
    row_count = (last_row - first_row + tall - 1) // tall
    column_count = (last_column - first_column + COLUMNS - 1) // COLUMNS
    count = total = np.int64(0)  # a literal 0 would have what it is given to compiled twice
    if kind == BF16:
        begin_tiles(SHAPES.ctypes.data)
    for top in range(0, row_count, chunk):
        for column in range(column_count):
            left = first_column + column * COLUMNS
            for panel in range(top, min(top + chunk, row_count)):
                here = first_row + panel * tall
                if mirrored and left + COLUMNS <= here:
                    break  # from here on all pairs are the mirror image of others
                if tile(kind, panel, column, words, panels, sums, masks) == 0:
                    continue
                for r in range(tall):
                    mask = np.int64(masks[r]) & 0xFFFFFFFF
                    while mask != 0:
                        c = lowest_bit(mask)
                        mask &= mask - 1
                        if mirrored and left + c <= here + r:
                            continue
                        i, j = row_order[here + r], column_order[left + c]
                        if not mirrored and own[i] == j:
                            continue
                        hits[0, count], hits[1, count], hits[2, count] = i, j, sums[r, c]
                        count += 1
                if count > HITS - tall * COLUMNS:
                    total += count
                    count = _kept(count, hits, pairing, exact, candidates.thresholds)
                    _settle(count, hits, k, mirrored, exact, candidates, room)
                    count = np.int64(0)
    if kind == BF16:
        end_tiles()
    total += count
    count = _kept(count, hits, pairing, exact, candidates.thresholds)
    _settle(count, hits, k, mirrored, exact, candidates, room)
    return total


def is_compiled() -> bool:
    """Whether the sweep was compiled by this process, or by an earlier one that left it in Numba's cache."""
    if _sweep.signatures:
        return True
    kept = Path(_sweep.stats.cache_path or "").glob("*._sweep-*.nbi")
    try:
        since = Path(__file__).stat().st_mtime
        return any(path.stat().st_mtime >= since for path in kept)
    except OSError:
        return False


def sweep(
    pairing: Pairing,
    rows: Span,
    columns: Span,
    k: int,
    exact: Exact,
    candidates: Candidates,
    workspace: Workspace,
) -> int:
    """Offer every pair of a block that reaches a threshold; the number of pairs that passed the kernel's comparison.

    ``rows`` and ``columns``: which of them, in the orders in which they are taken.
    """
    buffers, again = workspace.buffers, workspace.packed != rows
    workspace.packed = rows
    pack_rows(pairing.rows, pairing.row_order, candidates.thresholds, rows, buffers.panels, again)
    thresholds = candidates.thresholds if len(pairing.own) == 0 else np.empty(0, np.float32)
    pack_columns(pairing.columns, pairing.column_order, thresholds, columns, buffers.panels)
    return int(_sweep(pairing, rows, columns, k, exact, candidates, buffers))
