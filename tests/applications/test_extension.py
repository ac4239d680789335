"""New tokens for words: one token for each, all other text cut as before, old rows the same bytes, new ones judged."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as some
from safetensors.numpy import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

import hyperpolyglot as hp
from hyperpolyglot.applications.extension.added_tokens import named_elsewhere
from hyperpolyglot.applications.extension.json_form import first_id
from hyperpolyglot.applications.extension.new_words import NewWord, new_words
from hyperpolyglot.applications.extension.unigram_scores import unigram_scores
from hyperpolyglot.applications.extension.word_file import read_word_file
from hyperpolyglot.applications.extension.written import Original
from hyperpolyglot.cli import main
from hyperpolyglot.errors import DamagedFile, NotEnoughData, UnsupportedFormat
from tests.conftest import write_model
from tests.jobs.conftest import environment, run
from tests.vocabularies.tokenizer_samples import (
    ALPHABET,
    SENTENCES,
    byte_level,
    clip,
    fallback,
    sentencepiece_model,
    unigram,
    wordpiece,
)

__all__ = ["byte_level", "clip", "environment", "fallback", "sentencepiece_model", "unigram", "wordpiece"]

WORDS = ("byte_level", "fallback", "wordpiece", "clip", "vocab.txt")
PIECES = ("unigram", "SentencePiece", "SentencePiece with bytes")
NEW = ("majini", "шестопёр", "नदियाँ", "zwölfzig", "kingdomly")
UNSPACED = "水手們"
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
Cut = Callable[[str], list[int]]


def folder_of(folder: Path, data: bytes, rows: int, width: int = 8, spare: int = 0) -> hp.TokenSpace:
    """A model with this tokenizer and a table of random rows, ``spare`` of them without a token."""
    folder.mkdir(parents=True)
    table = np.random.default_rng(0).standard_normal((rows + spare, width)).astype(np.float32)
    save_file({"model.embed_tokens.weight": table}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_bytes(data)
    return hp.open_model(folder)


class Library(NamedTuple):
    """How a library cuts text with the files of a folder, and what it makes of ids."""

    cut: Cut
    text: Callable[[list[int]], str]


def by_library(folder: Path) -> Library:
    """The tokenizers library, SentencePiece, or for a ``vocab.txt`` what transformers builds of it and its tokens."""
    if (folder / "tokenizer.model").exists():
        pieces = sentencepiece.SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes())
        return Library(pieces.encode, pieces.decode)
    if (folder / "tokenizer.json").exists():
        made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        lines = (folder / "vocab.txt").read_text("utf8").splitlines()
        made = Tokenizer(models.WordPiece({line: i for i, line in enumerate(lines)}, unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=False)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        config = json.loads((folder / "tokenizer_config.json").read_text("utf8"))
        for token in config.get("added_tokens_decoder", {}).values():
            made.add_tokens(
                [AddedToken(token["content"], **{flag: token.get(flag, False) for flag in FLAGS})]
            )
    return Library(lambda text: made.encode(text, add_special_tokens=False).ids, made.decode)


class Case(NamedTuple):
    """What was made of a small model, and how the old and the new tokenizer cut."""

    found: hp.Transplant
    old: Library
    new: Library

    def __repr__(self) -> str:
        return "Case"


def write_tokenizer(request: pytest.FixtureRequest, kind: str, folder: Path) -> int:
    """Write the tokenizer of a kind to a new folder; how many tokens it has, which is in the file ``rows`` too."""
    folder.mkdir(parents=True)
    name = "tokenizer.json"
    if kind.startswith("SentencePiece"):
        name = "tokenizer.model"
        data = request.getfixturevalue("sentencepiece_model")("unigram", kind.endswith("bytes"))
        rows = sentencepiece.SentencePieceProcessor(model_proto=data).vocab_size()
    else:
        tokenizer = request.getfixturevalue("wordpiece" if kind == "vocab.txt" else kind)
        data, rows = tokenizer.to_str().encode(), tokenizer.get_vocab_size()
        if kind == "vocab.txt":
            name, ids = kind, tokenizer.get_vocab()
            lines = [*sorted(ids, key=ids.__getitem__), "[SEP]", "[MASK]"]
            data, rows = "".join(f"{line}\n" for line in lines).encode(), len(lines)
            (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    (folder / name).write_bytes(data)
    (folder / "rows").write_text(str(rows))
    return rows


def made_of(request: pytest.FixtureRequest, place: Path) -> Case:
    """The case of a kind of tokenizer, in a folder."""
    rows = write_tokenizer(request, request.param, place / "old")
    table = np.random.default_rng(0).standard_normal((rows, 8)).astype(np.float32)
    save_file({"model.embed_tokens.weight": table}, place / "old" / "model.safetensors")
    found = hp.extend(hp.open_model(place / "old"), [*NEW, UNSPACED], held_out=20)
    hp.write_transplant(found, place / "new")
    return Case(found, by_library(place / "old"), by_library(place / "new"))


@pytest.fixture(scope="module", params=[*WORDS, *PIECES])
def case(request, tmp_path_factory) -> Case:
    """A case of each kind."""
    return made_of(request, tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module", params=WORDS)
def words_case(request, tmp_path_factory) -> Case:
    """A case of each kind whose words are looked for in the text before it is cut."""
    return made_of(request, tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module", params=PIECES)
def pieces_case(request, tmp_path_factory) -> Case:
    """A case of each kind whose words are pieces of the model."""
    return made_of(request, tmp_path_factory.mktemp("pieces"))


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


def is_in(text: str) -> bool:
    """Whether a new word is written in a text, as normalisers see it."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] != "C")
    return any(word in seen for seen in (text, plain) for word in (*NEW, UNSPACED))


