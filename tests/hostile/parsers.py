"""Every parser of files that nobody vouches for, with well-formed files to start from and a check of the outcome."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.formats import read_checkpoint
from hyperpolyglot.formats.sharded import read_index
from hyperpolyglot.vocabularies import from_gguf, from_words, open_vocabulary_file
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
from tests.cases.containers import fasttext, npy_bytes, word2vec_binary
from tests.formats.writers import (
    Memory,
    gguf_bytes,
    npz_bytes,
    safetensors_bytes,
    torch_legacy,
    torch_zip,
    word2vec_bytes,
)
from tests.vocabularies.test_damaged_vocabularies import DOCUMENTS, LINES, SENTENCEPIECE, TIKTOKEN, VOCAB
from tests.vocabularies.vocabulary_mutations import as_json

__all__ = ["PARSERS", "Parser", "outcome"]

TABLE = np.arange(48, dtype=np.float32).reshape(12, 4) / 7
TENSORS: dict[str, Any] = {"x.weight": np.ones(3, np.int8), "e": TABLE}
TOKENS = ["the", *(f"token {i}" for i in range(11))]
ADDED = {"[NEW]": 4, "deu_Latn": 3, "word": 2}
CONFIG = {
    "tokenizer_class": "X",
    "model_type": "bert",
    "added_tokens_decoder": {"3": {"content": "<s>", "special": True}, "2": {"content": " "}},
}
LONGEST_SENTENCE = 1000


class Parser(NamedTuple):
    """``seeds`` are well-formed files; ``read`` opens one as far as a user's command does."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], None]
    kind: str = "bytes"


def outcome(read: Callable[[bytes], None], contents: bytes) -> str:
    """``"opened"`` or ``"refused"``; raises where the refusal is not one short, printable sentence of ours."""
    try:
        read(contents)
    except HyperpolyglotError as error:
        text = str(error)
        assert text.endswith("."), f"not a sentence: {text!r}"
        assert text.isprintable(), f"not printable: {text!r}"
        assert len(text) < LONGEST_SENTENCE, f"not short: {text[:200]!r}"
        return "refused"
    return "opened"


def _check(vocabulary: Vocabulary) -> None:
    "".join(vocabulary.texts + vocabulary.pieces).encode()
    assert len(vocabulary.fit(12)) == 12


def _checkpoint(name: str) -> Callable[[bytes], None]:
    def read(contents: bytes) -> None:
        checkpoint = read_checkpoint(Memory(contents, name))
        for tensor in list(checkpoint.tensors):
            outcome(lambda _: _rows(checkpoint.table(tensor)), b"")  # noqa: B023
        if checkpoint.tokens is not None:
            _check(from_words(checkpoint.tokens, name))
        if any(key.startswith("tokenizer.ggml.") for key in checkpoint.metadata):
            _check(from_gguf(checkpoint.metadata, name))

    return read


def _rows(table: Any) -> None:
    assert table.rows(slice(0, 3)).ndim == 2
    assert table.rows(np.array([len(table.stored) - 1])).shape == (1, table.shape[1])


def _tokens(read: Callable[[bytes, str], TokenList]) -> Callable[[bytes], None]:
    return lambda contents: _check(read(contents, "tokens").vocabulary("tokens"))


def _index(contents: bytes) -> None:
    shards = read_index(Memory(contents, "model.safetensors.index.json"))
    assert not any("/" in shard or shard.startswith("..") for shard in shards.values())


def _beside(name: str) -> Callable[[bytes], None]:
    def read(contents: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / name).write_bytes(contents)
            (Path(folder) / "vocab.txt").write_text("king\n##dom\n")
            _check(open_vocabulary_file(Path(folder) / "vocab.txt"))

    return read


@cache
def _gguf_files() -> list[bytes]:
    packed = gguf.quants.quantize(np.ones((12, 32), np.float32), gguf.GGMLQuantizationType.Q8_0)
    with tempfile.TemporaryDirectory() as folder:
        return [
            gguf_bytes(Path(folder), TABLE, tokens=TOKENS),
            gguf_bytes(Path(folder), packed, gguf.GGMLQuantizationType.Q8_0, tokens=TOKENS),
        ]


def _documents(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [as_json(DOCUMENTS[name][1]) for name in names]


def _npz() -> list[bytes]:
    tokens = np.array(TOKENS)
    return [npz_bytes(compressed, embeddings=TABLE, tokens=tokens) for compressed in (False, True)]


PARSERS: dict[str, Parser] = {
    "safetensors": Parser(
        lambda: [safetensors_bytes(TENSORS, {"format": "pt"})], _checkpoint("a.safetensors"), "safetensors"
    ),
    "index": Parser(
        lambda: [json.dumps({"metadata": {"total_size": 9}, "weight_map": {"e": "a.safetensors"}}).encode()],
        _index,
        "json",
    ),
    "torch-zip": Parser(lambda: [torch_zip(TENSORS, parameter=True)], _checkpoint("a.bin"), "pickle in zip"),
    "torch-legacy": Parser(lambda: [torch_legacy(TENSORS)], _checkpoint("a.bin"), "pickle"),
    "gguf": Parser(lambda: list(_gguf_files()), _checkpoint("a.gguf")),
    "npz": Parser(_npz, _checkpoint("a.npz"), "zip"),
    "word2vec": Parser(
        lambda: [word2vec_bytes(TOKENS, TABLE, header) for header in (True, False)], _checkpoint("a.vec")
    ),
    "word2vec-binary": Parser(
        lambda: [
            word2vec_binary(TOKENS[:1], TABLE[:1]),
            word2vec_binary([t.replace(" ", "_") for t in TOKENS], TABLE),
        ],
        _checkpoint("a.bin"),
    ),
    "word2vec.gz": Parser(
        lambda: [word2vec_bytes(TOKENS, TABLE)],
        lambda contents: _checkpoint("a.vec.gz")(gzip.compress(contents, mtime=0)),
    ),
    "fasttext": Parser(
        lambda: [fasttext(TOKENS, TABLE), fasttext(TOKENS, TABLE, labels=2)], _checkpoint("a.bin")
    ),
    "npy": Parser(lambda: [npy_bytes(TABLE), npy_bytes(np.asfortranarray(TABLE))], _checkpoint("a.npy")),
    "tokenizer.json": Parser(
        _documents("byte-level", "fallback", "clip", "unigram", "wordpiece"),
        _tokens(read_tokenizer_json),
        "json",
    ),
    "tekken": Parser(_documents("tekken"), _tokens(read_tekken), "json"),
    "vocab.json": Parser(_documents("vocab.json"), _tokens(read_vocab_json), "json"),
    "added_tokens.json": Parser(lambda: [as_json(ADDED)], _beside("added_tokens.json"), "json"),
    "tokenizer_config.json": Parser(lambda: [as_json(CONFIG)], _beside("tokenizer_config.json"), "json"),
    "sentencepiece": Parser(lambda: [SENTENCEPIECE], _tokens(read_sentencepiece)),
    "tiktoken": Parser(lambda: [TIKTOKEN], _tokens(read_tiktoken)),
    "vocab.txt": Parser(lambda: ["\n".join(VOCAB).encode()], _tokens(read_vocab_txt)),
    "jsonl": Parser(lambda: [LINES], _tokens(read_jsonl)),
    "jsonl.gz": Parser(
        lambda: [gzip.compress(LINES, mtime=0)],
        _tokens(lambda data, source: read_jsonl(inflate(data, source), source)),
    ),
}
"""By the name that ``tools/fuzz.py`` takes and findings begin with."""
