"""``compare`` and ``explain`` on large models, measured: ``python benchmarks/measures.py [--vocabulary FILE]``.

Models are written to a temporary folder: a structured matrix, and the same turned, with noise and another mean; as
many of these as ``--models`` says. ``--command neighbors`` is one exact search, to compare with.
Without a vocabulary file (any that hyperpolyglot opens), the words of the packaged lexicon are the tokens. Nothing is
kept between runs. For each command the seconds of its parts are printed, as its progress tells them, and the peak of
memory. The bound is eight minutes each for 250,000 × 768 on two cores; ``--assert`` fails beyond it.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from data import structured
from numpy.typing import NDArray

from hyperpolyglot import open_model
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import Opening
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import NoStore
from hyperpolyglot.study import (
    Given,
    computed,
    explain_step,
    neighbors_step,
    plan_compare,
    run_joint,
)

BOUND = 480.0
NOISE = 0.5


def written(path: Path, table: NDArray[np.float32]) -> None:
    """A safetensors file of one embedding."""
    entry = {"dtype": "F32", "shape": list(table.shape), "data_offsets": [0, table.nbytes]}
    header = json.dumps({"model.embed_tokens.weight": entry}).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        table.tofile(file)


def models(folder: Path, dim: int, tokens: int, vocabulary: str | None, count: int = 2) -> list[TokenSpace]:
    """Related models of ``tokens`` tokens in ``dim`` dimensions, opened from files."""
    if vocabulary is None:
        words = sorted({f"▁{word}" for word in packaged_lexicon().words})
        words += [f"▁{i}" for i in range(max(0, tokens - len(words)))]
        vocabulary = str(folder / "words.jsonl")
        lines = (json.dumps([i, word, -float(i)]) for i, word in enumerate(words[:tokens]))
        Path(vocabulary).write_text("\n".join(lines), "utf8")
    table = structured(tokens, dim)
    random = np.random.default_rng(1)
    spread = np.float32(NOISE * table.std())
    for number in range(count):
        turned = table
        if number:
            turn = np.linalg.qr(random.standard_normal((dim, dim)))[0].astype(np.float32)
            turned = table @ turn + spread * random.standard_normal(table.shape, np.float32) + spread
        written(folder / f"{number}.safetensors", turned)
    opening = Opening(tokenizer=vocabulary)
    return [open_model(str(folder / f"{number}.safetensors"), opening) for number in range(count)]


class Parts:
    """Seconds between calls of a progress, by the step that had ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Add the time since the last call to the step."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def search(spaces: list[TokenSpace], parts: Parts) -> None:
    """What the command ``neighbors`` does, of the first model."""
    computed(neighbors_step(spaces[0], 50), NoStore(), parts)


def comparison(spaces: list[TokenSpace], parts: Parts) -> None:
    """What the command ``compare`` does."""
    run_joint(plan_compare(spaces, CompareOptions()), NoStore(), progress=parts)


def explanation(spaces: list[TokenSpace], parts: Parts) -> None:
    """What the command ``explain`` does."""
    near = neighbors_step(spaces[0], 50)
    step = explain_step(spaces[0], near, Given(lexicon=packaged_lexicon()))
    computed(step, NoStore(), parts)


COMMANDS: dict[str, Callable[[list[TokenSpace], Parts], None]] = {
    "neighbors": search,
    "compare": comparison,
    "explain": explanation,
}


def main() -> int:
    """Measure each command; 1 if one takes longer than the bound under ``--assert``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", metavar="FILE", help="tokens by this file (default: lexicon words)")
    parser.add_argument("--size", default="250000x768", help="tokens x dimensions (default: %(default)s)")
    parser.add_argument("--command", choices=COMMANDS, action="append", help="only this one (default: all)")
    parser.add_argument("--models", type=int, default=2, help="how many (default: %(default)s)")
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail beyond eight minutes")
    given = parser.parse_args()
    tokens, dim = map(int, given.size.split("x"))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {given.size}")
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        spaces = models(Path(folder), dim, tokens, given.vocabulary, given.models)
        for name in given.command or COMMANDS:
            parts = Parts()
            begun, worked = time.perf_counter(), time.process_time()
            COMMANDS[name](spaces, parts)
            seconds, worked = time.perf_counter() - begun, time.process_time() - worked
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
            print(
                f"{name}: {seconds:.1f} s ({worked:.1f} of processor), bound {BOUND:.0f} s, at most {peak:.1f} GiB"
            )
            for step, part in sorted(parts.seconds.items(), key=lambda item: -item[1]):
                print(f"  {part:7.1f} s  {step}")
            sys.stdout.flush()
            slowest = max(slowest, seconds)
    return int(given.strict and slowest > BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
