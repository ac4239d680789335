"""word2vec binary: a line ``V d``, then each token, a space, and its d numbers as float32."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.derived import derived
from hyperpolyglot.formats.limits import STRING_COST
from hyperpolyglot.formats.tensor import HeldTensor
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.types import ByteSource, Float32, Int64

__all__ = ["begins", "read"]

NAME = "embeddings"
_ANNOUNCED = re.compile(rb"(\d{1,12}) (\d{1,6})\r?\n")
_NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(nan|inf)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_LONGEST_TOKEN = 1 << 12
_WINDOW = 1 << 22
_COUNTED = 1 << 10
_WIDEST = 10


@dataclass(frozen=True, slots=True)
class _Scattered:
    """Rows that lie between their tokens; ``starts``: the first byte of each, int64 ``[V]``."""

    raw: NDArray[np.uint8]
    starts: Int64
    columns: int

    def __call__(self, index: Int64) -> Float32:
        width = 4 * self.columns
        rows = np.empty((len(index), width), np.uint8)
        for row, start in zip(rows, self.starts[index].tolist(), strict=True):
            row[:] = self.raw[start : start + width]
        return rows.view(np.float32)


def begins(head: bytes) -> bool:
    """Whether a file begins like a word2vec binary: the line, and then no line of text.

    >>> begins(b"2 2\\nwater 0.5 0.25\\n"), begins(b"1 1\\nwater \\x00\\x00\\x00?")
    (False, True)
    """
    found = _ANNOUNCED.match(head)
    if found is None:
        return False
    rest = head[found.end() :]
    line, ended, _ = rest.partition(b"\n")
    fields = line.split(b" ") if ended else line.split(b" ")[:-1]
    text = len(fields) > 1 and _NUMBER.fullmatch(fields[-1].strip()) is not None
    return not text and _CONTROL.search(rest) is not None


def read(source: ByteSource) -> Checkpoint:
    """A float32 table ``embeddings`` ``[V, d]`` whose rows are read where they lie, and its V tokens.

    Tokens may repeat; bytes that are no UTF-8 become surrogate escapes. Raises ``DamagedFile`` where the file ends
    before the rows it announces, or goes on behind them.
    """
    found = _ANNOUNCED.match(source.read(0, min(source.size, 32)))
    if found is None:
        raise DamagedFile(source.name, "it does not begin with a number of rows and of columns")
    count, columns = int(found[1]), int(found[2])
    if not count or not columns or count * (4 * columns + 1) > source.size:
        raise DamagedFile(
            source.name, f"it announces {count} rows of {columns} numbers, which it does not hold"
        )
    raw = source.map(0, source.size)
    tokens, starts, end = _scan(raw, found.end(), count, 4 * columns, source.name)
    if raw[end : end + 3].tobytes().strip(b"\r\n"):
        raise DamagedFile(source.name, f"it goes on behind the {count} rows that it announces")
    table = derived(NAME, (count, columns), _Scattered(raw, starts, columns))
    return Checkpoint(
        name=source.name, tensors=MappingProxyType({NAME: HeldTensor(held=table)}), tokens=tokens
    )


def _scan(
    raw: NDArray[np.uint8], spot: int, count: int, width: int, where: str
) -> tuple[tuple[str, ...], Int64, int]:
    """The tokens, where their rows begin, and where the last one ends."""
    budget = MemoryBudget(len(raw), where)
    tokens: list[str] = []
    starts = np.empty(count, np.int64)
    base, window = spot, raw[spot : spot + _WINDOW].tobytes()
    for row in range(count):
        if spot - base + _LONGEST_TOKEN > len(window):
            base, window = spot, raw[spot : spot + _WINDOW].tobytes()
        space = window.find(b" ", spot - base, spot - base + _LONGEST_TOKEN)
        if space < 0 or base + space + 1 + width > len(raw):
            raise DamagedFile(where, f"it announces {count} rows and ends in row {row + 1}")
        token = window[spot - base : space].lstrip(b"\r\n")
        if not row % _COUNTED or len(token) > _COUNTED:
            budget.spend(_COUNTED * STRING_COST + _WIDEST * len(token), f"{row} rows")
        tokens.append(token.decode("utf-8", "surrogateescape"))
        starts[row] = base + space + 1
        spot = base + space + 1 + width
    return tuple(tokens), starts, spot
