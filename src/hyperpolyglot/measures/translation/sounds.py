"""Which correct answers are transliterations: another script, nearly the same sound.

Words are written in Latin letters (anyascii). A pair is *alike* if Levenshtein's distance over the longer length is at
most ``MOST``; where one of the scripts writes few vowels, if that of the consonants is at most ``MOST_CONSONANTS``.
Of pairs that do not mean the same, about one in two hundred is alike (``docs/measures/translation.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numba
import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.questions import Questions, within

__all__ = ["MOST", "MOST_CONSONANTS", "consonants", "romanised", "sounds_alike", "transliterated"]

MOST, MOST_CONSONANTS = 0.5, 0.4
_LEAST = 2
_VOWELS = frozenset("aeiouwyh")
_ONE_SOUND = str.maketrans("cq", "kk")
_FEW_VOWELS = ("Arab", "Hebr", "Mand", "Samr", "Syrc")


@lru_cache(maxsize=1 << 17)
def romanised(word: str) -> str:
    """A word of any script in Latin letters and digits; c and q are k.

    >>> romanised("Canada"), romanised("カナダ"), romanised("Канада")
    ('kanada', 'kanada', 'kanada')
    """
    return "".join(c for c in anyascii(word).casefold() if c.isalnum()).translate(_ONE_SOUND)


def consonants(word: str) -> str:
    """What is left of a word in Latin letters where vowels, and h, w and y that stand for them, are not written.

    >>> consonants(romanised("Denmark")), consonants(romanised("דנמרק"))
    ('dnmrk', 'dnmrk')
    """
    return "".join(c for c in word if c not in _VOWELS)


@numba.njit(cache=True, nogil=True)
def _is_alike(a, b, most, row):  # type: ignore[no-untyped-def]
    longer = max(len(a), len(b))
    if min(len(a), len(b)) < _LEAST or abs(len(a) - len(b)) > most * longer:
        return False
    return within(a, b, most * longer, row)


@numba.njit(cache=True, nogil=True)
def _transliterated(asked, words, spoken, out):  # type: ignore[no-untyped-def]
    question_word, target = asked
    language, script, unit, concept_at, concepts, member_at, members = words
    few_vowels, at, points, bare_at, bare_points = spoken
    row = np.empty(points.size + 2, np.int64)
    for q in range(len(question_word)):
        w = question_word[q]
        for m in range(concept_at[w], concept_at[w + 1]):
            for n in range(member_at[concepts[m]], member_at[concepts[m] + 1]):
                v = members[n]
                if language[v] != target[q] or unit[v] < 0 or script[v] == script[w]:
                    continue
                if few_vowels[script[v]] or few_vowels[script[w]]:
                    one, other = (
                        bare_points[bare_at[w] : bare_at[w + 1]],
                        bare_points[bare_at[v] : bare_at[v + 1]],
                    )
                    out[q] |= _is_alike(one, other, MOST_CONSONANTS, row)
                else:
                    one, other = points[at[w] : at[w + 1]], points[at[v] : at[v + 1]]
                    out[q] |= _is_alike(one, other, MOST, row)


def sounds_alike(word: str, script: str, other: str, other_script: str) -> bool:
    """Whether two words, each in a script by its ISO 15924 code, are transliterations of each other.

    >>> sounds_alike("Канада", "Cyrl", "カナダ", "Kana"), sounds_alike("Канада", "Cyrl", "Kanada", "Cyrl")
    (True, False)
    """
    if script == other_script:
        return False
    spoken, most = [romanised(word), romanised(other)], MOST
    if script in _FEW_VOWELS or other_script in _FEW_VOWELS:
        spoken, most = [consonants(word) for word in spoken], MOST_CONSONANTS
    one, another = (np.array([ord(c) for c in text], np.uint32) for text in spoken)
    return bool(_is_alike(one, another, most, np.empty(len(another) + 1, np.int64)))


def _joined(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    at = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return at, np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)


def transliterated(asked: Questions, words: Words) -> NDArray[np.bool_]:
    """Whether a correct answer of each question is a transliteration of its word, bool ``[q]``."""
    spoken = [
        romanised(word) if unit >= 0 else "" for word, unit in zip(words.words, words.unit, strict=True)
    ]
    few_vowels = np.array([script in _FEW_VOWELS for script in words.scripts], bool)
    out = np.zeros(len(asked), bool)
    _transliterated(
        (asked.word, asked.target),
        (
            *(words.language, words.script, words.unit),
            *(words.concept_at, words.concepts, words.member_at, words.members),
        ),
        (few_vowels, *_joined(spoken), *_joined([consonants(word) for word in spoken])),
        out,
    )
    return out
