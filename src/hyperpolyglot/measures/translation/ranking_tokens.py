"""At which rank the correct answer comes among all tokens, and among those of the target's scripts.

Every token of the model passes once, in blocks: its cosines with all covered words give its r_S for each source
language and its place in each question, so nothing of the size of the vocabulary squared is ever needed.
The source side of CSLS is what it is among words: the covered words of the source language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import (
    TOLERANCE,
    Pool,
    asked_arrays,
    fill_knn_similarity,
    in_parts,
    outranks,
    unit_rows64,
)
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float32, Float64, Int32, Progress
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


class _Tokens(NamedTuple):
    """A block of tokens: ``rows`` in the space, ``vectors`` and ``lengths``, and which of the words each is (−1: none).

    ``scores`` float64 ``[token, u]`` with all words; ``knn`` float64 ``[token, language]``; ``variant`` the key of
    the word it writes; ``allowed`` bool ``[language, token]``: whether it is written as the language is.
    """

    scores: Float64
    knn: Float64
    own: Array
    rows: Int32
    vectors: Float32
    lengths: Float64
    allowed: NDArray[np.bool_]
    variant: Array


class _OfWords(NamedTuple):
    """What the words are in the space: ``rows``, ``variants`` ``[u]``; cosine and kNN similarity of every reference."""

    rows: Int32
    variants: Array
    reference_cosine: Float64
    reference_knn: Float64


@numba.njit(cache=True, nogil=True)
def _count(block, chosen, asked, known, words, out):  # type: ignore[no-untyped-def]
    """Add the tokens of one block that outrank each reference: out ``[reference, script or strong,
    cosine or csls, all or without variants of the source]``.
    """
    scores, knn, rows = block.scores, block.knn, block.rows
    unit, source, target, reference_at, references = asked
    unit_rows, of_unit, reference_cosine, reference_knn = known
    for q in chosen:
        x = unit[q]
        s = source[q]
        for g in range(reference_at[q], reference_at[q + 1]):
            reference = references[g]
            for i in range(len(rows)):
                if rows[i] == unit_rows[x] or rows[i] == unit_rows[reference]:
                    continue
                for csls in range(2):
                    difference = scores[i, x] - reference_cosine[g]
                    if csls:
                        difference = 2 * difference - (knn[i, s] - reference_knn[g])
                    if abs(difference) <= TOLERANCE:
                        token = block.vectors[i], block.lengths[i], block.own[i]
                        difference = outranks(csls == 1, x, token, reference, s, words)
                    if difference > 0 or (difference == 0 and rows[i] < unit_rows[reference]):
                        other = block.variant[i] != of_unit[x]
                        out[g, 1, csls, 0] += 1
                        out[g, 1, csls, 1] += other
                        if block.allowed[target[q], i]:
                            out[g, 0, csls, 0] += 1
                            out[g, 0, csls, 1] += other


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
    position = np.full(len(space), -1, np.int64)
    covered = np.flatnonzero(unit_rows >= 0)
    position[unit_rows[covered]] = covered
    owner = np.repeat(np.arange(len(asked)), np.diff(asked.reference_at))
    reference_cosine = np.einsum("gd,gd->g", words.units[asked.unit[owner]], words.units[asked.references])
    reference_knn = knn_similarity[asked.references, asked.source[owner]]
    above = np.zeros((len(asked.references), 2, 2, 2), np.int64)
    everyone = np.arange(len(asked))
    same = word_keys([space.vocabulary.texts[row] for row in candidates.tolist()])
    of_row = np.full(len(space), -1, np.int64)
    of_row[candidates] = same
    of_unit = np.where(unit_rows >= 0, of_row[np.maximum(unit_rows, 0)], -1)
    nearest = _Nearest(len(words.units))
    known = _OfWords(unit_rows, of_unit, reference_cosine, reference_knn)
    after = asked_arrays(asked), known, words.arrays(), above
    progress("translations among all tokens", 0, len(candidates))
    for start in range(0, len(candidates), _BLOCK):
        rows = candidates[start : start + _BLOCK]
        block = space.vectors(rows)
        scores = unit_rows64(block) @ words.units.T
        token_knn, unused = np.empty((len(rows), words.languages)), np.empty((len(rows), words.languages))
        own = position[rows]
        nearest.see(scores, rows, own, of_row[rows], of_unit)
        fill_knn_similarity(scores, own, words, token_knn, unused)
        tokens = _Tokens(
            scores=scores,
            knn=token_knn,
            own=own,
            rows=rows,
            vectors=block,
            lengths=norms(block),
            allowed=of_script[:, rows],
            variant=of_row[rows],
        )
        in_parts(len(asked), lambda part: _count(tokens, everyone[part], *after))  # noqa: B023
        progress("translations among all tokens", min(start + _BLOCK, len(candidates)), len(candidates))
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
        nearest=nearest.rows[0],
        nearest_other=nearest.rows[1],
    )


def _best(ranks: Array, asked: Questions) -> Int32:
    best = np.minimum.reduceat(ranks, asked.reference_at[:-1]) if len(asked) else ranks
    return np.where(best == _NEVER, 0, best).astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _see(scores, rows, own, same, of_unit, nearest, cosine):  # type: ignore[no-untyped-def]
    """Take the tokens ``rows`` into the ``nearest`` of some units: of all tokens, and of those that are no variant."""
    most = np.full((2, len(of_unit)), -np.inf)
    for i in range(len(scores)):
        for u in range(len(of_unit)):
            value = scores[i, u]
            if u != own[i]:
                most[0, u] = max(most[0, u], value)
                if same[i] != of_unit[u]:
                    most[1, u] = max(most[1, u], value)
    for kind in range(2):
        for u in range(len(of_unit)):
            if most[kind, u] <= cosine[kind, u] + TOLERANCE:
                continue
            for i in range(len(scores)):
                variant = kind == 1 and same[i] == of_unit[u]
                if u != own[i] and not variant and scores[i, u] >= most[kind, u] - TOLERANCE:
                    nearest[kind, u] = rows[i]
                    break
            cosine[kind, u] = most[kind, u]


class _Nearest:
    """The nearest token of each word so far, and the nearest that is no variant of it; of equals the first."""

    def __init__(self, count: int) -> None:
        self.rows = np.full((2, count), -1, np.int32)
        self._cosine = np.full((2, count), -np.inf)

    def see(self, scores: Float64, rows: Int32, own: Array, same: Array, of_unit: Array) -> None:
        """Look at a block of tokens, whose cosines with the words are ``scores`` ``[token, u]``."""

        def part(units: slice) -> None:
            _see(
                *(scores[:, units], rows, own - units.start, same, of_unit[units]),
                *(self.rows[:, units], self._cosine[:, units]),
            )

        in_parts(scores.shape[1], part)


def word_keys(texts: Sequence[str]) -> NDArray[np.int64]:
    """A number for each text, the same for variants of one word: other case, space before it, accents or width.

    >>> word_keys(["▁Cafe", "café", "CAFÉ", "cafes"]).tolist()
    [0, 0, 0, 1]
    """
    ids: dict[str, int] = {}
    return np.array(
        [ids.setdefault(fold_accents(text.replace(SPACE, "")), len(ids)) for text in texts], np.int64
    )
