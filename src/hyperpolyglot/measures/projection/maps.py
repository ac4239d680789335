"""A map of the tokens in two dimensions.

UMAP (McInnes et al. 2018) with the paper's parameters (n_neighbors 15, min_dist 0.2, euclidean on unit rows), from the
exact neighbours and seeded: by :mod:`.layout`, the same for any number of threads, or by umap-learn, on one thread.
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
from hyperpolyglot.measures.projection.layout import laid_out
from hyperpolyglot.measures.projection.trust import trustworthiness
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Float64, Int32, Progress, frozen, silent

__all__ = ["METHODS", "NEIGHBORS", "Projection", "by_umap_learn", "nearest_others", "project"]

NEIGHBORS = 15
MIN_DIST = 0.2
METHODS = ("auto", "umap", "umap-learn", "pca")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Projection(Record):
    """``rows`` int32 ``[n]`` positions in the space; ``points`` float32 ``[n, 2]``.

    ``method``: ``"UMAP"``, ``"umap-learn"``, ``"PCA"`` or ``"shipped"``. ``trustworthiness`` in 0…1 (Venna and Kaski
    2001), the share of layout neighbours that are true ones, weighted by how wrong the others are; estimated from a
    seeded sample.
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
        """A row for every token: ``model``, ``id``, ``token``, ``label``, ``x``, ``y``."""
        return [
            {
                "model": space.model,
                "id": int(space.ids[row]),
                "token": space.vocabulary.texts[row],
                "label": space.labels.of(row),
                "x": x,
                "y": y,
            }
            for row, (x, y) in zip(self.rows.tolist(), self.points.tolist(), strict=True)
        ]


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

    ``neighbors``: those of every token, of which the nearest 14 count. ``method``: ``"umap"`` (as ``"auto"``),
    ``"umap-learn"`` for that library's layout, or ``"pca"``. ``layout``, float ``[rows of the table, 2]``, is taken as
    it is where given; tokens without finite coordinates are left out. Raises ``MissingExtra`` for ``"umap-learn"``
    without the extra, ``NotEnoughData`` for fewer than 16 tokens, ``DamagedFile`` for a layout that does not fit.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:language")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> hp.project(space, hp.neighbors(space, k=15), method="pca").points.shape
    (237, 2)
    """
    checked("project", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("project", neighbors, Neighbors, "Neighbors, as neighbors(space) gives them")
    if method not in METHODS:
        raise ValueError(f"no map is made by {method!r}; there are {', '.join(METHODS)}")
    if method == "umap-learn" and layout is None and find_spec("umap") is None:
        raise MissingExtra("a layout by umap-learn", "map")
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
    elif method == "pca":
        points, name = _pca(units), "PCA"
    else:
        near, distances = nearest_others(space, neighbors)
        if method == "umap-learn":
            points, name = by_umap_learn(units, near, distances, seed), "umap-learn"
        else:
            points, name = laid_out(units, near, distances, seed=seed, progress=progress), "UMAP"
    return stamped(
        Projection(
            rows=rows,
            points=points,
            method=name,
            trustworthiness=trustworthiness(units, points, k=NEIGHBORS, seed=seed),
        ),
        came_from(space, seed=seed),
    )


def nearest_others(space: TokenSpace, neighbors: Neighbors) -> tuple[Int32, Float64]:
    """The nearest others of every token, the token itself being the fifteenth, as positions, and their distances."""
    rows = neighbors.rows[:, : NEIGHBORS - 1]
    near = np.searchsorted(neighbors.queries, rows).astype(np.int32)
    if not np.array_equal(neighbors.queries[np.minimum(near, len(neighbors.queries) - 1)], rows):
        raise NotEnoughData(f"{space.model}: a map needs the neighbours of all tokens, not of some.")
    cosines = neighbors.similarity[:, : NEIGHBORS - 1].astype(np.float64)
    return near, np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines))


def by_umap_learn(units: Float32, near: Int32, distances: Float64, seed: int) -> Float32:
    """The layout of umap-learn, from the same neighbours, on one thread: points float32 ``[n, 2]``."""
    indices = np.column_stack([np.arange(len(near), dtype=np.int32), near])
    lengths = np.column_stack([np.zeros(len(near), np.float32), distances.astype(np.float32)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        layout = UMAP(
            n_neighbors=NEIGHBORS,
            min_dist=MIN_DIST,
            metric="euclidean",
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(indices, lengths, None),
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
