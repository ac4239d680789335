"""The directions in which embeddings vary most, from which a probe's solver starts.

Halko, Martinsson and Tropp, SIAM Review 53 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["DIRECTIONS", "PrincipalComponents", "padded_width", "principal_components"]

DIRECTIONS = 64
_SAMPLE = 4096


def padded_width(dim: int) -> int:
    """Room for d weights and the intercept, a multiple of a vector register."""
    return -(-(dim + 1) // 16) * 16


def principal_components(vectors: Float32) -> PrincipalComponents:
    """The principal components of ``vectors`` ``[n, d]`` with a 1 appended, from 4,096 seeded rows.

    By a randomised subspace iteration; rows are not centred, as the intercept is a parameter like others.
    """
    random = np.random.default_rng(0)
    n, dim = vectors.shape
    chosen = np.sort(random.choice(n, min(n, _SAMPLE), replace=False))
    rows = np.ones((len(chosen), dim + 1), np.float32)
    rows[:, :-1] = vectors[chosen]
    count = min(DIRECTIONS, dim + 1, len(chosen))
    basis: Array = random.standard_normal((dim + 1, min(count + 8, dim + 1)), dtype=np.float32)
    for _ in range(2):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    seen = (rows @ basis).astype(np.float64)
    values, axes = np.linalg.eigh(seen.T @ seen / len(rows))
    directions = np.zeros((DIRECTIONS, padded_width(dim)))
    directions[:count, : dim + 1] = (basis @ axes[:, ::-1]).T[:count]
    kept = np.maximum(values[::-1][:count], 0.0)
    total = float(np.einsum("ij,ij->", rows, rows, dtype=np.float64)) / len(rows)
    rest = max((total - float(kept.sum())) / max(1, dim + 1 - count), 1e-12)
    strengths = np.full(DIRECTIONS, rest)
    strengths[:count] = np.maximum(kept, rest)
    return PrincipalComponents(directions, strengths, rest)


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """The directions in which rows with a 1 appended are largest.

    Orthonormal ``directions`` float64 ``[64, width]``, the mean square along each ``[64]``, and that of the rest.
    """

    directions: Float64
    strengths: Float64
    rest: float
