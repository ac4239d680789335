"""The bound of the filter on a GPU, with sums as tensor cores make them."""

from __future__ import annotations

import numpy as np
import pytest

from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.rounding.bound import mean_direction
from hyperpolyglot.engine.rounding.fp16 import EXTRA, accumulation, offsets, row_errors

from .test_backends import SHAPES
from .test_certificate import truth


def truncated(values, unit):
    return np.trunc(values / unit) * unit


def last_place(magnitude):
    """The unit of 24 bits below a magnitude."""
    return 2.0 ** (np.floor(np.log2(np.maximum(magnitude, 2.0**-120))) - 23)


def tensor_core_products(left, right, step):
    """Products of halves, ``step`` at a time: aligned to the largest of them and of the sum so far, truncated, added.

    The model of Fasi, Higham, Mikaitis and Pranesh (2021, PeerJ Computer Science 7:e330), with no guard bits.
    """
    left, right = left.astype(np.float64), right.astype(np.float64)
    total = np.zeros((len(left), len(right)))
    for first in range(0, left.shape[1], step):
        part = slice(first, first + step)
        terms = left[:, None, part] * right[None, :, part]
        unit = last_place(np.maximum(np.abs(terms).max(axis=2), np.abs(total)))
        total = truncated(terms, unit[:, :, None]).sum(axis=2) + truncated(total, unit)
        total = truncated(total, last_place(np.abs(total)))
    return total


def prepared(vectors, mean, balance=None):
    """Rows with their offsets, as the right side of a product."""
    lengths = norms(vectors)
    unit = vectors.astype(np.float64) / lengths[:, None]
    exact = unit - mean
    halves = exact.astype(np.float16)
    lost = np.linalg.norm(exact - halves.astype(np.float64), axis=1) + 1e-9
    shift = unit @ mean - 0.5 * mean @ mean
    terms = vectors.shape[1] + EXTRA
    error, balance = row_errors(shift, lost, np.linalg.norm(exact, axis=1) + 1e-9, terms, balance)
    return np.hstack([halves, offsets(shift, error)]), error, balance


def swapped(right, dim):
    return np.hstack([right[:, :dim], right[:, dim + 2 :], right[:, dim : dim + 2]])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("dim", "step"), [(5, 4), (96, 8), (384, 16), (384, 4)])
def test_no_value_is_below_the_cosine_or_too_far_above(shape, dim, step):
    """On tensor cores that truncate, a value is at least the cosine, and above it by at most twice both errors."""
    vectors = shape(np.random.default_rng(dim), 80, dim)
    others = shape(np.random.default_rng(dim + 1), 50, dim)
    mean = mean_direction(vectors, norms(vectors))
    right, error, balance = prepared(vectors, mean)
    left, other_error, _ = prepared(others, mean, balance)
    values = tensor_core_products(swapped(left, dim), right, step)
    cosines = truth(others, vectors)
    most = 2 * (other_error[:, None].astype(np.float64) + error)
    assert (values >= cosines).all()
    assert (values <= cosines + most).all()


@pytest.mark.parametrize("step", [4, 8, 16, 32])
@pytest.mark.parametrize("dim", [16, 200, 1024])
def test_truncating_sums_are_within_the_bound(dim, step):
    """A large product and many that truncation loses: a good part of the bound, and never more."""
    rows = np.full((40, dim), 2.0**-12 * 1.999, np.float16)
    rows[:, 0] = 1
    rows[1::2] = np.random.default_rng(dim).uniform(0.5, 1, (20, dim)) * 2.0**-11
    rows[1::2, dim // 2] = 1
    exact = rows.astype(np.float64)
    sizes = exact @ exact.T
    lost = (sizes - tensor_core_products(rows, rows, step)) / sizes
    assert (np.abs(lost) <= accumulation(dim)).all()
    assert dim < 200 or lost.max() > accumulation(dim) / 20


def test_an_offset_is_two_halves():
    """What stands behind a row adds up to a + c within the 2⁻²¹ that c contains for it."""
    shift = np.random.default_rng(0).uniform(-1.5, 1.5, 1000)
    error = np.random.default_rng(1).uniform(0, 0.1, 1000).astype(np.float32)
    stored = offsets(shift, error).astype(np.float64)
    assert [1.0, 1.0] == stored[:, :2].min(axis=0).tolist() == stored[:, :2].max(axis=0).tolist()
    assert (np.abs(stored[:, 2:].sum(axis=1) - (shift + error)) <= 2.0**-21 * (1 + np.abs(shift))).all()
