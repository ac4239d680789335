"""Maps of the sampled tokens along steps, each turned to fit the one before it, so that only what changed moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.projection import NEIGHBORS, project
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.step import sampled
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Float64, Int32, Progress, frozen, silent

__all__ = ["MapStep", "StepMap", "aligned_maps", "fitted", "step_map"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMap:
    """Where tokens of one step lie: ``rows`` int32 ``[n]`` positions, ``points`` float32 ``[n, 2]``."""

    rows: Int32
    points: Float32

    def __post_init__(self) -> None:
        for name in ("rows", "points"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStep:
    """The map at the step ``x``, turned to fit the one before: ``ids``, ``codes`` of ``labels`` (−1: none), ``points``.

    ``stays``: how much of the places is those of the map before (R²); ``None`` for the first.
    """

    x: float
    model: str
    ids: Int32
    codes: Int32
    labels: tuple[str, ...]
    points: Float32
    stays: float | None

    def to_json(self) -> dict[str, Any]:
        """The JSON form: without the points, which are in a table."""
        return {"x": self.x, "model": self.model, "tokens": len(self.ids), "stays": self.stays}

    def table_rows(self) -> list[dict[str, Any]]:
        """A row of a table for every token: step, id, label and place."""
        return [
            {
                "step": self.x,
                "id": int(token),
                "label": None if code < 0 else self.labels[code],
                "x": x,
                "y": y,
            }
            for token, code, (x, y) in zip(self.ids, self.codes, self.points.tolist(), strict=True)
        ]


def step_map(
    *, space: TokenSpace, options: TrackOptions, search: Search = AUTO, progress: Progress = silent
) -> StepMap:
    """Lay the sampled tokens out by UMAP, from their neighbours among themselves. Raises ``NotEnoughData``."""
    candidates = space.candidates().rows
    rows = np.intersect1d(sampled(space, options), candidates).astype(np.int32)
    small = space.take(rows)
    near = neighbors(small, min(NEIGHBORS, len(rows) - 1), search=search, progress=progress)
    found = project(small, near, seed=options.seed, progress=progress)
    return StepMap(rows=rows[found.rows], points=found.points)


def fitted(points: Float64, onto: Float64, every: Float64) -> tuple[Float64, float]:
    """``every`` as ``points`` are moved, turned and mirrored to lie nearest to ``onto`` and as wide, all ``[n, 2]``.

    Least squares alone would shrink a map the more, the less it is like the other. The second value is the share of
    the places of ``onto`` that the nearest map explains (R²).
    """
    centre, other = points.mean(axis=0), onto.mean(axis=0)
    a, b = points - centre, onto - other
    left, strength, right = np.linalg.svd(a.T @ b)
    own, total = float((a**2).sum()), float((b**2).sum())
    scale = np.sqrt(total / own) if own > 0 else 1.0
    explained = float(strength.sum()) ** 2 / (own * total) if own > 0 and total > 0 else 0.0
    return scale * (every - centre) @ (left @ right) + other, explained


def aligned_maps(
    spaces: Sequence[TokenSpace], x: Sequence[float], maps: Sequence[StepMap]
) -> tuple[MapStep, ...]:
    """The maps one after the other, each fitted to the one before by the tokens that both have."""
    found: list[MapStep] = []
    before: tuple[Int32, Float64] | None = None
    for space, place, own in zip(spaces, x, maps, strict=True):
        points, stays = own.points.astype(np.float64), None
        if before is not None:
            _, here, there = np.intersect1d(own.rows, before[0], return_indices=True)
            if len(here) > 2:
                points, stays = fitted(points[here], before[1][there], points)
        before = own.rows, points
        found.append(
            MapStep(
                x=place,
                model=space.model,
                ids=space.ids[own.rows],
                codes=space.labels.codes[own.rows].astype(np.int32),
                labels=tuple(space.labels.names),
                points=points.astype(np.float32),
                stays=stays,
            )
        )
    return tuple(found)
