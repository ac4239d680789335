"""Arrays on disk for as long as they are used: for what is larger than the memory there is.

They are files without a name beside the cache, so nothing is left of them, whatever happens to the process.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from hyperpolyglot.errors import NotEnoughMemory
from hyperpolyglot.store import default_root
from hyperpolyglot.types import Array

__all__ = ["filled", "free_memory", "reserved"]

_ZEROS = bytes(1 << 20)
_LIMITS = tuple(map(Path, ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")))


def reserved(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """A writable array of zeros on disk. Its room is taken now: raises ``NotEnoughMemory`` where the disk is too full.

    >>> reserved((2, 3), np.int32).tolist()
    [[0, 0, 0], [0, 0, 0]]
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return _mapped(shape, dtype, "r+", (_ZEROS[: size - start] for start in range(0, size, len(_ZEROS))))


def filled(shape: tuple[int, ...], dtype: DTypeLike, blocks: Iterable[Array]) -> Array:
    """A read-only array on disk, of blocks that follow each other along the first axis. Raises as :func:`reserved`.

    >>> filled((3,), np.float32, [np.array([1, 2]), np.array([3])]).tolist()
    [1.0, 2.0, 3.0]
    """
    return _mapped(shape, dtype, "r", (np.ascontiguousarray(block, dtype).data for block in blocks))


def _mapped(
    shape: tuple[int, ...], dtype: DTypeLike, mode: Literal["r", "r+"], parts: Iterable[bytes | memoryview]
) -> Array:
    if 0 in shape:
        return np.zeros(shape, dtype)
    try:
        with _file() as file:
            for part in parts:
                file.write(part)
            file.flush()
            return np.memmap(file, dtype, mode, shape=shape)
    except OSError as error:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        raise NotEnoughMemory(
            f"{default_root()}: no room for {size:,} bytes for the time of the search ({error.strerror}); "
            "set HYPERPOLYGLOT_CACHE to a larger disk, or allow more memory."
        ) from error


def _file() -> IO[Any]:
    """A file without a name beside the cache, or among the system's temporary files where the cache takes none."""
    try:
        default_root().mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=default_root())
    except OSError:
        return tempfile.TemporaryFile()


def free_memory() -> int | None:
    """Bytes that could be taken now without swapping, by Linux and the control group; ``None`` where nobody says."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError):
        return None
    for limit in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # not there, or "max"
            free.append(int(limit.read_text("ascii")))
    return min(free, default=None)
