"""Disturb a report in every way a machine can, start it again, and compare every byte with an undisturbed one.

    python tools/faults.py [FAULT…] [--times N] [--kills N] [--seed S]

Each trial has a cache of its own and two small models. After the disturbance the report is started once more; it is
*lost* if that fails, *wrong* if a byte of any file differs. Faults of the disk mount small file systems: they need
root, and are left out without it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hub_trials import HUB_FAULTS, NEEDS_MOUNTING, serve  # noqa: E402
from tests.conftest import planted_pieces, write_model  # noqa: E402
from tests.hub.server import LoopbackHub  # noqa: E402
from trials import Bad, Trial, content, expect  # noqa: E402

from hyperpolyglot import figures, report, study  # noqa: E402, F401  (imported before any process is forked)
from hyperpolyglot.engine.search import filtered, plain  # noqa: E402, F401
from hyperpolyglot.store import Store  # noqa: E402

LANGUAGES = ("en", "ru", "el", "zh")


def killed(trial: Trial) -> None:
    """The program is killed (SIGKILL) at a random moment."""
    run = trial.start()
    trial.moment()
    run.kill()
    run.wait()


def killed_again(trial: Trial) -> None:
    """The program is killed at three random moments, one after the other."""
    for _ in range(3):
        killed(trial)


def shared(trial: Trial) -> None:
    """Two programs share a cache; one is killed at a random moment, the other must not notice."""
    other = trial.start(out=trial.folder / "other")
    killed(trial)
    code = other.wait()
    expect(code == 0, f"the other program ended with {code}", other.log.read_text())
    expect(content(trial.folder / "other") == content(trial.whole), "the other program's result differs")


def flipped(trial: Trial) -> None:
    """One random bit of one random file in the cache is flipped; it must be said and computed again if it is read."""
    trial.run()
    files = sorted(p for p in trial.cache.rglob("*") if p.is_file() and p.stat().st_size)
    path = trial.chance.choice(files)
    raw = bytearray(path.read_bytes())
    raw[trial.chance.randrange(len(raw))] ^= 1 << trial.chance.randrange(8)
    path.write_bytes(raw)
    shutil.rmtree(trial.out)
    code, log = trial.run()
    said = "computed again" in log
    found = [path.parent.name] == [entry.key for entry in Store(trial.cache).verify()]
    expect(code == 0 and said != found, f"a flipped bit in {path.name} was {'' if said else 'not '}said", log)


def clock(trial: Trial) -> None:
    """The clock jumps by up to thirty years, back and forth, each time it is read."""
    chance = random.Random(trial.chance.random())
    true = time.time

    def jumps() -> None:
        time.time = lambda: true() + chance.uniform(-1e9, 1e9)
        time.time_ns = lambda: int(time.time() * 1e9)

    code, log = trial.run(jumps)
    expect(code == 0, f"ended with {code}", log)
    expect(trial.same(), "the result differs")
    for path in trial.cache.rglob("*"):
        os.utime(path, (jump := chance.uniform(0, 4e9), jump))


def memory(trial: Trial) -> None:
    """Memory runs out at a random size; nothing that is not whole may look whole."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + trial.chance.randrange(1 << 20, 300 << 20)
    code, log = trial.run(lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    whole = (trial.out / "manifest.json").exists()
    expect(whole == (code == 0), f"ended with {code}, a manifest is {'' if whole else 'not '}there", log)


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A file system of so many bytes on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def full_cache(trial: Trial) -> None:
    """The cache's disk is full at a random size; the report is made all the same, and it is said."""
    size = trial.chance.randrange(4096, trial.kept // 2)
    with small_disk(trial.cache, size):
        code, log = trial.run()
        expect(code == 0, f"ended with {code}", log)
        expect("not kept" in log, f"{size} bytes were enough", log)
        expect(trial.same(), "the result differs")


def full_output(trial: Trial) -> None:
    """The report's own disk is full at a random size; one sentence, and no manifest that says it is whole."""
    written = sum(len(content) for content in content(trial.whole).values())
    with small_disk(trial.out, trial.chance.randrange(4096, written - 65_536)):
        code, log = trial.run()
        expect(code == 1 and "Traceback" not in log, f"ended with {code}", log)
        expect(not (trial.out / "manifest.json").exists(), "a report that is not whole has a manifest")


def read_only(trial: Trial) -> None:
    """The cache, half filled, cannot be written to; the report is made all the same, and it is said."""
    killed(trial)
    trial.cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", str(trial.cache), str(trial.cache)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(trial.cache)], check=True)
        code, log = trial.run()
        expect(code == 0, f"ended with {code}", log)
        expect(trial.same(), "the result differs")
    finally:
        subprocess.run(["umount", "-l", str(trial.cache)], check=True)


@contextlib.contextmanager
def dask(folder: Path, limit: int | None = None) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of one thread: the address, and the processes, the scheduler's first.

    ``limit``: bytes of data that the second worker may have.
    """

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (limit or 0, limit or 0))

    folder.mkdir()
    place = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    here = ["--scheduler-file", str(place), "--no-dashboard"]
    alone = ["--nthreads", "1", "--no-nanny"]
    running = [subprocess.Popen([*DASK, "scheduler", "--port", "0", *here], **quiet)]
    try:
        while not place.exists() or not place.read_text():
            time.sleep(0.05)
        for setup in (None, limited if limit else None):
            command = [*DASK, "worker", *here, *alone]
            running.append(subprocess.Popen(command, preexec_fn=setup, **quiet))  # noqa: PLW1509
        yield json.loads(place.read_text())["address"], running
    finally:
        for process in running:
            process.kill()
            process.wait()


def worker_killed(trial: Trial) -> None:
    """One of two workers of a cluster is killed at a random moment; the report is made all the same."""
    with dask(trial.folder / "dask") as (address, processes):
        run = trial.start(more=["--cluster", address])
        time.sleep(trial.chance.uniform(1, 1 + 2 * trial.seconds))
        processes[-1].kill()
        code = run.wait()
        expect(code == 0, f"ended with {code}", run.log.read_text())
        expect(trial.same(), "the result differs")


def worker_short_of_memory(trial: Trial) -> None:
    """One of two workers has too little memory, at a random size; the report is made all the same."""
    limit = trial.chance.randrange(100 << 20, 800 << 20)
    with dask(trial.folder / "dask", limit) as (address, _):
        run = trial.start(more=["--cluster", address])
        code = run.wait()
        expect(code == 0, f"{limit >> 20} MiB: ended with {code}", run.log.read_text())
        expect(trial.same(), "the result differs")


def scheduler_killed(trial: Trial) -> None:
    """The scheduler of a cluster is killed at a random moment; one sentence, or a report that was done before."""
    with dask(trial.folder / "dask") as (address, processes):
        run = trial.start(more=["--cluster", address])
        time.sleep(trial.chance.uniform(1, 1 + 2 * trial.seconds))
        processes[0].kill()
        code, log = run.wait(), run.log.read_text()
        expect(code in (0, 1) and "Traceback" not in log, f"ended with {code}", log)


DASK = (sys.executable, "-m", "dask")
FAULTS = (
    *(killed, killed_again, shared, worker_killed, worker_short_of_memory, scheduler_killed),
    *(flipped, clock, memory, full_cache, full_output, read_only),
    *HUB_FAULTS,
)
MOUNTING = (full_cache, full_output, read_only, *NEEDS_MOUNTING)


def may_mount() -> bool:
    """Whether small file systems can be mounted here."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), 4096):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def models(folder: Path) -> tuple[list[str], list[str]]:
    """Two models of 240 tokens and the options of a report, with a lexicon, that takes seconds."""
    pieces = planted_pieces(60)
    draw = np.random.default_rng(0)
    apart = np.repeat(np.eye(4, 12) * 20, 60, axis=0) + draw.standard_normal((240, 12))
    together = np.tile(draw.standard_normal((60, 12)), (4, 1)) + 0.01 * draw.standard_normal((240, 12))
    names = [
        write_model(folder / name, vectors.astype(np.float32), pieces)
        for name, vectors in (("apart", apart), ("together", together))
    ]
    rows = [f"c{i % 60}\t{LANGUAGES[i // 60]}\t{piece[1:]}" for i, piece in enumerate(pieces)]
    (folder / "words.tsv").write_text("\n".join(["concept\tlanguage\tword", *rows]) + "\n", "utf8")
    options = ["--minimum", "50", "-k", "20", "--permutations", "19", "--skip", "map"]
    return names, [*options, "--lexicon", str(folder / "words.tsv")]


def undisturbed(folder: Path, arguments: list[str], running: LoopbackHub | None) -> Trial:
    """The report that others are compared with."""
    first = Trial(folder, arguments, random.Random(0), folder / "out", hub=running)
    folder.mkdir()
    first.run()  # what is compiled on first use is kept
    shutil.rmtree(first.cache)
    begun = time.monotonic()
    code, log = first.run()
    expect(code == 0, "the undisturbed report failed", log)
    first.seconds = time.monotonic() - begun
    first.kept = sum(path.stat().st_size for path in first.cache.rglob("*") if path.is_file())
    print(f"undisturbed: {first.seconds:.1f} s, {first.kept:,} bytes of cache\n")
    return first


def attempt(fault: Callable[[Trial], None], trial: Trial) -> str:
    """What became of one trial: ``"lost"``, ``"wrong"`` or nothing."""
    try:
        fault(trial)
    except Bad as reason:
        print(f"\n{fault.__name__}: {reason}", flush=True)
        return "wrong"
    code, log = trial.run()
    if code:
        print(
            f"\n{fault.__name__}: the report ended with {code} when it was started again\n{log}", flush=True
        )
        return "lost"
    return "" if trial.same() else "wrong"


def main() -> int:
    """Run the trials; 1 if anything was lost or wrong."""
    names = {fault.__name__.replace("_", "-"): fault for fault in FAULTS}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {', '.join(names)}; all without")
    parser.add_argument("--kills", type=int, default=200, help="trials of killed")
    parser.add_argument("--times", type=int, default=20, help="trials of every other fault")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = [names[name] for name in options.faults or names]
    if not may_mount():
        print("no file system can be mounted here: the faults of the disk are left out")
        chosen = [fault for fault in chosen if fault not in MOUNTING]
    bad = 0
    with tempfile.TemporaryDirectory() as folder, LoopbackHub() as running:
        root = Path(folder)
        names_here, settings = models(root)
        firsts: dict[bool, Trial] = {}
        for fetched in {fault in HUB_FAULTS for fault in chosen}:
            arguments = ["report", *(serve(running, names_here) if fetched else names_here), *settings]
            firsts[fetched] = undisturbed(root / f"whole-{fetched}", arguments, running if fetched else None)
        print("| fault | times | lost | wrong |\n|---|---|---|---|")
        for fault in chosen:
            times = options.kills if fault is killed else options.times
            first, found = firsts[fault in HUB_FAULTS], []
            for i in range(times):
                place = root / "trial"
                place.mkdir()
                chance = random.Random(f"{options.seed} {fault.__name__} {i}")
                trial = Trial(place, first.arguments, chance, first.out, first.seconds, first.kept, first.hub)
                found.append(attempt(fault, trial))
                shutil.rmtree(place)
            lost, wrong = found.count("lost"), found.count("wrong")
            bad += lost + wrong
            what = (fault.__doc__ or "").rstrip(".")
            print(f"| {what} | {times} | {lost} | {wrong} |", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
