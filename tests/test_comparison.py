"""Comparing models: planted rotations and noise, naive formulas, and nulls that hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import orthogonal_procrustes, subspace_angles

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.linalg import (
    canonical_correlations,
    canonical_null,
    leading_directions,
    linear_cka,
    orthonormal_columns,
)
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison.agreement import (
    mutual_graph_jaccard,
    neighbor_overlap,
    overlap_error,
    shared_neighbors,
)
from hyperpolyglot.measures.comparison.compare import compare
from hyperpolyglot.measures.comparison.records import MEASURES, CompareOptions
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.measures.comparison.similarity import canonical, cka, rsa
from hyperpolyglot.measures.comparison.transfer import (
    linear_map,
    orthogonal_map,
    procrustes,
    retrieval,
    split_rows,
)
from tests.conftest import planted_pieces


def draws(seed=0):
    return np.random.default_rng(seed)


def normal(n, d, seed=0):
    return draws(seed).standard_normal((n, d)).astype(np.float32)


def rotation(d, seed=1):
    return np.linalg.qr(draws(seed).standard_normal((d, d)))[0].astype(np.float32)


def graph(n, k, seed):
    random = draws(seed)
    return np.array([random.choice(np.delete(np.arange(n), i), k, replace=False) for i in range(n)], np.int32)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_canonical_cosines_are_those_of_qr(seed, centred):
    """Gram and Cholesky agree with QR and SVD, and with SciPy's angles, to 1e-9."""
    a = normal(400, 12, seed) + 3
    b = a[:, :5] @ normal(5, 9, seed + 9) + normal(400, 9, seed + 20)
    found = canonical_correlations(a, b, centred=centred)
    assert "gram" == found.method
    x, y = (m.astype(np.float64) - (m.mean(axis=0, dtype=np.float64) if centred else 0) for m in (a, b))
    expected = np.linalg.svd(np.linalg.qr(x)[0].T @ np.linalg.qr(y)[0], compute_uv=False)
    np.testing.assert_allclose(expected, found.cosines, atol=1e-9)
    np.testing.assert_allclose(np.cos(subspace_angles(x, y))[::-1], found.cosines, atol=1e-9)


SPECTRA = {
    "falling": lambda n: 0.9 ** np.arange(n),
    "flat": np.ones,
    "twins": lambda n: np.repeat(0.5 ** np.arange(n), 2)[:n],
    "few": lambda n: np.r_[3.0, 2.0, 1.0, np.zeros(n - 3)],
    "none": np.zeros,
}


@given(
    spectrum=st.sampled_from(sorted(SPECTRA)),
    d=st.integers(4, 80),
    r=st.integers(1, 25),
    seed=st.integers(0, 2**32 - 1),
)
def test_leading_directions(spectrum, d, r, seed):
    """They are at right angles, of length one, and hold as much as any r directions can, ties or not."""
    values, r = SPECTRA[spectrum](d), min(r, d)
    turn = np.linalg.qr(draws(seed).standard_normal((d, d)))[0]
    gram = (turn * values) @ turn.T
    found = leading_directions(gram, r)
    np.testing.assert_allclose(np.eye(r), found.T @ found, atol=1e-8)
    held = np.diag(found.T @ gram @ found)
    np.testing.assert_allclose(np.sort(values)[d - r :], held, atol=1e-8 * max(values[0], 1e-300))


def test_lanczos_that_misses_a_direction_is_not_believed(monkeypatch):
    """Where the iteration gives directions that are not the largest, all are computed."""
    gram = np.diag(np.arange(40.0))

    def eigsh(gram, k, **_):
        values, axes = np.linalg.eigh(gram)
        return values[-k - 1 : -1], axes[:, -k - 1 : -1]

    monkeypatch.setattr("hyperpolyglot.linalg.eigsh", eigsh)
    found = leading_directions(gram, 2)
    np.testing.assert_allclose([38.0, 39.0], np.diag(found.T @ gram @ found))


