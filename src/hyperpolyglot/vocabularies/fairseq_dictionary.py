"""``dict.txt``: fairseq's own list of tokens, a token and its count on a line; four tokens of its own come first."""

from __future__ import annotations

from dataclasses import replace

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.files import lines_of
from hyperpolyglot.vocabularies.marks import WORD_PIECES, tokens_by_marks
from hyperpolyglot.vocabularies.pieces import literal, spaced
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabulary import Entry, TokenKind

__all__ = ["DICTIONARIES", "dictionary", "is_dictionary", "numbered_by", "read_dictionary", "with_mask"]

DICTIONARIES = ("dict.txt", "dictionary.txt")
"""The names that fairseq gives to it."""

_FIRST = ("<s>", "<pad>", "</s>", "<unk>")
_OVERWRITE = "#fairseq:overwrite"
_LOOKED_AT = 1000


def is_dictionary(lines: list[str]) -> bool:
    """Whether each of the first lines is a token without spaces and a count.

    >>> is_dictionary(["the 12", "king 3"]), is_dictionary(["the", "king"])
    (True, False)
    """
    return bool(lines) and all(_pair(line) is not None for line in lines[:_LOOKED_AT])


def read_dictionary(data: bytes, source: str) -> TokenList:
    """The tokens of a dictionary, in the scheme that their marks show.

    Raises ``DamagedFile`` for a line that is no token and count, ``UnsupportedFormat`` where tokens are the numbers of
    another list.
    """
    return dictionary(list(lines_of(data, source)), source)


def dictionary(lines: list[str], source: str) -> TokenList:
    """As :func:`read_dictionary`, of lines."""
    words = _words(lines, source)
    if sum(word.isascii() and word.isdigit() for word in words) > len(words) / 2:
        raise UnsupportedFormat(
            f"{source}: lists numbers of the tokens of another file (GPT-2's encoder.json), not tokens; give the "
            "model's tokenizer.json instead."
        )
    tokens = tokens_by_marks(words, range(len(_FIRST), len(_FIRST) + len(words)), unmarked=WORD_PIECES)
    return replace(tokens, entries=_first() + tokens.entries)


def numbered_by(data: bytes, source: str, tokens: TokenList) -> TokenList | None:
    """The tokens of a SentencePiece model with the ids of the dictionary beside it; ``None`` where it is another list.

    Pieces that the dictionary does not list have no row. Raises ``DamagedFile`` for text that is not UTF-8.
    """
    of_model = {entry.piece: entry for entry in tokens.entries}
    lines = [line for line in lines_of(data, source) if line]
    words = [word for line in lines if (word := _pair(line)) is not None]
    if len(words) < len(lines) or 2 * sum(word in of_model for word in words) <= len(words):
        return None
    entries = _first()
    for id_, word in enumerate(words, start=len(_FIRST)):
        known = of_model.get(word)
        entries.append(Entry(id_, word, spaced()(word)) if known is None else known._replace(id=id_))
    return replace(tokens, entries=entries)


def with_mask(tokens: TokenList, rows: int | None) -> TokenList:
    """The same tokens and ``<mask>``, which masked language models add to the dictionary, where one row is left."""
    following = max((entry.id for entry in tokens.entries), default=-1) + 1
    begins = tuple(entry.piece for entry in tokens.entries[: len(_FIRST)])
    if begins != _FIRST or rows != following + 1 or any(entry.piece == "<mask>" for entry in tokens.entries):
        return tokens
    mask = Entry(following, "<mask>", b"<mask>", TokenKind.SPECIAL)
    return replace(tokens, entries=[*tokens.entries, mask])


def _first() -> list[Entry]:
    return [Entry(id_, name, literal(name), TokenKind.SPECIAL) for id_, name in enumerate(_FIRST)]


def _words(lines: list[str], source: str) -> list[str]:
    words = []
    for number, line in enumerate(lines, start=1):
        pair = _pair(line)
        if pair is None:
            if not line.strip() and number == len(lines):
                continue
            raise DamagedFile(f"{source}, line {number}", "it is not a token and a count")
        words.append(pair)
    return words


def _pair(line: str) -> str | None:
    """The token of a line."""
    word, space, count = line.removesuffix(f" {_OVERWRITE}").rpartition(" ")
    return word if space and word and count.isascii() and count.isdigit() else None
