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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.devices import say_once
from hyperpolyglot.engine.filtered import Task
from hyperpolyglot.engine.halffloats import EXTRA, MAX_HALF_DIM, accumulation
from hyperpolyglot.engine.passes import Sweep, sweep_rows
from hyperpolyglot.engine.plain import plain
from hyperpolyglot.engine.quantise import mean_direction
from hyperpolyglot.engine.result import Certificate, Nearest
from hyperpolyglot.engine.tensors import Device, Pairs, RowsThere, Table, cross_product, ranked
from hyperpolyglot.types import Array, Float32, Float64, Int32, Progress, silent

__all__ = ["Tiling", "cross_product_on_gpu", "is_right", "on_gpus", "sweeps_on_gpus", "swept", "tiling"]

_SAMPLE = 2048, 16_384
_MOST_ROWS = 16_384
_LEAST_ROWS = 128
_MOST_PAIRS = 1 << 22
_COMPARISON = 1e-6

Found = tuple[Int32, Float32, NDArray[np.bool_]]
"""Positions int32 and similarities float32 ``[q, k]``, and which rows are proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How a search is cut to the memory of a device.

    ``block``: rows and columns of a tile. ``resident``: all rows stay on the device. ``mirrored``: pairs of blocks are
    computed once. ``pairs``: cosines computed at once.
    """

    block: int
    resident: bool
    mirrored: bool
    pairs: int


