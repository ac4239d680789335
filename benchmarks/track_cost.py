"""What one more checkpoint costs: processor seconds of `track` on the 50,000 most common tokens of a real model.

The bar is 100 checkpoints of 50,000 × 512 in half an hour on two cores: 36 processor seconds each. Checkpoints are
E_t = (1 − a)·R + a·E with E the model's table (rotated into 512 dimensions, the rest noise of a tenth of its size).

    python benchmarks/track_cost.py ~/.cache/hyperpolyglot-real/multilingual-e5-small
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import hyperpolyglot as hp
from hyperpolyglot.measures.track import step
from hyperpolyglot.store import NoStore
from hyperpolyglot.study import plan_track, run_joint, tracking

TOKENS, DIM, BAR = 50_000, 512, 36.0


def checkpoints(model: str, count: int) -> Iterator[hp.TokenSpace]:
    """Spaces on the way from noise to the model."""
    last = hp.open_model(model).where(top=TOKENS)
    random = np.random.default_rng(0)
    vectors = last.vectors()
    scale = float(vectors.std())
    wide = random.standard_normal((len(last), DIM)).astype(np.float32) * (scale / 10)
    wide[:, : vectors.shape[1]] = vectors
    wide = wide @ np.linalg.qr(random.standard_normal((DIM, DIM)))[0].astype(np.float32)
    noise = random.standard_normal(wide.shape).astype(np.float32) * scale
    for number in range(count):
        a = (number + 1) / count
        yield hp.from_arrays((1 - a) * noise + a * wide, last.vocabulary.texts, name=f"step-{number}")


def timed(module: Any, name: str, spent: dict[str, list[float]]) -> None:
    """Note the processor seconds of each call of a function of a module."""
    original: Callable[..., Any] = getattr(module, name)

    def called(*arguments: Any, **more: Any) -> Any:
        begun = time.process_time()
        try:
            return original(*arguments, **more)
        finally:
            spent.setdefault(name, []).append(time.process_time() - begun)

    setattr(module, name, called)


def main() -> None:
    """Print the seconds of each part, the last step's apart from those before, which also compile."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--steps", type=int, default=4)
    chosen = parser.parse_args()
    spaces = [*checkpoints(chosen.model, chosen.steps)]
    spent: dict[str, list[float]] = {}
    for name in ("neighbors", "separated", "mixed", "evenly_spread", "lengths_and_training", "translated"):
        timed(step, name, spent)
    timed(tracking, "measured_step", spent)
    timed(tracking, "paired_steps", spent)
    timed(tracking, "put_together", spent)
    begun = time.process_time()
    run_joint(plan_track(spaces, None, hp.TrackOptions(), hp.packaged_lexicon()), NoStore())
    whole = time.process_time() - begun
    for name, seconds in spent.items():
        print(f"{name:22}" + " ".join(f"{each:7.2f}" for each in seconds))
    later = spent["measured_step"][1:]
    one = sum(later) / len(later) + 2 * sum(spent["paired_steps"]) / len(spent["paired_steps"])
    print(f"{chosen.steps} steps: {whole:.1f} s; one more: {one:.1f} s of processor (bar {BAR:.0f})")
    print(f"100 steps on two cores: {100 * one / 2 / 60:.1f} minutes")


if __name__ == "__main__":
    main()
