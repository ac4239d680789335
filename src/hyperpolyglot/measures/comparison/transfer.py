"""Can the vectors of one model be turned into those of another? Maps learned on some tokens, judged on others.

``orthogonal``: a rotation and one scale (Procrustes); the narrower matrix is padded with zeros. ``linear``: least
squares with a ridge of 0.001 of the mean variance. Both after taking off the means of the training tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.linalg import cross_product
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import bootstrap, permutation_p, wilson
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Split", "linear_map", "orthogonal_map", "procrustes", "retrieval", "split_rows"]

RIDGE = 1e-3
TEST_SHARE = 0.2
MOST_TESTED = 20_000
MOST_TRAINED = 60_000
MOST_RETRIEVED = 1000
_SHUFFLES = 3
_BLOCK = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Rows to learn from and rows to judge on, ascending, disjoint."""

    train: Array
    test: Array


def split_rows(n: int, random: np.random.Generator) -> Split:
    """A seeded fifth of the rows, at most 20,000, for judging; of the others at most 60,000 to learn from."""
    order = random.permutation(n)
    held_out = min(max(1, round(TEST_SHARE * n)), MOST_TESTED)
    return Split(train=np.sort(order[held_out : held_out + MOST_TRAINED]), test=np.sort(order[:held_out]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """``y ≈ target + (x − source) @ matrix``; ``spill``: factor of the energy of x that lands in padded dimensions."""

    source: Float64
    target: Float64
    matrix: Float64
    scale: float = 0.0
    inside: Float64 | None = None

    def predicted(self, x: Float32) -> Float64:
        """Predictions less the target's training mean, float64 ``[n, q]``."""
        return np.asarray((x - self.source) @ self.matrix)

    def spilled(self, x: Float32) -> Float64:
        """Squared length of predictions outside the target's own dimensions, float64 ``[n]``."""
        if self.inside is None:
            return np.zeros(len(x))
        centred = x - self.source
        rest = (centred**2).sum(axis=1) - ((centred @ self.inside) ** 2).sum(axis=1)
        return np.asarray(self.scale**2 * np.maximum(rest, 0))


def orthogonal_map(x: Float32, y: Float32) -> _Map:
    """The rotation Ω and scale that minimise ‖s·XΩ − Y‖ (Schönemann 1966), X and Y centred and padded to one width."""
    means = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
    left, values, right = np.linalg.svd(cross_product(x, y, means=means), full_matrices=False)
    energy = sum(float(((x[s : s + 8192] - means[0]) ** 2).sum()) for s in range(0, len(x), 8192))
    scale = float(values.sum()) / energy if energy > 0 else 0.0
    wide = left if x.shape[1] > y.shape[1] else None
    return _Map(source=means[0], target=means[1], matrix=scale * (left @ right), scale=scale, inside=wide)


def linear_map(x: Float32, y: Float32) -> _Map:
    """Least squares of centred Y on centred X with a small ridge."""
    means = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
    gram = cross_product(x, x, means=(means[0], means[0]))
    gram[np.diag_indices(len(gram))] += RIDGE * np.trace(gram) / len(gram) + 1e-300
    return _Map(
        source=means[0],
        target=means[1],
        matrix=np.asarray(np.linalg.solve(gram, cross_product(x, y, means=means)), np.float64),
    )


Learner = Callable[[Float32, Float32], _Map]
LEARNERS: dict[str, Learner] = {"orthogonal": orthogonal_map, "linear": linear_map}


def _residuals(found: _Map, x: Float32, y: Float32) -> Float64:
    """Squared error and squared length of the centred target of every token, float64 ``[n, 2]``."""
    target = y - found.target
    error = ((target - found.predicted(x)) ** 2).sum(axis=1) + found.spilled(x)
    return np.stack([error, (target**2).sum(axis=1)], axis=1)


def _explained(totals: Float64) -> Float64:
    """Mean over both directions of 1 − error/target, from totals ``[r, 4]``."""
    return np.asarray(1 - (totals[:, 0] / totals[:, 1] + totals[:, 2] / totals[:, 3]) / 2)


def procrustes(
    a: Float32,
    b: Float32,
    split: Split,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    shuffles: int = _SHUFFLES,
) -> Measured:
    """R² on held-out tokens of the orthogonal map, the mean of both directions; at most one.

    Interval: bootstrap over held-out tokens, the map held fixed. ``null``: mean R² of
    ``shuffles`` maps learned on shuffled training rows. p: the correspondence of the held-out tokens is permuted.
    """
    train, test = split.train, split.test
    sides = ((a, b), (b, a))
    maps = [orthogonal_map(x[train], y[train]) for x, y in sides]
    columns = np.concatenate(
        [_residuals(m, x[test], y[test]) for m, (x, y) in zip(maps, sides, strict=True)], axis=1
    )
    if not (columns[:, [1, 3]].sum(axis=0) > 0).all():
        return Measured(value=None, note="the held-out tokens of one model have no variance")
    totals = columns.sum(axis=0)
    value = float(_explained(totals[None])[0])
    crossed = _permuted_products(maps, sides, test, random, permutations)
    few = train if len(train) <= MOST_TESTED else np.sort(random.choice(train, MOST_TESTED, replace=False))
    shuffled = []
    for _ in range(shuffles):
        order = random.permutation(few)
        wrong = [orthogonal_map(a[few], b[order]), orthogonal_map(b[few], a[order])]
        parts = [_residuals(m, x[test], y[test]) for m, (x, y) in zip(wrong, sides, strict=True)]
        shuffled.append(float(_explained(np.concatenate(parts, axis=1).sum(axis=0)[None])[0]))
    return Measured(
        value=value,
        null=float(np.mean(shuffled)),
        p=permutation_p(crossed[0], crossed[1:]) if permutations else None,
        interval=bootstrap(columns, _explained, random=random),
        details={
            "a_to_b": float(1 - totals[0] / totals[1]),
            "b_to_a": float(1 - totals[2] / totals[3]),
            "trained_on": len(train),
            "held_out": len(test),
        },
    )


def _permuted_products(
    maps: list[_Map],
    sides: tuple[tuple[Float32, Float32], ...],
    test: Array,
    random: np.random.Generator,
    permutations: int,
) -> Float64:
    """What of R² depends on the pairing, first as it is, then with the rows of the second model permuted."""
    predicted = [m.predicted(x[test]).astype(np.float32) for m, (x, _) in zip(maps, sides, strict=True)]
    targets = [(y[test] - m.target).astype(np.float32) for m, (_, y) in zip(maps, sides, strict=True)]
    weights = [1 / float((t.astype(np.float64) ** 2).sum()) for t in targets]
    found = []
    for draw in range(permutations + 1):
        order = random.permutation(len(test)) if draw else np.arange(len(test))
        forth = np.einsum("ij,ij->", predicted[0], targets[0][order], dtype=np.float64)
        back = np.einsum("ij,ij->", predicted[1][order], targets[1], dtype=np.float64)
        found.append(weights[0] * float(forth) + weights[1] * float(back))
    return np.array(found)


def retrieval(a: Float32, b: Float32, split: Split, *, random: np.random.Generator) -> list[dict[str, Any]]:
    """How often the mapped vector of a held-out token is nearest to the same token in the other model.

    Up to 1,000 seeded held-out tokens; candidates are all shared rows, less the training mean, by cosine; precision
    at 1 and at 10 with Wilson's interval over tokens, and chance.
    """
    test = split.test
    if len(test) > MOST_RETRIEVED:
        test = np.sort(random.choice(test, MOST_RETRIEVED, replace=False))
    rows = []
    for direction, x, y in (("a_to_b", a, b), ("b_to_a", b, a)):
        candidates: Float32 | None = None
        for name, learn in LEARNERS.items():
            found = learn(x[split.train], y[split.train])
            if candidates is None:
                candidates = _directions(y - found.target.astype(np.float32))
            ranks = _ranks(_directions(found.predicted(x[test]).astype(np.float32)), candidates, test)
            rows.append(
                {"map": name, "direction": direction, "tested": len(test), "candidates": len(y)}
                | {f"p{k}": _precision(ranks, k, len(y)) for k in (1, 10)}
            )
    return rows


def _precision(ranks: Array, k: int, candidates: int) -> dict[str, Any]:
    hits = int(np.count_nonzero(ranks < k))
    interval = wilson(hits, len(ranks))
    return {
        "value": hits / len(ranks),
        "chance": min(1.0, k / candidates),
        "interval": None if interval is None else list(interval),
    }


def _directions(vectors: Float32) -> Float32:
    vectors = vectors.copy()
    vectors[~vectors.any(axis=1), 0] = 1e-30
    return unit_rows(vectors)


def _ranks(queries: Float32, candidates: Float32, own: Array) -> Array:
    """How many candidates are at least as near as the correct one, itself left out, int64 ``[q]``."""
    nearer = np.full(len(queries), -1, np.int64)
    correct = np.einsum("ij,ij->i", queries, candidates[own])
    for start in range(0, len(candidates), 65_536):
        block = candidates[start : start + 65_536]
        for first in range(0, len(queries), _BLOCK):
            part = slice(first, first + _BLOCK)
            scores = queries[part] @ block.T
            here = (own[part] >= start) & (own[part] < start + len(block))
            scores[here, own[part][here] - start] = np.inf
            nearer[part] += (scores >= correct[part, None]).sum(axis=1)
    return nearer
