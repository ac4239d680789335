"""Two kinds of questions compared on what they share, and not on what each happens to be asked about."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtrit

from hyperpolyglot.measures.translation.crossed import Crossed
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.types import Array

__all__ = ["matched"]


def matched(
    values: Array, inside: Array, block: Array, asked: Questions, expected: Array | None = None
) -> dict[str, Any]:
    """The mean of ``values`` ``[q]`` of the questions ``inside`` (bool) and of the others in the same ``block``.

    Only blocks with questions of both sides are used, and every block counts alike: {inside, outside, difference,
    interval, chance, blocks, questions}. ``expected`` ``[q]``: what chance gives; ``chance`` is its mean of both sides,
    [inside, outside]. The interval of the difference is over concepts and languages, with Student's t;
    ``None`` where there is no such block, or one concept.
    """
    names = ("inside", "outside", "difference", "interval", "chance")
    nothing = dict.fromkeys(names) | {"blocks": 0, "questions": 0}
    if not len(values):
        return nothing
    of = np.unique(block, return_inverse=True)[1].reshape(-1)
    side = np.asarray(inside, np.int64)
    counts = np.bincount(2 * of + side, minlength=2 * (int(of.max()) + 1)).reshape(-1, 2)
    both = counts.min(axis=1) > 0
    used = np.flatnonzero(both[of])
    if not len(used):
        return nothing
    side, weights = side[used], 1 / counts[of[used], side[used]]
    v = np.asarray(values, np.float64)[used]
    mean = np.bincount(side, v * weights, minlength=2) / both.sum()
    chance = None
    if expected is not None:
        chance = (np.bincount(side, expected[used] * weights, minlength=2) / both.sum())[::-1].tolist()
    difference = float(mean[1] - mean[0])
    some = asked.take(used)
    clusters = Crossed.of(some.concept, (some.source, some.target), weights=weights)
    # The mean of both sides together is the difference; what a cluster moves it by is its part of each side.
    moved = clusters.estimate(difference + 2 * np.where(side == 1, 1, -1) * (v - mean[side]))
    reach = float(stdtrit(moved.degrees[0], 0.975) * np.sqrt(moved.variance[0]))
    return {
        "inside": float(mean[1]),
        "outside": float(mean[0]),
        "difference": difference,
        "interval": [max(-1.0, difference - reach), min(1.0, difference + reach)]
        if np.isfinite(reach)
        else None,
        "chance": chance,
        "blocks": int(both.sum()),
        "questions": len(used),
    }
