"""The bound of the filter on a GPU: rows in fp16, products summed in float32 by tensor cores.

As in :mod:`~hyperpolyglot.engine.rounding.int8`, a pair's error is c_i + c_j. Here c also covers sums that truncate,
and each row carries a + c as two more halves, so that the product of matrices itself is at least the cosine.
``docs/engine.md`` derives all of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.rounding.bound import separable
from hyperpolyglot.types import Float32, Float64

__all__ = ["EXTRA", "MAX_HALF_DIM", "accumulation", "offsets", "row_errors"]

EXTRA = 4
"""Entries behind a row: two ones and the two halves of its offset."""

MAX_HALF_DIM = 65_536


def accumulation(terms: int) -> float:
    """Most that a float32 sum of products may be off, relative to the sum of their magnitudes.

    For any order of multiply-and-add steps of 4 to 32 exact products that are aligned to the largest, truncated to
    24 bits and added, the partial sums being truncated or rounded.

    >>> f"{accumulation(768):.1e}"
    '1.9e-04'
    """
    return (terms + 18) * 2.0**-22 * 1.02


def row_errors(
    shift: Float64, lost: Float64, length: Float64, terms: int, balance: float | None
) -> tuple[Float32, float]:
    """The c of every row, float32 rounded up, and the m of the bound; a, e and |z| are float64 ``[n]``."""
    error, balance = separable(lost, length, balance)
    part = 1.01 * accumulation(terms)
    error += part * ((length + lost) ** 2 / 2 + np.abs(shift)) + 2.0**-21 * (1 + np.abs(shift))
    return (error / (1 - part) * (1 + 1e-6)).astype(np.float32), balance


def offsets(shift: Float64, error: Float32) -> NDArray[np.float16]:
    """What stands behind the rows on the right, fp16 ``[n, 4]``: 1, 1 and two halves that add up to a + c."""
    offset = shift + error
    high = offset.astype(np.float16)
    ones = np.ones_like(high)
    return np.stack([ones, ones, high, (offset - high).astype(np.float16)], axis=1)
