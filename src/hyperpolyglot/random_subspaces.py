"""Canonical cosines of column spaces that have nothing to do with each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import solve_triangular
from scipy.sparse.linalg import ArpackError, eigsh

from hyperpolyglot.types import Float64

__all__ = ["CanonicalNull", "canonical_null"]

_MOST_SIMULATED = 512
_FEW_COLUMNS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalNull:
    """What unrelated subspaces give: the ``first`` cosine and the ``mean_square`` over the smaller dimension.

    Not ``informative`` where p + q ≥ n: the spaces then meet by dimension alone, and the first cosine is one.
    """

    first: float
    mean_square: float
    informative: bool


def canonical_null(n: int, p: int, q: int) -> CanonicalNull:
    """Expected canonical cosines of unrelated column spaces of dimension p and q in n dimensions.

    ``n`` is rows, less one where columns were centred. Largest: where the smaller dimension is at most 512
    the mean of seeded draws of Gaussian matrices; else √(p/n·(1 − q/n)) + √(q/n·(1 − p/n)), the edge of Wachter's
    (1980) law, which it reaches from below as n grows. Mean square: max(p, q)/n, exactly.

    >>> null = canonical_null(100_000, 512, 4096)
    >>> round(null.first, 3), round(null.mean_square, 3)
    (0.271, 0.041)
    """
    if p + q >= n:
        return CanonicalNull(first=1.0, mean_square=min(1.0, max(p, q) / n), informative=False)
    x, y = p / n, q / n
    if min(p, q) <= _MOST_SIMULATED:
        first = _simulated_first(n, min(p, q), max(p, q))
    else:
        first = float(np.sqrt(x * (1 - y)) + np.sqrt(y * (1 - x)))
    return CanonicalNull(first=first, mean_square=max(x, y), informative=True)


@lru_cache(maxsize=256)
def _simulated_first(n: int, p: int, q: int) -> float:
    """Mean largest cosine of unrelated spaces of dimension p ≤ q in n dimensions.

    Its square is the largest root of A in A + B, Wishart matrices of q and n − q degrees, of which Bartlett's
    decomposition draws the Cholesky factors.
    """
    if p < 1:
        return 0.0
    random = np.random.default_rng([n, p, q])
    found = []
    for _ in range(64 if p <= 128 else 8):
        own, rest = (_wishart_factor(p, degrees, random) for degrees in (q, n - q))
        ratio = solve_triangular(rest, own, lower=True)
        largest = _largest(ratio @ ratio.T)
        found.append(np.sqrt(largest / (1 + largest)))
    return float(np.mean(found))


def _largest(gram: Float64) -> float:
    """The largest eigenvalue, to the last digits; alone it is a tenth of the work of all of them."""
    if len(gram) >= _FEW_COLUMNS:
        try:
            return float(eigsh(gram, k=1, tol=0, v0=np.ones(len(gram)), return_eigenvectors=False)[0])
        except ArpackError:
            pass
    return float(np.linalg.eigvalsh(gram)[-1])


def _wishart_factor(p: int, degrees: int, random: np.random.Generator) -> Float64:
    factor = np.tril(random.standard_normal((p, p)), -1)
    factor[np.diag_indices(p)] = np.sqrt(random.chisquare(degrees - np.arange(p)))
    return factor
