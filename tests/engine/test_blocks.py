"""Products of blocks of rows with parameters, against numpy."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperpolyglot.engine.kernels.block_products import BLOCK, add_products, nothing_ahead, products


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from([np.float32, np.float64]),
    blocks=st.integers(1, 4),
    columns=st.integers(1, 17),
    sixteens=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_products_are_numpys(kind, blocks, columns, sixteens, seed):
    """Any even number of columns and any width of whole registers, in both types."""
    random = np.random.default_rng(seed)
    rows = BLOCK * blocks
    block, parameters = (random.standard_normal((n, 16 * sixteens)).astype(kind) for n in (rows, 2 * columns))
    tolerance = {"rtol": 0, "atol": 1e-4 if kind is np.float32 else 1e-12}
    scores = np.full((rows, 2 * columns), np.nan, kind)
    products(block, parameters, scores)
    np.testing.assert_allclose(block @ parameters.T, scores, **tolerance)
    factors = random.standard_normal((rows, 2 * columns)).astype(kind)
    total = parameters.copy()
    add_products(block, factors, total, nothing_ahead(block))
    np.testing.assert_allclose(parameters + factors.T @ block, total, **tolerance)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sums_of_small_whole_numbers_are_exact(kind):
    """Whatever the order of summation, nothing is left out or counted twice."""
    random = np.random.default_rng(0)
    block, parameters = (random.integers(-8, 9, (n, 784)).astype(kind) for n in (BLOCK, 24))
    scores = np.empty((BLOCK, 24), kind)
    products(block, parameters, scores)
    np.testing.assert_array_equal(block @ parameters.T, scores)


OTHERS = """
import sys
import os
import subprocess
import sys

import numpy as np
from hyperpolyglot.engine import processor

processor.LANES = int(sys.argv[1])
from hyperpolyglot.engine.kernels.block_products import BLOCK, add_products, nothing_ahead, products

random = np.random.default_rng(0)
for kind in (np.float32, np.float64):
    for columns in (2, 10, 14, 20):
        block, parameters = (random.integers(-8, 9, (n, 112)).astype(kind) for n in (BLOCK, columns))
        scores = np.empty((BLOCK, columns), kind)
        products(block, parameters, scores)
        assert np.array_equal(block @ parameters.T, scores)
        total = parameters.copy()
        add_products(block, scores, total, nothing_ahead(block))
        assert np.array_equal(parameters + scores.T @ block, total)
"""


@pytest.mark.parametrize("lanes", [4, 8])
def test_registers_of_other_processors(lanes, tmp_path):
    """The code for shorter registers is right, too."""
    child = [sys.executable, "-c", OTHERS, str(lanes)]
    subprocess.run(child, check=True, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)})
