"""Rows of words packed into the panels that the microkernel reads."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["aligned", "pack", "pack_tiles"]

_STRIP = 16


def aligned(words: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Uninitialised int32 ``[words]`` on a cache line."""
    raw = np.empty(words + 16, np.int32)
    first = (-raw.ctypes.data) % 64 // 4
    return raw[first : first + words]


@numba.njit(cache=True, nogil=True)
def pack(words, order, first, last, width, flip, panels):  # type: ignore[no-untyped-def]
    """Pack rows ``order[first:last]`` of int32 ``[n, words]`` into ``panels``, flat ``[panel][word][width]``.

    Rows missing from the last panel are zero. ``flip`` is combined into every word by exclusive or: 0x80808080
    turns four int8 into their values + 128.
    """
    length = words.shape[1]
    count = (last - first + width - 1) // width
    for panel in range(count):
        base = panel * length * width
        top = first + panel * width
        here = min(width, last - top)
        for start in range(0, length, _STRIP):
            end = min(start + _STRIP, length)
            for r in range(here):
                row = order[top + r]
                for m in range(start, end):
                    panels[base + m * width + r] = words[row, m] ^ flip
            for r in range(here, width):
                for m in range(start, end):
                    panels[base + m * width + r] = 0


@numba.njit(cache=True, nogil=True)
def pack_tiles(words, order, first, last, height, panels):  # type: ignore[no-untyped-def]
    """Pack rows ``order[first:last]`` of int32 ``[n, words]`` as ``[panel][words / 16][height][16]``.

    ``words`` is a multiple of 16. Rows missing from the last panel are zero.
    """
    length = words.shape[1]
    count = (last - first + height - 1) // height
    for panel in range(count):
        top = first + panel * height
        for step in range(length // 16):
            base = (panel * (length // 16) + step) * height * 16
            for r in range(height):
                for m in range(16):
                    panels[base + r * 16 + m] = words[order[top + r], 16 * step + m] if top + r < last else 0
