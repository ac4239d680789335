"""JSON of a tokenizer file as Python values, within a bound on memory that is checked before anything is made."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.vocabularies.files import LONG, SPARE, WIDEST

__all__ = ["parse_json"]

_WINDOW = 1 << 20
_BOM = b"\xef\xbb\xbf"
_QUOTE, _ESCAPE, _BEYOND_TWO_BYTES = 0x22, 0x5C, 0xF0
_LIST, _OBJECT, _SLOT, _ENTRY, _NUMBER, _HALF_STRING = 104, 200, 9, 64, 32, 26
_WIDE = 4
_ERRORS = "hyperpolyglot.json"


def parse_json(document: bytes | list[bytes], source: str, size: int | None = None) -> Any:
    """The value of a JSON document in UTF-8, out of a file of ``size`` bytes.

    A document in a list is taken out of it, so that its bytes are gone before the values are made.

    Raises ``DamagedFile`` for one that is malformed, nested too deeply, or would take more memory than a file
    of its size may.

    >>> parse_json('["😀", 1]'.encode(), "doctest")
    ['😀', 1]
    """
    data = document.pop() if isinstance(document, list) else document
    survey = _survey(data)
    cost = survey.text + _cost(data, survey)
    MemoryBudget(size or len(data), source, spare=SPARE).spend(cost, "its JSON")
    try:
        text = _text(data, survey)
        del data
        return json.loads(text)
    except ValueError as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise DamagedFile(source, f"it is not valid JSON ({reason})") from error
    except (RecursionError, MemoryError) as error:
        raise DamagedFile(source, "its JSON is nested too deeply or too large") from error


@dataclass(slots=True)
class _Survey:
    """What characters a text is made of; ``wide`` is what strings with characters of four bytes may take."""

    one: int = 0
    two: int = 0
    three: int = 0
    four: int = 0
    wide: int = 0

    @property
    def escaped(self) -> bool:
        """Whether the text is smaller with escapes than with the four bytes a character that it would take."""
        return self.four > 0 and self._escapes < 4 * self._characters

    @property
    def text(self) -> int:
        """Bytes of the text as it is parsed."""
        if self.escaped:
            return self._escapes
        width = 4 if self.four else 2 if self.two or self.three else 1
        return width * self._characters

    @property
    def _characters(self) -> int:
        return self.one + self.two + self.three + self.four

    @property
    def _escapes(self) -> int:
        return self.one + 6 * (self.two + self.three) + 12 * self.four


def _survey(data: bytes) -> _Survey:
    found = _Survey()
    held, wide = 0, False
    for start in range(0, len(data), _WINDOW):
        part = np.frombuffer(data, np.uint8, min(_WINDOW, len(data) - start), start)
        found.one += int(np.count_nonzero(part < 0x80))
        found.two += int(np.count_nonzero((part >= 0xC0) & (part < 0xE0)))
        found.three += int(np.count_nonzero((part >= 0xE0) & (part < 0xF0)))
        marks = part >= _BEYOND_TWO_BYTES
        found.four += int(np.count_nonzero(marks))
        marks |= part == _ESCAPE
        lengths, marked = _between_quotes(part, marks)
        wide = wide or bool(marked[0])
        held += int(lengths[0])
        if len(lengths) > 1:
            found.wide += held * wide * _weight(held)
            inner = lengths[1:-1][marked[1:-1]]
            found.wide += int((inner * np.where(inner > LONG, WIDEST, _WIDE)).sum())
            held, wide = int(lengths[-1]), bool(marked[-1])
    found.wide += held * wide * _weight(held)
    return found


def _weight(length: int) -> int:
    return WIDEST if length > LONG else _WIDE


def _between_quotes(
    part: NDArray[np.uint8], marks: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Lengths of the stretches before, between and behind quotes, and which of them have a mark."""
    ends = np.append(np.flatnonzero(part == _QUOTE), len(part))
    lengths = np.diff(ends, prepend=0)
    marked = np.zeros(len(ends), np.bool_)
    marked[np.searchsorted(ends, np.flatnonzero(marks), side="right").clip(max=len(ends) - 1)] = True
    return lengths, marked


def _cost(data: bytes, survey: _Survey) -> int:
    """Bytes of the values, at the cost of Python's objects."""
    lists, objects, commas, colons, quotes = (data.count(sign) for sign in (b"[", b"{", b",", b":", b'"'))
    blank = data.count(b" ") + data.count(b"\n")
    strings = (len(data) - blank) * (2 if survey.two or survey.three else 1) // 2 + survey.wide
    numbers = max(0, commas + colons - max(0, quotes // 2 - colons))
    return (
        strings
        + lists * _LIST
        + objects * _OBJECT
        + commas * _SLOT
        + colons * _ENTRY
        + numbers * _NUMBER
        + quotes * _HALF_STRING
    )


def _text(data: bytes, survey: _Survey) -> str:
    data = data.removeprefix(_BOM)
    if not survey.escaped:
        return data.decode("utf-8", "surrogatepass")
    decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    parts = []
    for start in range(0, len(data), _WINDOW):
        part = decoder.decode(data[start : start + _WINDOW], final=start + _WINDOW >= len(data))
        parts.append(part.encode("ascii", _ERRORS).decode("ascii"))
    return "".join(parts)


def _as_escapes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ERRORS, _as_escapes)
