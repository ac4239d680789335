"""JSON out of files that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

from hyperpolyglot.errors import DamagedFile

__all__ = ["parse_object"]


def parse_object(text: bytes, where: str, what: str) -> dict[str, Any]:
    """A JSON object in UTF-8.

    Raises ``DamagedFile`` where ``text`` is anything else, repeats a key, or nests beyond reason.

    >>> parse_object(b'{"a": [1]}', "x.json", "the header")
    {'a': [1]}
    """
    try:
        parsed = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DamagedFile(where, f"{what} is not proper JSON ({reason[:200]})") from error
    if not isinstance(parsed, dict):
        raise DamagedFile(where, f"{what} is not a JSON object")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")
