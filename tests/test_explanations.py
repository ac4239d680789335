"""Explanations: planted frequency, hubs, dimensions and offsets are found, formulas are the published ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.explanation.explain import Evidence, compare_tables, explain
from hyperpolyglot.measures.explanation.frequency import deciles, frequency, token_frequency
from hyperpolyglot.measures.explanation.geometry import dimension, isotropy, local_dimensions, two_nn
from hyperpolyglot.measures.explanation.hubness import hubness
from hyperpolyglot.measures.explanation.removal import (
    centring,
    label_means,
    lir,
    lsar,
    lsar_basis,
    pooled_codes,
)
from hyperpolyglot.measures.explanation.subspaces import offsets, subspaces
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table
from hyperpolyglot.tokenization.segmentation import unreachable
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def space_of(vectors, codes=None, kinds=None, scores=None):
    n = len(vectors)
    codes = np.zeros(n, int) if codes is None else np.asarray(codes)
    kinds = [TokenKind.TEXT] * n if kinds is None else kinds
    scores = [None] * n if scores is None else scores
    entries = [Entry(i, f"▁t{i}", f" t{i}".encode(), kinds[i], scores[i]) for i in range(n)]
    return TokenSpace(
        model="planted",
        revision=None,
        table=Table(name="t", dtype="F32", shape=vectors.shape, stored=np.asarray(vectors, np.float32)),
        vocabulary=Vocabulary.build(entries, scheme="unigram", source="test"),
        labels=Labels(codes=codes.astype(np.int16), names=tuple("ABCDEFGH"), labeller="own", unicode=""),
        ids=np.arange(n, dtype=np.int32),
    )


def test_deciles_are_the_papers():
    """Ascending, ⌈10·rank/n⌉, ties by position, equal sizes where n is a multiple of ten."""
    values = np.random.default_rng(0).permutation(200)
    expected = np.ceil(10 * stats.rankdata(values, "ordinal") / 200).astype(int)
    np.testing.assert_array_equal(expected, deciles(values))
    assert [1, 1, 2, 2] == deciles(np.zeros(20))[:4].tolist()


def planted_diversity(space, distinct):
    """A record whose per-token counts are planted."""
    n = len(space)
    rows = np.stack([(np.arange(n) + s) % n for s in range(1, 4)], axis=1).astype(np.int32)
    near = Neighbors(
        queries=np.arange(n, dtype=np.int32),
        rows=rows,
        similarity=np.zeros(rows.shape, np.float32),
        candidates=np.arange(n, dtype=np.int32),
        excluded={},
    )
    found = diversity(near, space.labels)
    object.__setattr__(found, "distinct", np.asarray(distinct))
    return found


def test_planted_frequency_correlation():
    """Diversity that follows frequency gives rising deciles and a correlation that controls leave in place."""
    random = np.random.default_rng(1)
    counts = random.permutation(4000) + 1
    distinct = np.round(counts / 400 + random.normal(0, 2, 4000))
    space = space_of(np.ones((4000, 2)), random.integers(0, 4, 4000))
    table = {f"▁t{i}": int(c) for i, c in enumerate(counts)}
    found = frequency(space, planted_diversity(space, distinct), table)
    assert ("counts", 4000, 0) == (found.source, found.tokens, found.without_frequency)
    assert found.partial.interval[0] > 0.7
    means = [d.mean for d in found.deciles]
    assert sorted(means) == means
    assert [400] * 10 == [d.tokens for d in found.deciles]
    np.testing.assert_allclose(distinct[counts <= 400].mean(), means[0])
    assert all(d.interval[0] < d.mean < d.interval[1] for d in found.deciles)


def test_a_confounder_is_taken_out():
    """Where frequency and diversity both follow the script alone, the partial correlation is about zero."""
    random = np.random.default_rng(2)
    codes = random.integers(0, 5, 5000)
    scores = codes + 0.3 * random.standard_normal(5000)
    distinct = 3 * codes + random.integers(0, 4, 5000)
    space = space_of(np.ones((5000, 2)), codes, scores=scores.tolist())
    found = frequency(space, planted_diversity(space, distinct))
    assert "scores" == found.source
    assert found.correlation.value > 0.8
    assert abs(found.partial.value) < 0.04
    assert 5 == len(found.by_label)
    assert all(p > 0.01 for _, _, p in found.by_label)


def test_where_frequency_comes_from():
    """Counts by text or piece, else scores, else the order of ids; special tokens take no part."""
    space = space_of(np.ones((30, 2)), kinds=[TokenKind.SPECIAL] * 2 + [TokenKind.TEXT] * 28)
    values, source = token_frequency(space)
    assert ("ids", -3.0) == (source, values[3])
    values, source = token_frequency(space, {"▁t3": 7})
    assert ("counts", 7.0, 1) == (source, values[3], np.isfinite(values).sum())
    found = frequency(space, planted_diversity(space, np.arange(30)))
    assert 28 == found.tokens
    with pytest.raises(NotEnoughData, match="only 1 tokens"):
        frequency(space, planted_diversity(space, np.arange(30)), {"▁t3": 7})


def test_planted_undertrained_tokens():
    """Tokens beside the reserved rows and tokens of hardly any length are found, in the script that has them."""
    vectors = normal(1000, 20) + 0.5
    kinds = [TokenKind.TEXT] * 980 + [TokenKind.UNUSED] * 20
    vectors[980:] = 1.5 * normal(1, 20, 5) + 0.01 * normal(20, 20, 6)
    vectors[:30] = 1.5 * normal(1, 20, 5) + 0.005 * normal(30, 20, 7)
    vectors[40:45] *= 1e-4
    vectors[50] = vectors[51]
    codes = np.where(np.arange(1000) < 100, 1, 0)
    found = undertrained(space_of(vectors, codes, kinds))
    assert [*range(30), *range(40, 45)] == np.flatnonzero(found.mask).tolist()
    assert {"near_reserved": 30, "short": 5, "duplicate": 2} == found.signs
    shares = {row.label: row.share for row in found.by_label}
    assert {"A": 0.0, "B": 0.35} == shares
    assert (20, 980) == (found.reference, found.tokens)
    assert "near_reserved" in found.examples[0]["signs"]


def test_reserved_rows_without_a_common_direction_say_nothing():
    """Reserved rows that look like anything else are no reference."""
    kinds = [TokenKind.TEXT] * 480 + [TokenKind.UNUSED] * 20
    found = undertrained(space_of(normal(500, 20), None, kinds))
    assert found.agreement < 0.5
    assert not found.mask.any()


def test_a_planted_hub():
    """A token that is near to everything tops the list, and skewness is SciPy's."""
    vectors = normal(400, 30) + 0.6
    vectors[7] = vectors.mean(axis=0)
    space = space_of(vectors)
    near = neighbors(space, 12)
    found = hubness(space, near)
    assert 7 == found.hubs[0]["id"]
    counts = np.bincount(near.rows[:, :10].ravel(), minlength=400)
    assert counts[7] == found.largest
    assert stats.skew(counts) == pytest.approx(found.skewness, abs=1e-9)
    assert np.mean(counts == 0) == found.antihubs
    gini = np.abs(counts - 10).sum() / 2 / 4000
    assert gini == pytest.approx(found.robin_hood)
    with pytest.raises(NotEnoughData, match="only 12"):
        hubness(space, near, 20)


