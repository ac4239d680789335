"""Rows that are computed from what lies in a file when they are asked for: shared, scaled or scattered ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, Float32, Int64

__all__ = ["DerivedRows", "derived"]

Compute = Callable[[Int64], Float32]


class DerivedRows:
    """A float32 matrix ``[V, d]`` that behaves like an array to a table: rows exist only once they are indexed.

    ``compute`` gives the rows for int64 positions ``[n]`` as float32 ``[n, d]``.
    """

    __slots__ = ("_compute", "shape")
    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, shape: tuple[int, int], compute: Compute) -> None:
        self.shape = shape
        self._compute = compute

    def __getitem__(self, index: Any) -> Float32:
        chosen = range(self.shape[0])[index] if isinstance(index, slice) else index
        rows = self._compute(np.atleast_1d(np.asarray(chosen, np.int64)))
        return np.ascontiguousarray(rows, np.float32)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes that all rows would take."""
        return 4 * self.shape[0] * self.shape[1]


def derived(name: str, shape: tuple[int, int], compute: Compute) -> Table:
    """A table of float32 rows that ``compute`` makes from their positions (see :class:`DerivedRows`).

    >>> table = derived("t", (3, 2), lambda rows: np.stack([rows, -rows], axis=1).astype(np.float32))
    >>> table.rows(np.array([2, 1])).tolist()
    [[2.0, -2.0], [1.0, -1.0]]
    """
    stored = cast(Array, DerivedRows(shape, compute))
    return Table(name=name, dtype="F32", shape=shape, stored=stored, decode=_as_they_are)


def _as_they_are(rows: Array) -> Float32:
    return np.asarray(rows, np.float32)
