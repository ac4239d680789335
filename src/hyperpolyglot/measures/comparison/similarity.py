"""Have two matrices the same shape? Canonical correlations, debiased CKA and representational similarity.

Rows correspond; nothing depends on the basis of either matrix. Chance is a random correspondence of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.linalg import (
    CanonicalNull,
    CanonicalSpectrum,
    Products,
    canonical_correlations,
    canonical_null,
    cka_of_sums,
    cross_product,
    hsic_sums,
    principal_columns,
    spanning_columns,
)
from hyperpolyglot.measures.comparison.crossed import first_and_square, of_products, squares
from hyperpolyglot.measures.comparison.permuted import in_parts, over_permutations, symmetric_sums
from hyperpolyglot.measures.comparison.ranked import RankedPairs
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import Interval, jackknife_interval, mean_ranks, permutation_p
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["canonical", "canonical_with_random", "circle", "cka", "pair_cosines", "rank_correlated", "rsa"]

GROUPS = 20
_PAIRED_GROUPS = tuple((i, (i + step) % GROUPS) for step in (1, 7) for i in range(GROUPS))
"""Of the pairs of groups, forty in which each group is four times."""
_MANTEL_ROWS = 1000
_WORK = 1e12
_SIDES = ((0, 1), (0, 0), (1, 1))
_AXES = 16
_ROUNDING = 1.001
"""More than float32 can be wrong by, in products of some ten thousand rows."""


def canonical_with_random(n_rows: int, dim: int, columns: int) -> CanonicalNull:
    """The cosines to expect of a centred table ``[n_rows, dim]`` and a random one of so many ``columns``."""
    return canonical_null(n_rows - 1, dim, columns)


def canonical(
    a: Float32,
    b: Float32,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    n_rows: int = 20_000,
    centred: bool = True,
    products: Products | None = None,
) -> tuple[Measured, Measured, CanonicalSpectrum]:
    """The first canonical cosine, the mean square over the smaller dimension, and the whole spectrum.

    Null: :func:`hyperpolyglot.linalg.canonical_null`. p: correspondence permuted on at most ``n_rows``
    seeded rows, with the same statistic (for the first cosine a power iteration of 20 steps) on the same rows.
    ``products``: those of the matrices, centred if they are to be, where they are known.
    """
    spectrum = canonical_correlations(a, b, centred=centred, products=products)
    p, q = spectrum.ranks
    null = canonical_null(len(a) - centred, p, q)
    cosines = spectrum.cosines
    if not len(cosines):
        nothing = Measured(value=None, note="all vectors of one model are equal")
        return nothing, nothing, spectrum
    note = "no interval: repeating rows, as a bootstrap does, raises canonical cosines"
    if not null.informative:
        note = f"uninformative: {p} + {q} dimensions meet in {len(a)} rows by dimension alone"
    p_first = p_mean = None
    tested = (
        _tested(len(a), (p, q), n_rows, permutations, random) if null.informative and permutations else None
    )
    if tested is not None and p + q < len(tested[0]):
        chosen, draws = tested
        x = spanning_columns(_centred(a[chosen], centred), 1e-6).astype(np.float32)
        y = principal_columns(_centred(b[chosen], centred), 1e-6).astype(np.float32)
        found = np.array(of_products(x, y, draws, random, lambda between, _: first_and_square(between)))
        p_first, p_mean = (permutation_p(column[0], column[1:]) for column in found.T)
    shared = {
        "dimensions": [p, q],
        "informative": null.informative,
        "centred": centred,
        "condition": spectrum.condition if np.isfinite(spectrum.condition) else None,
        "method": spectrum.method,
    }
    first = Measured(
        value=float(cosines[0]),
        null=null.first,
        p=p_first,
        note=note,
        details=shared,
    )
    square = Measured(
        value=float((cosines**2).mean()),
        null=null.mean_square,
        p=p_mean,
        note=note,
        details=shared,
    )
    return first, square, spectrum


def _centred(rows: Float32, centred: bool) -> Float32:
    return rows - rows.mean(axis=0) if centred else rows


def _tested(
    n: int, dims: tuple[int, int], n_rows: int, permutations: int, random: np.random.Generator
) -> tuple[NDArray[np.intp], int]:
    """Seeded rows for a permutation test and how many draws they get: fewer of both for very wide matrices."""
    each = 2 * dims[0] * dims[1]
    enough = max(2000, 2 * sum(dims), int(_WORK / (permutations * each)))
    size = min(n, n_rows, enough)
    draws = int(np.clip(_WORK / (size * each), min(19, permutations), permutations))
    return np.sort(random.choice(n, size, replace=False)), draws


def cka(
    a: Float32,
    b: Float32,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    n_rows: int = 20_000,
    products: Products | None = None,
) -> Measured:
    """Debiased linear CKA of rows that correspond, at most one; chance is zero.

    Interval: tokens in 20 random groups, each left out in turn (Fisher's z). p: correspondence permuted on at most
    ``n_rows`` seeded rows. ``products``: those of the centred matrices, where they are known.
    """
    n = len(a)
    order = random.permutation(n)
    parts = [np.sort(part) for part in np.array_split(order, min(GROUPS, n))]
    products = products or Products.of(a, b)
    means, sides = products.means, (products.between, products.first, products.second)
    totals = [
        hsic_sums((a, b)[i], (a, b)[j], (means[i], means[j]), between=between)
        for (i, j), between in zip(_SIDES, sides, strict=True)
    ]
    value = cka_of_sums(*totals)
    if not np.isfinite(value):
        return Measured(value=None, null=0.0, note="one of the matrices has no structure, or too few rows")
    interval = None
    if n >= 5 * GROUPS:
        gone = []
        for part in parts:
            cut = a[part], b[part]
            gone.append([hsic_sums(cut[i], cut[j], (means[i], means[j]), np.float32) for i, j in _SIDES])

        def without(*groups: int) -> float:
            rest = totals
            for group in groups:
                rest = [total.without(own) for total, own in zip(rest, gone[group], strict=True)]
            return cka_of_sums(*rest)

        interval = jackknife_interval(
            value,
            [without(i) for i in range(GROUPS)],
            pairs=[(i, j, without(i, j)) for i, j in _PAIRED_GROUPS],
            correlation=True,
        )
    p = None
    if permutations:
        chosen, draws = _tested(n, (a.shape[1], b.shape[1]), n_rows, permutations, random)
        x, y = (m[chosen] - m[chosen].mean(axis=0) for m in (a, b))
        if len(chosen) <= _MANTEL_ROWS:
            p = _mantel(_kernel(x), _kernel(y), permutations, random)
        else:
            p = _hsic_p(x, y, draws, random)
    return Measured(value=value, null=0.0, p=p, interval=interval)


def _kernel(rows: Float32) -> Float64:
    """The U-centred linear kernel ``[n, n]``: HSIC₁ of two is the sum of their products over n(n − 3)."""
    kernel = (rows @ rows.T).astype(np.float64)
    np.fill_diagonal(kernel, 0.0)
    n, sums = len(kernel), kernel.sum(axis=0)
    kernel += sums.sum() / ((n - 1) * (n - 2)) - (sums[:, None] + sums[None, :]) / (n - 2)
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _hsic_p(x: Float32, y: Float32, draws: int, random: np.random.Generator) -> float:
    """p of HSIC₁ of matrices whose columns sum to zero, the rows of the second permuted.

    Where the product of leading directions proves that a permutation gives less than what is observed, it is all that
    is made of it.
    """
    hsic = _hsic_of_centred(x, y)
    observed = hsic(x.T @ y, np.arange(len(y)))
    leading = _leading(x, y, observed)
    if leading is None:
        return permutation_p(observed, np.array(of_products(x, y, draws, random, hsic)[1:]))
    kept_x, kept_y, rest = leading

    def at_most(between: Float32, order: NDArray[np.intp]) -> float:
        bound = hsic(between, order) + rest
        return bound if bound < observed else hsic(x.T @ y[order], order)

    return permutation_p(observed, np.array(of_products(kept_x, kept_y, draws, random, at_most)[1:]))


def _leading(x: Float32, y: Float32, observed: float) -> tuple[Float32, Float32, float] | None:
    """Both matrices on their first principal axes, and the most that the other axes add to ‖xᵀPy‖² for any P.

    ‖XᵀPY‖ is at most the Frobenius norm of one times the spectral norm of the other. ``None`` where so many axes are
    needed to keep this below half of ``observed`` that it doesn't pay.
    """
    spectra = [np.linalg.eigh(cross_product(m, m)) for m in (x, y)]
    (one, axes_x), (two, axes_y) = ((np.maximum(values[::-1], 0), axes[:, ::-1]) for values, axes in spectra)
    for r in range(_AXES, min(len(one), len(two)), _AXES):
        if 2 * r * r > len(one) * len(two):
            return None
        rest = one[r] * two.sum() + two[r] * one[:r].sum()
        if rest * _ROUNDING < observed / 2:
            kept = x @ axes_x[:, :r].astype(np.float32), y @ axes_y[:, :r].astype(np.float32)
            within = one[:r].sum() * two[:r].sum() * (_ROUNDING - 1) / len(x)
            return *kept, float(rest * _ROUNDING + within)
    return None


def _hsic_of_centred(x: Float32, y: Float32) -> Callable[[Float32, NDArray[np.intp]], float]:
    """HSIC₁ · n(n − 3) of matrices whose columns sum to zero, from xᵀy and the order of the rows in y."""
    n = len(x)
    own, other = (_lengths(m) for m in (x, y))
    apart = float(own.sum() * other.sum()) / ((n - 1) * (n - 2))

    def hsic(between: Float32, order: NDArray[np.intp]) -> float:
        both = float((own * other[order]).sum())
        return float(squares(between)) - both + apart - 2 * both / (n - 2)

    return hsic


def _lengths(rows: Float32) -> Float64:
    """Squared lengths of rows."""
    every = np.arange(len(rows))
    return pair_cosines(rows, rows, every, every)


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dots(a, b, first, second, out):  # type: ignore[no-untyped-def]
    for m in range(len(first)):
        x, y = a[first[m]], b[second[m]]
        total = 0.0
        for j in range(len(x)):
            total += np.float64(x[j]) * np.float64(y[j])
        out[m] = total


def pair_cosines(a: Float32, b: Float32, first: Array, second: Array) -> Float64:
    """Cosines of row ``first[m]`` of ``a`` and row ``second[m]`` of ``b``, unit rows, float64 ``[pairs]``."""
    found = np.empty(len(first))
    in_parts(len(first), lambda part: _dots(a, b, first[part], second[part], found[part]))
    return found


def circle(n: int, pairs: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of places on a circle of ``n``, each with the next s, s as large as so many ``pairs`` allow.

    >>> [places.tolist() for places in circle(5, 9)]
    [[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]]
    """
    steps = int(np.clip(pairs // n, 1, (n - 1) // 2))
    place = np.tile(np.arange(n), steps)
    return place, (place + np.repeat(np.arange(1, steps + 1), n)) % n


def rank_correlated(
    pairs: RankedPairs, *, with_interval: bool = True
) -> tuple[float, list[float], Interval | None]:
    """Spearman's correlation of pairs in 20 groups, the same without each group, and an interval from these."""
    apart = [(), *((i,) for i in range(GROUPS)), *_PAIRED_GROUPS] if with_interval else [()]
    value, *without = pairs.correlations(apart)
    if not with_interval or not np.isfinite(value):
        return value, without[:GROUPS], None
    both = [(i, j, left) for (i, j), left in zip(_PAIRED_GROUPS, without[GROUPS:], strict=True)]
    interval = jackknife_interval(value, without[:GROUPS], pairs=both, correlation=True)
    return value, without[:GROUPS], interval


def rsa(
    a: Float32,
    b: Float32,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    n_rows: int = _MANTEL_ROWS,
    pairs: int = 300_000,
) -> Measured:
    """Representational similarity: Spearman's correlation of the cosines that pairs of tokens have in each matrix.

    Pairs: rows in a seeded circle, each with the next s, s as large as 300,000 pairs allow, so every token is in as
    many pairs. Interval: 20 arcs of tokens, each left out in turn. p: Mantel's test on at most ``n_rows``
    seeded rows, all pairs. ``pearson`` is the same with values in place of ranks (Lee et al. 2025).
    """
    n = len(a)
    if n < 4:
        return Measured(value=None, null=0.0, note="too few tokens")
    units = unit_rows(a), unit_rows(b)
    order = random.permutation(n)
    place, ahead = circle(n, pairs)
    x, y = (pair_cosines(unit, unit, order[place], order[ahead]) for unit in units)
    arc = (np.arange(n) * GROUPS // n).astype(np.int8)
    ranked = RankedPairs(x, y, arc[place], arc[ahead], GROUPS)
    value, _, interval = rank_correlated(ranked, with_interval=n >= 5 * GROUPS)
    if not np.isfinite(value):
        return Measured(value=None, null=0.0, note="all pairs of one matrix have the same cosine")
    chosen = np.sort(random.choice(n, min(n, n_rows), replace=False))
    return Measured(
        value=value,
        null=0.0,
        p=_mantel(_ranked(units[0][chosen]), _ranked(units[1][chosen]), permutations, random)
        if permutations
        else None,
        interval=interval,
        details={"pairs": len(x), "pearson": _pearson(x, y)},
    )


def _pearson(x: Float64, y: Float64) -> float | None:
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else None


def _ranked(unit: Float32) -> Float64:
    """Ranks of the cosines of all pairs of rows, less their mean, symmetric ``[n, n]``, zero on the diagonal."""
    n = len(unit)
    upper = np.triu_indices(n, 1)
    full = np.zeros((n, n))
    full[upper] = mean_ranks((unit @ unit.T)[upper])
    full[upper] -= full[upper].mean()
    return full + full.T


def _mantel(a: Float64, b: Float64, permutations: int, random: np.random.Generator) -> float:
    """p of the sum of products of two matrices over pairs, the rows and columns of the second permuted together."""
    found = over_permutations(
        len(a), permutations, random, lambda orders: symmetric_sums(a, b, orders), observed=True
    )
    return permutation_p(found[0], found[1:])
