"""Exact neighbours by a certified filter: sampled thresholds, one sweep over all pairs, float64 for the few that pass.

1. Rows become words: float32 as they are, bfloat16 (:mod:`~hyperpolyglot.engine.halves`) or int8
   (:mod:`~hyperpolyglot.engine.quantise`).
2. A threshold for every row is guessed from sampled columns so that more than k others will very likely reach it.
3. All pairs of blocks are swept. If queries and vectors are the same rows, every pair is computed once for both.
4. The candidates are ranked in float64; a row whose k-th cosine reaches its threshold plus the error is proven.
5. Rows that are not are swept again without a guess, in float32, and if ties are still too many, done directly.

The bounds are derived in ``docs/engine.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.candidates import Candidates, capacity, finish
from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.direct import direct
from hyperpolyglot.engine.guess import guess
from hyperpolyglot.engine.memory import Plan
from hyperpolyglot.engine.operands import KINDS, Scratch, height
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.result import Certificate, Nearest
from hyperpolyglot.engine.schedule import BlockPairs
from hyperpolyglot.engine.sides import Prepared, float_rows, margins, prepare, prepare_like
from hyperpolyglot.engine.sweep import sweep
from hyperpolyglot.types import Float32, Float64, Int32, Progress

__all__ = ["Task", "filtered"]

_FAILURES = 0.01
_SAMPLE = 2048
_SAMPLE_BYTES = 1 << 24
_PANEL_BYTES = 1 << 23
_EVERY = 0.2

Rows = tuple[Int32, Float32]
"""Positions and similarities, ``[q, k]`` each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is searched: ``queries`` among ``vectors``, ``own`` their positions there (−1: not among them).

    ``mirrored``: queries are all vectors, in order. ``lengths``: of the vectors, float64. ``tile``: rows in a block,
    chosen by the engine where ``None``.
    """

    queries: Float32
    own: Int32
    vectors: Float32
    lengths: Float64
    k: int
    mirrored: bool
    threads: int
    tile: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Some rows against all columns: ``own`` is empty where both are the same rows."""

    rows: Prepared
    columns: Prepared
    own: Int32
    margins: Float32
    lists: Candidates


def _rank(expected: float) -> int:
    """The smallest r for which a Poisson variable of this mean reaches r with a probability below 1 %, plus two."""
    below, r = 0.0, 0
    while 1 - below > _FAILURES and r < 10 * expected + 50:
        below += math.exp(r * math.log(expected) - expected - math.lgamma(r + 1))
        r += 1
    return r + 2


