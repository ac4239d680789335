"""Rows on a device, held twice, and the ranking of their candidates.

For the filter as halves (fp16): the centred unit row and four entries that carry the row's share of a pair's value,
so that one product of matrices is an upper bound of all cosines (``docs/engine.md``). For the ranking as they are,
eight columns at a time, because the stated cosine adds into eight partial sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import WithLengths
from hyperpolyglot.engine.devices.tensors import Device, Pairs, Tensor
from hyperpolyglot.engine.rounding.fp16 import EXTRA, offsets, row_errors
from hyperpolyglot.engine.search.result import Ranking
from hyperpolyglot.types import Float32, Float64

__all__ = ["Table", "Wanted", "ranked"]

_TINY = 1e-9
"""More than the float64 roundings of a unit row, its mean and the norm of their difference."""


class Wanted(NamedTuple):
    """How many neighbours, and ``thresholds`` (infinite for rows given up) and ``margins`` float32 ``[rows]``."""

    k: int
    thresholds: Float32
    margins: Float32


def ranked(
    rows: Table,
    columns: Table,
    block: slice,
    pieces: list[Pairs],
    wanted: Wanted,
    pairs: int,
) -> Ranking:
    """The nearest of a block of rows among their candidates; ``pairs``: cosines computed at once.

    A row is proven if its k-th cosine reaches its threshold: all that are not candidates have a value, and so a cosine,
    below that.
    """
    k, thresholds, margins = wanted
    device, count = rows.device, block.stop - block.start
    ids, values = device.gathered(pieces, count, k)
    reached = device.send(thresholds)[:, None]
    floor = values.topk(k, dim=1).values[:, -1:] - device.send(margins)[:, None]
    ids[(values < floor) | reached.isinf()] = -1
    keep = max(k, int((ids >= 0).sum(dim=1).max()))
    ids = ids.sort(dim=1).values[:, -keep:]
    cosines = rows.cosines(block, ids, columns, pairs)
    cosines, order = cosines.sort(dim=1, descending=True, stable=True)
    nearest = ids.gather(1, order[:, :k])
    proven = cosines[:, k - 1 : k] >= reached.double()
    found = nearest.int(), cosines[:, :k].float(), proven[:, 0]
    return Ranking(*(part.cpu().numpy() for part in found))


class Table:
    """Rows on a device. ``block``: rows handled at once; ``resident``: whether all stay there or are sent when needed.

    ``error`` float32 ``[n]`` on the host: the c of the bound. ``mean`` and ``balance`` (by default the table's own
    median) are those of all rows that are to meet.
    """

    def __init__(
        self,
        device: Device,
        rows: WithLengths,
        mean: Float64,
        balance: float | None,
        *,
        block: int,
        resident: bool,
    ) -> None:
        self.device, self.block, self._resident = device, block, resident
        self._vectors, self.lengths = rows
        self._mean = device.send(mean)
        self._lengths = device.send(self.lengths)
        count, dim = self._vectors.shape
        self._dim, self._padded = dim, -(-(dim + EXTRA) // 8) * 8
        torch = device.torch
        self._exact: Tensor = None
        self._halves: Tensor = None
        if resident:
            self._exact = torch.zeros((-(-dim // 8), count, 8), device=device.name)
            self._halves = torch.zeros((count, self._padded), dtype=torch.float16, device=device.name)
        measured = np.empty((3, count))
        for first, last in self.blocks():
            sent = device.send(self._vectors[first:last])
            halves, facts = self._rounded(sent, slice(first, last))
            measured[:, first:last] = facts.cpu().numpy()
            if resident:
                self._halves[first:last, :dim] = halves
                self._exact[:, first:last] = self._stepped(sent)
        shift, lost, length = measured
        self.error, self.balance = row_errors(shift, lost, length, self._padded, balance)
        self._offsets = device.send(offsets(shift, self.error))
        if resident:
            self._halves[:, dim : dim + EXTRA] = self._offsets

    def __len__(self) -> int:
        return len(self._vectors)

    def blocks(self) -> list[tuple[int, int]]:
        """All rows, a block at a time."""
        count = len(self._vectors)
        return [(first, min(first + self.block, count)) for first in range(0, count, self.block)]

    def right(self, rows: slice | NDArray[np.int64]) -> Tensor:
        """Some rows as the right side of a product: halves ``[rows, p]``."""
        if self._resident:
            return self._halves[rows if isinstance(rows, slice) else self.device.send(rows)]
        halves, _ = self._rounded(self.device.send(self._vectors[rows]), rows)
        chosen = rows if isinstance(rows, slice) else self.device.send(rows)
        whole = self.device.torch.nn.functional.pad(halves, (0, self._padded - self._dim))
        whole[:, self._dim : self._dim + EXTRA] = self._offsets[chosen]
        return whole

    def left(self, rows: slice) -> Tensor:
        """Some rows as the left side of a product: what belongs to the row meets ones on the right."""
        whole, dim = self.right(rows).clone(), self._dim
        whole[:, dim : dim + EXTRA] = whole[:, [dim + 2, dim + 3, dim, dim + 1]]
        return whole

    def cosines(self, rows: slice, ids: Tensor, columns: Table, pairs: int) -> Tensor:
        """The stated cosines of some rows with ``ids`` int64 ``[rows, m]`` of other rows; −∞ where an id is −1.

        ``pairs``: how many are computed at once.
        """
        found = self.device.torch.full(
            ids.shape, -float("inf"), dtype=self.device.torch.float64, device=ids.device
        )
        mine, lengths = self._steps(rows), self._lengths[rows]
        for first, last in [(0, len(columns))] if columns._resident else columns.blocks():
            theirs = columns._steps(slice(first, last))
            every = ((ids >= first) & (ids < last)).nonzero()
            for part in every.split(pairs):
                i, place = part.unbind(dim=1)
                j = ids[i, place]
                scale = lengths[i] * columns._lengths[j]
                found[i, place] = self.device.dots(mine, i, theirs, j - first) / scale
        return found

    def _steps(self, rows: slice) -> Tensor:
        if self._resident:
            return self._exact[:, rows]
        return self._stepped(self.device.send(self._vectors[rows]))

    def _stepped(self, vectors: Tensor) -> Tensor:
        """float32 ``[steps, rows, 8]``, zeros behind: the gathers of a step stay within a small piece of memory."""
        whole = self.device.torch.nn.functional.pad(vectors, (0, -self._dim % 8))
        return whole.view(len(vectors), -1, 8).transpose(0, 1).contiguous()

    def _rounded(self, vectors: Tensor, rows: slice | NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Halves of centred unit rows, and float64 ``[3, rows]``: a, e and |z| of the bound."""
        lengths = self.device.send(self.lengths[rows])[:, None]
        unit = vectors.double() / lengths
        exact = unit - self._mean
        halves = exact.half()
        shift = unit @ self._mean - 0.5 * (self._mean @ self._mean)
        lost = (exact - halves.double()).norm(dim=1)
        return halves, self.device.torch.stack([shift, lost + _TINY, exact.norm(dim=1) + _TINY])
