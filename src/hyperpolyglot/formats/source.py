"""Files on this machine as sources of bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile, ModelNotFound, UnsupportedFormat
from hyperpolyglot.types import frozen

__all__ = ["LocalFile"]


class LocalFile:
    """A regular file on disk; a :class:`~hyperpolyglot.types.ByteSource`.

    Raises ``ModelNotFound`` where there is no such file and ``UnsupportedFormat`` for what is no regular
    file (a folder, a pipe, a device). The file is opened for each read and must not change meanwhile.
    """

    __slots__ = ("_path", "_size")

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        try:
            status = os.stat(self._path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ModelNotFound(f"{self._path} cannot be opened: {reason}.") from error
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedFormat(f"{self._path} is not a regular file; name a checkpoint file.")
        self._size = status.st_size

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self._path)

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    @property
    def size(self) -> int:
        """Length in bytes when the file was opened."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``; raises ``DamagedFile`` where the file ends earlier."""
        self._check(offset, length)
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(offset)
                parts, missing = [], length
                while missing and (part := file.read(missing)):
                    parts.append(part)
                    missing -= len(part)
        except OSError as error:
            raise DamagedFile(self.name, f"reading failed: {error.strerror}") from error
        if missing:
            raise DamagedFile(self.name, "the file became shorter while it was read")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def map(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The range as a read-only uint8 array ``[length]``, paged in as it is touched."""
        self._check(offset, length)
        if length == 0:
            return frozen(np.empty(0, np.uint8))
        try:
            return np.asarray(np.memmap(self._path, np.uint8, "r", offset, (length,)))
        except (OSError, ValueError) as error:
            raise DamagedFile(self.name, f"mapping {length} bytes failed: {error}") from error

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self._size:
            raise DamagedFile(
                self.name,
                f"the file ends at byte {self._size}, before the end of a part of {length} bytes at {offset}",
            )
