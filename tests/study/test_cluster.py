"""The same bytes from this process, from workers, and after every interruption."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from hyperpolyglot.engine.devices import device_in_use, use_device
from hyperpolyglot.engine.nearest import Search
from hyperpolyglot.errors import ClusterFailed, DamagedFile, MissingExtra
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import Graph, in_this_process, neighbors_step
from hyperpolyglot.study.cluster import cluster, rows
from hyperpolyglot.study.cluster.connection import slurm_cluster
from hyperpolyglot.study.cluster.scatter import ScatterCache
from hyperpolyglot.study.keeping import parts_of
from hyperpolyglot.types import silent
from tests.study.conftest import digests

pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore:Scheduler already contains"
)


@pytest.fixture(scope="module")
def workers():
    """Two processes of one thread."""
    with cluster("local:2") as execute:
        yield execute


def left_on(workers):
    """Tasks and data of studies that a cluster still holds; what is let go of takes a moment to get there.

    A worker that has come may still be asked whether it can run steps.
    """
    client, deadline = workers._client, time.monotonic() + 30
    while True:
        processing = [task for tasks in client.processing().values() for task in tasks]
        running = [task for task in processing if not task.startswith("register-")]
        held = {key for key, places in client.who_has().items() if places and not key.startswith("register-")}
        if not (running or held) or time.monotonic() > deadline:
            return running, held
        time.sleep(0.05)


def interrupted_after(count):
    """Progress that stops the study like Ctrl-C when ``count`` steps are done."""
    seen = set()

    def progress(step, done, total):
        seen.add(done)
        if len(seen) > count:
            raise KeyboardInterrupt

    return progress


def test_workers_give_the_same_bytes(workers, run, undisturbed, tmp_path):
    """Numbers and every file of the store are those of one process, and nothing stays on the cluster."""
    numbers, store = undisturbed
    assert numbers == run(tmp_path, executor=workers)
    assert store == digests(tmp_path)
    assert ([], set()) == left_on(workers)


def test_what_others_refer_to_is_let_go_of(workers, run, tmp_path, monkeypatch):
    """Nothing stays on the cluster where something in this process, as a profiler, still has what was sent and made."""
    kept = []
    for name in ("scatter", "submit"):
        call = getattr(workers._client, name)
        monkeypatch.setattr(
            workers._client, name, lambda *a, call=call, **k: kept.append(call(*a, **k)) or kept[-1]
        )
    run(tmp_path, executor=workers)
    assert len(kept) > 3
    assert ([], set()) == left_on(workers)


def test_interrupted_and_gone_on_with(workers, run, undisturbed, tmp_path):
    """Ctrl-C on the cluster leaves no task there; in this process the study goes on where it was."""
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, executor=workers, progress=interrupted_after(3))
    assert ([], set()) == left_on(workers)
    half = digests(tmp_path)
    assert 0 < len(half) < len(undisturbed[1])
    assert undisturbed[0] == run(tmp_path)
    assert undisturbed[1] == digests(tmp_path)


class _Interrupts:
    """Ctrl-C comes while it is destroyed, where an exception is printed and goes no further."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_is_not_lost(workers, run, tmp_path):
    """Ctrl-C ends the study wherever it meets it."""
    held = [_Interrupts()]

    def progress(step, done, total):
        if done:
            held.clear()

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, executor=workers, progress=progress)
    assert ([], set()) == left_on(workers)


def test_a_worker_is_killed(workers, run, undisturbed, tmp_path):
    """A worker dies with what it computed and what it was sent; the study ends with the same bytes."""
    killed = []

    def progress(step, done, total):
        if done and not killed:
            pids = workers._client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    assert undisturbed[0] == run(tmp_path, executor=workers, progress=progress)
    assert 1 == len(killed)
    assert undisturbed[1] == digests(tmp_path)


def test_tables_that_workers_cannot_open(workers, run, spaces, undisturbed, tmp_path):
    """A table without a place, and one whose place holds other numbers, travel to the workers as they are."""
    nowhere = replace(spaces[0], table=replace(spaces[0].table, again=None))
    other = replace(spaces[1], table=replace(spaces[1].table, again=spaces[0].table.again))
    assert undisturbed[0] == run(tmp_path, [nowhere, other], executor=workers)
    assert undisturbed[1] == digests(tmp_path)


def test_rows_in_blocks(workers, spaces, tmp_path, monkeypatch):
    """Neighbours by blocks of rows are those of the whole under the same key; no block stays in the store."""
    monkeypatch.setattr(rows, "LEAST_ROWS", 200)
    monkeypatch.setattr(rows, "LEAST_BLOCKS", 2)
    step = neighbors_step(spaces[0], 20)
    assert 3 == len(rows.by_rows([step], 2))
    assert step.key == rows.in_blocks(step, 2).key
    found = workers(Graph((step,)), Store(tmp_path))(step)
    expected = neighbors(spaces[0], 20)
    for name in ("queries", "rows", "similarity", "candidates"):
        np.testing.assert_array_equal(getattr(expected, name), getattr(found, name))
    assert {"neighbors"} == {entry.step for entry in Store(tmp_path).entries()}


