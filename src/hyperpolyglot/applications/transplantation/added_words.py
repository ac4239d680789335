"""Words that were added to a vocabulary, where a table is made for it with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["AddedWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedWords:
    """``words`` in the order of their ids, the first is ``first``; ``already``: how many listed words were tokens;
    ``refused``: how many can be none, by reason; ``replaced``: how many took a row that had no token.

    ``beside``: the folder of the tokenizer that they were added to.
    """

    words: tuple[str, ...]
    first: int
    already: int
    refused: dict[str, int]
    replaced: int
    beside: Path

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "first": self.first,
            "words": list(self.words),
            "already": self.already,
            "refused": self.refused,
            "replaced": self.replaced,
        }
