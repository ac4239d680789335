"""The bundle's format, by a reader of its own that knows docs/bundle.md alone."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.errors import TensorNotFound, UnsupportedFormat
from hyperpolyglot.explorer import columns
from hyperpolyglot.explorer.bundle import MANIFEST, make_bundle, write_bundle
from hyperpolyglot.explorer.explored import ExploreOptions
from hyperpolyglot.store import NoStore
from tests.explorer.planted import WORDS, K, lexicon, meanings_together, nearest, scripts_together

DOC = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text("utf-8")
OPTIONS = ExploreOptions(k=K, method="pca")


def read(files, column):
    """A column by the letter of docs/bundle.md: an array, or a list of strings."""
    parts = [files[chunk["path"]] for chunk in column["chunks"]]
    if column["type"] in ("text", "bytes"):
        strings = []
        for i, part in enumerate(parts):
            n = min(column["rows"], column["length"] - i * column["rows"])
            offsets = np.frombuffer(part, "<u4", n + 1)
            body = part[4 * (n + 1) :]
            strings += [body[a:b] for a, b in pairwise(offsets)]
        return [s.decode("utf-8") for s in strings] if column["type"] == "text" else strings
    numbers = np.frombuffer(b"".join(parts), np.dtype(column["type"]).newbyteorder("<"))
    return numbers.reshape(column["length"], column["width"]).squeeze(1 if column["width"] == 1 else ())


@pytest.fixture(scope="session")
def manifest(bundle):
    return json.loads(bundle.files[MANIFEST])


@pytest.fixture(scope="session")
def model(bundle, manifest):
    """The columns of the second model."""
    described = manifest["models"][1]
    return {name: read(bundle.files, column) for name, column in described["columns"].items()}


def described_in(heading):
    """The first cells of the tables under a heading of the document."""
    part = re.search(rf"^{heading}$(.*?)(?=^## |\Z)", DOC, re.M | re.S)[1]
    rows = [line.split("|")[1:-1] for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_document_names_all_there_is(manifest):
    """Every key of the manifest and of a model, and every column with its type and width, stands in the document."""
    keys = [key for row in described_in("## Manifest") for key in re.findall(r"`([a-z_]+)`", row[0])]
    assert sorted([*manifest, *manifest["models"][0]]) == sorted(keys)
    assert f'`"{manifest["format"]}"`' in DOC
    columns = manifest["models"][0]["columns"]
    stated = {row[0].strip("`"): (row[1], row[2]) for row in described_in("## Columns")}
    found = {name: (c["type"], "k" if c["width"] == K else str(c["width"])) for name, c in columns.items()}
    assert stated == found


def test_files_are_small_and_as_stated(bundle, manifest):
    """No file is over a megabyte; bytes and digests are true; the manifest comes last and names all files."""
    assert MANIFEST == list(bundle.files)[-1]
    stated = {
        chunk["path"]: chunk
        for part in (*manifest["models"], manifest["lexicon"])
        for column in part["columns"].values()
        for chunk in column["chunks"]
    }
    assert {*stated, *manifest["page"], MANIFEST} == set(bundle.files)
    for path, content in bundle.files.items():
        assert len(content) <= 1_000_000
        if path in stated:
            assert stated[path]["bytes"] == len(content)
            assert stated[path]["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert {"page", "column", "manifest"} == {entry["kind"] for entry in bundle.entries}


def test_columns_hold_the_tokens(model):
    """Ids, texts, pieces, bytes, kinds and labels come back as they were."""
    space = meanings_together()
    vocabulary = space.vocabulary
    assert space.ids.tolist() == model["id"].tolist()
    whole = [i for i, text in enumerate(vocabulary.texts) if len(text) < 4000 and "\ud800" not in text]
    assert [vocabulary.texts[i] for i in whole] == [model["text"][i] for i in whole]
    assert [vocabulary.pieces[i] for i in whole] == [model["piece"][i] for i in whole]
    assert [vocabulary.utf8[i] for i in whole] == [model["bytes"][i] for i in whole]
    assert vocabulary.kinds.tolist() == model["kind"].tolist()
    assert space.labels.codes.tolist() == model["label"].astype(np.int16).tolist()
    assert "\\ud800lone" in model["text"]
    assert "x" * 4093 + "…" in model["text"]


def test_columns_hold_the_neighbours(model, manifest):
    """Neighbours are those of brute force; diversity and its expectation are those of the measure."""
    space = meanings_together()
    for row in (0, 5, 100, 200):
        expected = nearest(space, row)
        assert [i for i, _ in expected] == model["neighbor"][row].tolist()
        np.testing.assert_allclose([c for _, c in expected], model["similarity"][row], atol=1e-6)
    last = len(space) - 1
    assert [-1] * K == model["neighbor"][last].tolist()
    assert (255, True) == (model["diversity"][last], np.isnan(model["points"][last]).all())
    near = hp.neighbors(space, K)
    measured = hp.diversity(near, space.labels)
    shown = model["diversity"][near.queries]
    assert measured.mean == pytest.approx(shown.mean())
    by_label = {row.label: row.expected for row in measured.by_label}
    described = manifest["models"][1]
    stated = {row["label"]: row["expected"] for row in described["labels"]}
    stated[None] = described["expected_unlabelled"]
    assert by_label == pytest.approx({label: stated[label] for label in by_label})


def test_columns_hold_known_words(bundle, model, manifest):
    """A token's concepts and languages are those of the lexicon; all other tokens have none."""
    gloss = read(bundle.files, manifest["lexicon"]["columns"]["gloss"])
    tags = [language["tag"] for language in manifest["lexicon"]["languages"]]
    found = {}
    at = model["meaning_at"]
    for row, text in enumerate(model["text"]):
        for i in range(at[row], at[row + 1]):
            found.setdefault(text, set()).add(
                (gloss[model["meaning_concept"][i]], tags[model["meaning_language"][i]])
            )
    expected = {w: {(concept, tag)} for concept, words in WORDS.items() for tag, w in words.items()}
    del expected["▁متى"]
    assert expected == found


