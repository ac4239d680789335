"""The 256 stand-in characters in which byte-level BPE, from GPT-2 on, writes bytes as text.

A byte that Latin-1 prints stands for itself; the other 68 take the characters from U+0100 on, in order,
so that a space is ``Ġ`` and a newline ``Ċ``.
"""

from __future__ import annotations

__all__ = ["ALPHABET", "bytes_of", "stand_ins"]

_PRINTED = frozenset([*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)])
_HIDDEN = [byte for byte in range(256) if byte not in _PRINTED]

ALPHABET: str = "".join(chr(b if b in _PRINTED else 0x100 + _HIDDEN.index(b)) for b in range(256))
"""The stand-in of each byte, in order of the bytes."""

_TO_STAND_IN = dict(enumerate(ALPHABET))
_NO_STAND_IN = 0xFFFF
_TO_BYTE = dict.fromkeys(_HIDDEN, _NO_STAND_IN) | {ord(c): byte for byte, c in enumerate(ALPHABET)}


def stand_ins(utf8: bytes) -> str:
    """Bytes as byte-level BPE writes them.

    >>> stand_ins(" é".encode())
    'ĠÃ©'
    """
    return utf8.decode("latin-1").translate(_TO_STAND_IN)


def bytes_of(piece: str) -> bytes | None:
    """The bytes a byte-level piece stands for; ``None`` where a character is not in the alphabet.

    >>> bytes_of("ĠÃ©"), bytes_of("▁é")
    (b' \\xc3\\xa9', None)
    """
    try:
        return piece.translate(_TO_BYTE).encode("latin-1")
    except UnicodeEncodeError:
        return None
