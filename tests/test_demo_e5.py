"""The real model in the package: an excerpt of multilingual-e5-small, what it holds and what is measured on it."""

from __future__ import annotations

import hashlib
import html
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.formats import open_checkpoint
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model, shipped_layout
from hyperpolyglot.measures.examples import PAPER_TOKENS, READ_FIRST
from hyperpolyglot.measures.translation import TranslateOptions, translate
from hyperpolyglot.report.page import page
from hyperpolyglot.sources import resolve
from hyperpolyglot.store import Store
from hyperpolyglot.study import MEASURES, StudyOptions, run_study

ROOT = Path(__file__).parents[1]
REAL = Path("~/.cache/hyperpolyglot-real/multilingual-e5-small").expanduser()
TOKENS, MODEL_TOKENS = 23_763, 250_002
QUOTA = 500
DIGESTS = {
    "e5.gguf": "c1db82e709a2a3bff5881076ba72bdcdfbab1cb8a767d3efcd085f35c3b7fa3a",
    "e5.map.npy": "83db5599b16eb7583fa3edb2c50dbffd6dc8a19127213f450153797c6ec03376",
}


@pytest.fixture(scope="module")
def space():
    return open_model("demo:e5")


@pytest.mark.parametrize("name", DIGESTS)
def test_the_files_are_the_ones_that_were_built(name):
    """Excerpt and layout have the digests they were built with."""
    assert DIGESTS[name] == hashlib.sha256((resolve("demo:e5").parent / name).read_bytes()).hexdigest()


def test_it_is_small():
    """Model and layout are 9 MB together or less."""
    folder = resolve("demo:e5").parent
    assert sum((folder / name).stat().st_size for name in DIGESTS) <= 9e6


def test_it_is_said_to_be_an_excerpt(space):
    """Of how many tokens of which model it is, and that its numbers are its own."""
    assert f"an excerpt of {TOKENS:,} of the {MODEL_TOKENS:,} tokens of a real model" in space.remark
    assert TOKENS == len(space) == hp.inspect(space).tokens
    assert space.remark == hp.inspect(space).to_json()["remark"]
    assert "" == open_model("demo:meaning").remark


def test_it_holds_what_the_rule_says(space):
    """The most probable tokens of 27 scripts, the paper's examples, everyday words; ids of the model, ascending."""
    counts = space.labels.counts()
    scripts = [name for name, tokens in counts.items() if tokens >= QUOTA and name not in ("Zyyy", "Zzzz")]
    assert 26 == len(scripts)
    texts = set(space.vocabulary.texts)
    for word in (*PAPER_TOKENS, *READ_FIRST):
        assert {word, f"▁{word}"} & texts, word
    ids = open_checkpoint(resolve("demo:e5")).metadata["hyperpolyglot.original_ids"]
    assert TOKENS == len(ids)
    assert (np.diff(ids) > 0).all()
    assert MODEL_TOKENS > int(ids[-1])


def test_the_page_says_excerpt_and_no_construction(tmp_path):
    """A report of demo:e5 alone warns of an excerpt and of nothing else."""
    skip = tuple(set(MEASURES) - {"census"})
    document = page(run_study([open_model("demo:e5")], StudyOptions(skip=skip), Store(tmp_path)))
    assert 1 == document.count('<p class="warning">')
    assert "an excerpt of 23,763 of the 250,002 tokens" in document
    assert "constructions" not in document


def test_it_is_asked_about_all_concepts(space):
    """The model was not counted from the lexicon: all its concepts are asked, and most answers are right."""
    lexicon = packaged_lexicon().take(languages={"en", "ru", "el", "hi", "ka"})
    found = translate(space, lexicon, TranslateOptions(questions=0))
    assert ("all", lexicon.source) == (found.concepts["selection"], packaged_lexicon().source)
    assert 0.6 < found.headline["value"]


@pytest.mark.long
def test_it_is_built_from_the_model_to_the_byte():
    """The rule, run again on the model, gives the file that ships."""
    if not REAL.is_dir():
        pytest.skip(f"no model in {REAL}: `make real-models` writes it")
    command = [sys.executable, str(ROOT / "tools/demo/excerpt.py"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert (0, "e5.gguf: the same\n") == (done.returncode, done.stdout), done.stderr


@pytest.mark.long
def test_its_rows_are_the_models(space):
    """Every row, piece and score is that of the model at its original id."""
    if not REAL.is_dir():
        pytest.skip(f"no model in {REAL}: `make real-models` writes it")
    whole = open_model(str(REAL))
    ids = open_checkpoint(resolve("demo:e5")).metadata["hyperpolyglot.original_ids"].astype(np.int64)
    np.testing.assert_array_equal(whole.vectors(ids), space.vectors())
    assert [whole.vocabulary.pieces[i] for i in ids] == list(space.vocabulary.pieces)
    np.testing.assert_array_equal(whole.vocabulary.scores[ids], space.vocabulary.scores)


@pytest.mark.long
def test_the_guided_reading_quotes_the_report(tmp_path):
    """Every percentage and decimal of ``docs/reading.md`` is on the page that it reads, and so is the finding."""
    space = open_model("demo:e5")
    study = run_study([space], StudyOptions(), Store(tmp_path), layouts=[shipped_layout(space.origin)])
    shown = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page(study))).replace("\xa0", " "))
    text = (ROOT / "docs" / "reading.md").read_text("utf8")
    quoted = re.search(r"^> (.*)$", text, re.MULTILINE)[1]
    assert quoted in shown
    numbers = set(re.findall(r"\d[\d,]*\.\d+(?: %)?|\d+ of \d[\d,]*", text))
    assert len(numbers) > 15
    assert set() == {number for number in numbers if number not in shown}