@given(text=texts)
@settings(max_examples=150, deadline=None)
def test_text_without_new_words_is_cut_as_before(case, text: str) -> None:
    """Text in which no new word is written has the same ids, whatever else is in it."""
    if not is_in(text):
        assert case.old.cut(text) == case.new.cut(text)


@given(before=some.sampled_from(["", "the king ", "(", "король, ", "«", "le roi\n"]), word=some.sampled_from(NEW),
       after=some.sampled_from(["", " the king", ")", ", король", "»", "\nle roi", "."]))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_new_word_that_stands_alone_is_one_token(words_case, before: str, word: str, after: str) -> None:
    """Between blanks and punctuation it is one token, what is before it is cut as it would be alone, without the blank,
    and what is after it is what it was after another token.
    """
    found, old, new = words_case
    id_ = found.added.first + NEW.index(word)
    cut = new.cut(before + word + after)
    assert [id_] == [i for i in cut if i >= found.added.first]
    assert old.cut(before.rstrip()) == cut[: cut.index(id_)]
    assert old.cut(after) == cut[cut.index(id_) + 1 :]


def test_a_word_inside_another_is_none(words_case) -> None:
    """A word that letters, digits or marks touch is no token, unless its script writes no spaces."""
    found, old, new = words_case
    for text in ("majinini", "the amajini", "majini2", "majini_a", "नदियाँा", "kingdomlyness"):
        assert old.cut(text) == new.cut(text)
    assert found.added.first + len(NEW) in new.cut(f"国王{UNSPACED}国王")


@given(before=some.sampled_from(["", "the king ", "король, ", "le roi "]), word=some.sampled_from(NEW),
       after=some.sampled_from(["", " the king", ")", ", король", "»", "\nle roi", ".", "ness", "ni"]))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_new_piece_takes_the_place_of_its_pieces(pieces_case, before: str, word: str, after: str) -> None:
    """After a blank a word is one token, and ids are decoded to the text, also where letters follow."""
    found, old, new = pieces_case
    text = before + word + after
    cut = new.cut(text)
    assert after.isalpha() or 1 == cut.count(found.added.first + NEW.index(word))
    spelled = " ".join(text.split())
    assert spelled != old.text(old.cut(text)) or spelled == new.text(cut)


