"""Applications in a study file: read with every key, refused with every mistake, run, kept and written."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.applications.extension.word_file import read_word_file
from hyperpolyglot.applications.model_folder import MANIFEST
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import StudyMistaken
from hyperpolyglot.parallel_text import read_texts
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import Absent, run_joint
from hyperpolyglot.study.applications import APPLICATIONS, plan_application
from hyperpolyglot.study.applied import Opened
from hyperpolyglot.study.file import example, read_study
from tests.conftest import planted_pieces

LANGUAGES = ("en", "ru", "el", "zh")
EVERY = """
measures = ["diversity"]
models = [{model = "clustered", name = "a"}, {model = "translated", name = "b"}]
lexicon = "words.tsv"
options = {k = 5, seed = 3}

[[induce]]
model = "b"
from = "en"
to = "ru"
fewest = 20
folds = 5

[[prune]]
model = "b"
languages = "en,ru=2"
word_lists = "lists"
held_out = "text"
resamples = 100
output = "small"

[[transplant]]
model = "a"
tokenizer = "translated"
method = "mean"
held_out = 20
output = "made"

[[extend]]
model = "a"
words = "new.txt"
held_out = 20
output = "more"

[outputs]
report = "report"
"""


@pytest.fixture
def folder(tmp_path: Path, clustered: str, translated: str) -> Path:
    """A folder with two models, a lexicon of their words, word lists, text and new words."""
    for name in (clustered, translated):
        shutil.copytree(name, tmp_path / Path(name).name.rstrip("0123456789"))
    words = [piece.removeprefix("▁") for piece in planted_pieces(60)]
    rows = [f"c{i % 60}\t{LANGUAGES[i // 60]}\t{word}" for i, word in enumerate(words)]
    (tmp_path / "words.tsv").write_text("\n".join(["concept\tlanguage\tword", *rows]), "utf8")
    for name in ("lists", "text"):
        (tmp_path / name).mkdir()
    for language, own in (("en", words[:60]), ("ru", words[60:120])):
        counted = "".join(f"{word}\t{100 - i}\n" for i, word in enumerate(own))
        (tmp_path / "lists" / f"{language}.tsv").write_text(counted, "utf8")
        text = "".join(" ".join(own[i : i + 6]) + "\n" for i in range(0, 60, 6))
        (tmp_path / "text" / f"{language}.txt").write_text(text, "utf8")
    (tmp_path / "new.txt").write_text(f"{words[1]}{words[2]}\n{words[0]}\ntwo words\n", "utf8")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    """A study file."""
    path = folder / "study.toml"
    path.write_text(text, "utf8")
    return path


def command(folder: Path, *more: str) -> Any:
    """``study`` on the file of a folder, with a cache beside it."""
    path = str(folder / "study.toml")
    return CliRunner().invoke(cli, ["study", path, "--cache", str(folder / "kept"), *more])


def document(folder: Path, *more: str) -> Any:
    """What it prints with ``--json``."""
    done = command(folder, "--json", *more)
    assert 0 == done.exit_code, done.output
    return json.loads(done.stdout)


def test_every_key_arrives(folder: Path) -> None:
    """A model of the study by its name, own models, paths, weights, options and the seed of the study."""
    induced, pruned, transplanted, extended = read_study(write(folder, EVERY)).applications
    (model,) = induced.named
    assert ("b", str(folder / "translated")) == (model.model, model.place)
    assert {"from": "en", "to": "ru"} == induced.given
    assert (20, 5, 3) == (induced.options.fewest, induced.options.folds, induced.options.seed)
    assert {"en": 1, "ru": 2} == pruned.given["languages"]
    assert (folder / "text", folder / "lists") == (pruned.given["held_out"], pruned.given["word_lists"])
    assert folder / "small" == pruned.output
    assert ["a", "translated"] == [named.model for named in transplanted.named]
    assert ("mean", 20) == (transplanted.options.method, transplanted.options.held_out)
    assert folder / "new.txt" == extended.given["words"]
    names = [asked.name for asked in (induced, pruned, transplanted, extended)]
    assert ["b: en → ru", "b: en, ru", "a → translated", "a: new"] == names


@pytest.mark.parametrize("written", ['"en,ru=2"', '["en", "ru=2"]', "{en = 1, ru = 2}"])
def test_languages_are_written_in_three_ways(folder: Path, written: str) -> None:
    """As text, as a list and as a table they have the same weights."""
    (asked,) = read_study(
        write(folder, f'[[prune]]\nmodel = "clustered"\nlanguages = {written}\n')
    ).applications
    assert {"en": 1.0, "ru": 2.0} == asked.given["languages"]


def test_a_model_of_its_own_is_a_table_as_elsewhere(folder: Path) -> None:
    """With its tokenizer and labels, and mistakes in it on their lines."""
    text = (
        '[[extend]]\nwords = "new.txt"\nmodel = {model = "clustered", tokenizer = "translated", name = "x"}\n'
    )
    (asked,) = read_study(write(folder, text)).applications
    (model,) = asked.named
    assert ("x", str(folder / "translated")) == (model.model, model.opening.tokenizer)
    with pytest.raises(StudyMistaken, match="line 3: no key is called 'tokenzier'; did you mean tokenizer"):
        read_study(write(folder, text.replace("tokenizer", "tokenzier")))


def test_models_of_a_dictionary_may_be_several(folder: Path) -> None:
    """``models`` is a list of names of the study's models and of own ones, and a pattern matches all it does."""
    text = (
        'models = [{model = "clustered", name = "a"}]\n[[induce]]\nmodels = MODELS\nfrom = "en"\nto = "ru"\n'
    )
    (asked,) = read_study(write(folder, text.replace("MODELS", '["a", "translated"]'))).applications
    assert [str(folder / "clustered"), str(folder / "translated")] == [m.place for m in asked.named]
    (asked,) = read_study(write(folder, text.replace("MODELS", '"*ed"'))).applications
    assert ["clustered", "translated"] == [model.model for model in asked.named]