def tiling(free: int, shape: tuple[int, int, int], room: int, devices: int, *, mirrored: bool) -> Tiling:
    """A tiling for ``shape`` = (queries, vectors, d) with ``room`` candidates a row and ``free`` bytes on a device.

    Of four fifths of it, half is for the rows, an eighth each for tiles, blocks of rows and lists of candidates.

    >>> tiling(75 << 30, (250_000, 250_000, 768), 672, 1, mirrored=True).resident
    True
    """
    queries, vectors, dim = shape
    usable = free * 4 // 5
    held = vectors + (0 if mirrored else queries)
    block = min(math.isqrt(usable // 64), usable // (320 * (dim + 8)), usable // (640 * room), _MOST_ROWS)
    if devices > 1:
        block = min(block, -(-queries // (4 * devices)))
    return Tiling(
        block=max(_LEAST_ROWS, block // _LEAST_ROWS * _LEAST_ROWS),
        resident=held * 6 * (dim + 16) <= usable // 2,
        mirrored=mirrored and 12 * room * queries <= usable // 8,
        pairs=max(1 << 10, min(_MOST_PAIRS, usable // 4096)),
    )


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


class _Lists:
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


def _round(part: _Round, tell: Callable[[int], None]) -> Found:
    """The neighbours of all rows that can be proven; ``tell`` hears how many more rows are done."""
    margins = _margins(part)
    thresholds = _thresholds(part, margins)
    blocks, mirrored = part.rows[0].blocks(), part.tiling.mirrored
    lists = _Lists(len(blocks), mirrored=mirrored)
    limits = [
        (rows.device.send(thresholds), rows.device.send(np.zeros(len(part.own), np.int64)))
        for rows in part.rows
    ]
    owns = [rows.device.send(part.own.astype(np.int64)) for rows in part.rows]
    count = len(part.own)
    positions, similarity = np.empty((count, part.k), np.int32), np.empty((count, part.k), np.float32)
    proven = np.zeros(count, np.bool_)

    def rank(device: int, block: slice) -> None:
        given_up = np.any([each[block].isinf().cpu().numpy() for each, _ in limits], axis=0)
        floor = np.where(given_up, np.float32(np.inf), thresholds[block])
        sides = part.rows[device], part.columns[device]
        pieces = lists.take(block.start // part.rows[0].block)
        found = ranked(sides, block, pieces, (part.k, floor, margins[block]), part.tiling.pairs)
        positions[block], similarity[block], proven[block] = found
        tell(block.stop - block.start)

    def sweep(device: int, job: int) -> None:
        rows, columns = part.rows[device], part.columns[device]
        mine = slice(*blocks[job])
        left = rows.left(mine)

        def limited(block: slice) -> tuple[object, object, int]:
            return limits[device][0][block], limits[device][1][block], part.room

        for other, (first, last) in enumerate(columns.blocks()):
            if mirrored and other < job:
                continue
            values = rows.device.products(left, columns.right(slice(first, last)))
            lists.add(job, rows.device.hits(values, first, owns[device][mine], limited(mine)))
            if mirrored and other > job:
                theirs = limited(slice(first, last))
                lists.add(other, rows.device.hits(values.T, mine.start, None, theirs))
        for ready in lists.complete(job):
            rank(device, slice(*blocks[ready]))

    _each(len(part.rows), len(blocks), sweep)
    return positions, similarity, proven


def swept(
    task: Task, devices: Sequence[Device], progress: Progress, cut: Tiling | None = None
) -> tuple[Found, Certificate]:
    """What can be proven on the devices, and the certificate as far as it goes; ``cut`` forces a tiling."""
    count, (vectors, dim) = len(task.queries), task.vectors.shape
    size = min(vectors, max(_SAMPLE[0], min(_SAMPLE[1], vectors // 16)))
    sample = np.sort(np.random.default_rng(vectors).choice(vectors, size, replace=False))
    expected = task.k * size / vectors
    rank = min(size, math.ceil(expected + 3 * math.sqrt(expected) + 3))
    room = 2 * math.ceil(rank * vectors / size) + 128
    free = min(device.free_bytes() for device in devices)
    shape = count, vectors, dim
    cut = cut or tiling(free, shape, room, len(devices), mirrored=task.mirrored)
    mean = mean_direction(task.vectors, task.lengths)
    columns = [
        Table(device, (task.vectors, task.lengths), mean, None, block=cut.block, resident=cut.resident)
        for device in devices
    ]

    def tables(queries: Float32, block: int, resident: bool) -> list[Table]:
        return [
            Table(c.device, (queries, norms(queries)), mean, c.balance, block=block, resident=resident)
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
    lost = np.flatnonzero(~found[2])
    if len(lost):
        again = replace(
            part,
            rows=tables(task.queries[lost], max(_LEAST_ROWS, cut.block // 4), False),
            own=task.own[lost],
            sample=None,
            rank=min(task.k + 1, vectors),
            room=4 * room,
            tiling=replace(cut, mirrored=False),
        )
        for whole, piece in zip(found, _round(again, lambda more: None), strict=True):
            whole[lost] = piece
    bound = float(rows[0].error.max()) + float(columns[0].error.max())
    return found, Certificate(backend="cuda", certified=count - len(lost), redone=len(lost), bound=bound)


@cache
def is_right(name: str) -> bool:
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
        queries=vectors, own=own, vectors=vectors, lengths=norms(vectors), k=20, mirrored=True, threads=1
    )
    cut = Tiling(block=_LEAST_ROWS, resident=True, mirrored=True, pairs=_MOST_PAIRS)
    (positions, similarity, proven), _ = swept(task, [device], silent, cut)
    expected = plain(vectors, own, vectors, 20, silent, 1, 1 << 24)
    right = np.array_equal(positions, expected.positions) and np.array_equal(similarity, expected.similarity)
    return bool(proven.all()) and right


def say_failed(error: Exception) -> None:
    """Say once why a GPU is not used, or no longer."""
    why = (str(error).splitlines() or [type(error).__name__])[0]
    say_once(f"the GPU failed ({why}); the processor goes on, with the same results.")


def on_gpus(
    task: Task, names: Sequence[str], progress: Progress, elsewhere: Callable[..., Nearest]
) -> Nearest | None:
    """The k nearest of every query, exactly; ``None`` where no GPU will do, and why has been said.

    ``elsewhere(queries, own, vectors, k)`` searches for what is left over.
    """
    if task.vectors.shape[1] + EXTRA > MAX_HALF_DIM:
        return None
    try:
        trusted = [name for name in names if is_right(name)]
        for name in names:
            if name not in trusted:
                say_once(f"{name} is not used: it does not multiply as the proof of exactness needs it.")
        if not trusted:
            return None
        (positions, similarity, proven), certificate = swept(task, [Device(n) for n in trusted], progress)
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return None
    left = np.flatnonzero(~proven)
    if len(left):
        rest = elsewhere(task.queries[left], task.own[left], task.vectors, task.k)
        positions[left], similarity[left] = rest.positions, rest.similarity
    progress("neighbours", len(proven), len(proven))
    return Nearest(positions, similarity, certificate)


@dataclass
class _OrHere:
    """A pass there, and from its first failure on a pass on the processor."""

    sweep: Sweep

    def __call__(self, *given: Any) -> None:
        try:
            self.sweep(*given)
        except RuntimeError as error:
            say_failed(error)
            self.sweep = sweep_rows
            self.sweep(*given)


def sweeps_on_gpus(vectors: Float32, names: Sequence[str]) -> list[Sweep]:
    """The passes of probes over ``vectors``, on each GPU that will do; none where none will, and why has been said."""
    try:
        return [_OrHere(RowsThere(Device(name), vectors)) for name in names if is_right(name)]
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return []


def cross_product_on_gpu(
    sides: tuple[Array, Array], means: tuple[Array, Array] | None, dtype: type, name: str
) -> Float64 | None:
    """:func:`hyperpolyglot.linalg.cross_product` there; ``None`` where the GPU fails, and why has been said."""
    try:
        return cross_product(Device(name), sides, means, dtype)
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return None