def _blocks(count: int, each: Prepared, task: Task, exclusive: bool) -> list[tuple[int, int]]:
    """Rows in blocks whose panels fit the cache, and enough of them for all threads to find a free pair."""
    size = task.tile
    if size is None:
        unit = math.lcm(height(each.kind), COLUMNS)
        size = min(2048, _PANEL_BYTES // (4 * each.side.words.shape[1]))
        if exclusive:
            size = min(size, -(-count // (4 * task.threads)))
        size = max(1, -(-size // unit)) * unit
    return [(first, min(first + size, count)) for first in range(0, count, size)]


def _wait(jobs: list[Future[None]], stop: Callable[[], None], tell: Callable[[], None]) -> None:
    """Wait for workers, telling progress; stop the others when one fails or the caller is interrupted."""
    try:
        pending = set(jobs)
        while pending:
            done, pending = wait(pending, timeout=_EVERY, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
            tell()
    finally:
        stop()


def _nothing() -> None:
    """What is done where nothing is to be told or stopped."""


def _set_thresholds(part: _Round, task: Task, pool: ThreadPoolExecutor) -> None:
    rows, columns = part.rows, part.columns
    count, words = len(columns.shift), columns.side.words.shape[1]
    size = min(count, max(512, min(_SAMPLE, _SAMPLE_BYTES // (4 * words))))
    chosen = np.sort(np.random.default_rng(count).choice(count, size, replace=False))
    sample = columns.side.take(chosen), columns.shift[chosen], rows.shift
    rank = min(_rank(task.k * size / count), size)
    arrays = part.lists.arrays()
    jobs = [
        pool.submit(guess, rows.kind, rows.side, sample, rank, part.margins, slice(first, last), arrays)
        for first, last in _blocks(len(rows.shift), rows, task, True)
    ]
    _wait(jobs, _nothing, _nothing)


def _sweep(part: _Round, task: Task, tell: Callable[[float], None], pool: ThreadPoolExecutor) -> None:
    rows, columns, mirrored = part.rows, part.columns, len(part.own) == 0
    tall = _blocks(len(rows.shift), rows, task, True)
    wide = tall if mirrored else _blocks(len(columns.shift), columns, task, False)
    pairs = BlockPairs(len(tall), len(wide), mirrored=mirrored)
    sides, how, arrays = (rows.side, columns.side, part.own), (task.k, part.margins), part.lists.arrays()

    def work() -> None:
        words, room = rows.side.words.shape[1], part.lists.ids.shape[1]
        scratch = Scratch(rows.kind, tall[0][1], wide[0][1], words, room)
        pair = pairs.take(None)
        try:
            while pair is not None:
                sweep(rows.kind, sides, (*tall[pair[0]], *wide[pair[1]]), how, arrays, scratch)
                pair = pairs.take(pair)
        except BaseException:
            pairs.stop()
            raise

    jobs = [pool.submit(work) for _ in range(min(task.threads, len(tall)))]
    _wait(jobs, pairs.stop, lambda: tell(pairs.done / pairs.total))


def _finish(part: _Round, task: Task, rows: slice, out: Rows, pool: ThreadPoolExecutor) -> NDArray[np.bool_]:
    """Rank the candidates of some queries into ``out``; which of them are proven."""
    queries = task.queries[rows]
    exact = queries, task.lengths[rows] if task.mirrored else norms(queries), task.vectors, task.lengths
    proven = np.zeros(len(queries), np.bool_)
    results = out[0][rows], out[1][rows], proven
    arrays = part.lists.arrays()
    step = max(1, min(1024, -(-len(queries) // (4 * task.threads))))
    jobs = [
        pool.submit(finish, first, min(first + step, len(queries)), part.margins, arrays, exact, results)
        for first in range(0, len(queries), step)
    ]
    _wait(jobs, _nothing, _nothing)
    return proven


def _redo(lost: NDArray[np.int64], batch: int, task: Task, out: Rows, pool: ThreadPoolExecutor) -> None:
    """Search some queries again, in float32 without guessed thresholds, then directly where ties are too many."""
    columns = float_rows(task.vectors, task.lengths)
    for top in range(0, len(lost), batch):
        here = lost[top : top + batch]
        queries, own = task.queries[here], task.own[here]
        again = replace(task, queries=queries, own=own, mirrored=False)
        rows = float_rows(queries, norms(queries))
        part = _Round(
            rows=rows,
            columns=columns,
            own=own,
            margins=margins(rows, columns, queries.shape[1]),
            lists=Candidates.empty(len(here), capacity(4 * task.k)),
        )
        results = np.empty((len(here), task.k), np.int32), np.empty((len(here), task.k), np.float32)
        _sweep(part, again, lambda share: None, pool)
        rest = np.flatnonzero(~_finish(part, again, slice(0, len(here)), results, pool))
        if len(rest):
            found = direct(queries[rest], own[rest], task.vectors, task.k, task.lengths, pool)
            results[0][rest], results[1][rest] = found
        out[0][here], out[1][here] = results


def _search(
    task: Task,
    sides: tuple[Prepared, Prepared],
    some: slice,
    out: Rows,
    progress: Progress,
    pool: ThreadPoolExecutor,
) -> NDArray[np.bool_]:
    """Search some of the queries; which of them are proven."""
    rows, columns = sides
    count = len(task.queries)
    whole = task.mirrored and some == slice(0, count)
    part = _Round(
        rows=replace(rows, side=rows.side.take(some), shift=rows.shift[some], error=rows.error[some]),
        columns=columns,
        own=np.empty(0, np.int32) if whole else task.own[some],
        margins=margins(rows, columns, task.vectors.shape[1])[some],
        lists=Candidates.empty(some.stop - some.start, capacity(task.k)),
    )

    def tell(share: float) -> None:
        progress("neighbours", some.start + int(share * (some.stop - some.start)), count)

    _set_thresholds(part, task, pool)
    _sweep(part, task, tell, pool)
    return _finish(part, task, some, out, pool)


def filtered(task: Task, plan: Plan, progress: Progress) -> Nearest:
    """The k nearest of every query, exactly; ``plan`` says with which words, and how many rows at once."""
    count = len(task.queries)
    out = np.empty((count, task.k), np.int32), np.empty((count, task.k), np.float32)
    proven = np.zeros(count, np.bool_)
    progress("neighbours", 0, count)
    with ThreadPoolExecutor(task.threads) as pool:
        columns = prepare(plan.kind, task.vectors, task.lengths, pool)
        rows = columns if task.mirrored else prepare_like(columns, task.queries, norms(task.queries), pool)
        for first in range(0, count, plan.rows):
            some = slice(first, min(first + plan.rows, count))
            proven[some] = _search(task, (rows, columns), some, out, progress, pool)
        lost = np.flatnonzero(~proven)
        if len(lost):
            _redo(lost, max(64, plan.rows // 8), task, out, pool)
    progress("neighbours", count, count)
    certificate = Certificate(
        backend=KINDS[plan.kind],
        certified=count - len(lost),
        redone=len(lost),
        bound=float(rows.error.max()) + float(columns.error.max()),
    )
    return Nearest(*out, certificate)