MISTAKEN = """models = ["clustered"]
[[induce]]
model = "clustered"
form = "en"
to = "ru"
[[induce]]
model = "clustered"
models = ["translated"]
from = "en"
to = ""
precision = 2.0
[[prune]]
model = "nowhere"
languages = "en=no"
tokens = "many"
[[prune]]
model = "clustered"
languages = 3
text = "nothing"
[[transplant]]
model = "clustered"
method = "best"
output = "text"
[[extend]]
model = "clustered"
words = "lists"
[outputs]
report = "report"
"""

MISTAKES = [
    (2, "[[induce]] needs the key from"),
    (4, "no key is called 'form'; did you mean from?"),
    (6, "[[induce]] needs the key model or models"),
    (6, "precision is between 0 and 1"),
    (10, "to is text, and not empty"),
    (13, "nowhere"),
    (14, "'en=no' is no language and weight"),
    (15, "tokens is a whole number"),
    (18, "languages is text"),
    (19, "there is no file or folder 'nothing'"),
    (20, "[[transplant]] needs the key tokenizer"),
    (22, "no method is called 'best'; there are auto, mean"),
    (23, "'text' is there, and no empty folder"),
    (26, "there is no file 'lists'"),
]


def test_mistakes_are_told_with_their_lines(folder: Path) -> None:
    """Keys, choices, files and folders that are wrong, all at once."""
    with pytest.raises(StudyMistaken) as error:
        read_study(write(folder, MISTAKEN))
    told = str(error.value).splitlines()
    assert [line for line, _ in MISTAKES] == [int(said.split("line ")[1].partition(":")[0]) for said in told]
    for (_, what), said in zip(MISTAKES, told, strict=True):
        assert what in said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('prune = 3', "prune is a list of tables, [[prune]]"),
        ('[[prune]]\nmodel = "clustered"\nlanguages = "en"\n' * 2, "'clustered: en' is there twice"),
        (
            '[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "x"\n'
            '[[transplant]]\nmodel = "clustered"\ntokenizer = "translated"\noutput = "x"\n',
            "needs a folder of its own",
        ),
        (
            '[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "x"\n[outputs]\nreport = "x"\n',
            "needs a folder of its own",
        ),
        *(
            (
                f'[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "{output}"\n'
                '[outputs]\nreport = "x"\njson = "y"\n',
                "needs a folder of its own",
            )
            for output in ("x/tables", "z/../x", "y")
        ),
        (
            '[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "o"\n'
            '[[prune]]\nmodel = "clustered"\nlanguages = "ru"\noutput = "o/in"\n',
            "needs a folder of its own",
        ),
        ('[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "a\\u0000b"\n', "output is text"),
        (
            '[[prune]]\nmodel = "clustered"\nlanguages = "en"\noutput = "study.toml/x"\n',
            "would lie in 'study.toml', a file",
        ),
        ('[[prune]]\nmodel = "clustered"\nlanguages = "en"\nseed = -5\n', "a seed is 0 or more"),
        ('[options]\nseed = -5\n', "a seed is 0 or more"),
    ],
)  # fmt: skip
def test_names_and_folders_are_told_apart(folder: Path, text: str, what: str) -> None:
    """No two of a kind have the same name, and no two write to the same folder."""
    with pytest.raises(StudyMistaken) as error:
        read_study(write(folder, text))
    assert what in str(error.value)


