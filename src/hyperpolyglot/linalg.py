"""Relations between two matrices with the same rows, in float64 and in O(n·d²): no n × n matrix is ever made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse.linalg import ArpackError, eigsh

from hyperpolyglot.engine.devices import chosen_gpus
from hyperpolyglot.random_subspaces import CanonicalNull, canonical_null
from hyperpolyglot.types import Array, Float32, Float64

__all__ = [
    "CanonicalNull",
    "CanonicalSpectrum",
    "HsicSums",
    "Products",
    "canonical_correlations",
    "canonical_null",
    "cka_of_sums",
    "cross_product",
    "hsic_sums",
    "leading_directions",
    "linear_cka",
    "orthonormal_columns",
    "principal_columns",
    "spanning_columns",
    "within_range",
]

MOST_CONDITION = 1e6
"""Gram matrices are trusted up to this condition number: the loss is its product with 2⁻⁵³, well below 1e-9."""

MOST_CONDITION_OF_BASIS = 1e3
"""Bases are made without a large orthogonal factor up to this condition number of the columns."""

_BLOCK = 8192
_LEAST = 2.0**-40
_TIE = 1e-9
"""Eigenvalues that differ by less of the largest are taken for equal."""
_LEAST_SENT = 1 << 32
"""Multiplications that are worth sending to a GPU: some tenths of a second of one core."""


def cross_product(
    a: Array, b: Array, *, means: tuple[Array, Array] | None = None, dtype: type = np.float64
) -> Float64:
    """``(a − mean)ᵀ(b − mean)``, float64 ``[p, q]``, summed over blocks of rows in their order.

    ``dtype`` is that of the products within a block of 8,192 rows; float32 is good to about 1e-6. Large products are
    made on a GPU that was chosen (:func:`hyperpolyglot.use_device`), and agree to rounding.
    """
    work = len(a) * a.shape[1] * b.shape[1]
    gpus = chosen_gpus(None, work) if work >= _LEAST_SENT else ()
    if gpus:
        from hyperpolyglot.engine.devices.gpu import cross_product_on_gpu

        found = cross_product_on_gpu(a, b, means, dtype, gpus[0])
        if found is not None:
            return found
    total = np.zeros((a.shape[1], b.shape[1]))
    for start in range(0, len(a), _BLOCK):
        left: Array = a[start : start + _BLOCK].astype(dtype)
        right = left if b is a else b[start : start + _BLOCK].astype(dtype)
        if means is not None:
            left -= means[0].astype(dtype)
            if right is not left:
                right -= means[1].astype(dtype)
        total += left.T @ right
    return total


def within_range(rows: Float32) -> Float32:
    """Rows, times a power of two where float32 would lose their squares. What depends on no scale stays as it was.

    Those whose largest number is of ordinary size are returned as they are.

    >>> within_range(np.array([[2.0**100, 0.0]], np.float32)).tolist()
    [[0.5, 0.0]]
    """
    largest = max(float(rows.max(initial=0)), -float(rows.min(initial=0)))
    if not largest or _LEAST <= largest <= 1 / _LEAST:
        return rows
    return np.asarray(np.ldexp(rows, -int(np.frexp(largest)[1])), np.float32)


def _means(a: Array, centred: bool) -> Float64:
    return np.asarray(a.mean(axis=0, dtype=np.float64)) if centred else np.zeros(a.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalSpectrum:
    """Cosines of the principal angles between two column spaces, descending, float64 ``[min(p, q)]``.

    ``ranks``: dimensions p, q of the two spaces. ``condition``: the larger condition number of the two Gram matrices,
    columns scaled to length one. ``method``: ``"gram"`` or ``"qr"``.
    """

    cosines: Float64
    ranks: tuple[int, int]
    condition: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """``(a − mean)ᵀ(a − mean)``, the same of b, and between both, float64: what spectra and CKA are made of.

    >>> Products.of(np.array([[1.0], [3.0]]), np.array([[5.0], [2.0]])).between.tolist()
    [[-3.0]]
    """

    means: tuple[Float64, Float64]
    first: Float64
    second: Float64
    between: Float64

    @classmethod
    def of(cls, a: Array, b: Array, *, centred: bool = True) -> Products:
        """Of two matrices with the same rows; ``centred``: less their column means."""
        x, y = means = _means(a, centred), _means(b, centred)
        return cls(
            means=means,
            first=cross_product(a, a, means=(x, x)),
            second=cross_product(b, b, means=(y, y)),
            between=cross_product(a, b, means=means),
        )


def canonical_correlations(
    a: Array,
    b: Array,
    *,
    centred: bool = True,
    method: str = "auto",
    products: Products | None = None,
) -> CanonicalSpectrum:
    """Canonical correlations of ``a`` ``[n, p]`` and ``b`` ``[n, q]`` (Björck and Golub 1973).

    ``centred`` subtracts column means (then these are correlations; without it a shared mean alone brings the first
    near one). Cholesky factors of Gram matrices where both are well conditioned; else, or with ``method="qr"``, QR
    and SVD of both matrices, which also finds the rank of dependent columns. ``products``: where they are known.
    """
    products = products or Products.of(a, b, centred=centred)
    means, grams = products.means, (products.first, products.second)
    moving = tuple(_moving(x, g, m) for x, g, m in zip((a, b), grams, means, strict=True))
    condition = float("nan")
    if method == "auto":
        factors = [_factor(gram[np.ix_(kept, kept)]) for gram, kept in zip(grams, moving, strict=True)]
        condition = max(f[1] for f in factors)
        ranks = int(moving[0].sum()), int(moving[1].sum())
        if condition <= MOST_CONDITION and len(a) > max(ranks):
            between = products.between[np.ix_(*moving)]
            half = solve_triangular(factors[0][0], between, trans="T")
            whitened = solve_triangular(factors[1][0], half.T, trans="T")
            return CanonicalSpectrum(
                cosines=_cosines(whitened), ranks=ranks, condition=condition, method="gram"
            )
    left, right = (
        orthonormal_columns((x - m)[:, kept], _resolution(x))
        for x, m, kept in zip((a, b), means, moving, strict=True)
    )
    return CanonicalSpectrum(
        cosines=_cosines(left.T @ right),
        ranks=(left.shape[1], right.shape[1]),
        condition=condition,
        method="qr",
    )


def _resolution(a: Array) -> float:
    """What is rounding and not a direction, relative to the largest."""
    return 1e-6 if a.dtype.itemsize <= 4 else 1e-10


def _moving(a: Array, gram: Float64, means: Float64) -> NDArray[np.bool_]:
    """Which columns are more than a constant (centred) or zero; ``gram`` is that of ``a`` less ``means``."""
    moved = np.diag(gram)
    return np.asarray(moved > _resolution(a) ** 2 * (moved + len(a) * means**2))


def _factor(gram: Float64) -> tuple[Float64, float]:
    """The upper Cholesky factor and the condition number of the Gram matrix with columns scaled to length one."""
    scale = np.sqrt(np.diag(gram))
    if not gram.size or not np.isfinite(scale).all():
        return gram, float("inf")
    values = np.linalg.eigvalsh(gram / np.outer(scale, scale))
    condition = float(values[-1] / values[0]) if values[0] > 0 else float("inf")
    return (cholesky(gram) if condition <= MOST_CONDITION else gram), condition


def _cosines(between: Float64) -> Float64:
    if 0 in between.shape:
        return np.zeros(0)
    return np.asarray(np.clip(np.linalg.svd(between, compute_uv=False), 0.0, 1.0), np.float64)


def leading_directions(gram: Float64, r: int) -> Float64:
    """The r eigenvectors of largest eigenvalue of a Gram matrix ``[d, d]``, smallest of them first, float64 ``[d, r]``.

    A few by Lanczos iteration (ARPACK), proven to be the largest: with them taken out, no eigenvalue is above the last,
    or a Cholesky factor of their difference would not exist. Else all are computed. LAPACK's own choice of a few takes
    longer, and scipy holds the interpreter meanwhile: no worker answers, no progress is told.

    >>> leading_directions(np.diag([1.0, 9.0, 4.0]), 2).round(6).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    if 0 < r < len(gram) // 4:
        found = _by_lanczos(gram, r)
        if found is not None:
            return found
    return np.asarray(np.linalg.eigh(gram)[1][:, len(gram) - r :])


