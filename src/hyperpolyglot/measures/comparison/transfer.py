"""Can the vectors of one model be turned into those of another? Maps learned on some tokens, judged on others.

``orthogonal``: a rotation and one scale (Procrustes); the narrower matrix is padded with zeros. ``linear``: least
squares with a ridge of 0.001 of the mean variance. Both after taking off the means of the training tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.linalg import cross_product
from hyperpolyglot.measures.comparison.permuted import in_lines, over_permutations, paired_sums
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.statistics import bootstrap, permutation_p, wilson
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Learned", "Split", "linear_map", "orthogonal_map", "procrustes", "retrieval", "split_rows"]

RIDGE = 1e-3
TEST_SHARE = 0.2
MOST_TESTED = 20_000
MOST_TRAINED = 60_000
MOST_RETRIEVED = 1000
_SHUFFLES = 3
_ROUNDING = np.float32(2e-6)
"""Float32 cosines of one pair differ by less, whatever the order of summation and the number of threads."""
_BLOCK = 16_384
_OPEN = 1e-9
"""Singular values below this share of the largest say nothing of their directions."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crossed:
    """Two matrices with the same rows: means, and ``(x − mean)ᵀ(y − mean)``. All maps are made of it."""

    x: Float32
    y: Float32
    means: tuple[Float64, Float64]
    product: Float64

    @classmethod
    def of(cls, x: Float32, y: Float32) -> _Crossed:
        means = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
        return cls(x=x, y=y, means=means, product=cross_product(x, y, means=means))

    def reversed(self) -> _Crossed:
        """From y to x."""
        return _Crossed(x=self.y, y=self.x, means=self.means[::-1], product=self.product.T)

    def gram(self) -> Float64:
        """``(x − mean)ᵀ(x − mean)``."""
        return cross_product(self.x, self.x, means=(self.means[0], self.means[0]))


_Factors = tuple[Float64, Float64, Float64]


def _rotation(crossed: _Crossed, factors: _Factors, energy: float) -> _Map:
    """The map by the singular vectors and values of the product, ``energy`` the sum of squares of centred x."""
    left, values, right = factors
    scale = float(values.sum()) / energy if energy > 0 else 0.0
    wide = left if left.shape[0] > right.shape[1] else None
    return _Map(
        source=crossed.means[0],
        target=crossed.means[1],
        matrix=scale * (left @ right),
        scale=scale,
        inside=wide,
    )


def _rotations(crossed: _Crossed, energies: tuple[float, float]) -> tuple[_Map, _Map]:
    """The orthogonal maps there and back: one is the other transposed, but where the product leaves some of it open."""
    left, values, right = factors = np.linalg.svd(crossed.product, full_matrices=False)
    back = right.T, values, left.T
    if values[-1] <= _OPEN * values[0]:
        back = np.linalg.svd(crossed.product.T, full_matrices=False)
    return _rotation(crossed, factors, energies[0]), _rotation(crossed.reversed(), back, energies[1])


def _energy(x: Float32, mean: Float64) -> float:
    return sum(float(((x[s : s + 8192] - mean) ** 2).sum()) for s in range(0, len(x), 8192))


def orthogonal_map(x: Float32, y: Float32) -> _Map:
    """The rotation Ω and scale that minimise ‖s·XΩ − Y‖ (Schönemann 1966), X and Y centred and padded to one width."""
    crossed = _Crossed.of(x, y)
    return _rotation(
        crossed, np.linalg.svd(crossed.product, full_matrices=False), _energy(x, crossed.means[0])
    )


def _least_squares(crossed: _Crossed) -> _Map:
    gram = crossed.gram()
    gram[np.diag_indices(len(gram))] += RIDGE * np.trace(gram) / len(gram) + 1e-300
    return _Map(
        source=crossed.means[0],
        target=crossed.means[1],
        matrix=np.asarray(np.linalg.solve(gram, crossed.product), np.float64),
    )


