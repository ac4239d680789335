"""Do two tables of pairs agree? Mantel's test (1967, Cancer Research 27:209): whole objects are permuted, not pairs.

Pairs of the same language are not independent, so languages change places, rows and columns together, and only with
languages of the same block (here a script). A control is taken out of both tables; then the residuals of the first are
permuted (Freedman and Lane 1983; Legendre 2000, J. Statist. Comput. Simul. 67:37).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.statistics import Interval, jackknife_interval, permutation_p
from hyperpolyglot.types import Float64

__all__ = ["Agreement", "Block", "agreement"]

_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True)
class Block:
    """Two symmetric tables ``[n, n]`` of the same objects, and a control; diagonals mean nothing."""

    first: Float64
    second: Float64
    control: Float64 | None = None

    def without(self, i: int) -> Block:
        """The same with one object left out."""
        keep = np.delete(np.arange(len(self.first)), i)
        parts = (self.first, self.second, self.control)
        return Block(*(None if part is None else part[np.ix_(keep, keep)] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A correlation over the pairs of all blocks, in −1…1; ``None`` where a table is constant.

    ``interval``: at 95 %, by leaving objects out; ``p``: one-sided, by permutation.
    """

    value: float | None
    interval: Interval | None
    p: float | None


def agreement(blocks: Sequence[Block], permutations: int, random: np.random.Generator) -> Agreement:
    """Whether pairs that are high in the first table are high in the second, within blocks.

    Values are standardised within a block, so that only order within blocks counts.
    """
    value = _correlation(blocks)
    if value is None:
        return Agreement(None, None, None)
    null = np.zeros((3, permutations))
    for block in blocks:
        null += _permuted(block, permutations, random)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = null[0] / np.sqrt(null[1] * null[2])
    left_out = [
        _correlation([*blocks[:b], block.without(i), *blocks[b + 1 :]])
        for b, block in enumerate(blocks)
        for i in range(len(block.first))
    ]
    known = [x for x in left_out if x is not None]
    interval = jackknife_interval(value, known, correlation=True) if len(known) == len(left_out) else None
    return Agreement(value, interval, permutation_p(value, np.nan_to_num(found)))


def _correlation(blocks: Sequence[Block]) -> float | None:
    sums = np.zeros(3)
    for block in blocks:
        first, second, _ = _residuals(block)
        sums += (first @ second, first @ first, second @ second)
    size = sum(len(block.first) ** 2 for block in blocks)
    return (
        None if min(sums[1:]) <= 1e-12 * size else float(np.clip(sums[0] / np.sqrt(sums[1] * sums[2]), -1, 1))
    )


def _residuals(block: Block) -> tuple[Float64, Float64, Float64]:
    """Standardised pairs of both tables, without what the control explains, and those of the control."""
    upper = np.triu_indices(len(block.first), 1)
    first, second = _scaled(block.first[upper]), _scaled(block.second[upper])
    if block.control is None:
        return first, second, np.zeros(len(first))
    control = _scaled(block.control[upper])
    square = control @ control
    if square > 0:
        first, second = (x - control * (x @ control) / square for x in (first, second))
    return first, second, control


def _scaled(values: Float64) -> Float64:
    if not len(values):
        return values
    spread = float(values.std())
    scaled: Float64 = (values - values.mean()) / (spread if spread > 1e-12 else np.inf)
    return scaled


def _permuted(block: Block, permutations: int, random: np.random.Generator) -> Float64:
    """Products of the pairs where the objects of the first table are permuted ``[3, permutations]``."""
    n = len(block.first)
    rows, columns = np.triu_indices(n, 1)
    first, second, control = _residuals(block)
    table = np.zeros((n, n))
    table[rows, columns] = first
    table += table.T
    square = control @ control
    found: NDArray[np.float64] = np.empty((3, permutations))
    step = max(1, _AT_ONCE // max(1, len(rows)))
    for start in range(0, permutations, step):
        here = slice(start, min(start + step, permutations))
        order = random.permuted(np.tile(np.arange(n), (here.stop - here.start, 1)), axis=1)
        drawn = table[order[:, rows], order[:, columns]]
        found[0, here] = drawn @ second
        found[1, here] = (drawn**2).sum(axis=1)
        if square > 0:
            found[1, here] -= (drawn @ control) ** 2 / square
    found[2] = second @ second
    return found
