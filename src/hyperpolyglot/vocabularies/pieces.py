"""How a piece becomes bytes and what kind it is: the rules that tokenizer formats share.

A word start is a leading space byte; a word end, in schemes that mark ends, a trailing one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hyperpolyglot.vocabularies.byte_alphabet import bytes_of
from hyperpolyglot.vocabulary import SPACE, Entry, TokenKind, special_kind

__all__ = [
    "BYTE_PIECES",
    "ToBytes",
    "added_entry",
    "added_kind",
    "byte_level",
    "ending",
    "has_all_bytes",
    "literal",
    "ordinary_kind",
    "prefixed",
    "spaced",
]

ToBytes = Callable[[str], bytes]

BYTE_PIECES: dict[str, bytes] = {f"<0x{byte:02X}>": bytes([byte]) for byte in range(256)}
"""The pieces of byte fallback and the byte each stands for."""

_MARKED = frozenset("<[mM")


def literal(piece: str) -> bytes:
    """The piece's own UTF-8; a lone surrogate as the three bytes that are no valid UTF-8.

    >>> literal("\\ud800")
    b'\\xed\\xa0\\x80'
    """
    return piece.encode("utf-8", "surrogatepass")


def byte_level(piece: str) -> bytes:
    """Through the byte alphabet; literally where a character is not in it."""
    found = bytes_of(piece)
    return literal(piece) if found is None else found


def spaced(mark: str = SPACE) -> ToBytes:
    """SentencePiece: a mark stands for a space, wherever it is.

    >>> spaced()("▁New▁York")
    b' New York'
    """
    return lambda piece: literal(piece.replace(mark, " "))


def prefixed(prefix: str = "##") -> ToBytes:
    """WordPiece: a prefix marks what continues a word, all else begins one.

    >>> prefixed()("king"), prefixed()("##ing"), prefixed()("##")
    (b' king', b'ing', b' ##')
    """

    def to_bytes(piece: str) -> bytes:
        continues = piece.startswith(prefix) and len(piece) > len(prefix)
        return literal(piece[len(prefix) :]) if continues else b" " + literal(piece)

    return to_bytes if prefix else literal


def ending(suffix: str, inner: ToBytes = literal) -> ToBytes:
    """BPE of CLIP and XLM: a suffix marks the end of a word, which a space follows.

    >>> ending("</w>")("king</w>"), ending("</w>")("kin")
    (b'king ', b'kin')
    """

    def to_bytes(piece: str) -> bytes:
        return inner(piece[: -len(suffix)]) + b" " if piece.endswith(suffix) else inner(piece)

    return to_bytes


def has_all_bytes(pieces: Iterable[str]) -> bool:
    """Whether the pieces of all 256 bytes are there: the vocabulary falls back to bytes."""
    return len({piece for piece in pieces if piece in BYTE_PIECES}) == len(BYTE_PIECES)


def ordinary_kind(piece: str) -> TokenKind | None:
    """The kind of a piece that its file does not declare special: by the spellings that no text has."""
    if piece[:1] not in _MARKED:
        return None
    return special_kind(piece, declared=False)


def added_kind(piece: str, *, special: bool) -> TokenKind:
    """The kind of a token that was added to a trained vocabulary, as special or as ordinary text."""
    declared = special_kind(piece, declared=True)
    if special and declared is not None:
        return declared
    if piece and not piece.replace(SPACE, " ").strip():
        return TokenKind.WHITESPACE
    return special_kind(piece, declared=False) or TokenKind.ADDED


def added_entry(id_: int, piece: str, *, special: bool, to_bytes: ToBytes = literal) -> Entry:
    """The entry of an added token; only ordinary text goes through ``to_bytes``."""
    kind = added_kind(piece, special=special)
    text = kind in (TokenKind.ADDED, TokenKind.WHITESPACE)
    return Entry(id_, piece, to_bytes(piece) if text else literal(piece), kind)
