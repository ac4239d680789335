"""Which tokens of a real vocabulary are reachable, by the libraries that return them: tokenizers and tiktoken."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from hyperpolyglot.tokenization.segmentation import segmenter, unreachable
from hyperpolyglot.tokenization.words import KNOWN, one_word
from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import mistral_data

TEKKEN = "tekken_240911.json"
_TEXT = (TokenKind.TEXT, TokenKind.WHITESPACE)


def texts(vocabulary: Vocabulary) -> list[tuple[int, str]]:
    """The rows that are text, with it."""
    rows = np.flatnonzero(np.isin(vocabulary.kinds, _TEXT)).tolist()
    return [(row, vocabulary.utf8[row].decode()) for row in rows]


def pre_tokenizer(rule: str) -> pre_tokenizers.PreTokenizer:
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(rule), "isolated"), level])


def test_every_token_of_tekken_by_tokenizers(tmp_path: Path) -> None:
    """What tokenizers returns whole with ignore_merges is reachable; no merges are given, so all else is not."""
    listed = open_vocabulary_file(mistral_data() / TEKKEN)
    rule = json.loads((mistral_data() / TEKKEN).read_text("utf-8"))["config"]["pattern"]
    assert rule == listed.whole
    model = models.BPE(
        vocab={piece: i for i, piece in enumerate(listed.pieces)}, merges=[], ignore_merges=True
    )
    oracle = Tokenizer(model)
    oracle.pre_tokenizer = pre_tokenizer(rule)
    oracle.decoder = decoders.ByteLevel()
    oracle.save(str(tmp_path / "tokenizer.json"))
    vocabulary = open_vocabulary_file(tmp_path / "tokenizer.json")
    found = unreachable(vocabulary)
    rows = texts(vocabulary)
    encoded = oracle.encode_batch([text for _, text in rows], add_special_tokens=False)
    whole = [encoding.ids == [row] for encoding, (row, _) in zip(encoded, rows, strict=True)]
    is_word = segmenter(vocabulary).whole
    assert is_word is not None
    assert [] == [text for own, (_, text) in zip(whole, rows, strict=True) if own != is_word(text)]
    assert [] == [text for own, (row, text) in zip(whole, rows, strict=True) if own and found[row]]


def test_every_token_of_tekken_by_tiktoken() -> None:
    """The same by the library that Mistral's tokenizer is made of, merges included."""
    tiktoken = pytest.importorskip("tiktoken", reason="tiktoken, which is the oracle, is not installed")
    document = json.loads((mistral_data() / TEKKEN).read_text("utf-8"))
    config, first = document["config"], document["config"]["default_num_special_tokens"]
    used = document["vocab"][: config["default_vocab_size"] - first]
    ranks = {base64.b64decode(token["token_bytes"]): token["rank"] for token in used}
    oracle = tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
    vocabulary = open_vocabulary_file(mistral_data() / TEKKEN)
    found = unreachable(vocabulary)
    rows = [(row, text) for row, text in texts(vocabulary) if row >= first]
    returned = [oracle.encode_ordinary(text) == [row - first] for row, text in rows]
    assert returned == [not found[row] for row, _ in rows]


@pytest.mark.parametrize("rule", sorted(KNOWN))
def test_words_by_the_rules_of_published_tokenizers(rule: str) -> None:
    """Each rule finds the same words as the engine of tokenizers, on texts with every sort of character."""
    vocabulary = open_vocabulary_file(mistral_data() / TEKKEN)
    some = [text for _, text in texts(vocabulary)][::23]
    some += [
        "'s",
        "'S",
        "don't",
        "1234",
        "12",
        " 7",
        "\n\n ",
        "  ",
        "a\n",
        "चाँद",
        "…!?",
        " ½",
        "ǅ",
        "中文",
        "\u3000",
    ]
    cut = pre_tokenizers.Split(Regex(rule), "isolated")
    is_one = one_word(rule)
    assert [] == [text for text in some if is_one(text) != (len(cut.pre_tokenize_str(text)) == 1)]


def test_a_rule_that_is_not_known_is_not_run() -> None:
    """An expression of a file could take exponential time: any text is then a word."""
    assert one_word("(a+)+$")("a" * 40 + "!")
