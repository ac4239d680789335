"""Words that were added to a vocabulary, where a table is made for it with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperpolyglot.applications.model_configuration import Configuration

__all__ = ["AddedWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedWords:
    """``words`` in the order of their ids, the first is ``first``; ``already``: how many listed words were tokens;
    ``refused``: how many can be none, by reason; ``replaced``: how many took a row that had no token.

    ``files``: the tokenizer with them, by name; ``beside``: the folder of the one that they were added to, if any;
    ``matching``: whether they are looked for in the text before it is cut (``"words"``), or are pieces among the others
    (``"pieces"``); ``checked_by``: the library to which each is one token, ``None`` where it was not asked;
    ``misread``: how many a byte-level decoder turns into other characters;
    ``configuration``: that of the model with the new number of rows, where it has one.
    """

    words: tuple[str, ...]
    first: int
    already: int
    refused: dict[str, int]
    replaced: int
    files: Mapping[str, bytes]
    beside: Path | None
    matching: str
    misread: int
    checked_by: str | None
    configuration: Configuration | None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "first": self.first,
            "words": list(self.words),
            "already": self.already,
            "refused": self.refused,
            "replaced": self.replaced,
            "matching": self.matching,
            "misread": self.misread,
            "checked_by": self.checked_by,
        }
