"""The protobuf wire format, as far as a SentencePiece model needs it, without a schema compiler."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hyperpolyglot.errors import DamagedFile

__all__ = ["fields"]

_FLOAT = struct.Struct("<f")
_LONGEST_VARINT = 10

Value = int | float | tuple[int, int]


def fields(data: bytes, start: int, end: int, source: str) -> Iterator[tuple[int, Value]]:
    """The fields of the message at ``data[start:end]``: number and value.

    A whole number is an int, 32 bits are a float, 64 bits are skipped, and what has a length (text or a
    message) is the range of it in ``data``. Raises ``DamagedFile`` where a field reaches past the end.

    >>> list(fields(bytes([0x08, 0x96, 0x01, 0x12, 0x02, 0x61, 0x62]), 0, 7, "doctest"))
    [(1, 150), (2, (5, 7))]
    """
    position = start
    while position < end:
        tag = data[position]
        position += 1
        if tag >= 0x80:
            tag, position = _varint(data, position - 1, end, source)
        number, wire = tag >> 3, tag & 7
        value: Value | None = None
        if wire == 2:
            if position < end and data[position] < 0x80:
                length = data[position]
                position += 1
            else:
                length, position = _varint(data, position, end, source)
            value = (position, position + length)
            position += length
        elif wire == 0:
            value, position = _varint(data, position, end, source)
        elif wire == 5:
            if position + 4 <= end:
                value = _FLOAT.unpack_from(data, position)[0]
            position += 4
        elif wire == 1:
            position += 8
        else:
            raise DamagedFile(source, f"byte {position - 1} starts no protobuf field")
        if position > end or not number:
            raise DamagedFile(
                source, f"the protobuf field before byte {min(position, end)} is cut off or no field"
            )
        if value is not None:
            yield number, value


def _varint(data: bytes, position: int, end: int, source: str) -> tuple[int, int]:
    value = 0
    for step in range(min(_LONGEST_VARINT, end - position)):
        byte = data[position + step]
        value |= (byte & 0x7F) << (7 * step)
        if byte < 0x80:
            return value, position + step + 1
    raise DamagedFile(source, f"the number at byte {position} does not end")
