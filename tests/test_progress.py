"""What a user sees while something takes long: a line for each finished step, and the one that runs."""

from __future__ import annotations

import io

import pytest

import hyperpolyglot as hp
from hyperpolyglot.cli import terminal
from hyperpolyglot.store import NoStore


class Screen(io.StringIO):
    """Standard error that is a terminal or not."""

    def __init__(self, tty):
        super().__init__()
        self._tty = tty

    def isatty(self):
        return self._tty


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def run(monkeypatch, clock, tty):
    """Two steps of a study, of 30 and of half a second, each told as the study tells them; what was written."""
    screen = Screen(tty)
    monkeypatch.setattr(terminal.sys, "stderr", screen)
    with terminal.progress_bar() as bar:
        for title, seconds, before in (("e5: translate", 30, 0), ("e5: map", 0.5, 9_000)):
            bar(title, 0, 1)
            for part in range(3):
                bar(f"study · {title}", before + 100 * part, 10_000)
                clock[0] += seconds / 3
            bar(title, 1, 1)
    return screen.getvalue()


def test_a_pipe_gets_a_line_for_each_finished_step(monkeypatch, clock):
    """No percentages every few seconds; nothing of a step that took less than a second."""
    assert ["e5: translate: 30 s"] == run(monkeypatch, clock, tty=False).split("\n")[:-1]


def test_a_terminal_shows_what_runs_below_what_is_done(monkeypatch, clock):
    """The running step with its share, the time that passed and what is left; finished steps stay."""
    written = run(monkeypatch, clock, tty=True)
    assert "study · e5: translate:   2 %, 20 s, about 980 s left" in written
    assert "e5: translate: 30 s\n" in written
    assert "e5: map: " not in written.replace("study · e5: map: ", "")
    assert written.endswith("\r\x1b[K")


def test_what_waits_long_is_said_to_a_pipe_once_a_minute(monkeypatch, clock):
    """A long step gives a sign of life."""
    screen = Screen(False)
    monkeypatch.setattr(terminal.sys, "stderr", screen)
    with terminal.progress_bar() as bar:
        for second in range(0, 200, 5):
            clock[0] = second
            bar("neighbours", second, 1000)
    assert 3 == len(screen.getvalue().splitlines())


def test_a_study_tells_each_step_when_it_begins_and_ends():
    """Its name is that of the model and the measure, and every one that begins ends."""
    space = hp.open_model("demo:meaning")
    space = space.take(hp.sample_rows(space, 300))
    told = []
    options = hp.StudyOptions(
        k=10, skip=("map", "translate", "meanings", "languages", "explain", "fertility")
    )
    hp.run_study(
        [space], options, NoStore(), progress=lambda step, done, total: told.append((step, done, total))
    )
    begun = [step for step, done, total in told if (done, total) == (0, 1)]
    assert {"demo:meaning: neighbors", "demo:meaning: diversity", "demo:meaning: separability"} <= set(begun)
    assert sorted(begun) == sorted(step for step, done, total in told if (done, total) == (1, 1))
