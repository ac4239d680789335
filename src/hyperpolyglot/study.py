"""The steps of a study, in order, each kept in the store by the digest of all that it depends on.

This is the only module that knows which step needs which, and the only one that uses the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.measures.census import Census, Overlap, census, overlap
from hyperpolyglot.measures.diversity import Diversity, diversity
from hyperpolyglot.measures.examples import example_rows
from hyperpolyglot.measures.inspection import Inspection, inspect
from hyperpolyglot.measures.neighbors import Neighborhood, Neighborhoods, Neighbors, neighborhoods, neighbors
from hyperpolyglot.measures.projection import NEIGHBORS, Projection, project, umap_available
from hyperpolyglot.measures.separability import LabelAccuracy, ProbeOptions, Separability, separability
from hyperpolyglot.provenance import VERSION
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Step, Store, written
from hyperpolyglot.types import Array, Progress, silent
from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "ModelStudy",
    "Study",
    "StudyOptions",
    "run_study",
    "step_neighbors",
    "step_projection",
    "step_separability",
    "write_neighbors",
]

EXAMPLE_NEIGHBORS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """What a study computes: neighbours per token, kinds left out, protocol, seed, probes."""

    k: int = 50
    exclude: tuple[TokenKind, ...] = ()
    protocol: str = "default"
    seed: int = 0
    probes: ProbeOptions = field(default_factory=ProbeOptions)

    def to_json(self) -> dict[str, Any]:
        """The options as they are recorded."""
        return {
            "k": self.k,
            "exclude": [kind.label for kind in self.exclude],
            "protocol": self.protocol,
            "seed": self.seed,
            "probes": {name: getattr(self.probes, name) for name in self.probes.__slots__},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStudy:
    """Everything measured on one model."""

    space: TokenSpace
    inspection: Inspection
    separability: Separability
    diversity: Diversity
    examples: Neighborhoods
    projection: Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything measured on some models; ``overlap`` is empty for one."""

    models: tuple[ModelStudy, ...]
    census: Census
    overlap: Overlap
    options: StudyOptions


def _identity(space: TokenSpace) -> dict[str, Any]:
    return {"version": VERSION, "table": space.digest, "tokens": space.token_digest}


def step_neighbors(
    space: TokenSpace,
    k: int,
    store: Store,
    *,
    queries: Array | None = None,
    exclude: Sequence[TokenKind] = (),
    progress: Progress = silent,
) -> Neighbors:
    """:func:`neighbors`, kept."""

    def compute() -> Step:
        found = neighbors(space, k, queries=queries, exclude=exclude, progress=progress)
        arrays = {
            "queries": found.queries,
            "rows": found.rows,
            "similarity": found.similarity,
            "candidates": found.candidates,
        }
        return Step(arrays, {"excluded": found.excluded})

    inputs = _identity(space) | {
        "k": k,
        "exclude": sorted(kind.label for kind in exclude),
        "queries": None if queries is None else np.asarray(queries).tolist(),
    }
    step = store.step("neighbors", inputs, compute)
    return Neighbors(**step.arrays, excluded=step.values["excluded"])


def write_neighbors(path: Path, found: Neighbors, tokens: int) -> None:
    """Write ``rows`` int32 ``[tokens, k]`` and ``similarity`` float32 as an ``.npz``, whole or not at all."""
    rows, similarity = found.dense(tokens)
    with written(path) as temporary:
        np.savez(temporary, rows=rows, similarity=similarity)


def step_separability(
    space: TokenSpace,
    options: ProbeOptions,
    store: Store,
    *,
    exclude: Sequence[TokenKind] = (),
    progress: Progress = silent,
) -> Separability:
    """:func:`separability`, kept."""

    def compute() -> Step:
        found = separability(space, options, exclude=exclude, progress=progress)
        return Step({}, found.to_json())

    inputs = _identity(space) | {
        "exclude": sorted(kind.label for kind in exclude),
        "options": {name: getattr(options, name) for name in options.__slots__},
    }
    values = store.step("separability", inputs, compute).values
    return Separability(
        labels=tuple(LabelAccuracy(**row | {"interval": tuple(row["interval"])}) for row in values["labels"]),
        skipped=tuple((row["label"], row["tokens"]) for row in values["skipped"]),
        options=options,
        excluded=values["excluded"],
    )


def step_projection(
    space: TokenSpace,
    found: Neighbors,
    store: Store,
    *,
    method: str = "auto",
    seed: int = 0,
    layout: Array | None = None,
    progress: Progress = silent,
) -> Projection:
    """:func:`project`, kept."""
    if layout is not None:
        return project(space, found, layout=layout, seed=seed)
    made_by = ("umap" if umap_available() else "pca") if method == "auto" else method

    def compute() -> Step:
        progress("map", 0, 1)
        made = project(space, found, method=made_by, seed=seed)
        progress("map", 1, 1)
        values = {"method": made.method, "trustworthiness": made.trustworthiness}
        return Step({"rows": made.rows, "points": made.points}, values)

    inputs = _identity(space) | {"method": made_by, "seed": seed, "excluded": found.excluded}
    step = store.step("projection", inputs, compute)
    return Projection(
        rows=step.arrays["rows"],
        points=step.arrays["points"],
        method=step.values["method"],
        trustworthiness=step.values["trustworthiness"],
    )


def _examples(space: TokenSpace, found: Neighbors, options: StudyOptions) -> Neighborhoods:
    known = found.queries.tolist()
    rows = example_rows(space, known)
    if options.protocol == "paper" or found.k < EXAMPLE_NEIGHBORS:
        count = min(EXAMPLE_NEIGHBORS, len(known) - 1)
        return neighborhoods(
            space, rows, count, include_self=options.protocol == "paper", exclude=options.exclude
        )
    position = {row: i for i, row in enumerate(known)}
    shown = found.first(EXAMPLE_NEIGHBORS)
    return Neighborhoods(
        space=space,
        queries=tuple(
            Neighborhood(
                row=row,
                rows=tuple(shown.rows[position[row]].tolist()),
                similarity=tuple(shown.similarity[position[row]].tolist()),
            )
            for row in rows
        ),
    )


def run_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    store: Store,
    *,
    layouts: Sequence[Array | None] | None = None,
    progress: Progress = silent,
) -> Study:
    """Measure everything on every model. What is in the store is not computed again."""
    studies = []
    for space, layout in zip(spaces, layouts or [None] * len(spaces), strict=True):

        def say(step: str, done: int, total: int, model: str = space.model) -> None:
            progress(f"{model}: {step}", done, total)

        k = max(options.k, NEIGHBORS)
        found = step_neighbors(space, k, store, exclude=options.exclude, progress=say)
        studies.append(
            ModelStudy(
                space=space,
                inspection=inspect(space),
                separability=step_separability(
                    space, options.probes, store, exclude=options.exclude, progress=say
                ),
                diversity=diversity(found, space.labels, k=options.k, protocol=options.protocol),
                examples=_examples(space, found, options),
                projection=step_projection(
                    space, found, store, seed=options.seed, layout=layout, progress=say
                ),
            )
        )
    return Study(
        models=tuple(studies),
        census=census(spaces),
        overlap=overlap(spaces, protocol=options.protocol) if len(spaces) > 1 else Overlap(()),
        options=options,
    )