def linear_map(x: Float32, y: Float32) -> _Map:
    """Least squares of centred Y on centred X with a small ridge."""
    return _least_squares(_Crossed.of(x, y))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What both measures of maps learn from the same training rows: the product, and rotations there and back."""

    crossed: _Crossed
    rotations: tuple[_Map, _Map]

    @classmethod
    def of(cls, a: Float32, b: Float32, split: Split) -> Learned:
        """Of the training rows of ``split``."""
        crossed = _Crossed.of(a[split.train], b[split.train])
        energies = _energy(crossed.x, crossed.means[0]), _energy(crossed.y, crossed.means[1])
        return cls(crossed=crossed, rotations=_rotations(crossed, energies))


def _residuals(found: _Map, x: Float32, y: Float32) -> Float64:
    """Squared error and squared length of the centred target of every token, float64 ``[n, 2]``."""
    target = y - found.target
    error = ((target - found.predicted(x)) ** 2).sum(axis=1) + found.spilled(x)
    return np.stack([error, (target**2).sum(axis=1)], axis=1)


def _explained(totals: Float64) -> Float64:
    """Mean over both directions of 1 − error/target, from totals ``[r, 4]``."""
    return np.asarray(1 - (totals[:, 0] / totals[:, 1] + totals[:, 2] / totals[:, 3]) / 2)


def _total_error(found: _Map, gram: Float64, product: Float64, target: float) -> float:
    """Squared error over rows, from xᵀx, xᵀy and the sum of squares of y, all less the means of the map."""
    spread = gram @ found.matrix
    error = target - 2 * float((found.matrix * product).sum()) + float((found.matrix * spread).sum())
    if found.inside is not None:
        within = float((found.inside * (gram @ found.inside)).sum())
        error += found.scale**2 * max(float(np.trace(gram)) - within, 0.0)
    return error


def _by_shuffled(
    a: Float32, b: Float32, split: Split, random: np.random.Generator, shuffles: int
) -> list[float]:
    """R² on held-out rows of maps that were learned on shuffled rows, at most 20,000."""
    train, test = split.train, split.test
    few = train if len(train) <= MOST_TESTED else np.sort(random.choice(train, MOST_TESTED, replace=False))
    orders = [random.permutation(few) for _ in range(shuffles)]
    means = a[few].mean(axis=0, dtype=np.float64), b[few].mean(axis=0, dtype=np.float64)
    held_out = _Crossed(
        x=a[test], y=b[test], means=means, product=cross_product(a[test], b[test], means=means)
    )
    grams = held_out.gram(), held_out.reversed().gram()
    energies = _energy(a[few], means[0]), _energy(b[few], means[1])
    found = []
    for order in orders:
        totals: list[float] = []
        for at, (x, y, crossed) in enumerate(((a, b, held_out), (b, a, held_out.reversed()))):
            product = cross_product(x[few], y[order], means=crossed.means)
            factors = np.linalg.svd(product, full_matrices=False)
            wrong = _rotation(crossed, factors, energies[at])
            target = float(np.trace(grams[1 - at]))
            totals += [_total_error(wrong, grams[at], crossed.product, target), target]
        found.append(float(_explained(np.array(totals)[None])[0]))
    return found


def procrustes(
    a: Float32,
    b: Float32,
    split: Split,
    *,
    random: np.random.Generator,
    permutations: int = 99,
    shuffles: int = _SHUFFLES,
    learned: Learned | None = None,
) -> Measured:
    """R² on held-out tokens of the orthogonal map, the mean of both directions; at most one.

    Interval: bootstrap over held-out tokens, the map held fixed. ``null``: mean R² of
    ``shuffles`` maps learned on shuffled training rows. p: the correspondence of the held-out tokens is permuted.
    ``learned``: the maps, where they are known.
    """
    test, sides = split.test, ((a, b), (b, a))
    maps = (learned or Learned.of(a, b, split)).rotations
    columns = np.concatenate(
        [_residuals(m, x[test], y[test]) for m, (x, y) in zip(maps, sides, strict=True)], axis=1
    )
    if not (columns[:, [1, 3]].sum(axis=0) > 0).all():
        return Measured(value=None, note="the held-out tokens of one model have no variance")
    totals = columns.sum(axis=0)
    value = float(_explained(totals[None])[0])
    crossed = _permuted_products(maps, sides, test, random, permutations)
    shuffled = _by_shuffled(a, b, split, random, shuffles)
    return Measured(
        value=value,
        null=float(np.mean(shuffled)),
        p=permutation_p(crossed[0], crossed[1:]) if permutations else None,
        interval=bootstrap(columns, _explained, random=random),
        details={
            "a_to_b": float(1 - totals[0] / totals[1]),
            "b_to_a": float(1 - totals[2] / totals[3]),
            "trained_on": len(split.train),
            "held_out": len(test),
        },
    )


def _permuted_products(
    maps: tuple[_Map, _Map],
    sides: tuple[tuple[Float32, Float32], ...],
    test: Array,
    random: np.random.Generator,
    permutations: int,
) -> Float64:
    """What of R² depends on the pairing, first as it is, then with the rows of the second model permuted."""
    predicted = [m.predicted(x[test]).astype(np.float32) for m, (x, _) in zip(maps, sides, strict=True)]
    targets = [(y[test] - m.target).astype(np.float32) for m, (_, y) in zip(maps, sides, strict=True)]
    weights = np.array([1 / float((t.astype(np.float64) ** 2).sum()) for t in targets])
    there, back = ((in_lines(p), in_lines(t)) for p, t in zip(predicted, targets, strict=True))
    sums = over_permutations(
        len(test),
        permutations,
        random,
        lambda orders: np.stack([paired_sums(*there, orders), paired_sums(*back[::-1], orders)], axis=1),
        observed=True,
    )
    return np.asarray(sums @ weights)


def retrieval(
    a: Float32, b: Float32, split: Split, *, random: np.random.Generator, learned: Learned | None = None
) -> list[dict[str, Any]]:
    """How often the mapped vector of a held-out token is nearest to the same token in the other model.

    Up to 1,000 seeded held-out tokens; candidates are all shared rows, less the training mean, by cosine; precision
    at 1 and at 10 with Wilson's interval over tokens, and chance. ``learned``: the rotations, where they are known.
    """
    test = split.test
    if len(test) > MOST_RETRIEVED:
        test = np.sort(random.choice(test, MOST_RETRIEVED, replace=False))
    learned = learned or Learned.of(a, b, split)
    rows: list[dict[str, Any]] = []
    for at, (direction, x, y) in enumerate((("a_to_b", a, b), ("b_to_a", b, a))):
        crossed = learned.crossed.reversed() if at else learned.crossed
        maps = {"orthogonal": learned.rotations[at], "linear": _least_squares(crossed)}
        queries = [_directions(found.predicted(x[test]).astype(np.float32)) for found in maps.values()]
        ranks = _ranks(queries, y, crossed.means[1].astype(np.float32), test)
        rows.extend(
            {"map": name, "direction": direction, "tested": len(test), "candidates": len(y)}
            | {f"p{k}": _precision(own, k, len(y)) for k in (1, 10)}
            for name, own in zip(maps, ranks, strict=True)
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


def _ranks(queries: list[Float32], vectors: Float32, mean: Float32, own: Array) -> list[Array]:
    """How many rows of ``vectors`` less ``mean`` are at least as near as the correct one, itself left out.

    Of each of the ``queries`` ``[q, d]``, int64 ``[q]``. Cosines that differ by less than their rounding are as near.
    """
    near = _directions(vectors[own] - mean)
    correct = [np.einsum("ij,ij->i", asked, near) - _ROUNDING for asked in queries]
    nearer = [np.full(len(own), -1, np.int64) for _ in queries]
    for start in range(0, len(vectors), _BLOCK):
        block = _directions(vectors[start : start + _BLOCK] - mean)
        here = np.flatnonzero((own >= start) & (own < start + len(block)))
        for at, asked in enumerate(queries):
            scores = asked @ block.T
            scores[here, own[here] - start] = np.inf
            nearer[at] += np.count_nonzero(scores >= correct[at][:, None], axis=1)
    return nearer
