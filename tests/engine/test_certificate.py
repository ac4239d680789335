"""The bounds against float64 truth; schedule and memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest

from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.kernels.operands import BF16, FP32, INT8
from hyperpolyglot.engine.nearest import nearest
from hyperpolyglot.engine.rounding.prepared import prepare, prepare_like
from hyperpolyglot.engine.search.candidates import capacity
from hyperpolyglot.engine.search.memory import plan
from hyperpolyglot.engine.search.schedule import BlockPairs, phases
from hyperpolyglot.engine.search.task import Shape
from hyperpolyglot.errors import NotEnoughMemory

from .test_backends import SHAPES, gaussian, same


def truth(x, y):
    """Cosines in float64 (long double where the platform has it)."""
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    x /= np.sqrt((x * x).sum(axis=1))[:, None]
    y /= np.sqrt((y * y).sum(axis=1))[:, None]
    return (x @ y.T).astype(np.float64)


def filtered_values(rows, columns):
    """What the filter says of every pair, from the words it reads, in float64."""
    if rows.operand.kind == INT8:
        a, b = (
            p.operand.words.view(np.int8).astype(np.float64) * p.operand.scale[:, None]
            for p in (rows, columns)
        )
    elif rows.operand.kind == BF16:
        a, b = (
            (p.operand.words.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
            for p in (rows, columns)
        )
    else:
        a, b = (
            p.operand.words.view(np.float32).astype(np.float64) * p.operand.scale[:, None]
            for p in (rows, columns)
        )
    return a @ b.T + rows.shift[:, None].astype(np.float64) + columns.shift


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dim", [5, 96, 384])
def test_no_value_with_rests_is_further_off_than_its_bound(shape, dim):
    """What int8 rows and their rests say of a pair, against truth; the bound is much closer than without rests."""
    vectors = shape(np.random.default_rng(dim), 160, dim)
    others = shape(np.random.default_rng(dim + 1), 90, dim)
    with ThreadPoolExecutor(1) as pool:
        columns = prepare(INT8, vectors, norms(vectors), pool)
        rows = prepare_like(columns, others, norms(others), pool)
    values, rests, fine = [], [], []
    for each in (rows, columns):
        scale = each.operand.scale.astype(np.float64)[:, None]
        values.append(each.operand.words.view(np.int8) * scale)
        rests.append((each.operand.rests.view(np.uint8).astype(np.float64) - 128) * scale / 254)
        fine.append(each.operand.fine.astype(np.float64) - each.shift)
    found = values[0] @ values[1].T + values[0] @ rests[1].T + rests[0] @ values[1].T
    found += rows.shift[:, None].astype(np.float64) + columns.shift
    assert (np.abs(found - truth(others, vectors)) <= fine[0][:, None] + fine[1]).all()
    assert np.median(fine[1]) < np.median(columns.error) / 10 + 1e-6


@pytest.mark.parametrize("kind", [FP32, INT8, BF16])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dim", [5, 96, 384])
def test_no_value_is_further_off_than_the_bound(kind, shape, dim):
    vectors = shape(np.random.default_rng(dim), 160, dim)
    others = shape(np.random.default_rng(dim + 1), 90, dim)
    with ThreadPoolExecutor(1) as pool:
        columns = prepare(kind, vectors, norms(vectors), pool)
        rows = prepare_like(columns, others, norms(others), pool)
    bound = rows.error[:, None].astype(np.float64) + columns.error
    assert (np.abs(filtered_values(rows, columns) - truth(others, vectors)) <= bound).all()
    for each in (rows, columns):
        np.testing.assert_array_equal(each.shift + each.error, each.operand.offset)


def test_a_certificate_says_what_was_done():
    vectors = gaussian(np.random.default_rng(2), 600, 32)
    found = nearest(vectors, 10, backend="int8").certificate
    assert 600 == found.certified + found.redone
    assert found.certified > 500
    assert 0 < found.bound < 0.1
    assert "plain" == nearest(vectors, 10).certificate.backend


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize(("blocks", "threads"), [(1, 3), (2, 4), (7, 3), (12, 5)])
def test_every_pair_once_and_never_two_in_one_block(mirrored, blocks, threads):
    expected = [(i, j) for i in range(blocks) for j in range(i if mirrored else 0, blocks)]
    pairs = BlockPairs(expected, mirrored=mirrored)
    used, taken, lock = set(), [], Lock()

    def work():
        pair = pairs.take(None)
        while pair is not None:
            mine = set(pair) if mirrored else {pair[0]}
            with lock:
                assert not mine & used
                used.update(mine)
                taken.append(pair)
            with lock:
                used.difference_update(mine)
            pair = pairs.take(pair)

    with ThreadPoolExecutor(threads) as pool:
        for job in [pool.submit(work) for _ in range(threads)]:
            job.result()
    assert expected == sorted(taken)
    assert pairs.total == pairs.done == len(expected)


def test_a_stopped_schedule_hands_out_nothing():
    pairs = BlockPairs([(0, 1)], mirrored=True)
    pairs.stop()
    assert pairs.take(None) is None


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 3, 8, 9, 30])
def test_phases_hold_every_pair_once_and_all_rows_see_the_same_share(mirrored, rows):
    columns = rows if mirrored else 7
    seen = np.zeros((rows, columns), int)
    for share, pairs in phases(rows, columns, mirrored=mirrored):
        for i, j in pairs:
            seen[i, j] += 1
            if mirrored and i != j:
                seen[j, i] += 1
        assert 1 == seen.max()
        np.testing.assert_allclose(seen.mean(axis=1), share)
    assert 1 == share
    assert seen.all()


def test_the_largest_task_fits_in_a_gibibyte_and_a_half():
    """250,000 × 768 at k = 100 besides its input in one round, with any kind of words."""
    for kind in (FP32, INT8, BF16):
        assert 250_000 == plan(Shape(250_000, 250_000, 768), 100, 2, kind, 3 << 29).rows


def test_a_ceiling_means_rounds():
    shape = Shape(100_000, 100_000, 256)
    free = plan(shape, 50, 2, INT8, None)
    tight = plan(shape, 50, 2, INT8, 200 << 20)
    assert 100_000 == free.rows
    assert 8 * capacity(50) * tight.rows < 200 << 20
    with pytest.raises(NotEnoughMemory, match="too few"):
        plan(shape, 50, 2, INT8, 1 << 20)


def test_a_ceiling_changes_nothing_but_the_rounds():
    vectors = gaussian(np.random.default_rng(3), 3000, 24)
    ceiling = (64 << 20) + 3000 * (72 + 8 * 20 + 180) + 700 * (8 * capacity(20) + 16)
    expected = nearest(vectors, 20, backend="plain")
    for backend in ("int8", "fp32", "auto"):
        assert same(expected, nearest(vectors, 20, backend=backend, memory_bytes=ceiling, threads=2))
