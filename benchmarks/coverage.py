"""How often 95 % intervals hold what they are of, on real clusters of tokens.

    python benchmarks/coverage.py [CASE…] [--simulations 1000] [--model NAME --other NAME]

A model's vocabulary stands for all tokens there could be: each simulation draws a small vocabulary from it, measures
that, and asks whether the interval holds the mean over all simulations (for probes, the accuracy on tokens that were
not drawn). So scripts have their real sizes, near-duplicates and hubs. ``narrower``: half the mean width over 1.96
deviations of the value from draw to draw; one where the interval is exact.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.probes import fit_probes
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison.agreement import neighbor_overlap
from hyperpolyglot.measures.comparison.similarity import cka, rsa
from hyperpolyglot.measures.comparison.transfer import procrustes, split_rows
from hyperpolyglot.measures.diversity import Diversity, diversity
from hyperpolyglot.measures.explanation.frequency import frequency
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.separability import ProbeOptions, separability
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval

__all__ = ["CASES", "Coverage", "coverage", "populations"]

Draw = tuple[float, Interval, float | None]
"""A value, its interval, and what it is of, where that is known for each draw alone."""
Case = Callable[[Sequence[TokenSpace], NDArray[np.integer], np.random.Generator], Draw | None]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of ``simulations`` whose interval holds the truth, and how wide it is beside what it must be."""

    share: float
    relative_width: float
    truth: float
    simulations: int


def populations(model: str, other: str) -> list[TokenSpace]:
    """Two models on the tokens with a direction and a label in both; they have one vocabulary."""
    spaces = [open_model(name) for name in (model, other)]
    rows = np.intersect1d(*(space.candidates().rows for space in spaces))
    rows = rows[spaces[0].labels.codes[rows] >= 0]
    return [space.take(rows) for space in spaces]


def coverage(case: str, spaces: Sequence[TokenSpace], simulations: int, seed: int = 0) -> Coverage:
    """Simulate one of :data:`CASES`."""
    measure, size = CASES[case]
    random = np.random.default_rng([seed, list(CASES).index(case)])
    found = []
    for _ in range(simulations):
        rows = np.sort(random.choice(len(spaces[0]), size, replace=False))
        drawn = measure(spaces, rows, random)
        if drawn is not None:
            found.append(drawn)
    values = np.array([value for value, _, _ in found])
    ends = np.array([interval for _, interval, _ in found])
    known = [truth for _, _, truth in found if truth is not None]
    truth = float(np.mean(known)) if known else float(values.mean())
    held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    width = float((ends[:, 1] - ends[:, 0]).mean()) / 2 / 1.96
    return Coverage(float(held.mean()), width / float(values.std()), truth, len(found))


def _mixed(spaces: Sequence[TokenSpace], rows: NDArray[np.integer], k: int = 50) -> Diversity:
    space = spaces[0].take(rows)
    return diversity(neighbors(space, k), space.labels)


def _diversity(
    spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
) -> Draw | None:
    found = _mixed(spaces, rows)
    return None if found.interval is None else (found.mean, found.interval, None)


def _own_share(
    spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
) -> Draw | None:
    found = _mixed(spaces, rows)
    if found.own_share is None or found.own_interval is None:
        return None
    return found.own_share, found.own_interval, None


def _of_label(name: str) -> Case:
    def measure(
        spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
    ) -> Draw | None:
        found = [row for row in _mixed(spaces, rows).by_label if row.label == name]
        if not found or found[0].interval is None:
            return None
        return found[0].mean, found[0].interval, None

    return measure


def _frequency(name: str | None) -> Case:
    def measure(
        spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
    ) -> Draw | None:
        space = spaces[0].take(rows)
        near = neighbors(space, 50)
        found = frequency(space, diversity(near, space.labels), near=near)
        one = {label: c for label, c, _ in found.by_label}.get(name) if name else found.correlation
        if one is None or one.value is None or one.interval is None:
            return None
        return one.value, one.interval, None

    return measure


