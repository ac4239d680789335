"""In which order tokens are kept: what stays in any case, then the rest by how common they are in the languages.

The share of a token in a language is that in its text and in its word list, and, for tokens that neither has, a small
part by the tokenizer's own scores among the tokens that are written in the letters of the language.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.applications.pruning.corpora import ONE_CHARACTER, Corpus
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.encoder import Encoder
from hyperpolyglot.types import Float64, Int32, Progress, silent
from hyperpolyglot.vocabularies.token_list import UNIGRAM
from hyperpolyglot.vocabulary import SPACE, TokenKind, Vocabulary
from hyperpolyglot.writing.scripts import script_of, scripts_of

__all__ = ["Ranked", "alphabet", "ranked", "shares_of", "stays"]

_PRIOR, _PRIOR_OF_OTHERS = 0.01, 0.5
"""The part of the tokenizer's own scores: more where words come without counts, or tokens hold several of them."""
_LETTERS, _FOREIGN = 0.999, 0.05
_STAYING = (TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.ADDED, TokenKind.BYTE, TokenKind.WHITESPACE)
_NO_TOKENS = (TokenKind.PADDING, TokenKind.UNUSED)
_RANK_OFFSET = 10.0
_SHARED, _COMMON = "Zinh", "Zyyy"
_MOST_LETTERS = 1000
"""Scripts with more single letters among the tokens are written in syllables or ideographs, and go by frequency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """``order`` int32: positions of tokens, of which the first n are kept. Every token comes after what it needs.

    The first ``staying`` stay in any case. Padding and reserved tokens are in no order.
    """

    order: Int32
    staying: int

    def first(self, n: int) -> Int32:
        """The positions of the first n tokens, ascending."""
        return np.sort(self.order[:n])


def stays(vocabulary: Vocabulary, letters: Collection[str] = ()) -> NDArray[np.bool_]:
    """Tokens that stay however common they are, bool ``[token]``.

    Specials, language codes, added tokens, bytes and white space; single digits and signs of punctuation; of unigram
    vocabularies those with the least and the largest score, by which the cost of unknown characters is set. Where no
    bytes stand for what is unknown, the single letters of the scripts of ``letters``, of scripts with at most 1,000.
    """
    kept = np.isin(vocabulary.kinds, _STAYING)
    usable = ~np.isin(vocabulary.kinds, _NO_TOKENS)
    for row in np.flatnonzero(usable & ~kept).tolist():
        kept[row] = _is_sign(vocabulary.utf8[row], vocabulary.byte_level)
    scored = np.flatnonzero(np.isfinite(vocabulary.scores))
    if vocabulary.scheme == UNIGRAM and len(scored):
        text = scored[vocabulary.kinds[scored] == TokenKind.TEXT]
        for some in (scored, text):
            if len(some):
                kept[some[vocabulary.scores[some].argmin()]] = True
                kept[some[vocabulary.scores[some].argmax()]] = True
    if not vocabulary.byte_level and not (vocabulary.kinds == TokenKind.BYTE).any():
        kept[_single_letters(vocabulary, letters)] = True
    return kept & usable


def _single_letters(vocabulary: Vocabulary, letters: Collection[str]) -> list[int]:
    """The tokens of one letter in the scripts of some letters, and those of one mark that several scripts share."""
    singles = [
        (row, bare)
        for row, text in enumerate(vocabulary.texts)
        if len(bare := text.removeprefix(SPACE)) == 1 and _is_letter(bare)
    ]
    of_single = scripts_of([bare for _, bare in singles])
    counts = Counter(of_single)
    wanted = {script for script in scripts_of(list(letters)) if counts[script] <= _MOST_LETTERS} | {_SHARED}
    return [row for (row, _), script in zip(singles, of_single, strict=True) if script in wanted]


def _is_sign(utf8: bytes, byte_level: bool) -> bool:
    if byte_level and len(utf8.rstrip(b" ")) <= 1:
        return True
    try:
        text = utf8.decode().removeprefix(" ")
    except UnicodeDecodeError:
        return False
    if len(text) != 1:
        return False
    category = unicodedata.category(text)
    return category == "Nd" or category[0] == "P" or (text.isascii() and category[0] == "S")


def alphabet(corpus: Corpus) -> frozenset[str]:
    """The letters and marks, without case, that make up 99.9 % of those of a language, of its scripts alone.

    Its scripts are those of a twentieth of its letters or more, as lists and text have foreign words; letters that
    scripts share (ʼ, ー) may be of any.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    total = max(1.0, float(sum(map(len, corpus.texts))))
    for text in corpus.texts:
        for letter, times in Counter(text.lower()).items():
            counts[letter] += times
    for word, share in zip(corpus.words, (corpus.shares * total).tolist(), strict=True):
        for letter in word.lower():
            counts[letter] += share
    letters = _of_its_scripts([(count, c) for c, count in counts.items() if _is_letter(c)])
    letters.sort(key=lambda pair: (-pair[0], pair[1]))
    before = np.cumsum([0.0, *(count for count, _ in letters)])
    common = {c for (_, c), sum_ in zip(letters, before, strict=False) if sum_ < _LETTERS * before[-1]}
    return frozenset(common | {one for apart, one in ONE_CHARACTER.items() if common.issuperset(apart)})


