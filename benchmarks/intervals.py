"""How often 95 % intervals hold what they are of, on real clusters of tokens.

    python benchmarks/intervals.py [CASE…] [--simulations 1000] [--model NAME --other NAME]

A model's vocabulary stands for all tokens there could be: each simulation draws a small vocabulary from it, measures
that, and asks whether the interval holds the mean over all simulations (for probes, and where a case says so, what is
known of the tokens that were not drawn). So scripts have their real sizes, near-duplicates and hubs. ``width``: half
the mean width over 1.96 deviations of the value from draw to draw; one where the interval is exact.

Under-trained tokens need a model that has some (``--model``), with all of its rows: the demo models have none.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.probes import fit_probes
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison.agreement import neighbor_overlap, overlap_by_label
from hyperpolyglot.measures.comparison.compare import shared_spaces
from hyperpolyglot.measures.comparison.records import CompareOptions
from hyperpolyglot.measures.comparison.similarity import cka, pair_cosines, rsa
from hyperpolyglot.measures.comparison.transfer import procrustes, retrieval, split_rows
from hyperpolyglot.measures.diversity import Diversity, diversity
from hyperpolyglot.measures.explanation.explain import compare_tables
from hyperpolyglot.measures.explanation.frequency import frequency
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval
from hyperpolyglot.table import Table
from hyperpolyglot.types import Float32
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["CASES", "Coverage", "coverage", "populations"]

Draw = tuple[float | None, Interval | None, float | None]
"""A value, its interval, and what it is of, where that is known."""
Simulation = Callable[[NDArray[np.integer], np.random.Generator], dict[str, Draw]]
"""What some tokens of the population give, by the name of the interval."""
Case = Callable[[Sequence[TokenSpace]], Simulation]

_K = 50
_TOKENS_JUDGED = 5000
_SCRIPTS = {"Latn": "Latin", "Cyrl": "Cyrillic"}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of ``simulations`` whose interval holds the truth, and how wide it is beside what it must be."""

    share: float
    relative_width: float
    truth: float
    simulations: int


def populations(model: str, other: str) -> list[TokenSpace]:
    """Two models on the tokens with a direction and a label that both have."""
    spaces = shared_spaces([open_model(name) for name in (model, other)], CompareOptions())
    rows = np.flatnonzero(spaces[0].labels.codes >= 0)
    return [space.take(rows) for space in spaces]


def coverage(case: str, spaces: Sequence[TokenSpace], simulations: int, seed: int = 0) -> dict[str, Coverage]:
    """Simulate one of :data:`CASES`: a row for each of its intervals."""
    measure, size = CASES[case]
    simulate = measure(spaces)
    random = np.random.default_rng([seed, crc32(case.encode())])
    found: dict[str, list[Draw]] = {}
    for _ in range(simulations):
        rows = np.sort(random.choice(len(spaces[0]), min(size, len(spaces[0])), replace=False))
        for name, drawn in simulate(rows, random).items():
            found.setdefault(name, []).append(drawn)
    return {name: _summed_up(draws) for name, draws in found.items()}


def _summed_up(draws: Sequence[Draw]) -> Coverage:
    usable = [(value, *ends, truth) for value, ends, truth in draws if value is not None and ends is not None]
    values, low, high, known = np.array(usable, np.float64).T
    truth = np.where(np.isnan(known), values.mean(), known)
    held = (low <= truth) & (truth <= high)
    width, spread = float((high - low).mean()) / 2 / 1.96, float((values - truth).std())
    return Coverage(
        float(held.mean()), width / spread if spread else np.inf, float(truth.mean()), len(values)
    )


def _mixed(spaces: Sequence[TokenSpace]) -> Simulation:
    def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
        space = spaces[0].take(rows)
        found = diversity(neighbors(space, _K), space.labels)
        return {
            "diversity": (found.mean, found.interval, None),
            "own share": (found.own_share, found.own_interval, None),
        } | {
            f"{what} of {_SCRIPTS[row.label]}": (value, interval, None)
            for row in found.by_label
            if row.label in _SCRIPTS
            for what, value, interval in (
                ("diversity", row.mean, row.interval),
                ("own share", row.own_share, row.own_interval),
            )
        }

    return simulate