def test_all_words_of_the_lexicon_are_there(bundle, manifest):
    """Every word with its concept, tokens or not, in the order in which a browser compares strings."""
    found = [
        read(bundle.files, manifest["lexicon"]["columns"][name]) for name in ("gloss", "word", "word_concept")
    ]
    gloss, words, concepts = found
    expected = {(w.strip("▁").lower(), concept) for concept, own in WORDS.items() for w in own.values()}
    assert expected | {("gato", "cat")} == {(w, gloss[c]) for w, c in zip(words, concepts, strict=True)}
    assert sorted(words, key=lambda word: word.encode("utf-16-be")) == words


def test_frequency_ranks(model):
    """The first score is the highest, ranks fall with it, the padding has none."""
    ranks = model["frequency"]
    assert (65534, 0, 65535) == (ranks[0], ranks[-2], ranks[-1])
    assert (np.diff(ranks[:-1].astype(int)) < 0).all()


def test_the_tour_shows_the_papers_tokens(manifest):
    """Five stops; the paper's own token where a model has it, else another, by its row in each model."""
    assert ["Comment", "Nike", "miliki", "när", "アメリカ"] == [stop["paper"] for stop in manifest["tour"]]
    nike = manifest["tour"][1]
    texts = [space.vocabulary.texts for space in (scripts_together(), meanings_together())]
    assert "Nike" == nike["shown"]
    assert [t.index("▁Nike") for t in texts] == nike["rows"]
    assert all(stop["shown"] != stop["paper"] for stop in manifest["tour"] if stop is not nike)


def test_the_same_models_give_the_same_bytes(bundle):
    """Twice made, twice the same."""
    again = make_bundle([scripts_together(), meanings_together()], OPTIONS, NoStore(), lexicon=lexicon())
    assert dict(bundle.files) == dict(again.files)


@pytest.mark.parametrize("sizes", [[0], [], [3, 0, 5], [40] * 100, [999, 1, 1, 1], [1200]])
def test_strings_are_cut_by_rows(sizes):
    """Files of strings stay under the limit, one string alone excepted, and give every string back."""
    strings = [bytes([i % 251]) * size for i, size in enumerate(sizes)]
    made = columns.byte_strings(strings, limit=1000)
    described = made.described("x")
    files = {made.path("x", i): chunk for i, chunk in enumerate(made.chunks)}
    assert strings == read(files, described)
    assert all(len(chunk) <= 1000 for chunk in made.chunks) or 1 == made.rows


def test_numbers_are_cut_by_rows():
    """Rows are never split between files."""
    made = columns.numbers(np.arange(70, dtype=np.int32).reshape(10, 7), limit=60)
    assert [56, 56, 56, 56, 56] == [len(chunk) for chunk in made.chunks]
    files = {made.path("x", i): chunk for i, chunk in enumerate(made.chunks)}
    assert np.arange(70).reshape(10, 7).tolist() == read(files, made.described("x")).tolist()


def test_an_export_replaces_an_export_and_nothing_else(bundle, tmp_path):
    """A second export leaves exactly its own files; a folder with a stranger's file is refused and left as it is."""
    folder = tmp_path / "out"
    write_bundle(bundle, folder)
    smaller = make_bundle([meanings_together()], OPTIONS, NoStore(), lexicon=lexicon())
    entries = write_bundle(smaller, folder)
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert {entry["path"] for entry in entries} == set(there)
    assert all(entry["bytes"] == there[entry["path"]].stat().st_size for entry in entries)
    assert [folder] == list(tmp_path.iterdir())
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UnsupportedFormat, match=r"mine\.txt"):
        write_bundle(bundle, folder)
    assert "mine" == (folder / "mine.txt").read_text()


def test_a_failed_export_leaves_the_earlier_one(bundle, tmp_path):
    """Where writing fails, the folder still holds what it held, and nothing lies beside it."""
    folder = tmp_path / "out"
    write_bundle(bundle, folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    broken = replace(bundle, files={**bundle.files, "index.html/inside": b""})
    with pytest.raises(OSError):
        write_bundle(broken, folder)
    assert before == {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert [folder] == list(tmp_path.iterdir())


def test_what_cannot_be_explored(tmp_path):
    """No model, two of one name, a vocabulary alone, more neighbours than are shown: each one sentence."""
    space = meanings_together()
    for spaces in ([], [space, space]):
        with pytest.raises(ValueError, match="each of another name"):
            make_bundle(spaces, OPTIONS, NoStore(), lexicon=lexicon())
    with pytest.raises(TensorNotFound, match="a vocabulary alone has no vectors"):
        make_bundle([replace(space, table=None)], OPTIONS, NoStore(), lexicon=lexicon())
    with pytest.raises(ValueError, match="1 to 200"):
        ExploreOptions(k=201)
