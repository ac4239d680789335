"""Which words of a list become tokens: those that can be one, and are none yet."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hyperpolyglot.tokenization.segmentation import UNSPACED, segmenter
from hyperpolyglot.types import Array
from hyperpolyglot.vocabulary import SPACE, Vocabulary, display
from hyperpolyglot.writing.scripts import scripts_of

__all__ = ["NewWord", "NewWords", "new_words"]

_LONGEST = 200
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWord:
    """A word, and whether it stands between spaces (else its script writes none, and it is found inside text too)."""

    text: str
    spaced: bool
    utf8: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWords:
    """The words that become tokens, how many were tokens already, and how many were refused by reason."""

    words: tuple[NewWord, ...]
    already: int
    refused: dict[str, int]

    def without(self, these: Array, *, already: bool = False, why: str = "") -> NewWords:
        """The rest, where ``these`` (bool ``[word]``) are tokens ``already``, or refused for the reason ``why``."""
        count = int(np.count_nonzero(these))
        words = tuple(word for word, gone in zip(self.words, these.tolist(), strict=True) if not gone)
        if already or not count:
            return replace(self, words=words, already=self.already + count)
        return replace(self, words=words, refused=self.refused | {why: self.refused.get(why, 0) + count})


def new_words(listed: Sequence[str], vocabulary: Vocabulary, *, spelled_bare: bool = True) -> NewWords:
    """Sift a list, in its order, each word in NFC.

    ``spelled_bare``: a token is spelled as the word alone, else with the mark of a word start where it has one.

    >>> import hyperpolyglot as hp
    >>> found = new_words(["majinini", "water", "two words", "majinini"], hp.open_model("demo:meaning").vocabulary)
    >>> [word.text for word in found.words], found.already, found.refused
    (['majinini'], 1, {'has a space in it': 1, 'given twice': 1})
    """
    texts, pieces = set(vocabulary.texts), set(vocabulary.pieces)
    marks = segmenter(vocabulary).marks_words
    found: dict[str, NewWord] = {}
    refused: Counter[str] = Counter()
    already = 0
    words = [unicodedata.normalize("NFC", word) for word in listed]
    for word, script in zip(words, scripts_of(words), strict=True):
        why = _refusal(word) or ("given twice" if word in found else "")
        if why:
            refused[why] += 1
            continue
        spaced = script not in UNSPACED
        utf8 = (b" " if spaced and marks else b"") + word.encode()
        alike = {display(utf8)} if spaced else {word, SPACE + word}
        if alike & texts:
            already += 1
        elif (word if spelled_bare else display(utf8)) in pieces:
            refused["spelled as a piece inside words"] += 1
        else:
            found[word] = NewWord(text=word, spaced=spaced, utf8=utf8)
    return NewWords(words=tuple(found.values()), already=already, refused=dict(refused))


def _refusal(word: str) -> str:
    """Why a text can be no token, empty where it can."""
    kinds = [unicodedata.category(character) for character in word if character not in _JOINERS]
    if not word:
        return "empty"
    if len(word) > _LONGEST:
        return f"longer than {_LONGEST} characters"
    if any(character.isspace() or character == SPACE for character in word):
        return "has a space in it"
    if any(kind[0] == "C" for kind in kinds):
        return "has a control character or none that is assigned in it"
    if not all(edge in "LMN" for edge in (kinds or ["-"])[0][0] + (kinds or ["-"])[-1][0]):
        return "does not begin and end with a letter or digit"
    return ""
