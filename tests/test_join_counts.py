"""What a neighbour graph gives where its labels are permuted, against permuting them."""

from __future__ import annotations

import numpy as np
import pytest

from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.join_counts import join_counts
from hyperpolyglot.report.sections.mixing import lift_interval


def planted_graph(n=60, k=5):
    """A graph with hubs and mutual neighbours, int ``[n, k]``, and labels of 6 tokens without one, 10, 14 and 30."""
    random = np.random.default_rng(0)
    popular = random.random(n) ** 4 + 0.01
    rows = []
    for i in range(n):
        others = np.delete(np.arange(n), i)
        rows.append(random.choice(others, k, replace=False, p=popular[others] / popular[others].sum()))
    codes = random.permutation(np.repeat([-1, 0, 1, 2], [6, 10, 14, 30])).astype(np.int16)
    return np.array(rows), codes


def test_mean_and_deviation_are_those_of_permutations():
    """Own share, one label's own edges and edges between two labels: 4,000 permutations have the same two moments."""
    rows, codes = planted_graph()
    every = np.arange(len(rows))
    found = join_counts(
        rows, every, every, Labels(codes=codes, names=("a", "b", "c"), labeller="own", unicode="")
    )
    random, labelled = np.random.default_rng(1), np.flatnonzero(codes >= 0)
    drawn = []
    for _ in range(4000):
        permuted = codes.copy()
        permuted[labelled] = random.permutation(codes[labelled])
        valid = (permuted[rows] >= 0) & (permuted >= 0)[:, None]
        sizes = valid.sum(axis=1)
        weight = np.where(sizes > 0, 1 / np.maximum(sizes, 1), 0)[:, None] / np.count_nonzero(sizes)
        same = valid & (permuted[rows] == permuted[:, None])
        first = (permuted == 0)[:, None]
        drawn.append([(weight * part).sum() for part in (same, same & first, first & (permuted[rows] == 1))])
    for at, (mean, deviation) in enumerate([found.own(), found.between("a", "a"), found.between("a", "b")]):
        values = np.array(drawn)[:, at]
        assert abs(values.mean() - mean) < 5 * deviation / np.sqrt(len(values))
        assert 0.95 < values.std() / deviation < 1.05


def test_too_little_to_deal():
    """Without labelled neighbours, or with three labelled tokens, there is nothing to deal."""
    rows, codes = planted_graph()
    every = np.arange(len(rows))
    for few in (np.full(len(rows), -1), np.where(every < 3, 0, -1)):
        labels = Labels(codes=few.astype(np.int16), names=("a",), labeller="own", unicode="")
        assert join_counts(rows, every, every, labels) is None
    assert codes.size


@pytest.mark.parametrize(("boost", "spread"), [(1.0, 0.7), (3.0, 0.7)])
def test_the_interval_of_a_lift_covers(boost, spread):
    """Of 200 graphs with hubs, tokens of a preferring b or not, 92 to 99 % of the intervals hold the truth."""
    random = np.random.default_rng(2)
    n, k = 300, 8
    codes = np.repeat([0, 1, 2], [70, 80, 150]).astype(np.int16)
    labels = Labels(codes=codes, names=("a", "b", "c"), labeller="own", unicode="")
    every = np.arange(n)
    prefers = np.ones((3, 3))
    prefers[0, 1] = boost
    lifts, ends = [], []
    for _ in range(200):
        chances = random.lognormal(0, spread, n)[None, :] * prefers[codes][:, codes]
        np.fill_diagonal(chances, 1e-300)
        rows = np.argpartition(-np.log(chances) - random.gumbel(size=(n, n)), k, axis=1)[:, :k]
        mean, deviation = join_counts(rows, every, every, labels).share_between("a", "b")
        share = float((codes[rows[codes == 0]] == 1).mean())
        lifts.append(share / mean)
        ends.append(lift_interval(share, mean, deviation))
    truth = np.mean(lifts)
    covered = np.mean([low <= truth <= high for low, high in ends])
    assert 0.92 <= covered <= 0.99