@pytest.mark.parametrize("opened", [True, False])
def test_views_and_what_is_left_out_travel_too(workers, spaces, opened):
    """Rows that a model reads otherwise, and tokens that no measure works on, are so on a worker."""
    table = spaces[0].matrix.seen("normed")
    space = replace(spaces[0], table=table if opened else replace(table, again=None))
    space = space.without(np.arange(len(space)) % 3 == 0, "undertrained")
    step = neighbors_step(space, 20)
    expected, found = neighbors(space, 20), workers(Graph((step,)), NoStore())(step)
    assert expected.excluded == found.excluded
    for name in ("queries", "rows", "similarity", "candidates"):
        np.testing.assert_array_equal(getattr(expected, name), getattr(found, name))


def test_few_workers_take_whole_steps(spaces):
    """Blocks do twice the work, so there are none with fewer than three workers a model."""
    step = neighbors_step(spaces[0], 20)
    large = replace(step, cost=replace(step.cost, rows=250_000))
    assert [large] == rows.by_rows([large], 2)
    assert 4 == len(rows.by_rows([large], 3))


def test_a_record_is_scattered_once(workers, spaces):
    """The record of a step that was lost with its worker is one thing on the cluster, sent once for all who need it."""
    step = neighbors_step(spaces[0], 20)
    parts = parts_of(in_this_process(Graph((step,)), NoStore())(step))
    cache = ScatterCache(workers._client, workers._pool, silent)
    first, second = cache.record(step.key, parts), cache.record(step.key, parts)
    assert first is second
    arrays, values = first.result()
    assert dict(parts.values) == values
    for name, array in parts.arrays.items():
        np.testing.assert_array_equal(array, arrays[name])


class _Breaks(Search):
    def __call__(self, *_):
        raise RuntimeError("a bug")


class _Says(Search):
    def __call__(self, *given):
        raise RuntimeError(f"this is done by {device_in_use()}")


def test_the_device_goes_with_a_step(workers, spaces):
    """What this process was told to use is what a worker is told, for each step."""
    for device in ("auto", "cpu"):
        use_device(device)
        with pytest.raises(RuntimeError, match=f"this is done by {device}"):
            workers(Graph((neighbors_step(spaces[0], 20, search=_Says()),)), NoStore())


def test_an_error_of_a_worker_is_the_error(workers, spaces):
    """A bug in a step comes here as it is, and the cluster is clean again."""
    step = neighbors_step(spaces[0], 20, search=_Breaks())
    with pytest.raises(RuntimeError, match="a bug"):
        workers(Graph((step,)), NoStore())
    assert ([], set()) == left_on(workers)


def test_too_little_data_is_a_reason_there_too(workers, spaces):
    """What a measure lacks comes back as the same sentence."""
    step = neighbors_step(spaces[0], 1000)
    reason = in_this_process(Graph((step,)), NoStore())(step)
    assert "1000 neighbours" in reason.reason
    assert reason == workers(Graph((step,)), NoStore())(step)


def test_no_scheduler_is_a_sentence(monkeypatch):
    """An address where nobody answers is named."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.connection.TIMEOUT", 0.5)
    with pytest.raises(ClusterFailed, match="no scheduler answers"), cluster("tcp://127.0.0.1:9"):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    """The sentence says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"hyperpolyglot\[cluster\]"), cluster("local:2"):
        pass


@pytest.mark.parametrize("name", ["options.toml", "options.yaml"])
def test_slurm_jobs(tmp_path, name):
    """The script that goes to Slurm says what the file asks for."""
    options = {
        "queue": '"long"',
        "cores": "8",
        "processes": "4",
        "memory": '"32GB"',
        "walltime": '"02:00:00"',
    }
    sign = " = " if name.endswith("toml") else ": "
    (tmp_path / name).write_text("".join(f"{k}{sign}{v}\n" for k, v in (options | {"jobs": "0"}).items()))
    with slurm_cluster(tmp_path / name) as started:
        script = started.job_script()
    for part in ("#SBATCH -p long", "#SBATCH --cpus-per-task=8", "--mem=30G", "-t 02:00:00", "--nworkers 4"):
        assert part in script


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("queue = ", "not readable"),
        ("corse = 8", "corse"),
        ("jobs = 'many'", r"jobs is a number, or \[least, most\]"),
        ("cores = 8", "memory"),
    ],
)
def test_a_wrong_file_for_slurm_is_a_sentence(tmp_path, text, what):
    """What is wrong in the file is said, and no job is started."""
    (tmp_path / "slurm.toml").write_text(text)
    with pytest.raises(DamagedFile, match=what), slurm_cluster(tmp_path / "slurm.toml"):
        pass
