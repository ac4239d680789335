"""Exact nearest neighbours by cosine, in canonical order: float64 cosine descending, then position.

Six back ends give the same bytes (``docs/engine.md``):

- ``plain``: blocked products and a filter, short and obvious; the oracle, and the choice for small tables;
- ``direct``: all cosines in float64, for a few queries;
- ``fp32``: float32 tiles with fused thresholds, every pair computed once for both rows;
- ``int8``: the same with int8 tiles, which a processor with VNNI multiplies four times as fast;
- ``bf16``: the same with bfloat16 tiles on a processor's matrix unit;
- ``cuda``: fp16 products and the float64 ranking on GPUs, where ``device`` names some or finds them worthwhile.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hyperpolyglot.engine.cosine import WithLengths, norms
from hyperpolyglot.engine.devices import chosen_gpus
from hyperpolyglot.engine.kernels.operands import BF16, FP32, INT8, KINDS
from hyperpolyglot.engine.kernels.selftest import MAX_INT8_DIM, bf16_is_correct, int8_is_fast
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.engine.search.direct import direct
from hyperpolyglot.engine.search.filtered import filtered
from hyperpolyglot.engine.search.memory import plan
from hyperpolyglot.engine.search.plain import plain, slack
from hyperpolyglot.engine.search.result import Certificate, Nearest
from hyperpolyglot.engine.search.sweep import is_compiled
from hyperpolyglot.engine.search.task import Task
from hyperpolyglot.errors import NotEnoughData, NotEnoughMemory
from hyperpolyglot.types import Float32, Int32, Progress, silent

__all__ = ["AUTO", "Backend", "Certificate", "Nearest", "Search", "int8_is_fast", "nearest", "slack"]

Backend = Literal["auto", "plain", "direct", "fp32", "int8", "bf16"]

_BLOCK_BYTES = 1 << 27
_FEW_QUERIES = 16
_SMALL = 1 << 31
_SOON_DONE = 1 << 38
"""A search of this size by the plain back end takes less time than compiling the kernels of the faster ones."""
_RUN_IN_MEMORY, _RUN_ON_DISK = 8, 256


def nearest(
    vectors: Float32,
    k: int,
    progress: Progress = silent,
    *,
    threads: int | None = None,
    backend: Backend = "auto",
    memory_bytes: int | None = None,
    device: str | None = None,
) -> Nearest:
    """The k nearest other rows of every row of ``vectors``, exactly.

    ``vectors``: float32 ``[n, d]``, finite, no zero rows.
    Order: cosine descending in float64 by the stated summation, then position.
    Options and errors as for :class:`Search`.

    >>> nearest(np.array([[1, 0], [1, 1], [0, 2]], np.float32), k=2).positions.tolist()
    [[1, 2], [0, 2], [1, 0]]
    """
    search = Search(backend=backend, memory_bytes=memory_bytes, threads=threads, device=device)
    return search(vectors, np.arange(len(vectors), dtype=np.int32), vectors, k, progress)


class _Allowance:
    """How much is searched without the fast kernels until they are compiled: about as long as compiling takes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def takes(self, size: int) -> bool:
        """Whether a search of this size is within what is left; what it takes is gone."""
        found = size <= self._left
        self._left -= size if found else 0
        return found


_UNCOMPILED = _Allowance(2 * _SOON_DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How neighbours are searched.

    ``backend``: see the module; ``auto`` takes the fastest that this processor passes the self-test for.
    ``memory_bytes``: ceiling for what is taken besides the input; more rounds keep it, and the result lies on disk,
    to which it is written as it comes.
    ``device``: auto, cpu, cuda or cuda:i; ``None`` is what :func:`~hyperpolyglot.engine.devices.use_device` was told.
    A back end that is named runs on the processor.
    """

    backend: Backend = "auto"
    memory_bytes: int | None = None
    threads: int | None = None
    device: str | None = None

    def __call__(
        self, queries: Float32, own: Int32, vectors: Float32, k: int, progress: Progress = silent
    ) -> Nearest:
        """The k nearest rows of ``vectors`` to each of ``queries``, float32 ``[q, d]``, exactly.

        ``own``: int32 ``[q]``, the position in ``vectors`` that is the query itself and is left out; −1 for none.
        Raises ``NotEnoughData`` where there are fewer than k other rows, ``NotEnoughMemory`` for a ceiling too low.

        >>> vectors = np.array([[1, 0], [1, 1], [0, 2]], np.float32)
        >>> Search()(vectors[:1], np.array([-1], np.int32), vectors, k=2).positions.tolist()
        [[0, 1]]
        """
        others = len(vectors) - int(bool(np.any(own >= 0)))
        if not 1 <= k <= others:
            raise NotEnoughData(f"{k} neighbours were asked for, but a token has only {others} others.")
        same = queries is vectors and np.array_equal(own, np.arange(len(vectors)))
        vectors = np.require(vectors, np.float32, ["C", "A"])
        queries = vectors if same else np.require(queries, np.float32, ["C", "A"])
        found = self._on_gpus(queries, own, vectors, k, same, progress)
        return found or self._here(queries, own, vectors, k, same, progress)

    def _on_gpus(
        self, queries: Float32, own: Int32, vectors: Float32, k: int, same: bool, progress: Progress
    ) -> Nearest | None:
        """What GPUs find, where some are chosen and will do."""
        if self.backend != "auto" or len(queries) <= _FEW_QUERIES:
            return None
        gpus = chosen_gpus(self.device, len(queries) * vectors.size)
        if not gpus:
            return None
        from hyperpolyglot.engine.devices.gpu import search_on_gpus

        task = Task(
            queries=queries,
            own=own,
            vectors=vectors,
            lengths=norms(vectors),
            k=k,
            mirrored=same,
            threads=usable_threads(self.threads),
        )
        return search_on_gpus(task, gpus, progress, replace(self, device="cpu"))

    def _here(
        self, queries: Float32, own: Int32, vectors: Float32, k: int, same: bool, progress: Progress
    ) -> Nearest:
        """What the processor finds."""
        chosen, workers = self._choose(queries, vectors), usable_threads(self.threads)
        if chosen == "plain":
            _check_plain(len(queries), vectors, k, self.memory_bytes)
            return plain(queries, own, vectors, k, progress, workers, _BLOCK_BYTES)
        lengths = norms(vectors)
        if chosen == "direct":
            with ThreadPoolExecutor(workers) as pool:
                found = direct(queries, own, WithLengths(vectors, lengths), k, pool)
            progress("neighbours", len(queries), len(queries))
            certificate = Certificate(backend="direct", certified=len(queries), redone=0, bound=0.0)
            return Nearest(found.positions, found.similarity, certificate)
        kind = KINDS.index(chosen)
        if (kind == BF16 and not bf16_is_correct()) or (kind == INT8 and vectors.shape[1] > MAX_INT8_DIM):
            kind = FP32
        task = Task(
            queries=queries,
            own=own,
            vectors=vectors,
            lengths=lengths,
            k=k,
            mirrored=same,
            threads=workers,
            run=_RUN_IN_MEMORY if self.memory_bytes is None else _RUN_ON_DISK,
        )
        return filtered(task, plan(task.shape, k, workers, kind, self.memory_bytes), progress)

    def _choose(self, queries: Float32, vectors: Float32) -> Backend:
        """The back end that was named, or the one for a search of this size on this processor."""
        if self.backend != "auto":
            return self.backend
        if len(queries) <= _FEW_QUERIES:
            return "direct"
        size = len(queries) * vectors.size if self.memory_bytes is None else math.inf
        if size < _SMALL or (size < _SOON_DONE and not is_compiled() and _UNCOMPILED.takes(int(size))):
            return "plain"
        if bf16_is_correct():
            return "bf16"
        return "int8" if int8_is_fast() else "fp32"


AUTO = Search()
"""The fastest way, with no ceiling for memory."""


def _check_plain(queries: int, vectors: Float32, k: int, memory_bytes: int | None) -> None:
    """Raise ``NotEnoughMemory`` where the plain back end, which knows no rounds, would take more than is allowed."""
    least = vectors.nbytes + 2 * _BLOCK_BYTES + 8 * k * queries
    if memory_bytes is not None and least > memory_bytes:
        raise NotEnoughMemory(
            f"{memory_bytes:,} bytes are too few for the plain back end, which takes {least:,}: choose another."
        )
