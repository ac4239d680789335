"""Probes and spectra, ours against others: ``python benchmarks/probes.py [probes|spectra] …``.

Rounds alternate in one process; every figure is the median over rounds, every ratio the median of ratios within a
round. Peers are measured where they are installed: ``pip install scikit-learn joblib threadpoolctl``.

``probes``: ten folds of one-against-rest for each of the scripts with 500 tokens or more, balanced, on the structured
matrix of ``benchmarks/data.py``. scikit-learn is called as the authors did (``cross_val_score`` with the default
solver, whatever threads its BLAS takes) and tuned (one BLAS thread, two jobs); with ``--every N``, on every N-th
script, where ours is timed on the same ones. ``spectra``: canonical correlations of two matrices against QR and SVD in
float64 by numpy.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
from data import scripts_of, structured
from neighbours import blas_threads, machine, unit
from numpy.typing import NDArray

FOLDS = 10
LEAST = 500
Sample = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def samples(scripts: NDArray[np.int64]) -> list[Sample]:
    """Rows, classes and folds of each script against a draw of as many others."""
    from hyperpolyglot.engine.probes import stratified_folds

    found: list[Sample] = []
    for script in range(24):
        own, others = np.flatnonzero(scripts == script), np.flatnonzero(scripts != script)
        count = min(len(own), len(others))
        if count < LEAST:
            continue
        random = np.random.default_rng(script)
        rows = np.concatenate([random.choice(own, count, False), random.choice(others, count, False)])
        rows.sort()
        classes = (scripts[rows] == script).astype(np.int64)
        order = random.permutation(len(rows))
        fold = np.empty(len(rows), np.int64)
        fold[order] = stratified_folds(classes[order], FOLDS)
        found.append((rows, classes, fold))
    return found


def ours(vectors: NDArray[np.float32], chosen: list[Sample], threads: int) -> NDArray[np.float64]:
    """Accuracies ``[scripts, folds]``, the main directions included in the time."""
    from hyperpolyglot.engine.probes import fit_probes, principal_components

    components = principal_components(vectors)

    def solve(sample: Sample) -> NDArray[np.float64]:
        rows, classes, fold = sample
        fit = fit_probes(
            vectors, classes, fold[:, None] != np.arange(FOLDS), rows=rows, components=components
        )
        assert fit.converged
        return fit.correct / np.bincount(fold)

    with ThreadPoolExecutor(threads) as pool:
        return np.array(list(pool.map(solve, chosen)))


def scikit_learn(vectors: NDArray[np.float32], chosen: list[Sample], jobs: int | None) -> NDArray[np.float64]:
    """The same by ``cross_val_score(LogisticRegression())`` on the same folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_score

    return np.array(
        [
            cross_val_score(
                LogisticRegression(), vectors[rows], classes, cv=PredefinedSplit(fold), n_jobs=jobs
            )
            for rows, classes, fold in chosen
        ]
    )


def rounds(methods: dict[str, Callable[[], object]], count: int) -> dict[str, object]:
    """Time the methods in turn and print a table; what each found the last time."""
    times: dict[str, list[float]] = {name: [] for name in methods}
    found: dict[str, object] = {}
    for _ in range(count):
        for name, run in methods.items():
            begun = time.perf_counter()
            found[name] = run()
            times[name].append(time.perf_counter() - begun)
    first = times[next(iter(times))]
    print(f"{'':40s} {'median s':>9s} {'min s':>9s} {'ratio':>8s}")
    for name, seconds in times.items():
        ratio = statistics.median(b / a for a, b in zip(first, seconds, strict=True))
        print(f"{name:40s} {statistics.median(seconds):9.3f} {min(seconds):9.3f} {ratio:8.2f}", flush=True)
    return found


def probes(tokens: int, dim: int, options: argparse.Namespace) -> None:
    """Compare the probes on one matrix."""
    vectors = unit(structured(tokens, dim))
    chosen = samples(scripts_of(tokens, dim))[:: options.every]
    total = sum(len(rows) for rows, _, _ in chosen)
    print(f"\nprobes, {tokens} × {dim}: {len(chosen)} scripts × {FOLDS} folds, {total} rows in all")
    ours(vectors, chosen[-1:], 1)  # compiled code is loaded
    methods: dict[str, Callable[[], object]] = {"ours": lambda: ours(vectors, chosen, options.threads)}
    if "default" in options.peers:
        methods["scikit-learn as the authors call it"] = lambda: scikit_learn(vectors, chosen, None)
    if "tuned" in options.peers:
        scikit_learn(vectors, chosen[-1:], options.threads)  # its worker processes start

        def tuned() -> object:
            with blas_threads(1):
                return scikit_learn(vectors, chosen, options.threads)

        methods["scikit-learn, 1 BLAS thread, n_jobs"] = tuned
    found = rounds(methods, options.rounds)
    own = np.asarray(found.pop("ours"))
    for name, accuracies in found.items():
        apart = np.abs(np.asarray(accuracies).mean(axis=1) - own.mean(axis=1)).max()
        print(f"{name}: accuracies apart by at most {apart:.1e}")


def spectra(rows: int, dim: int, options: argparse.Namespace) -> None:
    """Compare canonical correlations of two halves of a common structure."""
    from hyperpolyglot.linalg import canonical_correlations

    a, b = structured(rows, dim, 1), structured(rows, dim, 2)
    b[:, : dim // 2] += a[:, : dim // 2]

    def by_qr() -> NDArray[np.float64]:
        left, _ = np.linalg.qr(a.astype(np.float64) - a.mean(axis=0, dtype=np.float64))
        right, _ = np.linalg.qr(b.astype(np.float64) - b.mean(axis=0, dtype=np.float64))
        return np.asarray(np.linalg.svd(left.T @ right, compute_uv=False))

    print(f"\ncanonical correlations, two matrices of {rows} × {dim}")
    methods = {"ours": lambda: canonical_correlations(a, b), "QR and SVD in float64 (numpy)": by_qr}
    found = rounds(methods, options.rounds)
    spectrum, reference = found["ours"], found["QR and SVD in float64 (numpy)"]
    apart = np.abs(spectrum.cosines - reference).max()  # type: ignore[attr-defined]
    print(f"method {spectrum.method}, condition {spectrum.condition:.0f}, cosines apart by {apart:.1e}")  # type: ignore[attr-defined]


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["probes", "spectra"])
    parser.add_argument("--set", action="append", dest="sets", help="ROWSxDIM; several times")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="probe every N-th script only")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peers", nargs="*", default=["default", "tuned"])
    options = parser.parse_args()
    if not find_spec("sklearn"):
        options.peers = []
    print(machine())
    compare = probes if options.what == "probes" else spectra
    for name in options.sets or (["30000x768"] if options.what == "probes" else ["45000x768"]):
        compare(*map(int, name.split("x")), options)


if __name__ == "__main__":
    main()
