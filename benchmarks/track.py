"""Whether half-lives hold what was planted: intervals from samples of tokens, against all tokens.

Trajectories are E_t = (1 − a)·R + a·E_T, E_T the tokens of three scripts of ``demo:meaning`` and a a logistic schedule
of each script. The truth is the half-life where every token is asked for its neighbours; each simulation draws some
tokens, with replacement, and has an interval from these. R is drawn anew for every twenty simulations.

What is no mean over tokens (CKA, RSA) is measured with ``--parts``, on samples of 6,000 tokens without replacement:
copies of a token would be alike.

    python benchmarks/track.py 1000 --seed 7
    python benchmarks/track.py 300 --seed 5 --parts
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import hyperpolyglot as hp
from hyperpolyglot.measures.comparison.agreement import shared_neighbors
from hyperpolyglot.measures.track.alike import ranked_alike
from hyperpolyglot.measures.track.moved import half_lives_of, movements
from hyperpolyglot.measures.track.pairs import cka_value, similar
from hyperpolyglot.measures.track.sums import GROUPS, PARTS, Sums, groups_of, joined, summed
from hyperpolyglot.statistics import wilson
from hyperpolyglot.types import Float32, silent

HALVES = {"Latn": 150.0, "Cyrl": 300.0, "Arab": 450.0}
X = np.arange(9) * 100.0
TOKENS, POPULATION, SAMPLE, K, RUNS_OF_ONE = 1500, 6000, 400, 10, 20


def overlaps(last: hp.TokenSpace, seed: int) -> NDArray[np.float64]:
    """The share of its neighbours at the last step that a token has at each step before, ``[step, token]``."""
    vectors = last.vectors()
    scale = float(np.sqrt((vectors**2).mean()))
    noise = np.random.default_rng(seed).standard_normal(vectors.shape).astype(np.float32) * scale
    half = np.array([HALVES[str(last.labels.of(i))] for i in range(len(last))])
    near = []
    for x in X:
        a = (1 / (1 + np.exp(-(x - half) / 35))).astype(np.float32)[:, None]
        step = hp.from_arrays((1 - a) * noise + a * vectors, last.vocabulary.texts)
        near.append(hp.neighbors(step, K).rows)
    return np.stack([shared_neighbors(rows, near[-1]) / K for rows in near[:-1]])


def steps_of(
    shares: NDArray[np.float64], labels: NDArray[np.str_], groups: NDArray[np.int64]
) -> list[list[Sums]]:
    """The sums of every step, of each script and of all."""
    chosen = {None: np.ones(len(labels), bool)} | {name: labels == name for name in HALVES}
    return [
        [joined([summed(("overlap_last", n), groups[own], row[own]) for n, own in chosen.items()])]
        for row in shares
    ]


def simulations(count: int, seed: int = 0) -> Iterator[tuple[dict[str | None, bool], bool]]:
    """Of each: which intervals hold the truth, and whether the scripts come in the planted order."""
    last = hp.open_model("demo:meaning").where(labels=[*HALVES], top=TOKENS)
    labels = np.array([str(last.labels.of(i)) for i in range(len(last))])
    x = X[:-1]
    for number in range(count):
        if number % RUNS_OF_ONE == 0:
            shares = overlaps(last, 1_000_000 * seed + number)
            whole = steps_of(shares, labels, np.arange(len(labels)) % GROUPS)
            rows = half_lives_of(movements(x, whole, resamples=100, seed=0))
            truth = {row.label: float(row.x or np.nan) for row in rows}
        random = np.random.default_rng([1 + seed, number])
        drawn = random.integers(0, len(labels), SAMPLE)
        groups = random.permutation(SAMPLE) % GROUPS
        sums = steps_of(shares[:, drawn], labels[drawn], groups)
        found = {row.label: row for row in half_lives_of(movements(x, sums, resamples=2000, seed=number))}
        held = {
            name: row.low is not None and row.high is not None and row.low <= truth[name] <= row.high
            for name, row in found.items()
        }
        places = [found[name].x for name in HALVES]
        known = [place for place in places if place is not None]
        yield held, len(known) == len(places) and known == sorted(known)


def parts_of_run(vectors: list[Float32], rows: NDArray[np.int64], seed: int) -> list[list[Sums]]:
    """The pseudo-values of CKA and RSA of some rows, at every step against the last."""
    parts = groups_of(len(rows), seed) % PARTS
    found = []
    for own in vectors[:-1]:
        sides = own[rows], vectors[-1][rows]
        columns = ranked_alike([(None, np.arange(len(rows)))], sides, parts, seed)[1]
        for label, sums in similar([], np.full(len(rows), -1), sides, parts, silent):
            made = cka_value(label, *sums)
            columns += [] if made is None else [made[1]]
        found.append([joined(columns)])
    return found


def simulations_of_parts(count: int, seed: int = 0) -> Iterator[tuple[dict[str | None, bool], bool]]:
    """As :func:`simulations`, of CKA and RSA by name; the second value is always true."""
    last = hp.open_model("demo:meaning").where(labels=[*HALVES], top=POPULATION)
    end, x = last.vectors(), X[:-1]
    scale = float(np.sqrt((end**2).mean()))
    half = np.array([HALVES[str(last.labels.of(i))] for i in range(len(last))])
    for number in range(count):
        if number % RUNS_OF_ONE == 0:
            random = np.random.default_rng([2 + seed, number])
            noise = random.standard_normal(end.shape).astype(np.float32) * scale
            shares = [(1 / (1 + np.exp(-(at - half) / 35))).astype(np.float32)[:, None] for at in X]
            steps = [(1 - a) * noise + a * end for a in shares]
            whole = movements(x, parts_of_run(steps, np.arange(len(end)), 0), resamples=100, seed=0)
            truth = {measure: movement.x for (measure, _), movement in whole.items()}
        rows = np.sort(np.random.default_rng([1 + seed, number]).choice(len(end), SAMPLE, replace=False))
        found = half_lives_of(movements(x, parts_of_run(steps, rows, number), resamples=2000, seed=number))
        yield (
            {
                row.measure: row.low is not None
                and row.high is not None
                and row.low <= truth[row.measure] <= row.high
                for row in found
            },
            True,
        )


def main() -> None:
    """Print the share of intervals that hold, with its own interval, and of simulations in order."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("simulations", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", action="store_true")
    chosen = parser.parse_args()
    measured = simulations_of_parts if chosen.parts else simulations
    found = list(measured(chosen.simulations, chosen.seed))
    for name in found[0][0]:
        held = sum(held[name] for held, _ in found)
        low, high = wilson(held, len(found)) or (0.0, 1.0)
        print(f"{name or 'all tokens'}: {held / len(found):.3f} [{low:.3f}, {high:.3f}]")
    print(f"in order: {np.mean([order for _, order in found]):.3f} of {len(found)} simulations")


if __name__ == "__main__":
    main()
