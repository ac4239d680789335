"""Whose neighbours are whose, between the languages of one script, against what their sizes and hubs would give.

Only neighbours of another language of the same script count. How many are expected is quasi-independence (Goodman 1968,
JASA 63:1091): each language has as many of them, and is one as often, as it does; but with whom does not depend on
which two they are. So a language whose tokens are everybody's neighbours is nobody's relative for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.types import Float64
from hyperpolyglot.vocabulary import SPACE

__all__ = ["Composition", "composition", "expected", "spelled_alike"]

_ROUNDS = 200
_RESAMPLES = 100


@dataclass(frozen=True)
class Composition:
    """Edges from a token to its neighbours of other languages of a script.

    ``start``, ``end``: positions of tokens; ``pair``: language of the one · n + language of the other.
    """

    languages: int
    start: NDArray[np.intp]
    end: NDArray[np.intp]
    pair: NDArray[np.intp]

    @cached_property
    def counts(self) -> Float64:
        """Neighbours of language b that tokens of language a have ``[a, b]``."""
        return self._counted(None)

    def _counted(self, weights: Float64 | None) -> Float64:
        n = self.languages
        each = None if weights is None else weights[self.start] * weights[self.end]
        return np.bincount(self.pair, weights=each, minlength=n * n).reshape(n, n).astype(np.float64)

    def resampled(self, tokens: int, random: np.random.Generator) -> Float64:
        """Counts of other vocabularies ``[resamples, a, b]``: a token that is drawn twice has and is twice as many.

        The bootstrap of the vertices of a graph (Snijders and Borgatti 1999, Connections 22:61).
        """
        return np.stack(
            [self._counted(random.poisson(1.0, tokens).astype(np.float64)) for _ in range(_RESAMPLES)]
        )


def composition(near: Neighbors, k: int, language: NDArray[np.integer]) -> Composition:
    """The edges between languages; ``language`` ``[token]``: which of 0… a token is of, −1 for none that counts."""
    own = language[near.queries]
    here = np.flatnonzero(own >= 0)
    rows = near.rows[here, :k]
    other = language[rows]
    at, nth = np.nonzero((other >= 0) & (other != own[here][:, None]))
    n = int(language.max(initial=-1)) + 1
    return Composition(
        languages=n,
        start=near.queries[here[at]].astype(np.intp),
        end=rows[at, nth].astype(np.intp),
        pair=own[here[at]].astype(np.intp) * n + other[at, nth],
    )


def expected(counts: Float64) -> Float64:
    """Counts by quasi-independence ``[…, n, n]``: rows and columns sum to the same, the diagonal is zero.

    >>> even = np.full((4, 4), 5.0) - 5 * np.eye(4)
    >>> np.allclose(expected(even), even)
    True
    """
    n = counts.shape[-1]
    free = 1.0 - np.eye(n)
    rows, columns = counts.sum(axis=-1), counts.sum(axis=-2)
    of_row, of_column = np.ones_like(rows), np.ones_like(columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_ROUNDS):
            of_row = np.nan_to_num(rows / (free @ of_column[..., None])[..., 0], posinf=0.0)
            of_column = np.nan_to_num(columns / (free @ of_row[..., None])[..., 0], posinf=0.0)
    found: Float64 = of_row[..., :, None] * of_column[..., None, :] * free
    return found


def spelled_alike(texts: Sequence[str], language: NDArray[np.integer]) -> Float64:
    """Cosines of the letter pairs of languages ``[n, n]``, over the texts of their tokens, without case."""
    n = int(language.max(initial=-1)) + 1
    tallies: list[Counter[str]] = [Counter() for _ in range(n)]
    for row in np.flatnonzero(language >= 0).tolist():
        text = texts[row].replace(SPACE, "^").casefold()
        tallies[int(language[row])].update(text[i : i + 2] for i in range(len(text) - 1))
    known = {pair: i for i, pair in enumerate(sorted({pair for tally in tallies for pair in tally}))}
    table = np.zeros((n, max(1, len(known))))
    for own, tally in enumerate(tallies):
        table[own, [known[pair] for pair in tally]] = list(tally.values())
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-300)
    found: Float64 = table @ table.T
    return found
