"""Vocabularies of tokenizer.json files, against the library that reads and writes them."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import vocabulary_of

LEVEL = {"type": "ByteLevel"}


def opened(document: object) -> Vocabulary:
    return read_tokenizer_json(json.dumps(document).encode(), "tokenizer.json").vocabulary("tokenizer.json")


def bpe(vocab: dict[str, Any], merges: object = (), **fields: Any) -> dict[str, Any]:
    model = {"type": "BPE", "vocab": vocab, "merges": list(merges)}  # type: ignore[call-overload]
    return {"model": model | fields.pop("model", {}), "added_tokens": [], **fields}


def added(id_: int, content: str, special: bool = False) -> dict[str, Any]:
    return {"id": id_, "content": content, "special": special}


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("byte_level", "byte-level BPE"),
        ("unigram", "unigram"),
        ("fallback", "BPE with byte fallback"),
        ("wordpiece", "WordPiece"),
        ("clip", "byte-level BPE"),
    ],
)
def test_ids_and_pieces_are_those_of_the_library(
    name: str, scheme: str, request: pytest.FixtureRequest
) -> None:
    tokenizer: Tokenizer = request.getfixturevalue(name)
    vocabulary = vocabulary_of(tokenizer)
    ids = tokenizer.get_vocab(with_added_tokens=True)
    assert {piece: i for i, piece in enumerate(vocabulary.pieces)} == ids
    assert vocabulary.scheme == scheme
    assert vocabulary.source == "tokenizer.json"


def test_declared_kinds(byte_level: Tokenizer, unigram: Tokenizer, wordpiece: Tokenizer) -> None:
    def kinds(tokenizer: Tokenizer, *pieces: str) -> list[str]:
        vocabulary = vocabulary_of(tokenizer)
        return [TokenKind(vocabulary.kinds[tokenizer.token_to_id(piece)]).label for piece in pieces]

    assert kinds(byte_level, "<|endoftext|>", "größe", "    ", "<|im_start|>") == [
        "special",
        "added",
        "whitespace",
        "special",
    ]
    assert kinds(unigram, "<unk>", "<mask>", "deu_Latn") == ["special", "special", "language"]
    assert kinds(wordpiece, "[PAD]", "[unused1]", "[CLS]") == ["special", "unused", "special"]


def test_scores(fallback: Tokenizer, unigram: Tokenizer) -> None:
    """The score of a piece is minus the rank of its merge, or its log-probability."""
    document = json.loads(fallback.to_str())["model"]
    vocabulary = vocabulary_of(fallback)
    for rank, (left, right) in enumerate(document["merges"]):
        assert vocabulary.scores[document["vocab"][left + right]] == -rank
    assert np.isnan(vocabulary.scores[document["vocab"]["▁"]])
    pairs = json.loads(unigram.to_str())["model"]["vocab"]
    scored = vocabulary_of(unigram).scores[: len(pairs)]
    assert scored.tolist() == pytest.approx([score for _, score in pairs], rel=1e-6)


@pytest.mark.parametrize("merges", [["a b", "ab c"], [["a", "b"], ["ab", "c"]]])
def test_both_spellings_of_merges(merges: list[Any]) -> None:
    vocabulary = opened(bpe({"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, merges))
    assert vocabulary.scores[3:].tolist() == [0, -1]
    assert np.isnan(vocabulary.scores[:3]).all()


def test_a_piece_with_several_merges_has_the_rank_of_the_first() -> None:
    vocabulary = opened(bpe({"a": 0, "aa": 1, "aaa": 2}, ["a a", "aa a", "a aa"]))
    assert vocabulary.scores[2] == -1


@pytest.mark.parametrize(
    "component",
    [
        {"decoder": LEVEL},
        {"pre_tokenizer": LEVEL},
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split"}, LEVEL]}},
        {"decoder": {"type": "Sequence", "decoders": [{"type": "Sequence", "decoders": [LEVEL]}]}},
        {"normalizer": {"type": "Sequence", "normalizers": [LEVEL]}},
    ],
)
def test_byte_level_is_told_by_any_component(component: dict[str, Any]) -> None:
    vocabulary = opened(bpe({"Ġthe": 0, "世界": 1, "Ã": 2, "▁": 3}, **component))
    assert vocabulary.scheme == "byte-level BPE"
    assert vocabulary.texts == ("▁the", "世界", "<0xC3>", "▁")
    assert vocabulary.utf8[3] == "▁".encode()


def test_a_byte_level_post_processor_says_nothing() -> None:
    assert opened(bpe({"a": 0}, post_processor=LEVEL)).scheme == "BPE"


def test_added_tokens_of_byte_level_models_are_literal() -> None:
    document = bpe({"Ġthe": 0, "à": 1}, decoder=LEVEL)
    document["added_tokens"] = [added(2, "größe"), added(3, "Ġ"), added(4, "  ")]
    vocabulary = opened(document)
    assert vocabulary.texts == ("▁the", "<0xE0>", "größe", "Ġ", "▁▁")
    assert vocabulary.kinds.tolist() == [
        TokenKind.TEXT,
        TokenKind.BYTE,
        TokenKind.ADDED,
        TokenKind.ADDED,
        TokenKind.WHITESPACE,
    ]


@pytest.mark.parametrize(
    "tokens",
    [
        [added(1, "x", special=True)],
        [added(2, "a", special=True)],
        [added(7, "a"), added(3, "x")],
        [added(1, "x"), added(2, "y"), added(3, "b", special=True)],
    ],
)
def test_an_added_token_that_contradicts_the_vocabulary_relabels_no_row(tokens: list[dict[str, Any]]) -> None:
    """The ids are those that the tokenizers library gives."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    document = bpe({"a": 0, "b": 1, "c": 2}, added_tokens=[token | flags for token in tokens])
    oracle = Tokenizer.from_str(json.dumps({"version": "1.0", **document}))
    vocabulary = opened(document)
    assert [oracle.id_to_token(i) for i in range(oracle.get_vocab_size())] == list(vocabulary.pieces)


