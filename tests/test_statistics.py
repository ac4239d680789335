"""Intervals cover what they claim, p-values are uniform by chance, and correlations agree with SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hyperpolyglot.statistics import (
    benjamini_hochberg,
    bootstrap,
    bootstrap_mean,
    holm,
    jackknife_interval,
    partial_spearman,
    permutation_p,
    spearman,
    wilson,
)


def _skewed(random):
    return bootstrap_mean(random.exponential(size=40), random=random)


def _counted(random):
    return bootstrap_mean(random.binomial(20, 0.2, 200) / 20, random=random)


def _grouped(random):
    sizes = random.integers(1, 12, 40)
    member = np.repeat(np.arange(40), sizes)
    values = random.standard_normal(40)[member] + random.standard_normal(len(member))
    return bootstrap_mean(values, member, random=random)


def _ratio(random):
    target = random.standard_normal((80, 3))
    error = target * 0 + 0.5 * random.standard_normal((80, 3))
    columns = np.stack([(error**2).sum(axis=1), (target**2).sum(axis=1)], axis=1)
    return bootstrap(columns, lambda totals: 1 - totals[:, 0] / totals[:, 1], random=random)


def _share(random):
    return wilson(int(random.binomial(60, 0.1)), 60)


def _normal_pair(random, rho, n):
    x = random.standard_normal(n)
    return x, rho * x + np.sqrt(1 - rho * rho) * random.standard_normal(n)


def _rank(random):
    return spearman(*_normal_pair(random, 0.5, 80)).interval


def _confounded(random):
    x, y = _normal_pair(random, 0.5, 100)
    group = random.integers(0, 4, 100)
    return partial_spearman(x + 40 * group, y - 40 * group, [group]).interval


def _left_out(random):
    x, y = _normal_pair(random, 0.6, 200)
    group = np.arange(200) * 20 // 200
    parts = [np.corrcoef(x[group != g], y[group != g])[0, 1] for g in range(20)]
    return jackknife_interval(float(np.corrcoef(x, y)[0, 1]), parts, correlation=True)


COVERED = {
    "bootstrap, skewed": (_skewed, 1.0),
    "bootstrap, counts": (_counted, 0.2),
    "bootstrap, groups": (_grouped, 0.0),
    "bootstrap, ratio": (_ratio, 0.75),
    "Wilson": (_share, 0.1),
    "Spearman": (_rank, 6 / np.pi * np.arcsin(0.25)),
    "jackknife": (_left_out, 0.6),
}


def coverage(draw, truth, simulations, seed=0):
    random = np.random.default_rng(seed)
    found = [draw(random) for _ in range(simulations)]
    return np.mean([low <= truth <= high for low, high in found])


@pytest.mark.parametrize("name", COVERED)
def test_coverage_at_a_glance(name):
    """Ninety-five percent intervals cover the truth in 90 to 99 % of 200 simulations."""
    assert 0.90 <= coverage(*COVERED[name], 200) <= 0.995


@pytest.mark.long
@pytest.mark.parametrize("name", COVERED)
def test_coverage(name):
    """Ninety-five percent intervals cover the truth in 92 to 98 % of 2,000 simulations."""
    found = coverage(*COVERED[name], 2000)
    assert 0.92 <= found <= 0.98, found


@pytest.mark.long
def test_coverage_of_the_partial_correlation():
    """The interval of a partial correlation covers what the estimate is on average."""
    random = np.random.default_rng(9)
    large = []
    for _ in range(20):
        x, y = _normal_pair(random, 0.5, 20_000)
        group = random.integers(0, 4, 20_000)
        large.append(partial_spearman(x + 40 * group, y - 40 * group, [group]).value)
    assert 0.92 <= coverage(_confounded, float(np.mean(large)), 2000) <= 0.98


def test_permutation_p_is_uniform_by_chance():
    """Exchangeable values give p-values whose quantiles are those of the uniform distribution."""
    random = np.random.default_rng(1)
    found = [permutation_p(x[0], x[1:]) for x in random.standard_normal((4000, 100))]
    assert stats.kstest(found, "uniform").statistic < 0.03
    assert 0.05 == pytest.approx(np.mean(np.array(found) <= 0.05), abs=0.012)


def test_permutation_p_by_hand():
    """Two of four null values are as large, so p is 3/5; less is 4/5, and both sides at most one."""
    null = np.array([1.0, 2.0, 3.0, 4.0])
    assert 3 / 5 == permutation_p(3.0, null)
    assert 4 / 5 == permutation_p(3.0, null, alternative="less")
    assert 1.0 == permutation_p(3.0, null, alternative="two-sided")


def test_spearman_p_is_uniform_by_chance():
    """Independent variables give uniform p-values, with a confounder that is controlled for as well."""
    random = np.random.default_rng(2)
    plain, partial = [], []
    for _ in range(1500):
        x, y, z = random.standard_normal((3, 60))
        group = (z > 0).astype(np.int64)
        plain.append(spearman(x, y).p)
        partial.append(partial_spearman(x + 30 * group, y + 30 * group, [group]).p)
    assert stats.kstest(plain, "uniform").statistic < 0.05
    assert stats.kstest(partial, "uniform").statistic < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_spearman_is_scipys(seed):
    """Value and p are those of SciPy, ties included."""
    x, y = np.random.default_rng(seed).integers(0, 12, (2, 80))
    expected = stats.spearmanr(x, y)
    found = spearman(x, y)
    assert expected.statistic == pytest.approx(found.value, abs=1e-12)
    assert expected.pvalue == pytest.approx(found.p, abs=1e-12)


def test_partial_is_the_recursion_formula():
    """With one number held fixed it is (r_xy − r_xz·r_yz)/√((1 − r_xz²)(1 − r_yz²)) of the rank correlations."""
    random = np.random.default_rng(3)
    z = random.standard_normal(200)
    x, y = z + random.standard_normal(200), z + random.standard_normal(200)
    r = stats.spearmanr(np.stack([x, y, z], axis=1)).statistic
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert expected == pytest.approx(partial_spearman(x, y, [z]).value, abs=1e-12)


def test_partial_removes_a_planted_confounder():
    """Two variables that follow a group and nothing else correlate, until the group is held fixed."""
    random = np.random.default_rng(4)
    group = random.integers(0, 5, 3000)
    names = np.array(["a", "b", "c", "d", "e"])[group]
    x, y = group + 0.5 * random.standard_normal((2, 3000))
    assert spearman(x, y).value > 0.7
    low, high = partial_spearman(x, y, [names, np.zeros(3000)]).interval
    assert low < 0.06
    assert high < 0.12


def test_nothing_to_correlate():
    """A constant, a variable that a control explains, and too few tokens give no value."""
    x = np.arange(30.0)
    assert spearman(x, np.ones(30)).value is None
    assert partial_spearman(x, x % 7, [x]).value is None
    assert spearman(x[:3], x[:3]).value is None


@pytest.mark.parametrize("seed", range(4))
def test_bootstrap_mean_is_scipys_bca(seed):
    """For hundreds of units the interval is SciPy's BCa interval, to a tenth of its width."""
    values = np.random.default_rng(seed).exponential(size=400)
    low, high = bootstrap_mean(values, random=np.random.default_rng(seed), resamples=20_000)
    random = np.random.default_rng(seed + 100)
    found = stats.bootstrap((values,), np.mean, n_resamples=20_000, rng=random).confidence_interval
    assert low == pytest.approx(found.low, abs=0.05 * (high - low))
    assert high == pytest.approx(found.high, abs=0.05 * (high - low))


