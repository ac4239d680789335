"""Workers that come late, cannot answer or have too little memory, a scheduler that dies, Ctrl-C at the terminal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from distributed import LocalCluster, get_worker
from distributed.versions import VersionMismatchWarning, error_message, get_versions

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.provenance import VERSION
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import Graph, neighbors_step
from hyperpolyglot.study.cluster import cluster
from hyperpolyglot.study.cluster.connection import _differences_noted
from hyperpolyglot.study.cluster.shortages import Shortages
from hyperpolyglot.study.cluster.worker_pool import WorkerPool
from hyperpolyglot.types import silent
from tests.study.conftest import digests

pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore:Scheduler already contains"
)
PATIENCE = 60


def soon(true):
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass(frozen=True, kw_only=True)
class Short(Search):
    """A search for which there is too little memory the first few times, on whichever worker."""

    folder: Path
    times: int
    kind: type[Exception] = MemoryError

    def __call__(self, *given):
        before = len(list(self.folder.iterdir()))
        (self.folder / uuid.uuid4().hex).touch()
        if before < self.times:
            raise self.kind("can't start new thread")
        return AUTO(*given)


def test_a_worker_joins_and_too_little_memory_is_tried_again(run, spaces, undisturbed, tmp_path, monkeypatch):
    """A worker that comes late changes nothing; a step that finds too little memory is run again, a few times."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.shortages._BREATH", 0.1)
    with cluster("local:1") as execute:
        client = execute._client
        asked = []

        def progress(step, done, total):
            if done and not asked:
                asked.append(client.cluster.scale(2))

        assert undisturbed[0] == run(tmp_path / "cache", executor=execute, progress=progress)
        assert undisturbed[1] == digests(tmp_path / "cache")
        soon(lambda: 2 == len(client.nthreads()))
        (tmp_path / "few").mkdir()
        step = neighbors_step(spaces[0], 20, search=Short(folder=tmp_path / "few", times=2))
        found = execute(Graph((step,)), NoStore())(step)
        np.testing.assert_array_equal(neighbors(spaces[0], 20).rows, found.rows)
        (tmp_path / "many").mkdir()
        step = neighbors_step(
            spaces[0],
            20,
            search=Short(folder=tmp_path / "many", times=99, kind=RuntimeError),
        )
        with pytest.raises(ClusterFailed, match="no worker had memory enough"):
            execute(Graph((step,)), NoStore())


@dataclass(frozen=True, kw_only=True)
class Lethal(Search):
    """A search for which the worker that is first has too little memory, and of which another dies, once."""

    folder: Path
    short: bool

    def __call__(self, *given):
        here = get_worker().address.rpartition(":")[2]
        (self.folder / uuid.uuid4().hex).write_text(here)
        if self.short and claimed(self.folder / "short", here) == here:
            raise MemoryError
        if claimed(self.folder / "dead", here) == here:
            os.kill(os.getpid(), signal.SIGKILL)
        return AUTO(*given)


def claimed(path, here):
    """Who was first to write a name to a file."""
    with contextlib.suppress(FileExistsError), path.open("x") as file:
        file.write(here)
    return path.read_text()


@pytest.mark.parametrize(("workers", "short"), [(1, False), (2, True)])
def test_the_last_worker_for_a_step_dies(spaces, tmp_path, monkeypatch, workers, short):
    """A worker short of memory does not get the step again, and one that comes late runs what waits for a worker."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.shortages._BREATH", 10 * PATIENCE)
    with cluster(f"local:{workers}") as execute:
        step = neighbors_step(spaces[0], 20, search=Lethal(folder=tmp_path, short=short))
        found = execute(Graph((step,)), NoStore())(step)
    np.testing.assert_array_equal(neighbors(spaces[0], 20).rows, found.rows)
    ran = [path.read_text() for path in tmp_path.iterdir() if path.name not in ("short", "dead")]
    assert workers + 1 == len(set(ran))
    if short:
        assert 1 == ran.count((tmp_path / "short").read_text())


HANGING = """
import sys, time
class Hanging:
    def find_spec(self, name, path=None, target=None):
        if name == "hyperpolyglot": time.sleep(3600)
