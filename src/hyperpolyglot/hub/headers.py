"""The small reads of a remote file, headers for the most part, kept in one journal per file.

A record is ``magic, offset, length, sha256, bytes``. A record that a killed process left unfinished ends the
journal when it is read, as does one whose bytes have changed, and is cut off before the next one is added.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.hub.partial import disk_faults, remove_irregular
from hyperpolyglot.regular import opened

__all__ = ["Journal"]

_RECORD = struct.Struct("<4sQQ32s")
_MAGIC = b"HPR1"
_LARGEST = 1 << 30


class _Piece(NamedTuple):
    offset: int
    length: int
    place: int

    @property
    def end(self) -> int:
        return self.offset + self.length


class Journal:
    """Pieces of a file by offset. Add to it under a lock only, after :meth:`refresh`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pieces: list[_Piece] = []
        self._sound = 0
        self._there = 0
        self.refresh()

    @property
    def size(self) -> int:
        """Bytes of the journal up to the end of its last sound record."""
        return self._sound

    @property
    def damaged(self) -> bool:
        """Whether something follows the last sound record: one that was cut off, or whose bytes have changed."""
        return self._there > self._sound

    def refresh(self) -> None:
        """Take in what other processes have added; a journal that cannot be read has nothing."""
        try:
            with opened(self.path) as file:
                self._there = os.fstat(file.fileno()).st_size
                if self._there < self._sound:
                    self._pieces, self._sound = [], 0
                file.seek(self._sound)
                while (piece := _next_record(file)) is not None:
                    self._pieces.append(piece)
                    self._sound = file.tell()
        except (OSError, UnsupportedFormat):
            self._pieces, self._sound, self._there = [], 0, 0

    def known(self, offset: int, length: int) -> int:
        """How many of the ``length`` bytes from ``offset`` on are there without a gap."""
        reached, stop = offset, offset + length
        while reached < stop:
            end = max((p.end for p in self._pieces if p.offset <= reached < p.end), default=reached)
            if end == reached:
                break
            reached = min(end, stop)
        return reached - offset

    def known_before(self, stop: int, start: int) -> int:
        """Where the bytes that end at ``stop`` and are there without a gap begin, not before ``start``."""
        reached = stop
        while reached > start:
            begin = min((p.offset for p in self._pieces if p.offset < reached <= p.end), default=reached)
            if begin == reached:
                break
            reached = max(begin, start)
        return reached

    def read(self, offset: int, length: int) -> bytes | None:
        """The bytes, or ``None`` where some are missing."""
        parts, reached, stop = [], offset, offset + length
        try:
            with opened(self.path) as file:
                while reached < stop:
                    covering = [p for p in self._pieces if p.offset <= reached < p.end]
                    if not covering:
                        return None
                    piece = max(covering, key=lambda p: p.end)
                    file.seek(piece.place + reached - piece.offset)
                    part = file.read(min(piece.end, stop) - reached)
                    if not part:
                        return None
                    parts.append(part)
                    reached += len(part)
        except (OSError, UnsupportedFormat):
            return None
        return b"".join(parts)

    def add(self, offset: int, data: bytes | bytearray) -> None:
        """Append a piece; raises ``TransferError`` where the disk takes nothing."""
        record = _RECORD.pack(_MAGIC, offset, len(data), hashlib.sha256(data).digest())
        with disk_faults(self.path, len(data)):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            remove_irregular(self.path)
            with self.path.open("ab") as file:
                file.truncate(self._sound)
                file.seek(0, os.SEEK_END)
                file.write(record)
                file.write(data)
        self._pieces.append(_Piece(offset, len(data), self._sound + _RECORD.size))
        self._sound += _RECORD.size + len(data)
        self._there = self._sound


def _next_record(file: BinaryIO) -> _Piece | None:
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    magic, offset, length, digest = _RECORD.unpack(head)
    if magic != _MAGIC or length > _LARGEST:
        return None
    place, data = file.tell(), file.read(length)
    if len(data) != length or hashlib.sha256(data).digest() != digest:
        return None
    return _Piece(offset, length, place)
