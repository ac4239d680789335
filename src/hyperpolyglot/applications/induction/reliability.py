"""Whether probabilities mean what they say: reliability bins, expected calibration error and Brier score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.statistics import bootstrap_mean, jackknife_interval, permutation_p, wilson
from hyperpolyglot.types import Array, Float64

__all__ = ["calibration_error", "reliability", "reliability_bins"]

_BINS = 10
_GROUPS = 20
_SIMULATIONS = 500


def _bin_of(probabilities: Float64) -> Array:
    return np.minimum((probabilities * _BINS).astype(np.int64), _BINS - 1)


def calibration_error(probabilities: Float64, right: Array) -> float:
    """The expected calibration error over ten bins of equal width (Naeini et al. 2015): Σ n_b/n·|right_b − said_b|.

    >>> round(calibration_error(np.array([0.9, 0.95, 0.2]), np.array([True, False, False])), 3)
    0.35
    """
    of = _bin_of(probabilities)
    return float(np.abs(np.bincount(of, weights=right - probabilities, minlength=_BINS)).sum() / len(right))


def reliability_bins(probabilities: Float64, right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """A row for each bin that holds a pair: its ends, how many, their mean probability and the share that is right."""
    of, rows = _bin_of(probabilities), []
    for number in np.unique(of).tolist():
        own = of == number
        low, high = wilson(int(right[own].sum()), int(own.sum())) or (None, None)
        rows.append(
            {
                "from": number / _BINS,
                "to": (number + 1) / _BINS,
                "pairs": int(own.sum()),
                "probability": float(probabilities[own].mean()),
                "right": {"value": float(right[own].mean()), "low": low, "high": high},
            }
        )
    return rows


def reliability(
    probabilities: Float64, right: NDArray[np.bool_], concepts: Array, seed: int
) -> dict[str, Any]:
    """``{ece, ece_p, brier, bins}`` of held-out probabilities, intervals over concepts.

    The chance level of ``ece`` is what probabilities that are exactly right have on average in so many pairs, and
    ``ece_p`` how often they have as much in 500 simulations; the chance level of ``brier`` is the score of the share
    that is right, said of every pair.
    """
    random = np.random.default_rng(seed)
    drawn = random.random((_SIMULATIONS, len(right))) < probabilities
    perfect = np.array([calibration_error(probabilities, row) for row in drawn])
    error = calibration_error(probabilities, right)
    names, of = np.unique(concepts, return_inverse=True)
    group = (random.permutation(len(names)) % _GROUPS)[of.reshape(-1)]
    left_out = [
        calibration_error(probabilities[group != i], right[group != i])
        for i in range(_GROUPS)
        if 0 < np.count_nonzero(group == i) < len(group)
    ]
    interval = jackknife_interval(error, left_out)
    low, high = (None, None) if interval is None else (max(0.0, interval[0]), interval[1])
    squares = (probabilities - right) ** 2
    ends = bootstrap_mean(squares, concepts, random=random) or (None, None)
    share = float(right.mean())
    return {
        "ece": {"value": error, "low": low, "high": high, "chance": float(perfect.mean())},
        "ece_p": permutation_p(error, perfect),
        "brier": {
            "value": float(squares.mean()),
            "low": ends[0],
            "high": ends[1],
            "chance": share * (1 - share),
        },
        "bins": reliability_bins(probabilities, right),
    }
