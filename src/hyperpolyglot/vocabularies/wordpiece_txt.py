"""``vocab.txt``: a piece a line, as BERT has it; the line number is the id."""

from __future__ import annotations

import re

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.marks import WORD_PIECES, tokens_by_marks
from hyperpolyglot.vocabularies.token_list import TokenList

__all__ = ["read_vocab_txt"]

_COUNTED = re.compile(r"\S+[ \t]\d+")


def read_vocab_txt(data: bytes, source: str) -> TokenList:
    """The tokens of a ``vocab.txt``: WordPiece, unless the pieces carry another scheme's marks.

    An empty line is a row without a token. Raises ``DamagedFile`` for text that is not UTF-8,
    ``UnsupportedFormat`` for a fairseq dictionary (a count after each piece), whose ids are not line numbers.
    """
    lines = list(lines_of(data, source))
    if lines and all(_COUNTED.fullmatch(line) for line in lines[:1000]):
        raise UnsupportedFormat(
            f"{source}: is a fairseq dictionary, whose ids are not its line numbers; give a tokenizer.json instead."
        )
    ids = [i for i, line in enumerate(lines) if line]
    return tokens_by_marks([line for line in lines if line], ids, unmarked=WORD_PIECES)
