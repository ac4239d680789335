"""The engine against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hyperpolyglot.engine import nearest as engine
from hyperpolyglot.engine.cosine import norms, unit_rows
from hyperpolyglot.engine.nearest import Search, nearest, slack
from hyperpolyglot.errors import NotEnoughData


def ordered_dot(x, y):
    """The stated summation, written as plainly as it is stated."""
    sums = [0.0] * 8
    for m, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        sums[m % 8] += a * b
    s = sums
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))


def oracle(vectors, k):
    """Neighbours and float64 cosines by definition."""
    length = [np.sqrt(ordered_dot(x, x)) for x in vectors]
    rows, values = [], []
    for i, x in enumerate(vectors):
        cosines = [(ordered_dot(x, y) / (length[i] * length[j]), j) for j, y in enumerate(vectors) if j != i]
        best = sorted(cosines, key=lambda c: (-c[0], c[1]))[:k]
        rows.append([j for _, j in best])
        values.append([np.float32(c) for c, _ in best])
    return np.array(rows), np.array(values, np.float32)


small = arrays(
    np.float32,
    st.tuples(st.integers(3, 24), st.integers(1, 19)),
    elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3, width=32)),
).filter(lambda a: a.any(axis=1).all())


@settings(max_examples=80, deadline=None)
@given(small, st.data())
def test_equal_to_brute_force_with_ties(vectors, data):
    """Ids, order and stored similarities are those of the definition, for tied and duplicate rows too."""
    k = data.draw(st.integers(1, len(vectors) - 1))
    rows, values = oracle(vectors, k)
    found = nearest(vectors, k)
    np.testing.assert_array_equal(rows, found.positions)
    np.testing.assert_array_equal(values, found.similarity)


@pytest.mark.parametrize("dim", [3, 8, 64, 301])
def test_blocks_and_threads_change_nothing(dim, monkeypatch):
    """The result is the same bytes for any block size and thread count."""
    random = np.random.default_rng(dim)
    vectors = random.standard_normal((400, dim)).astype(np.float32)
    vectors[100:140] = vectors[3]
    whole = nearest(vectors, 30, threads=2)
    monkeypatch.setattr(engine, "_BLOCK_BYTES", 4 * 400 * 7)
    for threads in (1, 3):
        part = nearest(vectors, 30, threads=threads)
        assert whole.positions.tobytes() == part.positions.tobytes()
        assert whole.similarity.tobytes() == part.similarity.tobytes()


def test_near_ties_below_float32_are_ordered_by_float64():
    """Cosines that float32 products cannot tell apart come in their float64 order."""
    random = np.random.default_rng(0)
    base = random.standard_normal(256).astype(np.float32)
    vectors = np.tile(base, (60, 1))
    vectors[np.arange(60), random.integers(0, 256, 60)] *= np.float32(1 + 2e-6)
    rows, _ = oracle(vectors, 40)
    np.testing.assert_array_equal(rows, nearest(vectors, 40).positions)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_length_does_not_matter(scale):
    """Rows of any length have the neighbours of their direction."""
    vectors = np.random.default_rng(1).standard_normal((50, 9)).astype(np.float32)
    lengths = np.random.default_rng(2).uniform(0.5, 2, (50, 1))
    scaled = (vectors * lengths * scale).astype(np.float32)
    np.testing.assert_array_equal(nearest(vectors, 5).positions, nearest(scaled, 5).positions)


def test_the_filter_bound_holds():
    """No float32 product of unit rows is further from the cosine than the bound says."""
    random = np.random.default_rng(3)
    for dim in (2, 33, 768, 4096):
        vectors = random.standard_normal((200, dim)).astype(np.float32) + np.float32(1.5)
        units = unit_rows(vectors)
        exact = vectors.astype(np.float64)
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
        assert np.abs((units @ units.T) - exact @ exact.T).max() < slack(dim)


def test_among_others_and_itself():
    """A query that is not among the vectors keeps all of them; one that is leaves itself out."""
    vectors = np.eye(4, dtype=np.float32) + np.float32(0.1)
    found = Search()(vectors[:2], np.array([-1, 1], np.int32), vectors, 3)
    assert 0 == found.positions[0, 0]
    assert 1 not in found.positions[1]


def test_too_few_tokens():
    """Asking for more neighbours than there are is one sentence."""
    with pytest.raises(NotEnoughData, match="5 neighbours were asked for, but a token has only 2 others"):
        nearest(np.eye(3, dtype=np.float32), 5)


def test_norms_are_the_stated_sum():
    """Lengths follow the stated order of summation to the last bit."""
    vectors = np.random.default_rng(4).standard_normal((20, 77)).astype(np.float32)
    assert [float(np.sqrt(ordered_dot(x, x))) for x in vectors] == norms(vectors).tolist()
