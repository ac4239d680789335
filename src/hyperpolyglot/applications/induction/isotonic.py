"""From what is seen of a pair to the probability that it is right: an isotonic map of one monotone score.

The score is a logistic index of the margin, whether the pair is mutual, and the rank back, none of which can lower it
by being better; probabilities are the isotonic regression on it (pool adjacent violators). One right answer below all
and one wrong answer above all are added, so that no probability is exactly 0 or 1.

Pairs come in groups, one for each pair of languages. Each group has weights and an intercept of its own, drawn to
those of all by a Gaussian prior (a hierarchical logistic regression). The isotonic map is that of the first group, to
which the others bring what 300 pairs would: few known words leave its shape to the others, many make it their own.
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

_PENALTY = 1e-2
_SPREAD = 0.5
"""Deviation of a group's standardised weights and intercept from those of all, in logits."""
_OTHERS = 300
"""As how many pairs all other groups count in the map of the first."""


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
    """``weights`` ``[groups, parts + 1]`` of the standardised parts, none negative, and the intercept, last;
    ``scores`` and ``probabilities`` ``[steps]``.
    """

    centre: Float64
    scale: Float64
    weights: Float64
    scores: Float64
    probabilities: Float64

    def __call__(self, seen: Float64, group: Array | int = 0) -> Float64:
        """The probability of each row of ``seen`` ``[n, parts]``, linear between the scores that were fitted."""
        return np.interp(self.index(seen, group), self.scores, self.probabilities)

    def index(self, seen: Float64, group: Array | int = 0) -> Float64:
        """The score of each row."""
        own = self.weights[group]
        found: Float64 = (((seen - self.centre) / self.scale) * own[..., :-1]).sum(axis=1) + own[..., -1]
        return found

    @classmethod
    def fitted(
        cls, seen: Float64, right: NDArray[np.bool_], group: Array | None = None, *, groups: int = 1
    ) -> IsotonicMap:
        """The map of some pairs, at least one, of which it is known whether they are right.

        ``seen`` ``[n, parts]``, the larger the better; ``group`` ``[n]`` less than ``groups``, ``None``: all are of
        one. A group without pairs has the weights of all.
        """
        of_group = np.zeros(len(right), np.int64) if group is None else group
        centre, scale = seen.mean(axis=0), seen.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        weights = _hierarchical((seen - centre) / scale, right, of_group, groups)
        index = cls(centre=centre, scale=scale, weights=weights, scores=centre, probabilities=centre).index
        score, of = np.unique(index(seen, of_group), return_inverse=True)
        beside = of_group > 0
        counts = np.where(beside, min(1.0, _OTHERS / max(1, int(beside.sum()))), 1.0)
        sizes = np.bincount(of, weights=counts, minlength=len(score))
        shares = np.bincount(of, weights=right * counts, minlength=len(score)) / sizes
        steps = pooled_adjacent(np.r_[1.0, shares, 0.0], np.r_[1.0, sizes, 1.0])
        return cls(centre=centre, scale=scale, weights=weights, scores=score, probabilities=steps[1:-1])


def _hierarchical(parts: Float64, right: NDArray[np.bool_], group: Array, count: int) -> Float64:
    """Weights and intercept of each group ``[groups, parts + 1]``: the mode of a hierarchical logistic regression."""
    columns = np.column_stack([parts, np.ones(len(parts))])
    order = np.argsort(group, kind="stable")
    columns, group, signs = columns[order], group[order], np.where(right[order], 1.0, -1.0)
    width, first = columns.shape[1], int(count > 1)
    starts = np.flatnonzero(np.r_[True, np.diff(group) > 0])

    def loss(flat: Float64) -> tuple[float, Float64]:
        weights = flat.reshape(first + count, width)
        away = signs * (columns * weights[first + group]).sum(axis=1)
        slopes = np.zeros_like(weights)
        sums = np.add.reduceat(columns * (-signs * expit(-away))[:, None], starts, axis=0)
        slopes[first + group[starts]] = sums
        apart = (weights[first:] - weights[0]) / _SPREAD**2
        slopes[first:] += apart
        slopes[0] += _PENALTY * weights[0] - apart.sum(axis=0)
        value = np.logaddexp(0, -away).sum() + _SPREAD**2 * (apart**2).sum() / 2
        value += _PENALTY * (weights[0] ** 2).sum() / 2
        return float(value) / len(signs), slopes.ravel() / len(signs)

    bounds = [*[(0, None)] * (width - 1), (None, None)] * (first + count)
    solved = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    found: Float64 = solved.x.reshape(first + count, width)[first:]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFitted:
    """Probabilities ``[n]``, each by the map of all other folds, and those maps."""

    probabilities: Float64
    maps: tuple[IsotonicMap, ...]

    def of_others(self, seen: Float64) -> Float64:
        """The probability of pairs of the first group that no map was fitted on: the mean over the maps."""
        found: Float64 = np.mean([each(seen) for each in self.maps], axis=0)
        return found


def folds_of(concepts: Array, folds: int, seed: int) -> Array:
    """The fold of each pair ``[n]``, by its concept: a concept lies in one fold, and folds are of nearly one size."""
    names, of = np.unique(concepts, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % folds)[of.reshape(-1)]


def cross_fitted(
    seen: Float64, right: NDArray[np.bool_], fold: Array, group: Array | None = None
) -> CrossFitted:
    """Fit a map without each fold; there must be two folds at least. ``group`` as for :meth:`IsotonicMap.fitted`."""
    of_group = np.zeros(len(right), np.int64) if group is None else group
    groups = int(of_group.max(initial=0)) + 1
    found, maps = np.zeros(len(right)), []
    for number in np.unique(fold).tolist():
        held = fold == number
        maps.append(IsotonicMap.fitted(seen[~held], right[~held], of_group[~held], groups=groups))
        found[held] = maps[-1](seen[held], of_group[held])
    return CrossFitted(probabilities=found, maps=tuple(maps))
