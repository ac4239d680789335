"""Hand every parser damaged files by the hundred thousand; each must be opened or refused in one sentence.

    python tools/fuzz.py [PARSER…] [--compare] [--count N] [--seed S] [--jobs J]

Each input may take 10 seconds of a processor and 200 MiB. With ``--compare`` the reference libraries open the same
files (safetensors, numpy, gguf, tokenizers, sentencepiece, and torch where it is installed): what both open must give
the same numbers and tokens. If a reference crashes or hangs, that is counted and no finding. An input that fails any
of this is kept as ``tests/hostile/findings/PARSER-DIGEST.bin``, which the test suite replays.
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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
FINDINGS = ROOT / "tests" / "hostile" / "findings"
sys.path.insert(0, str(ROOT))

from tests.hostile.inputs import damaged  # noqa: E402
from tests.hostile.parsers import PARSERS, outcome  # noqa: E402
from tests.hostile.references import REFERENCES, compared  # noqa: E402

SECONDS = 10
REFERENCE_SECONDS = 2
MEMORY = 200 << 20
ADDRESSES = 1 << 30
PATIENCE = 6 * SECONDS
_OUTCOMES = (("opened", "refused"), ("both", "ours", "theirs", "neither"))
_STATE = struct.Struct("<7Q")
_IN_REFERENCE = 16
_FAILED = 3


class TooSlow(BaseException):
    """An input took longer than it may; no ``except Exception`` catches it."""


@dataclass
class Tally:
    """What became of the inputs of one parser; ``crashed``: those that the reference did not survive."""

    counts: Counter[str] = field(default_factory=Counter)
    crashed: int = 0
    findings: list[str] = field(default_factory=list)


class Worker:
    """A child that opens inputs ``first``, ``first + step``, …; what it does is seen in shared memory."""

    def __init__(self, parser: str, seed: int, numbers: range, comparing: bool) -> None:
        self.parser, self.seed, self.numbers, self.comparing = parser, seed, numbers, comparing
        self.state = mmap.mmap(-1, _STATE.size)
        self.changed = time.monotonic()
        self.seen = -1
        self.read_end, write_end = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.read_end)
            _work(self, write_end)
        os.close(write_end)

    def progress(self) -> tuple[int, int, Counter[str]]:
        """Inputs done, the number of the one under way, and what became of those before."""
        done, number, _, *counts = _STATE.unpack_from(self.state)
        return done, number, Counter(dict(zip(_OUTCOMES[self.comparing], counts, strict=False)))

    @property
    def in_reference(self) -> bool:
        """Whether the reference has the input under way."""
        return self.state[_IN_REFERENCE] != 0

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
    warnings.simplefilter("ignore" if worker.comparing else "error")
    signal.signal(signal.SIGPROF, _too_slow)
    _quiet(worker.comparing)
    cases = REFERENCES if worker.comparing else PARSERS
    for contents in cases[worker.parser].seeds():
        _outcome(worker, contents)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (addresses + ADDRESSES, addresses + ADDRESSES))
    counts = dict.fromkeys(_OUTCOMES[worker.comparing], 0)
    unused = (0,) * (4 - len(counts))
    for done, number in enumerate(worker.numbers):
        _STATE.pack_into(worker.state, 0, done, number, 0, *counts.values(), *unused)
        try:
            contents = damaged(worker.parser, worker.seed, number, cases)
            with _at_most(SECONDS):
                counts[_outcome(worker, contents)] += 1
            used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - idle
            if not worker.comparing and used > MEMORY + 2 * len(contents):
                raise MemoryError("it took more memory than it may")
        except BaseException:
            os.write(write_end, traceback.format_exc(limit=-4).encode("utf-8", "replace")[-4000:])
            os._exit(_FAILED)
    _STATE.pack_into(worker.state, 0, len(worker.numbers), 0, 0, *counts.values(), *unused)
    os._exit(0)


def _outcome(worker: Worker, contents: bytes) -> str:
    if not worker.comparing:
        return outcome(PARSERS[worker.parser].read, contents)

    def about(begins: bool) -> None:
        worker.state[_IN_REFERENCE] = begins
        signal.setitimer(signal.ITIMER_PROF, REFERENCE_SECONDS if begins else SECONDS)

    return compared(REFERENCES[worker.parser], contents, about)


def _quiet(comparing: bool) -> None:
    """Panics of native code are told on standard error, by the thousand."""
    if comparing:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _too_slow(*_: object) -> None:
    raise TooSlow


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(parser: str, count: int, seed: int, jobs: int, comparing: bool = False) -> Tally:
    """Open ``count`` inputs, numbers 0 to ``count`` − 1 of ``seed``; what is found is written to ``FINDINGS``."""
    tally = Tally()
    workers = [Worker(parser, seed, range(first, count, jobs), comparing) for first in range(jobs)]
    told = time.monotonic()
    while workers:
        time.sleep(0.02)
        for worker in list(workers):
            fault = worker.ended()
            if fault is None:
                continue
            workers.remove(worker)
            done, number, counts = worker.progress()
            tally.counts += counts
            if fault:
                if worker.in_reference:
                    tally.crashed += 1
                else:
                    tally.findings.append(_kept(parser, seed, number, fault, comparing))
                rest = worker.numbers[done + 1 :]
                if rest:
                    workers.append(Worker(parser, seed, rest, comparing))
        if time.monotonic() - told > 5:
            told = time.monotonic()
            under_way = sum(worker.progress()[0] for worker in workers) + tally.counts.total()
            print(f"{parser}: {under_way:,} of {count:,}", file=sys.stderr, flush=True)
    return tally


def _kept(parser: str, seed: int, number: int, fault: str, comparing: bool) -> str:
    contents = damaged(parser, seed, number, REFERENCES if comparing else PARSERS)
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
    options.add_argument("--compare", action="store_true", help="with what the reference libraries read")
    options.add_argument("--count", type=int, default=100_000, help="inputs per parser (%(default)s)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = options.parse_args()
    cases = REFERENCES if given.compare else PARSERS
    unknown = set(given.parsers) - set(cases)
    if unknown:
        options.error(f"no parser is called {', '.join(sorted(unknown))}")
    found = 0
    outcomes = (*_OUTCOMES[given.compare], *(["crashed"] if given.compare else []))
    columns = "".join(f" {name:>9}" for name in outcomes)
    print(f"{'parser':16} {'inputs':>9}{columns} {'seconds':>8} {'findings':>9}")
    for parser in given.parsers or cases:
        began = time.monotonic()
        tally = fuzz(parser, given.count, given.seed, given.jobs, given.compare)
        found += len(tally.findings)
        counts = tally.counts | Counter(crashed=tally.crashed)
        columns = "".join(f" {counts[name]:9,}" for name in outcomes)
        print(
            f"{parser:16} {given.count:9,}{columns} {time.monotonic() - began:8.0f} {len(tally.findings):9}",
            flush=True,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
