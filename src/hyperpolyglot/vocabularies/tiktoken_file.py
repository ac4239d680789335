"""``*.tiktoken``: a token in base64 and its rank on each line; the rank is the id."""

from __future__ import annotations

import base64

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.byte_alphabet import stand_ins
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.pieces import ordinary_kind
from hyperpolyglot.vocabularies.token_list import BYTE_LEVEL, TokenList
from hyperpolyglot.vocabulary import Entry

__all__ = ["looks_like_tiktoken", "ranked_entry", "read_tiktoken"]


def read_tiktoken(data: bytes, source: str) -> TokenList:
    """The tokens of a tiktoken file. Raises ``DamagedFile`` for a line that is not base64 and a rank.

    >>> [(e.id, e.piece, e.utf8) for e in read_tiktoken(b"IHRoZQ== 262", "doctest").entries]
    [(262, 'Ġthe', b' the')]
    """
    entries = []
    for number, line in enumerate(lines_of(data, source), start=1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            entries.append(ranked_entry(_rank(rank), base64.b64decode(token, validate=True)))
        except ValueError as error:
            raise DamagedFile(f"{source}, line {number}", "it is not a token in base64 and a rank") from error
    return TokenList(entries, BYTE_LEVEL, whole="")


def ranked_entry(rank: int, utf8: bytes, offset: int = 0) -> Entry:
    """The entry of a token by its bytes; a lone byte is where merging begins and has no score."""
    piece = stand_ins(utf8)
    score = float(-rank) if len(utf8) > 1 else None
    return Entry(rank + offset, piece, utf8, ordinary_kind(piece), score)


def looks_like_tiktoken(data: bytes) -> bool:
    """Whether the first line is a token in base64 and a rank: files named ``.model`` can be of either kind."""
    first = data[:512].split(b"\n", 1)[0].split()
    if len(first) != 2 or not first[1].isdigit():
        return False
    try:
        base64.b64decode(first[0], validate=True)
    except ValueError:
        return False
    return True


def _rank(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise ValueError(digits)
    return int(digits)