def test_a_piece_of_a_script_without_spaces_is_found_inside_text(pieces_case) -> None:
    """It is found where nothing stands between words, and decoded in its place."""
    found, _, new = pieces_case
    cut = new.cut(f"国王{UNSPACED}国王")
    assert found.added.first + len(NEW) in cut
    assert f"国王{UNSPACED}国王" == new.text(cut)


def test_a_new_piece_moves_no_other_boundary(tmp_path: Path) -> None:
    """Where a word begins with a new one, this takes the place of its pieces; a better cut across them stays."""
    scores = {"<unk>": 0.0, "▁ma": -5.0, "ji": -6.0, "ni": -6.5, "▁maj": -9.0, "ini": -2.0}
    scores |= dict.fromkeys("▁abcdefghijmn", -8.0)
    made = {
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [list(pair) for pair in scores.items()]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
    }
    words = [[f"▁{word}", -5.0] for word in words_of(120)]
    made["model"]["vocab"] += words
    data = json.dumps(made).encode()
    found = hp.extend(folder_of(tmp_path / "old", data, len(scores) + 120), ["maji"], held_out=20)
    hp.write_transplant(found, tmp_path / "new")
    old, new = by_library(tmp_path / "old").cut, by_library(tmp_path / "new").cut
    pieces = {piece: i for i, piece in enumerate(scores)}
    assert [pieces["▁ma"], pieces["ji"], pieces["n"], pieces["a"]] == old("majina")
    assert [found.added.first, pieces["n"], pieces["a"]] == new("majina")
    assert [pieces["▁maj"], pieces["ini"]] == old("majini") == new("majini")
    assert -11 + 0.01 * 4.5 == pytest.approx(float(found.target.vocabulary.scores[found.added.first]))
    known = hp.open_model(tmp_path / "old").vocabulary
    alone = known.take(np.flatnonzero([piece != "j" for piece in known.pieces]))
    assert (-9.0,) == unigram_scores([NewWord(text="majima", spaced=True, utf8=b" majima")], alone)


def test_words_that_a_byte_level_decoder_misreads_are_counted(byte_level, tmp_path: Path) -> None:
    """The decoder gives back all but those, whose letters all are signs of bytes too, and these it does not."""
    words = ["étang", "dağı", "majini", "шест", "水手們"]
    found = hp.extend(
        folder_of(tmp_path / "old", byte_level.to_str().encode(), byte_level.get_vocab_size()),
        words,
        held_out=20,
    )
    hp.write_transplant(found, tmp_path / "new")
    made = by_library(tmp_path / "new")
    wrong = [word for word in words if word != made.text(made.cut(word))]
    assert (["étang", "dağı"], 2) == (wrong, found.added.misread)
    assert "turns 2 of them into other characters" in (tmp_path / "new" / "README.md").read_text("utf8")


def test_old_rows_are_the_same_bytes(case) -> None:
    """The first rows are those of the model, and a row for each word comes after them."""
    found = case.found
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
    config = {"model_type": "gpt2", "vocab_size": byte_level.get_vocab_size(), "n_embd": 8, "bos_token_id": 0}
    (tmp_path / "old" / "config.json").write_text(json.dumps(config))
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
    names = [
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "config.json",
        "extend.json",
        "README.md",
    ]
    assert names == [file["path"] for file in said["files"]]
    again = hp.open_model(made)
    assert ["majini", "турнир"] == list(again.vocabulary.pieces[-2:])
    page = (made / "README.md").read_text("utf8")
    assert config | {"vocab_size": len(again)} == json.loads((made / "config.json").read_text())
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


