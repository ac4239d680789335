"""The compiled products and comparisons against numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperpolyglot.engine.cosine import WithLengths, dot
from hyperpolyglot.engine.kernels import microkernel
from hyperpolyglot.engine.kernels.dots import TwoTables, dots_scratch, exact_dots, quick_dots, rest_dots
from hyperpolyglot.engine.kernels.matrixunit import HEIGHT
from hyperpolyglot.engine.kernels.operands import INT8, Operand
from hyperpolyglot.engine.kernels.panels import aligned, pack, pack_tiles
from hyperpolyglot.engine.kernels.selftest import bf16_is_correct, bf16_products, int8_is_fast, int8_products
from hyperpolyglot.engine.processor import COLUMNS, ROWS
from hyperpolyglot.engine.search.candidates import Candidates, capacity, compact, kth_largest, sort
from hyperpolyglot.engine.search.sweep import _screen
from hyperpolyglot.engine.search.task import Exact


@pytest.mark.parametrize("dim", [4, 64, 388, 4096])
@pytest.mark.parametrize("values", [[-127, 127], [127], [-127], range(-127, 128), [0, 127]])
def test_int8_products_are_exact(dim, values):
    random = np.random.default_rng(dim)
    rows = random.choice(np.array(values, np.int8), (ROWS, dim))
    columns = random.choice(np.array(values, np.int8), (COLUMNS, dim))
    expected = rows.astype(np.int32) @ columns.astype(np.int32).T
    np.testing.assert_array_equal(expected, int8_products(rows, columns))


def test_int8_at_the_largest_dimension():
    """No sum overflows at d = 65,536, all entries ±127."""
    rows, columns = np.full((ROWS, 65536), 127, np.int8), np.full((COLUMNS, 65536), -127, np.int8)
    assert (int8_products(rows, columns) == -127 * 127 * 65536).all()


def test_the_self_tests_answer():
    assert int8_is_fast() in {True, False}
    assert bf16_is_correct() in {True, False}


@pytest.mark.parametrize("integer", [True, False])
def test_a_processor_without_special_instructions(integer, monkeypatch):
    """The generic code of both kernels: the same int8 sums, float32 sums within the bound, and the same masks."""
    monkeypatch.setattr(microkernel, "has", lambda feature: False)

    @numba.njit
    def run(rows, columns, words, start, terms, sums, masks):
        places = microkernel.TileAddresses(
            rows.ctypes.data,
            columns.ctypes.data,
            words,
            start.ctypes.data,
            terms[0].ctypes.data,
            terms[1].ctypes.data,
            sums.ctypes.data,
            masks.ctypes.data,
        )
        return microkernel.int8_tile(places) if integer else microkernel.float_tile(places)

    random = np.random.default_rng(0)
    kind, words = (np.int8, 24) if integer else (np.float32, 96)
    rows, columns = (random.integers(-127, 128, (n, 96)).astype(kind) for n in (ROWS, COLUMNS))
    exact = rows.astype(np.int64) @ columns.astype(np.int64).T
    panels = aligned(ROWS * words), aligned(COLUMNS * words)
    order = np.arange(64, dtype=np.int32)
    pack(rows.view(np.int32), order, 0, ROWS, ROWS, np.int32(0), panels[0])
    pack(
        columns.view(np.int32), order, 0, COLUMNS, COLUMNS, np.int32(-0x7F7F7F80 if integer else 0), panels[1]
    )
    start = (
        (-128 * rows.astype(np.int64).sum(axis=1)).astype(np.int32) if integer else np.zeros(ROWS, np.int32)
    )
    sides = np.ones((3, ROWS), np.float32), np.zeros((3, COLUMNS), np.float32)
    sides[0][2], sides[1][0], sides[1][2] = 50_000, 1, np.arange(COLUMNS) * 1000
    sums, masks = np.empty((ROWS, COLUMNS), np.int32), np.empty(ROWS, np.int32)
    run(*panels, words, start, sides, sums, masks)
    np.testing.assert_array_equal(exact, sums if integer else sums.view(np.float32))
    passes = exact >= np.minimum(50_000, sides[1][2]) - 1
    bits = (masks.astype(np.int64)[:, None] >> np.arange(COLUMNS)) & 1
    np.testing.assert_array_equal(passes, bits.astype(bool))


@pytest.mark.skipif(not bf16_is_correct(), reason="no AMX")
@pytest.mark.parametrize("dim", [32, 384, 2048])
def test_bfloat16_products_are_within_the_bound_of_any_order(dim):
    random = np.random.default_rng(dim)
    rows, columns = (random.standard_normal((n, dim)).astype(np.float32) for n in (HEIGHT, COLUMNS))
    bits = [(a.view(np.uint32) >> 16).astype(np.uint16) for a in (rows, columns)]
    exact = [(b.astype(np.uint32) << 16).view(np.float32).astype(np.float64) for b in bits]
    error = np.abs(bf16_products(*bits) - exact[0] @ exact[1].T)
    lengths = [np.linalg.norm(a, axis=1) for a in exact]
    assert (error <= dim * 2.0**-24 * 1.01 * np.outer(*lengths)).all()


def some_pairs(dim):
    """Vectors of all magnitudes and pairs of them."""
    random = np.random.default_rng(dim)
    vectors = random.standard_normal((20, dim)) * 10.0 ** random.integers(-20, 20, (20, dim))
    return vectors.astype(np.float32), random.integers(0, 20, (2, 6)).astype(np.int32)


@pytest.mark.parametrize("dim", [1, 7, 15, 16, 63, 64, 129, 1000])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_quick_dots_are_within_the_bound_of_any_order(dim, count):
    vectors, pairs = some_pairs(dim)
    vectors = np.sign(vectors) * np.abs(vectors) ** np.float32(0.1)
    out = np.empty(4, np.float32)
    address = vectors.ctypes.data
    quick_dots(TwoTables(address, address, dim), pairs, 2, count, dots_scratch(), out)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    for (i, j), found in zip(pairs.T[2 : 2 + count], out, strict=False):
        exact = vectors[i].astype(np.float64) @ vectors[j].astype(np.float64)
        assert abs(found - exact) <= (dim + 4) * 2.0**-24 * lengths[i] * lengths[j]


@pytest.mark.parametrize("dim", [1, 7, 8, 9, 64, 301])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_exact_dots_are_the_stated_sum(dim, count):
    """Four at once to the last bit as one by one."""
    vectors, pairs = some_pairs(dim)
    out = np.empty(4)
    address = vectors.ctypes.data
    exact_dots(TwoTables(address, address, dim), pairs, 2, count, dots_scratch(), out)
    assert [dot(vectors[i], vectors[j]) for i, j in pairs.T[2 : 2 + count]] == out[:count].tolist()


@pytest.mark.parametrize("dim", [64, 192, 65536])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("values", [[127], [-127], range(-127, 128)])
def test_rest_dots_are_exact(dim, count, values):
    """Values · rests, both ways, without overflow at the largest dimension."""
    random = np.random.default_rng(dim)
    x, p, y, q = (random.choice(np.array(values, np.int8), (5, dim)) for _ in range(4))
    sides = [
        Operand(
            kind=INT8,
            words=one.view(np.int32),
            start=(-128 * one.astype(np.int64).sum(axis=1)).astype(np.int32),
            scale=np.ones(5, np.float32),
            offset=np.zeros(5, np.float32),
            rests=(rest.astype(np.int16) + 128).astype(np.uint8).view(np.int32),
        )
        for one, rest in ((x, p), (y, q))
    ]
    pairs = random.integers(0, 5, (3, 6)).astype(np.int32)
    out = np.empty(4, np.int32)
    rest_dots(*sides, pairs, 2, count, np.empty((4, 4), np.int64), out)
    exact = x.astype(np.int64) @ q.astype(np.int64).T + p.astype(np.int64) @ y.astype(np.int64).T
    assert exact[tuple(pairs[:2, 2 : 2 + count])].tolist() == out[:count].tolist()


@pytest.mark.parametrize("mirrored", [True, False])
def test_the_screen_keeps_what_reaches_a_threshold(mirrored):
    """Hits whose float32 cosine is clearly below are dropped, all others stay in order; without a bound, all stay."""
    vectors = np.random.default_rng(0).standard_normal((30, 37)).astype(np.float32)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    thresholds = np.random.default_rng(1).uniform(-0.2, 0.2, 30).astype(np.float32)
    i, j = np.triu_indices(30, 1)
    cosines = (vectors[i].astype(np.float64) * vectors[j]).sum(axis=1) / (lengths[i] * lengths[j])
    least = np.minimum(thresholds[i], thresholds[j]) if mirrored else thresholds[i]
    for slack in (1e-5, np.inf):
        hits = np.array([i, j, j], np.int32)
        measured = WithLengths(vectors, lengths)
        exact = Exact(measured, measured, slack)
        kept = _screen(len(i), hits, mirrored, exact, thresholds)
        expected = cosines >= least - slack
        assert np.array([i, j])[:, expected].tolist() == hits[:2, :kept].tolist()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 16))
@settings(max_examples=40, deadline=None)
def test_pack(rows, words, width):
    """Packed panels hold the rows in the order asked for, padded with zeros, at addresses that are multiples of 64."""
    array = np.arange(rows * words, dtype=np.int32).reshape(rows, words)
    panels = -(-rows // width)
    out = aligned(panels * words * width)
    order = np.random.default_rng(rows).permutation(rows).astype(np.int32)
    pack(array, order, 0, rows, width, np.int32(0), out)
    expected = np.zeros((panels * width, words), np.int32)
    expected[:rows] = array[order]
    np.testing.assert_array_equal(expected.reshape(panels, width, words).transpose(0, 2, 1).ravel(), out)
    assert 0 == out.ctypes.data % 64


def test_pack_tiles():
    array = np.arange(40 * 48, dtype=np.int32).reshape(40, 48)
    out = aligned(64 * 48)
    order = np.random.default_rng(0).permutation(40).astype(np.int32)
    pack_tiles(array, order, 0, 40, 32, out)
    expected = np.zeros((64, 48), np.int32)
    expected[:40] = array[order]
    np.testing.assert_array_equal(expected.reshape(2, 32, 3, 16).transpose(0, 2, 1, 3).ravel(), out)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=60), st.data())
@settings(deadline=None)
def test_kth_largest(values, data):
    k = data.draw(st.integers(1, len(values)))
    array = np.array(values, np.float32)
    assert np.sort(array)[-k] == kth_largest(array, len(array), k, np.empty(len(array), np.float32))


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 99)), max_size=80))
@settings(deadline=None)
def test_sort(pairs):
    """Candidates are sorted by cosine, largest first, and equal ones by position."""
    cosines = np.array([float(c) for c, _ in pairs])
    ids = np.array([i for _, i in pairs], np.int32)
    sort(cosines, ids, len(pairs))
    assert sorted(pairs, key=lambda p: (-p[0], p[1])) == [
        (int(c), int(i)) for c, i in zip(cosines, ids, strict=True)
    ]


def test_a_full_list_keeps_the_best_and_raises_the_threshold():
    k, room = 5, capacity(5)
    lists = Candidates.empty(1, room)
    values = np.random.default_rng(0).permutation(room).astype(np.float32)
    lists.values[0], lists.ids[0], lists.counts[0] = values, np.arange(room), room
    compact(0, k, lists, np.empty(room, np.float32))
    assert room - k - 1 < lists.thresholds[0] <= room - k
    assert set(np.argsort(-values)[:k].tolist()) == set(lists.ids[0, : lists.counts[0]].tolist())


def test_a_list_of_ties_is_given_up():
    lists = Candidates.empty(1, capacity(5))
    lists.values[0], lists.counts[0] = 0.5, capacity(5)
    compact(0, 5, lists, np.empty(capacity(5), np.float32))
    assert -1 == lists.counts[0]
    assert np.isinf(lists.thresholds[0])
