"""The same matrix through every format: the same rows, bit for bit."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import gguf
import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from hyperpolyglot.formats import LocalFile, open_checkpoint, open_folder, read_checkpoint
from hyperpolyglot.formats.ggml import BLOCKS, TYPES
from hyperpolyglot.table import Table

from .writers import (
    Memory,
    gguf_bytes,
    npz_bytes,
    safetensors_bytes,
    torch_legacy,
    torch_zip,
    word2vec_bytes,
)

ROWS, COLUMNS = 37, 64
NAME = "model.embed_tokens.weight"
TOKENS = [f"t{i}" for i in range(ROWS - 2)] + ["two words", "日本"]


def matrix() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((ROWS, COLUMNS)).astype(np.float32)


def shard(folder: Path, table: np.ndarray) -> None:
    other = np.zeros((3, 2), np.float32)
    save_file({"model.norm.weight": other}, folder / "model-00001-of-00002.safetensors")
    save_file({NAME: table}, folder / "model-00002-of-00002.safetensors")
    places = {
        "model.norm.weight": "model-00001-of-00002.safetensors",
        NAME: "model-00002-of-00002.safetensors",
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


def opened(form: str, folder: Path, table: np.ndarray) -> Table:
    tokens = np.array(TOKENS)
    if form == "sharded":
        shard(folder, table)
        return open_folder(folder).table(NAME)
    contents = {
        "safetensors": lambda: safetensors_bytes({"odd": np.zeros(3, np.int8), NAME: table}),
        "torch zip": lambda: torch_zip({"other": np.ones((2, 2), np.float32), NAME: table}),
        "torch nested": lambda: torch_zip({NAME: table}, nested="state_dict", parameter=True),
        "torch legacy": lambda: torch_legacy({"other": np.ones((2, 2), np.float32), NAME: table}),
        "npz": lambda: npz_bytes(embeddings=table, tokens=tokens),
        "npz compressed": lambda: npz_bytes(compressed=True, embeddings=table, tokens=tokens),
        "npz by columns": lambda: npz_bytes(embeddings=np.asfortranarray(table), tokens=tokens),
        "npz compressed by columns": lambda: npz_bytes(compressed=True, embeddings=np.asfortranarray(table)),
        "word2vec": lambda: word2vec_bytes(TOKENS, table),
        "word2vec without header": lambda: word2vec_bytes(TOKENS, table, header=False),
        "GGUF": lambda: gguf_bytes(folder, table, tokens=TOKENS),
    }[form]()
    path = folder / ("table.vec" if form.startswith("word2vec") else "table")
    path.write_bytes(contents)
    name = {"GGUF": "token_embd.weight"}.get(form, "embeddings" if form[:3] in ("npz", "wor") else NAME)
    return open_checkpoint(path).table(name)


FORMS = (
    "safetensors",
    "sharded",
    "torch zip",
    "torch nested",
    "torch legacy",
    "npz",
    "npz compressed",
    "npz by columns",
    "npz compressed by columns",
    "word2vec",
    "word2vec without header",
    "GGUF",
)


@pytest.mark.parametrize("form", FORMS)
def test_rows_and_digest_are_the_same_in_every_format(form: str, tmp_path: Path) -> None:
    table = opened(form, tmp_path, matrix())
    assert (table.dtype, table.shape) == ("F32", (ROWS, COLUMNS))
    assert table.rows(slice(None)).tobytes() == matrix().tobytes()
    assert table.rows(np.array([5, 0, 5])).tobytes() == matrix()[[5, 0, 5]].tobytes()
    held = Table(name="x", dtype="F32", shape=(ROWS, COLUMNS), stored=matrix())
    assert table.digest() == held.digest()
    assert not table.stored.flags.writeable


def test_the_library_and_the_writer_agree(tmp_path: Path) -> None:
    save_file({NAME: matrix()}, tmp_path / "a.safetensors", metadata={"format": "pt"})
    found = open_checkpoint(tmp_path / "a.safetensors")
    assert found.metadata == {"format": "pt"}
    assert found.table(NAME).rows(slice(None)).tobytes() == matrix().tobytes()


WIDE = (np.float64, np.float16)
FLOAT8 = (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)
HAS = {
    "safetensors": (*WIDE, ml_dtypes.bfloat16, *FLOAT8),
    "torch zip": (*WIDE, ml_dtypes.bfloat16, *FLOAT8),
    "torch legacy": (*WIDE, ml_dtypes.bfloat16),
    "npz": WIDE,
    "GGUF": (*WIDE, ml_dtypes.bfloat16),
}


@pytest.mark.parametrize(
    ("form", "dtype"), [(form, dtype) for form, dtypes in HAS.items() for dtype in dtypes]
)
def test_narrow_and_wide_floats_are_read_exactly(form: str, dtype: type, tmp_path: Path) -> None:
    size = np.dtype(dtype).itemsize
    if size == 8:
        table = matrix().astype(np.float64) / 3
    else:
        bits = np.random.default_rng(8).integers(0, 256, (ROWS, COLUMNS * size), dtype=np.uint8)
        table = bits.view(dtype)
    if dtype is ml_dtypes.bfloat16 and form == "GGUF":
        contents = gguf_bytes(tmp_path, table.view(np.uint8), gguf.GGMLQuantizationType.BF16)
        found = read_checkpoint(Memory(contents)).table("token_embd.weight")
    else:
        found = opened(form, tmp_path, table)
    with np.errstate(all="ignore"):
        expected = table.astype(np.float32)
    np.testing.assert_array_equal(found.rows(slice(None)), expected)


def test_every_float8_and_bfloat16_pattern() -> None:
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):
        table = np.arange(256, dtype=np.uint8).view(dtype).reshape(16, 16)
        found = read_checkpoint(Memory(safetensors_bytes({"e": table}))).table("e")
        np.testing.assert_array_equal(found.rows(slice(None)), table.astype(np.float32))
    table = np.arange(1 << 16, dtype=np.uint16).view(ml_dtypes.bfloat16).reshape(256, 256)
    found = read_checkpoint(Memory(safetensors_bytes({"e": table}))).table("e")
    expected = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32).reshape(256, 256)
    np.testing.assert_array_equal(found.rows(slice(None)), expected)


REMOVED = {"Q4_0_4_4", "Q4_0_4_8", "Q4_0_8_8"}
"""Types that the oldest gguf still has."""

DECODED = sorted(set(BLOCKS) - {"Q8_1", "Q8_K", "Q1_0"})


def known(dtype: str) -> gguf.GGMLQuantizationType:
    """The type of that name, where the installed library has it: the newest types are younger than the oldest gguf."""
    if dtype not in gguf.GGMLQuantizationType.__members__:
        pytest.skip(f"this release of gguf has no {dtype}")
    return gguf.GGMLQuantizationType[dtype]


@pytest.mark.parametrize("dtype", DECODED)
def test_quantised_rows_are_what_the_format_defines(dtype: str, tmp_path: Path) -> None:
    kind, block = known(dtype), BLOCKS[dtype]
    columns = 2 * block.elements
    packed = np.random.default_rng(3).integers(0, 256, (21, 2 * block.bytes), dtype=np.uint8)
    (tmp_path / "q.gguf").write_bytes(gguf_bytes(tmp_path, packed, kind))
    table = open_checkpoint(tmp_path / "q.gguf").table("token_embd.weight")
    assert (table.dtype, table.shape) == (dtype, (21, columns))
    with np.errstate(all="ignore"):
        expected = gguf.quants.dequantize(packed, kind)
    np.testing.assert_array_equal(table.rows(slice(None)), expected)
    np.testing.assert_array_equal(table.rows(np.array([20, 3])), expected[[20, 3]])
    assert table.rows(slice(0, 0)).shape == (0, columns)


@pytest.mark.parametrize("dtype", ["Q4_0", "Q8_0", "Q5_1", "MXFP4"])
def test_quantised_by_the_library(dtype: str, tmp_path: Path) -> None:
    kind = known(dtype)
    packed = gguf.quants.quantize(matrix(), kind)
    found = read_checkpoint(Memory(gguf_bytes(tmp_path, packed, kind))).table("token_embd.weight")
    np.testing.assert_array_equal(found.rows(slice(None)), gguf.quants.dequantize(packed, kind))


def test_only_the_rows_that_are_asked_for_are_dequantised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = gguf.GGMLQuantizationType.Q5_1
    packed = gguf.quants.quantize(matrix(), kind)
    table = read_checkpoint(Memory(gguf_bytes(tmp_path, packed, kind))).table("token_embd.weight")
    seen: list[int] = []
    dequantize_rows = gguf.quants.Q5_1.dequantize_rows

    def counting(rows: np.ndarray) -> np.ndarray:
        seen.append(len(rows))
        return dequantize_rows(rows)

    monkeypatch.setattr(gguf.quants.Q5_1, "dequantize_rows", counting)
    table.rows(np.array([7, 2, 30]))
    assert sum(seen) == 3


def test_block_sizes_are_those_of_the_library() -> None:
    """Each type that the installed library knows has our number and our block."""
    named = gguf.GGMLQuantizationType.__members__
    sizes = {kind.name: tuple(size) for kind, size in gguf.GGML_QUANT_SIZES.items() if kind.name in BLOCKS}
    assert {name: tuple(block) for name, block in BLOCKS.items() if name in named} == sizes
    numbers = {kind.value: name for name, kind in named.items() if name not in REMOVED}
    assert {value: name for value, name in TYPES.items() if name in named} == numbers


def test_a_token_list_of_a_gguf_file_is_metadata(tmp_path: Path) -> None:
    metadata = read_checkpoint(Memory(gguf_bytes(tmp_path, matrix(), tokens=TOKENS))).metadata
    assert metadata["tokenizer.ggml.tokens"] == tuple(TOKENS)
    assert metadata["tokenizer.ggml.scores"].tolist() == [-float(i) for i in range(ROWS)]
    assert metadata["tokenizer.ggml.token_type"].dtype == np.int32
    assert metadata["tokenizer.ggml.add_bos_token"] is True
    assert metadata["llama.rope.freq_base"] == 0.5
    assert metadata["general.architecture"] == "llama"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 6)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=True),
    )
)
def test_any_floats_survive_word2vec_text(table: np.ndarray) -> None:
    tokens = [f"w{i}" for i in range(len(table))]
    found = read_checkpoint(Memory(word2vec_bytes(tokens, table), "x.vec"))
    assert found.table("embeddings").rows(slice(None)).tobytes() == table.tobytes()
    assert found.tokens == tuple(tokens)


_WORD = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_WORD, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=8))
def test_any_words_survive_word2vec_text(tokens: list[str]) -> None:
    table = np.arange(len(tokens) * 3, dtype=np.float32).reshape(-1, 3)
    assert read_checkpoint(Memory(word2vec_bytes(tokens, table), "x.vec")).tokens == tuple(tokens)


@pytest.mark.parametrize("tokens", [["a", "日本", ""], [b"a", "日本".encode(), b""]])
def test_npz_tokens_of_both_string_types(tokens: list[str]) -> None:
    found = read_checkpoint(
        Memory(npz_bytes(embeddings=np.ones((3, 2), np.float32), tokens=np.array(tokens)))
    )
    assert found.tokens == ("a", "日本", "")


def test_a_huge_sparse_file_opens_at_once(tmp_path: Path) -> None:
    rows, columns = 500_000, 4096
    header = json.dumps(
        {"e": {"dtype": "BF16", "shape": [rows, columns], "data_offsets": [0, rows * columns * 2]}}
    )
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header.encode())
        file.truncate(8 + len(header) + rows * columns * 2)
    began = time.perf_counter()
    table = open_checkpoint(path).table("e")
    assert time.perf_counter() - began < 1
    assert table.rows(np.array([0, 250_000, rows - 1])).shape == (3, columns)
    assert not table.rows(slice(7, 8)).any()


def test_local_file_reads_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello world")
    source = LocalFile(path)
    assert (source.size, source.read(6, 5), source.map(3, 5).tobytes()) == (11, b"world", b"lo wo")
    assert source.map(11, 0).size == 0
    with pytest.raises(ValueError, match="read-only"):
        source.map(0, 2)[0] = 1
    with pytest.raises(Exception, match=re.escape("the file ends at byte 11")):
        source.read(6, 6)
