"""The seams that layers share: where bytes come from, and how progress is told."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "ByteSource", "Float32", "Float64", "Int32", "Int64", "Progress", "frozen", "silent"]

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class ByteSource(Protocol):
    """A file of known size from which ranges can be read, wherever it lies."""

    @property
    def name(self) -> str:
        """The name that messages show."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``; raises ``DamagedFile`` where the file ends earlier."""

    def map(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The same range as a read-only array that is paged in as it is touched, not loaded."""


class Progress(Protocol):
    """Called by long steps: what is being done, and how much of it is done out of how much."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` units of ``step`` are finished; the first call may have none done."""


def silent(step: str, done: int, total: int) -> None:
    """The progress of someone who does not want to know."""


def frozen(array: Array) -> Array:
    """The same array, no longer writable; a view where the caller still owns a writable one.

    >>> bool(frozen(np.arange(3)).flags.writeable)
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view
