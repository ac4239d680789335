"""The Hub's list of a repository's files, read as it comes: what is not needed of it is never held."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hyperpolyglot.hub.link import RemoteFileInfo
from hyperpolyglot.hub.names import is_commit, is_plain_path

__all__ = ["Listing", "TooLarge", "read_listing"]

LARGEST_ANSWER = 1 << 26
_LARGEST_FILE = 1 << 60
_LARGEST_VALUE = 1 << 22
_MOST_MEMORY = 1 << 26
_COST = 400
"""Bytes that a file of the list takes besides its name."""

_STEP = 1 << 16
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class TooLarge(Exception):
    """The list is larger than that of any repository."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at a commit; those whose size the answer did not tell are in ``unsized``."""

    commit: str
    files: dict[str, RemoteFileInfo]
    unsized: frozenset[str] = field(default_factory=frozenset)


def read_listing(parts: Iterable[bytes]) -> Listing:
    """The list in an answer of the API, of which ``parts`` are the bytes.

    At most three times 64 MiB of memory are taken. Raises ``TooLarge``, and ``ValueError``, ``TypeError``,
    ``AttributeError`` or ``RecursionError`` for what is no list.

    >>> read_listing([b'{"sha": "' + b"a" * 40 + b'", "siblings": [{"rfilename": "x.bin"}]}']).unsized
    frozenset({'x.bin'})
    """
    stream = _Stream(parts)
    commit: object = None
    files: dict[str, RemoteFileInfo] | None = None
    unsized: set[str] = set()
    stream.expect("{")
    while stream.ahead() != "}":
        key = stream.value()
        stream.expect(":")
        if key == "siblings":
            files = _files(stream, unsized)
        elif key == "sha":
            commit = stream.value()
        else:
            stream.value()
        if stream.ahead() == ",":
            stream.expect(",")
    stream.expect("}")
    if files is None or not isinstance(commit, str) or not is_commit(commit):
        raise ValueError("no commit, or no files")
    return Listing(commit, files, frozenset(unsized))


def _files(stream: _Stream, unsized: set[str]) -> dict[str, RemoteFileInfo]:
    files: dict[str, RemoteFileInfo] = {}
    spent = 0
    stream.expect("[")
    while stream.ahead() != "]":
        entry = stream.value()
        name = entry["rfilename"]
        if isinstance(name, str) and is_plain_path(name):
            spent += _COST + sys.getsizeof(name)
            if spent > _MOST_MEMORY:
                raise TooLarge
            info = _info(entry)
            if info is None:
                unsized.add(name)
            else:
                files[name] = info
        if stream.ahead() == ",":
            stream.expect(",")
    stream.expect("]")
    return files


def _info(entry: Any) -> RemoteFileInfo | None:
    lfs = entry.get("lfs") or {}
    oid, size = lfs.get("sha256", entry.get("blobId")), lfs.get("size", entry.get("size"))
    if type(size) is int and 0 <= size < _LARGEST_FILE and isinstance(oid, str) and _OID.fullmatch(oid):
        return RemoteFileInfo(size, oid)
    return None


class _Stream:
    """JSON values one after the other, out of bytes as they come."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._read = 0
        self._ended = False

    def ahead(self) -> str:
        """The next character that is no white space, left where it is."""
        while True:
            self._at = _end_of_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise ValueError("the list ends early")

    def expect(self, character: str) -> None:
        """Pass over a character; raises ``ValueError`` where another comes."""
        if self.ahead() != character:
            raise ValueError(f"no {character}")
        self._at += 1

    def value(self) -> Any:
        """The next value."""
        self.ahead()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at = end
            return found

    def _more(self) -> bool:
        """Take in as much again as there is; false at the end."""
        self._text, self._at = self._text[self._at :], 0
        if len(self._text) > _LARGEST_VALUE:
            raise TooLarge
        wanted, taken, pieces = max(_STEP, len(self._text)), 0, [self._text]
        while taken < wanted and not self._ended:
            part = next(self._parts, None)
            self._ended = part is None
            self._read += len(part or b"")
            if self._read > LARGEST_ANSWER:
                raise TooLarge
            pieces.append(self._utf8.decode(part or b"", final=self._ended))
            taken += len(pieces[-1])
        self._text = "".join(pieces)
        return taken > 0


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
