"""Element types by the names that safetensors gives them, which all formats share here."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["ARRAYS", "BITS", "FLOATS", "MOST_AXES", "NUMBERS", "is_float", "is_integer", "is_number"]

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

NUMBERS: dict[str, np.dtype[Any]] = FLOATS | {
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "I16": np.dtype("<i2"),
}
"""Types of tables: floats, and the integers that float32 holds exactly."""

ARRAYS: dict[str, np.dtype[Any]] = NUMBERS | {
    "I64": np.dtype("<i8"),
    "U64": np.dtype("<u8"),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "BOOL": np.dtype("u1"),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
}
"""Types of what lies beside a table: scales, masks, numbers of rows."""

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


def is_number(dtype: str) -> bool:
    """Whether elements can be the numbers of a table, if nothing beside them says that they are packed."""
    return dtype in NUMBERS


def is_integer(dtype: str) -> bool:
    """Whether elements are integers, in which packed weights usually lie."""
    return dtype in _INTEGERS
