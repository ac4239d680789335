"""A file of the Hub as a source of bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.hub.ranges import FileRanges
from hyperpolyglot.types import frozen

__all__ = ["RemoteFile"]

_AT_ENDS = 1 << 16
_AT_RANDOM = 1 << 10
_ALWAYS_ALLOWED = 1 << 19
_SHARE = 50
_MOST_AHEAD = 1 << 23
_TRIES = 3
"""One more than it takes when the cache turns out to take nothing."""


class RemoteFile:
    """A file that is read in place; a :class:`~hyperpolyglot.types.ByteSource`.

    ``read`` is for headers: it asks for somewhat more than it must, so that a header takes few requests: 64 KiB
    at both ends of the file, more where reading goes on, never over 512 KiB or 2 % of what was read in a row.
    ``map`` fetches its range into the cache and maps it. With ``whole`` every read comes out of the file fetched
    as one range, for formats that are read from front to back. Both raise ``DamagedFile`` beyond the end of the
    file, and ``NotCached``, ``AccessRefused`` or ``TransferError``.
    """

    def __init__(self, name: str, size: int, ranges: FileRanges, *, whole: bool = False) -> None:
        self._name = name
        self._size = size
        self._ranges = ranges
        self._whole = whole
        self._run_start = self._run_end = -1

    @property
    def name(self) -> str:
        """``org/name/file``."""
        return self._name

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``."""
        self._check(offset, length)
        if not length:
            return b""
        if self._whole:
            return self._ranges.fetched(0, self._size)[offset : offset + length].tobytes()
        for _ in range(_TRIES):
            known = self._ranges.journal.read(offset, length)
            if known is not None:
                return known
            mapped = self._ranges.mapped(offset, length)
            if mapped is not None:
                return mapped.tobytes()
            start, stop = self._missing(offset, offset + length)
            first, last = self._widened(start, stop)
            fetched = self._ranges.read(first, last)
            if (start, stop) == (offset, offset + length):
                return fetched[offset - first : stop - first]
        raise DamagedFile(self._name, "what was read of it does not stay in the cache; try again")

    def forget(self) -> bool:
        """Drop the headers that are kept, since they are none; whether reading again may give others."""
        self._run_start = self._run_end = -1
        return self._ranges.forget()

    def map(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The range as a read-only uint8 array ``[length]``, fetched once and paged in as it is touched."""
        self._check(offset, length)
        if not length:
            return frozen(np.empty(0, np.uint8))
        return self._ranges.fetched(offset, length)

    def _missing(self, start: int, stop: int) -> tuple[int, int]:
        """The part that is not there, from its first to its last byte."""
        journal = self._ranges.journal
        start += journal.known(start, stop - start)
        return start, journal.known_before(stop, start)

    def _widened(self, start: int, stop: int) -> tuple[int, int]:
        """The range to ask for instead of a missing one."""
        journal = self._ranges.journal
        if start == self._run_end:
            run = start - self._run_start
            ahead = min(max(run, _AT_ENDS), max(_ALWAYS_ALLOWED, run // _SHARE), _MOST_AHEAD)
        else:
            self._run_start = start
            ahead = _AT_RANDOM if start else _AT_ENDS
        wanted = min(max(stop, start + ahead), self._size)
        if stop == self._size and start:
            start = max(0, min(start, stop - _AT_ENDS))
            start += journal.known(start, stop - start)
        if wanted > stop:
            wanted = max(stop, journal.known_before(wanted, stop))
        self._run_end = wanted
        return start, wanted

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self._size:
            raise DamagedFile(
                self._name,
                f"the file ends at byte {self._size}, before the end of a part of {length} bytes at {offset}",
            )
