"""Several models in one command: the JSON, table and figure of each, and columns side by side in the terminal."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from hyperpolyglot.cli.app import cli
from hyperpolyglot.cli.terminal import print_beside
from hyperpolyglot.errors import HyperpolyglotError
from tests.conftest import planted_pieces


def run(*arguments):
    """What a command gives when it is done."""
    found = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert 0 == found.exit_code, found.output or found.exception
    return found


def refused(*arguments):
    """What a command says when it is used wrongly."""
    found = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert 2 == found.exit_code, found.output or found.exception
    return found.output


@pytest.fixture
def extra(tmp_path):
    """What each command needs to be quick on the planted models."""
    pieces = planted_pieces(60)
    rows = [f"{i}\t{tag}\t{pieces[60 * s + i][1:]}" for i in range(25) for s, tag in enumerate(("en", "ru"))]
    words = tmp_path / "words.tsv"
    words.write_text("\n".join(["concept\tlanguage\tword", *rows]), "utf8")
    return {
        "separability": ["--minimum", 50, "--folds", 3],
        "silhouette": ["--minimum", 20, "--permutations", 9],
        "diversity": ["-k", 10],
        "explain": ["-k", 12],
        "translate": ["--lexicon", words, "--figure", "scores"],
    }


MANY = ("separability", "silhouette", "diversity", "explain", "translate")


@pytest.mark.parametrize("command", MANY)
def test_each_model_has_the_results_it_has_alone(command, extra, clustered, translated, tmp_path):
    """JSON lists what each model gives alone, the table has their rows, the terminal a column for each, in 80."""
    options, models = extra[command], (clustered, f"other={translated}")
    together = json.loads(run(command, *models, *options, "--json").stdout)
    assert {"format", "models", "provenance"} == set(together)
    assert f"hyperpolyglot.{command}/1" == together["format"]
    assert [clustered, "other"] == [each["model"] for each in together["models"]]
    assert [clustered, "other"] == [each["model"] for each in together["provenance"]["models"]]
    rows = []
    for model, name, found in zip(models, (clustered, "other"), together["models"], strict=True):
        alone = json.loads(
            run(command, model, *options, "--json", "-o", tmp_path / f"{len(rows)}.csv").stdout
        )
        assert "models" not in alone
        assert {key: alone[key] for key in alone if key not in ("format", "provenance")} | {
            "model": name
        } == found
        assert alone["provenance"]["options"] == together["provenance"]["options"]
        with (tmp_path / f"{len(rows)}.csv").open(encoding="utf8") as file:
            rows += [{"model": name} | row for row in csv.DictReader(file)]
    said = run(command, *models, *options, "-o", tmp_path / "all.csv", "-o", tmp_path / "all.svg").stdout
    with (tmp_path / "all.csv").open(encoding="utf8") as file:
        assert rows == list(csv.DictReader(file))
    assert (tmp_path / "all.svg").stat().st_size > 1000
    assert max(map(len, said.splitlines())) <= 80
    assert "other" in said


def test_columns_say_what_the_models_have(extra, clustered, translated):
    """A row for every label, with the mean of each model and what chance gives: planted scripts, planted meanings."""
    said = run("diversity", f"a={clustered}", f"b={translated}", "-k", 3).stdout
    table = said.split("Labelled neighbours")[0].splitlines()
    assert ["a", "b"] == table[2].split()
    (row,) = [line.split() for line in table if line.strip().startswith("all tokens")]
    assert ("1.00", "3.00") == (row[2], row[6])
    (latin,) = [line.split() for line in table if line.strip().startswith("Latn")]
    assert ("1.00", "3.00") == (latin[1], latin[3])
    assert latin[2] == latin[4] == row[5]


def test_neighbours_of_a_text_in_several_models(clustered, translated, model_of, tmp_path):
    """The nearest of each model side by side; a text that a model lacks is noted, and an error where all lack it."""
    pieces = planted_pieces(60)
    small = model_of(tmp_path / "small", np.eye(8, dtype=np.float32), pieces[:8])
    both = run("neighbors", f"a={clustered}", pieces[0], "-k", 3, "--compare-with", f"b={translated}")
    assert ["a", "b"] == both.stdout.splitlines()[2].split()
    assert pieces[60] in both.stdout
    found = json.loads(
        run("neighbors", f"a={clustered}", pieces[9], "--compare-with", f"c={small}", "--json").stdout
    )
    assert [["a", 1], ["c", 0]] == [[each["model"], len(each["queries"])] for each in found["models"]]
    alone = run("neighbors", f"a={clustered}", pieces[9], "--compare-with", f"c={small}")
    assert "c: " in alone.stderr
    assert "is not a token of this vocabulary" in alone.stderr
    nowhere = CliRunner().invoke(cli, ["neighbors", clustered, "nowhere", "--compare-with", small])
    assert isinstance(nowhere.exception, HyperpolyglotError)
    for name in ("near.npz", "near.svg"):
        said = refused("neighbors", clustered, pieces[0], "--compare-with", small, "-o", tmp_path / name)
        assert "--compare-with, -o writes tables" in said


def test_a_figure_of_one_model_is_refused_before_the_work(clustered, translated, tmp_path):
    """The heat map of translations shows one model; the sentence names the figures that show several."""
    said = refused("translate", clustered, translated, "-o", tmp_path / "x.svg")
    assert "--figure languages draws one model; scores and hubs draw several." in " ".join(said.split())


def test_as_many_columns_as_fit(capsys):
    """Models that have no room in 80 columns follow below; one without cells has no column; rows keep their order."""
    cells = {"first": "0.123 [0.100, 0.200]", "a longer name of a row": "4"}
    print_beside("A title", [(f"model-{i}", cells | {"last": str(i)}) for i in range(5)] + [("none", {})])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert 3 == lines.count("A title")
    assert "none" not in " ".join(lines)
    names = [
        line.split("  ")[0].strip() for line in lines if line.startswith((" first", " a longer", " last"))
    ]
    assert ["first", "a longer name of a row", "last"] * 3 == names


def test_text_from_right_to_left_keeps_columns_apart(capsys):
    """A left-to-right mark follows a cell of Arabic or Hebrew, and no other, so that the next column stays right."""
    print_beside("", [("a", {"1": "0.5 ▁ماء"}), ("b", {"1": "0.4 вода"})])
    out = capsys.readouterr().out
    assert "ماء\u200e" in out
    assert 1 == out.count("\u200e")


def test_sentences_follow_the_columns_once(model_of, tmp_path):
    """What is said of labels that do not count, or that have too few tokens, stands below the tables, once."""
    pieces = [*planted_pieces(30), *(f"▁{i}" for i in range(30)), "▁ა"]
    for name in "ab":
        vectors = np.random.default_rng(ord(name)).standard_normal((len(pieces), 8)).astype(np.float32)
        model_of(tmp_path / name, vectors, pieces)
    said = run("separability", tmp_path / "a", tmp_path / "b", "--minimum", 20, "--folds", 2).stdout
    assert 1 == said.count("Zyyy is not a script and does not count as one.")
    assert "a: too few tokens to probe, of the label or of all others: Geor 1" in said
    assert "b: too few tokens to probe" in said
    assert 1 == run("diversity", tmp_path / "a", tmp_path / "b", "-k", 5).stdout.count("Zyyy is not a script")
