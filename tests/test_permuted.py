"""What permutation tests, jackknives and shuffled maps add up is what their plain definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hyperpolyglot.linalg import orthonormal_columns, principal_columns, spanning_columns
from hyperpolyglot.measures.comparison.agreement import (
    CURVE,
    mutual_graph_jaccard,
    neighbor_overlap,
    shared_neighbors,
)
from hyperpolyglot.measures.comparison.crossed import first_and_square
from hyperpolyglot.measures.comparison.permuted import (
    in_lines,
    over_permutations,
    overlap_counts,
    paired_sums,
    symmetric_sums,
)
from hyperpolyglot.measures.comparison.ranked import RankedPairs
from hyperpolyglot.measures.comparison.similarity import (
    _hsic_of_centred,
    _hsic_p,
    _leading,
    canonical,
    cka,
    rsa,
)
from hyperpolyglot.measures.comparison.transfer import orthogonal_map, procrustes, split_rows
from hyperpolyglot.measures.jackknife import correction
from hyperpolyglot.random_subspaces import _largest
from hyperpolyglot.statistics import permutation_p

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=25, deadline=None)


def normal(n, d, seed):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def graph(n, k, seed):
    random = np.random.default_rng(seed)
    return np.array([random.choice(np.delete(np.arange(n), i), k, replace=False) for i in range(n)], np.int32)


def orders_of(n, draws, seed):
    random = np.random.default_rng(seed)
    return np.array([random.permutation(n) for _ in range(draws)], np.int32)


@given(seeds, st.integers(3, 40), st.integers(1, 300))
@quick
def test_permutations_are_drawn_one_after_another(seed, n, draws):
    """Whatever the threads and the batches, they are those of a generator that is asked once for each."""
    random = np.random.default_rng(seed)
    found = over_permutations(n, draws, random, lambda orders: orders, observed=True)
    other = np.random.default_rng(seed)
    expected = [np.arange(n), *(other.permutation(n) for _ in range(draws))]
    assert np.array(expected).tolist() == found.tolist()
    assert other.random() == random.random()


@given(seeds, st.integers(6, 40), st.integers(1, 5))
@quick
def test_overlap_counts_are_those_of_sets(seed, n, k):
    """Of groups of rows and of every permutation, the sum of the sizes of intersections of Python sets."""
    first, second, orders = graph(n, k, seed), graph(n, k, seed + 1), orders_of(n, 3, seed)
    groups = [np.arange(n), np.arange(0, n, 2), np.arange(0)]
    expected = [
        [
            sum(len({int(order[j]) for j in first[i]} & set(second[order[i]].tolist())) for i in rows)
            for rows in groups
        ]
        for order in orders
    ]
    assert expected == overlap_counts(first, second, groups, orders).tolist()


@given(seeds, st.integers(2, 30))
@quick
def test_sums_of_symmetric_matrices(seed, n):
    """Half of the sum of products of one with the other, rows and columns permuted."""
    a, b = (
        m + m.T - np.diag(np.diag(m + m.T)) for m in (normal(n, n, seed + i).astype(float) for i in (0, 1))
    )
    orders = orders_of(n, 4, seed)
    expected = [np.vdot(a, b[np.ix_(order, order)]) / 2 for order in orders]
    np.testing.assert_allclose(expected, symmetric_sums(a, b, orders), rtol=1e-12, atol=1e-10)


@given(seeds, st.integers(1, 30), st.integers(1, 40))
@quick
def test_sums_of_pairs_of_rows(seed, n, d):
    """The inner product of one matrix with the permuted rows of another, for any width."""
    x, y, orders = normal(n, d, seed), normal(n, d, seed + 1), orders_of(n, 4, seed)
    expected = [np.vdot(x.astype(float), y[order].astype(float)) for order in orders]
    np.testing.assert_allclose(
        expected, paired_sums(in_lines(x), in_lines(y), orders), rtol=1e-12, atol=1e-10
    )


@given(seeds, st.integers(3, 200), st.integers(1, 50))
@quick
def test_rank_correlations_without_groups_are_scipys(seed, m, values):
    """Pairs of tokens in groups left out are ranked anew, ties by mean rank; constant ones have no correlation."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, values, (2, m)).astype(float)
    one, other = random.integers(0, 4, (2, m)).astype(np.int8)
    without = [(), (0,), (1, 3), (0, 1, 2, 3)]
    found = RankedPairs(x, y, one, other, 4).correlations(without)
    for groups, value in zip(without, found, strict=True):
        kept = ~(np.isin(one, groups) | np.isin(other, groups))
        if kept.sum() < 2 or min(len(set(x[kept])), len(set(y[kept]))) < 2:
            assert np.isnan(value)
        else:
            assert stats.spearmanr(x[kept], y[kept]).statistic == pytest.approx(value, abs=1e-12)