def test_drawing_counts_is_drawing_rows(monkeypatch):
    """Few distinct values are drawn by count, which gives the interval of drawing them one by one."""
    values = np.random.default_rng(5).integers(0, 5, 300)
    by_count = bootstrap_mean(values, random=np.random.default_rng(6), resamples=20_000)
    monkeypatch.setattr("hyperpolyglot.statistics._FEW_VALUES", 0)
    one_by_one = bootstrap_mean(values, random=np.random.default_rng(6), resamples=20_000)
    assert one_by_one == pytest.approx(by_count, abs=0.01)


def test_whole_groups_are_resampled():
    """Copies of every value in a group do not make the mean any surer."""
    random = np.random.default_rng(7)
    values = random.standard_normal(50)
    alone = bootstrap_mean(values, random=np.random.default_rng(1))
    copied = bootstrap_mean(
        np.repeat(values, 20), np.repeat(np.arange(50), 20), random=np.random.default_rng(1)
    )
    assert alone == pytest.approx(copied, abs=1e-9)


def test_the_same_seed_gives_the_same_interval(monkeypatch):
    """To the bit, in whatever blocks the draws are made."""
    values = np.random.default_rng(8).standard_normal(500)
    first = bootstrap_mean(values, random=np.random.default_rng(3))
    monkeypatch.setattr("hyperpolyglot.statistics._DRAWS", 7 * 500)
    assert first == bootstrap_mean(values, random=np.random.default_rng(3))