def test_the_example_has_every_key() -> None:
    """What is printed by ``--example`` names each key and option of each application."""
    for kind in APPLICATIONS.values():
        assert f"# [[{kind.key}]]" in example()
        for name in (*kind.keys, "name", *kind.options.__slots__):
            assert f"# {name} = " in example() or f"or {name} = " in example() or "seed" == name


def test_a_study_runs_all_of_them(folder: Path) -> None:
    """Steps are listed with their cost; page, JSON, tables and folders are there, and nothing is run again."""
    write(folder, EVERY)
    dry = {step["step"]: step for step in document(folder, "--dry-run")["steps"]}
    assert {"induce", "prune", "transplant", "extend"} <= dry.keys()
    assert all(dry[key]["seconds"] > 0 for key in APPLICATIONS)
    assert dry["transplant"]["bytes"] >= 4 * 240 * 12
    assert not (folder / "made").exists()
    files = document(folder)["files"]
    assert {"table", "tokenizer", "numbers", "page", "ids"} <= {entry["kind"] for entry in files}
    assert all(Path(entry["path"]).stat().st_size == entry["bytes"] for entry in files)
    assert len(hp.open_model(folder / "small")) < len(hp.open_model(folder / "made"))
    assert 241 == len(hp.open_model(folder / "more"))
    page = (folder / "report" / "report.html").read_text("utf8")
    for title in (
        "Dictionary from English to Russian, by b",
        "Smaller vocabulary of b for English and Russian",
        "Embeddings of a for the vocabulary of translated",
        "New tokens for a",
    ):
        assert f"<h3>{title}</h3>" in page
    assert ">translated</th>" in page.partition("<h2>Provenance</h2>")[2]
    numbers = json.loads((folder / "report" / "report.json").read_text("utf8"))
    assert ["b: en → ru"] == [each["name"] for each in numbers["induce"]]
    assert ["a", "translated"] == [model["model"] for model in numbers["transplant"][0]["models"]]
    assert {"method": "mean", "held_out": 20, "atoms": 64, "seed": 3} == numbers["transplant"][0]["options"]
    with (folder / "report" / "tables" / "prune.csv").open(encoding="utf8") as lines:
        assert {"b: en, ru"} == {row["name"] for row in csv.DictReader(lines)}
    tables = {path.stem for path in (folder / "report" / "tables").iterdir()}
    assert {"induce", "induce_bins", "prune", "prune_sizes", "transplant", "extend"} <= tables
    assert all(step["kept"] for step in document(folder, "--dry-run")["steps"])


def test_a_folder_that_is_there(folder: Path) -> None:
    """One that the same step made is left as it is, a lost one is made again from the cache, and any other is refused
    before anything is measured.
    """
    write(folder, EVERY)
    first = document(folder)["files"]
    before = {path: path.stat().st_mtime_ns for path in (folder / "made").iterdir()}
    shutil.rmtree(folder / "small")
    assert first == document(folder)["files"]
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "made").iterdir()}
    assert (folder / "small" / MANIFEST).is_file()
    write(folder, EVERY.replace("seed = 3", "seed = 4"))
    refused = command(folder, "--dry-run")
    assert isinstance(refused.exception, StudyMistaken)
    assert "is not empty, and not what these settings make" in str(refused.exception)
    write(folder, EVERY)
    (folder / "made" / "README.md").write_text("mine", "utf8")
    shutil.rmtree(folder / "kept")
    refused = command(folder)
    assert "made is not empty" in str(refused.exception)
    assert not (folder / "kept" / "induce").exists()


