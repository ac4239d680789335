"""The map that ships with a table: UMAP with the founding paper's parameters, from exact neighbours."""

from __future__ import annotations

import numpy as np
import umap

NEIGHBORS = 15
MIN_DIST = 0.2
SEED = 2023
_BLOCK = 2048


def layout(table: np.ndarray) -> np.ndarray:
    """Two coordinates per token, NaN for rows of zeros."""
    lengths = np.linalg.norm(table, axis=1)
    used = np.flatnonzero(lengths > 0)
    unit = (table[used] / lengths[used, None]).astype(np.float32)
    reducer = umap.UMAP(
        n_neighbors=NEIGHBORS,
        min_dist=MIN_DIST,
        metric="euclidean",
        random_state=SEED,
        n_jobs=1,
        precomputed_knn=_neighbors(unit),
    )
    coordinates = np.full((len(table), 2), np.nan, dtype=np.float32)
    coordinates[used] = np.round(reducer.fit_transform(unit), 3)
    return coordinates


def _neighbors(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray, None]:
    """Indices of and distances to the nearest rows, the row itself first, as UMAP wants them."""
    indices = np.empty((len(unit), NEIGHBORS), dtype=np.int32)
    for start in range(0, len(unit), _BLOCK):
        similarity = unit[start : start + _BLOCK] @ unit.T
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = np.inf
        indices[start : start + _BLOCK] = np.argsort(-similarity, axis=1, kind="stable")[:, :NEIGHBORS]
    distances = np.linalg.norm(unit[:, None, :] - unit[indices], axis=2)
    return indices, distances, None