def _by_lanczos(gram: Float64, r: int) -> Float64 | None:
    try:
        values, axes = eigsh(gram, k=r, which="LA", tol=0, v0=np.ones(len(gram)))
        order = np.argsort(values)
        values, axes = values[order], axes[:, order]
        above_rest = (axes * values) @ axes.T - gram
        above_rest[np.diag_indices(len(gram))] += values[0] + _TIE * values[-1]
        np.linalg.cholesky(above_rest)
    except (ArpackError, np.linalg.LinAlgError):
        return None
    return np.asarray(axes)


def orthonormal_columns(matrix: Array, resolution: float = 1e-10) -> Float64:
    """An orthonormal basis ``[n, rank]`` of the column space, by QR and an SVD of the triangle.

    Directions below ``resolution`` of the largest singular value (columns scaled to length one) are rounding.
    """
    tall = _columns_of_length_one(matrix)
    if not tall.size:
        return np.zeros((len(tall), 0))
    basis, triangle = np.linalg.qr(tall)
    left, values, _ = np.linalg.svd(triangle, full_matrices=False)
    return np.asarray(basis @ left[:, values > resolution * values[0]])


def principal_columns(matrix: Array, resolution: float = 1e-10) -> Float64:
    """The basis of :func:`orthonormal_columns` to about 1e-9, without its large orthogonal factor where that will do.

    Q·U is the matrix times V/S, for QR of the matrix and the singular vectors U, V and values S of the triangle R.
    """
    tall = _columns_of_length_one(matrix)
    if not tall.size or len(tall) <= tall.shape[1]:
        return orthonormal_columns(matrix, resolution)
    _, values, right = np.linalg.svd(np.linalg.qr(tall, mode="r"), full_matrices=False)
    if values[-1] <= values[0] / MOST_CONDITION_OF_BASIS:
        return orthonormal_columns(matrix, resolution)
    return np.asarray(tall @ (right.T / values))