MORE, MOST = "<more>", "<most>"
BESIDE = {
    "added_tokens.json": {MORE: 0, MOST: 1},
    "special_tokens_map.json": {"additional_special_tokens": [MOST]},
}
DECODED = {
    "tokenizer_config.json": {
        "do_lower_case": False,
        "added_tokens_decoder": {
            "0": {"content": MORE, "lstrip": True, "normalized": True, "special": False},
            "1": {"content": MOST, "lstrip": False, "normalized": False, "special": True},
        },
    }
}


def write_beside(folder: Path, beside: dict[str, dict], rows: int) -> None:
    """The files beside a tokenizer, whose ids are counted from the tokenizer's last."""
    for name, fields in beside.items():
        found = dict(fields)
        if name == "added_tokens.json":
            found = {piece: rows + id_ for piece, id_ in fields.items()}
        if "added_tokens_decoder" in fields:
            decoder = fields["added_tokens_decoder"]
            found["added_tokens_decoder"] = {str(rows + int(id_)): token for id_, token in decoder.items()}
        (folder / name).write_text(json.dumps(found))


@pytest.mark.parametrize("beside", [BESIDE, DECODED], ids=["named", "decoded"])
@pytest.mark.parametrize("kind", ["unigram", "byte_level", "wordpiece", "vocab.txt"])
def test_tokens_that_other_files_name_are_written_before_the_words(
    request: pytest.FixtureRequest, kind: str, beside: dict[str, dict], tmp_path: Path
) -> None:
    """They keep ids, rows and flags, are found in text by the new files alone, and the words follow them."""
    folder, made = tmp_path / "old", tmp_path / "new"
    rows = write_tokenizer(request, kind, folder)
    table = np.random.default_rng(0).standard_normal((rows + 3, 8)).astype(np.float32)
    save_file({"model.embed_tokens.weight": table}, folder / "model.safetensors")
    write_beside(folder, beside, rows)
    space = hp.open_model(folder)
    assert (MORE, MOST, "") == space.vocabulary.pieces[rows:]
    found = hp.extend(space, NEW[:1], held_out=20)
    assert (rows + 2, 1) == (found.added.first, found.added.replaced)
    hp.write_transplant(found, made, source=space)
    library = by_library(made)
    assert [rows, rows + 1] == [i for i in library.cut(f"a {MORE} b {MOST}") if i in (rows, rows + 1)]
    assert rows + 2 == library.cut(f" {NEW[0]}")[-1]
    again = hp.open_model(made)
    assert space.vocabulary.pieces[: rows + 2] == again.vocabulary.pieces[: rows + 2]
    assert space.vocabulary.kinds[: rows + 2].tolist() == again.vocabulary.kinds[: rows + 2].tolist()
    assert table[: rows + 2].tobytes() == again.vectors()[: rows + 2].tobytes()
    flags = [beside is DECODED, False, True, False], [False, False, False, True]
    of = ("lstrip", "rstrip", "normalized", "special")
    if (made / "tokenizer.json").exists():
        listed = json.loads((made / "tokenizer.json").read_text("utf8"))["added_tokens"]
        by_id = {token["id"]: token for token in listed}
        assert list(flags) == [[by_id[rows + i][flag] for flag in of] for i in range(2)]
    if kind != "unigram" and (beside is DECODED or kind == "vocab.txt"):
        config = json.loads((made / "tokenizer_config.json").read_text("utf8"))["added_tokens_decoder"]
        assert [MORE, MOST, NEW[0]] == [config[str(rows + i)]["content"] for i in range(3)]
        assert list(flags) == [[config[str(rows + i)].get(flag, False) for flag in of] for i in range(2)]


def test_a_token_that_is_there_twice_is_not_written(byte_level, tmp_path: Path) -> None:
    """Libraries would number what follows it otherwise."""
    rows = byte_level.get_vocab_size()
    space = folder_of(tmp_path / "old", byte_level.to_str().encode(), rows, spare=4)
    space = hp.from_arrays(
        space.vectors(),
        [*space.vocabulary.pieces[:rows], MORE, MORE, "", ""],
        name="twice",
    )
    assert () == named_elsewhere(Original(None, b"", space.vocabulary, None), rows)


