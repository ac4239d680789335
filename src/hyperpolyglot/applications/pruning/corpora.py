"""What languages are counted by, and what the price of a cut is measured on: text and word lists by language."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.tokenization.segmentation import UNSPACED
from hyperpolyglot.types import Float64
from hyperpolyglot.word_lists import WordLists
from hyperpolyglot.writing.scripts import scripts_of
from hyperpolyglot.writing.word_boundaries import count_words

__all__ = ["ONE_CHARACTER", "Corpus", "Judge", "Texts", "counted", "judged", "tag_in"]

Texts = Mapping[str, Sequence[str]]
"""Segments of text by language tag; languages need not have the same ones."""

_HELD_OUT_IN = 5
_MOST_BLOCKS = 200
_MOST_WORDS = 10_000
_FIRST = 1000
_EVEN = 0.75
"""A list in which so many words have the least count of all has no counts to speak of."""
_WAYS: tuple[tuple[Callable[[str], str], bool, float], ...] = (
    (str, True, 0.83),
    (str, False, 0.02),
    (str.capitalize, True, 0.09),
    (str.capitalize, False, 0.03),
    (str.upper, True, 0.03),
)
"""Word lists have neither capitals nor lines: how much of a word's share is written in which way, after a space or
where none stands before it (a line begins, a quotation, a bracket), roughly as in running text."""

_INDIC = range(0x0900, 0x0E00)
ONE_CHARACTER = {
    apart: chr(code) for code in _INDIC if len(apart := unicodedata.normalize("NFC", chr(code))) == 2
}
"""Letters with a nukta: two characters in every normal form, so in word lists, and either one or two in text."""
_APART = re.compile("|".join(ONE_CHARACTER))


class Written(NamedTuple):
    """A word as it stands in text, after a space or not, and its share."""

    text: str
    after_space: bool
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a language is counted by: segments of text, and words with their shares, by the list ``listed``.

    ``even``: words without counts; ``parts``: of a language whose text has no space between words, or whose lists are
    of parts of words, so that tokens hold several.
    """

    language: str
    texts: tuple[str, ...]
    words: tuple[str, ...]
    shares: Float64
    even: bool
    parts: bool = False
    listed: str = ""

    @property
    def telling(self) -> bool:
        """Whether text or words say enough of how common tokens are, without the tokenizer's own scores."""
        return bool(self.texts) or not (self.even or self.parts)

    def written(self) -> Iterator[Written]:
        """Words as text has them, each once in every way."""
        for word, share in zip(self.words, self.shares.tolist(), strict=True):
            parts: dict[tuple[str, bool], float] = {}
            for form, after_space, part in _WAYS:
                spelled = form(word)
                composed = _composed(spelled)
                for each in (spelled, composed):
                    parts[each, after_space] = parts.get((each, after_space), 0.0) + part / 2
            for (spelled, after_space), part in parts.items():
                yield Written(spelled, after_space, share * part)

    @property
    def source(self) -> str:
        """What there is, in words."""
        text = f"{len(self.texts):,} segments of text" if self.texts else ""
        counts = ", without counts" if self.even else ""
        words = f"{len(self.words):,} words ({self.listed}{counts})" if self.words else ""
        return " and ".join(filter(None, (text, words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What the price is measured on in one language: items in blocks, which are resampled.

    ``weights`` float64 and ``block`` int ``[item]``; ``words`` float64 ``[item]``: how many words each has.
    ``running``: the items are segments of text, which took no part in the choice; else words of a list, which did.
    """

    language: str
    items: tuple[str, ...]
    weights: Float64
    words: Float64
    block: NDArray[np.int64]
    running: bool
    source: str


def _composed(word: str) -> str:
    """A word with each nukta in one character with its letter, as text often has it.

    >>> len(_composed("\u092c\u0921\u093c\u0940"))
    3
    """
    return _APART.sub(lambda found: ONE_CHARACTER[found[0]], word)


def tag_in(language: str, tags: Sequence[str]) -> str | None:
    """The tag itself, else the first that adds to it (``pt-BR`` for ``pt``), else what it adds to.

    >>> tag_in("pt", ["en", "pt-BR", "pt-PT"]), tag_in("sr-Latn", ["sr"]), tag_in("x", ["y"])
    ('pt-BR', 'sr', None)
    """
    if language in tags:
        return language
    more = sorted(tag for tag in tags if tag.startswith(f"{language}-"))
    return more[0] if more else next((tag for tag in tags if language.startswith(f"{tag}-")), None)


def counted(language: str, texts: Texts | None, lists: Sequence[WordLists]) -> Corpus:
    """What a language is counted by: four of five segments, and the first word list that has it.

    Raises ``NotEnoughData`` for neither.
    """
    own = tag_in(language, list(texts or ()))
    segments = () if texts is None or own is None else tuple(texts[own])
    words: tuple[str, ...] = ()
    shares: Float64 = np.empty(0)
    listed = ""
    for some in lists:
        tag = tag_in(language, some.languages)
        if tag is not None:
            at = some.languages.index(tag)
            words, shares, listed = some.words[at], some.shares[at], some.source
            break
    if not segments and not words:
        raise NotEnoughData(
            f"{language}: there is no text and no word list of this language; give --text or --word-lists."
        )
    if len(segments) == 1 and not words:
        raise NotEnoughData(
            f"{language}: its text is one line, and there is no word list; give two lines at least."
        )
    kept = tuple(s for i, s in enumerate(segments) if i % _HELD_OUT_IN) or segments[:0]
    even = len(shares) > 1 and bool(np.mean(shares == shares.min()) >= _EVEN)
    scripts = scripts_of(words[:_FIRST])
    parts = 2 * sum(script in UNSPACED or script == "Hang" for script in scripts) > len(scripts)
    return Corpus(
        language=language, texts=kept, words=words, shares=shares, even=even, parts=parts, listed=listed
    )


def judged(language: str, texts: Texts | None, held_out: tuple[Texts, str] | None, corpus: Corpus) -> Judge:
    """What the price is measured on: ``held_out`` text and its source, else the fifth of the segments that was not
    counted, else the word list.
    """
    if held_out is not None:
        own = tag_in(language, list(held_out[0]))
        if own is not None:
            return _of_text(language, held_out[0][own], held_out[1])
    if texts is not None:
        own = tag_in(language, list(texts))
        rest = () if own is None else tuple(texts[own])[::_HELD_OUT_IN]
        if len(rest) > 1 or (rest and not corpus.words):
            return _of_text(language, rest, "every fifth segment of the text, which was held out")
    shares: defaultdict[str, float] = defaultdict(float)
    for word in corpus.written():
        shares[word.text] += word.share
    common = sorted(shares.items(), key=lambda pair: -pair[1])[:_MOST_WORDS]
    return Judge(
        language=language,
        items=tuple(word for word, _ in common),
        weights=np.array([share for _, share in common]),
        words=np.ones(len(common)),
        block=np.zeros(len(common), np.int64),
        running=False,
        source="its word list, which was counted too",
    )


def _of_text(language: str, segments: Sequence[str], source: str) -> Judge:
    n = len(segments)
    return Judge(
        language=language,
        items=tuple(segments),
        weights=np.ones(n),
        words=np.array([count_words(segment).total() for segment in segments], np.float64),
        block=np.arange(n) * min(n, _MOST_BLOCKS) // n,
        running=True,
        source=source,
    )
