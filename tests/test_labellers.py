"""Labellers: a row of the table is a choice everywhere, and says how its labels are spoken of."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from fontTools import unicodedata as tables

from hyperpolyglot.cli.app import cli
from hyperpolyglot.explorer import ExploreOptions, make_bundle
from hyperpolyglot.labellers import LABELLERS, OWN, common
from hyperpolyglot.labels import label
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.census import overlap
from hyperpolyglot.store import NoStore
from hyperpolyglot.study.file import read_study
from hyperpolyglot.vocabulary import TokenKind
from tests.explorer.planted import lexicon, scripts_together


@pytest.mark.parametrize("name", LABELLERS)
def test_a_row_is_a_choice_everywhere(tmp_path, name):
    """The command line, a study file and the library offer every labeller; the help names it in its own words."""
    labels = label(open_model("demo:meaning").vocabulary, name)
    assert (name, LABELLERS[name]) == (labels.labeller, labels.labelling)
    found = CliRunner().invoke(cli, ["census", "demo:meaning", "--labels", name, "--json"])
    assert name == json.loads(found.stdout)["provenance"]["options"]["labels"]
    (tmp_path / "study.toml").write_text(f'models = [{{model = "demo:meaning", labels = "{name}"}}]\n')
    assert name == read_study(tmp_path / "study.toml").models[0].labels
    told = " ".join(CliRunner().invoke(cli, ["census", "--help"]).stdout.split())
    assert LABELLERS[name].help in told
    assert f"{name}|" in told


def test_a_row_is_whole():
    """Every labeller says one, many, a heading, what the small letters are and which tokens have no label."""
    for row in (*LABELLERS.values(), OWN):
        assert all((row.one, row.many, row.heading, row.badge)), row
        assert row.one != row.many
        assert row.unlabelled.endswith(".")


def test_other_words_are_just_labels():
    """Models under labellers of one noun are spoken of by it, models under labellers of several by "labels"."""
    script, cjk, paper = (LABELLERS[name] for name in ("script", "script-cjk", "paper"))
    assert script is common([script, cjk])
    assert OWN is common([script, paper])
    assert OWN is common([OWN])


def test_latin_is_latin_under_any_labels():
    """The Latin share of an overlap is that of the scripts, also where no label is called Latin."""
    spaces = [open_model(name) for name in ("demo:language", "demo:meaning")]
    (expected,) = overlap(spaces).pairs
    assert 0 < (expected.latin_share or 0) < 1
    (found,) = overlap([space.relabel(lambda token: token[-1:]) for space in spaces]).pairs
    assert expected.latin_share == found.latin_share


def test_a_label_that_is_its_own_name_is_told_once():
    """The census has a column of names where labels are codes, and none where labels are names already."""
    for name, told in (("script", True), ("paper", False)):
        found = CliRunner().invoke(cli, ["census", "demo:meaning", "--labels", name]).stdout.splitlines()
        (heading,) = [line for line in found if "share" in line]
        assert told == ("name" in heading)


def block_by_a_plain_count(text):
    """The block of most letters by fontTools' table, the first met among equals; without letters, of most others."""
    shown = [c for c in text if not c.isspace() and c != "▁"]
    letters = [c for c in shown if tables.script(c) not in {"Zyyy", "Zinh", "Zzzz"}]
    votes = list(map(tables.block, letters or shown))
    return max(dict.fromkeys(votes), key=votes.count) if votes else None


def test_blocks_are_those_of_another_library():
    """Every token that is text is labelled by its Unicode block; bytes, specials and padding have no label."""
    for vocabulary in (open_model("demo:meaning").vocabulary, scripts_together().vocabulary):
        found = label(vocabulary, "block")
        for row, (text, kind) in enumerate(zip(vocabulary.texts, vocabulary.kinds.tolist(), strict=True)):
            written = kind in {TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED}
            assert (block_by_a_plain_count(text) if written else None) == found.of(row), (row, text)
    assert {"Basic Latin", "Cyrillic"} <= set(found.counts())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("census",), "Greek and Coptic"),
        (("separability", "--minimum", "50", "--folds", "3"), "mean accuracy 100 %, by chance 50.0 %"),
        (("diversity", "-k", "10"), "distinct blocks among 10"),
        (("neighbors", "--id", "1", "--only", "Basic Latin"), "Basic Latin"),
        (("map", "--method", "pca", "-o", "map.csv"), "PCA"),
    ],
)
def test_measures_work_on_blocks(clustered, monkeypatch, tmp_path, command, said):
    """Commands measure blocks as they measure scripts, and call them blocks."""
    monkeypatch.chdir(tmp_path)
    name, *options = command
    found = CliRunner().invoke(cli, [name, clustered, "--labels", "block", *options])
    assert 0 == found.exit_code, found.output
    assert said in found.stdout


def test_the_explorer_shows_blocks():
    """The manifest of an explorer calls the labels blocks, by their names."""
    space = scripts_together().relabel("block")
    options = ExploreOptions(k=10, method="pca")
    bundle = make_bundle([space], options, NoStore(), lexicon=lexicon())
    (model,) = json.loads(bundle.files["manifest.json"])["models"]
    assert ("block", "blocks", "block") == (model["labeller"], model["noun"], model["singular"])
    assert set(space.labels.names) == {row["name"] for row in model["labels"]}
