"""``.jsonl`` and ``.jsonl.gz``: a line ``[id, piece, …]`` for each token."""

from __future__ import annotations

import json
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.json_values import parse_json, score_of
from hyperpolyglot.vocabularies.marks import tokens_by_marks
from hyperpolyglot.vocabularies.token_list import TokenList

__all__ = ["read_jsonl"]


def read_jsonl(data: bytes, source: str) -> TokenList:
    """The tokens of a vocabulary table, already inflated, in the scheme that their marks show.

    A number in third place is the piece's score; anything else there and after it is ignored. Raises
    ``DamagedFile`` for a line that does not begin with an id and a piece.
    """
    lines = [(number, line) for number, line in enumerate(lines_of(data, source), start=1) if line.strip()]
    rows: list[tuple[int, str, float | None]] = []
    for (number, _), value in zip(lines, _values(lines, source), strict=True):
        if (
            type(value) is not list
            or len(value) < 2
            or type(value[0]) is not int
            or type(value[1]) is not str
        ):
            raise DamagedFile(f"{source}, line {number}", "it does not begin with an id and a piece")
        rows.append((value[0], value[1], score_of(value[2]) if len(value) > 2 else None))
    return tokens_by_marks(rows)


def _values(lines: list[tuple[int, str]], source: str) -> list[Any]:
    """The value of each line: parsed as one array where that works, else line by line to name the wrong one."""
    try:
        values: list[Any] = json.loads("[" + ",".join(line for _, line in lines) + "]")
    except (ValueError, RecursionError):
        values = []
    if len(values) == len(lines):
        return values
    return [parse_json(line, f"{source}, line {number}") for number, line in lines]
