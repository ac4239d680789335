"""When half of a change is done: monotone regression of a curve over steps, then linear interpolation."""

from __future__ import annotations

import numba
import numpy as np

from hyperpolyglot.types import Array, Float64

__all__ = ["half_lives", "monotone"]

_DIGITS = 9
"""Of the way between the first step and the last: what rounding makes of equal half-lives is no order."""


@numba.njit(cache=True, nogil=True)
def _pooled(values, fitted, sums, counts):  # type: ignore[no-untyped-def]
    """Pool adjacent violators: the non-decreasing sequence nearest to ``values``, of equal weights."""
    blocks = 0
    for i in range(len(values)):
        sums[blocks], counts[blocks] = values[i], 1
        blocks += 1
        while blocks > 1 and sums[blocks - 2] * counts[blocks - 1] >= sums[blocks - 1] * counts[blocks - 2]:
            sums[blocks - 2] += sums[blocks - 1]
            counts[blocks - 2] += counts[blocks - 1]
            blocks -= 1
    at = 0
    for block in range(blocks):
        for _ in range(counts[block]):
            fitted[at] = sums[block] / counts[block]
            at += 1


@numba.njit(cache=True, nogil=True)
def _halves(x, curves, signs, out):  # type: ignore[no-untyped-def]
    steps = len(x)
    sums, fitted, counts = np.empty(steps), np.empty(steps), np.empty(steps, np.int64)
    for row in range(len(curves)):
        out[row] = np.nan
        there = np.isfinite(curves[row])
        places, values = x[there], signs[row] * curves[row][there]
        n = len(values)
        if n < 2 or signs[row] == 0:
            continue
        _pooled(values, fitted, sums, counts)
        half = (fitted[0] + fitted[n - 1]) / 2
        if not fitted[n - 1] > fitted[0]:
            continue
        i = 0
        while fitted[i] < half:
            i += 1
        share = (half - fitted[i - 1]) / (fitted[i] - fitted[i - 1])
        out[row] = places[i - 1] + share * (places[i] - places[i - 1])


def monotone(values: Array) -> Float64:
    """The non-decreasing float64 ``[n]`` nearest to finite ``values`` in least squares.

    >>> monotone(np.array([1.0, 3.0, 2.0, 4.0])).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    given = np.asarray(values, np.float64)
    fitted = np.empty(len(given))
    _pooled(given, fitted, np.empty(len(given)), np.empty(len(given), np.int64))
    return fitted


def half_lives(x: Array, curves: Array, signs: Array) -> Float64:
    """Where each of ``curves`` ``[r, s]`` over ``x`` ``[s]``, ascending, has done half of its change, float64 ``[r]``.

    ``signs`` ``[r]``: 1 where it is to rise, −1 where it is to fall. Steps that are NaN are left out. NaN: it does not
    change in that direction, or has fewer than two steps.

    >>> half_lives(np.array([0, 10, 20]), np.array([[0, 0, 1], [1, 0.8, 0]]), np.array([1, -1])).round(2).tolist()
    [15.0, 13.75]
    """
    values = np.atleast_2d(np.asarray(curves, np.float64))
    out = np.empty(len(values))
    places = np.asarray(x, np.float64)
    _halves(places, values, np.asarray(signs, np.float64), out)
    first, span = float(places[0]), float(places[-1] - places[0])
    return first + span * np.round((out - first) / span, _DIGITS) if span > 0 else out
