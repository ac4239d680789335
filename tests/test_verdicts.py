"""Verdicts on planted tables: random ones are random, the demos stand at the two ends, mixtures between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.labels import Labels
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.measures.verdicts import by_label, judge
from hyperpolyglot.table import Table

PROBES = SeparabilityOptions(minimum=150, folds=5)


@pytest.fixture(scope="module")
def demos():
    """A quarter of the demo vocabulary, and its unit rows in both demo models."""
    spaces = [open_model(f"demo:{name}") for name in ("language", "meaning")]
    usable = [space.candidates().rows for space in spaces]
    rows = np.intersect1d(*usable)[::4]
    return spaces[0].take(rows), *(unit_rows(space.vectors(rows)) for space in spaces)


def measured(space, vectors):
    """Neighbourhoods and probes of a table over the tokens of a space."""
    table = Table(name="planted", dtype="F32", shape=vectors.shape, stored=vectors.astype(np.float32))
    planted = replace(space, model="planted", table=table, ids=np.arange(len(space), dtype=np.int32))
    return diversity(neighbors(planted, 50), planted.labels), separability(planted, PROBES)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_and_row_permuted_tables_are_random(demos, seed):
    """A normal table, and both demos with their rows permuted: neighbourhoods, probes and the whole are random."""
    space, language, meaning = demos
    random = np.random.default_rng(seed)
    order = random.permutation(len(space))
    for vectors in (random.standard_normal(language.shape), language[order], meaning[order]):
        near, probes = measured(space, vectors)
        found = judge(near, probes)
        assert ("random", "random", "random") == (found.name, found.neighbourhoods, found.separability)
        assert abs(found.deviations) < 4
        assert {"random"} == {row.level for row in by_label(near)}


def test_the_demos_stand_at_the_two_ends(demos):
    """demo:language keeps scripts apart and is separable; demo:meaning mixes them and is barely separable."""
    space, language, meaning = demos
    apart = judge(*measured(space, language))
    assert ("apart", "separable") == (apart.name, apart.separability)
    assert apart.neighbourhoods in ("own", "mostly own")
    mixed = judge(*measured(space, meaning))
    assert ("mixed", "mixed") == (mixed.name, mixed.neighbourhoods)
    assert mixed.deviations > 4


def neighbors_of_all(rows):
    """Lists of neighbours, one for each token, int32 ``[token, k]``, as if they had been searched."""
    every = np.arange(len(rows), dtype=np.int32)
    nothing = np.zeros(rows.shape, np.float32)
    return Neighbors(queries=every, rows=rows, similarity=nothing, candidates=every, excluded={})


def test_mixtures_lie_between_and_in_order(demos):
    """The more of demo:meaning, the lower the own share; on the way neither word is used, and once it is about half."""
    space, language, meaning = demos
    shares, names, halves = [], [], []
    for part in (0.0, 0.4, 0.5, 0.6, 0.8, 1.0):
        mixture = np.concatenate([np.sqrt(1 - part) * language, np.sqrt(part) * meaning], axis=1)
        found = judge(*measured(space, mixture))
        shares.append(found.excess)
        names.append(found.name)
        halves.append(found.about_half)
    assert sorted(shares, reverse=True) == shares
    assert ("apart", "mixed") == (names[0], names[-1])
    assert "between" in names
    assert any(halves)
    assert not halves[0]
    assert not halves[-1]


def test_a_large_label_does_not_decide_alone():
    """Nine tenths of the tokens have one label and closed neighbourhoods, the rest see it alone: that is not apart."""
    random = np.random.default_rng(0)
    codes = np.repeat(np.arange(5), [3600, 100, 100, 100, 100]).astype(np.int16)
    rows = np.stack([random.choice(3600, 20, replace=False) for _ in codes]).astype(np.int32)
    near = neighbors_of_all(rows)
    labels = Labels(codes=codes, names=tuple("abcde"), labeller="own", unicode="")
    found = judge(diversity(near, labels))
    assert 0.9 == found.own_share
    assert "between" == found.name
    assert ["own", "below", "below", "below", "below"] == [
        row.level for row in by_label(diversity(near, labels))
    ]


def test_own_share_is_judged_against_its_own_chance():
    """A label of 100 tokens with a fifth of its neighbours its own is eight times chance, not as mixed as chance."""
    random = np.random.default_rng(1)
    codes = np.repeat([0, 1], [3900, 100]).astype(np.int16)
    rows = random.integers(0, 3900, (4000, 20)).astype(np.int32)
    rows[3900:, :4] = random.integers(3900, 4000, (100, 4))
    near = neighbors_of_all(rows)
    _, small = by_label(diversity(near, Labels(codes=codes, names=("a", "b"), labeller="own", unicode="")))
    assert ("partly own", 0.2) == (small.level, pytest.approx(small.own_share))
    assert 8 == pytest.approx(small.ratio, abs=0.2)


def test_a_rare_label_far_above_its_chance_is_not_mixed():
    """Less than a tenth of the neighbours are its own, but that is thirty times chance: it prefers its own."""
    random = np.random.default_rng(2)
    codes = np.repeat([0, 1], [39900, 100]).astype(np.int16)
    rows = random.integers(0, 39900, (40000, 13)).astype(np.int32)
    rows[39900:, 0] = random.integers(39900, 40000, 100)
    near = neighbors_of_all(rows)
    _, small = by_label(diversity(near, Labels(codes=codes, names=("a", "b"), labeller="own", unicode="")))
    assert small.excess < 0.1
    assert small.ratio > 30
    assert "partly own" == small.level


def test_nothing_measured_is_no_verdict():
    """Without neighbourhoods and probes nothing is said; common characters are no label that is judged."""
    assert "unknown" == judge().name
    every = np.arange(200, dtype=np.int32)
    near = Neighbors(
        queries=every,
        rows=np.roll(every, 1)[:, None],
        similarity=np.zeros((200, 1), np.float32),
        candidates=every,
        excluded={},
    )
    labels = Labels(codes=np.zeros(200, np.int16), names=("Zyyy",), labeller="script", unicode="")
    assert () == by_label(diversity(near, labels))
