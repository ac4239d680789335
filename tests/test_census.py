"""Census and overlap, with the paper's own numbers where the vocabularies are there."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from hyperpolyglot.errors import TensorNotFound
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.census import census, overlap
from tests.conftest import write_model


def vocabulary_file(path, pieces):
    with gzip.open(path, "wt", encoding="utf8") as file:
        file.writelines(json.dumps([i, piece]) + "\n" for i, piece in enumerate(pieces))
    return str(path)


def test_overlap_by_hand(tmp_path):
    """Counts, shares and labels of a small pair, both ways of comparing."""
    a = vocabulary_file(tmp_path / "a.jsonl.gz", ["▁cat", "▁dog", "кот", "犬", "<s>"])
    b = vocabulary_file(tmp_path / "b.jsonl.gz", ["▁cat", "кот", "猫", "<s>", "▁x", "▁y", "▁z"])
    (pair,) = overlap([open_model(a), open_model(b)]).pairs
    assert (2, 2 / 4, 2 / 8, 1 / 2) == (pair.count, pair.overlap, pair.jaccard, pair.latin_share)
    assert {"Cyrl": 1, "Latn": 1} == pair.by_label
    (pair,) = overlap([open_model(a, labels="paper"), open_model(b, labels="paper")], protocol="paper").pairs
    assert (3, 3 / 5, 1 / 3) == (pair.count, pair.overlap, pair.latin_share)
    assert {"CYRILLIC": 1, "LATIN": 1, "S": 1} == pair.by_label


def test_overlap_of_xlm_r_and_llama_is_the_papers(real_vocabulary):
    """XLM-R and LLaMA share 19,197 strings, 0.600 of LLaMA's; 0.786 of them are LATIN."""
    spaces = [open_model(str(real_vocabulary(name)), labels="paper") for name in ("xlm-roberta", "llama")]
    (pair,) = overlap(spaces, protocol="paper").pairs
    assert 19_197 == pair.count
    assert 0.600 == round(pair.overlap, 3)
    assert 0.786 == round(pair.latin_share, 3)


def test_census_counts_every_row_once(tmp_path, clustered):
    """Kinds add up to the rows; labels to the tokens that have one."""
    vectors = np.ones((9, 3), np.float32)
    model = write_model(tmp_path / "m", vectors, ["<s>", "▁a", "▁a", "б", "▁"], special=["<s>"])
    for space in (open_model(model), open_model(clustered)):
        (found,) = census([space]).models
        assert found.n_rows == sum(found.kinds.values())
        assert sum(found.labels.values()) == int((space.labels.codes >= 0).sum())
    (found,) = census([open_model(model)]).models
    assert (9, 5, 1) == (found.n_rows, found.tokens, found.duplicates)
    assert {"text": 3, "whitespace": 1, "special": 1, "padding": 4} == found.kinds
    assert {"Latn": 2, "Cyrl": 1, "Zyyy": 1} == found.labels


def test_a_vocabulary_alone_has_no_vectors(tmp_path):
    """It can be counted, and says plainly that it cannot be measured."""
    space = open_model(vocabulary_file(tmp_path / "v.jsonl.gz", ["▁a", "б"]))
    assert 2 == census([space]).models[0].n_rows
    with pytest.raises(TensorNotFound, match="a vocabulary alone has no vectors"):
        space.candidates()
