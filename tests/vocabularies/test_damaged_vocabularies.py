"""Whatever happens to a file, it is read or refused with one of the package's errors."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hyperpolyglot.vocabularies import from_gguf, open_vocabulary_file
from hyperpolyglot.vocabularies.files import inflate
from hyperpolyglot.vocabularies.jsonl import read_jsonl
from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabularies.tekken import read_tekken
from hyperpolyglot.vocabularies.tiktoken_file import read_tiktoken
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabularies.vocab_json import read_vocab_json
from hyperpolyglot.vocabularies.wordpiece_txt import read_vocab_txt
from hyperpolyglot.vocabulary import Vocabulary
from tests.vocabularies.test_vocabulary_readers import piece
from tests.vocabularies.vocabulary_mutations import (
    as_json,
    damaged_bytes,
    damaged_documents,
    only_known_errors,
)

LEVEL = {"type": "Sequence", "decoders": [{"type": "ByteLevel"}]}
SPACES = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}]}
ADDED = [{"id": 0, "content": "<s>", "special": True}, {"id": 7, "content": " x", "special": False}]
VOCAB = {"<s>": 0, "a": 1, "Ġ": 2, "Ġa": 3, "▁": 4, "<0x41>": 5, "##a": 6}
BPE = {
    "type": "BPE",
    "vocab": VOCAB,
    "merges": ["Ġ a", ["##", "a"]],
    "byte_fallback": True,
    "unk_token": "<s>",
}
UNIGRAM = {"type": "Unigram", "vocab": [[p, -float(i)] for p, i in VOCAB.items()], "unk_id": 0}
WORDPIECE = {"type": "WordPiece", "vocab": VOCAB, "continuing_subword_prefix": "##", "unk_token": "a"}
RANKED = [{"rank": i, "token_bytes": base64.b64encode(p.encode()).decode()} for p, i in VOCAB.items()]
TEKKEN = {
    "config": {"default_vocab_size": 9, "default_num_special_tokens": 3},
    "vocab": RANKED,
    "special_tokens": [{"rank": 1, "token_str": "<s>", "is_control": True}],
}
GGUF = {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": list(VOCAB),
    "tokenizer.ggml.token_type": [3, 1, 1, 1, 4, 6, 5],
    "tokenizer.ggml.scores": [0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0],
    "tokenizer.ggml.merges": ["Ġ a"],
}
LINES = "\n".join(json.dumps([i, p, -float(i)], ensure_ascii=i % 2 == 0) for p, i in VOCAB.items()).encode()
SENTENCEPIECE = (
    b"".join(piece(p, -1.0, 1 + i % 6) for p, i in VOCAB.items()) + b"\x12\x02\x18\x02\x1a\x02\x28\x01"
)
TIKTOKEN = "\n".join(f"{token['token_bytes']} {token['rank']}" for token in RANKED).encode()

DOCUMENTS: dict[str, tuple[Callable[[bytes, str], TokenList], Any]] = {
    "byte-level": (read_tokenizer_json, {"model": BPE, "decoder": LEVEL, "added_tokens": ADDED}),
    "fallback": (read_tokenizer_json, {"model": BPE, "decoder": SPACES, "added_tokens": ADDED}),
    "clip": (read_tokenizer_json, {"model": BPE | {"end_of_word_suffix": "a"}, "added_tokens": ADDED}),
    "unigram": (
        read_tokenizer_json,
        {"model": UNIGRAM, "pre_tokenizer": {"type": "Metaspace", "replacement": "_"}},
    ),
    "wordpiece": (read_tokenizer_json, {"model": WORDPIECE, "added_tokens": ADDED}),
    "tekken": (read_tekken, TEKKEN),
    "vocab.json": (read_vocab_json, VOCAB),
}
FILES: dict[str, tuple[Callable[[bytes, str], TokenList], bytes]] = {
    **{name: (read, as_json(document)) for name, (read, document) in DOCUMENTS.items()},
    "sentencepiece": (read_sentencepiece, SENTENCEPIECE),
    "tiktoken": (read_tiktoken, TIKTOKEN),
    "vocab.txt": (read_vocab_txt, "\n".join(VOCAB).encode()),
    "jsonl": (read_jsonl, LINES),
    "jsonl.gz": (
        lambda data, source: read_jsonl(inflate(data, source), source),
        gzip.compress(LINES, mtime=0),
    ),
}
SEEDS = [pytest.param(0, 400, id="quick"), pytest.param(1, 20_000, id="long", marks=pytest.mark.long)]


@pytest.mark.parametrize(("seed", "count"), SEEDS)
@pytest.mark.parametrize("name", FILES)
def test_damaged_bytes(name: str, seed: int, count: int) -> None:
    read, data = FILES[name]
    assert len(read(data, name).vocabulary(name)) >= 7

    def opened(damaged: bytes) -> Vocabulary:
        return read(damaged, name).vocabulary(name)

    read_well, refused = only_known_errors(opened, damaged_bytes(data, count, seed))
    assert read_well + refused == count
    assert refused


@pytest.mark.parametrize(("seed", "count"), SEEDS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_damaged_documents(name: str, seed: int, count: int) -> None:
    read, document = DOCUMENTS[name]

    def opened(damaged: Any) -> Vocabulary:
        return read(as_json(damaged), name).vocabulary(name)

    read_well, refused = only_known_errors(opened, damaged_documents(document, count, seed))
    assert read_well
    assert refused


@pytest.mark.parametrize(("seed", "count"), SEEDS)
@pytest.mark.parametrize("model", ["llama", "gpt2", "bert", "t5", "rwkv"])
def test_damaged_metadata(model: str, seed: int, count: int) -> None:
    metadata = GGUF | {"tokenizer.ggml.model": model}
    read_well, refused = only_known_errors(
        lambda damaged: from_gguf(damaged, "x.gguf"), damaged_documents(metadata, count, seed)
    )
    assert read_well
    assert refused


@pytest.mark.parametrize("name", ["byte-level", "sentencepiece", "tiktoken", "jsonl", "jsonl.gz", "tekken"])
def test_every_cut(name: str) -> None:
    read, data = FILES[name]
    cuts = (data[:end] for end in range(len(data)))
    only_known_errors(lambda damaged: read(damaged, name).vocabulary(name), cuts)


def test_damaged_companions(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("king\n##dom\n")
    config = {"tokenizer_class": "X", "added_tokens_decoder": {"3": {"content": "<s>", "special": True}}}

    def opened(damaged: Any) -> Vocabulary:
        (tmp_path / "tokenizer_config.json").write_bytes(as_json(damaged))
        (tmp_path / "added_tokens.json").write_bytes(as_json(damaged))
        return open_vocabulary_file(tmp_path / "vocab.txt")

    only_known_errors(opened, damaged_documents(config, 300, 0))