sys.meta_path.insert(0, Hanging())
"""
FAILING = HANGING.replace("time.sleep(3600)", 'raise MemoryError("no memory")')


@contextlib.contextmanager
def dask(folder, *workers):
    """A scheduler and workers that run some code before everything else: the address, and the processes."""
    place = folder / "scheduler.json"
    here = ["--scheduler-file", str(place), "--no-dashboard"]
    command = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    started = [
        subprocess.Popen([*command, "scheduler", "--port", "0", "--host", "127.0.0.1", *here], **quiet)
    ]
    try:
        soon(lambda: place.exists() and place.read_text())
        for i, code in enumerate(workers):
            (folder / str(i)).mkdir()
            (folder / str(i) / "sitecustomize.py").write_text(code)
            path = os.pathsep.join([str(folder / str(i)), *sys.path])
            worker = [*command, "worker", "--nthreads", "1", "--no-nanny", *here]
            started.append(subprocess.Popen(worker, **quiet, env=os.environ | {"PYTHONPATH": path}))
        yield json.loads(place.read_text())["address"], started
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_workers_that_cannot_answer(run, undisturbed, tmp_path, monkeypatch):
    """A worker that hangs or fails when it imports the program gets no steps and holds nothing up."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.worker_pool._LATE", 1.0)
    said = []
    with dask(tmp_path, "", HANGING, FAILING) as (address, _), cluster(address, said.append) as execute:
        execute._client.wait_for_workers(3)
        assert undisturbed[0] == run(tmp_path / "cache", executor=execute)
        assert undisturbed[1] == digests(tmp_path / "cache")
    assert ["no memory."] == [sentence.partition(" runs no steps: ")[2] for sentence in said]


def test_nobody_can_answer(spaces, tmp_path, monkeypatch):
    """Where no worker can run steps, that is said, and why each of them cannot."""
    graph, said = Graph((neighbors_step(spaces[0], 20),)), []
    monkeypatch.setattr("hyperpolyglot.study.cluster.worker_pool._LATE", 1.0)
    with dask(tmp_path, FAILING) as (address, _), cluster(address, said.append) as execute:
        execute._client.wait_for_workers(1)
        with pytest.raises(ClusterFailed, match="no worker can run steps"):
            execute(graph, NoStore())
    monkeypatch.setattr("hyperpolyglot.study.cluster.worker_pool.VERSION", "0.0")
    with cluster("local:1", said.append) as execute, pytest.raises(ClusterFailed, match="see that all have"):
        execute(graph, NoStore())
    assert "runs no steps: no memory." in said[0]
    assert f"runs no steps: it has hyperpolyglot {VERSION}, and not 0.0." in said[1]


class Answers:
    """A client of workers that answer at once: those called bad, that they cannot run steps."""

    status = "running"

    def __init__(self, *there):
        self.there = there

    def nthreads(self):
        return dict.fromkeys(self.there, 1)

    def submit(self, *_, workers=("nobody",), **__):
        status = "error" if workers[0] == "bad" else "finished"
        return SimpleNamespace(status=status, exception=lambda: MemoryError("no memory"))


def test_a_worker_that_comes_back_is_waited_for(monkeypatch):
    """While the one worker that runs steps is started again, another that runs none does not end the study."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.worker_pool._REFRESH", 0.0)
    monkeypatch.setattr("hyperpolyglot.study.cluster.worker_pool._LATE", 0.0)
    client, said, looked = Answers("bad", "good"), [], []
    pool = WorkerPool(client, said.append)
    pool.wait_for_workers(silent)
    client.there = ("bad",)
    assert set() == pool.ready()

    def interrupted():
        looked.append(1)
        if len(looked) > 5:
            client.there = ("bad", "good again")

    pool.wait_for_workers(silent, interrupted)
    assert {"good again"} == pool.ready()
    assert ["bad runs no steps: no memory."] == said


def test_a_step_waits_where_nobody_is(spaces, monkeypatch):
    """Without a worker nothing goes; one that had too little memory gets the step again after a while."""
    step, shortages = neighbors_step(spaces[0], 20), Shortages()
    assert not shortages.may_go(step, set())
    assert shortages.may_go(step, {"a"})
    shortages.note(step, "a")
    assert not shortages.may_go(step, {"a"})
    assert {"b"} == shortages.chosen(step, {"a", "b"})
    monkeypatch.setattr("hyperpolyglot.study.cluster.shortages._BREATH", -1.0)
    shortages.note(step, "a")
    assert shortages.may_go(step, {"a"})
    assert not shortages.may_go(step, set())


def without_memory(*_):
    """Stands in for what Dask does around a step."""
    raise MemoryError


def test_too_little_memory_around_a_step(spaces, monkeypatch):
    """It is the same sentence where it was not the step itself that had too little."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.run.run_step", without_memory)
    with cluster("local:1") as execute, pytest.raises(ClusterFailed, match="no worker had memory enough"):
        execute(Graph((neighbors_step(spaces[0], 20),)), NoStore())


