"""JSON out of files that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.memory_budget import MemoryBudget

__all__ = ["parse_object", "parse_value"]

_COSTS = {b"[": 104, b"{": 360, b",": 24, b":": 170, b'"': 32}
_BEYOND_TWO_BYTES = 0xF0


def parse_object(text: bytes, where: str, what: str, size: int) -> dict[str, Any]:
    """A JSON object in UTF-8, out of a file of ``size`` bytes.

    Raises ``DamagedFile`` where ``text`` is anything else, repeats a key, nests beyond reason, or would take
    more memory than such a file may.

    >>> parse_object(b'{"a": [1]}', "x.json", "the header", 10)
    {'a': [1]}
    """
    parsed = parse_value(text, where, what, size)
    if not isinstance(parsed, dict):
        raise DamagedFile(where, f"{what} is not a JSON object")
    return parsed


def parse_value(text: bytes, where: str, what: str, size: int) -> Any:
    """Any JSON value; raises as :func:`parse_object`."""
    MemoryBudget(size, where).spend(_cost(text), what)
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
        raise DamagedFile(where, f"{what} is not proper JSON ({reason[:200]})") from error


def _cost(text: bytes) -> int:
    """Bytes of memory that parsing takes at most: the text itself, twice decoded, and an object for each sign."""
    wide = b"\\u" in text or (bool(text) and int(np.frombuffer(text, np.uint8).max()) >= _BEYOND_TWO_BYTES)
    width = 4 if wide else 1 if text.isascii() else 2
    return len(text) * (1 + 2 * width) + sum(cost * text.count(sign) for sign, cost in _COSTS.items())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")
