"""``protocol="paper"`` against the authors' procedure, written out as PAPER: section 4 states it."""

from __future__ import annotations

import numpy as np
import pytest

from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.neighbors import neighborhoods, neighbors
from hyperpolyglot.measures.token_rows import sample_rows
from hyperpolyglot.writing.paper import category_of

K = 50


@pytest.fixture(scope="module", params=["demo:meaning", "demo:language"])
def authors(request):
    """A space under the paper's labels, a sample of its rows, and for them the authors' float32 lists of 51."""
    space = open_model(request.param, labels="paper")
    candidates = space.candidates().rows
    rows = sample_rows(space, 0.05, seed=0)
    vectors = space.vectors(candidates)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    own = np.searchsorted(candidates, rows)
    products = unit[own] @ unit.T
    lists = candidates[np.argsort(-products, axis=1, kind="stable")[:, : K + 1]]
    return space, rows, lists


def test_neighbour_lists(authors):
    """Lists are equal but where float64 cosines differ by less than 2e-6; the token itself comes first."""
    space, rows, lists = authors
    near = neighbors(space, K, queries=rows)
    ours = np.column_stack([rows, near.rows])
    vectors = space.vectors().astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    for i, row in enumerate(rows):
        cosines = vectors @ vectors[row]
        moved = ours[i] != lists[i]
        assert (np.abs(cosines[ours[i][moved]] - cosines[lists[i][moved]]) < 2e-6).all()
    shown = neighborhoods(space, rows[:5].tolist(), K + 1, include_self=True)
    assert rows[:5].tolist() == [query.rows[0] for query in shown.queries]


def test_diversity_of_equal_lists(authors):
    """Mean and deviation (n − 1) over the 51 entries are theirs to 1e-9."""
    space, rows, _ = authors
    near = neighbors(space, K, queries=rows)
    texts = space.vocabulary.pieces
    counted = [
        len({category_of(texts[j]) for j in (row, *others)})
        for row, others in zip(rows.tolist(), near.rows.tolist(), strict=True)
    ]
    found = diversity(near, space.labels, protocol="paper")
    assert found.mean == pytest.approx(np.mean(counted), abs=1e-9)
    assert found.sd == pytest.approx(np.std(counted, ddof=1), abs=1e-9)


def test_the_demos_are_the_two_ends():
    """The demo models differ as they are said to: at least three times the scripts among 50 neighbours."""
    means = {}
    for name in ("language", "meaning"):
        space = open_model(f"demo:{name}")
        found = diversity(neighbors(space, K, queries=sample_rows(space, 0.1)), space.labels)
        means[name] = found.mean
        assert found.expected > 20
    assert means["meaning"] > 3 * means["language"]
