"""Which words of a lexicon a model has a vector for, and by which rule they were found."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.translation.recent import Recent
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.segmentation import UNKNOWN, segmenter
from hyperpolyglot.types import Float32, Int32
from hyperpolyglot.vocabulary import SPACE, TokenKind

__all__ = ["RULES", "Words", "look_up", "seen_in", "spellings"]

RULES = ("start", "inside", "capitalised", "normalised", "pieces")
"""How a word was found: ``▁w``; ``w``; either with other capitals; either in NFKC; by the mean of its pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The distinct words of a lexicon, their concepts, and the vectors of those that are covered.

    Per word ``[w]``: ``words``, ``language`` and ``script`` (positions in ``languages`` and ``scripts``), ``unit``
    (position among the vectors, −1: not covered), ``rule`` (position in ``RULES``, −1). Words and concepts are tied by
    two compressed lists: the concepts of word i are ``concepts[concept_at[i]:concept_at[i + 1]]``, the words of concept
    c ``members[member_at[c]:member_at[c + 1]]``. Per vector ``[u]``: ``rows`` (the token's position in the space,
    ascending; −1 for a mean of pieces, which come last), ``vectors`` float32 ``[u, d]``.
    """

    words: tuple[str, ...]
    languages: tuple[str, ...]
    scripts: tuple[str, ...]
    concept_names: tuple[str, ...]
    concept_kinds: tuple[str, ...]
    language: Int32
    script: Int32
    unit: Int32
    rule: NDArray[np.int8]
    concept_at: Int32
    concepts: Int32
    member_at: Int32
    members: Int32
    rows: Int32
    vectors: Float32

    def covered(self) -> NDArray[np.bool_]:
        """Whether each word has a vector."""
        return self.unit >= 0


def spellings(word: str, *, inside: bool = True) -> Iterator[tuple[str, str]]:
    """(rule, display text) of what is looked for, in order; ``inside=False`` leaves out texts without ``▁``.

    >>> [text for _, text in spellings("Haus")]
    ['▁Haus', 'Haus', '▁haus', 'haus', '▁HAUS', 'HAUS']
    """
    plain = word if word.isascii() else unicodedata.normalize("NFC", word)
    compatible = plain if plain.isascii() else unicodedata.normalize("NFKC", plain)
    forms = [("", plain)]
    forms += [("capitalised", form) for form in (plain.lower(), _capital(plain), plain.upper())]
    if compatible != plain:
        forms += [("normalised", form) for form in (compatible, compatible.lower(), _capital(compatible))]
    seen = set()
    for rule, form in forms:
        if form not in seen:
            seen.add(form)
            yield rule or "start", SPACE + form
            if inside:
                yield rule or "inside", form


def folded(text: str) -> str:
    """What all spellings of a word have in common, but for ``▁``.

    >>> {folded(form) for form in ("ıl", "Il", "IL", "il")}
    {'il'}
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFKD", decomposed.upper().casefold())


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _joined(pairs: NDArray[np.int64], size: int) -> tuple[Int32, Int32]:
    """(offsets ``[size + 1]``, values) of (key, value) pairs, sorted and distinct."""
    width = int(pairs[:, 1].max(initial=0)) + 1
    unique = np.stack(np.divmod(np.unique(pairs[:, 0] * width + pairs[:, 1]), width), axis=1)
    offsets = np.searchsorted(unique[:, 0], np.arange(size + 1)).astype(np.int32)
    return offsets, np.ascontiguousarray(unique[:, 1], np.int32)


def look_up(space: TokenSpace, lexicon: Lexicon, *, multi_piece: bool = False) -> Words:
    """Find every distinct word of the lexicon among a model's tokens.

    Only text with a finite, non-zero vector is found (of a vocabulary alone, all text); of tokens that read alike the
    first. A WordPiece that continues a word (``##cat``) is none. ``multi_piece``: a word that is no token has the mean
    of its pieces, float64 rounded to float32, where no piece is unknown.
    """
    return _LOOKED_UP(space, (lexicon, multi_piece), lambda: _look_up(space, lexicon, multi_piece))


_LOOKED_UP: Recent[Words] = Recent(4)
_FOLDED: Recent[set[str]] = Recent(4)


def _look_up(space: TokenSpace, lexicon: Lexicon, multi_piece: bool) -> Words:
    tied = _tied(lexicon)
    entries, of_word = tied.entries, tied.scripts
    languages = tuple(sorted(set(lexicon.languages)))
    scripts = tuple(sorted(set(lexicon.scripts)))
    place = [{name: i for i, name in enumerate(names)} for names in (languages, scripts)]
    row, rule = _found(space, tied.words, tied.folded)
    rows = np.unique(row[row >= 0])
    unit = np.where(row >= 0, np.searchsorted(rows, row), -1).astype(np.int32)
    vectors = space.vectors(rows) if space.table else np.empty((len(rows), 0), np.float32)
    if multi_piece:
        means, owners = _means(space, entries, of_word, unit)
        unit[owners] = len(rows) + np.arange(len(owners))
        rule[owners] = RULES.index("pieces")
        rows = np.concatenate([rows, np.full(len(owners), -1, rows.dtype)])
        vectors = np.concatenate([vectors, means])
    return Words(
        words=tied.words,
        languages=languages,
        scripts=scripts,
        concept_names=tied.concept_names,
        concept_kinds=tied.concept_kinds,
        language=np.array([place[0][language] for language, _ in entries], np.int32),
        script=np.array([place[1][script] for script in of_word], np.int32),
        unit=unit,
        rule=rule,
        concept_at=tied.concept_at,
        concepts=tied.concepts,
        member_at=tied.member_at,
        members=tied.members,
        rows=rows.astype(np.int32),
        vectors=vectors,
    )


