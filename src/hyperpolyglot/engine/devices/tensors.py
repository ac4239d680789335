"""What is done on a device, by torch. The only module that imports it, when a device is first used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from hyperpolyglot.types import Array

__all__ = ["Device", "Limits", "Pairs", "Tensor", "cuda_devices"]

Tensor = Any


class Pairs(NamedTuple):
    """Candidates of a block: row in the block and column int32, value float32."""

    rows: Tensor
    columns: Tensor
    values: Tensor


class Limits(NamedTuple):
    """What pairs of some rows must reach: ``thresholds`` float32 and ``counts`` int64 ``[rows]``, both updated.

    ``room``: the count from which a row is given up; its threshold becomes infinite.
    """

    thresholds: Tensor
    counts: Tensor
    room: int

    def take(self, some: slice) -> Limits:
        """Views of those of some rows."""
        return Limits(self.thresholds[some], self.counts[some], self.room)


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

    def hits(self, values: Tensor, first: int, own: Tensor | None, limits: Limits) -> Pairs:
        """Pairs whose value reaches the row's threshold; ``first`` is the position of the first column.

        ``own``: int64 ``[rows]``, a column each row leaves out.
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
        return Pairs(rows.int(), (columns + first).int(), values[rows, columns])

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