def test_numbers_are_those_of_the_functions(folder: Path) -> None:
    """What a study has of each application is what its function gives, with the same options."""
    write(folder, EVERY)
    document(folder)
    numbers = json.loads((folder / "report" / "report.json").read_text("utf8"))
    words = hp.read_lexicon(folder / "words.tsv")
    a, b, other = (
        hp.open_model(folder / place, name=name)
        for name, place in (("a", "clustered"), ("b", "translated"), ("translated", "translated"))
    )
    lists, text = hp.read_word_lists(folder / "lists"), read_texts(folder / "text")
    new = read_word_file(folder / "new.txt")
    expected = {
        "induce": hp.induce(b, "en", "ru", words, fewest=20, folds=5, seed=3),
        "prune": hp.prune(b, {"en": 1, "ru": 2}, word_lists=lists, held_out=text, resamples=100, seed=3),
        "transplant": hp.transplant(a, other, method="mean", held_out=20, seed=3),
        "extend": hp.extend(a, new, held_out=20, seed=3),
    }
    for key, record in expected.items():
        told = json.loads(json.dumps(record.to_json()))
        assert told == {name: numbers[key][0][name] for name in told}


def test_without_models_what_is_used_is_measured(folder: Path) -> None:
    """A file of applications alone measures the models that they work on, not those that they take tokens of."""
    text = '[[transplant]]\nmodel = "clustered"\ntokenizer = "translated"\nmethod = "mean"\nheld_out = 20\n'
    write(folder, 'measures = ["diversity"]\noptions.k = 5\n' + text)
    document(folder)
    numbers = json.loads((folder / "report" / "report.json").read_text("utf8"))
    assert ["clustered"] == [model["model"] for model in numbers["models"]]


def test_too_little_is_a_sentence_in_the_report(folder: Path) -> None:
    """A language without words: the study goes on, and the page says why there is no section."""
    text = '[[induce]]\nmodel = "clustered"\nfrom = "en"\nto = "sw"\n'
    write(folder, 'measures = ["diversity"]\nlexicon = "words.tsv"\noptions.k = 5\n' + text)
    document(folder)
    page = (folder / "report" / "report.html").read_text("utf8")
    assert "sw: 0 of its words are tokens" in page
    assert 'id="applications"' not in page
    numbers = json.loads((folder / "report" / "report.json").read_text("utf8"))
    assert "sw: 0 of its words" in numbers["induce"][0]["absent"]


def test_a_model_that_cannot_be_worked_on_is_refused_first(folder: Path) -> None:
    """A vocabulary alone has no table to use, which is said before anything is run."""
    (folder / "alone").mkdir()
    shutil.copy(folder / "clustered" / "tokenizer.json", folder / "alone")
    write(folder, 'models = ["translated"]\n[[prune]]\nmodel = "alone"\nlanguages = "en"\n')
    refused = command(folder)
    assert "a vocabulary alone has no vectors" in str(refused.exception)
    assert not (folder / "kept").exists()


Made = Callable[[Store], Any]


@pytest.fixture(params=[*APPLICATIONS])
def made(request: pytest.FixtureRequest, folder: Path) -> Made:
    """An application run by a study on a store, by its kind."""
    asked = next(a for a in read_study(write(folder, EVERY)).applications if a.key == request.param)

    def run(store: Store) -> Any:
        spaces = {
            key: tuple(hp.open_model(model.place, name=model.model) for model in models)
            for key, models in asked.models.items()
        }
        opened = Opened(spaces=spaces, lexicon=hp.read_lexicon(folder / "words.tsv"))
        planned = plan_application(asked, opened)
        assert not isinstance(planned, Absent)
        return run_joint(planned, store)

    return run


def test_what_comes_back_from_the_store_is_equal(made: Made, tmp_path: Path) -> None:
    """The record that is kept nowhere, that which is kept, and that which is found have the same parts, models too."""
    found, first, again = made(NoStore()), made(Store(tmp_path / "s")), made(Store(tmp_path / "s"))
    assert 1 == len(Store(tmp_path / "s").entries())
    for other in (first, again):
        assert found.to_json() == other.to_json()
        assert found.options == other.options
        assert found.provenance == other.provenance
        for name in ("kept", "embeddings", "form", "added"):
            assert np.array_equal(getattr(found, name, None), getattr(other, name, None))
        for name in ("space", "target"):
            assert getattr(getattr(found, name, None), "token_digest", None) == getattr(
                getattr(other, name, None), "token_digest", None
            )
