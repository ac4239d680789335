"""From what is seen of a pair to the probability that it is right: an isotonic map of one monotone score.

The score is a logistic index of the margin, whether the pair is mutual, and the rank back, none of which can lower it
by being better; probabilities are the isotonic regression on it (pool adjacent violators). One right answer below all
and one wrong answer above all are added, so that no probability is exactly 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from hyperpolyglot.types import Array, Float64

__all__ = ["CrossFitted", "IsotonicMap", "cross_fitted", "folds_of", "pooled_adjacent", "seen_of"]

_PENALTY = 1e-3


def seen_of(margin: Float64, back_rank: Array) -> Float64:
    """What a probability depends on, the larger the better, float64 ``[n, 3]``: margin, mutual, minus log rank back.

    >>> seen_of(np.array([0.5, 0.1]), np.array([1, 8])).tolist()
    [[0.5, 1.0, -0.0], [0.1, 0.0, -3.0]]
    """
    return np.stack([margin, back_rank == 1, -np.log2(back_rank)], axis=1).astype(np.float64)


@numba.njit(cache=True)
def _pooled(values, weights):  # type: ignore[no-untyped-def]
    means, sizes, counts = np.empty(len(values)), np.empty(len(values)), np.empty(len(values), np.int64)
    last = -1
    for i in range(len(values)):
        last += 1
        means[last], sizes[last], counts[last] = values[i], weights[i], 1
        while last > 0 and means[last - 1] >= means[last]:
            both = sizes[last - 1] + sizes[last]
            means[last - 1] = (means[last - 1] * sizes[last - 1] + means[last] * sizes[last]) / both
            sizes[last - 1] = both
            counts[last - 1] += counts[last]
            last -= 1
    out, at = np.empty(len(values)), 0
    for block in range(last + 1):
        out[at : at + counts[block]] = means[block]
        at += counts[block]
    return out


def pooled_adjacent(values: Float64, weights: Float64) -> Float64:
    """The non-decreasing sequence nearest to ``values`` ``[n]`` by weighted squares: pool adjacent violators.

    >>> pooled_adjacent(np.array([0.0, 3.0, 1.0, 4.0]), np.ones(4)).tolist()
    [0.0, 2.0, 2.0, 4.0]
    """
    found: Float64 = _pooled(np.asarray(values, np.float64), np.asarray(weights, np.float64))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class IsotonicMap:
    """``weights`` ``[3]`` of the standardised parts, none negative; ``scores`` and ``probabilities`` ``[steps]``."""

    centre: Float64
    scale: Float64
    weights: Float64
    scores: Float64
    probabilities: Float64

    def __call__(self, seen: Float64) -> Float64:
        """The probability of each row of :func:`seen_of`, linear between the scores that were fitted."""
        return np.interp(self.index(seen), self.scores, self.probabilities)

    def index(self, seen: Float64) -> Float64:
        """The score of each row."""
        return ((seen - self.centre) / self.scale) @ self.weights

    @classmethod
    def fitted(cls, seen: Float64, right: NDArray[np.bool_]) -> IsotonicMap:
        """The map of some pairs, at least one, of which it is known whether they are right."""
        centre, scale = seen.mean(axis=0), seen.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        parts = np.column_stack([(seen - centre) / scale, np.ones(len(seen))])
        signs = np.where(right, 1.0, -1.0)

        def loss(weights: Float64) -> tuple[float, Float64]:
            away = signs * (parts @ weights)
            slopes = -signs * expit(-away)
            value = np.logaddexp(0, -away).mean() + _PENALTY / 2 * (weights**2).sum()
            return float(value), parts.T @ slopes / len(parts) + _PENALTY * weights

        bounds = [(0, None)] * seen.shape[1] + [(None, None)]
        weights = minimize(loss, np.zeros(parts.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
        score, of = np.unique(parts[:, :-1] @ weights, return_inverse=True)
        sizes = np.bincount(of, minlength=len(score)).astype(np.float64)
        shares = np.bincount(of, weights=right, minlength=len(score)) / sizes
        steps = pooled_adjacent(np.r_[1.0, shares, 0.0], np.r_[1.0, sizes, 1.0])
        return cls(centre=centre, scale=scale, weights=weights, scores=score, probabilities=steps[1:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFitted:
    """Probabilities ``[n]``, each by the map of all other folds, and those maps."""

    probabilities: Float64
    maps: tuple[IsotonicMap, ...]

    def of_others(self, seen: Float64) -> Float64:
        """The probability of pairs that no map was fitted on: the mean over the maps."""
        found: Float64 = np.mean([each(seen) for each in self.maps], axis=0)
        return found


def folds_of(concepts: Array, folds: int, seed: int) -> Array:
    """The fold of each pair ``[n]``, by its concept: a concept lies in one fold, and folds are of nearly one size."""
    names, of = np.unique(concepts, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % folds)[of.reshape(-1)]


def cross_fitted(seen: Float64, right: NDArray[np.bool_], fold: Array) -> CrossFitted:
    """Fit a map without each fold; there must be two folds at least."""
    found, maps = np.zeros(len(right)), []
    for number in np.unique(fold).tolist():
        held = fold == number
        maps.append(IsotonicMap.fitted(seen[~held], right[~held]))
        found[held] = maps[-1](seen[held])
    return CrossFitted(probabilities=found, maps=tuple(maps))
