"""Arrays of any library as tensors of a checkpoint, by ``__array__``, DLPack and methods of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import ARRAYS, NUMBERS
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, frozen

__all__ = ["LiveTensor", "looks_like_array"]

_NAMES = {kind.name: name for name, kind in ARRAYS.items() if name != "BOOL"} | {"bool": "BOOL"}
_BLOCK_NUMBERS = 1 << 24


def looks_like_array(thing: object) -> bool:
    """Whether something has a shape and can hand over its numbers."""
    speaks = hasattr(thing, "__array__") or hasattr(thing, "__dlpack__")
    return speaks and not isinstance(thing, type) and hasattr(thing, "shape") and hasattr(thing, "dtype")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTensor:
    """An array in memory, or on a device, of whichever library.

    The numbers are copied when they are asked for, unless the array is read-only: training that goes on afterwards
    does not change a space.
    """

    name: str
    array: Any

    @property
    def dtype(self) -> str:
        """The element type by its name in safetensors; that of the library where there is none."""
        kind = self.array.dtype
        name = kind if isinstance(kind, str) else getattr(kind, "name", None)
        plain = name if isinstance(name, str) else str(kind).rpartition(".")[2]
        return _NAMES.get(plain, plain)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes, slowest first."""
        return tuple(int(length) for length in self.array.shape)

    def table(self) -> Table:
        """The numbers as a ``[V, d]`` table; raises ``UnsupportedFormat`` where they are none."""
        if len(self.shape) != 2 or 0 in self.shape:
            raise UnsupportedFormat(
                f"{shown(self.name)} has the shape {list(self.shape)}, and a table needs rows and columns; pass the "
                "embedding matrix, [tokens, dimensions]."
            )
        if self.dtype not in NUMBERS:
            raise UnsupportedFormat(
                f"{shown(self.name)} is of type {self.dtype}, and a table needs floats ({', '.join(NUMBERS)}); convert "
                "it to float32."
            )
        rows, columns = self.shape
        return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=self.values())

    def values(self) -> Array:
        """The numbers in their own type and shape; raises ``UnsupportedFormat`` where the library has none to give."""
        if self.dtype not in ARRAYS:
            raise UnsupportedFormat(f"{shown(self.name)} is of type {self.dtype}, which is not read.")
        try:
            return frozen(_numbers(self.array, self.dtype))
        except (
            TypeError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            BufferError,
            AttributeError,
        ) as error:
            reason = str(error).strip().partition("\n")[0][:200]
            raise UnsupportedFormat(
                f"{shown(self.name)}: its numbers cannot be read ({reason}); pass it as a numpy array."
            ) from error


def _numbers(array: Any, dtype: str) -> Array:
    for name in ("detach", "cpu"):
        method = getattr(array, name, None)
        array = method() if callable(method) else array
    kind = ARRAYS[dtype]
    try:
        found = _given(array)
    except (TypeError, BufferError):
        widen = getattr(array, "float", None)
        if kind not in NUMBERS.values() or not callable(widen):
            raise
        return _narrowed(array, kind)
    if found.flags.writeable or found.dtype != kind or not found.flags.c_contiguous:
        return np.array(found, kind, order="C")
    return found


def _given(array: Any) -> Array:
    """What the library hands over; cupy's arrays need their own method to leave the device."""
    if not hasattr(array, "__array__"):
        return np.from_dlpack(array)
    try:
        return np.asarray(array)
    except TypeError:
        leave: Callable[[], Any] | None = getattr(array, "get", None)
        if leave is None:
            raise
        return np.asarray(leave())


def _narrowed(array: Any, kind: np.dtype[Any]) -> Array:
    """Numbers of a type that numpy lacks, which the library can only widen; bfloat16 is the upper half of float32."""
    stored = np.empty(tuple(array.shape), kind)
    step = max(1, _BLOCK_NUMBERS // max(1, stored[:1].size))
    for start in range(0, len(stored), step):
        wide = np.asarray(array[start : start + step].float(), np.float32)
        if kind.name == "bfloat16":
            upper = (np.ascontiguousarray(wide).view(np.uint32) >> 16).astype(np.uint16)
            stored.view(np.uint16)[start : start + step] = upper
        else:
            stored[start : start + step] = wide.astype(kind)
    return stored
