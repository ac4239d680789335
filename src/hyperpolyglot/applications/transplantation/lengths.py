"""How long a built vector should be: by what hidden tokens say of the lengths that a method gives.

Where a method is less sure, it builds shorter vectors, so their lengths say more of how well a token is predicted than
of how long it is. So log |true| is a line in log |built|, and its slope says how much of the length is believed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hyperpolyglot.types import Float32, Float64

__all__ = ["LengthLine", "length_line", "told"]

_LEAST = 1e-3
_FLAT = 0.005


class LengthLine(NamedTuple):
    """A vector of length l becomes ``scale`` · l ** ``power`` long; the power lies in 0…1."""

    scale: float = 1.0
    power: float = 1.0

    def lengths(self, built: Float64) -> Float64:
        """The lengths wanted of vectors that are so long."""
        return np.asarray(self.scale * built**self.power)


def length_line(made: Float32, true: Float32) -> LengthLine:
    """The line of least squares of log lengths of ``true`` rows in those that were ``made``, both ``[n, d]``.

    Rows that are next to nothing say nothing; where none is left, lengths stay.

    >>> true = np.array([[1.0], [2], [3]], np.float32)
    >>> length_line(true / 2, true)
    LengthLine(scale=2.0, power=1.0)
    """
    built, wanted = (np.linalg.norm(rows.astype(np.float64), axis=1) for rows in (made, true))
    some = (built > _LEAST * np.median(built)) & (wanted > 0)
    if not some.any():
        return LengthLine()
    x, y = np.log(built[some]), np.log(wanted[some])
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 0 else 0.0
    power = min(max(slope, 0.0), 1.0)
    return LengthLine(float(np.exp(y.mean() - power * x.mean())), power)


def told(scale: float, power: float) -> str:
    """What became of the length of a built row, in words.

    >>> told(1.03, 0.42), told(2.5, 0.0)
    ('was given the length 1.03 · l^0.42 for its own l', 'was given the length 2.5 whatever its own')
    """
    if power < _FLAT:
        return f"was given the length {scale:.4g} whatever its own"
    return f"was given the length {scale:.4g} · l^{power:.2g} for its own l"
