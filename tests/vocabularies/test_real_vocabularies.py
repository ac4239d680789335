"""The vocabularies of real models: what kinds of tokens they have, and how many."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
import sentencepiece

from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import mistral_data, real_vocabulary


def lines_of(path: Path) -> list[list[object]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line]


def opened(name: str) -> tuple[Vocabulary, list[list[object]]]:
    path = real_vocabulary(name)
    vocabulary, lines = open_vocabulary_file(path), lines_of(path)
    assert [[i, piece] for i, piece in enumerate(vocabulary.pieces)] == [line[:2] for line in lines]
    return vocabulary, lines


def test_xlm_r() -> None:
    vocabulary, lines = opened("xlm-roberta.jsonl.gz")
    assert vocabulary.scheme == "unigram"
    assert vocabulary.kind_counts() == {"text": 249_995, "whitespace": 2, "special": 5}
    assert vocabulary.scores.tolist() == pytest.approx([line[2] for line in lines], rel=1e-6)
    spaced = [i for i, piece in enumerate(vocabulary.pieces) if vocabulary.kinds[i] == TokenKind.TEXT]
    assert all(
        vocabulary.utf8[i].decode().replace(" ", "▁") == vocabulary.pieces[i] == vocabulary.texts[i]
        for i in spaced
    )
    assert vocabulary.starts_word[spaced].tolist() == [vocabulary.pieces[i].startswith("▁") for i in spaced]


def test_mbert() -> None:
    """mBERT's pieces are words and continuations, with as many special and unused tokens as it has."""
    vocabulary, _ = opened("bert-base-multilingual-cased.jsonl.gz")
    assert vocabulary.scheme == "WordPiece"
    assert vocabulary.kind_counts() == {"text": 119_443, "special": 5, "unused": 99}
    assert np.isnan(vocabulary.scores).all()
    text = np.flatnonzero(vocabulary.kinds == TokenKind.TEXT).tolist()
    for i in text:
        piece, shown = vocabulary.pieces[i], vocabulary.texts[i]
        assert shown == (piece[2:] if piece.startswith("##") and piece != "##" else "▁" + piece)
        assert vocabulary.starts_word[i] == shown.startswith("▁")


def test_llama() -> None:
    """Llama's 32,000 pieces have 256 bytes, each at its place, and three special tokens."""
    vocabulary, _ = opened("llama.jsonl.gz")
    assert vocabulary.scheme == "BPE with byte fallback"
    counts = vocabulary.kind_counts()
    assert counts["byte"] == 256
    assert counts["special"] == 3
    assert sum(counts.values()) == 32_000
    assert vocabulary.utf8[3:259] == tuple(bytes([byte]) for byte in range(256))
    assert np.isnan(vocabulary.scores).all()


def test_llama_is_the_model_that_mistral_common_ships() -> None:
    listed, _ = opened("llama.jsonl.gz")
    model = open_vocabulary_file(mistral_data() / "tokenizer.model.v1")
    assert model.scheme == listed.scheme
    assert set(model.kind_counts()) == set(listed.kind_counts())


@pytest.mark.parametrize("name", ["tokenizer.model.v1", "mistral_instruct_tokenizer_240323.model.v3"])
def test_real_sentencepiece_models_agree_with_sentencepiece(name: str) -> None:
    path = mistral_data() / name
    vocabulary = open_vocabulary_file(path)
    oracle = sentencepiece.SentencePieceProcessor(model_file=str(path))
    everything = range(oracle.get_piece_size())
    assert vocabulary.pieces == tuple(oracle.id_to_piece(i) for i in everything)
    assert vocabulary.scores.tolist() == pytest.approx([oracle.get_score(i) for i in everything])
    assert (vocabulary.kinds == TokenKind.BYTE).tolist() == [oracle.is_byte(i) for i in everything]
    text = "Der König et la reine 王様  🙂"
    ids = oracle.encode(text)
    assert b"".join(vocabulary.utf8[i] for i in ids) == b" " + text.encode()


def test_a_quarter_of_a_million_pieces_take_seconds(tmp_path: Path) -> None:
    """The limit is loose, for busy machines; about 1.5 s on two shared cores."""
    path = tmp_path / "tokenizer.json"
    pairs = [[f"▁слово{i}", -float(i)] for i in range(250_000)]
    path.write_text(json.dumps({"model": {"type": "Unigram", "vocab": pairs}, "added_tokens": []}))
    begun = time.process_time()
    assert len(open_vocabulary_file(path)) == 250_000
    assert time.process_time() - begun < 6
