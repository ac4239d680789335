"""Lists of words that lie beside a matrix which has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import PurePath
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.jsontext import parse_value
from hyperpolyglot.formats.limits import STRING_COST
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.types import ByteSource

__all__ = ["words_beside"]

_STEMS = ("tokens", "words", "vocab", "vocabulary", "labels", "index2word", "itos")
_SUFFIXES = (".txt", ".json", ".vocab")
_LARGEST = 1 << 28
_BOM = b"\xef\xbb\xbf"


def words_beside(
    matrix: str, names: Collection[str], opener: Callable[[str], ByteSource], rows: int
) -> tuple[str, tuple[str, ...]] | None:
    """The file and the words of the list beside ``matrix`` that has a word for each of its rows.

    A text file with a word on each line, a JSON list, or a JSON object from words to rows; those that are called
    like the matrix come first. ``None`` where there is no such list.
    """
    stem = PurePath(matrix).stem
    wanted = [f"{part}{suffix}" for part in (stem, f"{stem}.tokens", *_STEMS) for suffix in _SUFFIXES]
    for name in (name for name in wanted if name in names):
        source = opener(name)
        if source.size > _LARGEST:
            continue
        words = _words(source)
        if len(words) == rows:
            return name, words
    return None


def _words(source: ByteSource) -> tuple[str, ...]:
    text = source.read(0, source.size).removeprefix(_BOM)
    if source.name.endswith(".json"):
        return _of_json(parse_value(text, source.name, "the list of words", source.size))
    lines = text.split(b"\n")
    MemoryBudget(source.size, source.name).spend(len(lines) * STRING_COST + len(text), f"{len(lines)} words")
    if not lines[-1]:
        del lines[-1]
    try:
        return tuple(line.removesuffix(b"\r").decode("utf-8") for line in lines)
    except UnicodeDecodeError as error:
        raise DamagedFile(source.name, "the list of words is not UTF-8") from error


def _of_json(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    if isinstance(value, dict) and all(type(row) is int for row in value.values()):
        words = sorted(value, key=value.__getitem__)
        if [value[word] for word in words] == list(range(len(words))):
            return tuple(words)
    return ()
