"""Labellers: a row of the table is a choice everywhere, and says how its labels are spoken of."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from hyperpolyglot.cli.app import cli
from hyperpolyglot.labellers import LABELLERS, OWN, common
from hyperpolyglot.labels import label
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.census import overlap
from hyperpolyglot.study.file import read_study


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
        (heading,) = [line for line in found if "percent" in line]
        assert told == ("name" in heading)