@pytest.mark.parametrize("condition", [1e2, 1e4, 1e7, 1e12])
def test_ill_conditioned_columns_are_seen(condition):
    """Whatever the spread of directions, cosines are those of float64 QR: the guard changes the method in time."""
    a = draws(1).standard_normal((300, 6))
    mixing = np.eye(6) + rotation(6).astype(np.float64) * 0.1
    mixing[:, 5] = mixing[:, 4] + mixing[:, 5] / condition
    b = draws(2).standard_normal((300, 4)) + a[:, :4]
    found = canonical_correlations(a @ mixing, b)
    expected = canonical_correlations(a @ mixing, b, method="qr")
    tolerance = 1e-9 if condition < 1e6 else 1e-3
    np.testing.assert_allclose(expected.cosines, found.cosines, atol=tolerance)
    assert ("gram" if condition < 1e3 else "qr") == found.method


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0, 2.99),
    st.sampled_from([0.0, 1.0, 1e3]),
    st.integers(0, 3),
    st.booleans(),
)
def test_the_guard_keeps_the_error_below_1e9(seed, spread, shift, constants, wide):
    """Near-collinear, shifted, constant and too many columns: whichever way is chosen, cosines are those of float64
    QR and SVD to 1e-9."""
    random = draws(seed)
    n, p, q = (30, 8, 40) if wide else (200, 8, 12)
    turn = np.linalg.qr(random.standard_normal((p, p)))[0]
    a = random.standard_normal((n, p)) @ (np.logspace(0, -spread, p)[:, None] * turn) + shift
    b = a[:, :3] @ random.standard_normal((3, q)) + random.standard_normal((n, q))
    padded = np.hstack([a, np.full((n, constants), 7.0)])
    found = canonical_correlations(padded, b)
    left, right = (np.linalg.qr(m - m.mean(axis=0))[0] for m in (a, b))
    if wide:  # q > n − 1 columns span everything
        right = np.linalg.svd(b - b.mean(axis=0), full_matrices=False)[0][:, : n - 1]
    expected = np.linalg.svd(left.T @ right, compute_uv=False)
    np.testing.assert_allclose(expected, found.cosines, atol=1e-9)
    assert (p, min(q, n - 1)) == found.ranks
    assert "qr" == found.method or not wide


def test_dependent_columns_do_not_count():
    """Constant, zero and repeated columns add no dimension."""
    a = normal(200, 5)
    wide = np.concatenate([a, a[:, :2] * 3, np.zeros((200, 1)), np.full((200, 1), 7)], axis=1)
    wide = wide.astype(np.float32)
    found = canonical_correlations(wide, a)
    assert (5, 5) == found.ranks
    np.testing.assert_allclose(np.ones(5), found.cosines, atol=1e-9)
    assert (200, 5) == orthonormal_columns(wide[:, :8], 1e-6).shape


@pytest.mark.parametrize(("n", "p", "q"), [(1000, 40, 40), (200, 20, 20), (60, 3, 25), (700, 140, 50)])
def test_canonical_null_is_what_random_subspaces_give(n, p, q):
    """The mean square and the first cosine of random matrices, within sampling error."""
    found = [canonical_correlations(normal(n, p, s), normal(n, q, s + 50)).cosines for s in range(40)]
    null = canonical_null(n - 1, p, q)
    assert null.mean_square == pytest.approx(np.mean([c**2 for c in found]), rel=0.04)
    firsts = [c[0] for c in found]
    assert null.first == pytest.approx(np.mean(firsts), abs=4 * np.std(firsts) / np.sqrt(40))
    assert null.informative


def test_papers_random_baseline():
    """512 random columns against 512 and 4,096, at 100,000 rows: the 0.14 to 0.27 of figure 8."""
    first = [round(canonical_null(100_000, 512, q).first, 2) for q in (512, 1024, 4096)]
    assert [0.14, 0.17, 0.27] == first


def test_more_dimensions_than_rows_say_nothing():
    """Where p + q ≥ n the first cosine is one for any matrices, and that is said."""
    first, square, _ = canonical(normal(60, 40), normal(60, 30, 1), random=draws())
    assert 1.0 == pytest.approx(first.value)
    assert (1.0, None, False) == (first.null, first.p, first.details["informative"])
    assert "uninformative" in square.note


def naive_hsic(k, other):
    k, other = k - np.diag(np.diag(k)), other - np.diag(np.diag(other))
    n, one = len(k), np.ones(len(k))
    middle = (one @ k @ one) * (one @ other @ one) / ((n - 1) * (n - 2))
    return (np.trace(k @ other) + middle - 2 / (n - 2) * (one @ k @ other @ one)) / (n * (n - 3))


