"""Exact neighbours by a certified filter: sampled thresholds, one sweep over all pairs, float64 for the few that pass.

1. Rows become words: float32 as they are, bfloat16 (:mod:`~hyperpolyglot.engine.rounding.bfloat16`) or int8
   (:mod:`~hyperpolyglot.engine.rounding.int8`).
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

from hyperpolyglot.engine.cosine import WithLengths, norms, with_lengths
from hyperpolyglot.engine.kernels.operands import KINDS, Operand, Span, Workspace, height
from hyperpolyglot.engine.processor import COLUMNS
from hyperpolyglot.engine.rounding.prepared import (
    Prepared,
    float_rows,
    in_range,
    prepare,
    prepare_like,
    product_slack,
)
from hyperpolyglot.engine.search.candidates import Candidates, capacity, finish, raise_thresholds
from hyperpolyglot.engine.search.direct import direct
from hyperpolyglot.engine.search.memory import Plan
from hyperpolyglot.engine.search.result import Certificate, Nearest, Ranking
from hyperpolyglot.engine.search.schedule import BlockPairs, phases
from hyperpolyglot.engine.search.sweep import Pairing, sweep
from hyperpolyglot.engine.search.task import Exact, Task
from hyperpolyglot.engine.search.thresholds import Aim, ShiftedRows, guess_thresholds
from hyperpolyglot.types import Int32, Progress

__all__ = ["filtered"]

_FAILURES = 0.002
_SAMPLE = 1024
_SAMPLE_BYTES = 1 << 24
_PANEL_BYTES = 1 << 23
_EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Some rows against all columns, what values their pairs, and the candidates so far.

    ``row_order`` and ``column_order``: int32, in which they are taken; that of columns is random, so that those met
    first are a sample. ``own``: as in a :class:`Pairing`.
    """

    rows: Prepared
    columns: Prepared
    own: Int32
    row_order: Int32
    column_order: Int32
    exact: Exact
    candidates: Candidates

    @property
    def mirrored(self) -> bool:
        """Whether rows and columns are the same."""
        return len(self.own) == 0

    @property
    def pairing(self) -> Pairing:
        """The rows and columns as the sweep takes them."""
        rows, columns = self.rows.operand, self.columns.operand
        return Pairing(rows, columns, self.own, self.row_order, self.column_order)


def _exact(task: Task, queries: WithLengths) -> Exact:
    """What values a pair. Float32 products of extreme rows may overflow or vanish: their error has no bound."""
    bounded = in_range(queries.lengths) and in_range(task.lengths)
    return Exact(queries, task.among, product_slack(queries.rows.shape[1]) if bounded else math.inf)


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


