"""Element types by the names that safetensors gives them, which all formats share here."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["BITS", "FLOATS", "MOST_AXES", "is_float", "is_integer"]

MOST_AXES = 32

FLOATS: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
}

_INTEGERS = {
    "I64": 64,
    "U64": 64,
    "I32": 32,
    "U32": 32,
    "I16": 16,
    "U16": 16,
    "I8": 8,
    "U8": 8,
    "BOOL": 8,
}

_OTHERS = {
    "C64": 64,
    "C128": 128,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "F4": 4,
}

BITS: dict[str, int] = {name: 8 * kind.itemsize for name, kind in FLOATS.items()} | _INTEGERS | _OTHERS
"""Bits of one element, for every type that a safetensors or torch file may name."""


def is_float(dtype: str) -> bool:
    """Whether elements are numbers that can be read as they are."""
    return dtype in FLOATS


def is_integer(dtype: str) -> bool:
    """Whether elements are integers, in which packed weights usually lie."""
    return dtype in _INTEGERS
