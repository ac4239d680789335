"""What a report on a real model takes, step by step: ``python benchmarks/real.py [NAME…]``.

The models are those of ``make real-models``. Nothing is cached. Wall seconds depend on what else runs; CPU seconds, of
all threads, do not. Beside the exact search stands the product of the table with itself, in float32 by BLAS: the least
that any exact search computes.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import hyperpolyglot as hp
from hyperpolyglot.loading import shipped_layout
from hyperpolyglot.report import write_report
from hyperpolyglot.study import computed, plan_study, run_plan

MODELS = Path.home() / ".cache" / "hyperpolyglot-real"
NAMES = ("multilingual-e5-small", "gemma-3-270m", "whisper-base")
_BLOCK = 2048


def cpu() -> float:
    """CPU seconds of this process so far, user and system, over all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def product(space: hp.TokenSpace, blocks: int = 8) -> tuple[float, float]:
    """Wall and CPU seconds of all products of the table with itself, from some blocks of rows."""
    vectors = space.vectors()
    wall, used = time.perf_counter(), cpu()
    for block in range(blocks):
        vectors[block * _BLOCK : (block + 1) * _BLOCK] @ vectors.T
    part = min(len(vectors), blocks * _BLOCK) / len(vectors)
    return (time.perf_counter() - wall) / part, (cpu() - used) / part


def steps(name: str) -> None:
    """The steps of one model's report, and the page."""
    demo = name.startswith("demo:")
    space = replace(hp.open_model(name if demo else str(MODELS / name)), model=name)
    print(f"\n{name}, {len(space):,} × {space.table.shape[1]}")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}")
    print("{:24}{:9.1f}{:9.1f}".format("product of all pairs", *product(space)))
    with tempfile.TemporaryDirectory() as folder:
        store = hp.Store(Path(folder) / "store")
        layouts = [shipped_layout(name)] if demo else None
        plan = plan_study([space], hp.StudyOptions(), hp.packaged_lexicon(), layouts=layouts)
        whole = time.perf_counter(), cpu()
        for step in plan.graph:
            wall, used = time.perf_counter(), cpu()
            computed(step, store)
            print(f"{step.name:24}{time.perf_counter() - wall:9.1f}{cpu() - used:9.1f}", flush=True)
        wall, used = time.perf_counter(), cpu()
        write_report(run_plan(plan, store), Path(folder) / "report")
        print(f"{'page and files':24}{time.perf_counter() - wall:9.1f}{cpu() - used:9.1f}")
        print(f"{'all':24}{time.perf_counter() - whole[0]:9.1f}{cpu() - whole[1]:9.1f}")


def main() -> None:
    """Measure the models that are named, or all that are there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a model of `make real-models`, or demo:NAME"
    )
    for name in parser.parse_args().names or [name for name in NAMES if (MODELS / name).is_dir()]:
        steps(name)


if __name__ == "__main__":
    main()