@given(seeds, st.integers(8, 60), st.integers(2, 7))
@quick
def test_curve_and_mutual_graph_by_definition(seed, n, k):
    """For every k of the curve the mean of shared neighbours; mutual edges compared as sets."""
    first, second = graph(n, k, seed), graph(n, k, seed + 1)
    second[: n // 2] = first[: n // 2]
    found = neighbor_overlap(first, second, random=np.random.default_rng(0), permutations=0).details["curve"]
    assert [*(c for c in CURVE if c < k), k] == [row["k"] for row in found]
    for row in found:
        shared = shared_neighbors(first[:, : row["k"]], second[:, : row["k"]])
        assert shared.mean() / row["k"] == pytest.approx(row["value"], abs=1e-15)
    one, two = (
        {(i, j) for i in range(n) for j in g[i].tolist() if i < j and i in g[j].tolist()}
        for g in (first, second)
    )
    expected = len(one & two) / len(one | two) if one | two else None
    assert expected == pytest.approx(mutual_graph_jaccard(first, second)[0])


def test_halves_keep_their_nearest_in_order():
    """The lists of a half are the first of its own neighbours, of the rows that have enough of them in all tables."""
    n, k = 150, 30
    tables = [graph(n, k, 1), graph(n, k, 2)]
    listed = int(k / 2 - np.sqrt(k))
    seen = []

    def means(lists, own, with_error):
        seen.append((lists, own))
        return [(0.0, 0.0 if with_error else None)]

    correction(tables, np.arange(n), n, means, 1)
    random = np.random.default_rng(0)
    for split in range(0, len(seen), 2):
        side = np.zeros(n, bool)
        side[random.permutation(n)[: n // 2]] = True
        halves = sorted(seen[split : split + 2], key=lambda half: not side[half[1][0]])
        for (lists, own), kept in zip(halves, (side, ~side), strict=True):
            full = {i: [[j for j in t[i].tolist() if kept[j]] for t in tables] for i in np.flatnonzero(kept)}
            assert [i for i, two in full.items() if min(map(len, two)) > listed] == own.tolist()
            for at, i in enumerate(own):
                assert [one[: listed + 1] for one in full[i]] == [one[at].tolist() for one in lists]


@pytest.mark.parametrize("dependent", [False, True])
@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-5])
def test_bases_are_those_of_qr(spread, dependent):
    """One is the basis by QR and singular vectors, signs and all; the other spans the same space."""
    matrix = normal(300, 20, 3) @ (np.diag(np.geomspace(1, spread, 20)) @ normal(20, 20, 4))
    if dependent:
        matrix[:, 7] = 0
        matrix[:, 8] = 2 * matrix[:, 9]
    expected = orthonormal_columns(matrix, 1e-6)
    np.testing.assert_allclose(expected, principal_columns(matrix, 1e-6), atol=1e-7)
    other = spanning_columns(matrix, 1e-6)
    np.testing.assert_allclose(np.eye(expected.shape[1]), other.T @ other, atol=1e-7)
    np.testing.assert_allclose(expected @ expected.T, other @ other.T, atol=1e-7)


@pytest.mark.parametrize("size", [2, 63, 64, 300])
def test_the_largest_eigenvalue_alone(size):
    """It is that of all eigenvalues, to the last digits."""
    gram = normal(size, 2 * size, size).astype(float)
    gram = gram @ gram.T
    assert np.linalg.eigvalsh(gram)[-1] == pytest.approx(_largest(gram), rel=1e-13)


def plain_length(between, steps=20):
    vector = np.full(between.shape[1], between.shape[1] ** -0.5)
    for _ in range(steps):
        vector = between.T @ (between @ vector)
        length = np.linalg.norm(vector)
        vector /= length
    return np.sqrt(length)


@pytest.mark.parametrize("seed", range(4))
def test_p_values_of_shape_by_definition(seed):
    """CKA and canonical cosines: the statistic of each permuted matrix, computed in float64 from the matrices."""
    n = 1200
    a = normal(n, 6, seed)
    b = normal(n, 4, seed + 50) + np.float32(0.05) * a[:, :4]
    found = cka(a, b, random=np.random.default_rng(3), permutations=19)
    draws = np.random.default_rng(3)
    draws.permutation(n)
    assert n == len(draws.choice(n, n, replace=False))
    orders = [np.arange(n), *(draws.permutation(n) for _ in range(19))]
    x, y = (m.astype(float) - m.mean(axis=0, dtype=float) for m in (a, b))
    kernels = [x @ x.T, y @ y.T]
    for kernel in kernels:
        np.fill_diagonal(kernel, 0)
    kernel, other = kernels
    sums = kernel.sum(axis=0)
    rest = sums.sum() * other.sum() / ((n - 1) * (n - 2))
    null = [
        (kernel * other[np.ix_(o, o)]).sum() + rest - 2 / (n - 2) * float(sums @ other.sum(axis=0)[o])
        for o in orders
    ]
    assert permutation_p(null[0], np.array(null[1:])) == found.p
    _, square, _ = canonical(a, b, random=np.random.default_rng(5), permutations=19)
    draws = np.random.default_rng(5)
    chosen = np.sort(draws.choice(n, n, replace=False))
    x, y = (m[chosen].astype(float) for m in (a, b))
    x, y = (np.linalg.svd(m - m.mean(axis=0), full_matrices=False)[0] for m in (x, y))
    squares = [((x.T @ y[o]) ** 2).sum() for o in [np.arange(n), *(draws.permutation(n) for _ in range(19))]]
    assert permutation_p(squares[0], np.array(squares[1:])) == square.p


@pytest.mark.parametrize("noise", [0.1, 2.0, 20.0])
def test_leading_axes_bound_what_a_permutation_gives(noise):
    """The bound holds for every permutation, p is what all products give, and near matrices are cut to few axes."""
    n, spectrum = 1500, np.arange(1, 65, dtype=np.float32) ** -1.0
    a = normal(n, 64, 1) * spectrum
    b = a @ np.linalg.qr(normal(64, 64, 2))[0] + np.float32(noise) * normal(n, 64, 3) * spectrum
    x, y = a - a.mean(axis=0), b - b.mean(axis=0)
    hsic = _hsic_of_centred(x, y)
    orders = [np.random.default_rng(0).permutation(n) for _ in range(1)] + list(orders_of(n, 19, 0))
    observed = hsic(x.T @ y, np.arange(n))
    leading = _leading(x, y, observed)
    assert (noise < 20) == (leading is not None)
    if leading is not None:
        kept_x, kept_y, rest = leading
        for order in orders:
            assert hsic(x.T @ y[order], order) <= hsic(kept_x.T @ kept_y[order], order) + rest
    null = np.array([hsic(x.T @ y[order], order) for order in orders[1:]])
    assert permutation_p(observed, null) == _hsic_p(x, y, 19, np.random.default_rng(0))


def test_power_iteration_by_definition():
    """The first singular value after 20 steps from equal weights, and the mean square over the smaller dimension."""
    for p, q in ((7, 5), (5, 7), (1, 1), (40, 40)):
        between = normal(p, q, p)
        first, square = first_and_square(between)
        assert plain_length(between.astype(float)) == pytest.approx(first, rel=1e-5)
        assert (between.astype(float) ** 2).sum() / min(p, q) == pytest.approx(square, rel=1e-12)


def test_intervals_of_rsa_by_definition():
    """Its p and value do not depend on how ranks are made: the same as SciPy's ranks of every part give."""
    a = normal(130, 5, 1)
    b = a + normal(130, 5, 2)
    found = rsa(a, b, random=np.random.default_rng(4), permutations=9)
    unit = [m / np.linalg.norm(m.astype(float), axis=1, keepdims=True) for m in (a, b)]
    order = np.random.default_rng(4).permutation(130)
    pairs = [(i, (i + step) % 130) for step in range(1, 65) for i in range(130)]
    place, ahead = np.array(pairs).T
    x, y = ((u[order[place]] * u[order[ahead]]).sum(axis=1) for u in unit)
    assert stats.spearmanr(x, y).statistic == pytest.approx(found.value, abs=1e-5)
    arc = np.arange(130) * 20 // 130
    fisher = []
    for groups in [(g,) for g in range(20)]:
        kept = ~(np.isin(arc[place], groups) | np.isin(arc[ahead], groups))
        fisher.append(np.arctanh(stats.spearmanr(x[kept], y[kept]).statistic))
    half = np.arctanh(found.interval[1]) - np.arctanh(found.value)
    most = stats.t.ppf(0.975, 19) * np.sqrt(19 / 20 * ((fisher - np.mean(fisher)) ** 2).sum())
    assert most / np.sqrt(2) - 1e-4 <= half <= most + 1e-4


@pytest.mark.parametrize("widths", [(6, 6), (6, 9), (9, 6)])
def test_maps_of_shuffled_rows_by_definition(widths):
    """Null and p of Procrustes are those of maps that are learned and judged row by row, both directions."""
    a, b = normal(300, widths[0], 0) + 1, normal(300, widths[1], 1)
    b[:, :6] += a[:, :6]
    split = split_rows(300, np.random.default_rng(0))
    found = procrustes(a, b, split, random=np.random.default_rng(2), permutations=9, shuffles=2)
    draws = np.random.default_rng(2)
    maps = orthogonal_map(a[split.train], b[split.train]), orthogonal_map(b[split.train], a[split.train])
    test = a[split.test], b[split.test]
    targets = test[1] - maps[0].target, test[0] - maps[1].target
    sums = []
    for draw in range(10):
        order = draws.permutation(60) if draw else np.arange(60)
        there = (maps[0].predicted(test[0]) * targets[0][order]).sum() / (targets[0] ** 2).sum()
        back = (maps[1].predicted(test[1])[order] * targets[1]).sum() / (targets[1] ** 2).sum()
        sums.append(there + back)
    assert permutation_p(sums[0], np.array(sums[1:])) == found.p
    null = []
    for _ in range(2):
        order = draws.permutation(split.train)
        for x, y, (left, right) in ((a, b, test), (b, a, test[::-1])):
            wrong = orthogonal_map(x[split.train], y[order])
            target = right - wrong.target
            error = ((target - wrong.predicted(left)) ** 2).sum() + wrong.spilled(left).sum()
            null.append(1 - error / (target**2).sum())
    assert np.mean(null) == pytest.approx(found.null, abs=1e-10)
