"""Names that users give to models: on the command line, in studies and in Python."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import ModelNotFound, StudyMistaken
from hyperpolyglot.sources import matching, named, title_of, told_apart
from hyperpolyglot.study.file import read_study
from tests.conftest import planted_pieces


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


def test_titles_are_names_and_no_paths():
    """A path has the name of its folder, or of its file where that says what it is; a name of the Hub stays."""
    for path, title in {
        "/home/me/models/xlm-r": "xlm-r",
        "/home/me/xlm-r/model.safetensors": "xlm-r",
        "/home/me/xlm-r/model-00001-of-00002.safetensors": "xlm-r",
        "runs/step-50/pytorch_model.bin": "step-50",
        "./mine.vec.gz": "mine",
        "~/words.v2.npz": "words.v2",
        r"C:\models\xlm-r\tokenizer.json": "xlm-r",
        "/x/models--google--mt5-base/snapshots/0123abc": "google/mt5-base",
        "acme/mini-GGUF/mini.Q4_K.gguf": "mini.Q4_K",
        "google/mt5-base@refs/pr/1": "google/mt5-base@refs/pr/1",
        "demo:e5": "demo:e5",
        "my model": "my model",
        "model.gguf": "model",
        "/": "/",
        ".": ".",
    }.items():
        assert title == title_of(path)
    assert 40 == len(title_of("/x/" + 60 * "y"))


def test_titles_tell_models_apart():
    """As many folders as are needed stand before a name that two models have; else they are numbered."""
    models = ["/a/run/last", "/b/walk/last", "/b/walk/first", "org/name", "/x/" + 60 * "y", "/z/" + 60 * "y"]
    with told_apart(models):
        titles = [title_of(model) for model in models]
        assert "elsewhere" == title_of("/an/elsewhere")
    assert ["run/last", "walk/last", "first", "org/name"] == titles[:4]
    assert f"{titles[4]} (2)" == titles[5]
    assert "last" == title_of(models[0])


@pytest.fixture
def steps(model_of, tmp_path, monkeypatch):
    """A folder with three checkpoints, where the test is."""
    monkeypatch.chdir(tmp_path)
    for step in (50, 100, 9):
        vectors = np.random.default_rng(step).standard_normal((240, 12)).astype(np.float32)
        model_of(tmp_path / "run" / f"step-{step}", vectors, planted_pieces(60))
    return [f"run/step-{step}" for step in (9, 50, 100)]


def test_patterns_are_models_in_the_order_of_their_numbers(steps, tmp_path):
    """What a shell did not expand is expanded, by number; a name goes before what is each model's own."""
    assert steps == matching("run/step-*")
    assert ["r step-9=run/step-9", "r step-50=run/step-50", "r step-100=run/step-100"] == matching(
        "r=run/step-*"
    )
    assert ["r=run/step-100"] == matching("r=run/step-1*")
    assert ["./run/step-50"] == matching("./run/step-[5]0")
    assert ["demo:*"] == matching("demo:*")
    assert [str(tmp_path / step) for step in steps] == matching(f"{tmp_path}/run/*")
    (tmp_path / "run" / "a[1]").mkdir()
    assert ["run/a[1]"] == matching("run/a[1]")
    with pytest.raises(ModelNotFound, match="no file or folder matches"):
        matching("run/stop-*")
    for i in range(1001):
        (tmp_path / f"many-{i}").touch()
    with pytest.raises(ModelNotFound, match="more than 1,000 files or folders match"):
        matching("many-*")


def test_patterns_on_the_command_line(steps):
    """One pattern stands for several models, also where two are needed; a command on one model says so."""
    assert steps == [model["model"] for model in run("census", "run/step-*")["models"]]
    assert 3 == len(run("overlap", "run/step-*")["pairs"])
    found = run("separability", "a=run/step-9", "--shared-with", "run/step-*0", "--minimum", 20, "--folds", 2)
    assert ["a", "run/step-50", "run/step-100"] == [each["model"] for each in found["provenance"]["models"]]
    alone = CliRunner().invoke(cli, ["inspect", "run/step-*"])
    assert (2, True) == (alone.exit_code, "inspect takes one model, and 3 match run/step-*." in alone.output)


def test_patterns_in_a_study(steps, tmp_path):
    """Patterns are relative to the study's folder; a name of theirs goes before what is each model's own."""
    study = tmp_path / "elsewhere" / "study.toml"
    study.parent.mkdir()
    study.write_text('models = ["../run/step-*", {model = "../run/step-*0", name = "r"}]', "utf8")
    models = read_study(study).models
    expected = [f"../{step}" for step in steps] + ["r step-50", "r step-100"]
    assert expected == [model.model for model in models]
    assert [tmp_path / "run" / "step-50"] == [Path(models[1].place).resolve()]
    study.write_text('models = ["../run/stop-*"]', "utf8")
    with pytest.raises(StudyMistaken, match=r"line 1: .*no file or folder matches"):
        read_study(study)


def test_no_figure_and_no_title_shows_a_path(steps, tmp_path, capsys):
    """Report, explorer, figures and tables of the terminal name models by short names that tell them apart."""
    models = [str(tmp_path / step) for step in steps[:2]]
    skip = [
        part for name in ("map", "translate", "meanings", "languages", "explain") for part in ("--skip", name)
    ]
    runner = CliRunner()
    report = ["report", *models, "-o", str(tmp_path / "report"), "-k", "5", "--minimum", "20", *skip]
    told = runner.invoke(cli, report)
    assert 0 == told.exit_code, told.output
    page = (tmp_path / "report" / "report.html").read_text("utf8")
    assert str(tmp_path) not in page
    assert "How step-9 and step-50 represent languages" in page
    first = told.stdout.split("The report is")[0]
    assert str(tmp_path) not in first
    assert "step-9" in first
    for command, *options in (
        ("census",),
        ("overlap",),
        ("separability", "--minimum", "20", "--folds", "2"),
        ("silhouette", "--minimum", "20", "--permutations", "9"),
        ("diversity", "-k", "5"),
        ("compare", "-k", "5", "--permutations", "9"),
    ):
        figure = tmp_path / f"{command}.svg"
        done = runner.invoke(cli, [command, *models, *options, "-o", str(figure)])
        assert 0 == done.exit_code, done.output
        assert str(tmp_path) not in done.stdout
        assert str(tmp_path) not in figure.read_text("utf8")
        assert "step-50" in figure.read_text("utf8")
    exported = runner.invoke(cli, ["explore", *models, "-k", "5", "--method", "pca", "--export", "site"])
    assert 0 == exported.exit_code, exported.output
    manifest = json.loads((tmp_path / "site" / "manifest.json").read_text("utf8"))
    assert ["step-9", "step-50"] == [model["title"] for model in manifest["models"]]
