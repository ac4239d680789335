"""What a form of tokenizer file is read from, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from hyperpolyglot.regular import read_regular
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["Matching", "Original", "Written", "bytes_of"]

_LARGEST = 1 << 28

Matching = Literal["words", "pieces"]
"""Whether new tokens are looked for in the text before it is cut, or are pieces among the others."""


class Original(NamedTuple):
    """A tokenizer file, its bytes, the vocabulary that was read from it, and the folder that it lies in, if any."""

    tokenizer: TokenizerSource
    data: bytes
    vocabulary: Vocabulary
    folder: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """``files`` by name, the tokenizer itself first; ``tokenizer`` cuts text with them; of each new token its piece
    and score (nan where it has none). ``misread``: how many the decoder takes for the signs of other bytes.
    """

    files: Mapping[str, bytes]
    tokenizer: TokenizerSource
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    matching: Matching
    misread: int = 0


def bytes_of(tokenizer: TokenizerSource) -> bytes:
    """The tokenizer's file, or what was made of a checkpoint's metadata; nothing where it is a function."""
    if tokenizer.path is not None:
        return read_regular(tokenizer.path, _LARGEST)
    return tokenizer.made() if tokenizer.made is not None else b""
