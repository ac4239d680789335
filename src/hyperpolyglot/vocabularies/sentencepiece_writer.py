"""A SentencePiece model of pieces, types and scores that a checkpoint lists, as its converter took it apart."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["PieceModel", "number", "sized"]

_UNIGRAM, _BPE = 1, 2
_SCORE = struct.Struct("<f")


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceModel:
    """``types`` and ``scores`` are aligned with ``pieces``; ``charsmap``: the compiled rules of the normaliser.

    ``space_first``: whether a text is given a space in front; ``spaces_joined``: whether runs of spaces become one.
    """

    pieces: Sequence[str]
    types: np.ndarray
    scores: np.ndarray
    bpe: bool
    byte_fallback: bool
    charsmap: bytes = b""
    space_first: bool = True
    spaces_joined: bool = True

    def __call__(self) -> bytes:
        """The bytes of the model.

        >>> a = PieceModel(pieces=["a"], types=np.ones(1), scores=np.zeros(1), bpe=False, byte_fallback=False)
        >>> a()[:12]
        b'\\n\\n\\n\\x01a\\x15\\x00\\x00\\x00\\x00\\x18\\x01'
        """
        parts = []
        for piece, kind, score in zip(
            self.pieces, self.types.astype(int).tolist(), self.scores.tolist(), strict=True
        ):
            text = piece.encode("utf-8", "surrogatepass")
            parts.append(sized(1, sized(1, text) + b"\x15" + _SCORE.pack(score) + number(3, kind)))
        trainer = number(3, _BPE if self.bpe else _UNIGRAM) + number(35, self.byte_fallback)
        normalizer = sized(2, self.charsmap) if self.charsmap else b""
        normalizer += number(3, self.space_first) + number(4, self.spaces_joined) + number(5, True)
        return b"".join(parts) + sized(2, trainer) + sized(3, normalizer)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def number(field: int, value: int) -> bytes:
    """A field that is a whole number, not negative."""
    return _varint(field << 3) + _varint(int(value))


def sized(field: int, content: bytes) -> bytes:
    """A field that is text or a message."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content
