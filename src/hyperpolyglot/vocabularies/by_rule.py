"""Vocabularies that no file lists, since a rule gives them: a row for each byte, or for each code point."""

from __future__ import annotations

from collections.abc import Iterable

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.vocabularies.byte_alphabet import ALPHABET
from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.completion import completed
from hyperpolyglot.vocabularies.pieces import literal
from hyperpolyglot.vocabularies.token_list import CHARACTERS, TokenList
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary

__all__ = ["vocabulary_by_rule"]

BYTES = "byte-level, one token for each byte"

_PERCEIVER = ("[PAD]", "[BOS]", "[EOS]", "[MASK]", "[CLS]", "[SEP]")
_CANINE = {
    0: "[PAD]",
    0xE000: "[CLS]",
    0xE001: "[SEP]",
    0xE002: "[BOS]",
    0xE003: "[MASK]",
    0xE004: "[RESERVED]",
}
_CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)
_MOST_SENTINELS = 1 << 16


def vocabulary_by_rule(beside: Beside, table: str = "") -> Vocabulary | None:
    """The vocabulary of a model of bytes or code points; ``None`` for any other model.

    ``table`` is the name of the tensor. Raises ``UnsupportedFormat`` where code points share rows by a hash (CANINE).
    """
    kind = beside.kind or beside.model
    if kind in ("ByT5Tokenizer", "byt5"):
        count = beside.number("extra_ids")
        count = 125 if count is None else min(count, _MOST_SENTINELS)
        tokens = _bytes(("<pad>", "</s>", "<unk>"), (f"<extra_id_{i}>" for i in range(count)))
    elif kind in ("PerceiverTokenizer", "perceiver"):
        tokens = _bytes(_PERCEIVER)
    elif kind in ("CanineTokenizer", "canine"):
        if "HashBucket" in table:
            raise UnsupportedFormat(
                "CANINE has no table of tokens: its code points share the rows of several tables by a hash, so no row "
                "stands for a token; open a model with a vocabulary."
            )
        tokens = _code_points(_CODE_POINTS if beside.rows is None else min(beside.rows, _CODE_POINTS))
    else:
        return None
    return completed(tokens, beside).vocabulary(f"the rule of {kind}")


def _special(id_: int, name: str) -> Entry:
    return Entry(id_, name, literal(name), TokenKind.SPECIAL)


def _bytes(first: tuple[str, ...], last: Iterable[str] = ()) -> TokenList:
    start = len(first)
    entries = [_special(id_, name) for id_, name in enumerate(first)]
    entries += [Entry(start + byte, ALPHABET[byte], bytes([byte])) for byte in range(256)]
    entries += [_special(id_, name) for id_, name in enumerate(last, start=start + 256)]
    return TokenList(entries, BYTES)


def _code_points(rows: int) -> TokenList:
    entries = [_special(code, name) for code, name in _CANINE.items() if code < rows]
    plain = (code for code in range(rows) if code not in _CANINE and code not in _SURROGATES)
    entries += [Entry(code, chr(code), chr(code).encode()) for code in plain]
    return TokenList(entries, CHARACTERS)