def _frequency(planted: bool) -> Case:
    """Against the order of the vocabulary, or against a frequency that follows the diversity in all of it."""

    def case(spaces: Sequence[TokenSpace]) -> Simulation:
        whole = spaces[0]
        counts = _following(diversity(neighbors(whole, _K), whole.labels)) if planted else None

        def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
            space = whole.take(rows)
            near = neighbors(space, _K)
            own = None if counts is None else counts[rows]
            found = frequency(space, diversity(near, space.labels), own, near=near)
            name = "planted frequency" if planted else "frequency"
            every = {name: found.correlation, f"{name}, with controls": found.partial} | {
                f"{name} in {_SCRIPTS[label]}": one for label, one, _ in found.by_label if label == "Latn"
            }
            return {title: (one.value, one.interval, None) for title, one in every.items()} | {
                f"diversity of tenth {tenth.decile} by {name}": (tenth.mean, tenth.interval, None)
                for tenth in (found.deciles[0], found.deciles[-1])
            }

        return simulate

    return case


def _following(found: Diversity) -> NDArray[np.float64]:
    """A frequency of every token that goes with its distinct labels, and twice as much with nothing."""
    noise = np.random.default_rng(0).standard_normal(len(found.distinct))
    return np.asarray(found.distinct / found.distinct.std() + 2 * noise, np.float64)


def _overlap(spaces: Sequence[TokenSpace]) -> Simulation:
    def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
        first, second = (neighbors(space.take(rows), _K).rows for space in spaces)
        found = neighbor_overlap(first, second, random=random, permutations=0)
        labels = spaces[0].labels.take(rows)
        own = np.flatnonzero(labels.codes == labels.names.index("Latn"))
        latin = overlap_by_label((first, second), labels, [("Latn", own)], random=random, permutations=0)
        return {
            "neighbour overlap": (found.value, found.interval, None),
            "neighbour overlap of Latin": (latin["Latn"].value, latin["Latn"].interval, None),
        }

    return simulate


def _shape(name: str) -> Case:
    def case(spaces: Sequence[TokenSpace]) -> Simulation:
        def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
            a, b = (space.vectors(rows) for space in spaces)
            if name == "Procrustes":
                split = split_rows(len(a), random)
                found = procrustes(a, b, split, random=random, permutations=0, shuffles=1)
            else:
                found = {"CKA": cka, "RSA": rsa}[name](a, b, random=random, permutations=0)
            return {name: (found.value, found.interval, None)}

        return simulate

    return case


def _retrieval(spaces: Sequence[TokenSpace]) -> Simulation:
    """A vocabulary of its own in each simulation: the map and the candidates are drawn as well."""

    def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
        a, b = (space.vectors(rows) for space in spaces)
        return _precisions(retrieval(a, b, split_rows(len(a), random), random=random), "retrieval")

    return simulate


def _precisions(found: Iterable[dict], name: str) -> dict[str, Draw]:
    return {
        f"{name}, {row['map']}, P@{k}": (row[f"p{k}"]["value"], row[f"p{k}"]["interval"], None)
        for row in found
        if row["direction"] == "a_to_b"
        for k in (1, 10)
    }


def _tables(spaces: Sequence[TokenSpace]) -> Simulation:
    """The mean over all tokens is known: of the two models, and of one with its own rows in seven steps each."""
    stored = _rounded(spaces[0].vectors())
    table = Table(name="rounded", dtype="F32", shape=stored.shape, stored=stored)
    rounded = replace(spaces[0], table=table, ids=np.arange(len(stored), dtype=np.int32))
    others = {"cosine of two models": spaces[1], "cosine of a table and its rounding": rounded}
    first, every = unit_rows(spaces[0].vectors()), np.arange(len(stored))
    truths = {
        name: float(pair_cosines(first, unit_rows(other.vectors()), every, every).mean())
        for name, other in others.items()
    }

    def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
        seed = int(random.integers(1 << 30))
        found = {
            name: compare_tables(spaces[0].take(rows), other.take(rows), 2, seed=seed).cosine
            for name, other in others.items()
        }
        return {name: (one.value, one.interval, truths[name]) for name, one in found.items()}

    return simulate


