"""Bytes of a tokenizer file, never more than a tokenizer can need."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.regular import read_regular

__all__ = ["LARGEST_FILE", "LONG", "SPARE", "WIDEST", "check_count", "inflate", "lines_of", "read_file"]

LARGEST_FILE = 1 << 27
"""Bytes, compressed or not: twice the largest tokenizer file known."""

LARGEST_RATIO = 100
"""By how much a vocabulary can have been compressed; a tenth of what a bomb reaches."""

TOKEN_COST = 380
"""Bytes that a token of ordinary length takes at most while a file of them is read."""

LONG = 1 << 10
WIDEST = 10
"""A token of more than ``LONG`` bytes is counted with ``WIDEST`` bytes for each: its text is held in several forms."""

SPARE = 195 << 20
"""Bytes of memory that any tokenizer file may take: little more than those of its kind need."""

_MOST_TOKENS, _SHORTEST_ENTRY = 1 << 20, 16

_STEP = 1 << 20
_BOM = b"\xef\xbb\xbf"
_LFS_POINTER = b"version https://git-lfs"


def read_file(path: Path) -> bytes:
    """The contents of a file, inflated where its name ends in ``.gz``.

    Raises ``VocabularyNotFound`` where it cannot be read, ``DamagedFile`` where it is too large, does not
    inflate, or is a Git LFS pointer that was left in the place of the file.
    """
    try:
        data = read_regular(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        raise VocabularyNotFound(f"{path}: cannot be read ({error})") from error
    except UnsupportedFormat as error:
        raise VocabularyNotFound(str(error)) from error
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


def check_count(count: int, size: int, source: str, long: int = 0) -> None:
    """Raise ``DamagedFile`` where ``count`` tokens take more memory than a file of ``size`` bytes may.

    ``long`` are the bytes of long ones. A million tokens of ordinary length are let through: the largest
    vocabulary that is known, XLM-V's, has 901,629 in 20 bytes each.
    """
    cost = count * TOKEN_COST + WIDEST * long + size
    ordinary = not long and count <= _MOST_TOKENS and size >= _SHORTEST_ENTRY * count
    if cost > MemoryBudget(size, source, spare=SPARE).allowance and not ordinary:
        raise DamagedFile(source, f"it lists {count} tokens in {size} bytes, more than any vocabulary has")


def lines_of(data: bytes, source: str) -> Iterator[str]:
    r"""Lines without their ends; only ``\n`` and ``\r\n`` end a line, as other breaks can be tokens.

    A byte order mark is left out. Raises ``DamagedFile`` where a line is no UTF-8 or there are too many.
    """
    count, long = data.count(b"\n"), 0
    check_count(count, len(data), source)
    start = len(_BOM) if data.startswith(_BOM) else 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end]
        if len(line) > LONG:
            long += len(line)
            check_count(count, len(data), source, long)
        try:
            yield line.removesuffix(b"\r").decode("utf-8") if end < len(data) else line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DamagedFile(source, f"byte {start + error.start} is not valid UTF-8") from error
        start = end + 1
