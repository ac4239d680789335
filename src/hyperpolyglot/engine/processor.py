"""What this processor can do, and the register tile that suits it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from llvmlite.binding import get_host_cpu_features  # type: ignore[import-untyped]

__all__ = ["COLUMNS", "LANES", "ROWS", "blas_threads", "has", "usable_threads"]


@cache
def _features() -> dict[str, bool]:
    try:
        return dict(get_host_cpu_features())
    except RuntimeError:  # LLVM cannot tell on this system
        return {}


def has(feature: str) -> bool:
    """Whether the processor has a feature, by LLVM's name for it."""
    return _features().get(feature, False)


def usable_threads(threads: int | None) -> int:
    """``threads``, else ``$HYPERPOLYGLOT_THREADS``, else as many as this process may run on."""
    if threads is not None:
        return max(1, threads)
    told = os.environ.get("HYPERPOLYGLOT_THREADS", "")
    if told.isdecimal():
        return max(1, int(told))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_blas_limited = Lock()


@contextmanager
def blas_threads(most: int) -> Iterator[None]:
    """Products of BLAS take at most so many threads in the block, in the whole process.

    A block within such a block changes nothing.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if not _blas_limited.acquire(blocking=False):
        yield
        return
    try:
        with threadpool_limits(limits=most, user_api="blas"):
            yield
    finally:
        _blas_limited.release()


def _register_tile() -> tuple[int, int]:
    """Lanes of a vector register and rows of a tile: two vectors wide, the accumulators filling the registers."""
    if has("avx512f"):
        return 16, 12
    if has("avx2"):
        return 8, 6
    return 4, 6


LANES, ROWS = _register_tile()
COLUMNS = 2 * LANES
