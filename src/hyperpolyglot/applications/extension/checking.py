"""What a tokenizer's own library makes of words, before and after they are added."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.written import bytes_of
from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.tokenization.process import Limits, Refused, installed, run
from hyperpolyglot.tokenization.segmentation import UNKNOWN
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.types import Array

__all__ = ["library_of", "single_tokens"]

_MARK_ALONE = 2
"""Tokens of a word of a script without spaces: tokenizers may put the mark of a word before any text."""


def library_of(tokenizer: TokenizerSource) -> str | None:
    """The library that cuts text with a tokenizer, and its version; ``None`` where it is not installed."""
    version = tokenizer.library and installed(tokenizer.library)
    return f"{tokenizer.library} {version}" if version else None


def single_tokens(tokenizer: TokenizerSource, words: Sequence[NewWord]) -> Array | None:
    """The id of each word that is one token as it stands in a text, else −1; int64 ``[word]``.

    ``None`` where the library is not installed or does not cut text with the tokenizer.
    """
    if library_of(tokenizer) is None:
        return None
    spaced = [word.spaced for word in words]
    try:
        cut = run(tokenizer, bytes_of(tokenizer), [word.text for word in words], spaced, Limits())
    except (Refused, DamagedFile):
        return None
    found = np.full(len(words), -1, np.int64)
    for i, word in enumerate(words):
        ids = cut.ids[cut.starts[i] : cut.starts[i + 1]]
        if 0 < len(ids) <= (1 if word.spaced else _MARK_ALONE) and UNKNOWN not in ids:
            found[i] = ids[-1]
    return found