def test_what_the_library_says_of_words_is_kept(wordpiece, tmp_path: Path) -> None:
    """Where text is lowered, of words that differ in case alone the first is a token, and the others are counted."""
    document = json.loads(wordpiece.to_str())
    document["normalizer"] = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    }
    space = folder_of(tmp_path / "old", json.dumps(document).encode(), wordpiece.get_vocab_size())
    found = hp.extend(space, ["majini", "Majini", "kingdomly"], held_out=20)
    assert ("majini", "kingdomly") == found.added.words
    assert {"not cut as one token": 1} == dict(found.added.refused)


def test_what_cannot_be_extended_is_said(unigram, tmp_path: Path) -> None:
    """One sentence each: no tokenizer that is run, no new word, a part of a model, tokens elsewhere, gaps."""
    with pytest.raises(UnsupportedFormat, match=r"words are added to tokenizer\.json"):
        hp.extend(hp.open_model("demo:e5"), ["majini"])
    data = unigram.to_str().encode()
    space = folder_of(tmp_path / "old", data, unigram.get_vocab_size(), spare=2)
    with pytest.raises(NotEnoughData, match=r"none of 2 words is new: 0 are tokens already, 2 cannot be one"):
        hp.extend(space, ["a b", "c d"])
    with pytest.raises(UnsupportedFormat, match="name the whole model"):
        hp.extend(space.take(np.arange(150)), ["majini"])
    (tmp_path / "old" / "added_tokens.json").write_text(json.dumps({"<more>": unigram.get_vocab_size() + 1}))
    with pytest.raises(UnsupportedFormat, match="name tokens after its last one"):
        hp.extend(hp.open_model(tmp_path / "old"), ["majini"])
    gap = json.loads(data)
    gap["model"] = {"type": "WordLevel", "vocab": {"a": 0, "b": 5}, "unk_token": "a"}
    gap["added_tokens"] = []
    with pytest.raises(UnsupportedFormat, match="gaps"):
        first_id(json.dumps(gap).encode(), "tokenizer.json")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_models_open_extended_in_transformers(request, environment, tmp_path: Path) -> None:
    """With the layers of the old model and the tables and tokenizer of the new folder, text without new words has the
    same hidden states and logits; a new word is one token, whose embedding is the row that was built; ``config.json``
    differs in ``vocab_size`` alone. Tied and untied, of classes that read ``tokenizer.json`` whole and that do not.
    """
    (tmp_path / "words.txt").write_text("\n".join(NEW), "utf8")
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES), "utf8")
    for kind in ("byte_level", "fallback", "unigram", "vocab.txt"):
        write_tokenizer(request, kind, tmp_path / kind)
    script = Path(__file__).with_name("extended_in_transformers.py")
    run(environment.python, script, "make", tmp_path)
    for folder in sorted(path for path in tmp_path.iterdir() if path.is_dir()):
        space = hp.open_model(folder)
        untied = hp.open_model(folder, hp.Opening(table="output")) if folder.name == "fallback" else None
        found = hp.extend(space, NEW, output=untied, held_out=20)
        hp.write_transplant(found, f"{folder}-more")
    said = [json.loads(line) for line in run(environment.python, script, "open", tmp_path).splitlines()]
    alike = {"changed": ["vocab_size"], "vocab_size": True, "same": True, "one": True, "rows": True}
    for row in said:
        assert alike | {"words": list(range(len(NEW)))} == {name: row[name] for name in [*alike, "words"]}, (
            row
        )
    assert ["byte_level", "fallback", "unigram", "vocab.txt"] == [row["kind"] for row in said]
    assert [False, True, False, False] == [row["untied"] for row in said]
    assert ["the majini the"] * 2 == [row["text"] for row in said[2:]]


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
