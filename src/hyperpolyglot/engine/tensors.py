"""What the search on a GPU does there, by torch. The only module that imports it, when a device is first used.

A row is held twice. For the filter as halves (fp16): the centred unit row and four entries that carry the row's
share of a pair's value, so that one product of matrices is an upper bound of all cosines (``docs/engine.md``). For
the ranking as it is, eight columns at a time, because the stated cosine adds into eight partial sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.halffloats import EXTRA, offsets, row_errors
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Device", "Pairs", "RowsThere", "Table", "cross_product", "cuda_devices", "ranked"]

Tensor = Any
Pairs = tuple[Tensor, Tensor, Tensor]
"""Candidates of a block: row in the block and column int32, value float32."""

_CROSSED_ROWS = 8192
_PROBE_BYTES = 1 << 28
_TINY = 1e-9
"""More than the float64 roundings of a unit row, its mean and the norm of their difference."""


def cuda_devices() -> tuple[str, ...]:
    """The names of the CUDA devices torch can use; none if it cannot be loaded or is too old."""
    try:
        import torch
    except (ImportError, OSError):
        return ()
    recent = tuple(map(int, torch.__version__.split("+")[0].split(".")[:2])) >= (2, 8)
    if not (recent and torch.cuda.is_available()):
        return ()
    return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()))


class Device:
    """A device by torch's name for it; ``"cpu"`` stands in for a GPU in tests."""

    def __init__(self, name: str) -> None:
        import torch

        self.torch, self.name = torch, name
        if name.startswith("cuda"):
            torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False

    def free_bytes(self) -> int:
        """Memory that is free there; a gibibyte for the stand-in."""
        if not self.name.startswith("cuda"):
            return 1 << 30
        return int(self.torch.cuda.mem_get_info(self.name)[0])

    def send(self, array: Array) -> Tensor:
        """A copy of an array there."""
        return self.torch.tensor(np.ascontiguousarray(array), device=self.name)

    def products(self, left: Tensor, right: Tensor) -> Tensor:
        """float32 ``[a, b]`` of halves ``[a, p]`` and ``[b, p]``; no product is rounded, sums are in float32."""
        if left.is_cuda:
            return self.torch.mm(left, right.T, out_dtype=self.torch.float32)
        return left.float() @ right.float().T

    def highest(self, left: Tensor, columns: Iterator[Tensor], rank: int) -> Tensor:
        """The ``rank``-th largest value of each row among columns that come in pieces, float32 ``[rows]``."""
        best = None
        for right in columns:
            values = self.products(left, right)
            values = values.topk(min(rank, values.shape[1]), dim=1).values
            best = values if best is None else self.torch.cat([best, values], dim=1)
            best = best.topk(min(rank, best.shape[1]), dim=1).values
        assert best is not None
        return best[:, -1]

    def hits(
        self, values: Tensor, first: int, own: Tensor | None, limits: tuple[Tensor, Tensor, int]
    ) -> Pairs:
        """Pairs whose value reaches the row's threshold; ``first`` is the position of the first column.

        ``own``: int64 ``[rows]``, a column each row leaves out. ``limits``: thresholds float32 and counts int64
        ``[rows]``, both updated, and the count from which a row is given up: its threshold becomes infinite.
        """
        thresholds, counts, room = limits
        passes = values >= thresholds[:, None]
        if own is not None:
            inside = ((own >= first) & (own < first + values.shape[1]))[:, None]
            place = (own - first).clamp(0, values.shape[1] - 1)[:, None]
            passes.scatter_(1, place, passes.gather(1, place) & ~inside)
        counts += passes.sum(dim=1)
        over = counts > room
        if over.any():
            thresholds[over] = float("inf")
            passes &= ~over[:, None]
        rows, columns = passes.nonzero(as_tuple=True)
        return rows.int(), (columns + first).int(), values[rows, columns]

    def gathered(self, pieces: list[Pairs], count: int, width: int) -> tuple[Tensor, Tensor]:
        """Pairs as lists: columns int64 and values float32 ``[count, ≥ width]``, −1 and −∞ behind."""
        rows, columns, values = (
            self.torch.cat([piece[part].to(self.name) for piece in pieces]) for part in range(3)
        )
        rows, order = rows.long().sort(stable=True)
        counts = self.torch.bincount(rows, minlength=count)
        width = max(width, int(counts.max()))
        place = self.torch.arange(len(rows), device=self.name) - (counts.cumsum(0) - counts)[rows]
        ids = self.torch.full((count, width), -1, device=self.name)
        lists = self.torch.full((count, width), -float("inf"), device=self.name)
        ids[rows, place] = columns[order].long()
        lists[rows, place] = values[order]
        return ids, lists

    def dots(self, x: Tensor, i: Tensor, y: Tensor, j: Tensor) -> Tensor:
        """Inner products of rows ``x[:, i]`` and ``y[:, j]`` of float32 ``[steps, rows, 8]``, in the stated order."""
        sums = self.torch.zeros((len(i), 8), dtype=self.torch.float64, device=self.name)
        for left, right in zip(x, y, strict=True):
            sums.addcmul_(left[i].double(), right[j].double())
        s = sums.unbind(dim=1)
        return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))


