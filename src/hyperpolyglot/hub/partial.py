"""A range on its way into the cache: a file that grows, survives its process, and is taken for nothing else."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from hyperpolyglot.errors import HyperpolyglotError, TransferError
from hyperpolyglot.hub.digests import Digests
from hyperpolyglot.hub.pace import shown_size
from hyperpolyglot.regular import read_regular

__all__ = ["CacheUnusable", "Partial", "disk_faults", "remove_irregular", "synced"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STEP = 1 << 22
_SYNC_EVERY = 1 << 28
_LARGEST_STATE = 1 << 16


class CacheUnusable(TransferError):
    """The place for what is fetched takes nothing, whatever room there is: another user's, or not to be written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"{folder} cannot be used as a cache ({reason}); set HYPERPOLYGLOT_CACHE, or HF_HOME, to a place of "
            "your own."
        )
        self.folder = folder
        self.reason = reason


@contextlib.contextmanager
def disk_faults(path: Path, length: int) -> Iterator[None]:
    """Turn what the disk refuses into one sentence: a ``TransferError`` where it is full, else ``CacheUnusable``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise TransferError(
                f"the disk of {path.parent} is full, and {shown_size(length)} are to be kept there; make room "
                "(hyperpolyglot cache prune) or set HYPERPOLYGLOT_CACHE to another place."
            ) from error
        raise CacheUnusable(path.parent, error.strerror or str(error)) from error


def synced(path: Path) -> None:
    """Have the disk keep what was written to a file or renamed in a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # folders cannot be opened on every system
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Partial:
    """The sink of a transfer that is continued after its process was killed.

    ``<path>`` has the bytes, ``<path>.state`` the entity tag, and how far the disk surely has them: what was
    written beyond that is trusted only within one run of the system. Hold the range's lock while using one.
    """

    def __init__(self, path: Path, length: int) -> None:
        self.path = path
        self._length = length
        self._state = path.with_name(f"{path.name}.state")
        self._digests = Digests()
        self._have = 0
        self._kept = 0
        self.etag: str | None = None

    def __enter__(self) -> Partial:
        with disk_faults(self.path, self._length):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            remove_irregular(self.path)
            self._file = self.path.open("ab", buffering=0)
            self._resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def have(self) -> int:
        """How many bytes are there."""
        return self._have

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes that are there."""
        return self._digests.whole()

    @property
    def blocks(self) -> tuple[str, ...]:
        """SHA-256 of each block of the bytes that are there."""
        return self._digests.blocks()

    def parts(self) -> Iterator[bytes]:
        """The bytes that are there, piece by piece."""
        with self.path.open("rb") as file:
            while part := file.read(_STEP):
                yield part

    def write(self, part: bytes) -> None:
        """Add bytes to the end; raises ``TransferError`` where the disk is full."""
        with disk_faults(self.path, self._length):
            view = memoryview(part)
            while view:
                count = self._file.write(view)
                self._digests.update(view[:count])
                self._have += count
                view = view[count:]
            if self._have - self._kept >= _SYNC_EVERY:
                self._keep()

    def restart(self, etag: str | None) -> None:
        """Forget the bytes that are there; those to come are served under ``etag``."""
        with disk_faults(self.path, self._length):
            self._truncate(0)
            self.etag = etag
            self._keep()

    def finish(self, target: Path) -> None:
        """Rename the whole file to ``target``, after the disk has it. Call :meth:`settled` when all is done."""
        with disk_faults(self.path, self._length):
            self._keep()
            self.path.replace(target)
            synced(target.parent)

    def settled(self) -> None:
        """Forget that there was a transfer."""
        self._state.unlink(missing_ok=True)

    def _keep(self) -> None:
        os.fsync(self._file.fileno())
        self._kept = self._have
        state = {"etag": self.etag, "kept": self._kept, "run": _run_of_system()}
        beside = self._state.with_name(f"{self._state.name}.new")
        beside.write_text(json.dumps(state), "utf8")
        beside.replace(self._state)

    def _resume(self) -> None:
        size, surely = os.fstat(self._file.fileno()).st_size, 0
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, HyperpolyglotError):
            state = json.loads(read_regular(self._state, _LARGEST_STATE))
            self.etag = state["etag"] if isinstance(state["etag"], str) else None
            surely = size if state["run"] == _run_of_system() else int(state["kept"])
        usable = min(size, surely)
        if usable > self._length:
            usable = 0
        with self.path.open("rb") as file:
            left = usable
            while left and (part := file.read(min(_STEP, left))):
                self._digests.update(part)
                left -= len(part)
        if left:
            usable = 0
        if usable != size or not usable:
            self._truncate(usable)
        self._have = self._kept = usable

    def _truncate(self, length: int) -> None:
        self._file.truncate(length)
        if not length:
            self._digests = Digests()
            self._have = self._kept = 0


def remove_irregular(path: Path) -> None:
    """Remove a pipe or the like that lies where a file is to be written."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(path).st_mode):
            path.unlink()


def _run_of_system() -> str:
    """What changes when the machine is started anew; the same text everywhere where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
