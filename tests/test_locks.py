"""A lock waits for a holder that lives and works, and for no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import pytest

from hyperpolyglot.locks import hold_if_possible

FORK = multiprocessing.get_context("fork")


def holder(path, ready, seconds, beat):
    with hold_if_possible(path, beat=beat):
        ready.set()
        time.sleep(seconds)


@pytest.fixture
def held_by(tmp_path):
    """Start a process that holds the lock for some seconds with a heartbeat of so many."""
    started = []

    def hold(seconds, beat):
        ready = FORK.Event()
        process = FORK.Process(target=holder, args=(tmp_path / "lock", ready, seconds, beat))
        process.start()
        started.append(process)
        assert ready.wait(10)
        return process

    yield hold
    for process in started:
        process.kill()
        process.join()


def waited(path, patience):
    begun = time.monotonic()
    with hold_if_possible(path, patience=patience):
        return time.monotonic() - begun


def test_waits_for_a_heart_that_beats(tmp_path, held_by):
    """A holder that works longer than the patience is waited for to its end."""
    process = held_by(1.2, beat=0.1)
    assert waited(tmp_path / "lock", patience=0.6) > 0.8
    process.join(5)
    assert 0 == process.exitcode


def test_does_not_wait_for_a_process_that_hangs(tmp_path, held_by):
    """A holder without a heartbeat is given up after the patience."""
    process = held_by(60, beat=0.1)
    os.kill(process.pid, signal.SIGSTOP)
    assert 0.5 < waited(tmp_path / "lock", patience=0.6) < 5


def test_does_not_wait_for_the_dead(tmp_path, held_by):
    """The lock of a killed process is free at once."""
    process = held_by(60, beat=0.1)
    process.kill()
    process.join()
    assert waited(tmp_path / "lock", patience=30) < 5


def test_goes_on_where_no_lock_can_be_made(tmp_path):
    """A place that is no folder stops nobody."""
    (tmp_path / "file").write_text("")
    assert waited(tmp_path / "file" / "lock", patience=0.2) < 5


def test_leaves_nothing(tmp_path):
    """The lock file goes with the lock."""
    waited(tmp_path / "lock", patience=1)
    assert [] == list(tmp_path.iterdir())
