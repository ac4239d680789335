"""How a search is cut to the memory of a device."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hyperpolyglot.engine.search.task import Shape

__all__ = ["LEAST_ROWS", "MOST_PAIRS", "Tiling", "tiling"]

LEAST_ROWS = 128
MOST_PAIRS = 1 << 22
_MOST_ROWS = 16_384


def tiling(free: int, shape: Shape, room: int, devices: int, *, mirrored: bool) -> Tiling:
    """A tiling for a search of that size with ``room`` candidates a row and ``free`` bytes on a device.

    Of four fifths of it, half is for the rows, an eighth each for tiles, blocks of rows and lists of candidates.

    >>> tiling(75 << 30, Shape(250_000, 250_000, 768), 672, 1, mirrored=True).resident
    True
    """
    queries, vectors, dim = shape
    usable = free * 4 // 5
    held = vectors + (0 if mirrored else queries)
    block = min(math.isqrt(usable // 64), usable // (320 * (dim + 8)), usable // (640 * room), _MOST_ROWS)
    if devices > 1:
        block = min(block, -(-queries // (4 * devices)))
    return Tiling(
        block=max(LEAST_ROWS, block // LEAST_ROWS * LEAST_ROWS),
        resident=held * 6 * (dim + 16) <= usable // 2,
        mirrored=mirrored and 12 * room * queries <= usable // 8,
        pairs=max(1 << 10, min(MOST_PAIRS, usable // 4096)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How a search is cut to the memory of a device.

    ``block``: rows and columns of a tile. ``resident``: all rows stay on the device. ``mirrored``: pairs of blocks are
    computed once. ``pairs``: cosines computed at once.
    """

    block: int
    resident: bool
    mirrored: bool
    pairs: int