def _blocks(count: int, operand: Operand, task: Task, exclusive: bool) -> list[Span]:
    """Rows in blocks whose panels fit the cache, and enough of them for all threads to find a free pair."""
    size = task.tile
    if size is None:
        unit = math.lcm(height(operand.kind), COLUMNS)
        size = min(2048, _PANEL_BYTES // (4 * operand.words.shape[1]))
        if exclusive:
            size = min(size, -(-count // (4 * task.threads)))
        size = max(1, -(-size // unit)) * unit
    return [Span(first, min(first + size, count)) for first in range(0, count, size)]


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
    count, words = len(columns.shift), columns.operand.words.shape[1]
    size = min(count, max(512, min(_SAMPLE, _SAMPLE_BYTES // (4 * words))))
    chosen = np.sort(np.random.default_rng(count).choice(count, size, replace=False))
    every = np.arange(size, dtype=np.int32)
    sample = ShiftedRows(columns.operand.take(chosen), columns.shift[chosen], every)
    aim = Aim(
        rank=min(_rank(task.k * size / count) + 2, size),
        margin=np.float32(2 * product_slack(task.vectors.shape[1])),
    )
    shifted = ShiftedRows(rows.operand, rows.shift, part.row_order)
    jobs = [
        pool.submit(guess_thresholds, shifted, sample, aim, block, part.candidates.thresholds)
        for block in _blocks(len(rows.shift), rows.operand, task, True)
    ]
    _wait(jobs, _nothing, _nothing)


def _raise_thresholds(part: _Round, task: Task, share: float, pool: ThreadPoolExecutor) -> None:
    """Guess thresholds anew from the candidates so far, when every row has met this share of the columns."""
    rank, count = min(task.k, _rank(task.k * share)), len(part.rows.shift)
    step = max(1, min(1024, -(-count // (4 * task.threads))))
    jobs = [
        pool.submit(raise_thresholds, first, min(first + step, count), rank, part.candidates)
        for first in range(0, count, step)
    ]
    _wait(jobs, _nothing, _nothing)


def _sweep(part: _Round, task: Task, tell: Callable[[float], None], pool: ThreadPoolExecutor) -> None:
    rows, columns, mirrored = part.rows.operand, part.columns.operand, part.mirrored
    tall = _blocks(len(rows.words), rows, task, True)
    wide = tall if mirrored else _blocks(len(columns.words), columns, task, False)
    pairing, words, room = part.pairing, rows.words.shape[1], part.candidates.ids.shape[1]
    workers = min(task.threads, len(tall))
    workspaces = [Workspace(rows.kind, tall[0].last, wide[0].last, words, room) for _ in range(workers)]

    def work(pairs: BlockPairs, own: Workspace) -> None:
        pair = pairs.take(None)
        try:
            while pair is not None:
                row_block, column_block = tall[pair[0]], wide[pair[1]]
                sweep(pairing, row_block, column_block, task.k, part.exact, part.candidates, own)
                pair = pairs.take(pair)
        except BaseException:
            pairs.stop()
            raise

    plan = phases(len(tall), len(wide), mirrored=mirrored)
    every, before = sum(len(pairs) for _, pairs in plan), 0
    for share, some in plan:
        pairs = BlockPairs(some, mirrored=mirrored)
        jobs = [pool.submit(work, pairs, workspace) for workspace in workspaces]
        _wait(jobs, pairs.stop, partial(_tell_share, tell, pairs, before, every))
        before += pairs.total
        if share < 1:
            _raise_thresholds(part, task, share, pool)


def _finish(part: _Round, task: Task, out: Ranking, pool: ThreadPoolExecutor) -> None:
    """Rank the candidates into ``out``, and say which rows are proven."""
    count = len(part.rows.shift)
    step = max(1, min(1024, -(-count // (4 * task.threads))))
    jobs = [
        pool.submit(finish, first, min(first + step, count), part.candidates, part.exact, out)
        for first in range(0, count, step)
    ]
    _wait(jobs, _nothing, _nothing)


def _redo(lost: NDArray[np.int64], batch: int, task: Task, out: Ranking, pool: ThreadPoolExecutor) -> None:
    """Search some queries again, in float32 without guessed thresholds, then directly where ties are too many."""
    columns = float_rows(task.vectors, task.lengths)
    for top in range(0, len(lost), batch):
        here = lost[top : top + batch]
        queries, own = task.queries[here], task.own[here]
        again = replace(task, queries=queries, own=own, mirrored=False)
        measured = with_lengths(queries)
        part = _Round(
            rows=float_rows(*measured),
            columns=columns,
            own=own,
            row_order=np.arange(len(here), dtype=np.int32),
            column_order=_shuffled(len(task.vectors), task.run),
            exact=_exact(task, measured),
            candidates=Candidates.empty(len(here), capacity(4 * task.k)),
        )
        found = Ranking.empty(len(here), task.k)
        _sweep(part, again, lambda share: None, pool)
        _finish(part, again, found, pool)
        rest = np.flatnonzero(~found.proven)
        if len(rest):
            found.put(rest, direct(queries[rest], own[rest], task.among, task.k, pool))
        out.put(here, found)


def _search(
    task: Task,
    rows: Prepared,
    columns: Prepared,
    some: slice,
    out: Ranking,
    progress: Progress,
    pool: ThreadPoolExecutor,
) -> None:
    """Search some of the queries, as far as they can be proven."""
    count, here = len(task.queries), some.stop - some.start
    whole = task.mirrored and here == count
    queries, order = task.queries[some], _shuffled(len(task.vectors), task.run)
    lengths = task.lengths[some] if task.mirrored else norms(queries)
    part = _Round(
        rows=rows.take(some),
        columns=columns,
        own=np.empty(0, np.int32) if whole else task.own[some],
        row_order=order if whole else np.arange(here, dtype=np.int32),
        column_order=order,
        exact=_exact(task, WithLengths(queries, lengths)),
        candidates=Candidates.empty(here, capacity(task.k)),
    )

    def tell(share: float) -> None:
        progress("neighbours", some.start + int(share * here), count)

    _set_thresholds(part, task, pool)
    _sweep(part, task, tell, pool)
    _finish(part, task, out.take(some), pool)


def filtered(task: Task, plan: Plan, progress: Progress) -> Nearest:
    """The k nearest of every query, exactly; ``plan`` says with which words, and how many rows at once."""
    count = len(task.queries)
    out = plan.result(count, task.k)
    progress("neighbours", 0, count)
    with ThreadPoolExecutor(task.threads) as pool:
        columns = prepare(plan.kind, task.vectors, task.lengths, pool)
        rows = columns if task.mirrored else prepare_like(columns, task.queries, norms(task.queries), pool)
        for first in range(0, count, plan.rows):
            some = slice(first, min(first + plan.rows, count))
            _search(task, rows, columns, some, out, progress, pool)
        lost = np.flatnonzero(~out.proven)
        if len(lost):
            _redo(lost, max(64, plan.rows // 8), task, out, pool)
    progress("neighbours", count, count)
    certificate = Certificate(
        backend=KINDS[plan.kind],
        certified=count - len(lost),
        redone=len(lost),
        bound=float(rows.error.max()) + float(columns.error.max()),
    )
    return Nearest(out.positions, out.similarity, certificate)
