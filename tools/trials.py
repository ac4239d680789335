"""A report in the making, what disturbs it, and whether it ends as an undisturbed one does."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.hub.server import LoopbackHub

from hyperpolyglot.cli.app import main as program

__all__ = ["Bad", "Setup", "Trial", "content", "expect"]

Setup = Callable[[], None]
PATIENCE = 600
"""Seconds after which a report that goes on is one that never ends."""


@dataclass
class Run:
    """A report in the making: a process of its own, killed with all that it started."""

    pid: int
    log: Path

    def kill(self) -> None:
        """Kill it as the system does when memory runs out: at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code; 128 and more for a signal, that of killing it if it never ends included."""
        deadline = time.monotonic() + PATIENCE
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            time.sleep(0.01)
            if time.monotonic() > deadline:
                self.kill()
        _, status = ended
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code


@dataclass
class Trial:
    """One report with its folder, cache and chance.

    ``whole`` is the undisturbed one, which took ``seconds`` and ``kept`` bytes of cache; ``hub``: where models
    are fetched from.
    """

    folder: Path
    arguments: list[str]
    chance: random.Random
    whole: Path
    seconds: float = 0.0
    kept: int = 0
    hub: LoopbackHub | None = None
    cache: Path = field(init=False)
    out: Path = field(init=False)

    def __post_init__(self) -> None:
        self.cache, self.out = self.folder / "cache", self.folder / "out"

    def start(self, setup: Setup = lambda: None, out: Path | None = None, more: Sequence[str] = ()) -> Run:
        """Start the report, in a process that ``setup`` is called in first."""
        log = self.folder / f"log-{time.monotonic_ns()}"
        pid = os.fork()
        if pid == 0:
            os.environ |= {"HYPERPOLYGLOT_CACHE": str(self.cache), "HF_HOME": str(self.folder / "home")}
            if self.hub is not None:
                os.environ["HF_ENDPOINT"] = self.hub.endpoint
            _become(setup, log, [*self.arguments, "-o", str(out or self.out), *more])
        return Run(pid, log)

    def run(self, setup: Setup = lambda: None, out: Path | None = None) -> tuple[int, str]:
        """Make the report; its exit code and what it said."""
        started = self.start(setup, out)
        code = started.wait()
        return code, started.log.read_text()

    def moment(self) -> None:
        """Wait for a random moment of the report."""
        time.sleep(self.chance.uniform(0, self.seconds))

    def same(self) -> bool:
        """Whether the report is the undisturbed one, to the byte."""
        return content(self.out) == content(self.whole)


def content(folder: Path) -> dict[str, bytes]:
    """The files of a report; hidden ones are what a killed process left, and nobody's result."""
    paths = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _become(setup: Setup, log: Path, arguments: list[str]) -> None:
    """Turn this forked process into the program."""
    code = 70
    try:
        with log.open("w") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
        setup()
        program(arguments)
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class Bad(Exception):
    """The disturbed run itself did what it must not do."""


def expect(condition: bool, what: str, log: str = "") -> None:
    """Raise :class:`Bad` with a reason unless a condition holds."""
    if not condition:
        raise Bad(f"{what}\n{log}")
