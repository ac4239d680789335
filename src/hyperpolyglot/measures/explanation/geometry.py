"""How a cloud of vectors fills its space: evenly or along few directions, and how many dimensions it has locally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.cosine import norms, unit_rows
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.linalg import cross_product
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float32, Float64, Int32, Progress, silent

__all__ = ["Dimension", "Isotropy", "dimension", "isotropy", "local_dimensions", "two_nn"]

_TRIM = 0.1
_TWO_NN_QUERIES = 5000
_LOCAL_TOKENS = 1000
_LOCAL_NEIGHBORS = 50
_OUTLIER = 5.0
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotropy:
    """How evenly variance is spread over ``dim`` dimensions.

    ``participation`` (Σλ)²/Σλ² of the covariance's eigenvalues, 1…dim; ``iso_score`` 0…1 (Rudman et al. 2022, which
    reduces to (participation − 1)/(dim − 1)); both with the value that as many isotropic Gaussian vectors give.
    ``mean_cosine`` over all pairs, exact: (‖Σû‖² − n)/(n(n − 1)); ``centred_mean_cosine`` once the mean of the
    unit rows is taken off them. ``stable_rank`` Σλ/max λ;
    ``top_share`` of the first component. ``outlier_dimensions``: dimensions whose variance is at least
    five times the mean, or that make up a tenth of the mean cosine.
    """

    tokens: int
    dim: int
    iso_score: float
    iso_score_expected: float
    participation: float
    participation_expected: float
    mean_cosine: float
    centred_mean_cosine: float
    stable_rank: float
    top_share: float
    norm_mean: float
    norm_sd: float
    outlier_dimensions: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        found = {name: getattr(self, name) for name in self.__slots__}
        for name in ("iso_score", "participation"):
            found[name] = {"value": found[name], "null": found.pop(f"{name}_expected")}
        found["mean_cosine"] = {"value": self.mean_cosine, "null": 0.0}
        return found | {"outlier_dimensions": list(self.outlier_dimensions)}


def isotropy(vectors: Float32) -> Isotropy:
    """Isotropy of rows ``[n, d]``, finite, none zero, n of at least two."""
    n, d = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = cross_product(vectors, vectors, means=(mean, mean)) / (n - 1)
    values = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
    total, square = float(values.sum()), float((values**2).sum())
    participation = total**2 / square if square > 0 else 1.0
    expected = d * (n - 1) / (n + d)
    lengths = norms(vectors)
    unit_sum, parts = _unit_sums(vectors, np.zeros(d))
    cosine = _mean_cosine(unit_sum, n)
    centred_sum, _ = _unit_sums(unit_rows(vectors), unit_sum / n)
    variances = np.diag(covariance)
    ratio = variances / max(float(variances.mean()), 1e-300)
    share = (unit_sum**2 - parts) / (n * (n - 1)) / cosine if cosine > 0.01 else np.zeros(d)
    outliers = np.flatnonzero((ratio >= _OUTLIER) | (share >= 0.1))
    return Isotropy(
        tokens=n,
        dim=d,
        iso_score=(participation - 1) / (d - 1) if d > 1 else 1.0,
        iso_score_expected=(expected - 1) / (d - 1) if d > 1 else 1.0,
        participation=participation,
        participation_expected=expected,
        mean_cosine=cosine,
        centred_mean_cosine=_mean_cosine(centred_sum, n),
        stable_rank=total / float(values[-1]) if values[-1] > 0 else 0.0,
        top_share=float(values[-1]) / total if total > 0 else 1.0,
        norm_mean=float(lengths.mean()),
        norm_sd=float(lengths.std(ddof=1)),
        outlier_dimensions=tuple(
            {"dimension": i, "variance_ratio": float(ratio[i]), "cosine_share": float(share[i])}
            for i in outliers.tolist()
        ),
    )


def _unit_sums(vectors: Float32, mean: Float64) -> tuple[Float64, Float64]:
    """Sum of the rows scaled to length one, and of their squares, by dimension."""
    total, squares = np.zeros(vectors.shape[1]), np.zeros(vectors.shape[1])
    for start in range(0, len(vectors), 8192):
        block = vectors[start : start + 8192] - mean
        block /= np.maximum(np.sqrt((block**2).sum(axis=1, keepdims=True)), 1e-300)
        total += block.sum(axis=0)
        squares += (block**2).sum(axis=0)
    return total, squares


def _mean_cosine(unit_sum: Float64, n: int) -> float:
    return (float((unit_sum**2).sum()) - n) / (n * (n - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Local dimension of the unit rows, beside Gaussian vectors with the same number, mean and covariance.

    ``two_nn`` from the ratio of the two smallest distances (Facco et al. 2017, a tenth trimmed); ``local_pca`` median
    over seeded tokens of the participation ratio of their ``neighbors`` nearest. ``duplicates``: tokens left out, for a
    neighbour lies in the same place. Estimators of this kind are biased low in high dimensions: compare with the
    baseline only.
    """

    two_nn: float | None
    two_nn_baseline: float | None
    local_pca: float | None
    local_pca_baseline: float | None
    neighbors: int
    tokens: int
    baseline_tokens: int
    duplicates: int

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "two_nn": {"value": self.two_nn, "null": self.two_nn_baseline},
            "local_pca": {"value": self.local_pca, "null": self.local_pca_baseline},
            "neighbors": self.neighbors,
            "tokens": self.tokens,
            "baseline_tokens": self.baseline_tokens,
            "duplicates": self.duplicates,
        }


