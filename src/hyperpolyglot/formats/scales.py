"""Scales that quantised rows are multiplied by: one number, one for each row, or one for each block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import FLOATS
from hyperpolyglot.formats.tensor import Tensor
from hyperpolyglot.table import Table
from hyperpolyglot.types import Float32, Int64

__all__ = ["Scale", "scale_of"]

_BLOCK = 128
_BIAS = 127
_NOT_A_NUMBER = 255
_MULTIPLIED = (
    "weight_scale_inv",
    "weight_scale",
    "scale_weight",
    "weight_scales",
    "scale",
    "scales",
    "_scale",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Factors ``[a, b]`` for blocks of ``block`` rows and columns of a matrix with ``columns`` columns."""

    factors: Float32
    block: tuple[int, int]
    columns: int

    def rows(self, index: Int64) -> Float32:
        """The factors of some rows, float32 ``[n, columns]``, or ``[n, 1]`` where a row has one."""
        factors = self.factors[index // self.block[0]]
        if factors.shape[1] == 1:
            return factors
        return np.repeat(factors, self.block[1], axis=1)[:, : self.columns]


def scale_of(where: str, tensor: Tensor, table: Table) -> Scale:
    """How ``tensor`` scales ``table``. Raises ``UnsupportedFormat`` where shape, type or name do not tell."""
    rows, columns = table.shape
    shape = tensor.shape
    if not shape or np.prod(shape) == 1:
        shape = (1, 1)
    elif len(shape) == 1:
        shape = (shape[0], 1) if shape[0] == rows else (1, shape[0])
    blocks = (_block(rows, shape[0]), _block(columns, shape[1])) if len(shape) == 2 else (None, None)
    known = tensor.name.endswith((*_MULTIPLIED, "SCB"))
    if blocks[0] is None or blocks[1] is None or not (known or shape[1] == 1):
        raise _refusal(where, tensor, table)
    if tensor.dtype in FLOATS:
        factors = np.asarray(tensor.values(), np.float32)
    elif tensor.dtype in ("U8", "F8_E8M0"):
        exponents = np.asarray(tensor.values()).view(np.uint8)
        factors = np.ldexp(np.float32(1), exponents.astype(np.int32) - _BIAS).astype(np.float32)
        factors[exponents == _NOT_A_NUMBER] = np.nan
    else:
        raise _refusal(where, tensor, table)
    factors = factors.reshape(shape)
    if tensor.name.endswith("SCB"):
        factors = factors / np.float32(_BIAS)
    return Scale(np.ascontiguousarray(factors), (blocks[0], blocks[1]), columns)


def _block(length: int, parts: int) -> int | None:
    """How many neighbours share a factor, where ``parts`` factors stand for ``length`` numbers."""
    if parts == 0:
        return None
    if -(-length // _BLOCK) == parts:
        return _BLOCK
    return length // parts if length % parts == 0 else None


def _refusal(where: str, tensor: Tensor, table: Table) -> UnsupportedFormat:
    return UnsupportedFormat(
        f"{where}: {shown(table.name)} is {table.dtype} to be multiplied by {shown(tensor.name)} "
        f"({tensor.dtype} {list(tensor.shape)}), in a way that is not known here; open the unquantised model."
    )