def test_random_neighbours_have_the_expected_hubs():
    """Neighbours drawn at random give the skewness and the share of anti-hubs of the null."""
    random = np.random.default_rng(3)
    n, k = 3000, 4
    rows = (np.arange(n)[:, None] + random.integers(1, n, (n, k))) % n
    near = Neighbors(
        queries=np.arange(n, dtype=np.int32),
        rows=rows.astype(np.int32),
        similarity=np.zeros((n, k), np.float32),
        candidates=np.arange(n, dtype=np.int32),
        excluded={},
    )
    found = hubness(space_of(np.ones((n, 2))), near, k)
    assert found.skewness_expected == pytest.approx(found.skewness, abs=0.12)
    assert found.antihubs_expected == pytest.approx(found.antihubs, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_iso_score_is_the_published_formula(seed):
    """The steps of Rudman et al. (2022), section 3, and cosines of all pairs, computed naively."""
    vectors = normal(300, 8, seed) * np.linspace(0.2, 3, 8).astype(np.float32) + 0.4
    found = isotropy(vectors)
    values = np.sort(np.linalg.eigvalsh(np.cov(vectors.T.astype(np.float64))))
    scaled = np.sqrt(8) * values / np.linalg.norm(values)
    defect = np.linalg.norm(scaled - 1) / np.sqrt(2 * (8 - np.sqrt(8)))
    share = (8 - defect**2 * (8 - np.sqrt(8))) ** 2 / 64
    assert (8 * share - 1) / 7 == pytest.approx(found.iso_score, abs=1e-6)
    assert values.sum() ** 2 / (values**2).sum() == pytest.approx(found.participation, abs=1e-6)
    unit = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    assert (unit @ unit.T)[np.triu_indices(300, 1)].mean() == pytest.approx(found.mean_cosine, abs=1e-6)
    unit -= unit.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    assert (unit @ unit.T)[np.triu_indices(300, 1)].mean() == pytest.approx(
        found.centred_mean_cosine, abs=1e-6
    )


def test_isotropy_of_noise_and_of_a_line():
    """Isotropic noise scores what is expected of it; one direction scores zero; an outlier dimension is named."""
    found = isotropy(normal(2000, 50))
    assert found.iso_score_expected == pytest.approx(found.iso_score, abs=0.005)
    assert () == found.outlier_dimensions
    line = np.outer(normal(200, 1)[:, 0], np.ones(10)).astype(np.float32)
    assert 0.0 == pytest.approx(isotropy(line).iso_score, abs=1e-6)
    vectors = normal(1000, 20)
    vectors[:, 3] *= 4
    vectors[:, 5] += 6
    found = {row["dimension"]: row for row in isotropy(vectors).outlier_dimensions}
    assert {3, 5} == set(found)
    assert found[5]["cosine_share"] > 0.9
    assert found[3]["variance_ratio"] > 5


@pytest.mark.parametrize("planted", [2, 5])
def test_planted_dimension(planted):
    """A curved d0-dimensional surface in 60 dimensions has about d0; Gaussian noise of its covariance has far more."""
    random = np.random.default_rng(planted)
    flat = random.uniform(-1, 1, (2500, planted))
    folded = np.concatenate([np.sin(flat @ random.standard_normal((planted, 30)) * 1.5 + 1)], axis=1)
    vectors = (folded @ random.standard_normal((30, 60)) + 30 * random.standard_normal(60)).astype(np.float32)
    space = space_of(vectors)
    found = dimension(space, neighbors(space, 20))
    assert planted == pytest.approx(found.two_nn, rel=0.2)
    assert found.two_nn_baseline > 1.5 * planted
    assert found.local_pca < found.local_pca_baseline
    assert 0 == found.duplicates


def test_gaussian_vectors_have_their_baseline():
    """For Gaussian vectors the value and its baseline agree."""
    space = space_of(normal(3000, 12))
    found = dimension(space, neighbors(space, 20))
    assert found.two_nn_baseline == pytest.approx(found.two_nn, rel=0.1)
    assert found.local_pca_baseline == pytest.approx(found.local_pca, rel=0.1)


def test_duplicates_are_left_out():
    """Copies in the same place are counted and do not enter the estimate."""
    vectors = normal(600, 6)
    space = space_of(np.concatenate([vectors, vectors[:50]]))
    assert 100 == dimension(space, neighbors(space, 10)).duplicates


def test_two_nn_is_scikit_dimensions():
    """The estimate is that of scikit-dimension, to 1e-6."""
    skdim = pytest.importorskip("skdim")
    points = np.random.default_rng(5).standard_normal((700, 5))
    distances = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)[:, 1:3]
    expected = skdim.id.TwoNN(discard_fraction=0.1).fit(points).dimension_
    assert expected == pytest.approx(two_nn(distances[:, 0], distances[:, 1]), rel=1e-6)


