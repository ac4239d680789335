"""Bytes of a tokenizer file, never more than a tokenizer can need."""

from __future__ import annotations

import zlib
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, VocabularyNotFound

__all__ = ["LARGEST_FILE", "inflate", "lines_of", "read_file", "text_of"]

LARGEST_FILE = 1 << 28
"""Bytes, compressed or not: several times the largest tokenizer file known."""

LARGEST_RATIO = 100
"""By how much a vocabulary can have been compressed; a tenth of what a bomb reaches."""

_STEP = 1 << 20
_LFS_POINTER = b"version https://git-lfs"


def read_file(path: Path) -> bytes:
    """The contents of a file, inflated where its name ends in ``.gz``.

    Raises ``VocabularyNotFound`` where it cannot be read, ``DamagedFile`` where it is too large, does not
    inflate, or is a Git LFS pointer that was left in the place of the file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise VocabularyNotFound(f"{path}: cannot be read ({error})") from error
    if len(data) > LARGEST_FILE:
        raise DamagedFile(path.name, f"it is larger than any vocabulary ({LARGEST_FILE >> 20} MiB)")
    if data.startswith(_LFS_POINTER):
        raise DamagedFile(path.name, "it is a Git LFS pointer; fetch the file itself with `git lfs pull`")
    return inflate(data, path.name) if path.name.lower().endswith(".gz") else data


def inflate(data: bytes, source: str) -> bytes:
    """The contents of a gzip file of one or more members.

    Raises ``DamagedFile`` where it is cut off, damaged, or grows more than a vocabulary can.
    """
    limit = min(LARGEST_FILE, LARGEST_RATIO * len(data) + _STEP)
    parts, size = [], 0
    try:
        while data:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                part = member.decompress(data, _STEP)
                data = member.unconsumed_tail
                if not part and not data and not member.eof:
                    raise DamagedFile(source, "the compressed data ends early")
                size += len(part)
                if size > limit:
                    raise DamagedFile(
                        source, f"it inflates to more than {limit} bytes, which no vocabulary needs"
                    )
                parts.append(part)
            data = member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise DamagedFile(source, f"the compressed data is damaged ({error})") from error
    return b"".join(parts)


def text_of(data: bytes, source: str) -> str:
    """The bytes as UTF-8 text, without a byte order mark; raises ``DamagedFile``."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedFile(source, f"byte {error.start} is not valid UTF-8") from error


def lines_of(data: bytes, source: str) -> list[str]:
    r"""Lines without their ends; only ``\n`` and ``\r\n`` end a line, as other breaks can be tokens."""
    text = text_of(data, source).replace("\r\n", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines
