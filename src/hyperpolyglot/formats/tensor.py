"""Tensors as they lie in checkpoint files, and the checkpoint that lists them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from hyperpolyglot.errors import DamagedFile, TensorNotFound, UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import BITS, FLOATS, MOST_AXES, is_integer
from hyperpolyglot.formats.ggml import BLOCKS, decoder
from hyperpolyglot.table import Table
from hyperpolyglot.types import ByteSource

__all__ = ["Checkpoint", "HeldTensor", "StoredTensor", "Tensor", "UnreadableTensor", "stored_bytes"]

_SCALES = ("_scale_inv", "_scale", ".scale", ".absmax")


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

        Float types are a ``[V, d]`` view of the file; quantised types are uint8 ``[V, row_bytes]``, of which
        only the rows that are asked for are dequantised. Raises ``UnsupportedFormat`` for a tensor that is
        not 2-D, is empty, or holds integers.
        """
        if len(self.shape) != 2 or 0 in self.shape:
            raise UnsupportedFormat(
                f"{self.source.name}: the tensor {shown(self.name)} has the shape {list(self.shape)}, and a "
                "table needs rows and columns; name another one with --tensor."
            )
        rows, columns = self.shape
        if self.dtype in FLOATS:
            raw = self.source.map(self.offset, self.nbytes)
            stored = raw.view(FLOATS[self.dtype]).reshape(rows, columns)
            return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=stored)
        decode = decoder(self.dtype, columns) if self.dtype in BLOCKS else None
        if decode is None:
            raise UnsupportedFormat(f"{self.source.name}: {_not_numbers(self.name, self.dtype)}")
        packed = self.source.map(self.offset, self.nbytes).reshape(rows, self.nbytes // rows)
        return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=packed, decode=decode)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint holds, without its contents having been read.

    ``tensors``: by name. ``tokens``: what the rows stand for, where the file itself says so (npz, word2vec).
    ``metadata``: the key-value pairs of a GGUF header (numeric arrays as numpy arrays, string arrays as
    tuples of ``str`` in which bytes that are no UTF-8 are surrogate escapes) or safetensors ``__metadata__``.
    ``remark``: what the user should know of how it was read, in a sentence; empty where nothing was chosen.
    """

    name: str
    tensors: Mapping[str, Tensor]
    tokens: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    remark: str = ""

    def table(self, name: str) -> Table:
        """The tensor of that name as a table.

        Raises ``TensorNotFound`` where there is none, ``UnsupportedFormat`` where it cannot be read as rows
        of numbers: integers, packed or scaled weights, views that are not row-major.
        """
        if name not in self.tensors:
            raise TensorNotFound(f"{self.name} has no tensor {shown(name)}.")
        tensor = self.tensors[name]
        if tensor.dtype.startswith("F8"):
            scale = next((name + s for s in _SCALES if name + s in self.tensors), None)
            if scale is not None:
                raise UnsupportedFormat(
                    f"{self.name}: {shown(name)} is FP8 to be multiplied by {shown(scale)}, which is not "
                    "done here; open the unquantised model."
                )
        table = tensor.table()
        if self.tokens is not None and len(self.tokens) != table.shape[0]:
            raise DamagedFile(
                self.name, f"there are {len(self.tokens)} tokens for {table.shape[0]} rows of {shown(name)}"
            )
        return table


def _not_numbers(name: str, dtype: str) -> str:
    if is_integer(dtype):
        return (
            f"{shown(name)} holds {dtype} integers, which are packed or quantised weights (GPTQ, AWQ, "
            "bitsandbytes, MLX); open the unquantised model or a GGUF of it."
        )
    return f"{shown(name)} is of type {dtype}, which cannot be decoded; open the model in another precision."
