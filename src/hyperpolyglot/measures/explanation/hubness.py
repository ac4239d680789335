"""Hubs: tokens that are among the nearest of very many others, and anti-hubs, which are in no neighbour list.

N(j) counts how often token j is among the k nearest of the queried tokens (Radovanović et al. 2010). If neighbours
were drawn at random N would be binomial: skewness near 1/√k, a share near e⁻ᵏ never drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, frozen
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["Hubness", "hubness"]

_TOP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hubness:
    """Occurrences of tokens among the k nearest of ``queries`` tokens.

    ``skewness`` third standardised moment; ``robin_hood`` share of neighbour slots that would have to move for all
    to have as many, 0…1; ``antihubs`` share of candidates never met; ``largest`` the most occurrences; most with
    ``*_expected`` under random neighbours. ``occurrences`` int ``[candidate]``.
    """

    k: int
    queries: int
    skewness: float
    skewness_expected: float
    robin_hood: float
    antihubs: float
    antihubs_expected: float
    largest: int
    hubs: tuple[dict[str, Any], ...]
    by_label: tuple[dict[str, Any], ...]
    occurrences: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "occurrences", frozen(self.occurrences))

    @property
    def largest_expected(self) -> int:
        """The count that one of all candidates would be expected to reach under random neighbours (binomial)."""
        from scipy.stats import binom  # half a second, which no command owes that counts no hubs

        n = len(self.occurrences)
        return int(binom.isf(1 / n, self.queries, self.k / (n - 1))) if n > 1 else 0

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "k": self.k,
            "queries": self.queries,
            "skewness": {"value": self.skewness, "null": self.skewness_expected},
            "robin_hood": self.robin_hood,
            "antihubs": {"value": self.antihubs, "null": self.antihubs_expected},
            "largest": self.largest,
            "largest_expected": self.largest_expected,
            "hubs": list(self.hubs),
            "by_label": list(self.by_label),
        }


def hubness(space: TokenSpace, near: Neighbors, k: int = 10) -> Hubness:
    """Count how often each candidate is among the k nearest.

    Raises ``NotEnoughData`` where ``near`` has fewer than k neighbours a token.
    """
    if near.k < k:
        raise NotEnoughData(f"Hubs are counted over {k} neighbours, and only {near.k} are known.")
    if not len(near.queries):
        raise NotEnoughData("No token is left to look at.")
    counts = np.bincount(near.rows[:, :k].ravel(), minlength=len(space))[near.candidates]
    n, queries = len(near.candidates), len(near.queries)
    share = k / max(1, n - 1)
    mean = counts.mean()
    spread = counts.std()
    variance = queries * share * (1 - share)
    return Hubness(
        k=k,
        queries=queries,
        skewness=float(((counts - mean) ** 3).mean() / spread**3) if spread > 0 else 0.0,
        skewness_expected=float((1 - 2 * share) / np.sqrt(variance)) if variance > 0 else 0.0,
        robin_hood=float(np.abs(counts - mean).sum() / (2 * counts.sum())),
        antihubs=float((counts == 0).mean()),
        antihubs_expected=float((1 - share) ** queries),
        largest=int(counts.max()),
        hubs=tuple(
            _token(space, near.candidates, counts, i) for i in np.argsort(-counts, kind="stable")[:_TOP]
        ),
        by_label=_by_label(space, near.candidates, counts),
        occurrences=counts,
    )


def _token(space: TokenSpace, candidates: Array, counts: Array, at: int) -> dict[str, Any]:
    row = int(candidates[at])
    return {
        "id": int(space.ids[row]),
        "token": space.vocabulary.texts[row],
        "label": space.labels.of(row),
        "kind": TokenKind(int(space.vocabulary.kinds[row])).label,
        "occurrences": int(counts[at]),
    }


def _by_label(space: TokenSpace, candidates: Array, counts: Array) -> tuple[dict[str, Any], ...]:
    codes = space.labels.codes[candidates]
    rows = [
        {
            "label": None if code < 0 else space.labels.names[code],
            "tokens": int(np.count_nonzero(codes == code)),
            "mean_occurrences": float(counts[codes == code].mean()),
            "antihubs": float((counts[codes == code] == 0).mean()),
        }
        for code in np.unique(codes).tolist()
    ]
    return tuple(sorted(rows, key=lambda row: (-row["tokens"], row["label"] or "")))
