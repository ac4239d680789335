"""What is transferred of a model in each format, counted by the server."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from hyperpolyglot import loading, open_model
from hyperpolyglot.hub import Repository
from hyperpolyglot.locate import locate
from tests.conftest import unigram
from tests.formats.writers import gguf_bytes, safetensors_bytes, torch_legacy, torch_zip, word2vec_bytes
from tests.hub.conftest import DIM, NAME, ROWS, Open
from tests.hub.server import LoopbackHub, sparse

EMBEDDING = "model.embed_tokens.weight"
PIECES = [f"▁{i:x}" for i in range(ROWS)]
TOKENIZER = unigram(PIECES).encode()


def _table(repository: Repository, vocab: int = ROWS) -> np.ndarray[Any, Any]:
    checkpoint = repository.checkpoint()
    table = checkpoint.table(locate(checkpoint.tensors, "input", None, vocab, None))
    if checkpoint.tokens is None and not any(k.startswith("tokenizer.ggml") for k in checkpoint.metadata):
        repository.local(repository.tokenizer())
    return np.asarray(table.stored)


def _within(sent: int, needed: int) -> None:
    assert needed <= sent <= needed * 1.02 + (1 << 20), f"{sent} bytes for {needed}"


def _shards(tensors: dict[str, Any], write: Any, suffix: str) -> dict[str, bytes]:
    names = list(tensors)
    parts = [names[:40], names[40:80], names[80:]]
    stem = "model" if suffix == "safetensors" else "pytorch_model"
    files, where = {}, {}
    for number, part in enumerate(parts, 1):
        file = f"{stem}-{number:05}-of-{len(parts):05}.{suffix}"
        files[file] = write({name: tensors[name] for name in part})
        where |= dict.fromkeys(part, file)
    index = f"{stem}.{suffix}.index.json"
    return files | {index: json.dumps({"metadata": {}, "weight_map": where}).encode()}


def _header(file: bytes) -> int:
    return 8 + int.from_bytes(file[:8], "little")


def test_one_safetensors_file(hub: LoopbackHub, opened: Open, model: dict[str, bytes], matrix: Any) -> None:
    hub.add(NAME, model)
    np.testing.assert_array_equal(_table(opened()), matrix)
    extra = len(model["tokenizer.json"]) + len(model["config.json"])
    _within(hub.sent(), _header(model["model.safetensors"]) + matrix.nbytes + extra)
    assert hub.sent() < len(model["model.safetensors"]) / 3


@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
def test_shards_with_an_index(
    suffix: str, hub: LoopbackHub, opened: Open, tensors: dict[str, Any], matrix: Any
) -> None:
    files = _shards(tensors, safetensors_bytes if suffix == "safetensors" else torch_zip, suffix)
    hub.add(NAME, files | {"tokenizer.json": TOKENIZER})
    np.testing.assert_array_equal(_table(opened()), matrix)
    index = next(len(data) for name, data in files.items() if name.endswith(".index.json"))
    _within(hub.sent(), matrix.nbytes + len(TOKENIZER) + index)
    assert not hub.asked("cdn", "*00003-of*")


@pytest.mark.parametrize(
    ("write", "nested"), [(torch_zip, None), (torch_zip, "state_dict"), (torch_legacy, None)]
)
def test_a_pytorch_file(
    write: Any, nested: str | None, hub: LoopbackHub, opened: Open, tensors: dict[str, Any], matrix: Any
) -> None:
    file = write(tensors, nested=nested) if nested else write(tensors)
    hub.add(NAME, {"pytorch_model.bin": file, "tokenizer.json": TOKENIZER})
    np.testing.assert_array_equal(_table(opened()), matrix)
    _within(hub.sent(), matrix.nbytes + len(TOKENIZER))
    assert len(hub.requests) < 12 + len(tensors)


def test_gguf_with_a_large_vocabulary(hub: LoopbackHub, opened: Open, tmp_path: Path) -> None:
    rows = 120_000
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((rows, 16)).astype(np.float16)
    tokens = [f"▁token number {i}" for i in range(rows)]
    file = gguf_bytes(tmp_path, matrix, None, tokens)
    header = len(file) - matrix.nbytes
    hub.add(NAME, {"model.gguf": file + bytes(20_000_000), "tokenizer.json": bytes(5_000_000)})
    np.testing.assert_array_equal(_table(opened(), rows), matrix)
    _within(hub.sent(), header + matrix.nbytes)


def test_gguf_quantised_and_split(hub: LoopbackHub, opened: Open, tmp_path: Path) -> None:
    packed = np.zeros((ROWS, 2 * 34), np.uint8)
    file = gguf_bytes(tmp_path, packed, gguf.GGMLQuantizationType.Q8_0, PIECES)
    other = gguf.GGUFWriter(tmp_path / "other.gguf", "llama")
    other.add_tensor("blk.0.weight", np.zeros((64, 30_000), np.float32))
    other.write_header_to_file()
    other.write_kv_data_to_file()
    other.write_tensors_to_file()
    other.close()
    names = {1: file, 2: (tmp_path / "other.gguf").read_bytes()}
    hub.add(NAME, {f"m-{i:05}-of-00002.gguf": data for i, data in names.items()})
    assert _table(opened()).shape == packed.shape
    _within(hub.sent(), len(file))


@pytest.mark.parametrize("compressed", [False, True])
def test_npz(compressed: bool, hub: LoopbackHub, opened: Open, matrix: Any) -> None:
    """Of an archive of arrays only the compressed bytes of table and tokens are fetched."""
    file = io.BytesIO()
    save: Any = np.savez_compressed if compressed else np.savez
    save(file, embeddings=matrix, tokens=np.array(PIECES), other=np.zeros((100, 1000)))
    hub.add(NAME, {"model.npz": file.getvalue()})
    np.testing.assert_array_equal(_table(opened()), matrix)
    with zipfile.ZipFile(file) as archive:
        needed = sum(archive.getinfo(f"{name}.npy").compress_size for name in ("embeddings", "tokens"))
    _within(hub.sent(), needed)


def test_word_vectors_are_fetched_whole_once(hub: LoopbackHub, opened: Open) -> None:
    vectors = np.ones((3000, DIM), np.float32)
    file = word2vec_bytes(PIECES[:3000], vectors)
    hub.add(NAME, {"model.vec": file})
    assert _table(opened(), 3000).shape == vectors.shape
    _within(hub.sent(), len(file))


def test_output_table_and_a_named_tensor(
    hub: LoopbackHub, opened: Open, tensors: dict[str, Any], matrix: Any
) -> None:
    files = {"model.safetensors": safetensors_bytes(tensors | {"lm_head.weight": matrix[::-1].copy()})}
    hub.add(NAME, files)
    checkpoint = opened().checkpoint()
    output = checkpoint.table(locate(checkpoint.tensors, "output", None, ROWS, None))
    named = checkpoint.table("model.layers.7.weight")
    np.testing.assert_array_equal(output.stored, matrix[::-1])
    assert (64, 512) == named.shape
    _within(hub.sent(), matrix.nbytes + 64 * 512 * 4)


def test_a_file_of_more_than_50_gb_is_asked_for_by_ranges_only(hub: LoopbackHub, opened: Open) -> None:
    rows, size = 4096, 60_000_000_000
    head = {"a.weight": {"dtype": "U8", "shape": [size - rows * 128 - 4096], "data_offsets": [0, 0]}}
    start = head["a.weight"]["shape"][0]  # type: ignore[index]
    head["a.weight"]["data_offsets"] = [0, start]
    head[EMBEDDING] = {"dtype": "F32", "shape": [rows, 32], "data_offsets": [start, start + rows * 128]}
    text = json.dumps(head).encode().ljust(4096 - 8)
    vectors = np.arange(rows * 32, dtype=np.float32).reshape(rows, 32)
    raw = (4096 - 8).to_bytes(8, "little") + text
    huge = sparse(size, {0: raw, 4096 + start: vectors.tobytes()})
    hub.add(NAME, {"model.safetensors": huge})
    hub.fault(role="cdn", status=400, file="*", times=0)
    np.testing.assert_array_equal(_table(opened(), rows), vectors)
    assert all(r.range for r in hub.asked("cdn"))
    _within(hub.sent(), vectors.nbytes + 4096)


def test_the_second_run_asks_for_nothing_but_the_commit(
    hub: LoopbackHub, opened: Open, model: dict[str, bytes], matrix: Any
) -> None:
    hub.add(NAME, model)
    first = opened()
    _table(first)
    hub.forget()
    np.testing.assert_array_equal(_table(opened()), matrix)
    assert ["api"] == [r.role for r in hub.requests]
    hub.forget()
    _table(opened(revision=first.commit))
    assert not hub.requests


def test_a_commit_that_leaves_the_weights_costs_no_tensor(
    hub: LoopbackHub, opened: Open, model: dict[str, bytes], matrix: Any
) -> None:
    hub.add(NAME, model)
    _table(opened())
    hub.forget()
    hub.add(NAME, model | {"README.md": b"new"})
    np.testing.assert_array_equal(_table(opened()), matrix)
    assert 0 == hub.sent("cdn")


def test_safetensors_is_chosen_among_formats_and_the_note_says_so(
    hub: LoopbackHub, opened: Open, model: dict[str, bytes], tensors: dict[str, Any]
) -> None:
    hub.add(NAME, model | {"pytorch_model.bin": torch_zip(tensors), "onnx/model.onnx": b"x"})
    repository = opened()
    _table(repository)
    assert f"model.safetensors of acme/mini@{repository.commit[:7]} is read" == repository.note
    remark = repository.checkpoint().remark
    assert "model.safetensors is read, and not pytorch_model.bin beside it." == remark


def test_a_named_file_is_opened_among_many(hub: LoopbackHub, opened: Open, tmp_path: Path) -> None:
    matrix = np.ones((ROWS, 16), np.float16)
    file = gguf_bytes(tmp_path, matrix, None, PIECES)
    hub.add("acme/mini-GGUF", {"a/m.Q4.gguf": file, "a/m.Q8.gguf": file + bytes(64)})
    repository = opened("acme/mini-GGUF")
    assert repository.checkpoint("a/m.Q8.gguf").tensors["token_embd.weight"].shape == (ROWS, 16)
    assert "a/m.Q8.gguf of" in repository.note


def test_files_that_name_tokens_are_fetched_where_rows_are_left(
    hub: LoopbackHub, opened: Open, monkeypatch: pytest.MonkeyPatch, tensors: dict[str, Any]
) -> None:
    """A tokenizer.json that names every row is enough; with rows left, the configuration is asked for their tokens."""
    monkeypatch.setattr(loading, "open_repository", lambda name, progress=None: opened(name.repository))
    declared = {"added_tokens_decoder": {str(ROWS - 1): {"content": "<|im_start|>", "special": True}}}
    beside = {
        "tokenizer_config.json": json.dumps(declared).encode(),
        "added_tokens.json": b"{}",
        "special_tokens_map.json": b"{}",
    }
    checkpoint = {"model.safetensors": safetensors_bytes(tensors)}
    hub.add(NAME, {**checkpoint, **beside, "tokenizer.json": TOKENIZER})
    assert ROWS == open_model(NAME).vocabulary.tokens
    assert not [r for r in hub.requests if "tokenizer_config" in (r.path or "")]
    hub.add("acme/short", {**checkpoint, **beside, "tokenizer.json": unigram(PIECES[:-1]).encode()})
    vocabulary = open_model("acme/short").vocabulary
    assert ("<|im_start|>", ROWS) == (vocabulary.texts[-1], vocabulary.tokens)


def test_two_vocabularies_are_told_apart(hub: LoopbackHub, opened: Open) -> None:
    """Of FSMT's two only the side's is fetched."""
    names = ["config.json", "merges.txt", "vocab-src.json", "vocab-tgt.json"]
    hub.add(NAME, dict.fromkeys(names, b"{}"))
    assert ["vocab-src.json", "config.json", "merges.txt"] == opened().tokenizer()
    assert ["vocab-tgt.json", "config.json", "merges.txt"] == opened().tokenizer(side="target")
