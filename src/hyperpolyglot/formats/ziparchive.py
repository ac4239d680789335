"""The table of contents of a zip file, and where in the file each member lies.

Written out because ``zipfile`` neither gives the place of a stored member nor bounds what it unpacks.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.cursor import Cursor, shown
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.types import ByteSource

__all__ = ["Member", "inflate", "inflate_start", "members", "payload"]

_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_LARGEST_DIRECTORY = 1 << 26
_LONGEST_END = 22 + 0xFFFF
_SMALL_TAIL = 1 << 10
_MEMBER_COST = 700
_CHUNK = 1 << 20
_MARK32, _MARK16 = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the table of contents."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int

    @property
    def stored(self) -> bool:
        """Whether the member lies in the file as it is, neither compressed nor encrypted."""
        return self.method == _STORED and not self.flags & _ENCRYPTED and self.packed == self.size


def members(source: ByteSource) -> dict[str, Member]:
    """Members by name, from the directory at the end of the file.

    Raises ``DamagedFile`` where there is none, it lies about its extent, or names a member twice.
    """
    count, length, start = _end_of_directory(source)
    if start + length > source.size or length > _LARGEST_DIRECTORY or count * 46 > length:
        raise DamagedFile(source.name, "the zip directory does not lie where the file says")
    MemoryBudget(source.size, source.name).spend(
        count * _MEMBER_COST + 4 * length, f"a directory of {count} members"
    )
    cursor = Cursor(source, start, start + length, window=max(length, 1))
    found: dict[str, Member] = {}
    for _ in range(count):
        member = _entry(cursor)
        if member.name in found:
            raise DamagedFile(source.name, f"the zip member {shown(member.name)} is there twice")
        found[member.name] = member
    if cursor.position != start + length:
        raise DamagedFile(source.name, f"the zip directory holds more than the {count} members it announces")
    return found


def payload(source: ByteSource, member: Member) -> int:
    """Offset of the member's first byte, behind its local header."""
    label = f"the zip member {shown(member.name)}"
    if member.header + 30 > source.size:
        raise DamagedFile(source.name, f"{label} lies beyond the end of the file")
    magic, *_, names, extra = struct.unpack("<4s5H3I2H", source.read(member.header, 30))
    start: int = member.header + 30 + names + extra
    if magic != b"PK\x03\x04" or start + member.packed > source.size:
        raise DamagedFile(source.name, f"{label} does not lie where the directory says")
    return start


def inflate(source: ByteSource, member: Member, limit: int) -> bytearray:
    """The contents of a stored or deflated member of at most ``limit`` bytes, checked against its CRC.

    Raises ``DamagedFile`` where the member is larger, or not what the directory says.
    """
    label = f"the zip member {shown(member.name)}"
    if member.size > limit:
        raise DamagedFile(
            source.name, f"{label} claims {member.size} bytes, more than the {limit} that are read"
        )
    contents = bytearray()
    for part in _parts(source, member, member.size + 1):
        contents += part
    if len(contents) != member.size or zlib.crc32(contents) != member.crc:
        raise DamagedFile(source.name, f"{label} is not what its size and checksum say")
    return contents


def inflate_start(source: ByteSource, member: Member, length: int) -> bytes:
    """The first ``length`` bytes of a member's contents, or all where there are fewer; unchecked."""
    return b"".join(_parts(source, member, length))


def _parts(source: ByteSource, member: Member, most: int) -> Iterator[bytes]:
    """At most ``most`` bytes of the contents of a member, piece by piece."""
    label = f"the zip member {shown(member.name)}"
    if member.flags & _ENCRYPTED or member.method not in (_STORED, _DEFLATED):
        raise UnsupportedFormat(
            f"{source.name}: {label} is encrypted or compressed by method {member.method}; save the archive "
            "without compression."
        )
    start = payload(source, member)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == _DEFLATED else None
    step = min(_CHUNK, max(most, 1))
    for offset in range(start, start + member.packed, step):
        part = source.read(offset, min(step, start + member.packed - offset))
        while most > 0 and part:
            try:
                piece = unpacker.decompress(part, min(most, _CHUNK)) if unpacker else part[:most]
            except zlib.error as error:
                raise DamagedFile(source.name, f"{label} cannot be decompressed") from error
            most -= len(piece)
            yield piece
            part = unpacker.unconsumed_tail if unpacker else b""
        if most <= 0 or (unpacker and unpacker.eof):
            return


def _end_of_directory(source: ByteSource) -> tuple[int, int, int]:
    """Number of entries, length and start of the central directory."""
    for reach in (_SMALL_TAIL, _LONGEST_END):
        tail_start = max(0, source.size - reach)
        tail = source.read(tail_start, source.size - tail_start)
        spot = tail.rfind(b"PK\x05\x06")
        if spot >= 0:
            break
    if spot < 0 or spot + 22 > len(tail):
        raise DamagedFile(source.name, "the zip directory is missing, so the file is probably cut short")
    disk, first, _, count, length, start = struct.unpack_from("<4H2I", tail, spot + 4)
    at = tail_start + spot
    if _MARK16 in (disk, first, count) or _MARK32 in (length, start):
        if at < 20 + 56:
            raise DamagedFile(source.name, "the zip64 directory is missing")
        magic, _, where, _ = struct.unpack("<4sIQI", source.read(at - 20, 20))
        if magic != b"PK\x06\x07" or where + 56 > source.size:
            raise DamagedFile(source.name, "the zip64 directory is missing")
        magic, _, _, _, disk, first, _, count, length, start = struct.unpack(
            "<4sQ2H2I4Q", source.read(where, 56)
        )
        if magic != b"PK\x06\x06":
            raise DamagedFile(source.name, "the zip64 directory is missing")
    if disk or first:
        raise UnsupportedFormat(
            f"{source.name}: the zip archive is split over several files; join them first."
        )
    return count, length, start


def _entry(cursor: Cursor) -> Member:
    values = cursor.unpack("<4s6H3I5H2I")
    magic, flags, method, crc = values[0], values[3], values[4], values[7]
    packed, size, header = values[8], values[9], values[16]
    raw = cursor.take(values[10])
    extra = cursor.take(values[11])
    cursor.take(values[12])
    if magic != b"PK\x01\x02":
        raise DamagedFile(cursor.where, "the zip directory is malformed")
    if _MARK32 in (packed, size, header):
        packed, size, header = _zip64(extra, packed, size, header, cursor.where)
    return Member(raw.decode("utf-8", "replace"), method, flags, crc, packed, size, header)


def _zip64(extra: bytes, packed: int, size: int, header: int, where: str) -> tuple[int, int, int]:
    """The 64-bit values of those fields that are marked as too large for 32 bits."""
    spot = 0
    while spot + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, spot)
        body = extra[spot + 4 : spot + 4 + length]
        if kind == 1:
            wide = iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            try:
                size = next(wide) if size == _MARK32 else size
                packed = next(wide) if packed == _MARK32 else packed
                header = next(wide) if header == _MARK32 else header
            except StopIteration:
                break
            return packed, size, header
        spot += 4 + length
    raise DamagedFile(where, "a zip member has no 64-bit size")