@pytest.mark.parametrize("seed", range(4))
def test_cka_is_the_unbiased_formula(seed):
    """Feature sums give the HSIC₁ of full kernels, to 1e-9."""
    a = normal(90, 7, seed).astype(np.float64) + 2
    b = a[:, :3] @ draws(seed).standard_normal((3, 11)) + normal(90, 11, seed + 7)
    k, other = a @ a.T, b @ b.T
    expected = naive_hsic(k, other) / np.sqrt(naive_hsic(k, k) * naive_hsic(other, other))
    assert expected == pytest.approx(linear_cka(a, b), abs=1e-9)


def test_rotation_shift_and_scale_change_nothing():
    """A matrix and its rotated, shifted, scaled copy are alike by every measure of shape."""
    a = normal(800, 16)
    b = 2.5 * a @ rotation(16) + 4
    assert 1.0 == pytest.approx(linear_cka(a, b), abs=1e-6)
    first, square, _ = canonical(a, b, random=draws())
    assert 1.0 == pytest.approx(square.value, abs=1e-6)
    assert 0.01 == first.p == square.p
    found = procrustes(a, b, split_rows(800, draws()), random=draws())
    assert 1.0 == pytest.approx(found.value, abs=1e-6)
    assert 0.01 == found.p
    assert found.null < 0.05
    for row in retrieval(a, b, split_rows(800, draws()), random=draws()):
        assert 1.0 == row["p1"]["value"]


def test_rsa_is_the_correlation_of_all_pairs():
    """With room for all pairs it is SciPy's Spearman correlation of all cosines."""
    a = normal(60, 8)
    b = a @ rotation(8) + normal(60, 8, 5)
    cosines = []
    for m in (a, b):
        unit = m / np.linalg.norm(m, axis=1, keepdims=True)
        cosines.append((unit @ unit.T)[np.triu_indices(60, 1)])
    found = rsa(a, b, random=draws())
    # a circle of 60 has 29 steps without the antipodal one, which is counted once for each of 30 pairs
    assert 60 * 29 == found.details["pairs"]
    assert stats.spearmanr(*cosines).statistic == pytest.approx(found.value, abs=0.02)
    assert 1.0 == pytest.approx(rsa(a, 3 * a @ rotation(8), random=draws()).value, abs=1e-4)


def test_odd_circles_hold_all_pairs():
    """For an odd number of tokens every pair is met once, so the value is exact."""
    a, b = normal(41, 5), normal(41, 5, 3)
    cosines = [
        (u @ u.T)[np.triu_indices(41, 1)]
        for u in (m.astype(np.float64) / np.linalg.norm(m, axis=1, keepdims=True) for m in (a, b))
    ]
    assert stats.spearmanr(*cosines).statistic == pytest.approx(rsa(a, b, random=draws()).value, abs=1e-3)


def test_procrustes_is_scipys():
    """The rotation is SciPy's, and R² follows the definition with zero padding, both ways."""
    a, b = normal(300, 6), normal(300, 9, 2)
    b[:, :6] += 2 * a
    split = split_rows(300, draws())
    found = procrustes(a, b, split, random=draws(), permutations=0)
    padded = np.zeros((300, 9))
    padded[:, :6] = a
    for left, right, name in ((padded, b, "a_to_b"), (b, padded, "b_to_a")):
        x, y = left.astype(np.float64), right.astype(np.float64)
        mx, my = x[split.train].mean(axis=0), y[split.train].mean(axis=0)
        turn, total = orthogonal_procrustes(x[split.train] - mx, y[split.train] - my)
        scale = total / ((x[split.train] - mx) ** 2).sum()
        wanted = y[split.test] - my
        error = ((wanted - scale * (x[split.test] - mx) @ turn) ** 2).sum()
        assert 1 - error / (wanted**2).sum() == pytest.approx(found.details[name], abs=1e-9)
    assert found.value == pytest.approx((found.details["a_to_b"] + found.details["b_to_a"]) / 2)
    assert found.interval[0] < found.value < found.interval[1]


def test_known_noise_gives_known_explained_variance():
    """A rotation with noise of the variance of the signal: R² one half; with half the noise, four fifths."""
    a = normal(6000, 10)
    turned = a @ rotation(10)
    for share, sigma in ((1 / 2, 1.0), (4 / 5, 0.5)):
        b = turned + sigma * normal(6000, 10, 3)
        found = procrustes(a, b, split_rows(6000, draws()), random=draws(), permutations=9)
        assert share == pytest.approx(found.value, abs=0.02)