class Table:
    """Rows on a device. ``block``: rows handled at once; ``resident``: whether all stay there or are sent when needed.

    ``error`` float32 ``[n]`` on the host: the c of the bound. ``mean`` and ``balance`` (by default the table's own
    median) are those of all rows that are to meet.
    """

    def __init__(
        self,
        device: Device,
        rows: tuple[Float32, Float64],
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


class RowsThere:
    """Rows on a device, and the pass over some of them that a probe makes there: a :class:`Sweep` of ``passes.py``."""

    def __init__(self, device: Device, vectors: Float32) -> None:
        self._device, self._rows = device, device.send(vectors)

    def __call__(
        self,
        _vectors: Float32,
        rows: NDArray[np.int64],
        classes: NDArray[np.int64],
        training: NDArray[np.bool_],
        parameters: Array,
        slope: Float64,
        found: tuple[Float64, Float64, NDArray[np.int64]],
    ) -> None:
        """As :func:`~hyperpolyglot.engine.passes.sweep_rows`; the vectors are those that are there."""
        torch, send = self._device.torch, self._device.send
        columns, problems, dim = len(found[0]), training.shape[1], self._rows.shape[1]
        two_classes = columns == problems
        weights = send(parameters[:columns])
        total = torch.zeros((columns, dim + 1), dtype=torch.float64, device=self._device.name)
        curvature, closest, right = np.zeros(columns), np.full(problems, np.inf), np.zeros(problems, np.int64)
        step = max(1, _PROBE_BYTES // (parameters.itemsize * (dim + 4 * columns)))
        for first in range(0, len(rows), step):
            part = slice(first, first + step)
            block = self._rows[send(rows[part])].to(weights.dtype)
            truth, learns = send(classes[part]), send(training[part])
            scores = block @ weights[:, :dim].T + weights[:, dim]
            share, guess, margin = _answers(torch, scores.view(len(block), problems, -1), two_classes)
            one = truth[:, None] if two_classes else torch.nn.functional.one_hot(truth, columns // problems)
            residual = (share - one[:, None]) * learns[:, :, None]
            spread = (share * (1 - share) * learns[:, :, None]).sum(0)
            curvature += spread.double().view(-1).cpu().numpy()
            margin = margin.double().masked_fill(learns, float("inf"))
            closest = np.minimum(closest, margin.min(0).values.cpu().numpy())
            right += ((guess == truth[:, None]) & ~learns).sum(0).cpu().numpy()
            flat = residual.reshape(len(block), columns)
            total[:, :dim] += (flat.T @ block).double()
            total[:, dim] += flat.sum(0).double()
        slope[:] = 0
        slope[:columns, : dim + 1] = total.cpu().numpy()
        for whole, value in zip(found, (curvature, closest, right), strict=True):
            whole[:] = value


def _answers(torch: Any, scores: Tensor, two_classes: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities ``[rows, problems, outputs]``, the answer and how far the next one is ``[rows, problems]``."""
    if two_classes:
        score = scores[:, :, 0]
        return torch.sigmoid(scores), (score > 0).long(), score.abs()
    best = scores.topk(2, dim=2).values
    return torch.softmax(scores, dim=2), scores.argmax(dim=2), best[:, :, 0] - best[:, :, 1]


def cross_product(
    device: Device, sides: tuple[Array, Array], means: tuple[Array, Array] | None, dtype: type
) -> Float64:
    """As :func:`hyperpolyglot.linalg.cross_product`, there."""
    a, b = sides
    kind = device.torch.float32 if dtype is np.float32 else device.torch.float64
    off = [device.send(mean).to(kind) for mean in means or (np.zeros(1), np.zeros(1))]
    total = device.torch.zeros((a.shape[1], b.shape[1]), dtype=device.torch.float64, device=device.name)
    for start in range(0, len(a), _CROSSED_ROWS):
        part = slice(start, start + _CROSSED_ROWS)
        left = device.send(a[part]).to(kind) - off[0]
        right = left if b is a else device.send(b[part]).to(kind) - off[1]
        total += (left.T @ right).double()
    return np.asarray(total.cpu().numpy())


def ranked(
    sides: tuple[Table, Table],
    block: slice,
    pieces: list[Pairs],
    limits: tuple[int, Float32, Float32],
    pairs: int,
) -> tuple[Array, Array, Array]:
    """The nearest of a block of rows among their candidates: positions, float32 cosines ``[rows, k]``, and proven.

    ``limits``: k, thresholds (infinite for rows given up) and margins float32 ``[rows]``. A row is proven if its k-th
    cosine reaches its threshold: all that are not candidates have a value, and so a cosine, below that.
    """
    rows, columns = sides
    k, thresholds, margins = limits
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
    return found[0].cpu().numpy(), found[1].cpu().numpy(), found[2].cpu().numpy()
