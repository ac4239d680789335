"""A lock between processes that dies with its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hyperpolyglot.errors import TransferError
from hyperpolyglot.hub.partial import disk_faults
from hyperpolyglot.locks import acquire

__all__ = ["hold", "hold_if_free"]


@contextmanager
def hold(path: Path, moved: Callable[[], object], patience: float) -> Iterator[None]:
    """Hold the lock ``path`` for the block, waiting for whoever has it as long as ``moved()`` keeps changing.

    The system lets the lock of a dead process go. Raises ``TransferError`` after ``patience`` seconds in which
    the holder did nothing.
    """
    from filelock import FileLock

    with disk_faults(path, 0):
        path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, is_singleton=False)
    with disk_faults(path, 0):
        had = acquire(lock, moved, patience)
    if not had:
        raise TransferError(
            f"another process has held {path} for {patience:.0f} seconds without getting on; end it, or try "
            "again later."
        )
    try:
        yield
    finally:
        lock.release()


@contextmanager
def hold_if_free(path: Path) -> Iterator[bool]:
    """Whether the lock could be had without waiting; held for the block if so."""
    from filelock import FileLock

    lock = FileLock(path, is_singleton=False)
    with disk_faults(path, 0):
        had = acquire(lock, lambda: None, 0)
    try:
        yield had
    finally:
        if had:
            lock.release()
