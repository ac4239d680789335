"""How alike two steps are in the likeness of their tokens, and once a rotation between them is removed.

``rsa``: Spearman's correlation of the cosines that pairs of tokens have at both steps, as ``compare`` has it.
``rotation``: the mean cosine of a token's vectors at both steps, centred, after the orthogonal map that ``compare``
learns (Procrustes); it is learned on half of the tokens and scored on the other half, so that tables that have nothing
in common are at 0 on average.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.measures.comparison.ranked import RankedPairs
from hyperpolyglot.measures.comparison.similarity import circle, pair_cosines, rank_correlated
from hyperpolyglot.measures.comparison.transfer import orthogonal_map
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.step import drawn
from hyperpolyglot.measures.track.sums import PARTS, Column, StepValue, groups_of, pseudo_values, summed
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Float64

__all__ = ["mean_value", "ranked_alike", "rotated_cosines", "rotation_removed"]

Members = Sequence[tuple[str | None, NDArray[np.intp]]]
"""Labels, ``None`` for all, with the positions of their tokens among those that are compared."""

_PAIRS = 300_000
_ROWS_OF_A_DIMENSION = 4
"""Tokens for the rotation: half of them are to be twice as many as the dimensions that they are to turn."""

_DIGITS = 9
"""Of a cosine after rotation: the rounding of the solver depends on its threads, and the mean is not to."""


def ranked_alike(
    members: Members, vectors: tuple[Float32, Float32], parts: NDArray[np.int64], seed: int
) -> tuple[list[StepValue], list[Column]]:
    """RSA of the tokens of each label; interval and pseudo-values by leaving each of 20 ``parts`` ``[n]`` out.

    Each token is paired with as many others of its label as 300,000 pairs of all tokens allow.
    """
    n = len(parts)
    units = unit_rows(vectors[0]), unit_rows(vectors[1])
    order = np.lexsort((np.random.default_rng([seed, 17]).permutation(n), parts))
    values, columns = [], []
    for label, rows in members:
        own = order[np.isin(order, rows)]
        place, ahead = circle(len(own), len(own) * max(1, _PAIRS // n))
        x, y = (pair_cosines(unit, unit, own[place], own[ahead]) for unit in units)
        part = parts[own].astype(np.int8)
        found, without, interval = rank_correlated(RankedPairs(x, y, part[place], part[ahead], PARTS))
        if not np.isfinite(found):
            continue
        there = np.isin(np.arange(PARTS), part)
        low, high = interval or (None, None)
        values.append(StepValue(measure="rsa", label=label, value=found, low=low, high=high, chance=0.0))
        left = [value if here else float("nan") for value, here in zip(without, there, strict=True)]
        columns.append(pseudo_values(("rsa", label), found, left))
    return values, columns


def rotation_removed(
    first: TokenSpace, second: TokenSpace, options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """The mean cosine after rotation of all tokens and by label, scored on the tokens of every other group.

    Empty where tokens are fewer than twice the dimensions. Wide tables take more tokens than the sample.
    """
    widest = max(first.dim, second.dim)
    rows = drawn(first, options, max(options.sample, _ROWS_OF_A_DIMENSION * widest))
    for space in (first, second):
        rows = np.intersect1d(rows, space.candidates().rows)
    groups = groups_of(len(first), options.seed)[rows]
    held_out = groups % 2 == 0
    if len(rows) <= 2 * widest or np.count_nonzero(~held_out) <= widest or not held_out.any():
        return [], []
    cosines = rotated_cosines(first.vectors(rows), second.vectors(rows), held_out)
    groups, shown = groups[held_out], first.labels.only_counted()
    codes = shown.codes[rows[held_out]]
    counts = np.bincount(codes[codes >= 0], minlength=len(shown.names))
    values, columns = [], []
    for code in (None, *np.argsort(-counts, kind="stable").tolist()):
        here = np.ones(len(codes), bool) if code is None else codes == code
        if np.count_nonzero(here) >= (2 if code is None else options.fewest):
            label = None if code is None else shown.names[code]
            values.append(mean_value("rotation", label, cosines[here], chance=0.0, ends=(-1.0, 1.0)))
            columns.append(summed(("rotation", label), groups[here], cosines[here]))
    return values, columns


def rotated_cosines(x: Float32, y: Float32, held_out: NDArray[np.bool_]) -> Float64:
    """Cosines of held-out rows of ``x`` and ``y`` after the rotation learned on the others, float64 ``[held out]``.

    Both are centred by the means of the rows that are learned from; a row that is the mean itself has cosine 0.
    """
    found = orthogonal_map(x[~held_out], y[~held_out])
    moved = found.predicted(x[held_out])
    target = y[held_out] - found.target
    lengths = np.sqrt(((moved**2).sum(axis=1) + found.spilled(x[held_out])) * (target**2).sum(axis=1))
    products = (moved * target).sum(axis=1)
    cosines = np.divide(products, lengths, out=np.zeros(len(products)), where=lengths > 0)
    return np.asarray(np.round(cosines, _DIGITS), np.float64)


def mean_value(
    measure: str, label: str | None, values: Float64, *, chance: float, ends: tuple[float, float]
) -> StepValue:
    """The mean over tokens with an interval over tokens, which stays within ``ends``."""
    mean, reach = float(values.mean()), 1.96 * float(values.std(ddof=1) / np.sqrt(len(values)))
    low, high = max(ends[0], mean - reach), min(ends[1], mean + reach)
    return StepValue(measure=measure, label=label, value=mean, low=low, high=high, chance=chance)
