"""Independent steps run side by side; needs, order, failures and Ctrl-C are those of one after the other."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hyperpolyglot.engine.processor import blas_threads
from hyperpolyglot.measures.translation.recent import Recent
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import Graph, PlannedStep, in_this_process
from hyperpolyglot.study.graph import Cost
from hyperpolyglot.study.side_by_side import run_side_by_side
from hyperpolyglot.types import silent
from tests.study.conftest import digests

PATIENCE = 30


@dataclass(frozen=True)
class Number:
    """A record."""

    value: int


def step(name, compute, seconds=1.0, **arguments):
    """A planned step that is thought to take some seconds."""
    return PlannedStep(
        name=name,
        subject="model",
        kind=Number,
        inputs={"of": name},
        compute=compute,
        arguments=arguments,
        cost=Cost(rows=1, dim=1, bytes=1, seconds=seconds),
    )


@pytest.fixture
def two_threads(monkeypatch):
    """As on a machine with two cores."""
    monkeypatch.setenv("HYPERPOLYGLOT_THREADS", "2")


def test_two_steps_run_at_the_same_time(two_threads):
    """Each waits for the other, which it could not where one runs after the other."""
    both = threading.Barrier(2)

    def meets(progress):
        both.wait(PATIENCE)
        return Number(1)

    steps = step("a", meets), step("b", meets)
    outcomes = in_this_process(Graph(steps), NoStore())
    assert [1, 1] == [outcomes(one).value for one in steps]


def test_one_thread_runs_them_in_order(monkeypatch):
    """With one thread there is one step at a time, in this thread."""
    monkeypatch.setenv("HYPERPOLYGLOT_THREADS", "1")
    ran = []

    def runs(progress):
        ran.append(threading.current_thread())
        return Number(len(ran))

    steps = [step(name, runs) for name in "abc"]
    outcomes = in_this_process(Graph(tuple(steps)), NoStore())
    assert [1, 2, 3] == [outcomes(one).value for one in steps]
    assert {threading.main_thread()} == set(ran)


def test_needs_come_first(two_threads):
    """A step is given the records of those it needs, whatever else runs meanwhile."""

    def slow(progress):
        time.sleep(0.2)
        return Number(20)

    first = step("first", slow)
    second = step("second", lambda of, progress: Number(of.value + 2), of=first)
    third = step("third", lambda a, b, progress: Number(a.value + b.value), a=first, b=second)
    other = step("other", slow)
    outcomes = in_this_process(Graph((third, other, second)), NoStore())
    assert [42, 22, 20] == [outcomes(one).value for one in (third, second, other)]


def test_what_leads_to_most_work_is_first(two_threads):
    """A short step that a long one waits for goes before what is longer than itself and last of its chain."""
    ran = []

    def runs(name):
        def compute(progress, of=None):
            ran.append(name)
            return Number(1)

        return compute

    short = step("short", runs("short"), 1.0)
    long = step("long", runs("long"), 9.0, of=short)
    others = [step(f"other {i}", runs(f"other {i}"), 2.0 + i) for i in range(3)]
    run_side_by_side([*others, short, long], lambda step, stops: step.compute(silent), 1)
    assert ["other 0", "other 1", "other 2", "short", "long"] == ran
    ran.clear()
    in_this_process(Graph((*others, long)), NoStore())
    assert "short" in ran[:2]
    assert ran.index("long") < ran.index("other 0")


def test_products_share_the_threads(two_threads):
    """Two steps at a time have half of the threads each, in BLAS too; afterwards it has what it had."""
    threads = []

    def looks(progress):
        threads.extend(lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas")
        return Number(1)

    with threadpool_limits(2, user_api="blas"):
        in_this_process(Graph((step("a", looks), step("b", looks))), NoStore())
        assert {1} == set(threads)
        assert {2} == {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


def test_a_last_step_that_needs_all_others_has_all_threads(two_threads):
    """Nothing can run beside it, so its products need not share."""
    threads = {}

    def looks(name):
        def compute(progress, **_):
            threads[name] = {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}
            return Number(1)

        return compute

    a, b = step("a", looks("a")), step("b", looks("b"))
    with threadpool_limits(2, user_api="blas"):
        in_this_process(Graph((step("last", looks("last"), a=a, b=b),)), NoStore())
    assert {"a": {1}, "b": {1}, "last": {2}} == threads


def test_an_inner_limit_changes_nothing():
    """Two steps that each limit BLAS cannot leave the limit of one behind for the other."""

    def now():
        return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        with blas_threads(1):
            with blas_threads(2):
                assert {1} == now()
            assert {1} == now()
        assert {2} == now()


@pytest.mark.parametrize("fails_first", [True, False])
def test_a_failure_ends_the_others(two_threads, fails_first):
    """What one step raises comes here, whichever thread it was in; the other ends where it next tells its progress."""
    begun, ended = threading.Event(), threading.Event()

    def fails(progress):
        begun.wait(PATIENCE)
        raise RuntimeError("a bug")

    def lasts(progress):
        begun.set()
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                progress("lasting", 0, 1)
                time.sleep(0.01)
        except RuntimeError:
            ended.set()
            raise
        return Number(1)

    never = step("never", lambda progress: pytest.fail("a step began after a failure"))
    steps = [step("fails", fails), step("lasts", lasts)]
    with pytest.raises(RuntimeError, match="a bug"):
        in_this_process(Graph((*(steps if fails_first else steps[::-1]), never)), NoStore())
    assert ended.is_set()


def test_ctrl_c_ends_both(two_threads):
    """An interrupt meets the step of this thread at once and the other one at its next word."""
    ended = threading.Event()

    def other(step, stops):
        try:
            while True:
                stops()
                time.sleep(0.01)
        except KeyboardInterrupt:
            ended.set()
            raise

    def run(step, stops):
        if threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(PATIENCE)
        else:
            other(step, stops)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_side_by_side([step(name, None) for name in "ab"], run, 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.is_set()
    assert time.monotonic() < start + PATIENCE


def test_the_same_bytes_from_one_thread_and_from_two(run, undisturbed, tmp_path, monkeypatch):
    """Numbers and every file of the store do not depend on how many steps ran at once."""
    for threads in ("1", "2"):
        monkeypatch.setenv("HYPERPOLYGLOT_THREADS", threads)
        assert undisturbed[0] == run(tmp_path / threads)
        assert undisturbed[1] == digests(tmp_path / threads)
        assert len(list(Store(tmp_path / threads).entries())) > 0


def test_what_two_ask_at_once_is_found_out_once():
    """The second waits for what the first finds; one that fails leaves the next to try itself."""

    class About:
        pass

    about, recent, made = About(), Recent(2), []

    def make():
        made.append(1)
        time.sleep(0.2)
        if len(made) == 1:
            raise RuntimeError("the first fails")
        return "found"

    found = []

    def ask():
        try:
            found.append(recent(about, "key", make))
        except RuntimeError:
            found.append("failed")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert ["failed", "found", "found", "found"] == sorted(found)
    assert 2 == len(made)
