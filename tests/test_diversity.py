"""Diversity against definitions, simulation and planted truth."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.diversity import diversity, expected_distinct
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.token_rows import sample_rows


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 4), st.integers(1, 8), st.data())
def test_expectation_is_the_hypergeometric_sum(counts, unlabelled, k, data):
    """The expectation is the textbook sum in exact integers, for a labelled and an unlabelled token."""
    own = data.draw(st.integers(-1, len(counts) - 1))
    size = sum(counts) + unlabelled + (own < 0)
    if size - 1 < k:
        return
    others = [n - (b == own) for b, n in enumerate(counts)]
    present = [1 - comb(size - 1 - m, k) / comb(size - 1, k) for m in others]
    assert expected_distinct(np.array(counts), size, k, own, with_own=False) == pytest.approx(sum(present))
    if own >= 0:
        present[own] = 1
        assert expected_distinct(np.array(counts), size, k, own, with_own=True) == pytest.approx(sum(present))


def random_case(seed, q=60, k=7, names=("a", "b", "c", "d")):
    random = np.random.default_rng(seed)
    codes = random.integers(-1, len(names), q).astype(np.int16)
    labels = Labels(codes=codes, names=names, labeller="own", unicode="")
    rows = np.array([random.choice(np.delete(np.arange(q), i), k, replace=False) for i in range(q)], np.int32)
    near = Neighbors(
        queries=np.arange(q, dtype=np.int32),
        rows=rows,
        similarity=np.zeros(rows.shape, np.float32),
        candidates=np.arange(q, dtype=np.int32),
        excluded={},
    )
    return near, labels


@pytest.mark.parametrize("protocol", ["default", "paper"])
@pytest.mark.parametrize("seed", range(4))
def test_equal_to_a_plain_loop(seed, protocol):
    """Mean, deviation, entropy, shares, lifts and figure 6's mean follow from the definitions, to 1e-9."""
    near, labels = random_case(seed)
    found = diversity(near, labels, protocol=protocol)
    distinct, effective, own_share = [], [], []
    for i, row in enumerate(near.rows.tolist()):
        seen = [labels.of(j) for j in row if labels.of(j) is not None]
        own = labels.of(i)
        distinct.append(len({*seen, own} - {None}) if protocol == "paper" else len(set(seen)))
        shares = [seen.count(s) / len(seen) for s in set(seen)]
        effective.append(np.exp(-sum(s * np.log(s) for s in shares)))
        if own is not None and seen:
            own_share.append(seen.count(own) / len(seen))
    assert found.mean == pytest.approx(np.mean(distinct), abs=1e-9)
    assert found.sd == pytest.approx(np.std(distinct, ddof=1), abs=1e-9)
    assert found.effective == pytest.approx(np.mean(effective), abs=1e-9)
    assert found.own_share == pytest.approx(np.mean(own_share), abs=1e-9)
    assert distinct == found.distinct.tolist()
    assert len(distinct) == sum(found.histogram)
    for pair in found.pairs:
        per_token = [
            sum(labels.of(j) == pair.b for j in row)
            for i, row in enumerate(near.rows.tolist())
            if labels.of(i) == pair.a
        ]
        assert pair.tokens_with_any == sum(n > 0 for n in per_token)
        assert pair.mean_if_any == pytest.approx(np.mean([n for n in per_token if n]), abs=1e-9)
    for name in labels.names:
        assert 1 == pytest.approx(sum(p.share for p in found.pairs if p.a == name))


@pytest.mark.parametrize("seed", range(3))
def test_common_and_unknown_are_no_scripts(seed):
    """Tokens of Common, Inherited and Unknown count like tokens without a label, but keep their rows and pairs."""
    names = ("Cyrl", "Latn", "Zinh", "Zyyy", "Zzzz")
    near, own = random_case(seed, names=names)
    scripts = replace(own, labeller="script")
    without = replace(own, codes=np.where(own.codes < 2, own.codes, -1).astype(np.int16))
    found, expected = diversity(near, scripts), diversity(near, without)
    alike = ("mean", "sd", "standard_error", "interval", "expected", "own_share", "own_interval", "effective")
    for name in (*alike, "assortativity", "histogram", "curve"):
        assert getattr(expected, name) == getattr(found, name)
    rows = {row.label: row for row in found.by_label}
    assert ["Cyrl", "Latn"] == sorted(name for name, row in rows.items() if row.counted)
    assert {*names, None} == {*rows}
    for name in ("Cyrl", "Latn"):
        assert next(row for row in expected.by_label if row.label == name) == rows[name]
    assert {None} == {rows[name].own_share for name in names[2:]} | {rows["Zyyy"].own_expected}
    assert diversity(near, own).pairs == found.pairs
    paper = diversity(near, scripts, protocol="paper")
    assert diversity(near, own, protocol="paper").mean == paper.mean


