"""No display text of a byte-level vocabulary shows a stand-in character; partial UTF-8 is spelled out."""

from __future__ import annotations

import base64

import pytest
from tokenizers import Tokenizer

from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabularies.byte_alphabet import stand_ins
from hyperpolyglot.vocabularies.tiktoken_file import read_tiktoken
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.vocabularies.tokenizer_samples import mistral_data, real_vocabulary, vocabulary_of

SPELLED = (TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED, TokenKind.PADDING)


def check_texts(vocabulary: Vocabulary) -> None:
    for utf8, text, kind in zip(vocabulary.utf8, vocabulary.texts, vocabulary.kinds.tolist(), strict=True):
        if kind in SPELLED:
            continue
        try:
            decoded = utf8.decode()
        except UnicodeDecodeError:
            assert kind in (TokenKind.BYTE, TokenKind.FRAGMENT)
            assert "<0x" in text
        else:
            assert text == decoded.replace(" ", "▁") or kind == TokenKind.BYTE
        assert "\ufffd" not in text or "\ufffd".encode() in utf8


def test_trained_byte_level(byte_level: Tokenizer) -> None:
    vocabulary = vocabulary_of(byte_level)
    check_texts(vocabulary)
    shown = {text for text in vocabulary.texts if "<0x" not in text}
    assert not any("Ġ" in text or "Ċ" in text or "Ã" in text for text in shown - {"Ġ", "Ċ", "Ã"})
    assert "größe" in shown
    assert "▁king" in shown


def test_every_byte_of_tiktoken() -> None:
    tokens = [bytes([byte]) for byte in range(256)] + [" Größe".encode(), "世".encode()[:2], "Ġ".encode()]
    lines = [base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(tokens)]
    vocabulary = read_tiktoken(b"\n".join(lines), "x.tiktoken").vocabulary("x.tiktoken")
    check_texts(vocabulary)
    assert vocabulary.texts[256:] == ("▁Größe", "<0xE4><0xB8>", "Ġ")
    assert vocabulary.texts[0xC3] == "<0xC3>"
    assert vocabulary.pieces[256] == "ĠGrÃ¶ÃŁe"


def test_real_tekken() -> None:
    vocabulary = open_vocabulary_file(mistral_data() / "tekken_240911.json")
    check_texts(vocabulary)
    assert len(vocabulary) == 131072
    assert vocabulary.scheme == "byte-level BPE"
    counts = vocabulary.kind_counts()
    assert counts["byte"] + counts["fragment"] == 1435
    assert counts["special"] == 20
    assert counts["unused"] == 980
    assert vocabulary.utf8[1000:1256] == tuple(bytes([byte]) for byte in range(256))
    for i in range(1000, len(vocabulary)):
        assert vocabulary.pieces[i] == stand_ins(vocabulary.utf8[i])


@pytest.mark.parametrize(
    "name", ["xlm-roberta.jsonl.gz", "bert-base-multilingual-cased.jsonl.gz", "llama.jsonl.gz"]
)
def test_real_texts(name: str) -> None:
    check_texts(open_vocabulary_file(real_vocabulary(name)))
