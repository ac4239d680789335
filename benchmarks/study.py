"""What a study costs, and what workers gain: ``python benchmarks/study.py workers|graph|tasks|fit``.

``workers``: a study of eight models in this process with two threads and on 1, 2 and 4 worker processes of one thread,
each in a process of its own with nothing kept from before; wall seconds from the first step to the last, starting the
workers apart, and the digest of all numbers. ``graph``: CPU seconds of a one-model study outside the measures.
``tasks``: steps that cost nothing, by the second.
``fit``: CPU seconds of every step for several V and d, and the constants of the cost model that fit them best.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LANGUAGES = ("ar", "el", "en", "he", "hi", "ja", "ko", "ru", "th", "zh")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def write_models(folder: Path, count: int, tokens: int, dim: int) -> list[str]:
    """Synthetic tables over the vocabulary of the demo models, as ``.npz``."""
    from data import structured

    from hyperpolyglot import open_model

    pieces = [p for p in open_model("demo:meaning").vocabulary.texts if p]
    while len(pieces) < tokens:
        pieces += [f"{p}{len(pieces)}" for p in pieces[: tokens - len(pieces)]]
    names = []
    for seed in range(count):
        chosen = np.random.default_rng(0).permutation(len(pieces))[:tokens]
        path = folder / f"model-{seed}.npz"
        np.savez(path, embeddings=structured(tokens, dim, seed), tokens=np.array([pieces[i] for i in chosen]))
        names.append(str(path))
    return names


def options(skip: tuple[str, ...] = ("map",)) -> Any:
    """The options of a study, smaller where a constant amount of work would hide what grows with the table."""
    from hyperpolyglot import StudyOptions
    from hyperpolyglot.measures.comparison import CompareOptions
    from hyperpolyglot.measures.separability import SeparabilityOptions
    from hyperpolyglot.measures.translation import TranslateOptions

    return StudyOptions(
        separability=SeparabilityOptions(minimum=200),
        translate=TranslateOptions(languages=LANGUAGES, questions=200),
        compare=CompareOptions(permutations=19),
        skip=skip,  # type: ignore[arg-type]
    )


def one_study(names: list[str], where: str | None) -> dict[str, Any]:
    """A study with an empty store: seconds to start workers, seconds of the study, digest of its numbers."""
    from hyperpolyglot import Store, open_model, run_study
    from hyperpolyglot.report.numbers import results
    from hyperpolyglot.study.cluster import cluster

    spaces = [open_model(name) for name in names]
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, cluster(where) as execute:
        up = time.perf_counter() - begun
        begun, busy = time.perf_counter(), _cpu()
        found = run_study(spaces, options(), Store(Path(folder)), executor=execute)
        seconds, busy = time.perf_counter() - begun, _cpu() - busy
        client = getattr(execute, "_client", None)
        workers = list(client.run(_peak).values()) if client else []
    text = json.dumps(results(found), sort_keys=True)
    return {
        "up": up,
        "seconds": seconds,
        "client_cpu": busy,
        "peak": _peak(),
        "workers": max(workers, default=0.0),
        "digest": hashlib.sha256(text.encode()).hexdigest()[:12],
    }


def _peak() -> float:
    """MiB that this process took at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def workers(arguments: argparse.Namespace) -> None:
    """Time against workers."""
    with tempfile.TemporaryDirectory() as folder:
        names = write_models(Path(folder), arguments.models, arguments.tokens, arguments.dim)
        print(f"{arguments.models} models of {arguments.tokens:,} × {arguments.dim}, {_machine()}")
        base: float | None = None
        for where in arguments.where.split(","):
            found = _in_a_process(names, where)
            base = base or found["seconds"]
            print(
                f"{where:10s} {found['seconds']:7.1f} s, {found['seconds'] / base:5.2f} of the first; workers up in "
                f"{found['up']:4.1f} s; client {found['client_cpu']:5.1f} CPU s, {found['peak']:5.0f} MiB; "
                f"a worker {found['workers']:5.0f} MiB; numbers {found['digest']}",
                flush=True,
            )


def _in_a_process(names: list[str], where: str) -> dict[str, Any]:
    threads = where.removeprefix("threads:") if where.startswith("threads:") else "1"
    environment = os.environ | dict.fromkeys((*ONE_THREAD, "HYPERPOLYGLOT_THREADS"), threads)
    command = [sys.executable, __file__, "one", *names, "--where", where]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(arguments: argparse.Namespace) -> None:
    """One study of :func:`workers`, in this process."""
    where = None if arguments.where.startswith("threads:") else arguments.where
    print(json.dumps(one_study(arguments.names, where)))


