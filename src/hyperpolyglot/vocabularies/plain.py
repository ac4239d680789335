"""Bare lists of tokens, as ``.npz`` and word2vec files hold them."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot.vocabularies.marks import tokens_by_marks
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["from_words"]


def from_words(tokens: Sequence[str], source: str) -> Vocabulary:
    """A vocabulary of tokens by position, in the scheme that their marks show, else of whole words.

    Raises ``DamagedFile`` where there are none.

    >>> from_words(["king", "<unk>"], "doctest").kind_counts()
    {'text': 1, 'special': 1}
    """
    return tokens_by_marks(tokens, range(len(tokens))).vocabulary(source)
