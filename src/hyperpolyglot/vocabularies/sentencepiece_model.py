"""SentencePiece models: ``spiece.model``, ``tokenizer.model``, ``sentencepiece.bpe.model``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.files import LONG, check_count
from hyperpolyglot.vocabularies.json_values import score_of
from hyperpolyglot.vocabularies.pieces import ToBytes, added_kind, literal, ordinary_kind, spaced
from hyperpolyglot.vocabularies.protobuf import fields
from hyperpolyglot.vocabularies.token_list import BPE, CHARACTERS, FALLBACK_BPE, UNIGRAM, WORDS, TokenList
from hyperpolyglot.vocabulary import SPACE, Entry, TokenKind, byte_of, special_kind

__all__ = ["NORMAL", "UNUSED", "USER_DEFINED", "piece_entry", "read_sentencepiece"]

_SCHEMES = {1: UNIGRAM, 2: BPE, 3: WORDS, 4: CHARACTERS}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
_COUNTED = 1 << 16


class _Model(NamedTuple):
    pieces: int
    long: int
    scheme: int
    escapes_spaces: bool


def read_sentencepiece(data: bytes, source: str) -> TokenList:
    """The tokens of a SentencePiece model; ids are positions. Raises ``DamagedFile`` for anything but such a model."""
    model = _outline(data, source)
    if not model.pieces:
        raise DamagedFile(source, "it is not a SentencePiece model, or one without pieces")
    check_count(model.pieces, len(data), source, model.long)
    to_bytes = spaced() if model.escapes_spaces else literal
    parsed = (_piece(data, *value, source) for value in _messages(data, source))
    entries = [
        piece_entry(id_, piece, kind, to_bytes, score) for id_, (piece, score, kind) in enumerate(parsed)
    ]
    scheme = _SCHEMES.get(model.scheme)
    if scheme is None:
        raise DamagedFile(source, f"{model.scheme} is no type of SentencePiece model")
    if scheme == BPE and any(entry.kind is TokenKind.BYTE for entry in entries):
        scheme = FALLBACK_BPE
    return TokenList(entries, scheme)


def piece_entry(id_: int, piece: str, kind: int, to_bytes: ToBytes, score: float | None = None) -> Entry:
    """The entry of a piece whose SentencePiece type is ``kind`` (GGUF has taken over the same numbers)."""
    return Entry(id_, piece, *_content(piece, kind, to_bytes), score_of(score))


def _content(piece: str, kind: int, to_bytes: ToBytes) -> tuple[bytes, TokenKind | None]:
    declared: TokenKind | None
    if kind == BYTE:
        byte = byte_of(piece)
        return (to_bytes(piece), None) if byte is None else (bytes([byte]), TokenKind.BYTE)
    if kind == USER_DEFINED:
        declared = added_kind(piece.lstrip(SPACE) or piece, special=False)
    elif kind == UNUSED:
        declared = TokenKind.UNUSED
    elif kind in (UNKNOWN, CONTROL):
        declared = special_kind(piece, declared=True)
    else:
        declared = ordinary_kind(piece)
    spelled = declared in (TokenKind.SPECIAL, TokenKind.UNUSED)
    return literal(piece) if spelled else to_bytes(piece), declared


def _outline(data: bytes, source: str) -> _Model:
    """How many pieces there are, and what the messages about the training and the normaliser say."""
    count, long, scheme, escapes = 0, 0, 1, True
    for number, value in fields(data, 0, len(data), source):
        if number > 3 or not isinstance(value, tuple):
            continue
        inner = fields(data, *value, source)
        if number == 1:
            count += 1
            if not count % _COUNTED:
                check_count(count, len(data), source)
            length = value[1] - value[0]
            long += length if length > LONG else 0
        elif number == 2:
            scheme = next((v for n, v in inner if n == 3 and isinstance(v, int)), scheme)
        else:
            escapes = next((bool(v) for n, v in inner if n == 5), escapes)
    return _Model(count, long, scheme, escapes)


def _messages(data: bytes, source: str) -> Iterator[tuple[int, int]]:
    """Where the pieces lie."""
    for number, value in fields(data, 0, len(data), source):
        if number == 1 and isinstance(value, tuple):
            yield value


def _piece(data: bytes, start: int, end: int, source: str) -> tuple[str, float, int]:
    text, score, kind = b"", 0.0, NORMAL
    for number, value in fields(data, start, end, source):
        match number, value:
            case 1, (first, last):
                text = data[first:last]
            case 2, float():
                score = value
            case 3, int():
                kind = value
            case ((1 | 2 | 3), _):
                raise DamagedFile(source, f"the piece at byte {start} has a field of the wrong type")
    if not NORMAL <= kind <= BYTE:
        raise DamagedFile(source, f"the piece at byte {start} is of the unknown type {kind}")
    try:
        return text.decode("utf-8"), score, kind
    except UnicodeDecodeError as error:
        raise DamagedFile(source, f"the piece at byte {start} is not valid UTF-8") from error