def test_no_interval_of_one_unit():
    """One unit has no interval; equal ones have an interval of length zero."""
    random = np.random.default_rng(0)
    assert bootstrap_mean(np.ones(1), random=random) is None
    assert (1.0, 1.0) == bootstrap_mean(np.ones(9), random=random)
    assert wilson(0, 0) is None
    assert jackknife_interval(0.5, [0.4, float("nan")]) is None


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (5, 10), (10, 10), (50, 1000)])
def test_wilson_is_scipys(hits, n):
    """Wilson's interval is SciPy's, but for one to three successes or failures."""
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert (expected.low, expected.high) == pytest.approx(wilson(hits, n), abs=1e-12)


@pytest.mark.parametrize("hits", [1, 2, 3])
def test_few_successes_reach_lower(hits):
    """At the lower end so many or more are seen with 5 % by Poisson's law; failures mirror it; the rest is Wilson's."""
    low, high = wilson(hits, 1000)
    assert 0.05 == pytest.approx(stats.poisson.sf(hits - 1, 1000 * low))
    assert (1 - high, 1 - low) == pytest.approx(wilson(1000 - hits, 1000))
    assert stats.binomtest(hits, 1000).proportion_ci(method="wilson").high == pytest.approx(high)


@pytest.mark.parametrize("n", [60, 150, 1000, 5000])
def test_shares_are_held_however_rare(n):
    """In 92 % of samples or more, exactly, for every share of 0.01 expected successes or more."""
    ends = np.array([wilson(hits, n) for hits in range(n + 1)])
    for share in np.geomspace(0.01 / n, 0.5, 1000):
        held = (ends[:, 0] <= share) & (share <= ends[:, 1])
        assert 0.92 <= stats.binom.pmf(np.flatnonzero(held), n, share).sum()


def test_corrections_by_their_definitions():
    """Benjamini and Hochberg's is SciPy's; Holm's is the step-down maximum; both keep the order given."""
    p = np.random.default_rng(9).uniform(size=20) ** 2
    np.testing.assert_allclose(stats.false_discovery_control(p), benjamini_hochberg(p), atol=1e-12)
    ordered = np.sort(p)
    expected = [max(min(1, (20 - i) * ordered[i]) for i in range(j + 1)) for j in range(20)]
    np.testing.assert_allclose(expected, np.sort(holm(p)), atol=1e-12)
    assert np.argsort(p).tolist() == np.lexsort((p, holm(p))).tolist()


def test_holm_keeps_the_family_wise_error():
    """With no effect anywhere, one rejection or more at 5 % happens in about 5 % of families."""
    families = np.random.default_rng(10).uniform(size=(3000, 10))
    assert 0.05 == pytest.approx(np.mean([holm(p).min() <= 0.05 for p in families]), abs=0.015)
