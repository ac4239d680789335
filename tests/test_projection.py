"""Maps against scikit-learn and umap-learn, and against themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as peer

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.errors import DamagedFile, MissingExtra, NotEnoughData
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.projection import project, trustworthiness
from hyperpolyglot.measures.projection.graph import fuzzy_graph
from hyperpolyglot.measures.projection.layout import CURVE, laid_out
from hyperpolyglot.study import StudyOptions
from hyperpolyglot.study.catalogue import SINGLE, Context, neighbors_step
from tests.conftest import planted_pieces, write_model


def nearest_of(units, k=14):
    """Rows of the nearest others and their distances, by brute force."""
    cosines = units.astype(float) @ units.T.astype(float)
    np.fill_diagonal(cosines, -np.inf)
    rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k].astype(np.int32)
    found = np.take_along_axis(cosines, rows, axis=1)
    return rows, np.sqrt(np.maximum(0.0, 2.0 - 2.0 * found))


def groups(count, size, dim=24, seed=0):
    """Unit rows around some directions."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.standard_normal((count, dim)), size, axis=0)
    return unit_rows((centres + 0.4 * random.standard_normal(centres.shape)).astype(np.float32))


def test_trustworthiness_is_scikit_learns():
    """The whole sum equals scikit-learn's; a sample of tokens estimates it."""
    random = np.random.default_rng(0)
    vectors = unit_rows(random.standard_normal((300, 12)).astype(np.float32))
    points = (vectors[:, :2] + 0.1 * random.standard_normal((300, 2))).astype(np.float32)
    expected = peer(vectors.astype(float), points.astype(float), n_neighbors=15, metric="cosine")
    assert expected == pytest.approx(trustworthiness(vectors, points), abs=1e-12)
    assert expected == pytest.approx(trustworthiness(vectors, points, sample=150), abs=0.03)
    circle = unit_rows(vectors[:, :2].copy())
    assert 1.0 == trustworthiness(circle, circle)


def test_ranks_are_counted_among_ties_and_near_ties():
    """Duplicates have the same rank, and tokens a rounding apart have different ones, as float64 cosines say."""
    random = np.random.default_rng(1)
    vectors = np.repeat(random.standard_normal((60, 8)).astype(np.float32), 10, axis=0)
    vectors[::3] *= np.float32(1) + np.float32(1e-6) * random.standard_normal((200, 8)).astype(np.float32)
    units, points = unit_rows(vectors), random.standard_normal((600, 2)).astype(np.float32)
    cosines = np.array([[np.dot(a, b) for b in units.astype(float)] for a in units.astype(float)])
    np.fill_diagonal(cosines, -np.inf)
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :15]
    exact = np.round(cosines, 14)  # sums of eight products differ in their last bits by their order
    ranks = [(exact[i] > exact[i, j]).sum() + 1 for i in range(600) for j in near[i]]
    expected = 1 - 2 / (600 * 15 * (1200 - 46)) * np.maximum(0, np.array(ranks) - 15).sum()
    assert expected == pytest.approx(trustworthiness(units, points), abs=1e-9)


def test_no_number_of_threads_changes_a_map():
    """One, two and five threads give the same bytes, of points and of trustworthiness; another seed another map."""
    units = groups(60, 40)
    rows, distances = nearest_of(units)
    maps = [laid_out(units, rows, distances, seed=7, threads=threads) for threads in (1, 2, 5)]
    assert 1 == len({points.tobytes() for points in maps})
    assert 1 == len({trustworthiness(units, maps[0], sample=500, threads=threads) for threads in (1, 2, 5)})
    assert not np.array_equal(maps[0], laid_out(units, rows, distances, seed=8))


def test_the_curve_is_the_one_of_min_dist():
    """a is fitted as umap-learn fits it, with b = 1."""
    fitted = pytest.importorskip("umap.umap_", reason="umap-learn comes with the [map] extra")
    a, b = fitted.find_ab_params(1.0, 0.2)
    distances = np.linspace(0, 3, 300)
    theirs, ours = 1 / (1 + a * distances ** (2 * b)), 1 / (1 + CURVE * distances**2)
    np.testing.assert_allclose(theirs, ours, atol=1e-3)


