"""Truncated, damaged and random variants of every format: one sentence or a right result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import gguf
import numpy as np
import pytest

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.formats import read_checkpoint

from .mutations import hammer
from .writers import (
    Memory,
    gguf_bytes,
    npz_bytes,
    safetensors_bytes,
    torch_legacy,
    torch_zip,
    word2vec_bytes,
)

TABLE = np.arange(48, dtype=np.float32).reshape(12, 4) / 7
TOKENS = ["the", *(f"token {i}" for i in range(11))]

FILES: dict[str, Callable[[Path], bytes]] = {
    "a.safetensors": lambda _: safetensors_bytes(
        {"x.weight": np.ones(3, np.int8), "e": TABLE}, {"format": "pt"}
    ),
    "zip.bin": lambda _: torch_zip({"x.weight": np.ones(3, np.int8), "e": TABLE}, parameter=True),
    "legacy.bin": lambda _: torch_legacy({"x.weight": np.ones(3, np.int8), "e": TABLE}),
    "a.npz": lambda _: npz_bytes(embeddings=TABLE, tokens=np.array(TOKENS)),
    "compressed.npz": lambda _: npz_bytes(compressed=True, embeddings=TABLE, tokens=np.array(TOKENS)),
    "a.vec": lambda _: word2vec_bytes(TOKENS, TABLE),
    "headerless.vec": lambda _: word2vec_bytes(TOKENS, TABLE, header=False),
    "a.gguf": lambda folder: gguf_bytes(folder, TABLE, tokens=TOKENS),
    "quantised.gguf": lambda folder: gguf_bytes(
        folder,
        gguf.quants.quantize(np.ones((12, 32), np.float32), gguf.GGMLQuantizationType.Q8_0),
        gguf.GGMLQuantizationType.Q8_0,
        tokens=TOKENS,
    ),
}
TABLE_OF = {"npz": "embeddings", "vec": "embeddings", "gguf": "token_embd.weight"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_refused(name: str, tmp_path: Path) -> None:
    whole = FILES[name](tmp_path)
    key = TABLE_OF.get(name.rpartition(".")[2], "e")
    for length in range(len(whole)):
        try:
            checkpoint = read_checkpoint(Memory(whole[:length], name))
            rows = checkpoint.table(key).rows(slice(None))
        except HyperpolyglotError:
            continue
        if name.endswith(".vec"):
            sure = len(rows) - ("last row is wrong" in checkpoint.remark)
            assert TABLE[:sure].tobytes() == rows[:sure].tobytes()
            assert checkpoint.remark or name.startswith("headerless")
        else:
            padding = whole[length:]
            assert name.endswith(".gguf"), f"opened although cut at {length} of {len(whole)}"
            assert not padding.strip(b"\0")


@pytest.mark.parametrize("name", FILES)
def test_mutations_are_opened_or_refused(name: str, tmp_path: Path) -> None:
    outcomes = hammer(partial(FILES[name], tmp_path), name, count=2000)
    assert outcomes["refused"] > 100