def _overlap(
    spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
) -> Draw | None:
    graphs = [neighbors(space.take(rows), 50).rows for space in spaces]
    found = neighbor_overlap(graphs[0], graphs[1], random=random, permutations=0)
    return None if found.value is None or found.interval is None else (found.value, found.interval, None)


def _shape(name: str) -> Case:
    def measure(
        spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
    ) -> Draw | None:
        a, b = (space.vectors(rows) for space in spaces)
        if name == "procrustes":
            found = procrustes(a, b, split_rows(len(a), random), random=random, permutations=0, shuffles=1)
        else:
            found = {"cka": cka, "rsa": rsa}[name](a, b, random=random, permutations=0)
        return None if found.value is None or found.interval is None else (found.value, found.interval, None)

    return measure


def _probe(label: str, tokens: int) -> Case:
    def measure(
        spaces: Sequence[TokenSpace], rows: NDArray[np.integer], random: np.random.Generator
    ) -> Draw | None:
        space = spaces[0]
        own = space.labels.codes == space.labels.names.index(label)
        sides = [np.flatnonzero(own), np.flatnonzero(~own)]
        chosen = [random.choice(side, min(tokens, len(side) // 2), replace=False) for side in sides]
        small = space.take(np.sort(np.concatenate(chosen)))
        binary = small.relabel(dict(zip(small.vocabulary.texts, _sides(small, label), strict=True)))
        options = ProbeOptions(minimum=10, seed=int(random.integers(1 << 30)))
        row = next(row for row in separability(binary, options, threads=1).labels if row.label == "own")
        return row.accuracy, row.interval, _on_the_rest(space, own, sides, chosen)

    return measure


def _sides(space: TokenSpace, label: str) -> list[str]:
    code = space.labels.names.index(label)
    return ["own" if own == code else "rest" for own in space.labels.codes.tolist()]


def _on_the_rest(
    space: TokenSpace,
    own: NDArray[np.bool_],
    sides: Sequence[NDArray[np.integer]],
    chosen: Sequence[NDArray[np.integer]],
) -> float:
    """Accuracy of a probe of nine tenths of the tokens on all that were not drawn, both sides weighing the same."""
    train = np.concatenate([part[: len(part) * 9 // 10] for part in chosen])
    fit = fit_probes(
        unit_rows(space.vectors(train)), own[train].astype(np.int64), np.ones((len(train), 1), bool)
    )
    weights = fit.weights[0, 0]
    shares = []
    for side, part, right in zip(sides, chosen, (True, False), strict=True):
        others = np.setdiff1d(side, part)
        scores = unit_rows(space.vectors(others)) @ weights[:-1] + weights[-1]
        shares.append(float(np.mean((scores > 0) == right)))
    return float(np.mean(shares))


CASES: dict[str, tuple[Case, int]] = {
    "diversity": (_diversity, 1000),
    "own share": (_own_share, 1000),
    "diversity of Latin": (_of_label("Latn"), 1000),
    "diversity of Cyrillic": (_of_label("Cyrl"), 1000),
    "frequency": (_frequency(None), 1000),
    "frequency of Latin": (_frequency("Latn"), 1000),
    "neighbour overlap": (_overlap, 1000),
    "cka": (_shape("cka"), 500),
    "rsa": (_shape("rsa"), 150),
    "procrustes": (_shape("procrustes"), 1000),
    "probe of Latin": (_probe("Latn", 300), 1),
    "probe of Cyrillic": (_probe("Cyrl", 200), 1),
    "probe of Devanagari": (_probe("Deva", 200), 1),
}
"""A measure of a drawn vocabulary, and its tokens."""


def main() -> None:
    """Print a row for every case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--model", default="demo:meaning")
    parser.add_argument("--other", default="demo:language")
    options = parser.parse_args()
    spaces = populations(options.model, options.other)
    print(f"{'interval':24}{'held, %':>9}{'width':>8}{'value':>9}")
    for case in options.cases or CASES:
        found = coverage(case, spaces, options.simulations)
        print(f"{case:24}{100 * found.share:9.1f}{found.relative_width:8.2f}{found.truth:9.4f}", flush=True)


if __name__ == "__main__":
    main()