def test_the_graph_is_umap_learns():
    """Edges and weights are those of umap-learn's fuzzy simplicial set, duplicates among the rows or not."""
    peer_of = pytest.importorskip("umap.umap_", reason="umap-learn comes with the [map] extra")
    units = groups(20, 15)
    units[40:60] = units[40]
    rows, distances = nearest_of(units)
    with ThreadPoolExecutor(2) as pool:
        found = fuzzy_graph(rows, distances, pool, 3)
    ours = csr_matrix((found.weight, found.tail, found.start), shape=(300, 300))
    theirs, *_ = peer_of.fuzzy_simplicial_set(
        units, 15, None, "euclidean",
        knn_indices=np.column_stack([np.arange(300), rows]),
        knn_dists=np.column_stack([np.zeros(300), distances]).astype(np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(theirs.toarray(), ours.toarray(), atol=2e-4)
    np.testing.assert_array_equal(np.repeat(np.arange(300), np.diff(found.start)), found.head)


def test_principal_components_are_scikit_learns(clustered):
    """PCA gives the same plane, with signs by rule."""
    space = open_model(clustered)
    found = project(space, neighbors(space, 15), method="pca")
    expected = PCA(2).fit_transform(unit_rows(space.vectors()).astype(float))
    np.testing.assert_allclose(np.abs(expected), np.abs(found.points), atol=1e-5)
    assert "PCA" == found.method


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["auto", "umap-learn"])
def test_maps_are_seeded_and_separate_clusters(clustered, method):
    """The same seed gives the same layout; clusters that are far apart stay apart."""
    if method == "umap-learn":
        pytest.importorskip("umap", reason="umap-learn comes with the [map] extra")
    space = open_model(clustered)
    near = neighbors(space, 15)
    first, again = (project(space, near, method=method, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.points, again.points)
    script = np.arange(240) // 60
    distance = np.linalg.norm(first.points[:, None] - first.points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (script[distance.argmin(axis=1)] == script).all()
    assert first.trustworthiness > 0.9
    assert {"auto": "UMAP"}.get(method, method) == first.method


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["language", "meaning", "e5"])
def test_maps_are_as_good_as_umap_learns(name):
    """Trustworthiness, and the share of the 15 nearest that stay the 15 nearest, are at most 0.01 below."""
    pytest.importorskip("umap", reason="umap-learn comes with the [map] extra")
    space = open_model(f"demo:{name}")
    near = neighbors(space, 15)
    ours, theirs = (project(space, near, method=method) for method in ("umap", "umap-learn"))
    assert ours.trustworthiness > theirs.trustworthiness - 0.01
    assert preserved(near, ours.points) > preserved(near, theirs.points) - 0.01


def preserved(near, points):
    """The share of neighbours that are neighbours on the map, over 2,000 tokens."""
    chosen = np.random.default_rng(0).choice(len(points), 2000, replace=False)
    kept = 0
    for i in chosen:
        apart = ((points - points[i]) ** 2).sum(axis=1)
        apart[i] = np.inf
        on_map = near.queries[np.argpartition(apart, 15)[:15]]
        kept += len(np.intersect1d(on_map, near.rows[i, :15]))
    return kept / (15 * len(chosen))


def test_umap_learn_is_needed_for_its_own_layout_alone(clustered, monkeypatch):
    """Without the extra there is a map by default, and a sentence where umap-learn was asked for."""
    monkeypatch.setattr("hyperpolyglot.measures.projection.maps.find_spec", lambda _: None)
    space = open_model(clustered)
    near = neighbors(space, 15)
    assert "UMAP" == project(space, near).method
    with pytest.raises(MissingExtra, match=r"a layout by umap-learn needs .*hyperpolyglot\[map\]"):
        project(space, near, method="umap-learn")


@pytest.mark.parametrize(("protocol", "method"), [("default", "umap"), ("paper", "umap-learn")])
def test_the_papers_protocol_takes_the_papers_library(clustered, protocol, method):
    """A study by the paper's protocol is laid out by umap-learn, any other by the package."""
    space = open_model(clustered)
    context = Context(
        space=space,
        options=StudyOptions(protocol=protocol),
        lexicon=packaged_lexicon(),
        near=neighbors_step(space, 15),
    )
    (measure,) = (measure for measure in SINGLE if measure.key == "map")
    assert method == measure.plan(context).arguments["method"]


def test_layouts_that_do_not_fit(clustered, tmp_path):
    """A layout of another size, a map of too few tokens, and neighbours of some only, are one sentence each."""
    space = open_model(clustered)
    with pytest.raises(DamagedFile, match="its layout has the shape"):
        project(space, neighbors(space, 15), layout=np.zeros((3, 2)))
    few = open_model(write_model(tmp_path / "m", np.eye(8, dtype=np.float32) + 0.1, planted_pieces(2)))
    with pytest.raises(NotEnoughData, match="more than 15 tokens"):
        project(few, neighbors(few, 3), method="pca")
    with pytest.raises(NotEnoughData, match="the neighbours of all tokens"):
        project(space, neighbors(space, 15, queries=np.arange(40)))


def test_a_given_layout_is_taken_as_it_is(clustered):
    """Points come from the layout by id; tokens without a place are left out."""
    space = open_model(clustered)
    layout = np.random.default_rng(0).standard_normal((240, 2)).astype(np.float32)
    layout[[4, 9]] = np.nan
    found = project(space, neighbors(space, 15), layout=layout)
    assert 238 == len(found.rows)
    np.testing.assert_array_equal(layout[found.rows], found.points)