def test_added_tokens_of_sentencepiece_models_have_spaces() -> None:
    document = bpe({"<unk>": 0, "▁": 1}, model={"byte_fallback": True})
    document["added_tokens"] = [added(2, "▁▁"), added(3, "▁New"), added(4, "<unused3>"), added(5, "<|x|>")]
    vocabulary = opened(document)
    assert vocabulary.utf8[2:4] == (b"  ", b" New")
    assert [TokenKind(kind).label for kind in vocabulary.kinds[2:]] == [
        "whitespace",
        "added",
        "unused",
        "special",
    ]
    assert vocabulary.starts_word.tolist() == [False, False, False, True, False, False]


def test_an_added_token_keeps_the_score_of_what_it_overrides() -> None:
    document = {
        "model": {"type": "Unigram", "vocab": [["<s>", 0.5], ["▁a", -1.5]], "unk_id": None},
        "added_tokens": [added(0, "<s>", special=True)],
    }
    vocabulary = opened(document)
    assert vocabulary.scores.tolist() == [0.5, -1.5]
    assert vocabulary.kind_counts() == {"text": 1, "special": 1}


def test_byte_pieces_need_byte_fallback() -> None:
    pieces = {"<0x41>": 0, "▁a": 1}
    without, by_model = opened(bpe(pieces)), opened(bpe(pieces, model={"byte_fallback": True}))
    by_decoder = opened(bpe(pieces, decoder={"type": "Sequence", "decoders": [{"type": "ByteFallback"}]}))
    assert without.kind_counts() == {"text": 2}
    assert by_model.kind_counts() == by_decoder.kind_counts() == {"text": 1, "byte": 1}
    assert by_model.utf8[0] == b"A"
    assert (without.scheme, by_model.scheme) == ("BPE", "BPE with byte fallback")


def test_unigram_byte_pieces() -> None:
    pairs = [["<pad>", 0], ["▁a", -1]] + [[f"<0x{byte:02X}>", -2] for byte in range(256)]
    vocabulary = opened({"model": {"type": "Unigram", "vocab": pairs}})
    assert vocabulary.kind_counts() == {"text": 1, "byte": 256, "special": 1}
    some = opened({"model": {"type": "Unigram", "vocab": pairs[:9]}})
    assert some.kind_counts() == {"text": 8, "special": 1}


def test_a_piece_that_merges_make_is_text_whatever_its_spelling() -> None:
    vocabulary = opened(bpe({"<": 0, "s>": 1, "<s>": 2, "<pad>": 3}, ["< s>"]))
    assert [TokenKind(kind).label for kind in vocabulary.kinds] == ["text", "text", "text", "special"]


@pytest.mark.parametrize("role", ["decoder", "pre_tokenizer"])
def test_another_mark_for_the_space(role: str) -> None:
    vocabulary = opened(bpe({"_the": 0, "▁a": 1}, **{role: {"type": "Metaspace", "replacement": "_"}}))
    assert vocabulary.utf8 == (b" the", "▁a".encode())


def test_wordpiece_prefix() -> None:
    pieces = {"king": 0, "@@s": 1, "##s": 2, "▁": 3, "@@": 4}
    vocabulary = opened({"model": {"type": "WordPiece", "vocab": pieces, "continuing_subword_prefix": "@@"}})
    assert vocabulary.utf8 == (b" king", b"s", b" ##s", " ▁".encode(), b" @@")
    assert vocabulary.starts_word.tolist() == [True, False, True, False, True]


