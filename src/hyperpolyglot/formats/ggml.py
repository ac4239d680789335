"""The element types of GGUF: how many elements and bytes a block has, and how blocks become numbers.

A copy of ``gguf.GGML_QUANT_SIZES``, because importing gguf takes longer than opening a file; it is imported
when the first quantised row is read.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hyperpolyglot.types import Array, Float32

__all__ = ["BLOCKS", "TYPES", "Block", "decoder"]


class Block(NamedTuple):
    """A quantised type: ``bytes`` bytes hold ``elements`` numbers."""

    elements: int
    bytes: int


TYPES: dict[int, str] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    8: "Q8_0",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    30: "BF16",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
    40: "NVFP4",
    41: "Q1_0",
}
"""Type names by their number in the file."""

BLOCKS: dict[str, Block] = {
    "Q4_0": Block(32, 18),
    "Q4_1": Block(32, 20),
    "Q5_0": Block(32, 22),
    "Q5_1": Block(32, 24),
    "Q8_0": Block(32, 34),
    "Q8_1": Block(32, 40),
    "Q2_K": Block(256, 84),
    "Q3_K": Block(256, 110),
    "Q4_K": Block(256, 144),
    "Q5_K": Block(256, 176),
    "Q6_K": Block(256, 210),
    "Q8_K": Block(256, 292),
    "IQ2_XXS": Block(256, 66),
    "IQ2_XS": Block(256, 74),
    "IQ3_XXS": Block(256, 98),
    "IQ1_S": Block(256, 50),
    "IQ4_NL": Block(32, 18),
    "IQ3_S": Block(256, 110),
    "IQ2_S": Block(256, 82),
    "IQ4_XS": Block(256, 136),
    "IQ1_M": Block(256, 56),
    "TQ1_0": Block(256, 54),
    "TQ2_0": Block(256, 66),
    "MXFP4": Block(32, 17),
    "NVFP4": Block(64, 36),
    "Q1_0": Block(128, 18),
}
"""Quantised types by name."""


_COMPILED = ("Q8_0", "Q4_0")
_NUMBERS_AT_ONCE = 1 << 17
"""gguf's own loop takes sixteen rows at a time, and longer."""


class _Decoder:
    """Picklable, so that a table can be sent to a worker."""

    def __init__(self, dtype: str, columns: int) -> None:
        self.dtype = dtype
        self.columns = columns

    def __call__(self, packed: Array) -> Float32:
        if not len(packed):
            return np.empty((0, self.columns), np.float32)
        packed = np.ascontiguousarray(packed)
        rows = np.empty((len(packed), self.columns), np.float32)
        if self.dtype in _COMPILED:
            from hyperpolyglot.formats.ggml_blocks import UNPACKED

            blocks = packed.reshape(-1, BLOCKS[self.dtype].bytes)
            scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16)[:, 0].astype(np.float32)
            UNPACKED[self.dtype](scales, blocks, rows.reshape(len(blocks), -1))
            return rows
        gguf = importlib.import_module("gguf")
        step = max(1, _NUMBERS_AT_ONCE // self.columns)
        with np.errstate(all="ignore"):
            rows[:1] = gguf.quants.dequantize(packed[:1], gguf.GGMLQuantizationType[self.dtype])
            quantised = getattr(gguf.quants, self.dtype)
            for start in range(1, len(packed), step):
                rows[start : start + step] = quantised.dequantize_rows(packed[start : start + step])
        return rows


def decoder(dtype: str, columns: int) -> Callable[[Array], Float32] | None:
    """What turns packed rows, uint8 ``[n, row_bytes]``, into float32 ``[n, columns]``.

    ``None`` where the installed gguf package does not know how.
    """
    decode = _Decoder(dtype, columns)
    block = BLOCKS[dtype]
    if dtype in _COMPILED:
        return decode
    try:
        decode(np.zeros((1, columns // block.elements * block.bytes), np.uint8))
    except (NotImplementedError, KeyError):
        return None
    return decode
