"""The script of a string by the Unicode Script and Script_Extensions properties (UAX #24).

A character of one script votes for it; the script with most votes wins, a tie goes to the one met first.
Common and Inherited characters (digits, punctuation, combining marks, ``ー``) have no vote: they take the script
of their context. Where a string has no voting character at all, Script_Extensions decide if they leave exactly
one script; otherwise the string is ``Zyyy`` (Common), ``Zinh`` (only marks) or ``Zzzz`` (unassigned, private use).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.shown import shown
from hyperpolyglot.writing import _script_table
from hyperpolyglot.writing.votes import characters, majority

__all__ = [
    "ISO_15924",
    "UNICODE_VERSION",
    "is_script",
    "label_called",
    "labels_called",
    "neutral",
    "script_codes",
    "script_name",
    "script_of",
    "scripts_of",
]

UNICODE_VERSION: str = _script_table.UNICODE_VERSION
_LAST = 0x110000


def _ranges(packed: str) -> list[tuple[int, str]]:
    return [(int(start, 16), value) for start, value in (row.split(":") for row in packed.split())]


ISO_15924: tuple[str, ...] = tuple(sorted({value for _, value in _ranges(_script_table.SCRIPTS)}))
_CODE = {name: code for code, name in enumerate(ISO_15924)}
_COMMON, _INHERITED, _UNKNOWN = _CODE["Zyyy"], _CODE["Zinh"], _CODE["Zzzz"]
_NO_SCRIPTS = frozenset(("Zyyy", "Zinh", "Zzzz"))
_NAMES = dict(row.split(":") for row in _script_table.NAMES.split())


@cache
def _script_by_code_point() -> NDArray[np.uint8]:
    table = np.empty(_LAST, np.uint8)
    ranges = _ranges(_script_table.SCRIPTS)
    for (start, value), (end, _) in zip(ranges, [*ranges[1:], (_LAST, "")], strict=True):
        table[start:end] = _CODE[value]
    return table


@cache
def _extensions() -> tuple[NDArray[np.uint32], tuple[frozenset[int], ...]]:
    ranges = _ranges(_script_table.EXTENSIONS)
    starts = np.array([start for start, _ in ranges], np.uint32)
    return starts, tuple(frozenset(_CODE[v] for v in value.split(",") if v) for _, value in ranges)


@cache
def _unusual() -> NDArray[np.bool_]:
    """Characters without a vote that are more than just Common: those with extensions, Inherited, Unknown."""
    script = _script_by_code_point()
    unusual: NDArray[np.bool_] = (script == _INHERITED) | (script == _UNKNOWN)
    starts, sets = _extensions()
    for start, end, extensions in zip(starts.tolist(), [*starts.tolist()[1:], _LAST], sets, strict=True):
        unusual[start:end] |= bool(extensions)
    return unusual


@lru_cache(maxsize=1 << 14)
def _script_by_extensions(text: str) -> int | None:
    """The one script that every character with extensions can be of, or ``None``."""
    starts, sets = _extensions()
    found = [sets[int(np.searchsorted(starts, ord(c), side="right")) - 1] for c in text]
    possible = [s for s in found if s]
    scripts = frozenset.intersection(*possible) if possible else frozenset()
    return next(iter(scripts)) if len(scripts) == 1 else None


@cache
def neutral() -> NDArray[np.bool_]:
    """Whether a character belongs to no one script (Common, Inherited, Unknown), bool ``[code point]``."""
    script = _script_by_code_point()
    found: NDArray[np.bool_] = (script == _COMMON) | (script == _INHERITED) | (script == _UNKNOWN)
    return found


def script_codes(texts: Sequence[str]) -> NDArray[np.int16]:
    """The script of every string, as positions in :data:`ISO_15924`: int16 ``[len(texts)]``.

    >>> [ISO_15924[c] for c in script_codes(["cat", "кіт", "ネコ、", "12", "日本ー", "क\u094d"])]
    ['Latn', 'Cyrl', 'Kana', 'Zyyy', 'Hani', 'Deva']
    """
    result = np.empty(len(texts), np.int16)
    for strings, points, lengths in characters(texts):
        result[strings] = _codes(texts[strings], points, lengths)
    return result


def _codes(texts: Sequence[str], points: NDArray[np.uint32], lengths: NDArray[np.int64]) -> NDArray[np.int16]:
    script = _script_by_code_point()[points]
    owner = np.repeat(np.arange(len(texts)), lengths)
    votes = ~neutral()[points]
    result = majority(owner[votes], script[votes], len(texts))
    undecided = result < 0
    result[undecided] = _COMMON
    unusual = np.zeros(len(texts), bool)
    unusual[owner[_unusual()[points]]] = True
    ends = np.cumsum(lengths)
    for i in np.flatnonzero(undecided & unusual).tolist():
        only = set(script[ends[i] - lengths[i] : ends[i]].tolist())
        by_extensions = _script_by_extensions(texts[i])
        if by_extensions is not None:
            result[i] = by_extensions
        elif only in ({_INHERITED}, {_UNKNOWN}):
            result[i] = only.pop()
    return result


def script_of(text: str) -> str:
    """The ISO 15924 code of one string.

    >>> script_of("▁привет"), script_of("ー"), script_of("")
    ('Cyrl', 'Zyyy', 'Zyyy')
    """
    return ISO_15924[int(script_codes([text])[0])]


def scripts_of(texts: Sequence[str]) -> list[str]:
    """The ISO 15924 codes of some strings.

    >>> scripts_of(["cat", "кіт"])
    ['Latn', 'Cyrl']
    """
    return [ISO_15924[code] for code in script_codes(texts).tolist()]


def script_name(code: str) -> str:
    """The English name of a script; other labels are written out as a reader can see them.

    >>> script_name("Cyrl"), script_name("Cans"), script_name("MY_OWN")
    ('Cyrillic', 'Canadian Aboriginal', 'MY_OWN')
    """
    called = _called.get().get(code)
    if called is not None:
        return called
    return _NAMES[code].replace("_", " ") if code in _NAMES else shown(code)


_called: ContextVar[Mapping[str, str]] = ContextVar("_called", default=MappingProxyType({}))


def label_called(code: str) -> str:
    """A label as terminals show it: as it is, after its name where :func:`labels_called` gives it one."""
    called = _called.get().get(code, code)
    return code if called == code else f"{called} ({code})"


@contextmanager
def labels_called(names: Mapping[str, str]) -> Iterator[None]:
    """Call labels by these names, wherever a reader sees them, for as long as the block lasts.

    >>> with labels_called({"sw": "Swahili"}):
    ...     script_name("sw"), script_name("Latn")
    ('Swahili', 'Latin')
    """
    token = _called.set({**_called.get(), **names})
    try:
        yield
    finally:
        _called.reset(token)


def is_script(code: str | None) -> bool:
    """Whether a label stands for a writing system: Common, Inherited, Unknown and no label do not.

    Labels that are no ISO 15924 codes (languages, blocks, the paper's categories) are taken for what they say.

    >>> is_script("Cyrl"), is_script("Zyyy"), is_script("LATIN"), is_script(None)
    (True, False, True, False)
    """
    return code is not None and code not in _NO_SCRIPTS
