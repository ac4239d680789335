"""Exact neighbours on GPUs: fp16 products as a certified filter, float64 for what passes. ``docs/engine.md`` proves it.

1. A threshold for every row is guessed from sampled columns.
2. Blocks of products are compared with the thresholds; where queries and vectors are the same rows, a product serves
   the rows of both blocks. With several GPUs each takes the next block of rows when it is free.
3. The candidates of a block that has met all others are ranked in float64 on the device; a row whose k-th cosine
   reaches its threshold is proven.
4. Rows that are not are swept again with thresholds from all columns; what ties too often even then is left over.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import with_lengths
from hyperpolyglot.engine.devices.table import Table, Wanted, ranked
from hyperpolyglot.engine.devices.tensors import Device, Limits, Pairs
from hyperpolyglot.engine.devices.tiling import LEAST_ROWS, MOST_PAIRS, Tiling, tiling
from hyperpolyglot.engine.rounding.bound import mean_direction
from hyperpolyglot.engine.rounding.fp16 import accumulation
from hyperpolyglot.engine.search.plain import plain
from hyperpolyglot.engine.search.result import Certificate, Ranking
from hyperpolyglot.engine.search.task import Task
from hyperpolyglot.types import Float32, Int32, Progress, silent

__all__ = ["certified", "is_correct"]

_LEAST_SAMPLE, _MOST_SAMPLE = 2048, 16_384
_COMPARISON = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Rows against all columns; ``rows`` and ``columns`` hold a table for every device.

    ``own``: the column each row leaves out. ``sample``: columns from which thresholds are taken (``None``: all), the
    ``rank``-th best being the threshold. ``room``: candidates from which a row is given up.
    """

    rows: Sequence[Table]
    columns: Sequence[Table]
    own: Int32
    k: int
    sample: NDArray[np.int64] | None
    rank: int
    room: int
    tiling: Tiling


class _Candidates:
    """Candidates of blocks of rows, and which blocks have met all columns."""

    def __init__(self, blocks: int, *, mirrored: bool) -> None:
        self._pieces: list[list[Pairs]] = [[] for _ in range(blocks)]
        self._awaited = [index + 1 if mirrored else 1 for index in range(blocks)]
        self._mirrored, self._lock = mirrored, Lock()

    def add(self, block: int, pairs: Pairs) -> None:
        """Keep candidates of a block."""
        self._pieces[block].append(pairs)

    def complete(self, swept: int) -> list[int]:
        """The blocks that have met all columns now that the sweep of one is done."""
        with self._lock:
            touched = range(swept, len(self._awaited)) if self._mirrored else [swept]
            for block in touched:
                self._awaited[block] -= 1
            return [block for block in touched if self._awaited[block] == 0]

    def take(self, block: int) -> list[Pairs]:
        """The candidates of a block, which are forgotten here."""
        pieces, self._pieces[block] = self._pieces[block], []
        return pieces


def _each(devices: int, jobs: int, work: Callable[[int, int], None]) -> None:
    """``work(device, job)`` for all jobs; every device takes the next when it is free, and none after a failure."""
    left, lock = deque(range(jobs)), Lock()

    def following() -> int | None:
        with lock:
            return left.popleft() if left else None

    def run(device: int) -> None:
        try:
            while (job := following()) is not None:
                work(device, job)
        finally:
            left.clear()

    if devices == 1:
        return run(0)
    with ThreadPoolExecutor(devices) as pool:
        running = [pool.submit(run, device) for device in range(devices)]
        try:
            for device in running:
                device.result()
        finally:
            left.clear()
    return None


def _margins(part: _Round) -> Float32:
    """Twice the largest error of any value of a row, float32 ``[rows]``: a value is that much above the cosine."""
    error = part.rows[0].error + part.columns[0].error.max()
    margins: Float32 = (2 * error * (1 + 1e-6) + _COMPARISON).astype(np.float32)
    return margins


def _thresholds(part: _Round, margins: Float32) -> Float32:
    """A threshold for every row, float32 ``[rows]``."""
    blocks = part.rows[0].blocks()
    found = np.empty(len(part.own), np.float32)
    sampled = [None if part.sample is None else columns.right(part.sample) for columns in part.columns]

    def work(device: int, job: int) -> None:
        first, last = blocks[job]
        rows, columns, some = part.rows[device], part.columns[device], sampled[device]
        every = (columns.right(slice(*block)) for block in columns.blocks())
        pieces = every if some is None else iter([some])
        best = rows.device.highest(rows.left(slice(first, last)), pieces, part.rank)
        found[first:last] = best.cpu().numpy() - margins[first:last]

    _each(len(part.rows), len(blocks), work)
    return found