def _rounded(vectors: Float32) -> Float32:
    steps = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-30) / 3
    return np.asarray(np.round(vectors / steps) * steps, np.float32)


def _undertrained(spaces: Sequence[TokenSpace]) -> Simulation:
    """Tokens are drawn beside all reserved rows, thresholds set anew; labels with one such and one other on average."""
    space = spaces[0]
    reserved = np.isin(space.vocabulary.kinds, (TokenKind.UNUSED, TokenKind.PADDING))
    tokens, kept = np.flatnonzero(~reserved), np.flatnonzero(reserved)
    least = len(tokens) / _TOKENS_JUDGED
    labels = {
        row.label
        for row in undertrained(space).by_label
        if min(row.undertrained, row.tokens - row.undertrained) >= least
    }

    def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
        drawn = random.choice(tokens, _TOKENS_JUDGED, replace=False)
        found = undertrained(space.take(np.sort(np.concatenate([kept, drawn])))).by_label
        return {
            f"under-trained in {row.label}": (row.share, row.interval, None)
            for row in found
            if row.label in labels
        }

    return simulate


def _probe(label: str, tokens: int) -> Case:
    def case(spaces: Sequence[TokenSpace]) -> Simulation:
        space = spaces[0]
        own = space.labels.codes == space.labels.names.index(label)
        sides = [np.flatnonzero(own), np.flatnonzero(~own)]

        def simulate(rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, Draw]:
            chosen = [random.choice(side, min(tokens, len(side) // 2), replace=False) for side in sides]
            small = space.take(np.sort(np.concatenate(chosen)))
            binary = small.relabel(dict(zip(small.vocabulary.texts, _sides(small, label), strict=True)))
            options = SeparabilityOptions(minimum=10, seed=int(random.integers(1 << 30)))
            row = next(row for row in separability(binary, options, threads=1).labels if row.label == "own")
            return {
                f"probe of {label}": (row.accuracy, row.interval, _on_the_rest(space, own, sides, chosen))
            }

        return simulate

    return case


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
    "diversity": (_mixed, 1000),
    "frequency": (_frequency(False), 1000),
    "planted frequency": (_frequency(True), 1000),
    "neighbour overlap": (_overlap, 1000),
    "CKA": (_shape("CKA"), 500),
    "RSA": (_shape("RSA"), 150),
    "Procrustes": (_shape("Procrustes"), 1000),
    "retrieval": (_retrieval, 2000),
    "tables": (_tables, 1000),
    "probe of Latin": (_probe("Latn", 300), 1),
    "probe of Cyrillic": (_probe("Cyrl", 200), 1),
    "probe of Devanagari": (_probe("Deva", 200), 1),
    "under-trained": (_undertrained, 1),
}
"""A measure of a drawn vocabulary, and its tokens."""


def main() -> None:
    """Print a row for every interval."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--model", default="demo:meaning")
    parser.add_argument("--other", default="demo:language")
    options = parser.parse_args()
    spaces: list[TokenSpace] = []
    print(f"{'interval':44}{'held, %':>9}{'width':>8}{'value':>9}{'draws':>7}")
    for case in options.cases or CASES:
        if case == "under-trained":
            chosen = [open_model(options.model)]
        else:
            chosen = spaces = spaces or populations(options.model, options.other)
        for name, found in coverage(case, chosen, options.simulations).items():
            print(
                f"{name:44}{100 * found.share:9.1f}{found.relative_width:8.2f}{found.truth:9.4f}"
                f"{found.simulations:7}",
                flush=True,
            )


if __name__ == "__main__":
    main()
