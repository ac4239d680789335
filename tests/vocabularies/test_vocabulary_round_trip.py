"""The property: the bytes of a text's pieces, put together, are the tokenizer's own normalised text."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import ALPHABET, SENTENCES, vocabulary_of

known_text = st.one_of(st.sampled_from(SENTENCES), st.text(ALPHABET), st.text(" ab"))
any_text = st.one_of(known_text, st.text(), st.text(st.sampled_from(" \n\t.é世🙂à▁ĠĊ")))
given_fixtures = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def joined(vocabulary: Vocabulary, ids: list[int]) -> bytes:
    return b"".join(vocabulary.utf8[i] for i in ids)


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def test_byte_level(byte_level: Tokenizer) -> None:
    vocabulary = vocabulary_of(byte_level)

    @given_fixtures
    @given(any_text)
    def holds(text: str) -> None:
        assert joined(vocabulary, ids_of(byte_level, text)) == text.encode()

    holds()
    assert joined(vocabulary, ids_of(byte_level, "die größe    x")) == "die größe    x".encode()


def test_byte_level_with_a_prefix_space(byte_level: Tokenizer) -> None:
    prefixing = Tokenizer.from_str(byte_level.to_str())
    prefixing.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.ByteLevel(add_prefix_space=True)])
    assert joined(vocabulary_of(prefixing), ids_of(prefixing, "king")) == b" king"


def test_fallback(fallback: Tokenizer) -> None:
    """The bytes of the tokens of any text are the text, normalised, with byte fallback."""
    vocabulary = vocabulary_of(fallback)

    @given_fixtures
    @given(any_text)
    def holds(text: str) -> None:
        normalised = fallback.normalizer.normalize_str(text)
        assert joined(vocabulary, ids_of(fallback, text)) == normalised.replace("▁", " ").encode()

    holds()


def test_unigram(unigram: Tokenizer) -> None:
    """The bytes of the tokens of a known text are the text, normalised, with a unigram model."""
    vocabulary = vocabulary_of(unigram)
    unknown = unigram.token_to_id("<unk>")

    @given_fixtures
    @given(known_text)
    def holds(text: str) -> None:
        ids = ids_of(unigram, text)
        words = unigram.pre_tokenizer.pre_tokenize_str(unigram.normalizer.normalize_str(text))
        if unknown not in ids:
            assert joined(vocabulary, ids) == "".join(word for word, _ in words).replace("▁", " ").encode()

    holds()
    assert unknown not in ids_of(unigram, SENTENCES[0])


def test_wordpiece(wordpiece: Tokenizer) -> None:
    """The bytes of the tokens of a known text are its words, with WordPiece."""
    vocabulary = vocabulary_of(wordpiece)
    unknown = wordpiece.token_to_id("[UNK]")

    @given_fixtures
    @given(known_text)
    def holds(text: str) -> None:
        ids = ids_of(wordpiece, text)
        if unknown in ids:
            return
        words = wordpiece.pre_tokenizer.pre_tokenize_str(wordpiece.normalizer.normalize_str(text))
        assert joined(vocabulary, ids) == "".join(" " + word for word, _ in words).encode()
        starts = [bool(vocabulary.starts_word[i]) for i in ids]
        assert sum(starts) == len(words)

    holds()
    assert unknown not in ids_of(wordpiece, SENTENCES[0])


def test_clip(clip: Tokenizer) -> None:
    """The bytes of the tokens of any text are its words, with CLIP's ends of words."""
    document = json.loads(clip.to_str())
    ids = document["model"]["vocab"]
    for character in pre_tokenizers.ByteLevel.alphabet():
        ids.setdefault(character + "</w>", len(ids))
    complete = Tokenizer.from_str(json.dumps(document))
    vocabulary = vocabulary_of(complete)

    @given_fixtures
    @given(any_text)
    def holds(text: str) -> None:
        spans = [text[start:end] for _, (start, end) in complete.pre_tokenizer.pre_tokenize_str(text)]
        assert joined(vocabulary, ids_of(complete, text)) == "".join(span + " " for span in spans).encode()

    holds()
    assert vocabulary.scheme == "byte-level BPE"


def test_word_level() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "king": 1, "queen": 2}, unk_token="[UNK]"))
    vocabulary = vocabulary_of(tokenizer)
    assert vocabulary.scheme == "words"
    assert vocabulary.texts == ("[UNK]", "king", "queen")
    assert vocabulary.starts_word.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("model_type", "byte_fallback"),
    [("unigram", False), ("unigram", True), ("bpe", False), ("bpe", True), ("char", False), ("word", False)],
)
def test_sentencepiece(
    sentencepiece_model: Callable[..., bytes], model_type: str, byte_fallback: bool
) -> None:
    """The bytes of the tokens of a text are the text as SentencePiece normalises it; pieces and scores are its own."""
    data = sentencepiece_model(model_type, byte_fallback)
    oracle = sentencepiece.SentencePieceProcessor(model_proto=data)
    vocabulary = read_sentencepiece(data, "x.model").vocabulary("x.model")

    @given_fixtures
    @given(any_text if byte_fallback else known_text)
    def holds(text: str) -> None:
        ids = oracle.encode(text)
        if oracle.unk_id() not in ids:
            assert joined(vocabulary, ids) == oracle.normalize(text).replace("▁", " ").encode()

    holds()
    assert [vocabulary.pieces[i] for i in range(len(vocabulary))] == [
        oracle.id_to_piece(i) for i in range(oracle.get_piece_size())
    ]
    for i in range(len(vocabulary)):
        assert vocabulary.scores[i] == pytest.approx(oracle.get_score(i))
        assert (vocabulary.kinds[i] == TokenKind.BYTE) == oracle.is_byte(i)
        if oracle.is_control(i) or oracle.is_unknown(i):
            assert vocabulary.kinds[i] == TokenKind.SPECIAL
