"""Eleven jobs of a user, each a script of fifteen lines at most, beside the libraries that users have.

A job with a real model is skipped where ``make real-models`` has not put it.
"""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest

from tests.jobs.conftest import HERE, run

REAL = Path.home() / ".cache" / "hyperpolyglot-real"
JOBS = sorted(
    set(HERE.glob("[a-z]*.py")) - {HERE / f"{name}.py" for name in ("conftest", "make_models", "test_jobs")}
)
WATER = {"▁પાણી", "▁पानी", "▁ଜଳ", "▁ପାଣି", "▁ջուր", "水", "▁ទឹក", "▁நீர்", "▁ውሃ", "▁wasser", "▁água"}


def real(name):
    """The folder of a real model."""
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not there: `make real-models` builds it")
    return folder


@pytest.fixture
def done(environment, desk):
    """What a job prints, line by line."""
    return lambda name, *arguments: run(
        environment.python, HERE / f"{name}.py", *arguments, folder=desk
    ).splitlines()


def test_a_job_is_short():
    """Each of the eleven has at most fifteen lines after its docstring."""
    assert 11 == len(JOBS)
    for path in JOBS:
        text = path.read_text("utf8")
        assert ast.get_docstring(ast.parse(text))
        assert len([line for line in text.splitlines()[1:] if line.strip()]) <= 15, path.name


def test_the_page_of_jobs_shows_the_scripts():
    """``docs/howto/jobs.md`` has each script as it is run, below what it does."""
    page = (HERE.parents[1] / "docs" / "howto" / "jobs.md").read_text("utf8")
    for path in JOBS:
        text = path.read_text("utf8")
        title, body = ast.get_docstring(ast.parse(text)), text.split('"""\n', 1)[1].strip("\n")
        assert f"## {title.rstrip('.')}\n\n```python\n{body}\n```\n" in page


pytestmark = pytest.mark.filterwarnings("ignore")
long = pytest.mark.long


@long
def test_what_was_installed_stays_as_it_was(environment):
    """hyperpolyglot adds packages and moves none, and pip finds no conflict."""
    assert {line.partition("==")[0] for line in environment.before} >= {"transformers", "gensim", "model2vec"}
    assert set() == set(environment.before) - set(environment.after)
    assert "No broken requirements found." in run(environment.python, "-m", "pip", "check")


@long
def test_a_transformers_model_in_memory(done):
    """Water lies next to water in other languages."""
    assert len(WATER & set(ast.literal_eval(done("transformers_model")[-1]))) > 3


@long
def test_the_scripts_of_a_sentence_transformer(done):
    """Latin first, then Cyrillic, as in the excerpt that the model is made of."""
    assert ["Latn 6184", "Cyrl 1627", "Arab 1203"] == done("sentence_scripts")[:3]


@long
def test_neighbours_in_gensim_vectors(done):
    """The neighbours are those that gensim finds."""
    ours, theirs = map(ast.literal_eval, done("gensim_neighbors"))
    assert (theirs, 5) == (ours, len(set(ours)))


@long
def test_separability_of_a_static_model(done):
    """Scripts of e5 are linearly separable."""
    accuracy, labels = map(float, done("static_model")[-1].split())
    assert (True, True) == (0.9 < accuracy < 1, labels > 10)


@long
def test_arrays_of_two_libraries(done):
    """bfloat16 of torch and float32 of numpy: the same tokens, nearly the same neighbours."""
    first, second = done("arrays")
    assert "True F32 BF16" == first
    ours, theirs = (set(ast.literal_eval(f"[{half}]")) for half in second.strip("[]").split("] ["))
    assert len(ours & theirs) >= 3


@long
def test_what_fine_tuning_moved(done):
    """The three words that were replaced are found, and most tokens keep most of their neighbours."""
    moved, kept = done("fine_tuning")
    assert ["▁house", "▁water", "▁вода"] == ast.literal_eval(moved)
    assert 0.1 < float(kept) < 1


@long
def test_neighbours_as_a_table(done, desk):
    """The CSV has a row for each neighbour."""
    done("neighbors_table", real("multilingual-e5-small"))
    with (desk / "water.csv").open(encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    assert (20, True) == (len(rows), "▁Water" in {row["token"] for row in rows})


@long
def test_a_figure_of_ones_own(done, desk):
    """The PDF is there, and fewer scripts mix than chance would have it."""
    mean, chance = map(float, done("own_figure")[-1].split())
    assert b"%PDF" == (desk / "diversity.pdf").read_bytes()[:4]
    assert 1 < mean < chance


@long
def test_which_model_serves_swahili(done):
    """The multilingual e5 cuts words of Swahili into the fewest pieces."""
    names = ["multilingual-e5-small", "gemma-3-270m", "whisper-base"]
    rows = list(map(ast.literal_eval, done("swahili", *map(real, names))))
    models = [Path(row["model"]).name for row in rows]
    assert set(names) == set(models)
    assert "multilingual-e5-small" == models[0]


@long
def test_latin_words_of_the_most_common_tokens(done):
    """Nothing but Latin text is left, fewer than were asked for."""
    first = done("latin_words", real("multilingual-e5-small"))[0].split(maxsplit=2)
    counts = ast.literal_eval(first[2])
    assert (20_000, {"Latn"}) == (int(first[0]), set(counts))
    assert 5_000 < int(first[1]) == counts["Latn"] < 20_000


@long
def test_a_report_of_a_folder(done):
    """Both models of the folder are in it."""
    assert "True ['base', 'tuned']" == done("folder_report")[-1]
