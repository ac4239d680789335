"""Names that users give to models: on the command line, in studies and in Python."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import StudyMistaken
from hyperpolyglot.sources import named
from hyperpolyglot.study.file import read_study


def run(*arguments):
    found = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert 0 == found.exit_code, found.output
    return json.loads(found.stdout)


def test_a_file_may_be_called_so(tmp_path, monkeypatch):
    """``NAME=MODEL`` is a name and a model, unless a file or folder is called that, or the name could be a path."""
    monkeypatch.chdir(tmp_path)
    assert ("a", "b/c@d") == named("a=b/c@d")
    for plain in ("b/c", "./a=b", "/x/a=b", "demo:a=b", "=b", "a="):
        assert (None, plain) == named(plain)
    (tmp_path / "a=b").mkdir()
    assert (None, "a=b") == named("a=b")


def test_results_call_a_model_by_its_name():
    """The command line shows the name alone, with the numbers of the model."""
    found = run("census", "mine=demo:meaning", "demo:language")
    assert ["mine", "demo:language"] == [model["model"] for model in found["models"]]
    plain = run("census", "demo:meaning")["models"][0]
    assert plain | {"model": "mine"} == found["models"][0]
    clash = CliRunner().invoke(cli, ["census", "mine=demo:meaning", "mine=demo:language"])
    assert "named twice" in clash.output


def test_a_named_demo_stays_a_demo():
    """Under another name, a demo model is still asked for concepts that it was not counted on, and opened again."""
    words = hp.packaged_lexicon()
    given = {"languages": ["en", "ru"], "questions": 0}
    plain = hp.open_model("demo:meaning")
    space = hp.open_model("demo:meaning", name="mine")
    assert ("mine", "demo:meaning") == (space.model, space.origin)
    assert ("demo:meaning", None) == (plain.origin, plain.opened)
    assert hp.translate(plain, words, **given).to_json() == hp.translate(space, words, **given).to_json()


def test_labels_from_a_file(tmp_path):
    """``labels=`` and the ``labels`` of a study take the path of a table; what is none is told."""
    table = tmp_path / "mine.tsv"
    table.write_text("▁water\tfluid\n▁cat\tanimal\n", "utf8")
    for given in (table, str(table)):
        assert ("animal", "fluid") == hp.open_model("demo:meaning", labels=given).labels.names
    with pytest.raises(ValueError, match="no labeller is called 'nope', and no file"):
        hp.open_model("demo:meaning", labels="nope")
    study = tmp_path / "study.toml"
    study.write_text('models = [{model = "demo:meaning", name = "mine", labels = "mine.tsv"}]', "utf8")
    (model,) = read_study(study).models
    assert ("mine", "demo:meaning", str(table)) == (model.model, model.place, model.labels)
    study.write_text('models = [{model = "demo:meaning", labels = "no.tsv"}]', "utf8")
    with pytest.raises(StudyMistaken, match="no labeller, and no file, is called"):
        read_study(study)


def test_names_in_a_study(tmp_path):
    """A study shows the name, and one name is there once."""
    study = tmp_path / "study.toml"
    study.write_text(
        'measures = ["diversity"]\noutputs = {json = "r.json"}\n'
        'models = [{model = "demo:meaning", name = "mine"}]\noptions = {k = 5}\n',
        "utf8",
    )
    found = CliRunner().invoke(cli, ["study", str(study), "--no-cache"])
    assert 0 == found.exit_code, found.output
    text = (tmp_path / "r.json").read_text("utf8")
    assert '"mine"' in text
    study.write_text('models = [{model = "demo:meaning", name = "a"}, {model = "demo:language", name = "a"}]')
    with pytest.raises(StudyMistaken, match="the model 'a' is there twice"):
        read_study(study)
