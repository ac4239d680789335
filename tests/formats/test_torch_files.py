"""Files that the real PyTorch wrote, and PyTorch's own view of those written here."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.formats import open_checkpoint

from .writers import View, torch_legacy, torch_zip

DATA = Path(__file__).parent / "data"
TABLE = ((np.arange(48, dtype=np.float32) - 20) / np.float32(7)).reshape(12, 4)
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch, the oracle here, is not installed"
)


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_files_of_the_real_library(form: str) -> None:
    check(DATA / f"{form}.bin")


def test_a_module_saved_with_a_later_pickle_protocol() -> None:
    found = open_checkpoint(DATA / "module.bin").table("weight")
    assert found.rows(slice(None)).tobytes() == TABLE.tobytes()


@needs_torch
@pytest.mark.filterwarnings("ignore")
def test_files_that_the_library_writes_now(tmp_path: Path) -> None:
    runpy.run_path(str(DATA / "make_torch_files.py"))["write"](tmp_path)
    for form in ("zip", "legacy"):
        check(tmp_path / f"{form}.bin")


@needs_torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("write", [torch_zip, torch_legacy])
def test_the_library_reads_what_is_written_here(write: Any, tmp_path: Path) -> None:
    import torch

    path = tmp_path / "written.bin"
    half = TABLE.astype(ml_dtypes.bfloat16)
    path.write_bytes(
        write({"e": TABLE, "h": half, "v": View("s", "F32", 4, (2, 4), (4, 1))}, {"s": TABLE.copy()})
    )
    loaded = torch.load(path, weights_only=True)
    assert loaded["e"].numpy().tobytes() == TABLE.tobytes()
    assert loaded["h"].view(torch.int16).numpy().tobytes() == half.tobytes()
    assert loaded["v"].numpy().tobytes() == TABLE[1:3].tobytes()


def check(path: Path) -> None:
    found = open_checkpoint(path)
    rows = {
        name: found.table(name).rows(slice(None))
        for name in found.tensors
        if found.tensors[name].shape == (12, 4)
    }
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        assert rows[name].tobytes() == TABLE.tobytes()
    assert rows["half.weight"].tobytes() == TABLE.astype(ml_dtypes.bfloat16).astype(np.float32).tobytes()
    if "f8.weight" in rows:
        assert (
            rows["f8.weight"].tobytes() == TABLE.astype(ml_dtypes.float8_e4m3fn).astype(np.float32).tobytes()
        )
    assert found.table("view.weight").rows(slice(None)).tobytes() == TABLE[3:9].tobytes()
    assert found.tensors["transposed.weight"].shape == (4, 12)
    with pytest.raises(UnsupportedFormat, match="contiguous"):
        found.table("transposed.weight")
