"""word2vec text: one token and its numbers a line, with or without a first line ``V d``."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import chain, islice
from types import MappingProxyType

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.limits import STRING_COST
from hyperpolyglot.formats.tensor import HeldTensor
from hyperpolyglot.memory_budget import MemoryBudget
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
_BOM = b"\xef\xbb\xbf"
_GZIP = 31
_ALWAYS_INFLATED = 1 << 26
_GREATEST_RATIO = 20


def read(source: ByteSource) -> Checkpoint:
    """A float32 table ``embeddings`` ``[V, d]`` and its V tokens, read into memory.

    A token may contain spaces or be empty: the last d fields are the numbers. Where no first line says d, it is the
    number of fields behind the token on the shortest of the first lines. Tokens may repeat; bytes that are no UTF-8
    become surrogate escapes, numbers beyond float32 infinities; a byte order mark is left out. A file whose name ends
    in ``.gz`` is inflated. Where the first line announces another number of rows, or the last line has no line break,
    ``remark`` says so. Raises ``DamagedFile`` where both is so, or a line has too few numbers.
    """
    lines = _Lines(source)
    sample = list(islice(lines, _SAMPLE))
    announced = _announced(sample[0]) if sample else None
    if announced is not None:
        del sample[0]
        columns = announced[1]
    else:
        ended = sample[:-1] if lines.unended else sample
        if sample and not ended:
            raise DamagedFile(
                source.name,
                "its only line has no line break, so the file may be cut short; add one if it is whole",
            )
        columns = min((_fields_behind(line) for line in ended), default=0)
    if columns < 1:
        raise DamagedFile(source.name, "line 1 is not a token followed by numbers")
    first = 1 if announced is None else 2
    with np.errstate(over="ignore"):
        tokens, matrix = _parse(chain(sample, lines), columns, first, source, announced)
    table = Table(name=NAME, dtype="F32", shape=(len(tokens), columns), stored=frozen(matrix))
    return Checkpoint(
        name=source.name,
        tensors=MappingProxyType({NAME: HeldTensor(held=table)}),
        tokens=tuple(tokens),
        remark=_doubts(len(tokens), announced, lines.unended, source.name),
    )


def _doubts(count: int, announced: tuple[int, int] | None, unended: bool, where: str) -> str:
    """What speaks against the file, in a sentence; raises ``DamagedFile`` where it is probably cut short."""
    other = announced is not None and announced[0] != count
    if other and announced is not None:
        said = f"its first line announces {announced[0]} rows, but {count} follow"
        if unended:
            raise DamagedFile(
                where, f"{said}, and the last has no line break, so the file is probably cut short"
            )
        return f"{where}: {said}, all of which are read."
    if unended:
        return f"{where}: the last line has no line break; if the file was cut short, its last row is wrong."
    return ""


def _fields_behind(line: bytes) -> int:
    """Fields behind the token, which is empty or blank where the line begins with a blank."""
    return len(line.split()) - 1 + line[:1].isspace()


class _Lines:
    """The lines of a file without their ends; ``unended`` is true once the last is read, if it has none."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._read = self._lines()
        self.unended = False

    def __iter__(self) -> Iterator[bytes]:
        return self._read

    def _lines(self) -> Iterator[bytes]:
        rest, name = b"", self._source.name
        for number, block in enumerate(_blocks(self._source)):
            *whole, rest = (rest + (block if number else block.removeprefix(_BOM))).split(b"\n")
            yield from whole
            if len(rest) > _LONGEST_LINE:
                raise DamagedFile(
                    name, f"a line is longer than {_LONGEST_LINE} bytes, so this is no word2vec text"
                )
        if rest:
            self.unended = True
            yield rest


def _is_packed(source: ByteSource) -> bool:
    return source.name.lower().endswith(".gz")


def _blocks(source: ByteSource) -> Iterator[bytes]:
    """The contents piece by piece, inflated where they are compressed."""
    blocks = (
        source.read(offset, min(_BLOCK, source.size - offset)) for offset in range(0, source.size, _BLOCK)
    )
    return _inflated(blocks, source) if _is_packed(source) else blocks


def _inflated(blocks: Iterator[bytes], source: ByteSource) -> Iterator[bytes]:
    left = _ALWAYS_INFLATED + _GREATEST_RATIO * source.size
    unpacker, begun = zlib.decompressobj(wbits=_GZIP), False
    for block in blocks:
        rest = block
        while rest:
            try:
                piece = unpacker.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise DamagedFile(source.name, "the compressed data is damaged") from error
            left, begun, rest = left - len(piece), True, unpacker.unconsumed_tail
            if left < 0:
                raise DamagedFile(source.name, "it inflates to more than any text of numbers does")
            yield piece
            if unpacker.eof:
                rest = unpacker.unused_data.lstrip(b"\0")
                unpacker, begun = zlib.decompressobj(wbits=_GZIP), False
    if begun:
        raise DamagedFile(source.name, "the compressed data ends early")


def _announced(line: bytes) -> tuple[int, int] | None:
    """Rows and columns, where ``line`` is two whole numbers."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 19 for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _parse(
    lines: Iterator[bytes], columns: int, first: int, source: ByteSource, announced: tuple[int, int] | None
) -> tuple[list[str], Float32]:
    size = source.size * (_GREATEST_RATIO if _is_packed(source) else 1)
    if announced is not None and max(announced[0], 1) * 2 * columns > size:
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
    budget = MemoryBudget(size, source.name)
    rows_at_once = announced[0] if announced and announced[0] else max(1, _NUMBERS_AT_ONCE // columns)
    for number, line in enumerate(lines, first):
        fields = _fields(line, columns, number, source.name)
        if filled == len(block):
            block = np.empty((rows_at_once, columns), np.float32)
            blocks.append(block)
            filled, rows_at_once = 0, max(1, _NUMBERS_AT_ONCE // columns)
        try:
            block[filled] = [float(field) for field in fields[1:]]
        except ValueError as error:
            raise DamagedFile(source.name, f"line {number} does not end with {columns} numbers") from error
        filled += 1
        if not filled % _COUNTED or len(fields[0]) > _COUNTED:
            budget.spend(_COUNTED * STRING_COST + _WIDEST * len(fields[0]), f"{len(tokens)} rows")
        tokens.append(fields[0].decode("utf-8", "surrogateescape"))
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