def test_local_dimension_by_covariance():
    """The participation ratio of a neighbourhood is that of its covariance matrix."""
    unit = unit_rows(normal(40, 6))
    values = np.linalg.eigvalsh(np.cov(unit[:15].T.astype(np.float64)))
    expected = values.sum() ** 2 / (values**2).sum()
    assert expected == pytest.approx(local_dimensions(unit, np.arange(15)[None])[0], abs=1e-6)


def shifted(seed=0, languages=4, meanings=300, d=30, size=4.0):
    """Languages that share one space of meanings but for an offset each."""
    points = np.tile(normal(meanings, d, seed), (languages, 1)) + 0.05 * normal(
        languages * meanings, d, seed + 1
    )
    codes = np.repeat(np.arange(languages), meanings)
    return (points + size * normal(languages, d, seed + 2)[codes]).astype(np.float32), codes


def test_offsets_by_definition():
    """Shares of variance follow from sums of squares; without offsets they are what permuting labels gives."""
    vectors, codes = shifted(size=1.0)
    labels = space_of(vectors, codes).labels
    found = offsets(vectors, labels)
    total = ((vectors - vectors.mean(axis=0)) ** 2).sum()
    within = sum(((vectors[codes == c] - vectors[codes == c].mean(axis=0)) ** 2).sum() for c in range(4))
    assert 1 - within / total == pytest.approx(found.share, abs=1e-5)
    assert (total - within) / within == pytest.approx(found.ratio, rel=1e-4)
    shares = []
    for seed in range(20):
        mixed = np.random.default_rng(seed).permutation(codes)
        shares.append(offsets(vectors, space_of(vectors, mixed).labels).share)
    assert found.expected == pytest.approx(np.mean(shares), rel=0.1)