def seen_in(words: Words, space: TokenSpace) -> Words | None:
    """The same words with the vectors they have in a space of the same tokens.

    ``None`` where they are to be looked up anew: a vector has no direction there, or is a mean of pieces.
    """
    if not np.isin(words.rows, space.candidates().rows).all():
        return None
    return replace(words, vectors=space.vectors(words.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tied:
    """The distinct (language, word) of a lexicon in order, the words as such and folded, their scripts, and the lists
    of :class:`Words`.
    """

    entries: list[tuple[str, str]]
    words: tuple[str, ...]
    folded: tuple[str, ...]
    scripts: list[str]
    concept_names: tuple[str, ...]
    concept_kinds: tuple[str, ...]
    concept_at: Int32
    concepts: Int32
    member_at: Int32
    members: Int32


@lru_cache(maxsize=8)
def _tied(lexicon: Lexicon) -> _Tied:
    """What all models share. Of a word with several scripts the last counts."""
    words = [word if word.isascii() else unicodedata.normalize("NFC", word) for word in lexicon.words]
    keys = list(zip(lexicon.languages, words, strict=True))
    of_word = dict(zip(keys, lexicon.scripts, strict=True))
    entries = sorted(of_word)
    position = {entry: i for i, entry in enumerate(entries)}
    concept_names = tuple(sorted(set(lexicon.concepts)))
    concept_position = {name: i for i, name in enumerate(concept_names)}
    kinds = dict(zip(lexicon.concepts, lexicon.kinds, strict=True))
    pairs = np.array(
        [
            (position[key], concept_position[concept])
            for key, concept in zip(keys, lexicon.concepts, strict=True)
        ],
        np.int64,
    ).reshape(-1, 2)
    concept_at, concepts = _joined(pairs, len(entries))
    member_at, members = _joined(pairs[:, ::-1], len(concept_names))
    return _Tied(
        entries=entries,
        words=tuple(word for _, word in entries),
        folded=tuple(folded(word) for _, word in entries),
        scripts=[of_word[entry] for entry in entries],
        concept_names=concept_names,
        concept_kinds=tuple(kinds[name] for name in concept_names),
        concept_at=concept_at,
        concepts=concepts,
        member_at=member_at,
        members=members,
    )


def _found(
    space: TokenSpace, words: Sequence[str], folded_words: Sequence[str]
) -> tuple[Int32, NDArray[np.int8]]:
    """The row of each word and the rule by which it was found. Most words are no token however they are folded."""
    vocabulary = space.vocabulary
    usable = space.candidates().rows if space.table else np.arange(len(space))
    written = np.isin(vocabulary.kinds[usable], (TokenKind.TEXT, TokenKind.ADDED))
    row_of: dict[str, int] = {}
    for row in usable[written].tolist():
        row_of.setdefault(vocabulary.texts[row], row)
    there = _FOLDED(space, None, lambda: {folded(text.removeprefix(SPACE)) for text in vocabulary.texts})
    rows = np.full(len(words), -1, np.int32)
    rules = np.full(len(words), -1, np.int8)
    inside = vocabulary.scheme != "WordPiece"
    for i, (word, fold) in enumerate(zip(words, folded_words, strict=True)):
        if fold in there or word.startswith(SPACE):
            for rule, text in spellings(word, inside=inside):
                if text in row_of:
                    rows[i], rules[i] = row_of[text], RULES.index(rule)
                    break
    return rows, rules


def _means(
    space: TokenSpace, entries: list[tuple[str, str]], scripts: list[str], unit: Int32
) -> tuple[Float32, Int32]:
    """Means of the pieces of the words without a token ``[m, d]``, and which words those are."""
    cut = segmenter(space.vocabulary)
    usable = set(space.candidates().rows.tolist())
    means, owners = [], []
    for i in np.flatnonzero(unit < 0).tolist():
        pieces = cut.pieces(entries[i][1], scripts[i])
        if UNKNOWN not in pieces and usable.issuperset(pieces):
            mean = space.vectors(np.array(pieces)).astype(np.float64).mean(axis=0).astype(np.float32)
            if mean.any():
                means.append(mean)
                owners.append(i)
    return np.array(means, np.float32).reshape(-1, space.dim), np.array(owners, np.int32)
