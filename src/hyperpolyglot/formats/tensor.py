"""Tensors as they lie in checkpoint files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import ARRAYS, BITS, MOST_AXES, NUMBERS, is_integer
from hyperpolyglot.formats.ggml import BLOCKS, decoder
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, ByteSource

__all__ = ["HeldTensor", "StoredTensor", "Tensor", "UnreadableTensor", "stored_bytes"]


def stored_bytes(dtype: str, shape: tuple[int, ...]) -> int | None:
    """Bytes that a tensor takes, or ``None`` where that cannot be a whole number of bytes or blocks.

    >>> stored_bytes("BF16", (10, 32)), stored_bytes("Q8_0", (10, 32)), stored_bytes("Q8_0", (10, 33))
    (640, 340, None)
    """
    elements = math.prod(shape)
    if dtype in BLOCKS:
        block = BLOCKS[dtype]
        if not shape or shape[-1] % block.elements:
            return None
        return elements // block.elements * block.bytes
    bits = elements * BITS[dtype]
    return None if bits % 8 else bits // 8


class Tensor(Protocol):
    """What a checkpoint lists: a name, an element type, a shape, and a way to open it."""

    @property
    def name(self) -> str:
        """The name in the checkpoint."""

    @property
    def dtype(self) -> str:
        """The element type: ``"BF16"``, ``"Q4_K"``, …"""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes, slowest first."""

    def table(self) -> Table:
        """The tensor as a ``[V, d]`` table; raises ``UnsupportedFormat`` where it is none."""

    def values(self) -> Array:
        """The tensor in its own type and shape, mapped where it can be; raises ``UnsupportedFormat``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """A row-major tensor of little-endian elements, ``nbytes`` from ``offset`` in ``source``.

    Raises ``DamagedFile`` where shape, type and extent contradict one another or the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: ByteSource
    offset: int
    nbytes: int

    def __post_init__(self) -> None:
        label = f"the tensor {shown(self.name)} of type {self.dtype} and shape {list(self.shape[:8])}"
        if self.dtype not in BITS and self.dtype not in BLOCKS:
            raise ValueError(f"unknown element type {self.dtype}")
        if len(self.shape) > MOST_AXES or any(length < 0 for length in self.shape):
            raise DamagedFile(self.source.name, f"{label} is impossible")
        if stored_bytes(self.dtype, self.shape) != self.nbytes:
            raise DamagedFile(self.source.name, f"{label} does not fill {self.nbytes} bytes")
        if self.offset < 0 or self.offset + self.nbytes > self.source.size:
            raise DamagedFile(self.source.name, f"{label} lies beyond the end of the file")

    def table(self) -> Table:
        """The matrix, mapped and not loaded.

        Floats and small integers are a ``[V, d]`` view of the file; quantised types are uint8 ``[V, row_bytes]``,
        of which only the rows that are asked for are dequantised. Raises ``UnsupportedFormat`` for a tensor that
        is not 2-D, is empty, or holds wide integers.
        """
        if len(self.shape) != 2 or 0 in self.shape:
            raise UnsupportedFormat(
                f"{self.source.name}: the tensor {shown(self.name)} has the shape {list(self.shape)}, and a "
                "table needs rows and columns; name another one with --tensor."
            )
        rows, columns = self.shape
        if self.dtype in NUMBERS:
            return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=self.values())
        decode = decoder(self.dtype, columns) if self.dtype in BLOCKS else None
        if decode is None:
            raise UnsupportedFormat(f"{self.source.name}: {_not_numbers(self.name, self.dtype)}")
        packed = self.source.map(self.offset, self.nbytes).reshape(rows, self.nbytes // rows)
        return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=packed, decode=decode)

    def values(self) -> Array:
        """The numbers as they are stored, mapped; raises ``UnsupportedFormat`` for quantised and odd types."""
        if self.dtype not in ARRAYS:
            raise UnsupportedFormat(f"{self.source.name}: {_not_numbers(self.name, self.dtype)}")
        return self.source.map(self.offset, self.nbytes).view(ARRAYS[self.dtype]).reshape(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTensor:
    """A table that had to be read into memory, because its file is text."""

    held: Table

    @property
    def name(self) -> str:
        """The name in the checkpoint."""
        return self.held.name

    @property
    def dtype(self) -> str:
        """The element type."""
        return self.held.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """``(V, d)``."""
        return self.held.shape

    def table(self) -> Table:
        """The table itself."""
        return self.held

    def values(self) -> Array:
        """Its numbers."""
        return self.held.stored


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableTensor:
    """A tensor that is there but cannot be opened; ``reason`` is the sentence that says why."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    reason: str

    def table(self) -> Table:
        """Raises ``UnsupportedFormat`` with the reason."""
        raise UnsupportedFormat(self.reason)

    def values(self) -> Array:
        """Raises ``UnsupportedFormat`` with the reason."""
        raise UnsupportedFormat(self.reason)


def _not_numbers(name: str, dtype: str) -> str:
    if is_integer(dtype):
        return (
            f"{shown(name)} holds {dtype} integers, as packed or quantised weights do (GPTQ, AWQ, "
            "bitsandbytes, MLX); open the unquantised model or a GGUF of it."
        )
    return f"{shown(name)} is of type {dtype}, which cannot be decoded; open the model in another precision."
