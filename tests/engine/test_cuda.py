"""The back end for GPUs, on torch's CPU as a stand-in, and on a GPU where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hyperpolyglot import linalg
from hyperpolyglot.engine import devices
from hyperpolyglot.engine.cosine import norms, with_lengths
from hyperpolyglot.engine.devices import choice, passes, search
from hyperpolyglot.engine.devices import gpu as on_gpus
from hyperpolyglot.engine.devices.passes import RowsThere, cross_product
from hyperpolyglot.engine.devices.table import Table
from hyperpolyglot.engine.devices.tensors import Device
from hyperpolyglot.engine.devices.tiling import Tiling, tiling
from hyperpolyglot.engine.nearest import Search, nearest
from hyperpolyglot.engine.probes.passes import Evaluation, ProbeRows, pass_over_rows
from hyperpolyglot.engine.search.task import Shape, Task
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions, compare
from hyperpolyglot.measures.separability import DESIGNS, SeparabilityOptions, separability
from hyperpolyglot.types import silent

from .test_backends import SHAPES, clusters, common_mean, few_values, gaussian, near_duplicates, same
from .test_halffloats import tensor_core_products

torch = pytest.importorskip("torch", reason="torch is not installed")
gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
DEVICES = ["cpu", pytest.param("cuda:0", marks=gpu)]


@pytest.fixture
def told(monkeypatch):
    """Two stand-ins for GPUs; what was said."""
    monkeypatch.setattr(choice, "_gpus", lambda: ("cpu", "cpu"))
    said: list[str] = []
    devices.use_device("auto", said.append)
    yield said
    devices.use_device("auto")


def task_of(vectors, k, queries=None, own=None):
    """All rows among themselves, or ``queries``."""
    mirrored = queries is None
    return Task(
        queries=vectors if mirrored else queries,
        own=np.arange(len(vectors), dtype=np.int32) if mirrored else own,
        vectors=vectors,
        lengths=norms(vectors),
        k=k,
        mirrored=mirrored,
        threads=1,
    )


def equal_where_proven(expected, found):
    positions, similarity, proven = found
    return (
        positions[proven].tobytes() == expected.positions[proven].tobytes()
        and similarity[proven].tobytes() == expected.similarity[proven].tobytes()
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("n", "d", "k"), [(801, 67, 30), (330, 3, 9)])
def test_same_bytes(shape, device, n, d, k):
    """What is proven has the bytes of the plain back end, and nearly everything is proven."""
    vectors = shape(np.random.default_rng(d), n, d)
    found, certificate = search.certified(task_of(vectors, k), [Device(device)], silent)
    assert equal_where_proven(nearest(vectors, k, backend="plain"), found)
    assert found[2].mean() > 0.99
    assert n == certificate.certified + certificate.redone


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_shape(data):
    """Any n, d, k, tile and number of devices, rows that stay there or are sent, in half of the blocks or in all."""
    n, d = data.draw(st.integers(3, 260), "n"), data.draw(st.integers(1, 90), "d")
    k = data.draw(st.one_of(st.integers(1, n - 1), st.just(n - 1)), "k")
    shape = data.draw(st.sampled_from(SHAPES), "shape")
    vectors = shape(np.random.default_rng(data.draw(st.integers(0, 99), "seed")), n, d)
    cut = Tiling(
        block=data.draw(st.integers(40, 300), "block"),
        resident=data.draw(st.booleans(), "resident"),
        mirrored=data.draw(st.booleans(), "mirrored"),
        pairs=data.draw(st.integers(1, 3000), "pairs"),
    )
    many = [Device("cpu")] * data.draw(st.integers(1, 3), "devices")
    found, _ = search.certified(task_of(vectors, k), many, silent, cut)
    assert equal_where_proven(nearest(vectors, k, backend="plain"), found)


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("device", DEVICES)
def test_queries_of_every_kind(device, resident):
    """Some that are among the vectors, some that are not, some twice, in any order."""
    random = np.random.default_rng(6)
    vectors = near_duplicates(random, 900, 40)
    own = random.integers(0, 900, 70).astype(np.int32)
    queries = vectors[own]
    queries[::5] = gaussian(random, 14, 40)
    own[::5] = -1
    own[1] = -1  # equal to a vector, which it does not leave out
    cut = Tiling(block=128, resident=resident, mirrored=False, pairs=1000)
    found, _ = search.certified(task_of(vectors, 33, queries, own), [Device(device)], silent, cut)
    assert equal_where_proven(Search(backend="plain")(queries, own, vectors, 33), found)
    assert found[2].all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("n", "d", "k"), [(400, 4096, 10), (200, 16384, 5), (2500, 16, 1000), (150, 12, 149)]
)
def test_extreme_sizes(device, n, d, k):
    """Long rows, many neighbours, and every other row."""
    vectors = gaussian(np.random.default_rng(8), n, d)
    found, _ = search.certified(task_of(vectors, k), [Device(device)], silent)
    assert equal_where_proven(nearest(vectors, k, backend="plain"), found)
    assert found[2].all()


@pytest.mark.parametrize("shape", [clusters, common_mean, few_values], ids=lambda f: f.__name__)
def test_tensor_cores_that_truncate_change_nothing(shape, monkeypatch):
    """With every product summed as tensor cores do, truncating, what is proven is right, and all of it is proven."""

    def products(device, left, right):
        found = tensor_core_products(left.numpy(), right.numpy(), 8)
        return torch.tensor(found.astype(np.float32))

    monkeypatch.setattr(Device, "products", products)
    vectors = shape(np.random.default_rng(12), 400, 64)
    found, _ = search.certified(task_of(vectors, 15), [Device("cpu")], silent)
    assert equal_where_proven(nearest(vectors, 15, backend="plain"), found)
    assert found[2].all()


@pytest.mark.parametrize("wrong", [0.99, 1.001])
def test_a_device_that_multiplies_wrongly_is_not_trusted(wrong, monkeypatch):
    """The self-test passes on the stand-in, and fails where products are off."""
    check = search.is_correct.__wrapped__
    assert check("cpu")
    right = Device.products
    monkeypatch.setattr(Device, "products", lambda self, a, b: right(self, a, b) * wrong)
    assert not check("cpu")


def test_a_device_that_adds_in_another_order_is_not_trusted(monkeypatch):
    """The self-test notices cosines that are off in the last bit."""
    pairwise = lambda self, x, i, y, j: (x[:, i].double() * y[:, j].double()).sum(dim=(0, 2))  # noqa: E731
    monkeypatch.setattr(Device, "dots", pairwise)
    assert not search.is_correct.__wrapped__("cpu")


@pytest.mark.parametrize("dim", [1, 7, 8, 67, 300])
def test_dots_are_the_stated_sum(dim):
    """Cosines on a device are those of the processor to the last bit, for rows of any magnitude."""
    random = np.random.default_rng(dim)
    scale = 10.0 ** random.integers(-15, 15, (30, dim))
    vectors = (random.standard_normal((30, dim)) * scale).astype(np.float32)
    table = Table(Device("cpu"), with_lengths(vectors), np.zeros(dim), None, block=11, resident=False)
    ids = torch.arange(30).repeat(30, 1)
    found = table.cosines(slice(0, 30), ids, table, 100).numpy()
    expected = nearest(vectors, 29, backend="direct")
    picked = np.take_along_axis(found, expected.positions.astype(np.int64), axis=1)
    assert picked.astype(np.float32).tobytes() == expected.similarity.tobytes()
    assert (np.diff(picked, axis=1) <= 0).all()


@pytest.mark.parametrize("name", ["cuda", "cpu"])
def test_nearest_on_a_device(name, told):
    """``device`` picks the back end, and ties that are too many come from the processor: the same bytes."""
    for shape in SHAPES:
        vectors = shape(np.random.default_rng(3), 500, 20)
        expected, found = nearest(vectors, 12, backend="plain"), nearest(vectors, 12, device=name)
        assert same(expected, found)
        assert (name == "cuda") == (found.certificate.backend == "cuda")
    assert [] == told


def test_what_ties_too_often_is_searched_elsewhere(told):
    """1,500 equal rows fill every list: all of them are left over, and still right."""
    vectors = np.tile(gaussian(np.random.default_rng(1), 1, 8), (1500, 1))
    found = nearest(vectors, 3, device="cuda")
    assert same(nearest(vectors, 3, backend="plain"), found)
    assert 1500 == found.certificate.redone
    (_, _, proven), _ = search.certified(task_of(vectors, 3), [Device("cpu")], silent)
    assert not proven.any()


def test_a_failing_gpu_is_said_once(told, monkeypatch):
    """Out of memory in the middle: the processor does it, and that is said once."""

    def fail(*_):
        raise RuntimeError("CUDA out of memory\nlong story")

    monkeypatch.setattr(on_gpus, "certified", fail)
    monkeypatch.setattr(on_gpus, "is_correct", lambda name: True)
    vectors = gaussian(np.random.default_rng(2), 100, 8)
    for _ in range(2):
        assert same(nearest(vectors, 5, backend="plain"), nearest(vectors, 5, device="cuda"))
    assert ["the GPU failed (CUDA out of memory); the processor goes on, with the same results."] == told


def test_a_gpu_that_is_not_right_is_not_used(told, monkeypatch):
    monkeypatch.setattr(on_gpus, "is_correct", lambda name: False)
    vectors = gaussian(np.random.default_rng(2), 100, 8)
    assert "plain" == nearest(vectors, 5, device="cuda").certificate.backend
    assert 1 == len(told)


def test_progress_reaches_the_end(told):
    calls = []
    vectors = gaussian(np.random.default_rng(10), 900, 16)
    nearest(vectors, 5, lambda step, done, total: calls.append((done, total)), device="cuda")
    assert (0, 900) == calls[0]
    assert (900, 900) == calls[-1]
    assert calls == sorted(calls)


@pytest.mark.parametrize("many", [1, 3])
def test_an_interrupt_stops_all_devices(many):
    """What goes wrong in one block ends the search on every device."""
    calls: list[int] = []

    def interrupt(step, done, total):
        calls.append(done)
        if len(calls) == 2:
            raise KeyboardInterrupt

    vectors = gaussian(np.random.default_rng(11), 2000, 16)
    cut = Tiling(block=64, resident=True, mirrored=True, pairs=1000)
    with pytest.raises(KeyboardInterrupt):
        search.certified(task_of(vectors, 5), [Device("cpu")] * many, interrupt, cut)
    assert len(calls) <= 2 + many


@pytest.mark.parametrize("many", [1, 3])
@pytest.mark.parametrize("free", [4 << 30, 24 << 30, 80 << 30])
def test_tilings_fit_the_device(free, many):
    """Tables, tiles, lists and pairs of a tiling fit together, for the largest tables too."""
    for shape in ((30_000, 30_000, 384), (250_000, 250_000, 4096), (1_000_000, 1_000_000, 16_384)):
        for room in (400, 8000):
            cut = tiling(free, Shape(*shape), room, many, mirrored=True)
            n, _, d = shape
            tables = n * (2 * (d + 12) + 4 * (d + 7)) if cut.resident else 0
            lists = 12 * room * (n if cut.mirrored else cut.block)
            rows = cut.block * max(40 * d, 60 * room)
            assert tables + lists + rows + 8 * cut.block**2 + 256 * cut.pairs <= free


def test_a_table_larger_than_the_device_is_sent_in_blocks():
    """With little free memory the rows do not stay on the device, and the result is the same."""
    cut = tiling(1 << 24, Shape(3000, 3000, 512), 400, 1, mirrored=True)
    assert not cut.resident
    vectors = clusters(np.random.default_rng(4), 1200, 48)
    expected = nearest(vectors, 10, backend="plain")
    found, _ = search.certified(task_of(vectors, 10), [Device("cpu")], silent, cut)
    assert equal_where_proven(expected, found)
    assert found[2].all()


@gpu
def test_a_real_gpu_is_trusted_and_gives_the_bytes_of_the_processor():
    """40,000 rows on all CUDA devices against another back end, all rows."""
    assert search.is_correct("cuda:0")
    vectors = clusters(np.random.default_rng(9), 40_000, 256)
    found = nearest(vectors, 50, device="cuda")
    assert "cuda" == found.certificate.backend
    assert same(nearest(vectors, 50, backend="fp32"), found)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_pass_of_probes_there_is_the_pass_here(monkeypatch, device, kind, classes):
    """Gradient, curvature, closest call and right answers, in pieces of rows or at once, for sigmoid and softmax."""
    random = np.random.default_rng(classes)
    vectors = gaussian(random, 300, 20)
    rows = np.sort(random.choice(300, 210, replace=False))
    labels = random.integers(0, classes, len(rows))
    training = random.random((len(rows), 4)) < 0.7
    columns = 4 * (1 if classes == 2 else classes)
    parameters = np.zeros((columns, 32), kind)
    parameters[:, :21] = random.standard_normal((columns, 21)) / 4

    def evaluated(run_pass):
        found = Evaluation.empty(columns, 4, 32)
        run_pass(ProbeRows(vectors, rows, labels, training), parameters, found)
        return found

    for size in (1 << 28, 1000):
        monkeypatch.setattr(passes, "_PROBE_BYTES", size)
        here, there = evaluated(pass_over_rows), evaluated(RowsThere(Device(device), vectors))
        for one, other in zip(here, there, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 if kind is np.float32 else 1e-10)


def test_separability_there_is_separability_here(told, clustered):
    """Every accuracy is the same, and one worker for each device makes the passes."""
    space = open_model(clustered)
    options = [SeparabilityOptions(minimum=20, folds=3, design=design) for design in DESIGNS]
    devices.use_device("cpu")
    expected = [separability(space, chosen) for chosen in options]
    devices.use_device("cuda", told.append)
    assert expected == [separability(space, chosen) for chosen in options]
    assert [] == told


def test_a_device_that_fails_between_passes_is_replaced(told, clustered, monkeypatch):
    """The processor makes the pass that failed and those after it; that is said once."""
    calls = []

    def failing(self, *given):
        calls.append(1)
        if len(calls) > 3:
            raise RuntimeError("out of memory")
        pass_over_rows(*given)

    space, options = open_model(clustered), SeparabilityOptions(minimum=20, folds=3)
    devices.use_device("cpu")
    expected = separability(space, options)
    devices.use_device("cuda", told.append)
    monkeypatch.setattr(RowsThere, "__call__", failing)
    assert expected == separability(space, options)
    assert ["the GPU failed (out of memory); the processor goes on, with the same results."] == told


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("kind", "most"), [(np.float32, 1e-5), (np.float64, 1e-13)])
def test_products_of_two_matrices_there_are_those_here(monkeypatch, device, kind, most):
    """Centred or not, of two matrices or of one with itself, in one block of rows or several."""
    random = np.random.default_rng(0)
    a, b = 3 + gaussian(random, 700, 30), gaussian(random, 700, 20)
    for size in (8192, 100):
        monkeypatch.setattr(passes, "_CROSSED_ROWS", size)
        for x, y in ((a, b), (a, a)):
            for means in (None, (x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64))):
                here = linalg.cross_product(x, y, means=means)
                there = cross_product(Device(device), x, y, means, kind)
                np.testing.assert_allclose(here, there, rtol=0, atol=most * np.abs(here).max())


def test_a_comparison_there_is_the_comparison_here(told, clustered, translated, monkeypatch):
    """Every measure agrees to rounding and every p-value is the same; where the device fails, that is said once."""
    spaces, options = [open_model(clustered), open_model(translated)], CompareOptions(k=5, permutations=19)
    devices.use_device("cpu")
    expected = compare(spaces, options).pairs[0]
    monkeypatch.setattr(linalg, "_LEAST_SENT", 0)
    devices.use_device("cuda", told.append)
    sent = []

    def sends(*given):
        sent.append(len(given[1]))
        if len(sent) > 20:
            raise RuntimeError("out of memory")
        return cross_product(*given)

    monkeypatch.setattr(on_gpus, "cross_product", sends)
    for _ in range(2):
        found = compare(spaces, options).pairs[0]
        assert max(sent) == expected.shared
        for name, measured in expected.measures.items():
            assert found.measures[name].value == pytest.approx(measured.value, abs=1e-9)
            assert found.measures[name].p == measured.p
        np.testing.assert_allclose(expected.spectrum, found.spectrum, rtol=0, atol=1e-9)
    assert ["the GPU failed (out of memory); the processor goes on, with the same results."] == told