def spanning_columns(matrix: Array, resolution: float = 1e-10) -> Float64:
    """Some orthonormal basis ``[n, rank]`` of the space of :func:`orthonormal_columns`, to about 1e-9.

    By a Cholesky factor of the Gram matrix where that is well conditioned.

    >>> basis = spanning_columns(np.array([[3.0, 1.0], [0.0, 1.0], [0.0, 1.0]]))
    >>> np.allclose(basis.T @ basis, np.eye(2), atol=1e-12)
    True
    """
    tall = _columns_of_length_one(matrix)
    if not tall.size or len(tall) <= tall.shape[1]:
        return orthonormal_columns(matrix, resolution)
    triangle, condition = _factor(tall.T @ tall)
    if condition > MOST_CONDITION_OF_BASIS**2:
        return orthonormal_columns(matrix, resolution)
    return np.asarray(tall @ solve_triangular(triangle, np.eye(len(triangle))))


def _columns_of_length_one(matrix: Array) -> Float64:
    """Without those of length zero."""
    tall = np.array(matrix, np.float64)
    scale = np.sqrt(np.einsum("ij,ij->j", tall, tall))
    if not (scale > 0).all():
        tall = tall[:, scale > 0]
    tall /= scale[scale > 0]
    return tall


@dataclass(frozen=True, slots=True, kw_only=True)
class HsicSums:
    """All that HSIC₁ of linear kernels needs, each a sum over rows, so parts can be added and taken away.

    For kernels K = XXᵀ, L = YYᵀ without their diagonals: ``between`` XᵀY ``[p, q]``; ``sums`` of rows; ``weighted``
    Xᵀdiag(L) and Yᵀdiag(K); ``scalars``: n, Σ diag K, Σ diag L, Σ diag K·diag L.
    """

    between: Float64
    sums: tuple[Float64, Float64]
    weighted: tuple[Float64, Float64]
    scalars: Float64

    def without(self, part: HsicSums) -> HsicSums:
        """These sums less those of some of the rows."""
        return self._with(part, np.subtract)

    def plus(self, part: HsicSums) -> HsicSums:
        """These sums and those of other rows, which are centred by the same means."""
        return self._with(part, np.add)

    def _with(self, part: HsicSums, operation: np.ufunc) -> HsicSums:
        return HsicSums(
            between=operation(self.between, part.between),
            sums=(operation(self.sums[0], part.sums[0]), operation(self.sums[1], part.sums[1])),
            weighted=(
                operation(self.weighted[0], part.weighted[0]),
                operation(self.weighted[1], part.weighted[1]),
            ),
            scalars=operation(self.scalars, part.scalars),
        )

    def hsic(self) -> float:
        """HSIC₁ (Song et al. 2012, Journal of Machine Learning Research 13:1393, equation 5), unbiased.

        (tr K̃L̃ + 1ᵀK̃1·1ᵀL̃1/((n−1)(n−2)) − 2/(n−2)·1ᵀK̃L̃1)/(n(n−3)).
        """
        n, k, m, both = self.scalars.tolist()
        x, y = self.sums
        trace = float((self.between**2).sum()) - both
        ones = (float((x**2).sum()) - k) * (float((y**2).sum()) - m)
        crossed = float(x @ self.between @ y - x @ self.weighted[0] - y @ self.weighted[1]) + both
        return float((trace + ones / ((n - 1) * (n - 2)) - 2 * crossed / (n - 2)) / (n * (n - 3)))


