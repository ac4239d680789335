"""Work on many tokens in ranges, side by side in threads: no result depends on where a range ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from itertools import pairwise
from typing import Any

__all__ = ["in_parts", "shares"]


def shares(count: int, parts: int) -> list[tuple[int, int]]:
    """Ranges that cover ``count`` things.

    >>> shares(5, 2)
    [(0, 2), (2, 5)]
    """
    return list(pairwise(count * part // parts for part in range(parts + 1)))


def in_parts(
    pool: Executor, ranges: Sequence[tuple[int, int]], kernel: Callable[..., None], *given: Any
) -> None:
    """Run ``kernel(*given, first, last)`` for each range; ends when all have."""
    list(pool.map(lambda part: kernel(*given, *part), ranges))