def test_languages_of_one_shape_explain_each_other():
    """Languages that differ by an offset alone have the same principal directions; turned ones do not."""
    scale = np.geomspace(10, 0.1, 30).astype(np.float32)
    points = normal(600, 30) * scale
    turn = np.linalg.qr(normal(30, 30, 3))[0]
    codes = np.repeat([0, 1, 2], 600)
    vectors = np.concatenate([points, normal(600, 30, 5) * scale + 9, points @ turn]).astype(np.float32)
    found = {
        (row["a"], row["b"]): row["share"]
        for row in offsets(vectors, space_of(vectors, codes).labels).explained
    }
    assert found["A", "B"] > 0.98
    assert found["A", "C"] < 0.7
    assert 1.0 == pytest.approx(found["C", "C"])


def test_removals_by_their_definitions():
    """Centred means vanish; LIR leaves nothing along each first direction; LSAR leaves means that are alike."""
    vectors, codes = shifted()
    learned = np.arange(len(codes))
    groups = pooled_codes(codes, learned)
    assert [1, 2, 3, 4] == np.unique(groups).tolist()
    np.testing.assert_allclose(
        0, label_means(centring(vectors, groups, learned), groups, learned)[1:], atol=1e-5
    )
    result = lir(vectors, groups, learned)
    for c in range(4):
        first = np.linalg.svd(vectors[codes == c].astype(np.float64), full_matrices=False)[2][0]
        np.testing.assert_allclose(
            vectors[codes == c] - np.outer(vectors[codes == c] @ first, first), result[codes == c], atol=1e-4
        )
    means = label_means(vectors, groups, learned)[1:]
    basis = lsar_basis(means, 3)
    np.testing.assert_allclose(np.eye(3), basis.T @ basis, atol=1e-9)
    after = label_means(lsar(vectors, groups, learned), groups, learned)[1:]
    np.testing.assert_allclose(np.tile(after[0], (4, 1)), after, atol=1e-4)


