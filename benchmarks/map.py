"""The map against umap-learn: time, trustworthiness, neighbours that are kept, and both as pictures.

``python benchmarks/map.py [--rounds N] [--pictures FOLDER] MODEL…``: for each model the exact neighbours once, then in
turns umap-learn (seeded, so on one thread) with a trustworthiness that sorts all distances of 2,000 tokens, as this
project had it, and the project's own. Seconds are those that passed, and those of the processor in all threads; code is
compiled before. Needs umap-learn (``[map]``).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import hyperpolyglot as hp
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.figures import draw_map
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.projection import NEIGHBORS, Projection
from hyperpolyglot.measures.projection.layout import laid_out
from hyperpolyglot.measures.projection.maps import by_umap_learn, nearest_others
from hyperpolyglot.measures.projection.trust import SAMPLE, trustworthiness
from hyperpolyglot.types import Array, Float32


def sorted_trustworthiness(units: Float32, points: Float32) -> float:
    """Trustworthiness at 15 from 2,000 tokens, by sorting."""
    n, k, penalty = len(units), NEIGHBORS, 0.0
    chosen = np.sort(np.random.default_rng(0).choice(n, min(n, SAMPLE), replace=False))
    for start in range(0, len(chosen), 128):
        part = chosen[start : start + 128]
        itself = (np.arange(len(part)), part)
        in_space = -(units[part] @ units.T)
        in_plane = ((points[part, None, :] - points[None, :, :]) ** 2).sum(axis=2)
        in_space[itself] = in_plane[itself] = np.inf
        near = np.argpartition(in_plane, k - 1, axis=1)[:, :k]
        reached = np.take_along_axis(in_space, near, axis=1)
        ordered = np.sort(in_space, axis=1)
        for i in range(len(part)):
            ranks = np.searchsorted(ordered[i], reached[i], side="left") + 1
            penalty += float(np.maximum(0, ranks - k).sum())
    return 1.0 - 2.0 / (len(chosen) * k * (2 * n - 3 * k - 1)) * penalty


def preserved(rows: Array, points: Float32) -> float:
    """The share of the 15 nearest that are among the 15 nearest on the map, over 2,000 tokens."""
    chosen = np.random.default_rng(0).choice(len(points), min(len(points), SAMPLE), replace=False)
    kept = 0
    for i in chosen:
        apart = ((points - points[i]) ** 2).sum(axis=1)
        apart[i] = np.inf
        kept += len(np.intersect1d(np.argpartition(apart, NEIGHBORS)[:NEIGHBORS], rows[i]))
    return kept / (NEIGHBORS * len(chosen))


def timed(work: Callable[..., Any], *given: Any) -> tuple[Any, float, float]:
    """What ``work`` makes of what is given, the seconds that passed, and those of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = work(*given)
    passed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return found, passed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(model: str, rounds: int, pictures: Path | None) -> None:
    """Both maps of one model, in turns."""
    space = hp.open_model(model)
    near, searched, searched_busy = timed(lambda: hp.neighbors(space, k=NEIGHBORS))
    units, nearest = unit_rows(space.vectors(near.queries)), nearest_others(space, near)
    rows = np.searchsorted(near.queries, near.rows)
    ways: dict[str, tuple[Callable[[int], Float32], Callable[[Float32], float]]] = {
        "umap-learn": (
            lambda seed: by_umap_learn(units, *nearest, seed),
            lambda points: sorted_trustworthiness(units, points),
        ),
        "ours": (
            lambda seed: laid_out(units, *nearest, seed=seed),
            lambda points: trustworthiness(units, points),
        ),
    }
    print(
        f"\n{space.model}: {len(units):,} × {space.dim}; neighbours {searched:.1f} s, {searched_busy:.1f} of processor"
    )
    print(f"{'':12}{'layout s':>10}{'processor':>10}{'trust s':>10}{'processor':>10}{'trust':>8}{'kept':>8}")
    took: dict[str, list[float]] = {name: [] for name in ways}
    for seed in range(rounds):
        for name, (lay, trust) in ways.items():
            points, passed, busy = timed(lay, seed)
            found, asked, asked_busy = timed(trust, points)
            took[name].append(passed + asked)
            took[name + " of processor"] = [*took.get(name + " of processor", []), busy + asked_busy]
            print(
                f"{name:12}{passed:10.1f}{busy:10.1f}{asked:10.1f}{asked_busy:10.1f}{found:8.4f}"
                f"{preserved(rows, points):8.4f}",
                flush=True,
            )
            if pictures is not None and seed == 0:
                drawn = Projection(rows=near.queries, points=points, method=name, trustworthiness=found)
                draw_map([(space, drawn)]).savefig(
                    pictures / f"{Path(model).name.split(':')[-1]}-{name}.png", dpi=200
                )
    for of in ("", " of processor"):
        ratios = [a / b for a, b in zip(took["umap-learn" + of], took["ours" + of], strict=True)]
        print(f"times as fast, seconds{of or ' that passed'}: {median(ratios):.1f}")


def warm() -> None:
    """Compile, or read what was compiled."""
    units = unit_rows(np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32))
    space = hp.from_arrays(units, [f"t{i}" for i in range(400)], name="warm")
    near: Neighbors = hp.neighbors(space, k=NEIGHBORS)
    for method in ("umap", "umap-learn"):
        hp.project(space, near, method=method)


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    warm()
    for model in arguments.models:
        compare(model, arguments.rounds, arguments.pictures)


if __name__ == "__main__":
    main()
