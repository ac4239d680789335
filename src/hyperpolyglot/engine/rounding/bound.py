"""What bounds of all kinds of rounded rows have in common: ``docs/engine.md``, step 2."""

from __future__ import annotations

import numpy as np

from hyperpolyglot.types import Float32, Float64

__all__ = ["U", "mean_direction", "separable"]

U = 2.0**-24
"""The unit roundoff of float32."""

_SAMPLE = 1 << 22  # entries


def mean_direction(vectors: Float32, lengths: Float64) -> Float64:
    """The mean of a sample of unit rows, float64 ``[d]``; the same for the same rows."""
    step = max(1, -(-vectors.size // _SAMPLE))
    mean: Float64 = (vectors[::step] / lengths[::step, None]).mean(axis=0)
    return mean


def separable(lost: Float64, length: Float64, m: float | None) -> tuple[Float64, float]:
    """The c of every row without roundings, and m: the median of e/|z| where it is ``None``."""
    if m is None:
        m = max(float(np.median(lost / np.maximum(length, 1e-30))), 1e-6)
    return (lost**2 / m + m * length**2 + lost**2) / 2, m