def test_lsar_keeps_the_common_vector():
    """The common vector is at right angles to the language subspace and survives."""
    means = normal(5, 20).astype(np.float64)
    basis = lsar_basis(means, 4)
    common = means - means @ basis @ basis.T
    np.testing.assert_allclose(np.tile(common[0], (5, 1)), common, atol=1e-9)
    assert np.linalg.norm(common[0]) > 0.1
    assert (20, 0) == lsar_basis(means[:1], 3).shape


def test_small_and_missing_labels_are_one_group():
    """Labels with fewer than 20 rows to learn from, and none, are group 0."""
    codes = np.array([-1] * 5 + [0] * 30 + [1] * 10)
    assert [0] * 5 + [1] * 30 + [0] * 10 == pooled_codes(codes, np.arange(45)).tolist()


def test_removing_planted_offsets_restores_mixing():
    """Far offsets keep languages apart, perfectly separable; without them a meaning meets its translations."""
    vectors, codes = shifted(d=100, size=8.0)
    space = space_of(vectors, codes)
    found = subspaces(space, neighbors(space, 10), translate=lambda s: {"seen": s.model})
    effect = {e.removal: e for e in found.effects}
    assert ["none", "centring", "lir", "lsar"] == [e.removal for e in found.effects]
    assert (1.0, 1.0) == (effect["none"].diversity, effect["none"].kept)
    assert effect["none"].accuracy > 0.99
    for name in ("centring", "lir", "lsar"):
        assert effect[name].diversity > 3.3, name
        assert effect[name].accuracy < 0.65, name
        assert effect[name].kept < 0.9, name
    assert {"seen": "planted (lir)"} == effect["lir"].translation
    assert 0.5 == effect["none"].chance
    assert found.offsets.share > 0.9


def test_nothing_to_remove():
    """Labels given at random: accuracy stays at a half, not below, and diversity at its expectation."""
    codes = np.random.default_rng(0).integers(0, 4, 1600)
    space = space_of(normal(1600, 40), codes)
    for effect in subspaces(space, neighbors(space, 10)).effects:
        assert effect.accuracy == pytest.approx(0.5, abs=0.06)
        assert effect.diversity == pytest.approx(effect.expected, abs=0.12)


def test_input_against_output_table():
    """A table against its own copy is equal; against an unrelated one it is at chance; widths may differ."""
    first, other = space_of(normal(300, 16) + 1), space_of(normal(300, 16, 4) + 1)
    same = compare_tables(first, first, 10)
    assert (1.0, 1.0) == (pytest.approx(same.cosine.value), same.overlap.value)
    found = compare_tables(first, other, 10)
    assert found.cosine.interval[0] < found.cosine.null < found.cosine.interval[1]
    assert found.overlap.p > 0.01
    wide = compare_tables(first, space_of(normal(300, 24)), 10)
    assert (None, "the tables have 16 and 24 columns") == (wide.cosine.value, wide.cosine.note)
    with pytest.raises(ValueError, match="same tokens"):
        compare_tables(first, space_of(normal(10, 16)))


def test_all_in_one_record():
    """The JSON has the keys of the contract, is plain JSON, and the same seed gives the same bytes."""
    vectors, codes = shifted(meanings=150)
    space = space_of(vectors, codes, scores=(-np.arange(600.0)).tolist())
    near = neighbors(space, 15)
    steps = []
    found = explain(
        space,
        near,
        Evidence(output=space),
        progress=lambda step, done, total: steps.append((step, done, total)),
    )
    written = json.dumps(found.to_json(), allow_nan=False)
    keys = {"frequency", "undertrained", "hubness", "isotropy", "dimension", "subspaces", "tables"}
    assert keys <= json.loads(written).keys()
    assert written == json.dumps(explain(space, near, Evidence(output=space)).to_json())
    assert ("explanations", 7, 7) == steps[-1]
    assert ["none", "centring", "lir", "lsar"] == [row["removal"] for row in found.table()]


