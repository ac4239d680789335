"""Neighbours of one large model by many workers: each searches some of the rows, and the results are joined.

A block of rows is compared with all rows, so that blocks do twice the work of the whole, which computes every pair
once for both. That pays from three workers a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hyperpolyglot.engine.nearest import Certificate, Search
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.types import Progress
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["by_rows", "in_blocks"]

LEAST_ROWS = 20_000
LEAST_BLOCKS = 3


def by_rows(steps: Sequence[PlannedStep[Any]], threads: int) -> list[PlannedStep[Any]]:
    """The same steps, in which large searches are blocks of rows where there are ``threads`` enough for all of them."""
    large = [step for step in steps if _splits(step)]
    blocks = threads // max(1, len(large))
    if blocks < LEAST_BLOCKS:
        return list(steps)
    found: list[PlannedStep[Any]] = []
    for step in steps:
        whole = in_blocks(step, blocks) if _splits(step) else step
        found += [*whole.needs, whole] if whole is not step else [step]
    return found


def _splits(step: PlannedStep[Any]) -> bool:
    return step.name == "neighbors" and step.arguments["queries"] is None and step.cost.rows >= LEAST_ROWS


def in_blocks(step: PlannedStep[Neighbors], blocks: int) -> PlannedStep[Neighbors]:
    """A search of all rows as one that needs ``blocks`` others, each of some rows; its key and record are the same."""
    given = {name: step.arguments[name] for name in ("space", "k", "exclude", "search")}
    cost = replace(step.cost, bytes=step.cost.bytes // blocks, seconds=2 * step.cost.seconds / blocks)
    parts = [
        PlannedStep(
            name="neighbors-rows",
            subject=f"{step.subject}, part {i + 1} of {blocks}",
            kind=Neighbors,
            inputs={**step.inputs, "part": [i, blocks]},
            compute=_block,
            arguments={**given, "part": i, "blocks": blocks},
            cost=cost,
            passing=True,
        )
        for i in range(blocks)
    ]
    arguments = {f"part_{i}": part for i, part in enumerate(parts)}
    return replace(step, compute=_whole, arguments=arguments, cost=replace(step.cost, seconds=0.1))


def _block(
    space: TokenSpace,
    k: int,
    exclude: Sequence[TokenKind],
    search: Search,
    part: int,
    blocks: int,
    progress: Progress,
) -> Neighbors:
    rows = space.candidates(exclude).rows
    queries = rows[len(rows) * part // blocks : len(rows) * (part + 1) // blocks]
    return neighbors(space, k, queries=queries, exclude=exclude, search=search, progress=progress)


def _whole(*, progress: Progress, **named: Neighbors) -> Neighbors:
    parts = list(named.values())
    certificates = [part.certificate for part in parts if part.certificate is not None]
    return Neighbors(
        queries=np.concatenate([part.queries for part in parts]),
        rows=np.concatenate([part.rows for part in parts]),
        similarity=np.concatenate([part.similarity for part in parts]),
        candidates=parts[0].candidates,
        excluded=parts[0].excluded,
        certificate=Certificate.joined(certificates) if certificates else None,
    )
