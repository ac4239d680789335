"""Vocabularies in GGUF files, against the tokenizers that they were made from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.vocabularies import from_gguf
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import vocabulary_of


def opened(model: str, tokens: Any, **columns: Any) -> Vocabulary:
    metadata = {"model": model, "tokens": tokens, **columns}
    return from_gguf({f"tokenizer.ggml.{name}": value for name, value in metadata.items()}, "x.gguf")


def labels(vocabulary: Vocabulary) -> list[str]:
    return [TokenKind(kind).label for kind in vocabulary.kinds]


def test_llama() -> None:
    """The types of a llama vocabulary give the kinds, its scores the scores, and padding no token."""
    vocabulary = opened(
        "llama",
        ["<unk>", "<s>", "<0x0A>", "▁the", "▁▁", "[PAD5]"],
        token_type=np.array([2, 3, 6, 1, 4, 5], np.int32),
        scores=np.array([0, 0, 0, -1, -2, -1000], np.float32),
    )
    assert vocabulary.scheme == "BPE with byte fallback"
    assert labels(vocabulary) == ["special", "special", "byte", "text", "whitespace"]
    assert vocabulary.utf8[2:] == (b"\n", b" the", b"  ")
    assert vocabulary.scores[3] == -1


def test_gpt2(byte_level: Tokenizer) -> None:
    """A gpt2 vocabulary with merges is the one of the tokenizer.json that it was made from."""
    expected = vocabulary_of(byte_level)
    kinds = {TokenKind.SPECIAL: 3, TokenKind.ADDED: 4, TokenKind.WHITESPACE: 4}
    added = {byte_level.token_to_id(piece) for piece in ("größe", "    ")}
    types = [4 if i in added else kinds.get(TokenKind(k), 1) for i, k in enumerate(expected.kinds)]
    types = [1 if t == 4 and i not in added else t for i, t in enumerate(types)]
    ranked = [i for i in np.argsort(-expected.scores) if not np.isnan(expected.scores[i])]
    halves = {int(-expected.scores[i]): expected.pieces[i] for i in ranked}
    merges = [f"{halves[r][:1]} {halves[r][1:]}" if r in halves else "? ?" for r in range(max(halves) + 1)]
    vocabulary = opened("gpt2", list(expected.pieces), token_type=types, merges=merges)
    assert vocabulary.texts == expected.texts
    assert vocabulary.utf8 == expected.utf8
    assert labels(vocabulary) == labels(expected)
    assert np.array_equal(vocabulary.scores, expected.scores, equal_nan=True)


def test_bert_as_llama_cpp_rewrites_it() -> None:
    vocabulary = opened(
        "bert", ["[PAD]", "▁king", "dom", "▁[unused1]", "▁a▁b", "ing"], token_type=[3, 1, 1, 1, 1, 1]
    )
    assert vocabulary.scheme == "WordPiece"
    assert vocabulary.texts[:4] == ("[PAD]", "▁king", "dom", "[unused1]")
    assert labels(vocabulary) == ["special", "text", "text", "unused", "text", "text"]
    assert vocabulary.utf8[4] == " a▁b".encode()
    assert vocabulary.starts_word.tolist() == [False, True, False, False, True, False]


def test_t5_and_gemma() -> None:
    vocabulary = opened("t5", ["<pad>", "▁a"], token_type=[3, 1], scores=[0.0, -1.5])
    assert (vocabulary.scheme, vocabulary.utf8[1]) == ("unigram", b" a")
    vocabulary = opened("gemma4", ["▁", "a", "▁a"], token_type=[1, 1, 1], merges=["▁ a"])
    assert vocabulary.scheme == "BPE"
    assert vocabulary.scores[2] == 0


def test_rwkv_unescapes_bytes() -> None:
    vocabulary = opened(
        "rwkv", ["<s>", "a", r"\n", r"\xe3\x81", r"\\", r"\'", " é"], token_type=[3, 1, 1, 1, 1, 1, 1]
    )
    assert vocabulary.utf8[1:] == (b"a", b"\n", b"\xe3\x81", b"\\", b"'", " é".encode())
    assert vocabulary.byte_level
    assert vocabulary.pieces[6] == "ĠÃ©"


def test_columns_may_be_missing_or_bytes() -> None:
    vocabulary = opened("gpt2", ["Ġa".encode(), b"b"])
    assert vocabulary.texts == ("▁a", "b")
    assert opened("llama", ["a"], token_type=[np.int32(1)]).kind_counts() == {"text": 1}


@pytest.mark.parametrize("metadata", [{}, {"tokenizer.ggml.model": "none"}, {"tokenizer.ggml.model": "gpt2"}])
def test_no_vocabulary(metadata: dict[str, Any]) -> None:
    with pytest.raises(VocabularyNotFound, match="--tokenizer"):
        from_gguf(metadata, "x.gguf")


def test_unknown_tokenizer() -> None:
    with pytest.raises(UnsupportedFormat, match="known are llama, gpt2, bert"):
        opened("quantum", ["a"])


@pytest.mark.parametrize(
    "columns",
    [
        {"tokens": "abc"},
        {"tokens": 3},
        {"tokens": [1]},
        {"tokens": [b"\xff"]},
        {"tokens": []},
        {"tokens": ["a"], "token_type": [1, 1]},
        {"tokens": ["a"], "token_type": ["x"]},
        {"tokens": ["a"], "scores": {}},
        {"tokens": ["a"], "merges": 4},
    ],
)
def test_malformed(columns: dict[str, Any]) -> None:
    """Columns of wrong types and lengths are damage."""
    with pytest.raises(DamagedFile):
        opened("llama", **columns)


def test_scores_that_are_no_numbers_are_none() -> None:
    assert np.isnan(opened("llama", ["a", "b"], scores=["x", float("inf")]).scores).all()
