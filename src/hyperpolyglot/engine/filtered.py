"""Exact neighbours by a certified filter: sampled thresholds, one sweep over all pairs, float64 for the few that pass.

1. Rows become words: float32 as they are, bfloat16 (:mod:`~hyperpolyglot.engine.halves`) or int8
   (:mod:`~hyperpolyglot.engine.quantise`).
2. A threshold for every row is guessed from sampled columns so that more than k others will very likely reach it.
3. All pairs of blocks are swept, in random order of the rows. If queries and vectors are the same rows, every pair is
   computed once for both. What may reach a threshold is valued exactly. After each phase thresholds are guessed anew.
4. A row whose k-th cosine is above its threshold is proven.
5. Rows that are not are swept again without a guess, in float32, and if ties are still too many, done directly.

The bounds are derived in ``docs/engine.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.candidates import Candidates, capacity, finish, raise_thresholds
from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.direct import direct
from hyperpolyglot.engine.guess import guess
from hyperpolyglot.engine.memory import Plan
from hyperpolyglot.engine.operands import KINDS, Scratch, height
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.result import Certificate, Nearest
from hyperpolyglot.engine.schedule import BlockPairs, phases
from hyperpolyglot.engine.sides import Prepared, float_rows, moderate, prepare, prepare_like, product_slack
from hyperpolyglot.engine.sweep import sweep
from hyperpolyglot.types import Float32, Float64, Int32, Progress

__all__ = ["Task", "filtered"]

_FAILURES = 0.002
_SAMPLE = 1024
_SAMPLE_BYTES = 1 << 24
_PANEL_BYTES = 1 << 23
_EVERY = 0.2

Rows = tuple[Int32, Float32]
"""Positions and similarities, ``[q, k]`` each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is searched: ``queries`` among ``vectors``, ``own`` their positions there (−1: not among them).

    ``mirrored``: queries are all vectors, in order. ``lengths``: of the vectors, float64. ``tile``: rows in a block,
    chosen by the engine where ``None``. ``run``: rows that lie, and are met, one after the other; long ones are read
    from a disk faster, short ones are a better sample.
    """

    queries: Float32
    own: Int32
    vectors: Float32
    lengths: Float64
    k: int
    mirrored: bool
    threads: int
    tile: int | None = None
    run: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Some rows against all columns: ``own`` is empty where both are the same rows.

    ``row_order`` and ``column_order``: int32, in which they are taken; that of columns is random, so that those met
    first are a sample. ``exact``: queries, their lengths, vectors, their lengths, and the error of a float32 product.
    """

    rows: Prepared
    columns: Prepared
    own: Int32
    row_order: Int32
    column_order: Int32
    exact: tuple[Float32, Float64, Float32, Float64, float]
    lists: Candidates

    @property
    def mirrored(self) -> bool:
        """Whether rows and columns are the same."""
        return len(self.own) == 0


def _exact(
    task: Task, queries: Float32, lengths: Float64
) -> tuple[Float32, Float64, Float32, Float64, float]:
    """What values a pair. Float32 products of extreme rows may overflow or vanish: their error has no bound."""
    slack = product_slack(queries.shape[1]) if moderate(lengths) and moderate(task.lengths) else math.inf
    return queries, lengths, task.vectors, task.lengths, slack