def vocabulary_of(pieces, scheme):
    entries = [Entry(i, text, text.encode(), score=score) for i, (text, score) in enumerate(pieces)]
    return Vocabulary.build(entries, scheme=scheme, source="test")


def test_pieces_that_no_text_is_cut_into():
    """Unigram: a better cut, the same bytes, what a normaliser changes. BPE: no pair of pieces is joined to it."""
    pieces = [("a", -1), ("b", -1), ("ab", -9), ("ba", -1.5), ("a", -1), ("ﬁ", -1), ("fi", -1)]
    assert [2, 4, 5] == np.flatnonzero(unreachable(vocabulary_of(pieces, "unigram"))).tolist()
    pieces = [("a", -9), ("b", -9), ("c", -9), ("bc", -1), ("ab", -2), ("abca", -3), ("abc", -4)]
    assert [] == np.flatnonzero(unreachable(vocabulary_of(pieces, "BPE"))).tolist()
    pieces.remove(("abc", -4))  # a bc a is where the joining of abca ends
    assert [5] == np.flatnonzero(unreachable(vocabulary_of(pieces, "BPE"))).tolist()


def test_unreachable_tokens_are_counted_and_not_masked():
    """They stand beside the under-trained ones of each label."""
    space = space_of(normal(50, 8) + 1)
    found = undertrained(space, np.arange(50) < 5)
    assert (5, 0.1, 0) == (found.by_label[0].unreachable, found.unreachable_share, found.mask.sum())
    assert 5 == found.to_json()["signs"]["unreachable"]
    assert undertrained(space).unreachable_share is None


def test_tokens_left_out_take_no_part():
    """No neighbour, no query, no probe; the reason is counted, and what is kept under a digest is another."""
    space = space_of(normal(60, 8))
    less = space.without(np.arange(60) < 10, "undertrained")
    found = neighbors(less, 5)
    assert 10 == found.rows.min()
    assert {"undertrained": 10} == found.excluded
    assert 50 == len(less.take(np.arange(60)[::-1]).candidates().rows)
    assert space.token_digest != less.token_digest
    with pytest.raises(ValueError):
        space.without(np.zeros(3, bool), "undertrained")


def test_views_of_a_table():
    """Scaled rows have the same neighbours; layer-normed ones are those of torch's formula; digests differ."""
    space = space_of(normal(80, 16) + np.linspace(0, 2, 16, dtype=np.float32))
    views = {view: replace(space, table=space.table.seen(view)) for view in ("raw", "scaled", "normed")}
    rows = space.vectors().astype(np.float64)
    expected = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(rows.var(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(expected, views["normed"].vectors(), atol=1e-6)
    np.testing.assert_allclose(rows * 4, views["scaled"].vectors(), rtol=1e-6)
    near = {view: neighbors(seen, 5).rows.tolist() for view, seen in views.items()}
    assert near["raw"] == near["scaled"]
    assert near["raw"] != near["normed"]
    assert 3 == len({seen.digest for seen in views.values()})


def test_counts_of_a_corpus_know_rare_tokens():
    """A token that a corpus does not hold has the frequency zero; one that a list does not hold has none."""
    space = space_of(normal(40, 8))
    values, source = token_frequency(space, np.arange(40.0))
    assert ("corpus", 0.0) == (source, values[0])
    values, source = token_frequency(space, {"▁t3": 2.0})
    assert ("counts", 39) == (source, np.isnan(values).sum())


def test_explaining_a_sample():
    """Neighbours of some tokens are enough; too few neighbours are not."""
    vectors, codes = shifted(meanings=150)
    space = space_of(vectors, codes)
    found = explain(space, neighbors(space, 10, queries=np.arange(0, 600, 3)))
    assert 200 == found.hubness.queries
    assert 0 < found.subspaces.effects[0].queries <= 200
    with pytest.raises(NotEnoughData, match="only 5"):
        explain(space, neighbors(space, 5))
