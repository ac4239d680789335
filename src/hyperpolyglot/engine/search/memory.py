"""How much memory a search takes, and how to keep it below a ceiling: fewer rows at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperpolyglot.engine.kernels.operands import BF16, FP32, INT8
from hyperpolyglot.engine.search.candidates import capacity
from hyperpolyglot.engine.search.result import Ranking
from hyperpolyglot.engine.search.task import Shape
from hyperpolyglot.errors import NotEnoughMemory
from hyperpolyglot.scratch import reserved

__all__ = ["Plan", "plan"]

_SCRATCH = 1 << 25
_PER_VECTOR = 96  # lengths, order, scale, offset, start, shift, error, and the float64 they are made from
_LEAST_ROWS = 256
_WORD_BYTES = {FP32: 0, INT8: 2, BF16: 2}


@dataclass(frozen=True, slots=True)
class Plan:
    """``kind`` of words; ``rows``: queries searched at once; ``on_disk``: where the result lies."""

    kind: int
    rows: int
    on_disk: bool = False

    def result(self, queries: int, k: int) -> Ranking:
        """Room for the neighbours of all queries, of which nothing is proven."""
        if not self.on_disk:
            return Ranking.empty(queries, k)
        positions, similarity = reserved((queries, k), np.int32), reserved((queries, k), np.float32)
        return Ranking(positions, similarity, np.zeros(queries, np.bool_))


def plan(shape: Shape, k: int, threads: int, kind: int, ceiling: int | None) -> Plan:
    """A plan for a search of that size that takes at most ``ceiling`` bytes besides its input.

    Under a ceiling the result lies on disk. Other words give way to float32 where that saves enough rounds.
    Raises ``NotEnoughMemory`` where the ceiling is too low for any plan.
    """
    queries, vectors, dim = shape
    if ceiling is None:
        return Plan(kind, queries)
    row = 8 * capacity(k) + 16
    fixed = _PER_VECTOR * vectors + threads * _SCRATCH
    held = vectors + (0 if queries == vectors else queries)
    choices = []
    for one in dict.fromkeys((kind, FP32)):
        left = ceiling - fixed - _WORD_BYTES[one] * (dim + 64) * held
        rows = min(queries, left // row)
        if rows >= min(queries, _LEAST_ROWS):
            choices.append(Plan(one, rows, on_disk=True))
    if not choices:
        least = fixed + row * min(queries, _LEAST_ROWS)
        raise NotEnoughMemory(
            f"{ceiling:,} bytes are too few: this search takes at least {least:,} ({-(-least >> 20)} MiB)."
        )
    return min(choices, key=lambda p: -(-queries // p.rows) * (3 if p.kind == FP32 else 1))
