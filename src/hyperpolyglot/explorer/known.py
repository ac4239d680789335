"""Which tokens are words, of which languages and for which concepts: what a page marks as known translations.

A token is a word if it is spelled so: without the mark of a word's start, capitals and width aside (NFKC).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from hyperpolyglot.folding import fold_case
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Int32, frozen
from hyperpolyglot.vocabulary import SPACE, TokenKind

__all__ = ["Glossary", "KnownWords", "glossary", "known_words"]


@dataclass(frozen=True, slots=True)
class Glossary:
    """The concepts and languages of a lexicon, sorted; ``glosses`` are what English calls the concepts.

    ``folded``: the lexicon's words without capitals and width. ``words``: every distinct one with the position of its
    concept, in the order of UTF-16 code units, which is that of strings in a browser.
    """

    lexicon: Lexicon
    folded: tuple[str, ...]
    concepts: tuple[str, ...]
    glosses: tuple[str, ...]
    languages: tuple[str, ...]
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Of token i: positions of ``concepts`` and ``languages`` in a glossary, ``[at[i]:at[i + 1]]`` of both, sorted."""

    at: Int32
    concepts: Int32
    languages: Int32

    def __post_init__(self) -> None:
        if len(self.concepts) != len(self.languages) or int(self.at[-1]) != len(self.concepts):
            raise ValueError("concepts and languages of tokens differ in length")
        for name in self.__slots__:
            object.__setattr__(self, name, frozen(getattr(self, name)))


def glossary(lexicon: Lexicon) -> Glossary:
    """The concepts and languages of a lexicon; a concept without an English word is glossed by its key."""
    glosses: dict[str, str] = {}
    for concept, language, word in zip(lexicon.concepts, lexicon.languages, lexicon.words, strict=True):
        if language == "en":
            glosses.setdefault(concept, word)
    concepts = tuple(sorted(set(lexicon.concepts)))
    folded = tuple(map(fold_case, lexicon.words))
    return Glossary(
        lexicon,
        folded,
        concepts,
        tuple(glosses.get(concept, concept.partition(":")[2] or concept) for concept in concepts),
        tuple(sorted(set(lexicon.languages))),
        _words(folded, lexicon, concepts),
    )


def _words(
    folded: tuple[str, ...], lexicon: Lexicon, concepts: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    at = {concept: i for i, concept in enumerate(concepts)}
    found = set(zip(folded, [at[concept] for concept in lexicon.concepts], strict=True))
    return tuple(sorted(found, key=lambda pair: (pair[0].encode("utf-16-be", "surrogatepass"), pair[1])))


def known_words(space: TokenSpace, words: Glossary) -> KnownWords:
    """The words of a lexicon among the tokens of a model.

    Only text is a word. A WordPiece that continues a word (``##cat``) is none.
    """
    vocabulary = space.vocabulary
    inside = vocabulary.scheme != "WordPiece"
    rows_of: dict[str, list[int]] = {}
    for row in np.flatnonzero(np.isin(vocabulary.kinds, (TokenKind.TEXT, TokenKind.ADDED))).tolist():
        text = vocabulary.texts[row]
        if inside or text.startswith(SPACE):
            rows_of.setdefault(fold_case(text.removeprefix(SPACE)), []).append(row)
    return _compressed(_pairs(words, rows_of), len(space))


def _pairs(words: Glossary, rows_of: dict[str, list[int]]) -> Collection[tuple[int, int, int]]:
    """Distinct (row, concept, language)."""
    concept_at = {concept: i for i, concept in enumerate(words.concepts)}
    language_at = {language: i for i, language in enumerate(words.languages)}
    lexicon = words.lexicon
    return {
        (row, concept_at[concept], language_at[language])
        for concept, language, word in zip(lexicon.concepts, lexicon.languages, words.folded, strict=True)
        if word in rows_of
        for row in rows_of[word]
    }


def _compressed(pairs: Collection[tuple[int, int, int]], tokens: int) -> KnownWords:
    found = np.array(sorted(pairs), np.int32).reshape(-1, 3)
    at = np.searchsorted(found[:, 0], np.arange(tokens + 1)).astype(np.int32)
    return KnownWords(at, np.ascontiguousarray(found[:, 1]), np.ascontiguousarray(found[:, 2]))
