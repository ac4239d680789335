"""Words of a text by the default rules of Unicode (UAX #29), for scripts with and without spaces.

Letters with their marks, digits and underscores join; an apostrophe, a full stop or a colon joins between letters, a
comma or a full stop between digits. Han and kana are not joined by the rules, nor are the scripts of South East Asia,
for which dictionaries would be needed: there a word is a character with its marks, but for runs of Katakana.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Array

__all__ = ["count_words", "words"]

_MIDDLE = "'.\u00b7\u2018\u2019\u2024\u2027\u003a\u055f\u0387\u05f4\ufe13\ufe52\ufe55\uff07\uff0e\uff1a"
_MIDDLE_OF_NUMBERS = (
    "',.;\u2018\u2019\u2024\u037e\u0589\u060c\u060d\u066c\u07f8\u2044"
    "\ufe10\ufe14\ufe50\ufe52\ufe54\uff07\uff0c\uff0e\uff1b"
)
# fmt: off
_KATAKANA = (
    (0x3031, 0x3035), (0x309B, 0x309C), (0x30A0, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE),
    (0x3300, 0x3357), (0xFF66, 0xFF9D), (0x1AFF0, 0x1AFFE), (0x1B000, 0x1B000), (0x1B164, 0x1B167),
)
_ALONE = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0x2E80, 0x2FDF),
    (0x3006, 0x3007), (0x3021, 0x3029), (0x3038, 0x303A), (0x3041, 0x309F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF), (0xAA60, 0xAADF), (0xF900, 0xFAFF), (0x11700, 0x1174F), (0x16FE4, 0x18DFF),
    (0x1B001, 0x1B163), (0x20000, 0x3FFFF),
)
# fmt: on
_LAST = 0x323B0
"""Beyond are no letters; marks that choose variants are those of ideographs."""


def _within(codes: Array, ranges: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    first, last = np.array(ranges).T
    at = np.searchsorted(first, codes, side="right") - 1
    return np.asarray((at >= 0) & (codes <= last[at]), bool)


def _kinds() -> NDArray[np.str_]:
    """The kind of every character, empty where it belongs to no word, by its code point."""
    codes = np.arange(_LAST)
    category = np.array([unicodedata.category(chr(code)) for code in range(_LAST)])
    major = category.astype("U1")
    letter = (major == "L") | (category == "Nl") | (codes == 0x05F3) | ((codes >= 0x24B6) & (codes <= 0x24E9))
    mark = (major == "M") | ((category == "Cf") & (codes != 0x200B)) | np.isin(codes, (0xFF9E, 0xFF9F))
    return np.select(
        [
            mark,
            _within(codes, _KATAKANA),
            category == "Nd",
            category == "Pc",
            letter & _within(codes, _ALONE),
            letter,
        ],
        ["mark", "katakana", "digit", "joiner", "alone", "letter"],
        "",
    )


@cache
def _classes() -> dict[str, str]:
    """The characters of each kind as runs that a set of a regular expression takes."""
    kinds = _kinds()
    cuts = [0, *(np.flatnonzero(kinds[1:] != kinds[:-1]) + 1).tolist(), _LAST]
    runs: dict[str, list[str]] = {}
    for start, end in pairwise(cuts):
        runs.setdefault(str(kinds[start]), []).append(f"\\U{start:08x}-\\U{end - 1:08x}")
    return {kind: "".join(parts) for kind, parts in runs.items()}


@cache
def _pattern() -> re.Pattern[str]:
    c = _classes()
    marks = f"[{c['mark']}]*"
    letter, digit, joiner = f"[{c['letter']}]{marks}", f"[{c['digit']}]{marks}", f"[{c['joiner']}]{marks}"
    middle, between = f"[{re.escape(_MIDDLE)}]{marks}", f"[{re.escape(_MIDDLE_OF_NUMBERS)}]{marks}"
    part = f"{letter}(?:{middle}(?=[{c['letter']}]))?|{digit}(?:{between}(?=[{c['digit']}]))?|{joiner}"
    katakana = f"(?:{joiner})*[{c['katakana']}]{marks}(?:[{c['katakana']}]{marks}|{joiner})*"
    joined = f"(?=(?:{joiner})*[{c['letter']}{c['digit']}])(?:{part})+"
    return re.compile(f"{katakana}|{joined}|[{c['alone']}]{marks}")


def words(text: str) -> list[str]:
    """The words of a text, in order; what holds neither letter nor digit is none.

    >>> words("Don't panic: 3.5 cm, 中国 カタカナ!")
    ["Don't", 'panic', '3.5', 'cm', '中', '国', 'カタカナ']
    """
    return _pattern().findall(text)


def count_words(text: str) -> Counter[str]:
    """How often each word occurs."""
    return Counter(words(text))
