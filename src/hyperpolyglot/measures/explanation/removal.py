"""Ways to take the language out of vectors: mean-centring, LIR and LSAR, learned on some rows and applied to all.

- ``centring``: the mean of the token's label is subtracted (Libovický et al. 2020).
- ``lir``: the first r principal directions of the label's own matrix, not centred, are projected out (Yang et al. 2021,
  arXiv 2109.04727).
- ``lsar``: the label means are split into a common vector and a subspace at right angles to it, which is projected
  out of every row (Xie et al. 2022, arXiv 2401.05792; the decomposition is that of Piratla et al. 2020).

Labels with fewer than 20 rows to learn from, and rows without a label, are treated as one further label.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.linalg import cross_product, leading_directions
from hyperpolyglot.types import Array, Float32, Float64

__all__ = [
    "REMOVALS",
    "centring",
    "label_means",
    "lir",
    "lsar",
    "lsar_basis",
    "pooled_codes",
    "top_directions",
]

LEAST = 20
_BLOCK = 8192


def pooled_codes(codes: Array, learned: Array) -> NDArray[np.int64]:
    """Group 1… for every label with at least 20 of the ``learned`` rows, 0 for all other rows."""
    counts = np.bincount(codes[learned].astype(np.int64) + 1, minlength=int(codes.max(initial=-1)) + 2)
    large = counts >= LEAST
    large[0] = False
    group = np.zeros(len(counts), np.int64)
    group[large] = np.arange(1, np.count_nonzero(large) + 1)
    return group[codes.astype(np.int64) + 1]


@numba.njit(cache=True, nogil=True)
def _add_rows(sums, groups, rows):  # type: ignore[no-untyped-def]
    """Add each row to the sum of its group, one after the other."""
    for i in range(len(rows)):
        total, row = sums[groups[i]], rows[i]
        for j in range(len(row)):
            total[j] += row[j]


def label_means(vectors: Float32, groups: NDArray[np.int64], learned: Array) -> Float64:
    """Mean of the learned rows of each group, float64 ``[groups, d]``; group 0 has that of all learned rows."""
    size = int(groups.max(initial=0)) + 1
    sums, counts = np.zeros((size, vectors.shape[1])), np.bincount(groups[learned], minlength=size)
    for start in range(0, len(learned), _BLOCK):
        rows = learned[start : start + _BLOCK]
        _add_rows(sums, groups[rows], vectors[rows])
    sums[0], counts[0] = sums.sum(axis=0), counts.sum()
    return np.asarray(sums / np.maximum(counts, 1)[:, None])


def centring(vectors: Float32, groups: NDArray[np.int64], learned: Array) -> Float32:
    """Every row less the mean of its group."""
    means = label_means(vectors, groups, learned)
    return _by_blocks(vectors, lambda block, part: block - means[groups[part]])


def top_directions(rows: Float32, r: int) -> Float64:
    """First r right singular vectors of ``rows`` as they are, float64 ``[d, r]``."""
    return leading_directions(cross_product(rows, rows), r)


def lir(vectors: Float32, groups: NDArray[np.int64], learned: Array, r: int = 1) -> Float32:
    """Every row without its part along the first r directions of its group."""
    axes = []
    for group in range(int(groups.max(initial=0)) + 1):
        rows = learned if group == 0 else learned[groups[learned] == group]
        axes.append(top_directions(vectors[rows], r))
    result = vectors.copy()
    for group, axis in enumerate(axes):
        rows = np.flatnonzero(groups == group)
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            block = vectors[part].astype(np.float64)
            result[part] = block - (block @ axis) @ axis.T
    return result


def lsar_basis(means: Float64, r: int) -> Float64:
    """The language subspace ``[d, r]`` of label means ``[labels, d]``, at right angles to their common vector."""
    columns = means.T
    labels = columns.shape[1]
    average = columns.mean(axis=1, keepdims=True)
    left, values, right = np.linalg.svd(columns - average, full_matrices=False)
    rank = min(r, int(np.count_nonzero(values > 1e-10 * max(values[0], 1e-300))), labels - 1)
    if rank < 1:
        return np.zeros((len(columns), 0))
    approximated = average + (left[:, :rank] * values[:rank]) @ right[:rank]
    common = np.linalg.pinv(approximated).T @ np.ones((labels, 1))
    common /= max(float((common**2).sum()), 1e-300)
    left, _, _ = np.linalg.svd(approximated - common, full_matrices=False)
    return np.asarray(left[:, :rank])


def lsar(vectors: Float32, groups: NDArray[np.int64], learned: Array, r: int | None = None) -> Float32:
    """Every row without its part in the language subspace; r is by default the number of labels less one."""
    means = label_means(vectors, groups, learned)[1:]
    if len(means) < 2:
        return vectors.copy()
    basis = lsar_basis(means, len(means) - 1 if r is None else r)
    return _by_blocks(vectors, lambda block, _: block - (block @ basis) @ basis.T)


def _by_blocks(vectors: Float32, change: Callable[[Float64, slice], Float64]) -> Float32:
    result = np.empty_like(vectors)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, min(start + _BLOCK, len(vectors)))
        result[part] = change(vectors[part].astype(np.float64), part)
    return result


Removal = Callable[[Float32, NDArray[np.int64], Array], Float32]
REMOVALS: dict[str, Removal] = {"centring": centring, "lir": lir, "lsar": lsar}
