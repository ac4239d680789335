"""``.jsonl`` and ``.jsonl.gz``: a line ``[id, piece, …]`` for each token."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, score_of
from hyperpolyglot.vocabularies.marks import tokens_by_marks
from hyperpolyglot.vocabularies.token_list import TokenList

__all__ = ["read_jsonl"]

_AT_ONCE = 1 << 12


def read_jsonl(data: bytes, source: str) -> TokenList:
    """The tokens of a vocabulary table, already inflated, in the scheme that their marks show.

    A number in third place is the piece's score; anything else there and after it is ignored. Raises
    ``DamagedFile`` for a line that does not begin with an id and a piece.
    """
    pieces: list[str] = []
    ids: list[int] = []
    scores: list[float | None] = []
    for number, value in _values(data, source):
        if (
            type(value) is not list
            or len(value) < 2
            or type(value[0]) is not int
            or type(value[1]) is not str
        ):
            raise DamagedFile(f"{source}, line {number}", "it does not begin with an id and a piece")
        ids.append(as_id(value[0], f"{source}, line {number}", "the id"))
        pieces.append(value[1])
        scores.append(score_of(value[2]) if len(value) > 2 else None)
    return tokens_by_marks(pieces, ids, scores)


def _values(data: bytes, source: str) -> Iterator[tuple[int, Any]]:
    """The number and the value of each line that is not blank."""
    lines = ((number, line) for number, line in enumerate(lines_of(data, source), start=1) if line.strip())
    while some := list(islice(lines, _AT_ONCE)):
        values = _parsed(some, source, len(data))
        yield from zip((number for number, _ in some), values, strict=True)


def _parsed(lines: list[tuple[int, str]], source: str, size: int) -> list[Any]:
    """The values of some lines: parsed as one array where that works, else line by line to name the wrong one."""
    joined = b",".join(line.encode() for _, line in lines)
    try:
        values: list[Any] = parse_json(b"[%b]" % joined, source, size)
    except DamagedFile:
        values = []
    if len(values) == len(lines):
        return values
    return [parse_json(line.encode(), f"{source}, line {number}", size) for number, line in lines]
