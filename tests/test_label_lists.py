"""Labels among neighbours: counted one by one, with each neighbour left out in turn, and as ``diversity`` has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.mixing import mixing
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.token_rows import sample_rows
from hyperpolyglot.statistics import mean_ranks

_LABELS = 5


@st.composite
def _lists(draw):
    shape = draw(st.integers(1, 6)), draw(st.integers(2, 8))
    codes = st.integers(-1, _LABELS - 1)
    kind = draw(st.sampled_from([np.int16, np.int32, np.int64]))
    near = draw(arrays(kind, shape, elements=codes))
    return LabelLists(near, draw(arrays(np.int64, shape[0], elements=codes)), _LABELS, draw(st.booleans()))


def _plain(near: list[int], own: int, with_own: bool) -> tuple[int, float]:
    """Distinct labels and own share of one list."""
    known = [label for label in near if label >= 0]
    held = {*known, own} if with_own and own >= 0 else set(known)
    share = known.count(own) / len(known) if known and own >= 0 else np.nan
    return len(held), share


@settings(deadline=None)
@given(_lists())
def test_lists_are_counted_as_a_loop_counts_them(lists):
    """Distinct labels, own shares and tallies are those of plain Python, for lists with and without labels."""
    expected = [
        _plain(near, own, lists.with_own)
        for near, own in zip(lists.near.tolist(), lists.own.tolist(), strict=True)
    ]
    assert [distinct for distinct, _ in expected] == lists.distinct().tolist()
    np.testing.assert_array_equal([share for _, share in expected], lists.own_share())
    assert [[row.count(i) for i in range(_LABELS)] for row in lists.near.tolist()] == lists.tally.tolist()


@settings(deadline=None)
@given(_lists())
def test_the_last_neighbour_takes_the_place_of_the_one_left_out(lists):
    """What ``replaced`` says is what counting again without each neighbour says."""
    of_distinct, of_share = lists.replaced()
    for i, (near, own) in enumerate(zip(lists.near.tolist(), lists.own.tolist(), strict=True)):
        distinct, share = _plain(near[:-1], own, lists.with_own)
        assert (distinct, pytest.approx(share, nan_ok=True)) == (of_distinct[0][i], of_share[0][i])
        for j in range(len(near) - 1):
            fewer, less = _plain(near[:j] + near[j + 1 :], own, lists.with_own)
            assert fewer - distinct == of_distinct[1][i, j]
            assert pytest.approx(less - share, abs=1e-6, nan_ok=True) == of_share[1][i, j]


@settings(deadline=None)
@given(arrays(np.float64, st.integers(0, 40), elements=st.sampled_from([-np.inf, -1.5, 0.0, 2.0, np.inf])))
def test_ranks_are_those_of_scipy(values):
    """Mean ranks equal scipy's, ties and infinite values included."""
    np.testing.assert_array_equal(rankdata(values), mean_ranks(values))


def test_a_value_that_is_no_number_ranks_nothing():
    """One NaN makes all ranks NaN, as scipy's are."""
    assert np.isnan(mean_ranks(np.array([1.0, np.nan, 3.0]))).all()


@pytest.mark.parametrize("k", [12, 30])
def test_mixing_is_diversity_of_all_tokens(k):
    """The short way to the numbers of all tokens gives those of the long one, its interval too."""
    space = open_model("demo:language")
    near = neighbors(space, k, queries=sample_rows(space, 0.05))
    expected, found = diversity(near, space.labels), mixing(near, space.labels)
    assert (expected.mean, expected.interval, expected.expected) == (
        found.mean,
        found.interval(),
        found.expected,
    )
    assert (expected.own_share, expected.distinct.tolist()) == (found.own_share, found.distinct.tolist())


def test_without_labels_nothing_mixes():
    """A space none of whose tokens has a label is an error, not a zero."""
    space = open_model("demo:meaning").take(np.arange(100))
    near = neighbors(space, 5)
    nothing = replace(space.labels, codes=np.full(len(space), -1, np.int16), names=())
    with pytest.raises(NotEnoughData, match="no token has a label"):
        mixing(near, nothing)
