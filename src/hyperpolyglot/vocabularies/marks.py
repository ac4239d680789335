"""Which scheme a bare list of pieces is written in, told by the marks it uses for words.

Formats that list pieces without saying how they become text are read by this: ``vocab.json``, ``.jsonl``,
and the token lists of ``.npz`` and word2vec files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from hyperpolyglot.vocabularies.byte_alphabet import ALPHABET, bytes_of
from hyperpolyglot.vocabularies.pieces import (
    BYTE_PIECES,
    ToBytes,
    byte_level,
    ending,
    has_all_bytes,
    literal,
    ordinary_kind,
    prefixed,
    spaced,
)
from hyperpolyglot.vocabularies.token_list import (
    BPE,
    BYTE_LEVEL,
    CHARACTERS,
    FALLBACK_BPE,
    UNIGRAM,
    WORDPIECE,
    WORDS,
    TokenList,
)
from hyperpolyglot.vocabulary import SPACE, Entry, TokenKind

__all__ = ["PLAIN_WORDS", "WORD_PIECES", "Convention", "convention", "tokens_by_marks"]

FEWEST = 0.005
"""The share of pieces that must carry a mark: a list of plain words has the odd ``##`` and ``Ġ`` too."""

_MOST_OUTSIDE = 0.01
_SPACE_STAND_IN = ALPHABET[0x20]


@dataclass(frozen=True, slots=True)
class Convention:
    """How pieces become bytes: the scheme's name and rule, and whether each piece is a whole word."""

    scheme: str
    to_bytes: ToBytes
    whole_words: bool = False
    byte_pieces: dict[str, bytes] = field(default_factory=dict)


PLAIN_WORDS = Convention(WORDS, literal, whole_words=True)
WORD_PIECES = Convention(WORDPIECE, prefixed())


def convention(
    pieces: Sequence[str], scores: Sequence[float | None] = (), unmarked: Convention = PLAIN_WORDS
) -> Convention:
    """The convention whose mark is the most frequent; ``unmarked`` where none is frequent enough.

    The 256 pieces of byte fallback are as good a mark of SentencePiece as ``▁``.

    >>> convention(["▁the", "▁king", "s"]).scheme, convention(["king", "##s"]).scheme, convention(["king"]).scheme
    ('unigram', 'WordPiece', 'words')
    """
    if has_all_bytes(pieces):
        return _sentencepiece(BYTE_PIECES, scores)
    counts = {
        "space": sum(piece.startswith(SPACE) for piece in pieces),
        "stand-in": sum(piece.startswith(_SPACE_STAND_IN) for piece in pieces),
        "prefix": sum(piece.startswith("##") and len(piece) > 2 for piece in pieces),
        "end": sum(piece.endswith("</w>") for piece in pieces),
        "no end": sum(piece.endswith("@@") and len(piece) > 2 for piece in pieces),
    }
    if counts["stand-in"] > FEWEST * len(pieces) and not _in_alphabet(pieces):
        counts["stand-in"] = 0
    mark = max(counts, key=lambda name: counts[name])
    if counts[mark] <= FEWEST * len(pieces):
        return unmarked if has_words(pieces) else Convention(CHARACTERS, literal)
    if mark == "space":
        return _sentencepiece({}, scores)
    return {
        "stand-in": Convention(BYTE_LEVEL, byte_level),
        "prefix": WORD_PIECES,
        "end": Convention(BPE, ending("</w>")),
        "no end": Convention(BPE, _unless_continued),
    }[mark]


def tokens_by_marks(
    pieces: Sequence[str],
    ids: Iterable[int],
    scores: Sequence[float | None] = (),
    unmarked: Convention = PLAIN_WORDS,
) -> TokenList:
    """Entries for pieces, their ids and their scores, by the convention that the pieces show."""
    found = convention(pieces, scores, unmarked)
    starts = True if found.whole_words else None
    entries = []
    for id_, piece, score in zip(ids, pieces, scores or repeat(None)):  # noqa: B905
        if piece in found.byte_pieces:
            entries.append(Entry(id_, piece, found.byte_pieces[piece], TokenKind.BYTE, score))
            continue
        kind = ordinary_kind(piece)
        utf8 = found.to_bytes(piece) if kind is None else literal(piece)
        entries.append(Entry(id_, piece, utf8, kind, score, starts))
    return TokenList(entries, found.scheme)


def has_words(pieces: Sequence[str]) -> bool:
    """Whether any piece that is no control token is longer than one character."""
    return any(len(piece) > 1 and ordinary_kind(piece) is None for piece in pieces)


def _in_alphabet(pieces: Sequence[str]) -> bool:
    outside = sum(bytes_of(piece) is None for piece in pieces)
    return outside <= _MOST_OUTSIDE * len(pieces)


def _sentencepiece(byte_pieces: dict[str, bytes], scores: Sequence[float | None]) -> Convention:
    known = {score for score in scores if score is not None}
    ranked = len(known) > 1 and all(score <= 0 and score == int(score) for score in known)
    scheme = UNIGRAM
    if ranked or (byte_pieces and not known):
        scheme = FALLBACK_BPE if byte_pieces else BPE
    return Convention(scheme, spaced(), byte_pieces=byte_pieces)


def _unless_continued(piece: str) -> bytes:
    """fastBPE: ``@@`` says that the word goes on; without it a space follows."""
    return literal(piece[:-2]) if piece.endswith("@@") else literal(piece) + b" "
