"""Writes transfers.md: what is transferred of public models, computed from their configurations.

python docs/transfers.py
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["page"]

BYTES = {"F32": 4.0, "BF16": 2.0, "F16": 2.0, "Q8_0": 34 / 32, "Q4_K": 144 / 256}


class Model(NamedTuple):
    """Rows and columns of the embedding and its element type, as published, and rounded sizes of the rest.

    ``tokenizer`` is in MB, ``parameters`` of the whole checkpoint in billions, ``width`` the bytes of one of them.
    """

    name: str
    rows: int
    dim: int
    dtype: str
    tokenizer: float
    parameters: float
    width: float | None = None


SAFETENSORS = (
    Model("FacebookAI/xlm-roberta-base", 250_002, 768, "F32", 9.1, 0.278),
    Model("FacebookAI/xlm-roberta-large", 250_002, 1024, "F32", 9.1, 0.561),
    Model("bigscience/bloom-560m", 250_880, 1024, "F16", 14.5, 0.559),
    Model("bigscience/bloom-1b1", 250_880, 1536, "F16", 14.5, 1.07),
    Model("bigscience/bloom-1b7", 250_880, 2048, "F16", 14.5, 1.72),
    Model("bigscience/bloom-3b", 250_880, 2560, "F16", 14.5, 3.0),
    Model("bigscience/bloom-7b1", 250_880, 4096, "F16", 14.5, 7.07),
    Model("bigscience/bloom", 250_880, 14_336, "BF16", 14.5, 176.2),
    Model("meta-llama/Meta-Llama-3-8B", 128_256, 4096, "BF16", 9.1, 8.03),
    Model("meta-llama/Meta-Llama-3-70B", 128_256, 8192, "BF16", 9.1, 70.6),
    Model("Qwen/Qwen2.5-0.5B", 151_936, 896, "BF16", 7.0, 0.494),
    Model("Qwen/Qwen2.5-1.5B", 151_936, 1536, "BF16", 7.0, 1.54),
    Model("Qwen/Qwen2.5-3B", 151_936, 2048, "BF16", 7.0, 3.09),
    Model("Qwen/Qwen2.5-7B", 152_064, 3584, "BF16", 7.0, 7.62),
    Model("Qwen/Qwen2.5-14B", 152_064, 5120, "BF16", 7.0, 14.8),
    Model("Qwen/Qwen2.5-32B", 152_064, 5120, "BF16", 7.0, 32.8),
    Model("Qwen/Qwen2.5-72B", 152_064, 8192, "BF16", 7.0, 72.7),
    Model("Qwen/Qwen3-0.6B", 151_936, 1024, "BF16", 11.4, 0.6),
    Model("Qwen/Qwen3-1.7B", 151_936, 2048, "BF16", 11.4, 1.72),
    Model("Qwen/Qwen3-4B", 151_936, 2560, "BF16", 11.4, 4.02),
    Model("Qwen/Qwen3-8B", 151_936, 4096, "BF16", 11.4, 8.19),
    Model("Qwen/Qwen3-14B", 151_936, 5120, "BF16", 11.4, 14.8),
    Model("Qwen/Qwen3-32B", 151_936, 5120, "BF16", 11.4, 32.8),
    Model("Qwen/Qwen3-30B-A3B", 151_936, 2048, "BF16", 11.4, 30.5),
    Model("Qwen/Qwen3-235B-A22B", 151_936, 4096, "BF16", 11.4, 235.1),
    Model("google/gemma-2-2b-it", 256_000, 2304, "BF16", 17.5, 2.61),
    Model("google/gemma-2-9b-it", 256_000, 3584, "BF16", 17.5, 9.24),
    Model("google/gemma-2-27b-it", 256_000, 4608, "BF16", 17.5, 27.2),
    Model("google/gemma-3-1b-it", 262_144, 1152, "BF16", 33.4, 1.0),
    Model("google/gemma-3-4b-it", 262_208, 2560, "BF16", 33.4, 4.3),
    Model("google/gemma-3-12b-it", 262_208, 3840, "BF16", 33.4, 12.2),
    Model("google/gemma-3-27b-it", 262_208, 5376, "BF16", 33.4, 27.4),
)

PYTORCH = (
    Model("google/mt5-small", 250_112, 512, "F32", 4.3, 0.300),
    Model("google/mt5-base", 250_112, 768, "F32", 4.3, 0.582),
    Model("google/mt5-large", 250_112, 1024, "F32", 4.3, 1.23),
    Model("google/mt5-xl", 250_112, 2048, "F32", 4.3, 3.74),
    Model("google/mt5-xxl", 250_112, 4096, "F32", 4.3, 12.9),
    Model("facebook/xlm-roberta-xl", 250_880, 2560, "F32", 9.1, 3.48),
    Model("facebook/xlm-roberta-xxl", 250_880, 4096, "F32", 9.1, 10.7),
)

GGUF = (
    Model("Llama 3 8B, Q8_0", 128_256, 4096, "Q8_0", 8, 8.03, BYTES["Q8_0"]),
    Model("Llama 3 8B, Q4_K_M", 128_256, 4096, "Q4_K", 8, 8.03, 0.61),
    Model("Llama 3 70B, Q4_K_M", 128_256, 8192, "Q4_K", 8, 70.6, 0.60),
    Model("Qwen2.5 72B, Q8_0", 152_064, 8192, "Q8_0", 6, 72.7, BYTES["Q8_0"]),
    Model("Gemma 3 27B, BF16", 262_208, 5376, "BF16", 10, 27.4, 2.0),
)

INTRODUCTION = """\
# What is transferred

