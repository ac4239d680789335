"""How sure a share of correct answers is, where concepts and languages are both samples.

Answers about one concept vary together, and so do answers from or into one language. Concepts and languages cross:
neither is nested in the other. The variance of the share is V = V_concept + V_language − V_both (Cameron, Gelbach and
Miller 2011, Journal of Business & Economic Statistics 29:238); a question has two languages, so V_language is dyadic
(Aronow, Samii and Assenova 2015, Political Analysis 23:564). Each part is the sum of the squared moves of the mean
when one cluster is left out, times G/(G − 1), which corrects for few and unequal clusters; degrees of freedom are the
smaller G less one, G being the effective number of clusters, (Σ size)²/Σ size². With fewer than five languages, these
are taken as given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from hyperpolyglot.types import Array, Float64

__all__ = ["FEWEST_LANGUAGES", "Crossed", "Estimate", "wilson_form"]

FEWEST_LANGUAGES = 5
_NOTHING = 1e-18
_WHOLE = 1e-9
_LEAST_SPREADS = 1.645
_SPARSE = 8
"""Times as many possible keys as keys there are: a cumulated sum over all of them still takes less than sorting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Weighted mean, its variance and the variance's degrees of freedom, float64 ``[cell]`` each.

    NaN: an empty cell; the variance also where all questions are of one concept. ``units``: concepts in the cell.
    """

    mean: Float64
    variance: Float64
    degrees: Float64
    units: Float64


def _distinct(keys: Array) -> tuple[Array, NDArray[np.intp]]:
    """The distinct keys, ascending, and which of them each is; keys, at least 0, are counted where they are dense."""
    size = int(keys.max(initial=-1)) + 1
    if size > _SPARSE * len(keys):
        unique, of = np.unique(keys, return_inverse=True)
        return unique, of.reshape(-1)
    there = np.zeros(size, bool)
    there[keys] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Clusters of one kind: that of each question, the cell of each cluster and its weight."""

    of: NDArray[np.intp]
    cell: NDArray[np.int64]
    size: Float64

    @classmethod
    def of_keys(cls, keys: Array, cells: Array, weights: Float64) -> _Part:
        unique, of = _distinct(keys)
        cell = np.zeros(len(unique), np.int64)
        cell[of] = cells
        return cls(of=of, cell=cell, size=np.bincount(of, weights, minlength=len(unique)).astype(np.float64))

    def sums(self, values: Float64) -> Float64:
        return np.bincount(self.of, values, minlength=len(self.size)).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """The clusters of questions ``[q]`` in ``count`` cells, made once for any number of scores.

    ``total`` float64 ``[cell]``: the weight of the questions in each.
    """

    weights: Float64
    cells: NDArray[np.int64]
    count: int
    total: Float64
    concept: _Part
    language: _Part
    pair: _Part
    concept_language: _Part
    concept_pair: _Part

    @classmethod
    def of(
        cls,
        concept: Array,
        languages: tuple[Array, Array],
        *,
        weights: Array | None = None,
        cells: Array | None = None,
        count: int = 1,
    ) -> Crossed:
        """``languages``: source and target of each question; ``weights``: one by default; ``cells``: all in one."""
        n = len(concept)
        w = np.ones(n) if weights is None else np.asarray(weights, np.float64)
        cell = np.zeros(n, np.int64) if cells is None else np.asarray(cells, np.int64)
        c, a, b = (np.asarray(x, np.int64) for x in (concept, *languages))
        tongues = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
        concepts = int(c.max(initial=-1)) + 1
        pair = np.minimum(a, b) * tongues + np.maximum(a, b)
        dyad = _distinct(pair)[1]
        dyads = int(dyad.max(initial=-1)) + 1
        twice, tongue = np.concatenate([cell, cell]), np.concatenate([a, b])
        about = np.concatenate([c, c])
        both = np.concatenate([w, w])
        return cls(
            weights=w,
            cells=cell,
            count=count,
            total=np.bincount(cell, w, minlength=count).astype(np.float64),
            concept=_Part.of_keys(cell * concepts + c, cell, w),
            language=_Part.of_keys(twice * tongues + tongue, twice, both),
            pair=_Part.of_keys(cell * dyads + dyad, cell, w),
            concept_language=_Part.of_keys((twice * concepts + about) * tongues + tongue, twice, both),
            concept_pair=_Part.of_keys((cell * concepts + c) * dyads + dyad, cell, w),
        )

    def estimate(self, values: Array) -> Estimate:
        """The weighted mean of ``values`` ``[q]`` in each cell and how sure it is."""
        v = np.asarray(values, np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(self.cells, v * self.weights, minlength=self.count) / self.total
        away = self.weights * (v - mean[self.cells])
        twice = np.concatenate([away, away])
        by_concept, concepts, many = self._left_out(self.concept, away)
        by_language, languages, tongues = self._left_out(self.language, twice)
        by_pair, _, _ = self._left_out(self.pair, away)
        sampled = tongues >= FEWEST_LANGUAGES
        by_language = np.where(sampled, np.maximum(by_language - by_pair, 0.0), 0.0)
        both = self._squares(self.concept_language, twice) - self._squares(self.concept_pair, away)
        variance = by_concept + by_language - np.where(sampled, both, 0.0)
        clusters = np.where(sampled, np.minimum(concepts, languages), concepts)
        return Estimate(
            mean=mean,
            variance=np.where(many > 1, np.maximum.reduce([variance, by_concept, by_language]), np.nan),
            degrees=np.maximum(clusters - 1, 1.0),
            units=many,
        )

    def uneven_degrees(self, values: Array) -> Float64:
        """Degrees of freedom of the variance over concepts by their own fourth moments, float64 ``[cell]``.

        Where a few hard concepts make most of the variance, it is known less well than their number says
        (Satterthwaite 1946 with the kurtosis of the moves, which is 3 for as many degrees as concepts).
        """
        v, part = np.asarray(values, np.float64), self.concept
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(self.cells, v * self.weights, minlength=self.count) / self.total
            moved = part.sums(self.weights * (v - mean[self.cells])) / (self.total[part.cell] - part.size)
            square, fourth = (np.bincount(part.cell, moved**n, minlength=self.count) for n in (2, 4))
            many = np.bincount(part.cell, minlength=self.count)
            excess = fourth - square**2 / many
            return np.where(excess > 0, np.maximum(2 * square**2 / excess, 1.0), np.inf)

    def _left_out(self, part: _Part, away: Float64) -> tuple[Float64, Float64, Float64]:
        """The variance by leaving each cluster out, the effective number and the number of clusters; a cluster that
        holds all of its cell is fixed and does not count.
        """
        rest = self.total[part.cell] - part.size
        counts = rest > _WHOLE * self.total[part.cell]
        moved = np.where(counts, part.sums(away) / np.where(counts, rest, 1.0), 0.0)
        size = np.where(counts, part.size, 0.0)
        square, many, whole, squared = (
            np.bincount(part.cell, x, minlength=self.count).astype(np.float64)
            for x in (moved**2, counts, size, size**2)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            effective = np.where(squared > 0, whole**2 / squared, 0.0)
            return square * np.where(effective > 1, effective / (effective - 1), 1.0), effective, many

    def _squares(self, part: _Part, away: Float64) -> Float64:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.bincount(part.cell, part.sums(away) ** 2, minlength=self.count) / self.total**2


def wilson_form(
    estimate: Estimate, *, level: float = 0.95, spread: Array | float = 0.0
) -> tuple[Float64, Float64]:
    """Ends of Wilson's interval with as many trials as explain the variance, quantiles of Student's t.

    Where all answers agree the concepts are the trials. ``spread`` ``[cell]``: the deviation of the mean by chance
    alone; the interval reaches at least 1.64 of it to both sides. NaN where the variance is.

    >>> estimate = Crossed.of(np.arange(4), (np.zeros(4, int), np.ones(4, int))).estimate([1.0, 0, 1, 1])
    >>> [end.round(2).tolist() for end in wilson_form(estimate)]
    [[0.08], [0.99]]
    """
    share, variance = np.clip(estimate.mean, 0, 1), estimate.variance
    z = stdtrit(estimate.degrees, (1 + level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        trials = np.where(variance > _NOTHING, share * (1 - share) / variance, estimate.units)
        trials = np.maximum(trials, 1e-9)
        centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
        margin = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    agreed = (variance <= _NOTHING) & (share > 0) & (share < 1)
    more = _LEAST_SPREADS * np.asarray(spread)
    low = np.where(agreed, share, centre - margin)
    high = np.where(agreed, share, centre + margin)
    low = np.clip(np.minimum(low, share - more), 0, 1)
    high = np.clip(np.maximum(high, share + more), 0, 1)
    known = np.isfinite(variance)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
