"""Exact neighbours on a GPU against torch on the same GPU: ``python benchmarks/gpu.py [--set 250000x768] …``.

First the self-test and a comparison with the processor: bytes of all rows of a small matrix, of sampled rows of the
large ones. Then alternating rounds in one process: ours, end to end from numpy to numpy; torch's float32 product and
``topk`` in chunks (no TF32), and the same in fp16, which is not exact, with its recall. ``--device cpu`` runs all of
it without a GPU, to see that it runs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from data import structured
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import norms, unit_rows
from hyperpolyglot.engine.devices.gpu import search_on_gpus
from hyperpolyglot.engine.devices.search import is_correct
from hyperpolyglot.engine.nearest import Nearest, Search, nearest
from hyperpolyglot.engine.search.task import Task
from hyperpolyglot.types import silent

Vectors = NDArray[np.float32]
Positions = NDArray[np.int32]


def ours(vectors: Vectors, k: int, names: list[str]) -> Nearest:
    """This engine on the devices named, what is left over on the processor."""
    own = np.arange(len(vectors), dtype=np.int32)
    task = Task(
        queries=vectors, own=own, vectors=vectors, lengths=norms(vectors), k=k, mirrored=True, threads=1
    )
    found = search_on_gpus(task, names, silent, Search(device="cpu"))
    assert found is not None, "no device could be used"
    return found


def chunked(vectors: Vectors, k: int, name: str, dtype: torch.dtype) -> Positions:
    """torch: products of 2048 rows with all, the k + 1 best, and the row itself left out."""
    table = torch.tensor(unit_rows(vectors), device=name).to(dtype)
    found = np.empty((len(vectors), k), np.int32)
    for first in range(0, len(vectors), 2048):
        scores = table[first : first + 2048] @ table.T
        rows = torch.arange(len(scores), device=name)
        scores[rows, rows + first] = -2
        found[first : first + 2048] = scores.topk(k, dim=1).indices.int().cpu().numpy()
    return found


def recall(expected: Positions, found: Positions) -> float:
    """The share of the true neighbours that were found."""
    return (
        float(np.mean([len(np.intersect1d(a, b)) for a, b in zip(expected, found, strict=True)]))
        / (expected.shape[1])
    )


def timed(run: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def check(vectors: Vectors, k: int, found: Nearest, rows: NDArray[np.int64]) -> None:
    """Stop unless some rows have the bytes of the processor's search."""
    expected = Search(device="cpu")(vectors[rows], rows.astype(np.int32), vectors, k)
    assert np.array_equal(expected.positions, found.positions[rows]), "positions differ"
    assert np.array_equal(expected.similarity, found.similarity[rows]), "similarities differ"


def compare(vectors: Vectors, k: int, names: list[str], rounds: int) -> None:
    """Check and measure one matrix and print a table."""
    found = ours(vectors, k, names)
    rows = np.random.default_rng(0).choice(len(vectors), 100, replace=False)
    check(vectors, k, found, rows)
    single, half = torch.float32, torch.float16
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: ours(vectors, k, names),
        "torch float32 product + topk": lambda: chunked(vectors, k, names[0], single),
        "torch fp16 product + topk": lambda: chunked(vectors, k, names[0], half),
    }
    recalls = {
        name: recall(found.positions[rows], chunked(vectors, k, names[0], dtype)[rows])
        for name, dtype in zip(list(runs)[1:], (single, half), strict=True)
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(timed(run))
    print(f"\n{len(vectors)} × {vectors.shape[1]}, k = {k}, {rounds} rounds; {found.certificate}")
    print(f"{'':32s} {'median s':>9s} {'min s':>9s} {'ratio to ours':>14s} {'recall':>8s}")
    for name, seconds in times.items():
        ratio = statistics.median(b / a for a, b in zip(times["ours"], seconds, strict=True))
        line = f"{name:32s} {statistics.median(seconds):9.3f} {min(seconds):9.3f} {ratio:14.2f}"
        print(f"{line} {recalls.get(name, 1.0):8.4f}", flush=True)


def main() -> None:
    """Check and measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", action="append", dest="devices", help="cuda:0; several times")
    parser.add_argument("--set", action="append", dest="sets", help="TOKENSxDIM; several times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-k", type=int, default=100)
    options = parser.parse_args()
    names = options.devices or ["cuda:0"]
    torch.backends.cuda.matmul.allow_tf32 = False
    for name in names:
        what = torch.cuda.get_device_name(name) if name.startswith("cuda") else "torch's CPU, a stand-in"
        print(f"{name}: {what}, torch {torch.__version__}, self-test passed: {is_correct(name)}")
    small = structured(3000, 200)
    expected, found = nearest(small, 50, backend="plain"), ours(small, 50, names)
    assert expected.positions.tobytes() == found.positions.tobytes()
    assert expected.similarity.tobytes() == found.similarity.tobytes()
    print("3000 × 200: all rows have the bytes of the plain back end")
    for name in options.sets or ["60000x768", "250000x768", "250000x4096"]:
        compare(structured(*map(int, name.split("x"))), options.k, names, options.rounds)


if __name__ == "__main__":
    main()