def test_linear_map_is_ridge_regression():
    """The map solves the regularised normal equations and finds a planted linear map, which no rotation can."""
    a = normal(2000, 8)
    planted = normal(8, 5, 4) * np.array([5, 1, 0.3, 2, 1], np.float32)
    b = a @ planted + 1
    found = linear_map(a, b)
    gram = (a - a.mean(axis=0)).T.astype(np.float64) @ (a - a.mean(axis=0))
    ridge = 1e-3 * np.trace(gram) / 8 * np.eye(8)
    expected = np.linalg.solve(gram + ridge, (a - a.mean(axis=0)).T.astype(np.float64) @ (b - b.mean(axis=0)))
    np.testing.assert_allclose(expected, found.matrix, rtol=1e-4, atol=1e-4)
    rotated = orthogonal_map(a, b)
    assert ((b - rotated.predicted(a) - rotated.target) ** 2).sum() > (
        (b - found.predicted(a) - found.target) ** 2
    ).sum()


def test_retrieval_by_chance():
    """Unrelated matrices find the right token about as often as chance."""
    rows = retrieval(normal(1500, 8), normal(1500, 8, 1), split_rows(1500, draws()), random=draws())
    assert 4 == len(rows)
    for row in rows:
        assert row["p10"]["interval"][0] <= row["p10"]["chance"] <= row["p10"]["interval"][1] + 0.01
        assert 10 / 1500 == row["p10"]["chance"]