def hsic_sums(
    x: Array,
    y: Array,
    means: tuple[Array, Array],
    dtype: type = np.float64,
    between: Float64 | None = None,
) -> HsicSums:
    """The sums of HSIC₁ over the rows of ``x`` ``[n, p]`` and ``y`` ``[n, q]``, ``means`` taken off both.

    ``between``: their product, where it is known.
    """
    if between is None:
        between = cross_product(x, y, means=means, dtype=dtype)
    sums = np.zeros(x.shape[1]), np.zeros(y.shape[1])
    weighted = np.zeros(x.shape[1]), np.zeros(y.shape[1])
    scalars = np.zeros(4)
    for start in range(0, len(x), _BLOCK):
        left = x[start : start + _BLOCK].astype(np.float64) - means[0]
        right = y[start : start + _BLOCK].astype(np.float64) - means[1]
        k, m = (left**2).sum(axis=1), (right**2).sum(axis=1)
        sums[0][:] += left.sum(axis=0)
        sums[1][:] += right.sum(axis=0)
        weighted[0][:] += left.T @ m
        weighted[1][:] += right.T @ k
        scalars += [len(left), k.sum(), m.sum(), (k * m).sum()]
    return HsicSums(between=between, sums=sums, weighted=weighted, scalars=scalars)


def cka_of_sums(between: HsicSums, first: HsicSums, second: HsicSums) -> float:
    """Debiased linear CKA, HSIC₁(K, L)/√(HSIC₁(K, K)·HSIC₁(L, L)); NaN where a matrix has no structure."""
    own = first.hsic() * second.hsic()
    return between.hsic() / float(np.sqrt(own)) if own > 0 and first.hsic() > 0 else float("nan")


def linear_cka(a: Array, b: Array) -> float:
    """Debiased linear CKA of ``a`` ``[n, p]`` and ``b`` ``[n, q]``: one for equal geometry, zero by chance.

    Kornblith et al. (2019) with the unbiased HSIC₁. It doesn't depend on column means, rotations or scale. NaN
    for fewer than four rows.
    """
    if len(a) < 4:
        return float("nan")
    ma, mb = _means(a, True), _means(b, True)
    return cka_of_sums(hsic_sums(a, b, (ma, mb)), hsic_sums(a, a, (ma, ma)), hsic_sums(b, b, (mb, mb)))
