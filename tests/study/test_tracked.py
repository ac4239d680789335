"""``[[track]]`` in a study file: read with every key, refused with every mistake, run and written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import ModelNotFound, StudyMistaken
from hyperpolyglot.study.file import read_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a run of four checkpoints."""
    last = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=300)
    noise = np.random.default_rng(0).standard_normal((len(last), last.dim)) * float(last.vectors().std())
    (tmp_path / "run").mkdir()
    for step, a in ((0, 0.0), (50, 0.3), (100, 0.7), (1000, 1.0)):
        vectors = ((1 - a) * noise + a * last.vectors()).astype(np.float32)
        texts = np.array([*last.vocabulary.texts])
        np.savez(tmp_path / "run" / f"step-{step}.npz", embeddings=vectors, tokens=texts)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    """A study file."""
    path = folder / "study.toml"
    path.write_text(text, "utf8")
    return path


def test_every_key_of_a_run_arrives(folder: Path) -> None:
    """Models by pattern in natural order, thinned, with the last; files, options, and the seed of the study."""
    (folder / "x.tsv").write_text("".join(f"run/step-{s}.npz\t{s / 10}\n" for s in (0, 100, 1000)), "utf8")
    (folder / "shares.tsv").write_text("Latn\t0.5\n", "utf8")
    found = read_study(
        write(
            folder,
            """
            options = {seed = 3}
            [[track]]
            name = "mine"
            models = "run/step-*"
            every = 2
            x = "x.tsv"
            shares = "shares.tsv"
            k = 7
            words = ["water"]
            """,
        )
    )
    (run,) = found.tracks
    steps = run.steps()
    assert () == found.models
    assert [f"run/step-{s}.npz" for s in (0, 100, 1000)] == [step.model for step in steps]
    assert [0, 10, 100] == run.places(steps)
    assert {"Latn": 0.5} == run.known_shares()
    assert ("mine", 7, 3, ("water",)) == (run.name, run.options.k, run.options.seed, run.options.words)


MISTAKEN = """models = ["demo:e5"]
[[track]]
models = ["demo:e5"]
evry = 2
[[track]]
models = ["demo:e5", "demo:meaning"]
name = "a"
every = 0
[[track]]
name = "b"
[[track]]
models = ["demo:e5", "demo:meaning"]
x = "nowhere.tsv"
by = "luck"
"""


def test_mistakes_in_a_run_are_told_with_their_lines(folder: Path) -> None:
    """A wrong key, a number too small, no models, no such file and a wrong choice, all at once."""
    with pytest.raises(StudyMistaken) as error:
        read_study(write(folder, MISTAKEN))
    told = str(error.value).splitlines()
    expected = {
        4: "did you mean every?",
        8: "every is at least 1",
        9: "models lists at least one model",
        11: "by is one of",
        13: "there is no file 'nowhere.tsv'",
    }
    assert [*expected] == [int(line.split("line ")[1].partition(":")[0]) for line in told]
    assert all(what in line for what, line in zip(expected.values(), told, strict=True))
    with pytest.raises(StudyMistaken, match="'run' is there twice"):
        read_study(write(folder, '[[track]]\nname = "run"\nmodels = ["demo:e5", "demo:meaning"]\n' * 2))


def test_one_checkpoint_is_no_run(folder: Path) -> None:
    """A run that ends up with one step says so."""
    (run,) = read_study(write(folder, 'track = [{models = ["run/step-0.npz"], name = "one"}]')).tracks
    with pytest.raises(ModelNotFound, match="one: a track needs at least two checkpoints"):
        run.steps()


RUN = """
measures = ["neighbors", "diversity"]
[options]
k = 5
[[track]]
name = "mine"
models = "run/step-*"
k = 5
minimum = 40
words = ["WORD"]
[outputs]
report = "report"
"""


def test_a_run_is_in_the_report(folder: Path) -> None:
    """The last checkpoint is the model; the page has the section, ``steps.csv`` the steps, the JSON the half-lives."""
    word = hp.open_model(str(folder / "run" / "step-0.npz")).vocabulary.texts[3].removeprefix("▁")
    path = write(folder, RUN.replace("WORD", word))
    dry = CliRunner().invoke(
        cli, ["study", str(path), "--dry-run", "--json", "--cache", str(folder / "kept")]
    )
    assert 0 == dry.exit_code, dry.output
    steps = [step["step"] for step in json.loads(dry.stdout)["steps"]]
    assert (4, 4) == (steps.count("track-step"), steps.count("track-words"))
    done = CliRunner().invoke(cli, ["study", str(path), "--cache", str(folder / "kept")])
    assert 0 == done.exit_code, done.output
    page = (folder / "report" / "report.html").read_text("utf8")
    assert 'id="track"' in page
    assert "Checkpoints of mine" in page
    assert "Nearest tokens of" in page
    numbers = json.loads((folder / "report" / "report.json").read_text("utf8"))
    assert ["run/step-1000.npz"] == [each["model"] for each in numbers["models"]]
    (told,) = numbers["track"]
    assert "mine" == told["name"]
    assert [0, 50, 100, 1000] == [step["x"] for step in told["steps"]]
    with (folder / "report" / "tables" / "steps.csv").open(encoding="utf8") as lines:
        rows = list(csv.DictReader(lines))
    assert {"mine"} == {row["track"] for row in rows}
    assert ["0.0", "50.0", "100.0", "1000.0"] == [row["x"] for row in rows if not row["label"]]
    assert (folder / "report" / "tables" / "track_half_lives.csv").is_file()


def test_a_run_that_cannot_be_followed_is_a_sentence_in_the_report(folder: Path) -> None:
    """Another vocabulary on the way: the study goes on, and says why there is no section."""
    np.savez(
        folder / "run" / "step-2000.npz",
        embeddings=np.ones((2, 3), np.float32),
        tokens=np.array(["▁a", "▁b"]),
    )
    text = 'models = ["run/step-0.npz"]\n' + RUN.replace('words = ["WORD"]\n', "")
    done = CliRunner().invoke(cli, ["study", str(write(folder, text)), "--cache", str(folder / "kept")])
    assert 0 == done.exit_code, done.output
    page = (folder / "report" / "report.html").read_text("utf8")
    assert "tokens are not those of" in page
    assert 'id="track"' not in page
