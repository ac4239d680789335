"""Hand every parser damaged files by the hundred thousand; each must be opened or refused in one sentence.

    python tools/fuzz.py [PARSER…] [--count N] [--seed S] [--jobs J]

Each input may take 10 seconds of a processor and 200 MiB. What an input that fails any of this is kept as
``tests/hostile/findings/PARSER-DIGEST.bin``, which the test suite replays.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import os
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
FINDINGS = ROOT / "tests" / "hostile" / "findings"
sys.path.insert(0, str(ROOT))

from tests.hostile.inputs import damaged  # noqa: E402
from tests.hostile.parsers import PARSERS, outcome  # noqa: E402

SECONDS = 10
MEMORY = 200 << 20
ADDRESSES = 1 << 30
PATIENCE = 6 * SECONDS
_STATE = struct.Struct("<4Q")
_FAILED = 3


class TooSlow(BaseException):
    """An input took longer than it may; no ``except Exception`` catches it."""


@dataclass
class Tally:
    """What became of the inputs of one parser."""

    opened: int = 0
    refused: int = 0
    findings: list[str] = field(default_factory=list)


class Worker:
    """A child that opens inputs ``first``, ``first + step``, …; what it does is seen in shared memory."""

    def __init__(self, parser: str, seed: int, numbers: range) -> None:
        self.parser, self.seed, self.numbers = parser, seed, numbers
        self.state = mmap.mmap(-1, _STATE.size)
        self.changed = time.monotonic()
        self.seen = -1
        self.read_end, write_end = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.read_end)
            _work(self, write_end)
        os.close(write_end)

    def progress(self) -> tuple[int, int, int, int]:
        """Inputs done, opened and refused, and the number of the one under way."""
        return _STATE.unpack_from(self.state)

    def ended(self) -> str | None:
        """Why the worker is no more: ``""`` if it is done, else what killed it; ``None`` while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            with os.fdopen(self.read_end, "rb") as pipe:
                said = pipe.read().decode("utf-8", "replace")
            return "" if status == 0 else said or f"killed by signal {os.waitstatus_to_exitcode(status)}"
        done = self.progress()[0]
        if done != self.seen:
            self.seen, self.changed = done, time.monotonic()
        elif time.monotonic() - self.changed > PATIENCE:
            os.kill(self.pid, signal.SIGKILL)
            self.changed = time.monotonic()
        return None


def _work(worker: Worker, write_end: int) -> None:
    """The life of a worker; does not return."""
    os.nice(10)
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _too_slow)
    read = PARSERS[worker.parser].read
    for contents in PARSERS[worker.parser].seeds():
        outcome(read, contents)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (addresses + ADDRESSES, addresses + ADDRESSES))
    counts = {"opened": 0, "refused": 0}
    for done, number in enumerate(worker.numbers):
        _STATE.pack_into(worker.state, 0, done, *counts.values(), number)
        try:
            counts[_tried(worker.parser, damaged(worker.parser, worker.seed, number), idle)] += 1
        except BaseException:
            os.write(write_end, traceback.format_exc(limit=-4).encode("utf-8", "replace")[-4000:])
            os._exit(_FAILED)
    _STATE.pack_into(worker.state, 0, len(worker.numbers), *counts.values(), 0)
    os._exit(0)


def _tried(parser: str, contents: bytes, idle: int) -> str:
    with _at_most(SECONDS):
        found = outcome(PARSERS[parser].read, contents)
    if (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - idle > MEMORY + 2 * len(contents):
        raise MemoryError("it took more memory than it may")
    return found


def _too_slow(*_: object) -> None:
    raise TooSlow


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(parser: str, count: int, seed: int, jobs: int) -> Tally:
    """Open ``count`` inputs, numbers 0 to ``count`` − 1 of ``seed``; what is found is written to ``FINDINGS``."""
    tally = Tally()
    workers = [Worker(parser, seed, range(first, count, jobs)) for first in range(jobs)]
    told = time.monotonic()
    while workers:
        time.sleep(0.02)
        for worker in list(workers):
            fault = worker.ended()
            if fault is None:
                continue
            workers.remove(worker)
            done, opened, refused, number = worker.progress()
            tally.opened += opened
            tally.refused += refused
            if fault:
                tally.findings.append(_kept(parser, seed, number, fault))
                rest = worker.numbers[done + 1 :]
                if rest:
                    workers.append(Worker(parser, seed, rest))
        if time.monotonic() - told > 5:
            told = time.monotonic()
            under_way = sum(worker.progress()[0] for worker in workers) + tally.opened + tally.refused
            print(f"{parser}: {under_way:,} of {count:,}", file=sys.stderr, flush=True)
    return tally


def _kept(parser: str, seed: int, number: int, fault: str) -> str:
    contents = damaged(parser, seed, number)
    path = FINDINGS / f"{parser}-{hashlib.sha256(contents).hexdigest()[:12]}.bin"
    path.write_bytes(contents)
    print(
        f"{parser} input {number} of seed {seed}, kept as {path.name}:\n{fault}", file=sys.stderr, flush=True
    )
    return path.name


def main() -> int:
    """The command; its status is 1 where anything was found."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("parsers", nargs="*", metavar="PARSER", help=f"any of {', '.join(PARSERS)}")
    options.add_argument("--count", type=int, default=100_000, help="inputs per parser (%(default)s)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = options.parse_args()
    unknown = set(given.parsers) - set(PARSERS)
    if unknown:
        options.error(f"no parser is called {', '.join(sorted(unknown))}")
    found = 0
    print(f"{'parser':16} {'inputs':>9} {'opened':>9} {'refused':>9} {'seconds':>8} {'findings':>9}")
    for parser in given.parsers or PARSERS:
        began = time.monotonic()
        tally = fuzz(parser, given.count, given.seed, given.jobs)
        found += len(tally.findings)
        print(
            f"{parser:16} {given.count:9,} {tally.opened:9,} {tally.refused:9,} "
            f"{time.monotonic() - began:8.0f} {len(tally.findings):9}",
            flush=True,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
