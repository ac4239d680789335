"""An embedding matrix that lies on disk: rows are read, and turned into float32, when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from hyperpolyglot.types import Array, Float32, Progress, silent

__all__ = ["Table", "View"]

View = Literal["raw", "scaled", "normed"]
"""Rows as stored; times the square root of their length d, as some models read them; layer-normed without gain."""

_BLOCK_BYTES = 1 << 26
_EPSILON = 1e-5


def _widen(stored: Array) -> Float32:
    return np.asarray(stored, dtype=np.float32)


def _scaled(rows: Float32) -> Float32:
    return rows * np.float32(np.sqrt(rows.shape[1]))


def _normed(rows: Float32) -> Float32:
    """Rows less their mean, over the root of their variance + 1e-5: a layer norm (Ba et al. 2016) without gain."""
    exact = rows.astype(np.float64)
    exact -= exact.mean(axis=1, keepdims=True)
    exact /= np.sqrt((exact**2).mean(axis=1, keepdims=True) + _EPSILON)
    return exact.astype(np.float32)


_VIEWS: dict[View, Callable[[Float32], Float32]] = {"scaled": _scaled, "normed": _normed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A ``[V, d]`` matrix in its stored type.

    ``stored`` has V rows; a row is d numbers of any float type, or the packed bytes of a quantised row.
    ``decode`` turns a block of stored rows into float32 ``[n, d]`` exactly (F16, BF16, FP8) or as the
    format defines it (quantised types); F64 is rounded to nearest. ``view``: what is made of the rows then. ``again``
    opens the same table in another process, where that is known.
    """

    name: str
    dtype: str
    shape: tuple[int, int]
    stored: Array
    decode: Callable[[Array], Float32] = field(default=_widen)
    view: View = "raw"
    again: Callable[[], Table] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.shape) != 2 or self.stored.shape[0] != self.shape[0]:
            raise ValueError(f"table {self.name}: stored {self.stored.shape} does not hold {self.shape}")

    def rows(self, index: slice | Array) -> Float32:
        """Rows as float32 ``[n, d]``, a fresh array; ``index`` is a slice or integer array."""
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.asarray(self.decode(self.stored[index]), np.float32)
            if self.view != "raw":
                block = _VIEWS[self.view](block)
        return block if block.flags.owndata and block.flags.c_contiguous else block.copy()

    @property
    def mapped(self) -> Float32 | None:
        """The rows where they lie, read-only, if the file holds them as they are asked for: float32, not packed."""
        if self.decode is not _widen or self.view != "raw" or self.stored.dtype != np.float32:
            return None
        return self.stored if self.stored.flags.c_contiguous and self.stored.flags.aligned else None

    def seen(self, view: View) -> Table:
        """The same numbers in another view.

        >>> table = Table(name="t", dtype="F32", shape=(1, 4), stored=np.array([[1, 2, 3, 4]], np.float32))
        >>> table.seen("scaled").rows(slice(None)).tolist()
        [[2.0, 4.0, 6.0, 8.0]]
        """
        return replace(self, view=view)

    def blocks(self) -> Iterator[tuple[slice, Float32]]:
        """All rows in order, in blocks of bounded size: ``(slice, rows)``."""
        step = max(1, _BLOCK_BYTES // (4 * max(1, self.shape[1])))
        for start in range(0, self.shape[0], step):
            where = slice(start, min(start + step, self.shape[0]))
            yield where, self.rows(where)

    def digest(self, progress: Progress = silent) -> str:
        """SHA-256 over the stored type, the shape and the stored bytes, row by row: ``"sha256:…"``.

        The same matrix has the same digest in whichever file format it lies. A view that isn't raw is part of it.
        """
        view = "" if self.view == "raw" else f" {self.view}"
        digest = hashlib.sha256(f"{self.dtype} {self.shape[0]} {self.shape[1]}{view}\n".encode())
        row_bytes = max(1, self.stored[:1].nbytes)
        step = max(1, _BLOCK_BYTES // row_bytes)
        for start in range(0, self.shape[0], step):
            digest.update(np.ascontiguousarray(self.stored[start : start + step]).view(np.uint8).data)
            progress("digest", min(start + step, self.shape[0]), self.shape[0])
        return f"sha256:{digest.hexdigest()}"
