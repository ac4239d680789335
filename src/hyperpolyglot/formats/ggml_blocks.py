"""The two plainest quantised types unpacked by compiled code, to the bit as the gguf package does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numba
import numpy as np

from hyperpolyglot.types import Array, Float32

__all__ = ["UNPACKED"]


@numba.njit(cache=True, nogil=True)
def _unpack_q8_0(scales, packed, out):  # type: ignore[no-untyped-def]
    """A scale, and 32 integers of 8 bits."""
    for b in range(len(packed)):
        for j in range(32):
            out[b, j] = scales[b] * np.float32(np.int8(packed[b, 2 + j]))


@numba.njit(cache=True, nogil=True)
def _unpack_q4_0(scales, packed, out):  # type: ignore[no-untyped-def]
    """A scale, and 32 integers of 4 bits from −8 on: the lower halves of 16 bytes, then the upper ones."""
    for b in range(len(packed)):
        for j in range(16):
            both = packed[b, 2 + j]
            out[b, j] = scales[b] * np.float32(np.int32(both & 15) - 8)
            out[b, 16 + j] = scales[b] * np.float32(np.int32(both >> 4) - 8)


UNPACKED: Mapping[str, Callable[[Float32, Array, Float32], None]] = {
    "Q8_0": _unpack_q8_0,
    "Q4_0": _unpack_q4_0,
}
"""By the name of the type: what unpacks blocks, uint8 ``[b, bytes]`` with ``scales`` ``[b]``, into ``[b, 32]``."""
