"""word2vec text: one token and its numbers a line, with or without a first line ``V d``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from types import MappingProxyType

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.limits import STRING_COST, Purse
from hyperpolyglot.formats.tensor import HeldTensor
from hyperpolyglot.table import Table
from hyperpolyglot.types import ByteSource, Float32, frozen

__all__ = ["read"]

NAME = "embeddings"
_BLOCK = 1 << 22
_LONGEST_LINE = 1 << 22
_MOST_COLUMNS = 1 << 16
_WIDEST = 10
_COUNTED = 1 << 10
_SAMPLE = 1000
_NUMBERS_AT_ONCE = 1 << 22
_BLANKS = b" \t\r"


def read(source: ByteSource) -> Checkpoint:
    """A float32 table ``embeddings`` ``[V, d]`` and its V tokens, read into memory.

    A token may contain spaces: the last d fields are the numbers. Where no first line says d, it is the
    number of fields behind the token on the shortest of the first lines. Tokens may repeat; bytes that are
    no UTF-8 become surrogate escapes, numbers beyond float32 infinities. Raises ``DamagedFile`` where a line
    has too few numbers, the file does not end with a line break, or the number of lines is not the one
    announced.
    """
    lines = _lines(source)
    sample = list(islice(lines, _SAMPLE))
    announced = _announced(sample[0]) if sample else None
    if announced is not None:
        del sample[0]
        columns = announced[1]
    else:
        columns = min((len(line.split()) - 1 for line in sample), default=0)
    if columns < 1:
        raise DamagedFile(source.name, "line 1 is not a token followed by numbers")
    first = 1 if announced is None else 2
    with np.errstate(over="ignore"):
        tokens, matrix = _parse(chain(sample, lines), columns, first, source, announced)
    table = Table(name=NAME, dtype="F32", shape=(len(tokens), columns), stored=frozen(matrix))
    return Checkpoint(
        name=source.name, tensors=MappingProxyType({NAME: HeldTensor(held=table)}), tokens=tuple(tokens)
    )


def _lines(source: ByteSource) -> Iterator[bytes]:
    rest = b""
    for offset in range(0, source.size, _BLOCK):
        *whole, rest = (rest + source.read(offset, min(_BLOCK, source.size - offset))).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST_LINE:
            raise DamagedFile(
                source.name, f"a line is longer than {_LONGEST_LINE} bytes, so this is no word2vec text"
            )
    if rest:
        raise DamagedFile(
            source.name,
            "the last line has no line break, so the file may be cut short; add one if it is whole",
        )


def _announced(line: bytes) -> tuple[int, int] | None:
    """Rows and columns, where ``line`` is two whole numbers."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 19 for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _parse(
    lines: Iterator[bytes], columns: int, first: int, source: ByteSource, announced: tuple[int, int] | None
) -> tuple[list[str], Float32]:
    if announced is not None and max(announced[0], 1) * 2 * columns > source.size:
        raise DamagedFile(
            source.name,
            f"its first line announces {announced[0]} rows of {columns} numbers, more than it can hold",
        )
    if columns > _MOST_COLUMNS:
        raise DamagedFile(source.name, f"it has rows of {columns} numbers, more than any embedding")
    tokens: list[str] = []
    blocks: list[Float32] = []
    block = np.empty((0, columns), np.float32)
    filled = 0
    purse = Purse(source.size, source.name)
    rows_at_once = announced[0] if announced and announced[0] else max(1, _NUMBERS_AT_ONCE // columns)
    for number, line in enumerate(lines, first):
        fields = _fields(line, columns, number, source.name)
        if filled == len(block):
            block = np.empty((rows_at_once, columns), np.float32)
            blocks.append(block)
            filled = 0
        try:
            block[filled] = [float(field) for field in fields[1:]]
        except ValueError as error:
            raise DamagedFile(source.name, f"line {number} does not end with {columns} numbers") from error
        filled += 1
        if not filled % _COUNTED or len(fields[0]) > _COUNTED:
            purse.spend(_COUNTED * STRING_COST + _WIDEST * len(fields[0]), f"{len(tokens)} rows")
        tokens.append(fields[0].decode("utf-8", "surrogateescape"))
    if announced is not None and len(tokens) != announced[0]:
        raise DamagedFile(
            source.name, f"its first line announces {announced[0]} rows, but {len(tokens)} follow"
        )
    if not tokens:
        raise DamagedFile(source.name, "there are no rows")
    blocks[-1] = blocks[-1][:filled]
    return tokens, blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _fields(line: bytes, columns: int, number: int, where: str) -> list[bytes]:
    """The token and its ``columns`` numbers."""
    line = line.rstrip(_BLANKS)
    fields = line.rsplit(b" ", columns)
    if len(fields) != columns + 1 or b"" in fields[1:] or b"\t" in line:
        fields = line.rsplit(None, columns)
    if len(fields) != columns + 1:
        raise DamagedFile(where, f"line {number} has fewer than {columns} numbers behind its token")
    return fields
