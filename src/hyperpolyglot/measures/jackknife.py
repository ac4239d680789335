"""How sure a mean over tokens is that is made from their neighbours: the claim is about other vocabularies.

A token counts once itself and once in every list that holds it, so a mean over tokens varies more from vocabulary to
vocabulary than independent tokens would let it. Here every token is left out in turn (Efron and Stein 1981, Annals of
Statistics 9:586): its own value goes, and in each list that holds it the next neighbour takes its place. The last of
the k known neighbours is the one that moves up, so the error is that of the mean over k − 1.

The population: vocabularies whose tokens are drawn like these, independently, from all that a tokenizer could have
taken. Not other training runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Float64

__all__ = ["left_out_error", "mean_interval"]


def left_out_error(
    base: Float64, change: Float64, near: NDArray[np.integer], queries: NDArray[np.integer], size: int
) -> float | None:
    """Standard error of the mean of ``base`` float64 ``[q]``, the values of tokens ``queries`` int ``[q]``.

    ``change`` float64 ``[q, m]``: by how much a value changes where its neighbour ``near`` int ``[q, m]`` is left out.
    ``size``: tokens in all; ``queries`` and ``near`` are less. ``None`` for fewer than two queries.

    >>> alone = np.zeros((3, 1))
    >>> round(left_out_error(np.array([1.0, 2, 3]), alone, np.zeros((3, 1), int), np.arange(3), 3), 4)
    0.5774
    """
    q = len(base)
    if q < 2:
        return None
    moved = np.bincount(near.ravel(), weights=change.ravel(), minlength=size) / q
    own = base - base.mean()
    # without token i: (S − base_i + Σ change)/(q − 1), less the mean
    moved[queries] = (moved[queries] * q - own) / (q - 1)
    touched = moved[moved != 0]
    spread = float((touched**2).sum()) - float(touched.sum()) ** 2 / size
    return float(np.sqrt(max(0.0, spread) * (size - 1) / size))


def mean_interval(
    value: float, error: float | None, units: int, *, most: float = np.inf, level: float = 0.95
) -> Interval | None:
    """``value`` ± Student's t with ``units`` − 1 degrees times ``error``, within 0…``most``; ``None`` without one."""
    if error is None or units < 2:
        return None
    reach = float(stdtrit(units - 1, (1 + level) / 2)) * error
    return max(0.0, value - reach), min(most, value + reach)
