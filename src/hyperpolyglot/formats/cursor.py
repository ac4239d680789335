"""Reading a header from front to back over any source of bytes."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.types import ByteSource

__all__ = ["Cursor", "parsed_name", "shown"]

WINDOW = 1 << 18


def shown(name: str, limit: int = 100) -> str:
    """A name out of a file as a message may show it: printable and not too long.

    >>> shown("wte.weight"), shown("a\\x1b[31m")
    ('wte.weight', "'a\\\\x1b[31m'")
    """
    name = name if name.isprintable() else repr(name)
    return name if len(name) <= limit else f"{name[:limit]}…"


def parsed_name(raw: bytes, where: str) -> str:
    """A UTF-8 name out of a file; raises ``DamagedFile`` where it is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedFile(where, f"the name {raw[:40]!r} is not valid UTF-8") from error


@lru_cache
def _layout(form: str) -> struct.Struct:
    return struct.Struct(form)


class Cursor:
    """A position in ``source`` that moves forward up to ``end``, reading ahead in windows."""

    __slots__ = ("_base", "_buffer", "_end", "_source", "_spot", "_window")

    def __init__(
        self, source: ByteSource, start: int = 0, end: int | None = None, window: int = WINDOW
    ) -> None:
        self._source = source
        self._end = source.size if end is None else min(end, source.size)
        self._base = start
        self._buffer = b""
        self._spot = 0
        self._window = window

    @property
    def position(self) -> int:
        """Offset in the file of the next byte."""
        return self._base + self._spot

    @property
    def left(self) -> int:
        """Bytes between the position and the end."""
        return self._end - self.position

    @property
    def size(self) -> int:
        """Length of the whole source in bytes."""
        return self._source.size

    @property
    def where(self) -> str:
        """The name of the source, for messages."""
        return self._source.name

    @property
    def source(self) -> ByteSource:
        """Where the bytes come from."""
        return self._source

    def skip(self, length: int) -> None:
        """Move forward without reading; raises ``DamagedFile`` beyond the end."""
        if length > self.left:
            raise DamagedFile(self.where, f"{length} bytes are due at {self.position}, {self.left} left")
        self._base, self._buffer, self._spot = self.position + length, b"", 0

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes; raises ``DamagedFile`` where fewer are left."""
        stop = self._spot + length
        if stop > len(self._buffer):
            self._fill(length)
            stop = length
        taken = self._buffer[self._spot : stop]
        self._spot = stop
        return taken

    def unpack(self, form: str) -> tuple[Any, ...]:
        """The next bytes by a ``struct`` format."""
        layout = _layout(form)
        return layout.unpack(self.take(layout.size))

    def line(self, limit: int = 1 << 12) -> bytes:
        """The bytes up to the next line feed, which is passed over."""
        found = bytearray()
        while (byte := self.take(1)) != b"\n":
            found += byte
            if len(found) > limit:
                raise DamagedFile(self.where, f"a line is longer than {limit} bytes")
        return bytes(found)

    def until(self, mark: bytes, limit: int) -> bytes:
        """The bytes up to ``mark``, one byte, which is passed over; raises ``DamagedFile`` beyond ``limit`` of them."""
        found = self._buffer.find(mark, self._spot)
        if found < 0:
            self._fill(min(limit + 1, self.left))
            found = self._buffer.find(mark)
        if found < 0 or found - self._spot > limit:
            raise DamagedFile(self.where, f"a name is longer than {limit} bytes")
        taken = self._buffer[self._spot : found]
        self._spot = found + 1
        return taken

    def strings(self, count: int) -> list[bytes]:
        """``count`` strings, each behind its length as uint64."""
        found: list[bytes] = []
        append, unpack = found.append, struct.Struct("<Q").unpack_from
        buffer, spot = self._buffer, self._spot
        for _ in range(count):
            if spot + 8 > len(buffer):
                self._spot = spot
                self._fill(8)
                buffer, spot = self._buffer, 0
            start = spot + 8
            spot = start + unpack(buffer, spot)[0]
            if spot > len(buffer):
                length = spot - start
                self._spot = start
                self._fill(length)
                buffer, start, spot = self._buffer, 0, length
            append(buffer[start:spot])
        self._spot = spot
        return found

    def _fill(self, length: int) -> None:
        if length > self.left:
            raise DamagedFile(
                self.where,
                f"the header ends early: {length} bytes are due at {self.position}, {self.left} left",
            )
        start = self.position
        self._buffer = self._source.read(start, min(max(length, self._window), self.left))
        self._base, self._spot = start, 0
