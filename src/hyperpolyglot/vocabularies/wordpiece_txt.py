"""``vocab.txt``: a piece a line, as BERT has it; the line number is the id, unless the line writes one."""

from __future__ import annotations

import re

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.vocabularies.fairseq_dictionary import dictionary, is_dictionary
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.marks import WORD_PIECES, tokens_by_marks
from hyperpolyglot.vocabularies.rwkv import is_rwkv, read_rwkv
from hyperpolyglot.vocabularies.token_list import TokenList

__all__ = ["read_vocab_txt"]

_THEN_ID = re.compile(r"(.*)[ \t](\d{1,8})", re.DOTALL)
_ID_FIRST = re.compile(r"(?P<id>\d{1,8})[ \t](?P<piece>.+)", re.DOTALL)
_LOOKED_AT = 1000


def read_vocab_txt(data: bytes, source: str) -> TokenList:
    """The tokens of a ``vocab.txt``: WordPiece, unless the pieces carry another scheme's marks.

    An empty line is a row without a token. Where each line has a number and the numbers count the lines, they are the
    ids (ERNIE); a token and a count on each line is a dictionary of fairseq, a literal on each line the vocabulary of
    RWKV. Raises ``DamagedFile`` for text that is not UTF-8, ``UnsupportedFormat`` for numbers that are no ids.
    """
    lines = list(lines_of(data, source))
    if is_rwkv(lines):
        return read_rwkv(lines, source)
    numbered = _numbered(lines)
    if numbered:
        ids, pieces = zip(*numbered, strict=True)
        return tokens_by_marks(pieces, ids, unmarked=WORD_PIECES)
    if is_dictionary(lines):
        return dictionary(lines, source)
    some = lines[:_LOOKED_AT]
    if some and all("\t" in line and _THEN_ID.fullmatch(line) for line in some):
        raise UnsupportedFormat(
            f"{source}: has a number after each token that is neither an id nor a count of fairseq, so its ids are not "
            "known; give a tokenizer.json instead."
        )
    found = [i for i, line in enumerate(lines) if line]
    return tokens_by_marks([line for line in lines if line], found, unmarked=WORD_PIECES)


def _numbered(lines: list[str]) -> list[tuple[int, str]]:
    """Ids and pieces where every line has both and the ids are consecutive numbers, in any order; else nothing."""
    filled = [line for line in lines if line]
    for pattern, id_, piece in ((_THEN_ID, 2, 1), (_ID_FIRST, 1, 2)):
        if len(filled) < 2 or pattern.fullmatch(filled[0]) is None:
            continue
        matches = [pattern.fullmatch(line) for line in filled]
        pairs = [(int(match[id_]), match[piece]) for match in matches if match is not None]
        ids = {number for number, _ in pairs}
        if len(ids) == len(filled) and min(ids) <= 1 and max(ids) - min(ids) == len(ids) - 1:
            return [pair for pair in pairs if pair[1]]
    return []
