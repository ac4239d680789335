"""How long things take on this machine: opening, labelling, neighbours by each back end, probes."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import OpeningOptions, opening_group
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import k_option
from hyperpolyglot.cli.output import TABLE, OutputOptions, emit, output_group

if TYPE_CHECKING:
    from hyperpolyglot.loading import Opening
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.types import Float32, Progress

__all__ = ["bench"]

_WARM = 2048
_FLOOR = "all products and nothing else"
_SEARCH = "neighbours of all tokens"
Task = tuple[str, str | None, Callable[[], object]]


def _machine() -> dict[str, Any]:
    """What the seconds were measured on."""
    import platform

    import numpy as np

    from hyperpolyglot.engine.processor import usable_threads

    name = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = described.read_text("utf8", "replace").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    return {
        "processor": name,
        "architecture": platform.machine(),
        "cores": usable_threads(None),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _backends(vectors: Float32, k: int, threads: int | None) -> Iterator[str]:
    """The back ends that search all tokens and run as themselves here; what is compiled on first use is compiled."""
    from typing import get_args

    from hyperpolyglot.engine.nearest import Backend, int8_is_fast, nearest

    few = vectors[: max(_WARM, k + 1)]
    for backend in get_args(Backend):
        if backend in ("auto", "direct") or (backend == "int8" and not int8_is_fast()):
            continue
        if nearest(few, k, threads=threads, backend=backend).certificate.backend == backend:
            yield backend


def _products(vectors: Float32) -> None:
    """Every inner product in float32 by numpy's BLAS, kept nowhere: what brute force cannot do without."""
    import numpy as np

    out = np.empty((1024, len(vectors)), np.float32)
    for top in range(0, len(vectors), 1024):
        rows = vectors[top : top + 1024]
        np.matmul(rows, vectors.T, out=out[: len(rows)])


def _tasks(
    space: TokenSpace, opening: Opening, k: int, most: int, threads: int | None
) -> tuple[list[Task], dict[str, int]]:
    """What is measured, on at most so many tokens, and its size."""
    import numpy as np

    from hyperpolyglot.engine.cosine import unit_rows
    from hyperpolyglot.engine.nearest import nearest
    from hyperpolyglot.errors import NotEnoughData
    from hyperpolyglot.labels import label
    from hyperpolyglot.loading import open_model
    from hyperpolyglot.measures.separability import SeparabilityOptions, separability

    rows = space.candidates().rows
    if len(rows) < 3:
        raise NotEnoughData(f"{space.model}: {len(rows)} tokens have a vector; there is nothing to measure.")
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    vectors, part = unit_rows(space.vectors(rows)), space.take(rows)
    k = min(k, len(rows) - 1)
    tasks: list[Task] = [
        ("opening", None, lambda: open_model(space.origin, opening)),
        ("labelling", None, lambda: label(space.vocabulary)),
        (_FLOOR, "numpy", lambda: _products(vectors)),
    ]
    for backend in _backends(vectors, k, threads):
        tasks.append(
            (_SEARCH, backend, lambda b=backend: nearest(vectors, k, threads=threads, backend=b))  # type: ignore[misc]
        )
    if sum(count >= SeparabilityOptions().minimum for count in part.labels.counts().values()) > 1:
        tasks.append(("probes", None, lambda: separability(part, threads=threads)))
        tasks[-1][2]()
    return tasks, {"tokens": len(rows), "dim": vectors.shape[1], "k": k}


@contextmanager
def _quiet_garbage() -> Iterator[None]:
    import gc

    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _measured(tasks: list[Task], rounds: int, progress: Progress) -> list[dict[str, Any]]:
    """Every task once a round, in turn; medians of seconds, and of the ratios within a round."""
    seconds: list[list[float]] = [[] for _ in tasks]
    with _quiet_garbage():
        for done in range(rounds):
            for place, (_, _, run) in enumerate(tasks):
                progress("measuring", done * len(tasks) + place, rounds * len(tasks))
                begun = time.perf_counter()
                run()
                seconds[place].append(time.perf_counter() - begun)
    progress("measuring", rounds * len(tasks), rounds * len(tasks))
    floor = next(s for (what, _, _), s in zip(tasks, seconds, strict=True) if what == _FLOOR)
    return [
        {
            "what": what,
            "backend": backend,
            "seconds": statistics.median(own),
            "least": min(own),
            "ratio": statistics.median(f / s for f, s in zip(floor, own, strict=True))
            if what == _SEARCH
            else None,
        }
        for (what, backend, _), own in zip(tasks, seconds, strict=True)
    ]


@click.command(
    cls=Described,
    purpose="Other",
    short_help="How fast things are on this machine.",
    examples=(
        "hyperpolyglot bench",
        "hyperpolyglot bench demo:e5 --tokens 5000",
    ),
)
@click.argument("model", default="demo:meaning")
@opening_group
@k_option(100, most=None, says="Neighbours of each token.")
@click.option(
    "--rounds", type=click.IntRange(1), default=3, show_default=True, help="Times that all is measured."
)
@click.option(
    "--tokens",
    type=click.IntRange(3),
    default=60_000,
    show_default=True,
    help="Measure neighbours and probes on at most so many tokens, drawn at random.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="Threads of our own work.  [default: one for each processor]"
)
@output_group(TABLE)
def bench(
    model: str,
    opening: OpeningOptions,
    k: int,
    rounds: int,
    tokens: int,
    threads: int | None,
    output: OutputOptions,
) -> None:
    """Measure how fast things are on this machine.

    Opening, labelling, the neighbours of all tokens by every back end that
    runs here, and the probes of separability, on MODEL (default:
    demo:meaning). Nothing is looked up in the cache. Seconds are medians over
    rounds that alternate; "times" is how much faster a search is than all
    products by the BLAS and nothing else.
    """
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say

    (space,) = spaces = open_spaces([model], opening)
    with progress_bar() as bar:
        bar("preparing", 0, 1)
        tasks, size = _tasks(space, opening.opening(), k, tokens, threads)
        bar("preparing", 1, 1)
        results = _measured(tasks, rounds, bar)
    output.save(lambda: results)
    machine = _machine()
    if output.as_json:
        return emit("bench", {"results": results, "machine": machine, **size}, spaces)
    title = f"{space.model}: {size['tokens']:,} tokens × {size['dim']}, k = {size['k']}"
    rows = [{**row, "backend": row["backend"] or "", "times": row["ratio"]} for row in results]
    print_table(title, rows, ("what", "backend", "seconds", "least", "times"))
    say(f"{machine['processor']}, {machine['cores']} cores, load {machine['load'] or 0:.1f}")
    return say(f"Python {machine['python']}, numpy {machine['numpy']}, {machine['system']}")
