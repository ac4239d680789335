"""Reads one tensor of a CTranslate2 ``model.bin``.

Little-endian: a version, the name of the specification, its revision, the number of variables; each variable has a
name, its axes, the number of its type, its length in bytes, and its contents.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

__all__ = ["variable"]

_TYPES = {0: "<f4", 4: "<f2"}


def variable(data: bytes, wanted: str) -> NDArray[np.floating]:
    """The variable of that name; raises ``ValueError`` where there is none of float32 or float16."""
    position = 4

    def text() -> str:
        nonlocal position
        (length,) = struct.unpack_from("<H", data, position)
        position += 2 + length
        return data[position - length : position].rstrip(b"\0").decode("utf-8")

    text()
    (count,) = struct.unpack_from("<I", data, position + 4)
    position += 8
    for _ in range(count):
        name, axes = text(), data[position]
        shape = struct.unpack_from(f"<{axes}I", data, position + 1)
        kind, length = struct.unpack_from("<BI", data, position + 1 + 4 * axes)
        position += 1 + 4 * axes + 5
        if name == wanted and kind in _TYPES:
            return np.frombuffer(
                data, _TYPES[kind], length // np.dtype(_TYPES[kind]).itemsize, position
            ).reshape(shape)
        position += length
    raise ValueError(f"it has no variable {wanted} of floating-point numbers")
