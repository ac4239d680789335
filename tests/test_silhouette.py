"""Silhouettes against scikit-learn, planted clusters, and permuted labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.metrics import silhouette_samples

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.silhouette import SilhouetteOptions, _means, silhouette

from .conftest import write_model

LETTERS = {"Latn": "a", "Cyrl": "б", "Grek": "γ", "Hang": "가"}


def model(folder, vectors, scripts, tokens):
    """A model whose first ``tokens`` rows are words of the first script, and so on."""
    pieces = [
        "▁" + "".join(chr(ord(LETTERS[script]) + int(digit)) for digit in f"{i:04d}")
        for script in scripts
        for i in range(tokens)
    ]
    return open_model(write_model(folder, vectors.astype(np.float32), pieces))


def clusters(random, scripts, tokens, dim, apart):
    """Normal points around one normal centre for each script."""
    centres = apart * random.standard_normal((scripts, dim))
    return np.concatenate([centre + random.standard_normal((tokens, dim)) for centre in centres])


@settings(deadline=None, max_examples=40)
@given(some.integers(0, 10_000), some.integers(2, 5), some.integers(2, 12), some.integers(2, 6))
def test_means_are_those_of_scikit_learn(seed, labels, tokens, dim):
    """The mean over the sample and over each label is scikit-learn's by cosine distance."""
    random = np.random.default_rng(seed)
    units = random.standard_normal((labels * tokens, dim))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    own = random.permutation(np.repeat(np.arange(labels), tokens))
    theirs = silhouette_samples(units, own, metric="cosine")
    by_label = [theirs[own == label].mean() for label in range(labels)]
    assert [*by_label, theirs.mean()] == pytest.approx(_means(units, own), abs=1e-9)


def test_a_label_of_one_token_counts_zero():
    """As in scikit-learn, a cluster of one has the silhouette 0, and a label without tokens has none."""
    found = _means(np.eye(4), np.array([0, 0, 1, 3]))
    assert (0.0, 0.0, True) == (found[1], found[3], np.isnan(found[2]))


def test_planted_clusters(tmp_path):
    """Clusters far apart are near 1, well above permuted labels; the whole sample is every label's."""
    random = np.random.default_rng(0)
    space = model(tmp_path, clusters(random, 3, 80, 16, 5.0), ("Latn", "Cyrl", "Grek"), 80)
    found = silhouette(space, SilhouetteOptions(sample=60))
    assert found.value > 0.7 > 0.1 > found.chance
    assert found.p == pytest.approx(0.01)
    drawn = {(row.label, row.tokens, row.sampled) for row in found.labels}
    assert {(name, 80, 60) for name in ("Latn", "Cyrl", "Grek")} == drawn
    low, high = found.interval
    assert low < found.value < high


def test_random_vectors_are_no_clusters(tmp_path):
    """Of tables without clusters about one in twenty is told from its permutations."""
    random = np.random.default_rng(1)
    p = []
    for i in range(40):
        space = model(tmp_path / str(i), random.standard_normal((120, 8)), ("Latn", "Cyrl"), 60)
        p.append(silhouette(space, SilhouetteOptions(permutations=39, seed=i)).p)
    assert sum(value <= 0.05 for value in p) <= 6
    assert 0.3 < np.mean(p) < 0.7


def test_the_seed_draws_the_sample(tmp_path):
    """The same seed gives the same record, another one another sample."""
    random = np.random.default_rng(2)
    space = model(tmp_path, random.standard_normal((240, 8)), ("Latn", "Cyrl"), 120)
    options = [SilhouetteOptions(sample=50, permutations=3, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (silhouette(space, o).to_json() for o in options)
    assert first == again != other


def test_too_few_tokens_is_a_sentence(tmp_path):
    """One label alone, or labels below the minimum, leave nothing to compare."""
    space = model(tmp_path, np.random.default_rng(3).standard_normal((80, 8)), ("Latn", "Cyrl"), 40)
    with pytest.raises(NotEnoughData, match="two scripts of 50 tokens; there are 0"):
        silhouette(space)


@pytest.mark.parametrize("wrong", [{"sample": 1}, {"minimum": 1}, {"permutations": 0}])
def test_options_check_themselves(wrong):
    """Nothing can be sampled from one token, and chance needs a permutation."""
    with pytest.raises(ValueError, match="silhouette"):
        SilhouetteOptions(**wrong)


@pytest.mark.long
def test_the_interval_holds(tmp_path):
    """Over samples from two normal clouds the interval holds the silhouette of all tokens in 92 to 98 %."""
    random = np.random.default_rng(4)
    space = model(tmp_path, clusters(random, 4, 2000, 16, 0.5), tuple(LETTERS), 2000)
    truth = silhouette(space, SilhouetteOptions(sample=2000, permutations=1)).value
    held = 0
    for seed in range(1000):
        low, high = silhouette(space, SilhouetteOptions(sample=150, permutations=1, seed=seed)).interval
        held += low <= truth <= high
    assert 920 <= held <= 980
