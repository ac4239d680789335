"""SentencePiece models in the layout of XLM-R, Tekken, tiktoken, vocab.txt, vocab.json, jsonl and bare lists."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies import from_words
from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.fairseq import layout_of
from hyperpolyglot.vocabularies.files import inflate
from hyperpolyglot.vocabularies.jsonl import read_jsonl
from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabularies.tekken import read_tekken
from hyperpolyglot.vocabularies.tiktoken_file import read_tiktoken
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabularies.vocab_json import read_vocab_json
from hyperpolyglot.vocabularies.wordpiece_txt import read_vocab_txt
from hyperpolyglot.vocabulary import TokenKind, Vocabulary


def labels(vocabulary: Vocabulary) -> list[str]:
    return [TokenKind(kind).label for kind in vocabulary.kinds]


def opened(read: Callable[[bytes, str], TokenList], data: bytes | str) -> Vocabulary:
    return read(data.encode() if isinstance(data, str) else data, "a file").vocabulary("a file")


def piece(text: str, score: float = 0.0, kind: int = 1) -> bytes:
    raw = text.encode()
    inner = (
        b"\x0a" + bytes([len(raw)]) + raw + b"\x15" + np.float32(score).tobytes() + b"\x18" + bytes([kind])
    )
    return b"\x0a" + bytes([len(inner)]) + inner


def test_sentencepiece_kinds() -> None:
    pieces = [
        *[("<unk>", 2), ("<s>", 3), ("deu_Latn", 3), ("▁▁", 4), ("▁<extra_id_0>", 4), ("<unused0>", 4)],
        *[("[REF]", 4), ("gone", 5), ("<0xE3>", 6), ("▁", 1), ("▁a", 1), ("<0x41>", 1), ("<2de>", 4)],
    ]
    data = b"".join(piece(text, kind=kind) for text, kind in pieces) + b"\x12\x02\x18\x02"
    vocabulary = opened(read_sentencepiece, data)
    assert vocabulary.scheme == "BPE with byte fallback"
    assert labels(vocabulary) == [
        *["special", "special", "language", "whitespace", "special", "unused"],
        *["added", "unused", "byte", "whitespace", "text", "text", "language"],
    ]
    assert vocabulary.utf8[8] == b"\xe3"
    assert vocabulary.utf8[3] == b"  "


def test_sentencepiece_without_escaped_spaces() -> None:
    vocabulary = opened(read_sentencepiece, piece("▁a") + piece(" b") + b"\x1a\x02\x28\x00")
    assert vocabulary.utf8 == ("▁a".encode(), b" b")


def test_sentencepiece_skips_what_it_does_not_know() -> None:
    extra = b"\xc2\x3e\x01x" + b"\x49" + b"\0" * 8 + b"\x30\x05"
    assert opened(read_sentencepiece, extra + piece("a") + extra).texts == ("a",)


XLM_R_MODEL = (
    piece("<unk>", kind=2) + piece("<s>", kind=3) + piece("</s>", kind=3) + piece(",", -3.5) + piece("▁a", -4)
)


def numbered(config: dict[str, Any], rows: int | None = None, data: bytes = XLM_R_MODEL) -> list[str] | None:
    """The pieces by id in the layout that a configuration asks for, ``None`` where ids are positions."""
    entries = read_sentencepiece(data, "x").entries
    layout = layout_of("x.model", entries, Beside(config=config, rows=rows))
    if layout is None:
        return None
    tokens = TokenList(layout.applied(entries), "unigram").vocabulary("x")
    return list(tokens.pieces)


def test_layout_of_xlm_r() -> None:
    assert numbered({"model_type": "xlm-roberta"}) == ["<s>", "<pad>", "</s>", "<unk>", ",", "▁a", "<mask>"]
    with pytest.raises(UnsupportedFormat, match="begins with <unk> <s> </s>"):
        numbered({"model_type": "xlm-roberta"}, data=piece("a"))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "xlm-roberta"}, True),
        ({"model_type": "xlm-roberta-xl"}, True),
        ({"model_type": "bert", "tokenizer_class": "XLMRobertaTokenizer"}, True),
        ({"model_type": "xlm-roberta", "tokenizer_class": "PreTrainedTokenizerFast"}, True),
        ({"model_type": "xlm-roberta", "tokenizer_class": "LlamaTokenizer"}, False),
        ({"model_type": "mbart", "tokenizer_class": "T5Tokenizer"}, False),
        ({"tokenizer_class": None}, False),
        ({}, False),
    ],
)
def test_who_has_the_layout_of_xlm_r(config: dict[str, Any], expected: bool) -> None:
    assert (numbered(config) is not None) is expected


@pytest.mark.parametrize(
    ("config", "rows", "at", "size"),
    [
        ({"model_type": "mbart"}, None, 5, 6 + 26),
        ({"model_type": "mbart"}, 6 + 53, 5, 6 + 53),
        ({"tokenizer_class": "MBart50Tokenizer"}, None, 5, 6 + 53),
        ({"tokenizer_class": "NllbTokenizerFast"}, None, 5, 6 + 203),
        ({"tokenizer_class": "XGLMTokenizer"}, None, 5, 6 + 7),
        ({"tokenizer_class": "CamembertTokenizer"}, None, 8, 5 + 4 + 1),
        ({"tokenizer_class": "PLBartTokenizer"}, None, 5, 6 + 4),
        ({"tokenizer_class": "SeamlessM4TTokenizer"}, None, 5, 6),
        ({"tokenizer_class": "XLMProphetNetTokenizer"}, None, 16, 5 + 12),
        ({"tokenizer_class": "PegasusTokenizer"}, None, 107, 5 + 103),
        ({"model_type": "bert"}, 7, 5, 7),
    ],
)
def test_layouts_of_published_tokenizers(
    config: dict[str, Any], rows: int | None, at: int, size: int
) -> None:
    """The fifth piece and the number of ids are where the tokenizers of these models have them."""
    pieces = numbered(config, rows)
    assert pieces is not None
    assert (at, size) == (pieces.index("▁a"), len(pieces))


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ({"tokenizer_class": "M2M100Tokenizer"}, None),
        ({"model_type": "marian"}, None),
        ({"model_type": "mbart"}, 7),
        ({"model_type": "m2m_100"}, 20),
    ],
)
def test_ids_that_are_not_known_are_refused(config: dict[str, Any], rows: int | None) -> None:
    with pytest.raises(UnsupportedFormat, match=r"tokenizer\.json instead"):
        numbered(config, rows)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a SentencePiece model"),
        (b"hello world", "protobuf|number"),
        (piece("a")[:-1], "cut off"),
        (b"\x0a", "does not end"),
        (b"\x0a" + b"\xff" * 10, "does not end"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "cut off"),
        (piece("a", kind=9), "unknown type 9"),
        (piece("a") + b"\x12\x02\x18\x09", "9 is no type"),
        (b"\x0a\x03\x0a\x01\xff", "not valid UTF-8"),
        (b"\x0a\x02\x08\x01", "wrong type"),
        (b"\x0a\x02\x0b\x0c", "no protobuf field"),
    ],
)
def test_malformed_sentencepiece(data: bytes, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        opened(read_sentencepiece, data)


def tekken(tokens: list[bytes], size: int, special: int, **fields: Any) -> str:
    vocab = [
        {"rank": r, "token_bytes": base64.b64encode(t).decode(), "token_str": None}
        for r, t in enumerate(tokens)
    ]
    config = {"default_vocab_size": size, "default_num_special_tokens": special}
    return json.dumps({"config": config, "vocab": vocab, **fields})


def test_tekken_uses_as_many_tokens_as_fit() -> None:
    vocabulary = opened(read_tekken, tekken([b"a", b" b", b"\xe3\x81", b"surplus"], size=25, special=22))
    assert vocabulary.pieces[22:] == ("a", "Ġb", "ãģ")
    assert vocabulary.texts[:3] == ("<unk>", "<s>", "</s>")
    assert vocabulary.texts[20:] == ("<SPECIAL_20>", "<SPECIAL_21>", "a", "▁b", "<0xE3><0x81>")
    assert vocabulary.kind_counts() == {"text": 2, "fragment": 1, "special": 20, "unused": 2}
    assert vocabulary.scores[23:].tolist() == [-1, -2]
    assert np.isnan(vocabulary.scores[:23]).all()


def test_tekken_lists_its_special_tokens() -> None:
    special = [
        {"rank": 1, "token_str": "<a>", "is_control": True},
        {"rank": 0, "token_str": "b", "is_control": False},
    ]
    vocabulary = opened(read_tekken, tekken([b"x"], size=4, special=3, special_tokens=special))
    assert vocabulary.texts == ("b", "<a>", "<SPECIAL_2>", "x")
    assert labels(vocabulary) == ["added", "special", "unused", "text"]


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        "[]",
        tekken([b"a"], size=9, special=2),
        tekken([b"a"], size=2, special=3),
        tekken([b"a"], size=3_000_001, special=3_000_000),
        tekken([b"a"], size=2, special=1).replace('"YQ=="', '"Y"'),
        tekken([b"a"], size=2, special=1).replace('"YQ=="', "null"),
        tekken([b"a"], size=2, special=1).replace('"rank": 0', '"rank": 5'),
        tekken([b"a"], size=2, special=1).replace('"rank": 0', '"rank": false'),
        tekken([b"a"], size=2, special=1, special_tokens=[{"rank": 1, "token_str": "x"}]),
        tekken([b"a"], size=2, special=1, special_tokens=[{"rank": 0}]),
    ],
)
def test_malformed_tekken(data: str) -> None:
    with pytest.raises(DamagedFile):
        opened(read_tekken, data)


def test_tiktoken() -> None:
    """A line of a tiktoken file is a token in base64 and its rank; ranks without a line have no token."""
    vocabulary = opened(read_tiktoken, "IQ== 0\r\nIHRoZQ== 2\n\n44E= 3\n")
    assert vocabulary.texts == ("!", "", "▁the", "<0xE3><0x81>")
    assert vocabulary.pieces[2] == "Ġthe"
    assert vocabulary.scheme == "byte-level BPE"
    assert vocabulary.scores[2] == -2


@pytest.mark.parametrize(
    "line", ["IQ==", "IQ== -1", "IQ== x", "I 0", "IQ== 0 0", "IQ== ٣", "IQ== 99999999", "é 0"]
)
def test_malformed_tiktoken(line: str) -> None:
    with pytest.raises(DamagedFile):
        opened(read_tiktoken, line)


def test_vocab_txt() -> None:
    lines = ["[PAD]", "[unused0]", "king", "##dom", "", "a\u2028b", "##", "king"]
    vocabulary = opened(read_vocab_txt, "\n".join(lines) + "\r\n")
    assert vocabulary.scheme == "WordPiece"
    assert vocabulary.utf8 == (
        b"[PAD]",
        b"[unused0]",
        b" king",
        b"dom",
        b"",
        " a\u2028b".encode(),
        b" ##",
        b" king",
    )
    assert labels(vocabulary) == ["special", "unused", "text", "text", "padding", "text", "text", "text"]
    assert vocabulary.starts_word.tolist() == [False, False, True, False, False, True, True, True]
    assert vocabulary.duplicates() == 1


def test_vocab_txt_of_other_schemes() -> None:
    assert opened(read_vocab_txt, "[PAD]\nking\n").scheme == "WordPiece"
    assert opened(read_vocab_txt, "<s>\n▁king\ns\n").scheme == "unigram"
    dictionary = opened(read_vocab_txt, "the 12\nki@@ 3\n")
    assert dictionary.texts == ("<s>", "<pad>", "</s>", "<unk>", "the▁", "ki")
    with pytest.raises(UnsupportedFormat, match="neither an id nor a count"):
        opened(read_vocab_txt, "the\t12\nking\t3\n")
    with pytest.raises(DamagedFile, match="byte 1 is not valid UTF-8"):
        opened(read_vocab_txt, b"a\xff\n")


@pytest.mark.parametrize(
    ("pieces", "scheme", "texts"),
    [
        (["Ġthe", "Ã©", "a"], "byte-level BPE", ["▁the", "é", "a"]),
        (["▁the", "Ġ", "a"], "unigram", ["▁the", "Ġ", "a"]),
        (["the", "##se", "a"], "WordPiece", ["▁the", "se", "▁a"]),
        (["the</w>", "se"], "BPE", ["the▁", "se"]),
        (["the@@", "se"], "BPE", ["the", "se▁"]),
        (["king", "queen"], "words", ["king", "queen"]),
        (["a", "|", "<pad>"], "characters", ["a", "|", "<pad>"]),
    ],
)
def test_schemes_by_marks(pieces: list[str], scheme: str, texts: list[str]) -> None:
    as_json = opened(read_vocab_json, json.dumps({piece: i for i, piece in enumerate(pieces)}))
    as_lines = opened(read_jsonl, "\n".join(json.dumps([i, piece, "x"]) for i, piece in enumerate(pieces)))
    as_words = from_words(pieces, "a file")
    for vocabulary in (as_json, as_lines, as_words):
        assert vocabulary.scheme == scheme
        assert list(vocabulary.texts) == texts


def test_plain_words_with_the_odd_mark_stay_words() -> None:
    words = [f"word{i}" for i in range(1000)]
    for odd in ("##dom", "▁", "Ġenerali", "</w>", "a@@"):
        vocabulary = from_words([*words, odd, "<unk>"], "x.vec")
        assert vocabulary.scheme == "words"
        assert vocabulary.utf8[1000] == odd.encode()
        assert vocabulary.starts_word[:1000].all()
    maltese = ["Ġenerali", "Ġunju", "Ġdid", "żgħir", "ħobż", "żmien"] * 50
    assert from_words([f"{word}{i}" for i, word in enumerate(maltese)], "mt.vec").scheme == "words"


def test_plain_words_take_numpy_strings() -> None:
    assert from_words(np.array(["king", "Königin"]), "x.npz").texts == ("king", "Königin")  # type: ignore[arg-type]
    with pytest.raises(DamagedFile, match="lists no tokens"):
        from_words([], "x.npz")


def test_vocab_json_with_merges() -> None:
    vocab = json.dumps({"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4})
    tokens = read_vocab_json(vocab.encode(), "vocab.json", merges="#version: 0.2\na b\nĠ ab\n".encode())
    vocabulary = tokens.vocabulary("vocab.json")
    assert vocabulary.scores[3:].tolist() == [0, -1]
    assert vocabulary.texts == ("a", "b", "▁", "ab", "▁ab")


@pytest.mark.parametrize(
    "data", ["[]", '{"a": "b"}', '{"a": -1}', '{"a": true}', '{"a": 0, "b": 0}', "{}", "{"]
)
def test_malformed_vocab_json(data: str) -> None:
    with pytest.raises(DamagedFile):
        opened(read_vocab_json, data)


def test_jsonl_scores_and_schemes() -> None:
    ranked = "\n".join(json.dumps([i, p, -i, "ignored", {}]) for i, p in enumerate(["▁a", "b", "▁ab"]))
    assert opened(read_jsonl, ranked).scheme == "BPE"
    assert opened(read_jsonl, ranked).scores.tolist() == [0, -1, -2]
    scored = '[0,"▁a",-0.5]\n\n[2,"b",true]\n[1,"c",null]\n'
    vocabulary = opened(read_jsonl, scored)
    assert vocabulary.scheme == "unigram"
    assert np.isnan(vocabulary.scores).tolist() == [False, True, True]


def test_jsonl_byte_pieces_need_all_of_them() -> None:
    rows: list[list[Any]] = [[0, "▁a"], *([i + 1, f"<0x{i:02X}>"] for i in range(256))]
    lines = [json.dumps(row) for row in rows]
    assert opened(read_jsonl, "\n".join(lines)).kind_counts() == {"text": 1, "byte": 256}
    assert opened(read_jsonl, "\n".join(lines[:-1])).kind_counts() == {"text": 256}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('[0,"a"]\n[1]', "line 2: it does not begin with an id and a piece"),
        ('[0,"a"]\n\n[true,"b"]', "line 3: it does not begin"),
        ('[0,"a"]\n{', "line 2: it is not valid JSON"),
        ('[0,"a"],[1,"b"]', "line 1: it is not valid JSON"),
        ('[0,"a"]\n[0,"b"]', "given twice"),
        ('[-1,"a"]', "out of range"),
        ('[1.0,"a"]', "line 1"),
        ('["a",0]', "line 1"),
        ("[" * 5000, "nested too deeply"),
        ("", "lists no tokens"),
    ],
)
def test_malformed_jsonl(data: str, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        opened(read_jsonl, data)


def test_inflating() -> None:
    """One member or several are inflated, and what is cut off or changed is damage."""
    data = b'[0,"a"]\n' * 1000
    packed = gzip.compress(data)
    assert inflate(packed, "x.gz") == data
    assert inflate(packed + packed, "x.gz") == data + data
    assert inflate(b"", "x.gz") == b""
    for cut in (1, 9, len(packed) // 2, len(packed) - 1):
        with pytest.raises(DamagedFile, match=r"ends early|damaged"):
            inflate(packed[:cut], "x.gz")
    with pytest.raises(DamagedFile, match="damaged"):
        inflate(b"plain text", "x.gz")


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(b"\0" * (1 << 20)) for _ in range(300)) + bomb.flush()
    with pytest.raises(DamagedFile, match="inflates to more than"):
        inflate(packed, "x.gz")
