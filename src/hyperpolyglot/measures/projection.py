"""A map of the tokens in two dimensions.

UMAP (McInnes et al. 2018) with the paper's parameters (n_neighbors 15, min_dist 0.2, euclidean on unit rows), but
from the exact neighbours, seeded and on one thread; principal components where umap-learn is not installed.
Distances of unit rows follow from their cosines: ‖x̂ − ŷ‖² = 2 − 2·cos.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.errors import DamagedFile, MissingExtra, NotEnoughData
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Int32, Progress, frozen, silent

__all__ = ["NEIGHBORS", "Projection", "project", "trustworthiness", "umap_available"]

NEIGHBORS = 15
MIN_DIST = 0.2
SAMPLE = 2000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Projection(Record):
    """``rows`` int32 ``[n]`` positions in the space; ``points`` float32 ``[n, 2]``.

    ``method``: ``"UMAP"``, ``"PCA"`` or ``"shipped"``. ``trustworthiness`` in 0…1 (Venna and Kaski 2001), the share of
    layout neighbours that are true ones, weighted by how wrong the others are; estimated from a seeded sample.
    """

    rows: Int32
    points: Float32
    method: str
    trustworthiness: float

    def __post_init__(self) -> None:
        if self.points.shape != (len(self.rows), 2):
            raise ValueError("a map needs one point in the plane for every row")
        object.__setattr__(self, "rows", frozen(self.rows))
        object.__setattr__(self, "points", frozen(self.points))

    def to_json(self) -> dict[str, Any]:
        """The JSON form, without the points themselves."""
        return {
            "points": len(self.rows),
            "method": self.method,
            "trustworthiness": self.trustworthiness,
        }

    def _shown(self) -> list[dict[str, Any]]:
        return [self.to_json()]

    def table(self, space: TokenSpace) -> list[dict[str, Any]]:
        """A row for every token: ``id``, ``token``, ``label``, ``x``, ``y``."""
        return [
            {
                "id": int(space.ids[row]),
                "token": space.vocabulary.texts[row],
                "label": space.labels.of(row),
                "x": x,
                "y": y,
            }
            for row, (x, y) in zip(self.rows.tolist(), self.points.tolist(), strict=True)
        ]


def umap_available() -> bool:
    """Whether the ``[map]`` extra is installed."""
    return find_spec("umap") is not None


def project(
    space: TokenSpace,
    neighbors: Neighbors,
    *,
    method: str = "auto",
    seed: int = 0,
    layout: NDArray[np.floating[Any]] | None = None,
    progress: Progress = silent,
) -> Projection:
    """Lay the tokens of ``neighbors`` out in the plane.

    ``method``: ``"umap"``, ``"pca"``, or ``"auto"`` (UMAP if it is installed). ``layout``, float ``[rows of the table,
    2]``, is taken as it is where given; tokens without finite coordinates are left out. Raises ``MissingExtra`` for
    ``"umap"`` without the extra, ``NotEnoughData`` for fewer than 16 tokens, ``DamagedFile`` for a layout that does
    not fit the table.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:language")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> hp.project(space, hp.neighbors(space, k=15), method="pca").points.shape
    (237, 2)
    """
    checked("project", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("project", neighbors, Neighbors, "Neighbors, as neighbors(space) gives them")
    if method not in {"auto", "umap", "pca"}:
        raise ValueError(f"no map is made by {method!r}; there are auto, umap and pca")
    if method == "umap" and not umap_available():
        raise MissingExtra("a UMAP layout", "map")
    rows = neighbors.queries
    if len(rows) <= NEIGHBORS:
        raise NotEnoughData(
            f"{space.model}: a map needs more than {NEIGHBORS} tokens; there are {len(rows)}."
        )
    progress("map", 0, 1)
    units = unit_rows(space.vectors(rows))
    if layout is not None:
        if layout.shape != (space.n_rows, 2):
            raise DamagedFile(
                space.model, f"its layout has the shape {layout.shape}, not {(space.n_rows, 2)}"
            )
        points, name = np.asarray(layout, np.float32)[space.ids[rows]], "shipped"
        placed = np.isfinite(points).all(axis=1)
        rows, points, units = rows[placed], points[placed], units[placed]
    elif method == "umap" or (method == "auto" and umap_available()):
        points, name = _umap(units, neighbors, seed), "UMAP"
    else:
        points, name = _pca(units), "PCA"
    return Projection(
        rows=rows, points=points, method=name, trustworthiness=trustworthiness(units, points, seed=seed)
    )


def _umap(units: Float32, neighbors: Neighbors, seed: int) -> Float32:
    position = {row: i for i, row in enumerate(neighbors.queries.tolist())}
    near = neighbors.rows[:, : NEIGHBORS - 1]
    indices = np.array([[position[j] for j in row] for row in near.tolist()], np.int32)
    with_self = np.column_stack([np.arange(len(indices), dtype=np.int32), indices])
    cosines = neighbors.similarity[:, : NEIGHBORS - 1].astype(np.float64)
    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines)).astype(np.float32)
    distances = np.column_stack([np.zeros(len(indices), np.float32), distances])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        layout = UMAP(
            n_neighbors=NEIGHBORS,
            min_dist=MIN_DIST,
            metric="euclidean",
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(with_self, distances, None),
        ).fit_transform(units)
    return np.asarray(layout, np.float32)


def _pca(units: Float32) -> Float32:
    centred = units.astype(np.float64) - units.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, :-3:-1] if vectors.shape[1] > 1 else np.column_stack([vectors, np.zeros_like(vectors)])
    strongest = np.abs(axes).argmax(axis=0)
    signs = np.sign(axes[strongest, np.arange(axes.shape[1])])
    projected: Float32 = (centred @ (axes * np.where(signs == 0, 1, signs))).astype(np.float32)
    return projected


def trustworthiness(
    units: Float32, points: Float32, *, k: int = NEIGHBORS, sample: int = SAMPLE, seed: int = 0
) -> float:
    """T(k) = 1 − 2/(n·k·(2n − 3k − 1)) Σ_i Σ_{j ∈ U_k(i)} (r(i, j) − k), over a seeded sample of tokens i.

    U_k(i) are the tokens among the k nearest of i in the plane but not in the space, r(i, j) their rank there.
    """
    n = len(units)
    k = min(k, (n - 1) // 2)
    chosen = (
        np.arange(n) if n <= sample else np.sort(np.random.default_rng(seed).choice(n, sample, replace=False))
    )
    penalty = 0.0
    for start in range(0, len(chosen), 128):
        part = chosen[start : start + 128]
        itself = (np.arange(len(part)), part)
        in_space = -(units[part] @ units.T)
        in_plane = ((points[part, None, :] - points[None, :, :]) ** 2).sum(axis=2)
        in_space[itself] = in_plane[itself] = np.inf
        near = np.argpartition(in_plane, k - 1, axis=1)[:, :k]
        reached = np.take_along_axis(in_space, near, axis=1)
        ordered = np.sort(in_space, axis=1)
        for i in range(len(part)):
            ranks = np.searchsorted(ordered[i], reached[i], side="left") + 1
            penalty += float(np.maximum(0, ranks - k).sum())
    return 1.0 - 2.0 / (len(chosen) * k * (2 * n - 3 * k - 1)) * penalty
