"""At which rank the correct answer comes among all tokens, and among those of the target's scripts.

Every token of the model passes once, in blocks: its cosines with all covered words give its r_S for each source
language and its place in each question, so nothing of the size of the vocabulary squared is ever needed. They are
float32 products, which decide nearly everything (:mod:`hyperpolyglot.measures.translation.sifting`); the rest is exact.
The source side of CSLS is what it is among words: the covered words of the source language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import norms, unit_rows
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import Pool, asked_arrays, in_parts
from hyperpolyglot.measures.translation.sifting import (
    AWAY,
    Sifted,
    count_nearer,
    mean_of_nearest,
    nearest_of_words,
    product_error,
)
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float64, Int32, Progress
from hyperpolyglot.vocabulary import SPACE

__all__ = ["TokenRanks", "ranks_among_tokens", "word_keys"]

_BLOCK = 1024
_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRanks:
    """Per sampled question: ranks of the best reference, from 1 (0: none among the candidates), int32 ``[q]``.

    ``without_variants`` ``[q, script or strong, cosine or csls]``: the same where variants of the source's word are no
    candidates; ``variants`` ``[q]``: how many there are. Per word ``[u]``: the ``nearest`` token, and the
    ``nearest_other`` that is no variant of it (positions in the space, −1: none).
    """

    script_cosine: Int32
    script_csls: Int32
    strong_cosine: Int32
    strong_csls: Int32
    without_variants: Int32
    variants: Int32
    nearest: Int32
    nearest_other: Int32


class _OfWords(NamedTuple):
    """What the words are in the space: ``rows``, ``variants`` ``[u]``; cosine and kNN similarity of every reference."""

    rows: Int32
    variants: Array
    reference_cosine: Float64
    reference_knn: Float64


def ranks_among_tokens(
    space: TokenSpace,
    asked: Questions,
    words: Pool,
    unit_rows: Int32,
    knn_similarity: Float64,
    of_script: NDArray[np.bool_],
    progress: Progress,
) -> TokenRanks:
    """Ranks among all tokens of the space with a direction, the source's own left out.

    ``unit_rows`` int32 ``[u]``: the token of each word, −1 for none (such a reference is no candidate);
    ``knn_similarity`` is that of :class:`Ranks`;
    ``of_script`` bool ``[language, token]``: which tokens are written as the language is.
    """
    candidates = space.candidates().rows
    owner = np.repeat(np.arange(len(asked)), np.diff(asked.reference_at))
    reference_cosine = np.einsum("gd,gd->g", words.units[asked.unit[owner]], words.units[asked.references])
    reference_knn = knn_similarity[asked.references, asked.source[owner]]
    same = word_keys([space.vocabulary.texts[row] for row in candidates.tolist()])
    of_row = np.full(len(space), -1, np.int32)
    of_row[candidates] = same
    of_unit = np.where(unit_rows >= 0, of_row[np.maximum(unit_rows, 0)], -1).astype(np.int32)
    known = _OfWords(unit_rows, of_unit, reference_cosine, reference_knn)
    passed = _Pass(space, asked, words, known, of_script)
    progress("translations among all tokens", 0, len(candidates))
    for start in range(0, len(candidates), _BLOCK):
        rows = candidates[start : start + _BLOCK]
        passed.see(rows, of_row[rows])
        progress("translations among all tokens", min(start + _BLOCK, len(candidates)), len(candidates))
    above, nearest = passed.above, passed.nearest
    source, reference = unit_rows[asked.unit[owner]], unit_rows[asked.references]
    usable = np.stack([(reference >= 0) & (reference != source)] * 2, axis=1)
    usable[:, 0] &= of_script[asked.target[owner], np.maximum(reference, 0)]
    best = _best(np.where(usable[:, :, None, None], above + 1, _NEVER), asked)
    return TokenRanks(
        script_cosine=best[:, 0, 0, 0],
        script_csls=best[:, 0, 1, 0],
        strong_cosine=best[:, 1, 0, 0],
        strong_csls=best[:, 1, 1, 0],
        without_variants=best[:, :, :, 1],
        variants=(np.bincount(same)[np.maximum(of_unit, 0)] - 1).astype(np.int32) * (of_unit >= 0),
        nearest=nearest[0],
        nearest_other=nearest[1],
    )


def _best(ranks: Array, asked: Questions) -> Int32:
    best = np.minimum.reduceat(ranks, asked.reference_at[:-1]) if len(asked) else ranks
    return np.where(best == _NEVER, 0, best).astype(np.int32)


class _Pass:
    """The tokens so far: those ``above`` each reference ``[reference, script or strong, cosine or csls, all or without
    variants of the source]``, and the ``nearest`` of each word int32 ``[all or no variants, u]``.
    """

    def __init__(
        self,
        space: TokenSpace,
        asked: Questions,
        words: Pool,
        known: _OfWords,
        of_script: NDArray[np.bool_],
    ) -> None:
        count = len(words.units)
        self.above = np.zeros((len(asked.references), 2, 2, 2), np.int64)
        self.nearest = np.full((2, count), -1, np.int32)
        self._cosine = np.full((2, count), -np.inf)
        self._space, self._known, self._of_script = space, known, of_script
        self._asked, self._words = asked_arrays(asked), words.arrays()
        self._units, self._error = words.units.astype(np.float32), product_error(space.dim)
        covered = np.flatnonzero(known.rows >= 0)
        self._position = np.full(len(space), -1, np.int64)
        self._position[known.rows[covered]] = covered
        self._sources = np.unique(asked.source)
        self._scores = np.zeros((count, _BLOCK), np.float32)
        self._knn = np.zeros((words.languages, _BLOCK), np.float32)

    def see(self, rows: Int32, variant: Int32) -> None:
        """Look at a block of tokens: ``rows`` in the space, and the key of the word that each writes."""
        vectors = self._space.vectors(rows)
        lengths = norms(vectors)
        own = self._position[rows]
        scores, knn = self._scores, self._knn
        np.matmul(self._units, unit_rows(vectors).T, out=scores[:, : len(rows)])
        itself = np.flatnonzero(own >= 0)
        scores[own[itself], itself] = AWAY
        block = Sifted(scores, rows, own, variant, vectors, lengths)
        words, known, error = self._words, self._known, self._error
        written = np.isin(known.variants, variant)
        allowed = np.ascontiguousarray(self._of_script[:, rows])
        units, questions = np.arange(len(scores)), np.arange(len(self._asked.unit))

        def nearest(part: slice) -> None:
            so_far = self.nearest, self._cosine
            nearest_of_words(block, units[part], error, words, known.variants, written, *so_far)

        def mean(part: slice) -> None:
            mean_of_nearest(scores, words.members, words.member_at, words.k, self._sources[part], knn)

        def count(part: slice) -> None:
            count_nearer(block, knn, questions[part], self._asked, known, allowed, words, error, self.above)

        in_parts(len(units), nearest)
        in_parts(len(self._sources), mean)
        in_parts(len(questions), count)


def word_keys(texts: Sequence[str]) -> NDArray[np.int64]:
    """A number for each text, the same for variants of one word: other case, space before it, accents or width.

    >>> word_keys(["▁Cafe", "café", "CAFÉ", "cafes"]).tolist()
    [0, 0, 0, 1]
    """
    ids: dict[str, int] = {}
    return np.array(
        [ids.setdefault(fold_accents(text.replace(SPACE, "")), len(ids)) for text in texts], np.int64
    )
