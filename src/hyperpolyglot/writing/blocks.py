"""The Unicode block of a string.

A character of one script votes for its block; the block with most votes wins, a tie goes to the one met first.
Digits, punctuation, symbols and combining marks, which many scripts share, have no vote where there are letters: so
``x-2`` is Basic Latin by its letter, ``день.`` is Cyrillic. A string of such characters alone is of the block of most
of them. Spaces, ``▁`` and characters outside all blocks never vote; a string of nothing else has no block.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.vocabulary import SPACE
from hyperpolyglot.writing import _block_table
from hyperpolyglot.writing.scripts import neutral
from hyperpolyglot.writing.votes import characters, majority

__all__ = ["UNICODE_VERSION", "blocks_of"]

UNICODE_VERSION: str = _block_table.UNICODE_VERSION
_NO_BLOCK = "No_Block"
_RANGES = [(int(start, 16), name) for start, name in (r.split(":") for r in _block_table.BLOCKS.split())]
_NAMES = [name.replace("_", " ") for _, name in _RANGES]


@cache
def _block_by_code_point() -> NDArray[np.uint16]:
    starts = [start for start, _ in _RANGES]
    return np.repeat(np.arange(len(starts), dtype=np.uint16), np.diff([*starts, 0x110000]))


@cache
def _silent() -> NDArray[np.bool_]:
    """Characters that never vote: spaces, the mark of a word's start, those outside all blocks."""
    outside = np.array([name == _NO_BLOCK for _, name in _RANGES])[_block_by_code_point()]
    outside[[point for point in range(0x3001) if chr(point).isspace()]] = True
    outside[ord(SPACE)] = True
    return outside


def blocks_of(texts: Sequence[str]) -> list[str | None]:
    """The block of every string by its Unicode name, ``None`` for none.

    >>> blocks_of(["cat", "▁день-2", "日本ー", "é", "…", "▁", "ｶﾅ"])[:4]
    ['Basic Latin', 'Cyrillic', 'CJK Unified Ideographs', 'Latin-1 Supplement']
    >>> blocks_of(["…", "▁", "ｶﾅ"])
    ['General Punctuation', None, 'Halfwidth and Fullwidth Forms']
    """
    found: list[str | None] = []
    for strings, points, lengths in characters(texts):
        size = strings.stop - strings.start
        block, owner = _block_by_code_point()[points], np.repeat(np.arange(size), lengths)
        letters, any_mark = ~neutral()[points], ~_silent()[points]
        best = majority(owner[letters], block[letters], size)
        others = majority(owner[any_mark], block[any_mark], size)
        codes = np.where(best < 0, others, best).tolist()
        found += [None if code < 0 else _NAMES[code] for code in codes]
    return found