def _of_its_scripts(letters: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    scripts = scripts_of([c for _, c in letters])
    shares: defaultdict[str, float] = defaultdict(float)
    for (count, _), script in zip(letters, scripts, strict=True):
        shares[script] += count
    least = _FOREIGN * sum(shares.values())
    return [
        pair
        for pair, script in zip(letters, scripts, strict=True)
        if script == _COMMON or shares[script] >= least
    ]


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def shares_of(
    space: TokenSpace, corpora: Sequence[Corpus], progress: Progress = silent
) -> tuple[Float64, bool]:
    """The share of each token in each language, float64 ``[language, token]``, and whether text was cut exactly."""
    texts = [text for corpus in corpora for text in corpus.texts]
    written = [list(corpus.written()) for corpus in corpora]
    words, bare = (
        list(dict.fromkeys(word.text for own in written for word in own if word.after_space == spaced))
        for spaced in (True, False)
    )
    encoder = Encoder(vocabulary=space.vocabulary, ids=space.ids)
    progress("cutting text and words", 0, 1)
    cut, in_words = encoder.texts_and_words([*texts, *bare], words, scripts_of(words))
    in_text, in_bare = cut.parted(len(texts))
    progress("cutting text and words", 1, 1)
    place = {True: _places(words), False: _places(bare)}
    common, letters = _common(space.vocabulary), _letters(space.vocabulary)
    found = np.zeros((len(corpora), len(space)))
    first = 0
    for i, (corpus, own) in enumerate(zip(corpora, written, strict=True)):
        ends = in_text.starts[[first, first + len(corpus.texts)]]
        first += len(corpus.texts)
        weights = {True: np.zeros(len(words)), False: np.zeros(len(bare))}
        for text, after_space, share in own:
            weights[after_space][place[after_space][text]] += share
        rows = np.concatenate([in_words.rows, in_bare.rows])
        by = [np.repeat(weights[True], in_words.lengths), np.repeat(weights[False], in_bare.lengths)]
        parts = [
            _share(in_text.rows[ends[0] : ends[1]], None, len(space)),
            _share(rows, np.concatenate(by), len(space)),
        ]
        seen = [part for part in parts if part is not None]
        own_letters = alphabet(corpus)
        fits = np.fromiter((own <= own_letters for own in letters), bool, len(letters))
        prior = common * fits
        prior /= max(prior.sum(), np.finfo(float).tiny)
        part = _PRIOR if corpus.telling else _PRIOR_OF_OTHERS
        found[i] = (1 - part) * np.mean(seen, axis=0) + part * prior if seen else prior
    return found, in_text.exact


def _places(words: Sequence[str]) -> dict[str, int]:
    return {word: i for i, word in enumerate(words)}


def _share(rows: Int32, weights: Float64 | None, size: int) -> Float64 | None:
    known = rows >= 0
    counts = np.bincount(rows[known], None if weights is None else weights[known], minlength=size)
    total = counts.sum()
    return counts / total if total > 0 else None


def _common(vocabulary: Vocabulary) -> Float64:
    """How common the tokenizer's own scores say that tokens are: probabilities (unigram), or Zipf's law by rank."""
    text = np.isin(vocabulary.kinds, (TokenKind.TEXT, TokenKind.WHITESPACE))
    scores = vocabulary.scores.astype(np.float64)
    if vocabulary.scheme == UNIGRAM and np.isfinite(scores[text]).any():
        usable = text & np.isfinite(scores)
        weights = np.zeros(len(scores))
        weights[usable] = np.exp(scores[usable] - scores[usable].max())
        return weights
    scores[~np.isfinite(scores)] = np.inf
    ranks = np.empty(len(scores))
    ranks[np.lexsort((np.arange(len(scores)), -scores))] = np.arange(len(scores))
    return np.where(text, 1 / (ranks + _RANK_OFFSET), 0.0)


def _letters(vocabulary: Vocabulary) -> list[frozenset[str]]:
    known = _Letters()
    return [frozenset(filter(known.__getitem__, text.lower())) for text in vocabulary.texts]


class _Letters(dict[str, bool]):
    """Whether a character is a letter or a mark of one script; each is looked up once.

    Marks that scripts share (vowel points, accents) fit every alphabet: many word lists are written without them.
    """

    def __missing__(self, character: str) -> bool:
        found = self[character] = _is_letter(character) and script_of(character) != _SHARED
        return found


def ranked(
    space: TokenSpace,
    shares: Float64,
    weights: Sequence[float],
    parts: Callable[[int], list[int]],
    staying: NDArray[np.bool_],
) -> Ranked:
    """Order tokens by the weighted sum of their shares, each after what it needs; ties by the tokenizer's own order.

    ``staying`` bool ``[token]`` come first.
    """
    vocabulary = space.vocabulary
    score = np.asarray(weights, np.float64) @ shares
    usable = ~np.isin(vocabulary.kinds, _NO_TOKENS)
    common = _common(vocabulary)
    by_score = np.lexsort((space.ids, -common, -score, ~staying))
    order: dict[int, None] = {}
    count = 0
    for row in by_score.tolist():
        if not usable[row] or row in order:
            continue
        for part in parts(row):
            order.setdefault(part)
        if staying[row]:
            count = len(order)
    return Ranked(order=np.fromiter(order, np.int32, len(order)), staying=count)