def test_versions_that_differ_are_a_sentence():
    """Dask's table of packages becomes their names; other warnings stay what they are."""
    here, there, said = get_versions(), get_versions(), []
    there["packages"]["numpy"] = "0.1"
    table = error_message(here, {"tcp://worker": there}, here)["warning"]

    def connect():
        with _differences_noted(said.append):
            warnings.warn(VersionMismatchWarning(table), stacklevel=1)
            warnings.warn("something else", stacklevel=1)

    with pytest.warns(UserWarning, match="something else"):
        connect()
    assert ["Versions differ between here and the cluster, and so may last digits: numpy."] == said


def test_a_cluster_that_grows_with_its_work(spaces):
    """Where there is no worker yet and none comes without work to do, there is some."""
    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50) as started:
        started.adapt(minimum=0, maximum=1, interval="100ms", wait_count=100)
        with cluster(started.scheduler_address) as execute:
            step = neighbors_step(spaces[0], 20)
            found = execute(Graph((step,)), NoStore())(step)
    np.testing.assert_array_equal(neighbors(spaces[0], 20).rows, found.rows)


def test_the_scheduler_dies(run, undisturbed, tmp_path, monkeypatch):
    """One sentence; what was done is kept, and the study goes on without a cluster."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.connection.TIMEOUT", 5)
    with dask(tmp_path, "") as (address, processes):

        def progress(step, done, total):
            if done:
                processes[0].kill()

        with (
            pytest.raises(ClusterFailed, match="connection to the scheduler is lost"),
            cluster(address) as execute,
        ):
            run(tmp_path / "cache", executor=execute, progress=progress)
    assert 0 < len(digests(tmp_path / "cache")) < len(undisturbed[1])
    assert undisturbed[0] == run(tmp_path / "cache")
    assert undisturbed[1] == digests(tmp_path / "cache")


def members(session):
    """The processes of a session that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, belongs = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(belongs) == session and state != "Z":
            found.append(path.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc tells which processes are left")
def test_ctrl_c_ends_the_command_and_its_workers(clustered, translated, tmp_path):
    """A terminal sends it to all processes: exit code 1, no traceback, nobody left, no step half-kept."""
    command = [sys.executable, "-m", "hyperpolyglot", "report", clustered, translated]
    command += ["--cluster", "local:2", "--cache", str(tmp_path / "cache"), "-o", str(tmp_path / "out")]
    with (tmp_path / "log").open("w") as log:
        program = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    soon(lambda: list((tmp_path / "cache").glob("*/*/manifest.json")))
    assert 3 < len(members(program.pid))
    os.killpg(program.pid, signal.SIGINT)
    assert 1 == program.wait(PATIENCE)
    soon(lambda: not members(program.pid))
    assert "Traceback" not in (tmp_path / "log").read_text("utf8")
    assert [] == Store(tmp_path / "cache").verify()
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_worker_dies_while_it_is_sent_something(spaces, monkeypatch):
    """What could not be delivered is sent again; where nobody ever accepts it, a sentence says so."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.scatter._PAUSE", 0.0)
    expected, failures = neighbors(spaces[0], 20), [3]
    with cluster("local:1") as execute:
        scatter = execute._client.scatter

        def closing(*given, **more):
            failures[0] -= 1
            if failures[0] >= 0:
                raise OSError("Stream is closed")
            return scatter(*given, **more)

        monkeypatch.setattr(execute._client, "scatter", closing)
        step = neighbors_step(spaces[0], 20)
        np.testing.assert_array_equal(expected.rows, execute(Graph((step,)), NoStore())(step).rows)
        failures[0] = 1000
        with pytest.raises(ClusterFailed, match="no worker accepts"):
            execute(Graph((step,)), NoStore())