@pytest.mark.parametrize("protocol", ["default", "paper"])
def test_the_error_is_that_of_leaving_tokens_out(protocol):
    """The standard error is the jackknife's: every token taken out of the model, neighbours searched anew."""
    random = np.random.default_rng(3)
    vectors, codes = random.standard_normal((50, 3)), random.integers(-1, 4, 50)
    k = 6

    def measured(kept, k):
        labels = Labels(
            codes=codes[kept].astype(np.int16), names=("a", "b", "c", "d"), labeller="own", unicode=""
        )
        distance = ((vectors[kept][:, None] - vectors[kept]) ** 2).sum(axis=2)
        np.fill_diagonal(distance, np.inf)
        every = np.arange(len(kept), dtype=np.int32)
        rows = np.argsort(distance, axis=1)[:, :k].astype(np.int32)
        near = Neighbors(
            queries=every,
            rows=rows,
            similarity=np.zeros(rows.shape, np.float32),
            candidates=every,
            excluded={},
        )
        return diversity(near, labels, protocol=protocol)

    whole = measured(np.arange(50), k)
    left_out = [measured(np.delete(np.arange(50), i), k - 1) for i in range(50)]
    low, high = whole.own_interval
    of_share = (high - low) / 2 / stdtrit(np.count_nonzero(codes >= 0) - 1, 0.975)
    for name, error in (("mean", whole.standard_error), ("own_share", of_share)):
        values = np.array([getattr(found, name) for found in left_out])
        expected = np.sqrt(49 / 50 * ((values - values.mean()) ** 2).sum())
        assert expected == pytest.approx(error, rel=1e-6)
    for row in whole.by_label:
        values = [next(r.mean for r in found.by_label if r.label == row.label) for found in left_out]
        expected = np.sqrt(49 / 50 * ((np.array(values) - np.mean(values)) ** 2).sum())
        reach = stdtrit(row.tokens - 1, 0.975) * expected
        assert row.mean + reach == pytest.approx(row.interval[1], rel=1e-6)


def test_random_neighbours_are_as_expected():
    """Neighbours drawn at random give the expectation, no assortativity and a lift of one."""
    near, labels = random_case(0, q=1500, k=12)
    found = diversity(near, labels)
    assert abs(found.mean - found.expected) < 4 * found.standard_error
    assert abs(found.assortativity) < 0.02
    assert all(abs(pair.lift - 1) < 0.15 for pair in found.pairs)
    for row in found.curve:
        assert abs(row["mean"] - row["expected"]) < 0.1


def test_planted_clusters_and_translations(clustered, translated):
    """Far scripts give one script to every neighbourhood; four translations of a meaning give three others."""
    space = open_model(clustered)
    found = diversity(neighbors(space, 10), space.labels)
    assert (1.0, 1.0, 1.0) == (found.mean, found.own_share, found.assortativity)
    assert found.expected > 3.5
    space = open_model(translated)
    near = neighbors(space, 3)
    assert all({j % 60 for j in row} == {i % 60} for i, row in enumerate(near.rows.tolist()))
    found = diversity(near, space.labels)
    assert (3.0, 0.0) == (found.mean, found.own_share)
    assert 4.0 == diversity(near, space.labels, protocol="paper").mean


def test_a_sample_is_a_part_of_the_whole(translated):
    """Sampled tokens have the neighbours they have among all."""
    space = open_model(translated)
    whole = neighbors(space, 5)
    rows = sample_rows(space, 0.1, seed=3)
    part = neighbors(space, 5, queries=rows)
    assert 24 == len(rows)
    np.testing.assert_array_equal(whole.rows[rows], part.rows)
    np.testing.assert_array_equal(whole.similarity[rows], part.similarity)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6))
def test_smaller_k_is_a_prefix(k):
    """Diversity at k is that of the k nearest."""
    near, labels = random_case(5)
    assert diversity(near, labels, k=k).mean == diversity(near.first(k), labels).mean


def test_more_neighbours_than_known():
    """Asking for more than was computed is refused."""
    near, labels = random_case(1)
    with pytest.raises(NotEnoughData, match="only 7 are known"):
        diversity(near, labels, k=8)
