"""On which line of a TOML text a key stands: what ``tomllib`` does not tell.

The text has been read by ``tomllib``, so it is known to be TOML; this only follows keys and brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["Place", "lines_of"]

Place = tuple[str | int, ...]
"""Keys and positions from the root of a document: ``("models", 0, "tokenizer")``."""

_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|\n|[\[\]{},=.]|[^\s\[\]{},=."\'#]+',
    re.DOTALL,
)


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of every key, table and element of an array.

    >>> lines_of('models = [\\n "a",\\n "b"]\\n[options]\\nk = 5\\n')[("models", 1)]
    3
    """
    return _Reader(text).found


class _Reader:
    def __init__(self, text: str) -> None:
        self.found: dict[Place, int] = {(): 1}
        self._tokens = list(_tokens(text))
        self._at = 0
        self._counts: dict[Place, int] = {}
        table: Place = ()
        while self._skip_newlines():
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _skip_newlines(self) -> bool:
        while self._peek() == "\n":
            self._at += 1
        return self._at < len(self._tokens)

    def _header(self) -> Place:
        line = self._next()[1]
        many = self._peek() == "["
        if many:
            self._next()
        place = self._key((), line)
        for _ in range(1 + many):
            self._next()
        if many:
            self._counts[place] = self._counts.get(place, -1) + 1
            place = (*place, self._counts[place])
            self.found.setdefault(place, line)
        return place

    def _key(self, table: Place, line: int) -> Place:
        """A dotted key under a table; of an array of tables on the way the last element is meant."""
        place = table
        while True:
            place = (*place, _name(self._next()[0]))
            self.found.setdefault(place, line)
            if self._peek() != ".":
                return place
            self._next()
            if place in self._counts:
                place = (*place, self._counts[place])

    def _pair(self, table: Place) -> None:
        place = self._key(table, self._tokens[self._at][1])
        self._next()
        self._value(place)

    def _value(self, place: Place) -> None:
        first, line = self._next()
        self.found.setdefault(place, line)
        if first == "[":
            self._elements(place)
        elif first == "{":
            while self._skip_newlines() and self._peek() != "}":
                if self._peek() == ",":
                    self._next()
                else:
                    self._pair(place)
            self._next()
        else:
            while self._at < len(self._tokens) and self._peek() not in ("\n", ",", "]", "}"):
                self._next()

    def _elements(self, place: Place) -> None:
        index = 0
        while self._skip_newlines() and self._peek() != "]":
            if self._peek() == ",":
                self._next()
            else:
                self._value((*place, index))
                index += 1
        self._next()


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Tokens with their lines; comments are left out."""
    line = 1
    for found in _TOKEN.finditer(text.replace("\r\n", "\n")):
        token = found[0]
        if not token.startswith("#"):
            yield token, line
        line += token.count("\n")


def _name(token: str) -> str:
    if token[:1] not in ('"', "'"):
        return token
    import tomllib

    return next(iter(tomllib.loads(f"{token} = 0")))