def _shuffled(count: int, run: int) -> Int32:
    """Positions below ``count`` in random order of runs, whose vectors lie together."""
    runs = np.random.default_rng(count).permutation(-(-count // run))
    order = (run * runs[:, None] + np.arange(run)).ravel()
    return order[order < count].astype(np.int32)


def _rank(expected: float) -> int:
    """The smallest r for which a Poisson variable of this mean reaches r with a small probability."""
    below, r = 0.0, 0
    while 1 - below > _FAILURES and r < 10 * expected + 50:
        below += math.exp(r * math.log(expected) - expected - math.lgamma(r + 1))
        r += 1
    return r


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


def _tell_share(tell: Callable[[float], None], pairs: BlockPairs, before: int, every: int) -> None:
    tell((before + pairs.done) / every)


def _nothing() -> None:
    """What is done where nothing is to be told or stopped."""


def _set_thresholds(part: _Round, task: Task, pool: ThreadPoolExecutor) -> None:
    rows, columns = part.rows, part.columns
    count, words = len(columns.shift), columns.side.words.shape[1]
    size = min(count, max(512, min(_SAMPLE, _SAMPLE_BYTES // (4 * words))))
    chosen = np.sort(np.random.default_rng(count).choice(count, size, replace=False))
    sample = columns.side.take(chosen), columns.shift[chosen]
    rank = min(_rank(task.k * size / count) + 2, size)
    arrays, margin = part.lists.arrays(), 2 * product_slack(task.vectors.shape[1])
    side = rows.side, rows.shift, part.row_order
    jobs = [
        pool.submit(guess, rows.kind, side, sample, rank, margin, block, arrays)
        for block in _blocks(len(rows.shift), rows, task, True)
    ]
    _wait(jobs, _nothing, _nothing)


def _raise_thresholds(part: _Round, task: Task, share: float, pool: ThreadPoolExecutor) -> None:
    """Guess thresholds anew from the candidates so far, when every row has met this share of the columns."""
    rank, count = min(task.k, _rank(task.k * share)), len(part.rows.shift)
    step = max(1, min(1024, -(-count // (4 * task.threads))))
    jobs = [
        pool.submit(raise_thresholds, first, min(first + step, count), rank, part.lists.arrays())
        for first in range(0, count, step)
    ]
    _wait(jobs, _nothing, _nothing)


def _sweep(part: _Round, task: Task, tell: Callable[[float], None], pool: ThreadPoolExecutor) -> None:
    rows, columns, mirrored = part.rows, part.columns, part.mirrored
    tall = _blocks(len(rows.shift), rows, task, True)
    wide = tall if mirrored else _blocks(len(columns.shift), columns, task, False)
    sides = rows.side, columns.side, part.own, part.row_order, part.column_order
    arrays, words, room = part.lists.arrays(), rows.side.words.shape[1], part.lists.ids.shape[1]
    workers = min(task.threads, len(tall))
    scratches = [Scratch(rows.kind, tall[0][1], wide[0][1], words, room) for _ in range(workers)]

    def work(pairs: BlockPairs, scratch: Scratch) -> None:
        pair = pairs.take(None)
        try:
            while pair is not None:
                sweep(rows.kind, sides, (*tall[pair[0]], *wide[pair[1]]), task.k, part.exact, arrays, scratch)
                pair = pairs.take(pair)
        except BaseException:
            pairs.stop()
            raise

    plan = phases(len(tall), len(wide), mirrored=mirrored)
    every, before = sum(len(pairs) for _, pairs in plan), 0
    for share, some in plan:
        pairs = BlockPairs(some, mirrored=mirrored)
        jobs = [pool.submit(work, pairs, scratch) for scratch in scratches]
        _wait(jobs, pairs.stop, partial(_tell_share, tell, pairs, before, every))
        before += pairs.total
        if share < 1:
            _raise_thresholds(part, task, share, pool)


def _finish(part: _Round, task: Task, out: Rows, pool: ThreadPoolExecutor) -> NDArray[np.bool_]:
    """Rank the candidates into ``out``; which rows are proven."""
    count = len(part.rows.shift)
    proven = np.zeros(count, np.bool_)
    arrays = part.lists.arrays()
    step = max(1, min(1024, -(-count // (4 * task.threads))))
    jobs = [
        pool.submit(finish, first, min(first + step, count), arrays, part.exact, (*out, proven))
        for first in range(0, count, step)
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
        lengths = norms(queries)
        part = _Round(
            rows=float_rows(queries, lengths),
            columns=columns,
            own=own,
            row_order=np.arange(len(here), dtype=np.int32),
            column_order=_shuffled(len(task.vectors), task.run),
            exact=_exact(task, queries, lengths),
            lists=Candidates.empty(len(here), capacity(4 * task.k)),
        )
        results = np.empty((len(here), task.k), np.int32), np.empty((len(here), task.k), np.float32)
        _sweep(part, again, lambda share: None, pool)
        rest = np.flatnonzero(~_finish(part, again, results, pool))
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
    count, here = len(task.queries), some.stop - some.start
    whole = task.mirrored and here == count
    queries, order = task.queries[some], _shuffled(len(task.vectors), task.run)
    part = _Round(
        rows=replace(rows, side=rows.side.take(some), shift=rows.shift[some], error=rows.error[some]),
        columns=columns,
        own=np.empty(0, np.int32) if whole else task.own[some],
        row_order=order if whole else np.arange(here, dtype=np.int32),
        column_order=order,
        exact=_exact(task, queries, task.lengths[some] if task.mirrored else norms(queries)),
        lists=Candidates.empty(here, capacity(task.k)),
    )

    def tell(share: float) -> None:
        progress("neighbours", some.start + int(share * here), count)

    _set_thresholds(part, task, pool)
    _sweep(part, task, tell, pool)
    return _finish(part, task, (out[0][some], out[1][some]), pool)


def filtered(task: Task, plan: Plan, progress: Progress) -> Nearest:
    """The k nearest of every query, exactly; ``plan`` says with which words, and how many rows at once."""
    count = len(task.queries)
    out = plan.result(count, task.k)
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
