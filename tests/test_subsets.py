"""Measures of some tokens: by label, kind and how common they are, in Python and on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import TokenNotFound
from tests.conftest import planted_pieces, write_model


@pytest.fixture(scope="module")
def space():
    return hp.open_model("demo:meaning")


def run(*arguments):
    found = CliRunner().invoke(cli, [*arguments, "--json"])
    assert 0 == found.exit_code, found.output
    return json.loads(found.stdout)


def test_labels_and_kinds_choose_tokens(space):
    """Labels and kinds are both to be met; a name alone is a list of one; nothing asked is all."""
    found = space.where(labels=["Latn", "Cyrl"], kinds=["text"])
    expected = [
        row
        for row in range(len(space))
        if space.labels.of(row) in ("Latn", "Cyrl") and space.vocabulary.kinds[row] == hp.TokenKind.TEXT
    ]
    assert space.take(expected).token_digest == found.token_digest
    assert space.where(labels="Latn").token_digest == space.where(labels=["Latn"]).token_digest
    assert space.token_digest == space.where().token_digest


def test_the_most_common_are_first_by_score(tmp_path):
    """``top`` goes by the tokenizer's scores, not by position, and stays in the order of the space."""
    pieces = planted_pieces(10)
    space = hp.open_model(write_model(tmp_path, np.eye(42, dtype=np.float32), pieces))
    shuffled = space.take(np.random.default_rng(0).permutation(len(space)))
    assert set(pieces[:7]) == set(shuffled.where(top=7).vocabulary.pieces)
    assert sorted(pieces) == sorted(space.where(top=41).vocabulary.pieces)
    assert set(pieces[10:13]) == set(space.where(labels=space.labels.of(10), top=3).vocabulary.pieces)


def test_neighbours_of_a_subset_are_in_it(space):
    """Measures of a subset know only its tokens."""
    small = space.where(labels=["Latn"], top=500)
    near = hp.neighbors(small, 5)
    assert 500 == len(small)
    assert {"Latn"} == {small.labels.of(row) for row in near.rows.ravel().tolist()}


def test_wrong_subsets_are_told(space):
    """A label that no token has, and a number of tokens that is none."""
    with pytest.raises(TokenNotFound, match="no token is labelled 'Latin'; there are Latn"):
        space.where(labels=["Latin"])
    for top in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="a number of tokens"):
            space.where(top=top)


def test_the_command_line_measures_the_same(space):
    """``--only-labels`` and ``--top`` give what ``where`` gives, and are recorded."""
    small = space.where(labels=["Latn", "Cyrl"], top=2000)
    for labels in (["--only-labels", "Latn,Cyrl"], ["--only-labels", "Latn", "--only-labels", "Cyrl"]):
        found = run("separability", "demo:meaning", *labels, "--top", "2000", "--minimum", "50", "--no-cache")
        expected = hp.separability(small, minimum=50)
        assert expected.mean_accuracy == found["mean_accuracy"]
        assert ["Latn", "Cyrl"] == found["provenance"]["options"]["only_labels"]
        assert 2000 == found["provenance"]["options"]["top"]


def test_models_that_only_share_tokens_are_not_narrowed():
    """``--shared-with`` looks for the tokens in the whole of the other vocabulary."""
    rest = ("--top", "3000", "--minimum", "50", "--no-cache")
    alone = run("separability", "demo:meaning", *rest)
    shared = run("separability", "demo:meaning", "--shared-with", "demo:language", *rest)
    assert alone["mean_accuracy"] == shared["mean_accuracy"]


def test_a_label_that_is_not_there_is_told():
    """The command line says which labels there are, in a sentence."""
    found = CliRunner().invoke(cli, ["census", "demo:meaning", "--only-labels", "Latin"])
    assert 0 != found.exit_code
    assert "no token is labelled 'Latin'" in found.output + str(found.exception)


def test_text_is_not_cut_into_a_subset():
    """Whether text can reach a token is not asked of a narrowed vocabulary, which lacks the pieces of the others."""
    space = hp.open_model("demo:language").where(labels=["Latn"], top=300)
    found = hp.explain(space, hp.neighbors(space, 10))
    assert found.undertrained.unreachable is None
    assert space.take(np.arange(9)).narrowed
    assert not hp.open_model("demo:language").where().narrowed