@pytest.mark.parametrize("seed", range(3))
def test_overlap_is_the_set_intersection(seed):
    """Counts are those of Python sets, under any correspondence of rows."""
    first, second = graph(80, 9, seed), graph(80, 9, seed + 5)
    expected = [len(set(a) & set(b)) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    assert expected == shared_neighbors(first, second).tolist()
    order = draws(seed).permutation(80)
    expected = [len({int(order[j]) for j in first[i]} & set(second[order[i]].tolist())) for i in range(80)]
    assert expected == shared_neighbors(first, second, order=order).tolist()


def test_mutual_graphs_by_definition():
    """Edges that both ends choose, compared as sets."""
    first, second = graph(70, 12, 1), graph(70, 12, 2)
    second[:40] = first[:40]
    edges = [
        {(i, j) for i in range(70) for j in g[i].tolist() if i < j and i in g[j].tolist()}
        for g in (first, second)
    ]
    expected = len(edges[0] & edges[1]) / len(edges[0] | edges[1])
    assert expected == pytest.approx(mutual_graph_jaccard(first, second)[0])


def test_overlap_of_equal_and_random_graphs():
    """Equal graphs overlap wholly; random ones as the null says, and the interval holds it."""
    first = graph(600, 20, 1)
    assert 1.0 == neighbor_overlap(first, first, random=draws()).value
    found = neighbor_overlap(first, graph(600, 20, 2), random=draws())
    assert 20 / 599 == pytest.approx(found.null)
    assert found.interval[0] <= found.null <= found.interval[1]
    assert found.p > 0.05
    with_self = neighbor_overlap(first, graph(600, 20, 2), random=draws(), include_self=True)
    assert (20 * found.value + 1) / 21 == pytest.approx(with_self.value)
    assert (20 * found.null + 1) / 21 == pytest.approx(with_self.null)


def p_values(measure, runs):
    return np.array([measure(seed) for seed in range(runs)])


NULLS = {
    "overlap": lambda s: (
        neighbor_overlap(graph(60, 5, 2 * s), graph(60, 5, 2 * s + 1), random=draws(s), permutations=39).p
    ),
    "cka": lambda s: cka(normal(60, 4, 2 * s), normal(60, 5, 2 * s + 1), random=draws(s), permutations=39).p,
    "rsa": lambda s: rsa(normal(40, 4, 2 * s), normal(40, 5, 2 * s + 1), random=draws(s), permutations=39).p,
    "canonical": lambda s: (
        canonical(normal(60, 4, 2 * s), normal(60, 5, 2 * s + 1), random=draws(s), permutations=39)[1].p
    ),
    "first": lambda s: (
        canonical(normal(60, 4, 2 * s), normal(60, 5, 2 * s + 1), random=draws(s), permutations=39)[0].p
    ),
    "procrustes": lambda s: (
        procrustes(
            normal(80, 4, 2 * s),
            normal(80, 5, 2 * s + 1),
            split_rows(80, draws(s)),
            random=draws(s),
            permutations=39,
        ).p
    ),
}


@pytest.mark.parametrize("name", NULLS)
def test_p_values_of_unrelated_matrices_are_uniform(name):
    """A tenth of them are at most a tenth, a half at most a half, within three standard errors."""
    found = p_values(NULLS[name], 120)
    for level in (0.1, 0.5):
        assert level == pytest.approx((found <= level).mean(), abs=3 * np.sqrt(level * (1 - level) / 120))


@pytest.mark.long
@pytest.mark.parametrize("name", NULLS)
def test_p_values_are_uniform_in_the_long_run(name):
    """Of two thousand p-values, a share of at most α lies at or below α, and hardly less (overlaps tie)."""
    found = p_values(NULLS[name], 2000)
    for level in (0.05, 0.1, 0.25, 0.5):
        share = (found <= level).mean()
        error = 3 * np.sqrt(level * (1 - level) / 2000)
        assert level - error - 0.06 * (name == "overlap") <= share <= level + error


def cka_covers(seed):
    z = normal(300, 3, seed)
    found = cka(
        z @ PLANTED[0] + normal(300, 4, seed + 5000),
        z @ PLANTED[1] + normal(300, 5, seed + 9000),
        random=draws(seed),
        permutations=0,
    )
    return found.interval, found.value


def rsa_covers(seed):
    z = normal(200, 3, seed)
    a, b = z @ PLANTED[0] + normal(200, 4, seed + 5000), z @ PLANTED[1] + normal(200, 5, seed + 9000)
    found = rsa(a, b, random=draws(seed), permutations=0)
    return found.interval, found.value


PLANTED = normal(3, 4, 77), normal(3, 5, 78)


def large_sample(measure):
    z = normal(60_000, 3, 1)
    a, b = z @ PLANTED[0] + normal(60_000, 4, 2), z @ PLANTED[1] + normal(60_000, 5, 3)
    return measure(a, b, random=draws(), permutations=0).value


@pytest.mark.long
@pytest.mark.parametrize(("covers", "measure"), [(cka_covers, cka), (rsa_covers, rsa)])
def test_intervals_of_shape_cover(covers, measure):
    """Intervals of CKA and RSA cover the value of a very large sample in 92 to 98 % of 2,000 simulations."""
    truth = large_sample(measure)
    found = np.array([covers(seed)[0] for seed in range(2000)])
    rate = ((found[:, 0] <= truth) & (truth <= found[:, 1])).mean()
    assert 0.92 <= rate <= 0.98, rate


@pytest.fixture
def pair(model_of, tmp_path):
    """Two models: the second a noisy rotation in more dimensions, its tokens in another order, some of its own."""
    pieces = planted_pieces(60)
    vectors = normal(240, 12)
    turned = np.zeros((240, 16), np.float32)
    turned[:, :12] = vectors
    turned = turned @ rotation(16) + 0.01 * normal(240, 16, 9)
    order = draws(4).permutation(240)
    first = open_model(
        model_of(tmp_path / "a", np.concatenate([vectors, normal(4, 12, 5)]), [*pieces, "q", "w", "x", "y"])
    )
    second = open_model(
        model_of(
            tmp_path / "b",
            np.concatenate([normal(2, 16, 6), turned[order]]),
            ["z", "v", *(pieces[i] for i in order)],
        )
    )
    return first, second


def test_a_planted_rotation_is_seen(pair):
    """Whatever the order of the tokens and the number of dimensions, all measures are near one and beat chance."""
    found = compare(pair, CompareOptions(k=10)).pairs[0]
    assert (240, 10) == (found.shared, found.k)
    assert set(MEASURES) == set(found.measures)
    for name, measure in found.measures.items():
        assert measure.value > 0.9, name
        assert 0.01 == measure.p, name
        assert measure.null < 0.6, name
    assert ["Cyrl", "Grek", "Hani", "Latn"] == sorted(row.label for row in found.by_label)
    assert all(row.measures["neighbor_overlap"].value > 0.9 for row in found.by_label)
    assert all(row["p1"]["value"] > 0.9 for row in found.maps)


def test_json_and_table(pair):
    """The JSON has the keys of the contract, each measure its value, null, p and interval; order changes no value."""
    found = compare([*pair, pair[0]], CompareOptions(k=10, permutations=9, maps=False))
    pairs = json.loads(json.dumps(found.to_json()))["pairs"]
    assert 3 == len(pairs)
    for entry in pairs:
        assert {"a", "b", "shared", "k", *MEASURES} <= entry.keys()
        assert all({"value", "null", "p", "interval"} <= entry[name].keys() for name in MEASURES)
    grid = found.matrix("neighbor_overlap")
    assert 1.0 == grid[0, 2]
    assert (grid == grid.T).all()
    assert {"a", "b", "label", "measure", "value", "chance", "p", "low", "high", "tokens"} == set(
        found.table()[0]
    )
    assert found.to_json() == compare([*pair, pair[0]], found.options).to_json()


def test_papers_protocol(pair):
    """The token itself is among the 100, nothing is centred, rows go by the first model's ids."""
    options = CompareOptions(k=10, protocol="paper", permutations=9)
    found = compare(pair, options).pairs[0]
    ours = compare(pair, CompareOptions(k=9, permutations=9)).pairs[0]
    expected = (9 * ours.measures["neighbor_overlap"].value + 1) / 10
    assert expected == pytest.approx(found.measures["neighbor_overlap"].value)
    assert 10 == found.k
    rows, _ = shared_rows(pair, protocol="paper")
    a, b = (space.vectors(r).astype(np.float64) for space, r in zip(pair, rows, strict=True))
    cosines = np.linalg.svd(np.linalg.qr(a)[0].T @ np.linalg.qr(b)[0], compute_uv=False)
    assert cosines[0] == pytest.approx(found.measures["canonical_first"].value, abs=1e-9)
    assert (np.diff(pair[0].ids[rows[0]]) > 0).all()


def test_shared_tokens(model_of, tmp_path):
    """Texts that two tokens of a model have are left out and counted; the paper takes the first."""
    first = open_model(model_of(tmp_path / "a", normal(4, 3), ["▁x", "y", "z", "▁w"]))
    second = open_model(model_of(tmp_path / "b", normal(4, 3, 1), ["z", "▁w", "y", "u"]))
    rows, ambiguous = shared_rows([first, second])
    assert ([1, 2, 3], [2, 0, 1]) == tuple(r.tolist() for r in rows)
    assert (0, 0) == ambiguous
    twice = second.take(np.array([0, 1, 2, 2]))
    rows, ambiguous = shared_rows([first, twice])
    assert ([2, 3], [0, 1]) == tuple(r.tolist() for r in rows)
    assert (0, 1) == ambiguous


def test_common_to_each_pair(pair, model_of, tmp_path):
    """Pairs can be compared on all the tokens that they share, whatever a third model has."""
    third = open_model(model_of(tmp_path / "c", normal(60, 5), planted_pieces(60)[:60]))
    options = CompareOptions(k=5, permutations=0, maps=False)
    assert [60, 60, 60] == [p.shared for p in compare([*pair, third], options).pairs]
    options = CompareOptions(k=5, permutations=0, maps=False, common="pair")
    assert [240, 60, 60] == [p.shared for p in compare([*pair, third], options).pairs]


def test_too_little_to_compare(pair, model_of, tmp_path):
    """One model, or hardly any shared token, is said in one sentence."""
    with pytest.raises(NotEnoughData, match="two models"):
        compare(pair[:1])
    other = open_model(model_of(tmp_path / "c", normal(3, 5), ["q", "w", "y"]))
    with pytest.raises(NotEnoughData, match="20 shared tokens; there are 3"):
        compare([pair[0], other])
    with pytest.raises(ValueError, match="common"):
        CompareOptions(common="none")


@pytest.mark.parametrize("extra", [0, 1])
def test_the_error_of_overlap_is_that_of_leaving_tokens_out(extra):
    """The standard error is the jackknife's: each token taken out of both models, neighbours searched anew."""
    random = np.random.default_rng(4)
    a = random.standard_normal((40, 3))
    b, k = a + 0.7 * random.standard_normal((40, 3)), 6

    def graph(vectors, k):
        distance = ((vectors[:, None] - vectors) ** 2).sum(axis=2)
        np.fill_diagonal(distance, np.inf)
        return np.argsort(distance, axis=1)[:, :k].astype(np.int32)

    def overlaps(kept):
        first, second = (graph(m[kept], k - 1) for m in (a, b))
        return (shared_neighbors(first, second) + extra) / (k - 1 + extra)

    group = np.arange(40) % 3 == 0
    found = overlap_error((graph(a, k), graph(b, k)), [np.arange(40), np.flatnonzero(group)], extra)
    for error, members in zip(found, (np.ones(40, bool), group), strict=True):
        kept = [np.delete(np.arange(40), i) for i in range(40)]
        values = np.array([overlaps(rows)[members[rows]].mean() for rows in kept])
        expected = np.sqrt(39 / 40 * ((values - values.mean()) ** 2).sum())
        assert expected == pytest.approx(error, rel=1e-6)
