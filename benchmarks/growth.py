"""How the cost of all neighbours grows with V, d, k and threads: ``python benchmarks/growth.py PICTURE.svg``.

One quantity varies, the others stay at 30,000 × 384, k = 100, all threads. Every point is the least of ``--rounds``
searches of a synthetic matrix; the points are printed, too.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from data import structured

from hyperpolyglot.engine.kernels.selftest import int8_is_fast
from hyperpolyglot.engine.nearest import Backend, nearest

CORES = len(os.sched_getaffinity(0))
BACKEND: Backend = "int8" if int8_is_fast() else "fp32"
BASE = {"V": 30_000, "d": 384, "k": 100, "threads": CORES}
VARIED = {
    "V": [3_750, 7_500, 15_000, 30_000, 60_000],
    "d": [48, 96, 192, 384, 768, 1536],
    "k": [10, 30, 100, 300, 1000],
    "threads": sorted({1, 2, CORES}),
}


def seconds(V: int, d: int, k: int, threads: int, rounds: int) -> float:
    """The least time of some searches."""
    vectors, times = structured(V, d), []
    for _ in range(rounds):
        begun = time.perf_counter()
        nearest(vectors, k, threads=threads, backend=BACKEND)
        times.append(time.perf_counter() - begun)
    return min(times)


def draw(found: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """One panel for each quantity, both axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.6), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True)
    for axis, (name, points) in zip(axes, found.items(), strict=True):
        values = [value for value, _ in points]
        axis.loglog(values, [second for _, second in points], "o-", color="#2a6f97")
        axis.set_xlabel(name)
        axis.set_xticks(values, [f"{value:,}" for value in values], rotation=45)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds")
    axes[0].yaxis.set_major_formatter("{x:g}")
    figure.savefig(path)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    seconds(**BASE | {"V": 4000}, rounds=1)
    found: dict[str, list[tuple[int, float]]] = {}
    for name, values in VARIED.items():
        found[name] = [(value, seconds(**BASE | {name: value}, rounds=options.rounds)) for value in values]
        print(name, ", ".join(f"{value:,}: {second:.2f} s" for value, second in found[name]), flush=True)
    draw(found, options.picture)


if __name__ == "__main__":
    main()
