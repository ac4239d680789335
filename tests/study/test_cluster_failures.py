"""Workers that come late or have too little memory, a scheduler that dies, and Ctrl-C at the terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import Graph, neighbors_step
from hyperpolyglot.study.cluster import cluster
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


def test_a_worker_joins_and_too_little_memory_is_tried_again(run, spaces, undisturbed, tmp_path):
    """A worker that comes late changes nothing; a step that finds too little memory is taken again, a few times."""
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


def test_the_scheduler_dies(run, undisturbed, tmp_path, monkeypatch):
    """One sentence; what was done is kept, and the study goes on without a cluster."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.connection.TIMEOUT", 5)
    place = tmp_path / "scheduler.json"
    here = ["--scheduler-file", str(place), "--no-dashboard"]
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    started = [subprocess.Popen([*dask, "scheduler", "--port", "0", "--host", "127.0.0.1", *here], **quiet)]
    try:
        soon(lambda: place.exists() and place.read_text())
        worker = [*dask, "worker", "--nthreads", "1", "--no-nanny", *here]
        started.append(subprocess.Popen(worker, **quiet))

        def progress(step, done, total):
            if done:
                started[0].kill()

        address = json.loads(place.read_text())["address"]
        with (
            pytest.raises(ClusterFailed, match="connection to the scheduler is lost"),
            cluster(address) as execute,
        ):
            run(tmp_path / "cache", executor=execute, progress=progress)
    finally:
        for process in started:
            process.kill()
            process.wait()
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
    """What could not be delivered is sent again; where nobody ever takes it, a sentence says so."""
    monkeypatch.setattr("hyperpolyglot.study.cluster.run._PAUSE", 0.0)
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
        with pytest.raises(ClusterFailed, match="no worker takes"):
            execute(Graph((step,)), NoStore())
