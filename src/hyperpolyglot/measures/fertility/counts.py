"""Tokens of a parallel text in one model, and what the text itself has: words, characters, bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.parallel_text import ParallelText
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.encoder import Encoded, Encoder
from hyperpolyglot.tokenization.segmentation import UNKNOWN
from hyperpolyglot.types import Int64, Progress, silent
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from hyperpolyglot.writing.scripts import scripts_of
from hyperpolyglot.writing.word_boundaries import count_words

__all__ = ["ModelFertility", "TextCounts", "counts_of", "text_counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCounts:
    """Of every language and segment, int64 ``[language, segment]``; and how often each word is in each segment."""

    words: Int64
    characters: Int64
    bytes: Int64
    by_word: tuple[tuple[Counter[str], ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFertility:
    """What a model makes of a text, int64 ``[language, segment]`` each.

    ``tokens``; of them ``unknown`` ones, and ``partial`` ones that stand for bytes and not for whole characters;
    ``whole``: running words that are one token. ``cut``: how text was cut, in a sentence.
    """

    model: str
    exact: bool
    cut: str
    tokens: Int64
    unknown: Int64
    partial: Int64
    whole: Int64


@lru_cache(maxsize=2)
def _counted(digest: str, segments: tuple[tuple[str, ...], ...]) -> TextCounts:
    by_word = tuple(tuple(count_words(segment) for segment in language) for language in segments)
    return TextCounts(
        words=np.array([[words.total() for words in language] for language in by_word], np.int64),
        characters=np.array([[len(segment) for segment in language] for language in segments], np.int64),
        bytes=np.array(
            [[len(s.encode("utf-8", "replace")) for s in language] for language in segments], np.int64
        ),
        by_word=by_word,
    )


def text_counts(text: ParallelText) -> TextCounts:
    """Words, characters and bytes of a text."""
    return _counted(text.digest, text.segments)


def counts_of(space: TokenSpace, text: ParallelText, progress: Progress = silent) -> ModelFertility:
    """Cut a text and each of its words on its own into the tokens of a model."""
    progress("cutting text", 0, 1)
    counted = text_counts(text)
    shape = counted.words.shape
    segments = [segment for language in text.segments for segment in language]
    words = list(dict.fromkeys(word for language in counted.by_word for found in language for word in found))
    encoder = Encoder(vocabulary=space.vocabulary, ids=space.ids)
    found, alone = encoder.texts_and_words(segments, words, scripts_of(words))
    progress("cutting text", 1, 1)
    whole = dict(zip(words, _is_whole(alone, space.vocabulary).tolist(), strict=True))
    parts = _partial(space.vocabulary)
    return ModelFertility(
        model=space.model,
        exact=found.exact,
        cut=_sentence(title_of(space.model), found),
        tokens=found.lengths.reshape(shape),
        unknown=found.per_text(found.rows == UNKNOWN).reshape(shape),
        partial=found.per_text((found.rows >= 0) & parts[np.maximum(found.rows, 0)]).reshape(shape),
        whole=np.array(
            [
                [sum(times for word, times in segment.items() if whole[word]) for segment in language]
                for language in counted.by_word
            ],
            np.int64,
        ),
    )


def _partial(vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Tokens that stand for bytes of a character, bool ``[token]``; false for one that is not there."""
    return np.isin(vocabulary.kinds, (TokenKind.BYTE, TokenKind.FRAGMENT))


def _is_whole(alone: Encoded, vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Words that are one token, bool ``[word]``, beside the token for the space before them."""
    blank = (alone.rows >= 0) & (vocabulary.kinds == TokenKind.WHITESPACE)[np.maximum(alone.rows, 0)]
    bad = (alone.rows == UNKNOWN) | ((alone.rows >= 0) & _partial(vocabulary)[np.maximum(alone.rows, 0)])
    whole: NDArray[np.bool_] = (alone.per_text(~blank) == 1) & (alone.per_text(bad) == 0)
    return whole


def _sentence(model: str, found: Encoded) -> str:
    if found.exact:
        return f"Tokens are exact for {model} ({found.by})."
    why = f": {found.remark}" if found.remark else ""
    return f"Tokens are estimated for {model}, from the vocabulary without the tokenizer's own rules{why}."