def test_models_without_a_type() -> None:
    assert opened({"model": {"vocab": [["▁a", 0]]}}).scheme == "unigram"
    assert opened({"model": {"vocab": {"a": 0}, "merges": []}}).scheme == "BPE"
    assert opened({"model": {"vocab": {"a": 0}, "continuing_subword_prefix": "##"}}).scheme == "WordPiece"
    assert opened({"model": {"vocab": {"a": 0}}}).scheme == "words"


def test_a_lone_surrogate_is_a_fragment_that_can_be_written() -> None:
    vocabulary = opened(
        bpe({"a\ud800": 0, "\udc00": 1, "b": 2}, added_tokens=[added(3, "\ud83d", special=True)])
    )
    assert vocabulary.texts[:3] == ("a<0xED><0xA0><0x80>", "<0xED><0xB0><0x80>", "b")
    assert vocabulary.kinds.tolist() == [
        TokenKind.FRAGMENT,
        TokenKind.FRAGMENT,
        TokenKind.TEXT,
        TokenKind.SPECIAL,
    ]
    "".join(vocabulary.texts + vocabulary.pieces).encode()


def test_ids_with_gaps_become_padding() -> None:
    assert opened(bpe({"a": 0, "b": 5})).kind_counts() == {"text": 2, "padding": 4}


def test_curious_pieces() -> None:
    long = "x" * (1 << 20)
    vocabulary = opened(bpe({"\x00": 0, long: 1, "": 2}))
    assert vocabulary.utf8 == (b"\x00", long.encode(), b"")


@pytest.mark.parametrize("score", [math.nan, math.inf, 1e300])
def test_scores_that_are_no_numbers_are_none(score: float) -> None:
    assert np.isnan(opened({"model": {"type": "Unigram", "vocab": [["a", score]]}}).scores[0])


def test_an_unknown_model() -> None:
    with pytest.raises(UnsupportedFormat, match="known are BPE, Unigram, WordPiece, WordLevel"):
        opened({"model": {"type": "Quantum", "vocab": {}}})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "should be an object but is an array"),
        ({}, "the field model should be an object but is missing"),
        ({"model": {"type": 7}}, "should be a string but is a number"),
        ({"model": {"type": "BPE"}}, "the vocabulary of the model should be an object but is missing"),
        (bpe({}), "lists no tokens"),
        (bpe({"a": -1}), "out of range"),
        (bpe({"a": True}), "should be a whole number but is true or false"),
        (bpe({"a": 1.0}), "should be a whole number"),
        (bpe({"a": "0"}), "should be a whole number"),
        (bpe({"a": 0, "b": 0}), "two tokens of the model have the same id"),
        (bpe({"a": 1 << 24}), "the id 16777216"),
        (bpe({"a": 10**30}), "the id 1000"),
        (bpe({"a": 0, "b": 9_000_000}), "lists only 2 tokens"),
        (bpe({"a": 0}, [["a"]]), "merge 0 is not a pair"),
        (bpe({"a": 0}, ["aa"]), "merge 0 is not a pair"),
        (bpe({"a": 0}, [[1, 2]]), "merge 0 is not a pair"),
        (bpe({"a": 0}, model={"merges": {"a": 1}}), "the list of merges should be an array"),
        (bpe({"a": 0}, model={"end_of_word_suffix": 3}), "end-of-word suffix should be a string"),
        (bpe({"a": 0}, added_tokens={}), ""),
        (bpe({"a": 0}, added_tokens=[{"id": 1}]), "content of an added token should be a string"),
        (bpe({"a": 0}, added_tokens=[added(-4, "x")]), "out of range"),
        (bpe({"a": 0}, added_tokens=[added(1, "x"), added(1, "y")]), "two added tokens have the id 1"),
        ({"model": {"type": "Unigram", "vocab": [["a"]]}}, "token 0 is not a piece with its score"),
        ({"model": {"type": "Unigram", "vocab": {"a": 0}}}, "should be an array"),
    ],
)
def test_malformed(document: object, message: str) -> None:
    """A document that is no tokenizer is damage, and the message says where."""
    if not message:
        assert len(opened(document)) == 1
        return
    with pytest.raises(DamagedFile, match=message):
        opened(document)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"model": 1' + b"0" * 5000 + b"}"]
)
def test_not_json(data: bytes) -> None:
    with pytest.raises(DamagedFile):
        read_tokenizer_json(data, "tokenizer.json")
