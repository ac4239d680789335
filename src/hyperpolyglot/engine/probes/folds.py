"""Which rows a probe learns from: the folds of a cross-validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["stratified_folds"]


def stratified_folds(classes: NDArray[np.integer], folds: int) -> NDArray[np.int64]:
    """The fold of every row, int64 ``[n]``: scikit-learn's ``StratifiedKFold`` without shuffling.

    Classes are dealt to folds in order of first appearance so that fold sizes differ by one at most.

    >>> stratified_folds(np.array([0, 0, 1, 1]), 2).tolist()
    [0, 1, 0, 1]
    """
    _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    encoded = rank[inverse]
    ordered = np.sort(encoded)
    result = np.empty(len(classes), np.int64)
    for c in range(len(first)):
        sizes = [int(np.count_nonzero(ordered[fold::folds] == c)) for fold in range(folds)]
        result[encoded == c] = np.repeat(np.arange(folds), sizes)
    return result
