"""Which pairs to keep so that a stated share of them is right: a conformal threshold with control of false discoveries.

A pair is kept where its probability reaches a threshold t. Of the n pairs that are known, K(t) reach it, W(t) of these
wrong. The threshold is the least t with (1 + W(t))/K(t) ≤ 1 − precision.

The guarantee: let m new pairs be exchangeable with the known ones, V of them kept and wrong. Then E[(V/m)/(K/n)] ≤
1 − precision, for any n, m and score that was fixed beforehand: V(t)/(1 + W(t)) is a supermartingale in t, at most
m/(n + 1) in expectation where all are kept, and the threshold is a stopping time of it (the argument of Barber and
Candès 2015, Ann. Stat. 43:2055, and of conformal selection, Jin and Candès 2023, JMLR 24:244). Probabilities of known
pairs have to be held-out ones; by cross-fitting they are nearly, not exactly, a score fixed beforehand.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float64

__all__ = ["threshold"]


def threshold(probabilities: Float64, right: NDArray[np.bool_], precision: float) -> float:
    """The least probability at which pairs are kept; infinity where none is, for lack of known pairs that are right.

    ``probabilities`` ``[n]`` of known pairs, held out, and whether these are ``right``.

    >>> known, right = np.array([0.9] * 60 + [0.2] * 40), np.array([True] * 60 + [False] * 40)
    >>> threshold(known, right, 0.9), threshold(known[:9], right[:9], 0.9)
    (0.9, inf)
    """
    steps = np.unique(probabilities)
    wrong = np.sort(probabilities[~right])
    reached = len(wrong) - np.searchsorted(wrong, steps)
    kept = len(probabilities) - np.searchsorted(np.sort(probabilities), steps)
    allowed = 1 + reached <= (1 - precision) * kept + 1e-12
    return float(steps[allowed][0]) if allowed.any() else math.inf