def _round(part: _Round, tell: Callable[[int], None]) -> Ranking:
    """The neighbours of all rows, as far as they can be proven; ``tell`` hears how many more rows are done."""
    margins = _margins(part)
    thresholds = _thresholds(part, margins)
    blocks, mirrored = part.rows[0].blocks(), part.tiling.mirrored
    candidates = _Candidates(len(blocks), mirrored=mirrored)
    count = len(part.own)
    limits = [
        Limits(rows.device.send(thresholds), rows.device.send(np.zeros(count, np.int64)), part.room)
        for rows in part.rows
    ]
    owns = [rows.device.send(part.own.astype(np.int64)) for rows in part.rows]
    found = Ranking.empty(count, part.k)

    def rank(device: int, block: slice) -> None:
        given_up = np.any([each.thresholds[block].isinf().cpu().numpy() for each in limits], axis=0)
        floor = np.where(given_up, np.float32(np.inf), thresholds[block])
        rows, columns = part.rows[device], part.columns[device]
        pieces, wanted = (
            candidates.take(block.start // part.rows[0].block),
            Wanted(part.k, floor, margins[block]),
        )
        found.put(
            block,
            ranked(rows, columns, block, pieces, wanted, part.tiling.pairs),
        )
        tell(block.stop - block.start)

    def sweep(device: int, job: int) -> None:
        rows, columns = part.rows[device], part.columns[device]
        mine = slice(*blocks[job])
        left = rows.left(mine)

        for other, (first, last) in enumerate(columns.blocks()):
            if mirrored and other < job:
                continue
            values = rows.device.products(left, columns.right(slice(first, last)))
            own = owns[device][mine]
            candidates.add(job, rows.device.hits(values, first, own, limits[device].take(mine)))
            if mirrored and other > job:
                theirs = limits[device].take(slice(first, last))
                candidates.add(other, rows.device.hits(values.T, mine.start, None, theirs))
        for ready in candidates.complete(job):
            rank(device, slice(*blocks[ready]))

    _each(len(part.rows), len(blocks), sweep)
    return found


def certified(
    task: Task, devices: Sequence[Device], progress: Progress, cut: Tiling | None = None
) -> tuple[Ranking, Certificate]:
    """What can be proven on the devices, and the certificate as far as it goes; ``cut`` forces a tiling."""
    count, vectors, _ = task.shape
    size = min(vectors, max(_LEAST_SAMPLE, min(_MOST_SAMPLE, vectors // 16)))
    sample = np.sort(np.random.default_rng(vectors).choice(vectors, size, replace=False))
    expected = task.k * size / vectors
    rank = min(size, math.ceil(expected + 3 * math.sqrt(expected) + 3))
    room = 2 * math.ceil(rank * vectors / size) + 128
    free = min(device.free_bytes() for device in devices)
    cut = cut or tiling(free, task.shape, room, len(devices), mirrored=task.mirrored)
    mean = mean_direction(task.vectors, task.lengths)
    columns = [
        Table(device, task.among, mean, None, block=cut.block, resident=cut.resident) for device in devices
    ]

    def tables(queries: Float32, block: int, resident: bool) -> list[Table]:
        return [
            Table(c.device, with_lengths(queries), mean, c.balance, block=block, resident=resident)
            for c in columns
        ]

    done, lock = 0, Lock()

    def tell(more: int) -> None:
        nonlocal done
        with lock:
            done += more
            progress("neighbours", min(done, count - 1), count)

    progress("neighbours", 0, count)
    rows = columns if task.mirrored else tables(task.queries, cut.block, cut.resident)
    part = _Round(
        rows=rows, columns=columns, own=task.own, k=task.k, sample=sample, rank=rank, room=room, tiling=cut
    )
    found = _round(part, tell)
    lost = np.flatnonzero(~found.proven)
    if len(lost):
        again = replace(
            part,
            rows=tables(task.queries[lost], max(LEAST_ROWS, cut.block // 4), False),
            own=task.own[lost],
            sample=None,
            rank=min(task.k + 1, vectors),
            room=4 * room,
            tiling=replace(cut, mirrored=False),
        )
        found.put(lost, _round(again, lambda more: None))
    bound = float(rows[0].error.max()) + float(columns[0].error.max())
    return found, Certificate(backend="cuda", certified=count - len(lost), redone=len(lost), bound=bound)


@cache
def is_correct(name: str) -> bool:
    """Whether a device sums within the bound and gives the bytes of the plain back end, on small matrices."""
    random = np.random.default_rng(0)
    device = Device(name)
    halves = random.standard_normal((2, 256, 1024)).astype(np.float16)
    halves[:, 128:] = 2.0**-12
    halves[:, 128:, 0] = 1  # a large product, and small ones that truncation loses
    exact = halves.astype(np.float64)
    found = device.products(*(device.send(side) for side in halves)).cpu().numpy()
    most = np.outer(*np.linalg.norm(exact, axis=2)) * accumulation(1024)
    if not (np.abs(found - exact[0] @ exact[1].T) <= most).all():
        return False
    vectors = random.standard_normal((640, 67)).astype(np.float32)
    vectors[500:] = random.permuted(np.tile(np.abs(vectors[0]), (140, 1)), axis=1)
    vectors[499] = 1 / 3  # equally near to all these but for the order of summation
    own = np.arange(len(vectors), dtype=np.int32)
    task = Task(
        queries=vectors,
        own=own,
        vectors=vectors,
        lengths=with_lengths(vectors).lengths,
        k=20,
        mirrored=True,
        threads=1,
    )
    cut = Tiling(block=LEAST_ROWS, resident=True, mirrored=True, pairs=MOST_PAIRS)
    ranking, _ = certified(task, [device], silent, cut)
    expected = plain(vectors, own, vectors, 20, silent, 1, 1 << 24)
    return (
        bool(ranking.proven.all())
        and np.array_equal(ranking.positions, expected.positions)
        and np.array_equal(ranking.similarity, expected.similarity)
    )
