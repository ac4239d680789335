"""The cosine by which neighbours are ordered, in float64 by one stated order of summation.

For float32 vectors every product is exact in float64. Products are added into eight partial sums, product ``m``
into sum ``m mod 8``, in ascending order; then ``((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7))``. The cosine is
``dot(x, y) / (norm(x) · norm(y))`` with ``norm(x) = sqrt(dot(x, x))``. No step depends on blocks, threads or machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hyperpolyglot.types import Float32, Float64

__all__ = ["WithLengths", "dot", "norms", "unit_rows", "with_lengths"]


class WithLengths(NamedTuple):
    """``rows`` float32 ``[n, d]`` and their ``lengths`` float64 ``[n]``."""

    rows: Float32
    lengths: Float64


@numba.njit(cache=True, nogil=True, inline="always")
def dot(x, y):  # type: ignore[no-untyped-def]
    """Inner product of two float32 vectors in float64, in the stated order."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = len(x) // 8 * 8
    for m in range(0, whole, 8):
        s0 += np.float64(x[m]) * np.float64(y[m])
        s1 += np.float64(x[m + 1]) * np.float64(y[m + 1])
        s2 += np.float64(x[m + 2]) * np.float64(y[m + 2])
        s3 += np.float64(x[m + 3]) * np.float64(y[m + 3])
        s4 += np.float64(x[m + 4]) * np.float64(y[m + 4])
        s5 += np.float64(x[m + 5]) * np.float64(y[m + 5])
        s6 += np.float64(x[m + 6]) * np.float64(y[m + 6])
        s7 += np.float64(x[m + 7]) * np.float64(y[m + 7])
    tail = np.zeros(8)
    for m in range(whole, len(x)):
        tail[m - whole] = np.float64(x[m]) * np.float64(y[m])
    s0, s1, s2, s3 = s0 + tail[0], s1 + tail[1], s2 + tail[2], s3 + tail[3]
    s4, s5, s6, s7 = s4 + tail[4], s5 + tail[5], s6 + tail[6], s7 + tail[7]
    return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))


@numba.njit(cache=True, nogil=True)
def _norms(vectors, out):  # type: ignore[no-untyped-def]
    for i in range(vectors.shape[0]):
        out[i] = np.sqrt(dot(vectors[i], vectors[i]))


def norms(vectors: Float32) -> Float64:
    """Euclidean lengths, float64 ``[n]``.

    >>> norms(np.array([[3, 4]], np.float32)).tolist()
    [5.0]
    """
    out = np.empty(len(vectors))
    _norms(np.ascontiguousarray(vectors), out)
    return out


def with_lengths(rows: Float32) -> WithLengths:
    """Rows and their Euclidean lengths."""
    return WithLengths(rows, norms(rows))


def unit_rows(vectors: Float32) -> Float32:
    """Rows scaled to length one: divided by their float64 norm, then rounded to float32."""
    lengths = norms(vectors)
    scaled = np.empty_like(vectors, order="C")
    for start in range(0, len(vectors), 8192):
        block = slice(start, start + 8192)
        scaled[block] = vectors[block] / lengths[block, None]
    return scaled
