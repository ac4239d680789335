"""Maps against scikit-learn, and against themselves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as peer

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.projection import project, trustworthiness
from tests.conftest import planted_pieces, write_model


def test_trustworthiness_is_scikit_learns():
    """The whole sum equals scikit-learn's; a sample of tokens estimates it."""
    random = np.random.default_rng(0)
    vectors = unit_rows(random.standard_normal((300, 12)).astype(np.float32))
    points = (vectors[:, :2] + 0.1 * random.standard_normal((300, 2))).astype(np.float32)
    expected = peer(vectors, points, n_neighbors=15, metric="cosine")
    assert expected == pytest.approx(trustworthiness(vectors, points), abs=1e-6)
    assert expected == pytest.approx(trustworthiness(vectors, points, sample=150), abs=0.03)
    circle = unit_rows(vectors[:, :2].copy())
    assert 1.0 == trustworthiness(circle, circle)


def test_principal_components_are_scikit_learns(clustered):
    """PCA gives the same plane, with signs by rule."""
    space = open_model(clustered)
    found = project(space, neighbors(space, 15), method="pca")
    expected = PCA(2).fit_transform(unit_rows(space.vectors()).astype(float))
    np.testing.assert_allclose(np.abs(expected), np.abs(found.points), atol=1e-5)
    assert "PCA" == found.method


@pytest.mark.filterwarnings("ignore")
def test_umap_is_seeded_and_separates_clusters(clustered):
    """The same seed gives the same layout; clusters that are far apart stay apart."""
    pytest.importorskip("umap", reason="umap-learn comes with the [map] extra")
    space = open_model(clustered)
    near = neighbors(space, 15)
    first, again = (project(space, near, method="umap", seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.points, again.points)
    script = np.arange(240) // 60
    distance = np.linalg.norm(first.points[:, None] - first.points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (script[distance.argmin(axis=1)] == script).all()
    assert first.trustworthiness > 0.9


def test_layouts_that_do_not_fit(clustered, tmp_path):
    """A layout of another size, and a map of too few tokens, are one sentence each."""
    space = open_model(clustered)
    with pytest.raises(DamagedFile, match="its layout has the shape"):
        project(space, neighbors(space, 15), layout=np.zeros((3, 2)))
    few = open_model(write_model(tmp_path / "m", np.eye(8, dtype=np.float32) + 0.1, planted_pieces(2)))
    with pytest.raises(NotEnoughData, match="more than 15 tokens"):
        project(few, neighbors(few, 3), method="pca")


def test_a_given_layout_is_taken_as_it_is(clustered):
    """Points come from the layout by id; tokens without a place are left out."""
    space = open_model(clustered)
    layout = np.random.default_rng(0).standard_normal((240, 2)).astype(np.float32)
    layout[[4, 9]] = np.nan
    found = project(space, neighbors(space, 15), layout=layout)
    assert 238 == len(found.rows)
    np.testing.assert_array_equal(layout[found.rows], found.points)
