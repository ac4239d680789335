"""The one door for files that users name, or that lie where others may put them: regular files, up to a size.

A pipe would be waited for, a device would never end. Neither is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat

__all__ = ["LARGEST_TEXT", "is_regular", "opened", "read_regular", "read_text"]

LARGEST_TEXT = 1 << 28
"""Bytes of a table that a user has made: words, labels, counts."""

_STEP = 1 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The file, open for reading. Raises ``UnsupportedFormat`` for what is no regular file, and ``OSError``."""
    _check(path, os.stat(path).st_mode)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle).st_mode)
        yield file


def read_regular(path: Path, largest: int) -> bytes:
    """The contents of a file of at most ``largest`` bytes.

    Raises ``UnsupportedFormat`` for what is no regular file, ``DamagedFile`` for a larger one, and ``OSError``.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        parts, left = [], largest + 1 if size <= largest else 0
        while left and (part := file.read(min(left, _STEP if size < _STEP else size + 1))):
            parts.append(part)
            left -= len(part)
    if not left:
        shown = f"{largest >> 20} MiB" if largest >> 20 else f"{largest} bytes"
        raise DamagedFile(path.name, f"it is larger than such a file can be ({shown})")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_text(path: Path, largest: int = LARGEST_TEXT) -> str:
    """The text of a file in UTF-8, its byte order mark left out; raises as :func:`read_regular`."""
    try:
        return read_regular(path, largest).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedFile(path.name, f"byte {error.start} is not UTF-8") from error


def is_regular(path: Path) -> bool:
    """Whether there is a regular file; also false where that cannot be found out."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = next((name for of, name in _KINDS if of(mode)), "something else")
        raise UnsupportedFormat(f"{path} is {what} and not a file; name a regular file.")