def two_nn(first: Array, second: Array) -> float | None:
    """Slope through the origin of −log(1 − F(μ)) on log μ, μ = second/first distance, the largest tenth left out.

    F is the empirical distribution i/n (Facco et al. 2017). ``None`` with fewer than ten distances above zero.
    """
    usable = (first > 0) & (second > first * (1 + 1e-12))
    ratios = np.sort(np.log(second[usable] / first[usable]))
    n = len(ratios)
    kept = int(n * (1 - _TRIM))
    if kept < 9:
        return None
    heights = -np.log1p(-np.arange(1, kept + 1) / n)
    x = ratios[:kept]
    return float((x * heights).sum() / (x * x).sum())


def dimension(
    space: TokenSpace,
    near: Neighbors,
    *,
    seed: int = 0,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Dimension:
    """Local dimension of the candidates of ``near``; the baseline is looked at for at most 5,000 seeded tokens.

    Raises ``NotEnoughData`` where ``near`` has fewer than two neighbours a token.
    """
    if near.k < 2 or not len(near.queries):
        raise NotEnoughData(f"{space.model}: local dimension needs two neighbours a token.")
    random = np.random.default_rng([seed, 1])
    candidates = near.candidates
    unit = unit_rows(space.vectors(candidates))
    place = np.full(len(space), -1, np.int32)
    place[candidates] = np.arange(len(candidates), dtype=np.int32)
    k = min(near.k, _LOCAL_NEIGHBORS)
    own, close = place[near.queries], place[near.rows[:, :k]]
    chosen = np.sort(random.choice(len(own), min(_LOCAL_TOKENS, len(own)), replace=False))
    first, second = _two_distances(unit, own, close)
    local = local_dimensions(unit, close[chosen]) if k >= 3 else None
    unit = unit_rows(_gaussian_like(unit, random))
    asked = np.sort(random.choice(len(unit), min(_TWO_NN_QUERIES, len(unit)), replace=False)).astype(np.int32)
    found = search(unit[asked], asked, unit, k, progress).positions
    base_first, base_second = _two_distances(unit, asked, found)
    return Dimension(
        two_nn=two_nn(first, second),
        two_nn_baseline=two_nn(base_first, base_second),
        local_pca=None if local is None else float(np.median(local)),
        local_pca_baseline=None
        if local is None
        else float(np.median(local_dimensions(unit, found[: min(_LOCAL_TOKENS, len(found))]))),
        neighbors=k,
        tokens=len(own),
        baseline_tokens=len(asked),
        duplicates=int(np.count_nonzero(first <= 0)),
    )


def _two_distances(unit: Float32, own: Int32, close: Int32) -> tuple[Float64, Float64]:
    """Euclidean distances of unit rows to their two nearest, smaller first; differences are taken in float64."""
    found = np.empty((2, len(own)))
    for column in range(min(2, close.shape[1])):
        for start in range(0, len(own), 8192):
            part = slice(start, start + 8192)
            away = unit[own[part]].astype(np.float64) - unit[close[part, column]]
            found[column, part] = np.sqrt((away**2).sum(axis=1))
    found.sort(axis=0)
    found[0][found[0] < 1e-6] = 0.0
    return found[0], found[1]


def local_dimensions(unit: Float32, close: Array) -> Float64:
    """Participation ratio of the covariance of each row's neighbours ``[tokens, k]``, in 1…k − 1."""
    found = np.ones(len(close))
    for start in range(0, len(close), _AT_ONCE):
        block = unit[close[start : start + _AT_ONCE]].astype(np.float64)
        block -= block.mean(axis=1, keepdims=True)
        gram = np.einsum(
            "tid,tjd->tij", block, block
        )  # BLAS would wait for its threads at each of many small products
        square = (gram**2).sum(axis=(1, 2))
        trace = np.trace(gram, axis1=1, axis2=2)
        part = found[start : start + _AT_ONCE]
        np.divide(trace**2, square, out=part, where=square > 0)
    return found


def _gaussian_like(vectors: Float32, random: np.random.Generator) -> Float32:
    """Gaussian vectors float32 ``[n, d]`` with the mean and covariance of the rows given."""
    n, d = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    values, axes = np.linalg.eigh(cross_product(vectors, vectors, means=(mean, mean)) / (n - 1))
    root = (axes * np.sqrt(np.maximum(values, 0.0))).T.astype(np.float32)
    drawn = np.empty((n, d), np.float32)
    for start in range(0, n, 8192):
        part = drawn[start : start + 8192]
        part[:] = random.standard_normal(part.shape, np.float32) @ root + mean.astype(np.float32)
    return drawn
