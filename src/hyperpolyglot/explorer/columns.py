"""Columns of a bundle: a column over the tokens of a model, cut by rows into files of at most a megabyte.

Numbers are little-endian, row after row. A file of strings holds uint32 ``[n + 1]`` offsets, then the bytes of its n
strings one after another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.types import Array

__all__ = ["CHUNK", "LAZY", "LONGEST", "Column", "byte_strings", "digest", "numbers", "texts"]

CHUNK = 1_000_000
"""The most bytes of a file."""

LAZY = 128_000
"""The most bytes of a file of which one row is wanted at a time."""

LONGEST = 4096
"""The most bytes that are kept of one string."""

_TYPES = {"f4": "float32", "u1": "uint8", "u2": "uint16", "u4": "uint32", "i4": "int32"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``type``: a number's type, ``"text"`` (UTF-8) or ``"bytes"``; ``width`` numbers a row.

    File i of ``chunks`` holds the rows from ``i * rows`` on, ``rows`` of them but in the last; ``length`` in all.
    """

    type: str
    width: int
    length: int
    rows: int
    chunks: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.chunks) != -(-self.length // self.rows):
            raise ValueError("a column's files do not hold its rows")

    def path(self, name: str, position: int) -> str:
        """Where a file of the column lies, by the column's path in the bundle."""
        return f"{name}-{position}.bin"

    def described(self, name: str) -> dict[str, Any]:
        """The column as the manifest states it."""
        return {
            "type": self.type,
            "width": self.width,
            "length": self.length,
            "rows": self.rows,
            "chunks": [
                {"path": self.path(name, i), "bytes": len(chunk), "digest": digest(chunk)}
                for i, chunk in enumerate(self.chunks)
            ],
        }


def digest(content: bytes) -> str:
    """SHA-256 as it stands in a manifest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def numbers(array: Array, *, limit: int = CHUNK) -> Column:
    """A column of numbers, ``[rows]`` or ``[rows, width]``, of a type that a bundle knows.

    >>> numbers(np.arange(5, dtype=np.uint16), limit=4).rows
    2
    """
    width = 1 if array.ndim == 1 else array.shape[1]
    rows = max(1, limit // (width * array.itemsize))
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return Column(
        type=_TYPES[plain.dtype.str[1:]],
        width=width,
        length=len(plain),
        rows=rows,
        chunks=tuple(plain[start : start + rows].tobytes() for start in range(0, len(plain), rows)),
    )


def texts(strings: Sequence[str], *, limit: int = CHUNK) -> Column:
    """A column of strings; lone surrogates as ``\\udc80``, what is beyond 4,096 bytes as ``…``."""
    return _strings("text", [_cut(s.encode("utf-8", "backslashreplace")) for s in strings], limit)


def byte_strings(strings: Sequence[bytes], *, limit: int = CHUNK) -> Column:
    """A column of bytes; of each string the first 4,096."""
    return _strings("bytes", [s[:LONGEST] for s in strings], limit)


def _cut(utf8: bytes) -> bytes:
    if len(utf8) <= LONGEST:
        return utf8
    return utf8[: LONGEST - 3].decode("utf-8", "ignore").encode() + "…".encode()


def _strings(kind: str, strings: Sequence[bytes], limit: int) -> Column:
    offsets = np.zeros(len(strings) + 1, np.int64)
    np.cumsum([len(s) for s in strings], out=offsets[1:])
    rows = _rows(offsets, limit)
    return Column(
        type=kind,
        width=1,
        length=len(strings),
        rows=rows,
        chunks=tuple(
            (offsets[start : start + rows + 1] - offsets[start]).astype("<u4").tobytes()
            + b"".join(strings[start : start + rows])
            for start in range(0, len(strings), rows)
        ),
    )


def _rows(offsets: Array, limit: int) -> int:
    """The largest power of two of rows with which no file is larger than ``limit``; at least 1."""
    rows = 1 << max(0, len(offsets) - 2).bit_length()
    while rows > 1:
        edges = np.append(np.arange(0, len(offsets) - 1, rows), len(offsets) - 1)
        if not len(edges) or int(np.diff(offsets[edges]).max(initial=0)) + 4 * (rows + 1) <= limit:
            break
        rows //= 2
    return rows
