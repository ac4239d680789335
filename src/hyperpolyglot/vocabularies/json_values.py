"""Values of JSON that nobody vouches for, each checked for its type before use."""

from __future__ import annotations

from typing import Any, NoReturn

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabulary import LARGEST_ID

__all__ = ["as_id", "as_list", "as_object", "as_text", "refuse", "score_of"]

_LARGEST_SCORE = 3e38


def refuse(source: str, what: str, wanted: str, value: object) -> NoReturn:
    """Raise ``DamagedFile`` that says what was wanted and what type was found."""
    raise DamagedFile(source, f"{what} should be {wanted} but is {_json_name(value)}")


def as_object(value: object, source: str, what: str) -> dict[str, Any]:
    """The value, which must be a JSON object."""
    if not isinstance(value, dict):
        refuse(source, what, "an object", value)
    return value


def as_list(value: object, source: str, what: str) -> list[Any]:
    """The value, which must be a JSON array."""
    if not isinstance(value, list):
        refuse(source, what, "an array", value)
    return value


def as_text(value: object, source: str, what: str) -> str:
    """The value, which must be a string."""
    if not isinstance(value, str):
        refuse(source, what, "a string", value)
    return value


def as_id(value: object, source: str, what: str) -> int:
    """The value, which must be a whole number that an id can be; ``true`` is none."""
    if type(value) is not int:
        refuse(source, what, "a whole number", value)
    if not 0 <= value <= LARGEST_ID:
        raise DamagedFile(source, f"{what} is out of range (0 to {LARGEST_ID})")
    return value


def score_of(value: object) -> float | None:
    """The value as a score, ``None`` where it is no number that a float32 can hold.

    >>> score_of(-3), score_of("LATIN"), score_of(True), score_of(float("nan"))
    (-3.0, None, None, None)
    """
    if type(value) is not float and type(value) is not int:
        return None
    return float(value) if -_LARGEST_SCORE <= value <= _LARGEST_SCORE else None


def _json_name(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
