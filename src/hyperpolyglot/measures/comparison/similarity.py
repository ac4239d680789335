"""Have two matrices the same shape? Canonical correlations, debiased CKA and representational similarity.

Rows correspond; nothing depends on the basis of either matrix. Chance is a random correspondence of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.linalg import (
    CanonicalNull,
    CanonicalSpectrum,
    canonical_correlations,
    canonical_null,
    cka_of_sums,
    hsic_sums,
    orthonormal_columns,
)
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import jackknife_interval, mean_ranks, permutation_p
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["canonical", "canonical_with_random", "cka", "pair_cosines", "rsa"]

GROUPS = 20
_PAIRED_GROUPS = tuple((i, (i + step) % GROUPS) for step in (1, 7) for i in range(GROUPS))
"""Of the pairs of groups, forty in which each group is four times."""
_MANTEL_ROWS = 1000
_WORK = 1e12
_SIDES = ((0, 1), (0, 0), (1, 1))
_POWER_STEPS = 20


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
) -> tuple[Measured, Measured, CanonicalSpectrum]:
    """The first canonical cosine, the mean square over the smaller dimension, and the whole spectrum.

    Null: :func:`hyperpolyglot.linalg.canonical_null`. p: correspondence permuted on at most ``n_rows``
    seeded rows, with the same statistic (for the first cosine a power iteration of 20 steps) on the same rows.
    """
    spectrum = canonical_correlations(a, b, centred=centred)
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
        x, y = (_basis(m[chosen], centred) for m in (a, b))
        found: Float64 = np.array(
            [_first_and_square(x.T @ y)]
            + [_first_and_square(x.T @ y[random.permutation(len(y))]) for _ in range(draws)]
        )
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


def _basis(rows: Float32, centred: bool) -> Float32:
    return orthonormal_columns(rows - rows.mean(axis=0) if centred else rows, 1e-6).astype(np.float32)


def _tested(
    n: int, dims: tuple[int, int], n_rows: int, permutations: int, random: np.random.Generator
) -> tuple[NDArray[np.intp], int]:
    """Seeded rows for a permutation test and how many draws they get: fewer of both for very wide matrices."""
    each = 2 * dims[0] * dims[1]
    enough = max(2000, 2 * sum(dims), int(_WORK / (permutations * each)))
    size = min(n, n_rows, enough)
    draws = int(np.clip(_WORK / (size * each), min(19, permutations), permutations))
    return np.sort(random.choice(n, size, replace=False)), draws


def _first_and_square(between: Float32) -> tuple[float, float]:
    vector = np.full(between.shape[1], 1 / np.sqrt(between.shape[1]), np.float32)
    length = 0.0
    for _ in range(_POWER_STEPS):
        vector = between.T @ (between @ vector)
        length = float(np.sqrt((vector.astype(np.float64) ** 2).sum()))
        vector = vector / np.float32(max(length, 1e-30))
    return float(np.sqrt(length)), float((between.astype(np.float64) ** 2).sum()) / min(between.shape)


def cka(
    a: Float32, b: Float32, *, random: np.random.Generator, permutations: int = 99, n_rows: int = 20_000
) -> Measured:
    """Debiased linear CKA of rows that correspond, at most one; chance is zero.

    Interval: tokens in 20 random groups, each left out in turn (Fisher's z). p: correspondence permuted on at most
    ``n_rows`` seeded rows.
    """
    n = len(a)
    order = random.permutation(n)
    parts = [np.sort(part) for part in np.array_split(order, min(GROUPS, n))]
    means = a.mean(axis=0, dtype=np.float64), b.mean(axis=0, dtype=np.float64)
    totals = [hsic_sums((a, b)[i], (a, b)[j], (means[i], means[j])) for i, j in _SIDES]
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
            found = [_hsic_of_centred(x, y)]
            found += [_hsic_of_centred(x, y[random.permutation(len(y))]) for _ in range(draws)]
            p = permutation_p(found[0], np.array(found[1:]))
    return Measured(value=value, null=0.0, p=p, interval=interval)


def _kernel(rows: Float32) -> Float64:
    """The U-centred linear kernel ``[n, n]``: HSIC₁ of two is the sum of their products over n(n − 3)."""
    kernel = (rows @ rows.T).astype(np.float64)
    np.fill_diagonal(kernel, 0.0)
    n, sums = len(kernel), kernel.sum(axis=0)
    kernel += sums.sum() / ((n - 1) * (n - 2)) - (sums[:, None] + sums[None, :]) / (n - 2)
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _hsic_of_centred(x: Float32, y: Float32) -> float:
    """HSIC₁ · n(n − 3) of matrices whose columns sum to zero."""
    n = len(x)
    own, other = (np.einsum("ij,ij->i", m, m, dtype=np.float64) for m in (x, y))
    both = float((own * other).sum())
    trace = float(((x.T @ y).astype(np.float64) ** 2).sum()) - both
    return trace + float(own.sum() * other.sum()) / ((n - 1) * (n - 2)) - 2 * both / (n - 2)


def pair_cosines(a: Float32, b: Float32, first: Array, second: Array) -> Float64:
    """Cosines of row ``first[m]`` of ``a`` and row ``second[m]`` of ``b``, unit rows, float64 ``[pairs]``."""
    found = np.empty(len(first))
    for start in range(0, len(first), 16_384):
        part = slice(start, start + 16_384)
        found[part] = np.einsum("ij,ij->i", a[first[part]], b[second[part]], dtype=np.float64)
    return found


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
    steps = int(np.clip(pairs // n, 1, (n - 1) // 2))
    place = np.tile(np.arange(n), steps)
    ahead = (place + np.repeat(np.arange(1, steps + 1), n)) % n
    x, y = (pair_cosines(unit, unit, order[place], order[ahead]) for unit in units)
    value = _pearson(mean_ranks(x), mean_ranks(y))
    if value is None:
        return Measured(value=None, null=0.0, note="all pairs of one matrix have the same cosine")
    interval = None
    if n >= 5 * GROUPS:
        arc = np.arange(n) * GROUPS // n

        def without(*groups: int) -> float:
            gone = np.isin(np.arange(GROUPS), groups)[arc]
            kept = ~(gone[place] | gone[ahead])
            part = _pearson(mean_ranks(x[kept]), mean_ranks(y[kept]))
            return float("nan") if part is None else part

        interval = jackknife_interval(
            value,
            [without(group) for group in range(GROUPS)],
            pairs=[(i, j, without(i, j)) for i, j in _PAIRED_GROUPS],
            correlation=True,
        )
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
    drawn = []
    for _ in range(permutations):
        order = random.permutation(len(a))
        drawn.append(float(np.vdot(a, b[np.ix_(order, order)])))
    return permutation_p(float(np.vdot(a, b)), np.array(drawn))
