"""Scores of new pieces of a unigram model, by which text that needs none of them is cut as before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.tokenization.best_cuts import best_cuts
from hyperpolyglot.tokenization.segmentation import segmenter
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["unigram_scores"]

_MORE = 0.01
_CHARACTER = 4


def unigram_scores(words: Sequence[NewWord], vocabulary: Vocabulary) -> tuple[float, ...]:
    """What the best cut of each word scores, and 0.01 more for each character less half of one.

    So a word is a little better than its pieces, and than two new words that it is made of, and hardly moves where
    others are cut. The score of unknown characters is counted from the worst piece: where some characters are in
    pieces but none alone, no score is below that, so that text with these is cut as before too.

    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.vocabulary import Entry
    >>> pieces = {"▁ab": -2.0, "▁": -4.0, "a": -4.0, "b": -4.0, "c": -3.0}
    >>> entries = [Entry(i, p, p.replace("▁", " ").encode(), score=s) for i, (p, s) in enumerate(pieces.items())]
    >>> some = Vocabulary.build(entries, scheme="unigram", source="doctest")
    >>> [round(score, 3) for score in unigram_scores([NewWord(text="abc", spaced=True, utf8=b" abc")], some)]
    [-4.965]
    """
    cut = segmenter(vocabulary)
    parts = best_cuts([word.utf8 for word in words], cut.scores, cut.longest, cut.worst)
    alone = {piece.decode() for piece in cut.scores if len(piece) <= _CHARACTER and _is_character(piece)}
    every = {c for piece in cut.scores for c in piece.decode("utf-8", "ignore")}
    least = -math.inf if every <= alone else min(cut.scores.values())
    return tuple(
        max(
            least,
            sum(cut.scores.get(part, cut.worst) for part in found) + _MORE * (len(word.utf8.decode()) - 0.5),
        )
        for word, found in zip(words, parts, strict=True)
    )


def _is_character(piece: bytes) -> bool:
    try:
        return len(piece.decode()) == 1
    except UnicodeDecodeError:
        return False
