"""Digests of bytes on their way into the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

__all__ = ["BLOCK", "Digests", "is_listed"]

BLOCK = 1 << 22
"""Bytes that have a digest of their own."""


class Digests:
    """SHA-256 of bytes that come one after the other, of all of them and of each block.

    >>> digests = Digests()
    >>> digests.update(bytes(BLOCK + 1))
    >>> len(digests.blocks()), digests.whole() == hashlib.sha256(bytes(BLOCK + 1)).hexdigest()
    (2, True)
    """

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._blocks: list[str] = []
        self._block, self._left = hashlib.sha256(), BLOCK

    def update(self, part: bytes | memoryview) -> None:
        """Take in the next bytes."""
        view = memoryview(part)
        self._whole.update(view)
        while view:
            taken = view[: self._left]
            self._block.update(taken)
            self._left -= len(taken)
            view = view[len(taken) :]
            if not self._left:
                self._blocks.append(self._block.hexdigest())
                self._block, self._left = hashlib.sha256(), BLOCK

    def whole(self) -> str:
        """That of all bytes."""
        return self._whole.hexdigest()

    def blocks(self) -> tuple[str, ...]:
        """Those of the blocks."""
        rest = (self._block.hexdigest(),) if self._left < BLOCK else ()
        return (*self._blocks, *rest)


def is_listed(oid: str, sha256: str, parts: Callable[[], Iterable[bytes | bytearray]]) -> bool:
    """Whether a file has the digest that the Hub lists: SHA-256, or the SHA-1 that git gives to a blob.

    ``parts`` are its bytes, read where ``sha256`` does not say it. A tag that is no digest says nothing.

    >>> is_listed("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0", "", lambda: [b"hel", b"lo"])
    True
    """
    if len(oid) == 64:
        return sha256 == oid
    if len(oid) != 40:
        return True
    size = sum(len(part) for part in parts())
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for part in parts():
        digest.update(part)
    return digest.hexdigest() == oid
