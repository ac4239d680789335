"""Products of one matrix with another whose rows are permuted, one permutation after another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32

__all__ = ["first_and_square", "of_products", "squares"]

_POWER_STEPS = 20

T = TypeVar("T")


def of_products(
    x: Float32,
    y: Float32,
    draws: int,
    random: np.random.Generator,
    work: Callable[[Float32, NDArray[np.intp]], T],
) -> list[T]:
    """``work`` of xᵀy and of the order of rows in y: as it is first, then ``draws`` times permuted.

    While one product is made, another thread permutes the rows of the next and does the work of the last.
    """
    order: NDArray[np.intp] = np.arange(len(y))
    rows, waiting = y, [np.empty_like(y) for _ in range(min(draws, 2))]
    found = []
    with ThreadPoolExecutor(1) as beside:
        for draw in range(draws + 1):
            following = None
            if draw < draws:
                later = random.permutation(len(y))
                following = beside.submit(y.take, later, 0, waiting[draw % 2], "clip")
            found.append(beside.submit(work, x.T @ rows, order))
            if following is not None:
                rows, order = following.result(), later
    return [job.result() for job in found]


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _length_after(between, steps):  # type: ignore[no-untyped-def]
    """The square of the first singular value by so many steps of the power iteration, from equal weights."""
    p, q = between.shape
    vector = np.full(q, np.float32(1 / np.sqrt(q)), np.float32)
    length = 0.0
    for _ in range(steps):
        image = np.zeros(q, np.float32)
        for i in range(p):
            row = between[i]
            inner = np.float32(0)
            for j in range(q):
                inner += row[j] * vector[j]
            for j in range(q):
                image[j] += inner * row[j]
        length = 0.0
        for j in range(q):
            length += np.float64(image[j]) * np.float64(image[j])
        length = np.sqrt(length)
        scale = np.float32(max(length, 1e-30))
        for j in range(q):
            vector[j] = image[j] / scale
    return length


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def squares(matrix):  # type: ignore[no-untyped-def]
    """The sum of squares, in float64."""
    total = 0.0
    for row in matrix:
        part = 0.0
        for j in range(len(row)):
            part += np.float64(row[j]) * np.float64(row[j])
        total += part
    return total


def first_and_square(between: Float32) -> tuple[float, float]:
    """The first singular value, by 20 steps, and the mean square over the smaller dimension."""
    return float(np.sqrt(_length_after(between, _POWER_STEPS))), squares(between) / min(between.shape)