A model on the Hub is opened for the price of its embedding: headers, one tensor, the tokenizer's files.
This page says what that is for public models. `docs/transfers.py` computes it: **embedding** is rows × columns ×
bytes per element of the published configuration, exactly; **tokenizer** and **whole checkpoint** (parameters ×
bytes, marked ≈) are rounded. Sizes are in units of 1000.

Besides these, at most 2 % and 1 MiB are transferred, for the list of the repository's files and because headers are
read in steps: the test suite counts it for every format with a server of its own (`tests/hub/test_budget.py`). In the
tests it is 0 to 0.5 MiB.

| format | what is read of a file |
|---|---|
| safetensors | the first 64 KiB, the rest of the header where it is longer, the tensor |
| safetensors, bin in shards | the index as a whole, then as above of the one shard that has the tensor |
| bin, zip | the directory at the end (64 KiB), the pickle at the start, 1 KiB per looked-up record, the tensor |
| bin, legacy | the pickle at the start in steps of 256 KiB, the tensor |
| GGUF | the header, vocabulary included, in steps of 256 to 512 KiB (of all parts of a split one), the tensor |
| npz | the directory at the end, the header of each array, `tokens`, `embeddings` (packed, where it is compressed) |
| word2vec, text and binary | the whole file |
| fastText | the dictionary in steps of 256 to 512 KiB, the rows of the words |
| npy | the header, the matrix, the lists of words beside it |

A second run transfers the list of files only, to learn which commit `main` is now; with a commit as the revision, or
with `HF_HUB_OFFLINE=1`, nothing. This also holds for mirrors that list files without sizes and digests: those of the
files that were opened are asked for once and kept. A new commit that leaves the weights as they are costs no tensor:
ranges are kept by the digest that the Hub lists for a file. What lies whole in the Hub's cache is read there and not
fetched.

What is kept is checked each time it is opened, and fetched again where it is damaged ([faults](faults.md)). A cache
that cannot be used (another user's, read-only, a file in its place) costs only the keeping: what is fetched lies among
the system's temporary files as long as it is used, which is said once.
"""


def page() -> str:
    """The text of transfers.md."""
    parts = [
        INTRODUCTION,
        "## safetensors\n",
        _table(SAFETENSORS, "tokenizer"),
        "## PyTorch (.bin)\n",
        _table(PYTORCH, "tokenizer"),
        "## GGUF\n",
        "The vocabulary is in the header; no tokenizer file is fetched.\n",
        _table(GGUF, "header, ≈"),
    ]
    return "\n".join(parts)


def _table(models: tuple[Model, ...], extra: str) -> str:
    lines = [
        f"| model | rows × columns | type | embedding | {extra} | whole checkpoint | share |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for model in models:
        embedding = model.rows * model.dim * BYTES[model.dtype]
        whole = model.parameters * 1e9 * (model.width or BYTES[model.dtype])
        total = embedding + model.tokenizer * 1e6
        lines.append(
            f"| {model.name} | {model.rows} × {model.dim} | {model.dtype} | {_size(embedding)} "
            f"| ≈ {model.tokenizer:g} MB | ≈ {_size(whole)} | {100 * total / whole:.2g} % |"
        )
    return "\n".join(lines) + "\n"


def _size(length: float) -> str:
    return f"{length / 1e9:.2f} GB" if length >= 1e9 else f"{length / 1e6:.0f} MB"


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf8")
