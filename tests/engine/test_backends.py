"""Every back end gives the bytes of the plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hyperpolyglot.engine.cosine import norms
from hyperpolyglot.engine.kernels.operands import KINDS
from hyperpolyglot.engine.kernels.selftest import bf16_is_correct
from hyperpolyglot.engine.nearest import Search, nearest
from hyperpolyglot.engine.search.filtered import filtered
from hyperpolyglot.engine.search.memory import Plan
from hyperpolyglot.engine.search.task import Task

BACKENDS = [
    "fp32",
    "int8",
    pytest.param("bf16", marks=pytest.mark.skipif(not bf16_is_correct(), reason="no AMX")),
]


def same(a, b):
    return a.positions.tobytes() == b.positions.tobytes() and a.similarity.tobytes() == b.similarity.tobytes()


def gaussian(random, n, d):
    return random.standard_normal((n, d)).astype(np.float32)


def near_duplicates(random, n, d):
    vectors = gaussian(random, n, d)
    vectors[n // 2 :] = vectors[: n - n // 2] + np.float32(1e-5) * gaussian(random, n - n // 2, d)
    return vectors


def exact_duplicates(random, n, d):
    return gaussian(random, max(2, n // 40), d)[random.integers(0, max(2, n // 40), n)]


def scaled_duplicates(random, n, d):
    lengths = 2.0 ** random.integers(-20, 20, (n, 1))
    return (exact_duplicates(random, n, d) * lengths).astype(np.float32)


def outlying_dimension(random, n, d):
    vectors = gaussian(random, n, d)
    vectors[:, d // 2] += 1000
    return vectors


def outlying_entries(random, n, d):
    vectors = gaussian(random, n, d)
    vectors[np.arange(n), random.integers(0, d, n)] *= 300
    return vectors


def all_equal(random, n, d):
    return np.tile(gaussian(random, 1, d), (n, 1))


def opposite(random, n, d):
    vectors = all_equal(random, n, d)
    vectors[::2] *= -1
    return vectors


def tiny(random, n, d):
    return gaussian(random, n, d) * np.float32(1e-30)


def subnormal(random, n, d):
    vectors = gaussian(random, n, d)
    vectors[::7] *= np.float32(1e-39)
    vectors[~vectors.any(axis=1)] = 1
    return vectors


def huge(random, n, d):
    vectors = gaussian(random, n, d)
    vectors[::3] *= np.float32(1e35)
    return vectors


def common_mean(random, n, d):
    return gaussian(random, n, d) * np.float32(0.05) + gaussian(random, 1, d)


def few_values(random, n, d):
    vectors = random.integers(-1, 2, (n, d)).astype(np.float32)
    vectors[~vectors.any(axis=1)] = 1
    return vectors


def clusters(random, n, d):
    return gaussian(random, 20, d)[np.sort(random.integers(0, 20, n))] + np.float32(0.2) * gaussian(
        random, n, d
    )


SHAPES = [
    gaussian,
    near_duplicates,
    exact_duplicates,
    scaled_duplicates,
    outlying_dimension,
    outlying_entries,
    all_equal,
    opposite,
    tiny,
    subnormal,
    huge,
    common_mean,
    few_values,
    clusters,
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("n", "d", "k"), [(801, 67, 30), (330, 3, 9)])
def test_same_bytes(shape, backend, n, d, k):
    vectors = shape(np.random.default_rng(d), n, d)
    expected, found = nearest(vectors, k, backend="plain"), nearest(vectors, k, backend=backend)
    assert same(expected, found)
    certificate = found.certificate
    assert backend == certificate.backend
    assert n == certificate.certified + certificate.redone


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_shape(data):
    """Any n, d, k, tile and thread count, for rows with many ties."""
    n, d = data.draw(st.integers(3, 260), "n"), data.draw(st.integers(1, 90), "d")
    k = data.draw(st.one_of(st.integers(1, n - 1), st.just(n - 1)), "k")
    shape = data.draw(st.sampled_from(SHAPES), "shape")
    vectors = shape(np.random.default_rng(data.draw(st.integers(0, 99), "seed")), n, d)
    backend = data.draw(
        st.sampled_from(["fp32", "int8", "bf16"] if bf16_is_correct() else ["fp32", "int8"]), "backend"
    )
    found = with_tile(
        vectors, k, backend, data.draw(st.integers(1, 300), "tile"), data.draw(st.integers(1, 5), "threads")
    )
    assert same(nearest(vectors, k, backend="plain"), found)


def with_tile(vectors, k, backend, tile, threads, rows=None):
    own = np.arange(len(vectors), dtype=np.int32)
    task = Task(
        queries=vectors,
        own=own,
        vectors=vectors,
        lengths=norms(vectors),
        k=k,
        mirrored=True,
        threads=threads,
        tile=tile,
    )
    return filtered(task, Plan(KINDS.index(backend), rows or len(vectors)), lambda step, done, total: None)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("tile", "threads", "rows"), [(96, 1, None), (50, 3, None), (400, 2, 123), (2048, 4, 64)]
)
def test_tiles_threads_and_rounds_change_nothing(backend, tile, threads, rows):
    vectors = clusters(np.random.default_rng(5), 700, 48)
    assert same(nearest(vectors, 25, backend="plain"), with_tile(vectors, 25, backend, tile, threads, rows))


@pytest.mark.parametrize("backend", [*BACKENDS, "direct"])
def test_queries_of_every_kind(backend):
    """Some that are among the vectors, some that are not, some twice, in any order."""
    random = np.random.default_rng(6)
    vectors = near_duplicates(random, 900, 40)
    own = random.integers(0, 900, 70).astype(np.int32)
    queries = vectors[own]
    queries[::5] = gaussian(random, 14, 40)
    own[::5] = -1
    own[1] = -1  # equal to a vector, which it does not leave out
    expected = Search(backend="plain")(queries, own, vectors, 33)
    assert same(expected, Search(backend=backend)(queries, own, vectors, 33))


@pytest.mark.parametrize("backend", [*BACKENDS, "direct"])
def test_every_other_row(backend):
    """k as large as can be: the ranking of all."""
    vectors = few_values(np.random.default_rng(7), 150, 12)
    assert same(nearest(vectors, 149, backend="plain"), nearest(vectors, 149, backend=backend))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("n", "d", "k"), [(400, 4096, 10), (200, 16384, 5), (2500, 16, 1000)])
def test_extreme_sizes(backend, n, d, k):
    vectors = common_mean(np.random.default_rng(8), n, d)
    assert same(nearest(vectors, k, backend="plain"), nearest(vectors, k, backend=backend))


def test_sampled_rows_against_float64():
    """The neighbours of sampled rows are those of a plain float64 product."""
    vectors = clusters(np.random.default_rng(9), 3000, 96)
    unit = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    rows = np.arange(0, 3000, 60)
    cosines = unit[rows] @ unit.T
    cosines[np.arange(len(rows)), rows] = -2
    for backend in ("auto", "fp32", "int8"):
        found = nearest(vectors, 20, backend=backend)
        np.testing.assert_array_equal(np.argsort(-cosines, axis=1)[:, :20], found.positions[rows])


def test_progress_reaches_the_end():
    calls = []
    vectors = gaussian(np.random.default_rng(10), 500, 16)
    nearest(vectors, 5, lambda step, done, total: calls.append((done, total)), backend="fp32")
    assert (0, 500) == calls[0]
    assert (500, 500) == calls[-1]
    assert calls == sorted(calls)


def test_an_interrupt_stops_the_workers():
    def interrupt(step, done, total):
        if calls:
            raise KeyboardInterrupt
        calls.append(done)

    calls: list[int] = []
    vectors = gaussian(np.random.default_rng(11), 6000, 256)
    with pytest.raises(KeyboardInterrupt):
        nearest(vectors, 5, interrupt, backend="fp32")
