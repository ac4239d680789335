"""What the package says of itself and of its results in a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.cli.terminal import print_table

CITATION = (Path(__file__).parents[1] / "CITATION.cff").read_text("utf8")


def test_the_version_is_that_of_the_package():
    """``hp.__version__`` is what ``--version`` prints and the citation file says."""
    assert hp.__version__ in CliRunner().invoke(cli, ["--version"]).output
    assert f"version: {hp.__version__}" in CITATION


def test_cite_says_what_the_citation_file_says():
    """BibTeX has balanced braces, an entry for the paper and one for the software, and the facts of CITATION.cff."""
    text = CliRunner().invoke(cli, ["cite"]).output
    assert text.count("{") == text.count("}")
    assert ["inproceedings", "software"] == re.findall(r"^@(\w+)\{", text, re.MULTILINE)
    assert json.loads(CliRunner().invoke(cli, ["cite", "--json"]).stdout)["bibtex"].strip() == text.strip()
    plain = text.replace("{", "").replace("}", "")
    for key in ("title", "collection-title", "family-names", "given-names", "name", "version", "license"):
        for value in re.findall(rf"(?m)^[ -]*{key}: \"?([^\"\n]*)\"?$", CITATION):
            assert value in plain, (key, value)
    for key in ("year", "start", "end"):
        (value,) = re.findall(rf"(?m)^ *{key}: (\d+)$", CITATION)
        assert value in plain
    assert "2311.18034" in text


@pytest.fixture(scope="module")
def space():
    return hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl", "Grek"], top=1500)


def test_records_give_their_headline(space):
    """The ``repr`` of a record is its main number with interval, chance and seed, as its fields say."""
    probes = hp.separability(space, minimum=50, folds=3, seed=4)
    low, high = probes.interval
    sure = f"[{100 * low:.1f}, {100 * high:.1f}]"
    expected = f"Separability: mean accuracy {100 * probes.mean_accuracy:.1f} % {sure}, chance 50.0 %, "
    assert expected + f"{len(probes.labels)} labels, seed 4" == repr(probes)
    mixed = hp.diversity(space, k=5)
    low, high = mixed.interval
    assert f"Diversity: mean {mixed.mean:.1f} [{low:.1f}, {high:.1f}] labels among 5 neighbours" in repr(
        mixed
    )
    assert f"{mixed.expected:.1f} by chance, own-label share {100 * mixed.own_share:.1f} %" in repr(mixed)
    flat = hp.silhouette(space, sample=30, permutations=9)
    assert f"mean {flat.value:.3f} [".replace("-", "−") in repr(flat)
    assert repr(flat).endswith("labels, seed 0")
    words = hp.translate(
        hp.open_model("demo:meaning"), hp.packaged_lexicon(), languages=["en", "ru"], questions=0
    )
    assert f"Translation: P@1 {100 * words.headline['value']:.1f} % [" in repr(words)
    assert "2 languages, seed 0" in repr(words)
    assert "demo:meaning: 1,500 tokens, 3 labels" in repr(hp.census([space]))
    few = hp.translate(space.where(top=5), hp.packaged_lexicon(), languages=["en", "ru"], questions=0)
    assert "too few covered words" in repr(few)


def test_numbers_with_units_stand_to_the_right(capsys):
    """A column of shares ends where its longest ends, one of words begins where all begin."""
    print_table("", [{"share": "5.0 %", "of": "a"}, {"share": "< 0.1 %", "of": "bb"}])
    first, second = [line.rstrip() for line in capsys.readouterr().out.splitlines()][-3:-1]
    assert first.index("%") == second.index("%")
    assert first.index("a") == second.index("bb")
