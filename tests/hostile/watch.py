"""Runs cases each in a process of its own; measures its processor time, and its memory above an idle process.

``python -m tests.hostile.watch MODULE:NAME FOLDER SECONDS`` imports the cases once and forks twice for each: one
child writes the case's file, another opens it. The results go to standard output, a JSON object a line.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from hyperpolyglot.errors import HyperpolyglotError

__all__ = ["Case", "Result", "watched"]

SECONDS = 10.0
_PATIENCE = 6
_ROOT = Path(__file__).parents[2]


class Case(NamedTuple):
    """``write`` makes files in a folder and returns the path to open; ``open`` returns what there is to say."""

    write: Callable[[Path], Path]
    open: Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case; ``seconds`` are a processor's, ``peak`` and ``size`` bytes, ``output`` was printed."""

    name: str
    outcome: str
    message: str
    seconds: float
    peak: int
    size: int
    output: str = ""


def watched(cases: str, folder: Path, seconds: float = SECONDS) -> dict[str, Result]:
    """The results of ``module:NAME``, a table of cases, by name."""
    command = [sys.executable, "-m", "tests.hostile.watch", cases, str(folder), str(seconds)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = [Result(**json.loads(line)) for line in done.stdout.splitlines()]
    return {result.name: result for result in results}


def _forked(work: Callable[[], dict[str, object]], most: float) -> tuple[dict[str, object], float]:
    """What a child returned, and the seconds of a processor that it took; a child that hangs is killed."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read_end)
        with os.fdopen(write_end, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        hung = not select.select([pipe], [], [], _PATIENCE * most)[0]
        if hung:
            os.kill(pid, signal.SIGKILL)
        said = pipe.read()
    _, status, used = os.wait4(pid, 0)
    seconds = used.ru_utime + used.ru_stime
    if not said:
        message = f"status {os.waitstatus_to_exitcode(status)}"
        return {"outcome": "hung" if hung else "crashed", "message": message}, seconds
    return json.loads(said), seconds


def _opened(case: Case, path: Path) -> dict[str, object]:
    printed = io.StringIO()
    before = _resident()
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            outcome, message = "opened", case.open(path)
        except HyperpolyglotError as error:
            outcome, message = "refused", str(error)
        except BaseException as error:
            outcome, message = "failed", f"{type(error).__name__}: {error}"
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before
    return {"outcome": outcome, "message": message, "peak": peak, "output": printed.getvalue()}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    """Run the table of cases named first, in the folder named second, each for the seconds named third."""
    place, _, table = sys.argv[1].partition(":")
    module, most = importlib.import_module(place), float(sys.argv[3])
    cases: dict[str, Case] = getattr(module, table)
    getattr(module, "prepare", lambda: None)()
    for number, (name, case) in enumerate(cases.items()):
        folder = Path(sys.argv[2]) / str(number)
        folder.mkdir()
        made, _ = _forked(lambda: {"path": str(case.write(folder))}, 10 * SECONDS)  # noqa: B023
        path = Path(str(made["path"]))
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        found, seconds = _forked(lambda: _opened(case, path), most)  # noqa: B023
        result = Result(name, seconds=seconds, size=size, **{"peak": 0, **found})  # type: ignore[arg-type]
        print(json.dumps(asdict(result)), flush=True)
        for file in folder.rglob("*"):
            if not file.is_dir():
                file.unlink()


if __name__ == "__main__":
    main()
