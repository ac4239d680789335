"""Writes the small PyTorch checkpoints beside it, with the real library: ``python make_torch_files.py``.

Made with torch 2.13.0 (CPU). ``expected`` says what they hold; the tests import it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def write(folder: Path) -> None:
    """``zip.bin``, ``legacy.bin``: a float32 and a bfloat16 table, a tied one, a view, a transposed one."""
    import torch

    table = (torch.arange(12 * 4, dtype=torch.float32).reshape(12, 4) - 20) / 7
    state: dict[str, Any] = {
        "model.embed_tokens.weight": torch.nn.Parameter(table),
        "half.weight": table.to(torch.bfloat16),
        "lm_head.weight": table,
        "view.weight": table[3:9],
        "transposed.weight": table.T,
        "scalar": torch.tensor(7),
    }
    modern = {"state_dict": state, "epoch": 3, "float8": None}
    state["f8.weight"] = table.to(torch.float8_e4m3fn)
    torch.save(modern, folder / "zip.bin")
    del state["f8.weight"]
    torch.save(state, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    layer = torch.nn.Embedding(12, 4)
    layer.weight.data = table
    torch.save(layer.state_dict(), folder / "module.bin", pickle_protocol=4)


if __name__ == "__main__":
    write(HERE)