def _timed_steps(names: list[str], skip: tuple[str, ...]) -> tuple[dict[str, float], float, float]:
    """CPU seconds of every step of a study in this process, of its plan, and of all of it."""
    from hyperpolyglot import Store, open_model
    from hyperpolyglot.lexicon import packaged_lexicon
    from hyperpolyglot.report import write_report
    from hyperpolyglot.study import plan_study, run_plan

    spent: dict[str, float] = defaultdict(float)
    whole = time.process_time()
    spaces = [open_model(name) for name in names]
    begun = time.process_time()
    plan = plan_study(spaces, options(skip), packaged_lexicon())
    planned = time.process_time() - begun
    for step in plan.graph:
        object.__setattr__(step, "compute", _timed(step.compute, step.name, spent))
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        found = run_plan(plan, Store(Path(folder, "store")))
        outside = time.process_time() - begun - sum(spent.values()) + planned
        write_report(found, Path(folder, "report"))
    return spent, outside, time.process_time() - whole


def _timed(compute: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*given: Any, **more: Any) -> Any:
        begun = time.process_time()
        try:
            return compute(*given, **more)
        finally:
            spent[name] += time.process_time() - begun

    return timed


def graph(arguments: argparse.Namespace) -> None:
    """What planning, looking up, taking apart and keeping cost, beside the measures themselves."""
    with tempfile.TemporaryDirectory() as folder:
        names = write_models(Path(folder), 1, arguments.tokens, arguments.dim)
        _timed_steps(names, ("map",))  # compiled code is loaded, modules are there
        spent, outside, whole = _timed_steps(names, ("map",))
    print(f"one model of {arguments.tokens:,} × {arguments.dim}, {_machine()}")
    print(f"measures {sum(spent.values()):.2f} CPU s, report {whole:.2f} CPU s in all")
    print(f"outside the measures {outside:.3f} CPU s, {100 * outside / whole:.2f} % of the report")


def tasks(arguments: argparse.Namespace) -> None:
    """How many steps a second this process and the scheduler get through, where a step costs nothing."""
    from hyperpolyglot.store import NoStore
    from hyperpolyglot.study import Graph, PlannedStep
    from hyperpolyglot.study.cluster import cluster
    from hyperpolyglot.study.graph import Cost

    nothing = Cost(rows=0, dim=0, bytes=0, seconds=1.0)
    with cluster("local:2") as execute:
        for count in (200, 1000, 4000):
            steps = tuple(
                PlannedStep(
                    name="nothing", subject=str(i), kind=_Nothing, inputs={"i": i}, compute=_nothing,
                    arguments={}, cost=nothing,
                )
                for i in range(count)
            )  # fmt: skip
            begun, busy = time.perf_counter(), _cpu()
            execute(Graph(steps), NoStore())
            seconds, busy = time.perf_counter() - begun, _cpu() - busy
            print(
                f"{count:5d} steps: {1e3 * seconds / count:.2f} ms each, {1e3 * busy / count:.2f} CPU ms here"
            )


@dataclass(frozen=True)
class _Nothing:
    """The record of a step that measures nothing."""

    x: int


def _nothing(progress: Any) -> _Nothing:
    return _Nothing(0)


def fit(arguments: argparse.Namespace) -> None:
    """The cost model: seconds = a·V²·d + b·V·d + c·V for every step, by non-negative least squares on ratios."""
    from scipy.optimize import nnls

    rows: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes.split(","):
            tokens, dim = map(int, size.split("x"))
            names = write_models(Path(folder), 2, tokens, dim)
            if not rows:
                _timed_steps(names, ())
            spent, _, _ = _timed_steps(names, ())
            for name, seconds in spent.items():
                rows[name].append(
                    (tokens, dim, seconds / (1 if name == "compare" else 4 if name == "neighbors" else 2))
                )
            print(f"{size:12s}", "  ".join(f"{n} {s:.2f}" for n, s in sorted(spent.items())), flush=True)
    print(f"seconds per 10⁹ of (V²·d, V·d, V), {_machine()}")
    for name, measured in sorted(rows.items()):
        weights = np.array([1 / s for *_, s in measured])
        terms = np.array([(v * v * d, v * d, v) for v, d, _ in measured]) * 1e-9
        constants, _ = nnls(terms * weights[:, None], np.ones(len(measured)))
        off = np.exp(np.abs(np.log(np.maximum(terms @ constants, 1e-9) * weights)).max())
        print(f"{name:14s}", "  ".join(f"{c:12.4g}" for c in constants), f"  off by at most × {off:.2f}")


def _machine() -> str:
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["workers", "graph", "tasks", "fit", "one"])
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--models", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=6000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--where", default="local:1,local:2,threads:2,local:4")
    parser.add_argument("--sizes", default="4000x64,8000x64,16000x64,4000x256,8000x256,16000x256")
    arguments = parser.parse_args()
    {"workers": workers, "graph": graph, "fit": fit, "tasks": tasks, "one": one}[arguments.what](arguments)


if __name__ == "__main__":
    main()
