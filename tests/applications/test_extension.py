"""New tokens for words: one token for each, all other text cut as before, old rows the same bytes, new ones judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

import hyperpolyglot as hp
from hyperpolyglot.applications.extension.appending import first_id
from hyperpolyglot.applications.extension.new_words import new_words
from hyperpolyglot.applications.extension.word_file import read_word_file
from hyperpolyglot.cli import main
from hyperpolyglot.errors import DamagedFile, NotEnoughData, UnsupportedFormat
from tests.conftest import write_model
from tests.vocabularies.tokenizer_samples import (
    ALPHABET,
    SENTENCES,
    byte_level,
    clip,
    fallback,
    unigram,
    wordpiece,
)

__all__ = ["byte_level", "clip", "fallback", "unigram", "wordpiece"]

KINDS = ("byte_level", "unigram", "fallback", "wordpiece", "clip")
NEW = ("majini", "шестопёр", "नदियाँ", "zwölfzig", "kingdomly")
UNSPACED = "水手們"
Cut = Callable[[str], list[int]]


def folder_of(folder: Path, data: bytes, rows: int, width: int = 8, spare: int = 0) -> hp.TokenSpace:
    """A model with this tokenizer and a table of random rows, ``spare`` of them without a token."""
    folder.mkdir(parents=True)
    table = np.random.default_rng(0).standard_normal((rows + spare, width)).astype(np.float32)
    save_file({"model.embed_tokens.weight": table}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_bytes(data)
    return hp.open_model(folder)


def cutting(data: bytes) -> Cut:
    """The tokenizers library with a file."""
    made = Tokenizer.from_str(data.decode())
    return lambda text: made.encode(text, add_special_tokens=False).ids


@pytest.fixture(scope="module", params=KINDS)
def case(request, tmp_path_factory) -> tuple[hp.Transplant, Cut, Cut]:
    """What was made of a small model with a tokenizer of each kind, and how the old and the new one cut."""
    data = request.getfixturevalue(request.param).to_str().encode()
    place = tmp_path_factory.mktemp(request.param)
    rows = Tokenizer.from_str(data.decode()).get_vocab_size()
    space = folder_of(place / "old", data, rows)
    found = hp.extend(space, [*NEW, UNSPACED], held_out=20)
    hp.write_transplant(found, place / "new")
    return found, cutting(data), cutting((place / "new" / "tokenizer.json").read_bytes())


texts = some.lists(
    some.one_of(
        some.sampled_from([word for sentence in SENTENCES for word in sentence.split()]),
        some.sampled_from(
            [" ", "\n", "\t", "  ", ".", "(", "▁", "größe", "<|im_start|>", "[CLS]", "maji", "ni"]
        ),
        some.text(ALPHABET, max_size=5),
        some.text(max_size=5),
    ),
    max_size=8,
).map("".join)


@given(text=texts)
@settings(max_examples=150, deadline=None)
def test_text_without_new_words_is_cut_as_before(case, text: str) -> None:
    """Text in which no new word is written has the same ids, whatever else is in it."""
    _, old, new = case
    if not any(word in text for word in (*NEW, UNSPACED)):
        assert old(text) == new(text)


@given(before=some.sampled_from(["", "the king ", "(", "король, ", "«", "le roi\n"]), word=some.sampled_from(NEW),
       after=some.sampled_from(["", " the king", ")", ", король", "»", "\nle roi", "."]))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_new_word_that_stands_alone_is_one_token(case, before: str, word: str, after: str) -> None:
    """Between blanks and punctuation it is one token, what is before it is cut as it would be alone, without the blank,
    and what is after it is what it was after another token.
    """
    found, old, new = case
    id_ = found.added.first + NEW.index(word)
    cut = new(before + word + after)
    assert [id_] == [i for i in cut if i >= found.added.first]
    assert old(before.rstrip()) == cut[: cut.index(id_)]
    assert old(after) == cut[cut.index(id_) + 1 :]


def test_a_word_inside_another_is_none(case) -> None:
    """A word that letters, digits or marks touch is no token, unless its script writes no spaces."""
    found, old, new = case
    for text in ("majinini", "the amajini", "majini2", "majini_a", "नदियाँा", "kingdomlyness"):
        assert old(text) == new(text)
    assert found.added.first + len(NEW) in new(f"国王{UNSPACED}国王")


def test_old_rows_are_the_same_bytes(case) -> None:
    """The first rows are those of the model, and a row for each word comes after them."""
    found, *_ = case
    first = found.added.first
    table = np.random.default_rng(0).standard_normal((first, 8)).astype(np.float32)
    assert table.tobytes() == found.embeddings[:first].tobytes()
    assert (first + len(NEW) + 1, 8) == found.embeddings.shape
    assert len(NEW) + 1 == found.built


def test_a_word_is_the_mean_of_its_pieces(tmp_path: Path) -> None:
    """Without another model a row points where the mean of the pieces does that the word was cut into."""
    words = words_of(200)
    pieces = [f"▁{word}" for word in words] + ["xyz"]
    write_model(
        tmp_path / "old", np.random.default_rng(1).standard_normal((201, 12)).astype(np.float32), pieces
    )
    source = hp.open_model(tmp_path / "old")
    found = hp.extend(source, [f"{words[7]}xyz"], held_out=20)
    mean, made = source.vectors(np.array([7, 200])).mean(axis=0), found.embeddings[201]
    assert {"mean": 1} == found.built_by
    assert 1.0 == pytest.approx(mean @ made / np.linalg.norm(mean) / np.linalg.norm(made), abs=1e-5)


def words_of(count: int) -> list[str]:
    """Distinct words of four letters."""
    return ["".join("abcdefghij"[int(d)] for d in f"{i:04}") for i in range(count)]


def planted(folder: Path) -> tuple[hp.TokenSpace, hp.TokenSpace, list[str], np.ndarray]:
    """A model of 300 words, another that is a linear image of it with 40 words more, these, and their true vectors."""
    random = np.random.default_rng(3)
    vectors = random.standard_normal((340, 12)).astype(np.float32)
    words = words_of(340)
    write_model(folder / "old", vectors[:300], [f"▁{word}" for word in words[:300]])
    image = (vectors @ random.standard_normal((12, 16))).astype(np.float32)
    via = hp.from_arrays(image, [f"▁{word}" for word in words], name="via")
    return hp.open_model(folder / "old"), via, words[300:], vectors[300:]


def test_a_planted_map_builds_the_words(tmp_path: Path) -> None:
    """Where another model with the words is a linear image, ridge is chosen and finds their vectors."""
    source, via, words, truth = planted(tmp_path)
    found = hp.extend(source, words, via, held_out=40, atoms=8)
    assert ("ridge", 300, {"ridge": 40}) == (found.chosen, found.copied, found.built_by)
    made = found.embeddings[300:]
    cosine = (made * truth).sum(axis=1) / np.linalg.norm(made, axis=1) / np.linalg.norm(truth, axis=1)
    assert cosine.min() > 0.99
    assert source.vectors().tobytes() == found.embeddings[:300].tobytes()
    whole = {t.method: t.p1["value"] for t in found.methods if t.label is None}
    assert max(whole.values()) == whole["ridge"]
    assert {"mean", "ridge", "procrustes", "focus", "omp", "auto"} == set(whole)


def test_the_output_table_is_extended_too(tmp_path: Path) -> None:
    """An output table that is twice the input table stays so, old rows as they were."""
    source, via, words, _ = planted(tmp_path)
    output = hp.from_arrays(2 * source.vectors(), source.vocabulary.pieces, name="source")
    found = hp.extend(source, words, via, output=output, method="focus", held_out=40)
    assert found.output is not None
    assert 2 * found.embeddings == pytest.approx(found.output.embeddings, rel=1e-4, abs=1e-4)
    with pytest.raises(UnsupportedFormat, match="the output table has 100 rows"):
        hp.extend(source, words, output=output.take(np.arange(100)), held_out=40)


def test_rows_without_a_token_are_taken_first(unigram, tmp_path: Path) -> None:
    """New words take the rows after the last token; what of these is left keeps its bytes."""
    rows = unigram.get_vocab_size()
    space = folder_of(tmp_path / "old", unigram.to_str().encode(), rows, spare=8)
    found = hp.extend(space, NEW, held_out=20)
    old = load_file(tmp_path / "old" / "model.safetensors")["model.embed_tokens.weight"]
    assert (rows, 5, old.shape) == (found.added.first, found.added.replaced, found.embeddings.shape)
    assert old[:rows].tobytes() == found.embeddings[:rows].tobytes()
    assert old[rows + 5 :].tobytes() == found.embeddings[rows + 5 :].tobytes()


def test_the_command_writes_a_model_that_opens(byte_level, tmp_path: Path, capsys) -> None:
    """Counts, scores and files are in the JSON, the README says what was done, and the folder opens with the words."""
    data = byte_level.to_str().encode()
    folder_of(tmp_path / "old", data, byte_level.get_vocab_size())
    (tmp_path / "old" / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    words = tmp_path / "words.tsv"
    words.write_text("majini\t12\nтурнир\nmajini\nthe\t1\nnew words\n\n", "utf8")
    made = tmp_path / "made"
    given = ["extend", str(tmp_path / "old"), "--words", str(words), "--held-out", "20", "-o"]
    main([*given, str(made), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert "hyperpolyglot.extend/1" == said["format"]
    assert ["majini", "турнир"] == said["added"]["words"]
    assert (1, {"given twice": 1, "has a space in it": 1}) == (
        said["added"]["already"],
        said["added"]["refused"],
    )
    names = ["model.safetensors", "tokenizer.json", "tokenizer_config.json", "extend.json", "README.md"]
    assert names == [file["path"] for file in said["files"]]
    again = hp.open_model(made)
    assert ["majini", "турнир"] == list(again.vocabulary.pieces[-2:])
    page = (made / "README.md").read_text("utf8")
    assert "P@1" in page
    assert "2 new tokens" in page
    main([*given, str(tmp_path / "b")])
    assert "2 words are new tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", "empty"),
        ("a b", "has a space in it"),
        ("a\u00a0b", "has a space in it"),
        ("▁ab", "has a space in it"),
        ("a\x00b", "has a control character or none that is assigned in it"),
        ("a\ud800", "has a control character or none that is assigned in it"),
        ("(ab)", "does not begin and end with a letter or digit"),
        ("a" * 201, "longer than 200 characters"),
    ],
)
def test_what_can_be_no_token_is_counted_by_reason(word: str, why: str) -> None:
    """Each is left out with its reason, and the rest is taken."""
    found = new_words([word, "majini", "e\u0301tang"], hp.from_arrays(np.eye(2), ["▁a", "b"]).vocabulary)
    assert {why: 1} == found.refused
    assert ["majini", "étang"] == [word.text for word in found.words]


def test_a_piece_inside_words_is_not_taken_for_the_word() -> None:
    """``b`` is a piece that continues words: an added token of that spelling would be it, so it is left out."""
    found = new_words(["a", "b"], hp.from_arrays(np.eye(2), ["▁a", "b"]).vocabulary)
    assert (1, {"spelled as a piece inside words": 1}) == (found.already, found.refused)


def test_what_cannot_be_extended_is_said(unigram, tmp_path: Path) -> None:
    """One sentence each: no tokenizer.json, no new word, a part of a model, tokens that other files name, gaps."""
    with pytest.raises(UnsupportedFormat, match=r"name a folder with one"):
        hp.extend(hp.open_model("demo:e5"), ["majini"])
    data = unigram.to_str().encode()
    space = folder_of(tmp_path / "old", data, unigram.get_vocab_size(), spare=2)
    with pytest.raises(NotEnoughData, match=r"none of 2 words is new: 0 are tokens already, 2 cannot be one"):
        hp.extend(space, ["a b", "c d"])
    with pytest.raises(UnsupportedFormat, match="name the whole model"):
        hp.extend(space.take(np.arange(150)), ["majini"])
    (tmp_path / "old" / "added_tokens.json").write_text(json.dumps({"<more>": unigram.get_vocab_size()}))
    with pytest.raises(UnsupportedFormat, match="name tokens after its last one"):
        hp.extend(hp.open_model(tmp_path / "old"), ["majini"])
    gap = json.loads(data)
    gap["model"] = {"type": "WordLevel", "vocab": {"a": 0, "b": 5}, "unk_token": "a"}
    gap["added_tokens"] = []
    with pytest.raises(UnsupportedFormat, match="gaps"):
        first_id(json.dumps(gap).encode(), "tokenizer.json")


def test_word_files_that_are_none(tmp_path: Path) -> None:
    """A file without words, or that is not UTF-8, is one sentence; counts after a tab are left."""
    file = tmp_path / "words.txt"
    file.write_text("\n\t3\n", "utf8")
    with pytest.raises(DamagedFile, match="holds no word"):
        read_word_file(file)
    file.write_bytes(b"\xff\n")
    with pytest.raises(DamagedFile, match="not UTF-8"):
        read_word_file(file)
    file.write_text("maji\t3\n\nmoto\n", "utf8")
    assert ["maji", "moto"] == read_word_file(file)
