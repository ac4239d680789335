"""File locks between processes that share a folder.

The system lets the lock of a dead process go. A holder that lives shows it by a heartbeat, so that one that hangs is
not waited for; waiting compares what is seen with what was seen before, never with a clock, so clocks may jump.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["acquire", "hold_if_possible"]

BEAT = 1.0
PATIENCE = 60.0
_POLL = 0.2


def acquire(lock: BaseFileLock, moved: Callable[[], object], patience: float) -> bool:
    """Whether a lock could be had, waiting for it as long as what ``moved`` returns keeps changing.

    False after ``patience`` seconds in which it did not change. Raises ``OSError`` where the lock file cannot be made.
    """
    from filelock import Timeout

    seen, since = object(), time.monotonic()
    while True:
        try:
            lock.acquire(timeout=min(_POLL, patience), poll_interval=_POLL / 4)
        except Timeout:
            state = moved()
            if state != seen:
                seen, since = state, time.monotonic()
            if time.monotonic() - since >= patience:
                return False
        else:
            return True


@contextmanager
def hold_if_possible(path: Path, *, beat: float = BEAT, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock ``path`` for the block, waiting for a holder as long as its heart beats.

    Where no lock is to be had (a folder that cannot be written, a holder that hangs for ``patience`` seconds) the
    block is entered all the same: use it where two at once do only the same work twice.
    """
    from filelock import FileLock

    lock = FileLock(path, is_singleton=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = acquire(lock, lambda: _beats(path), patience)
    except (OSError, NotImplementedError):
        held = False
    if not held:
        yield
        return
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, beat, stop), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join()
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()


def _beats(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _beat(path: Path, beat: float, stop: threading.Event) -> None:
    while not stop.wait(beat):
        with contextlib.suppress(OSError):
            os.utime(path)
