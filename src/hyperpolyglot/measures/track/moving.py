"""Tokens on their way over the maps of a run, with their nearest tokens at each of these steps: what a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.measures.track.maps import MapStep, StepMap
from hyperpolyglot.measures.track.step import StepMeasures
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Int32, frozen
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.writing.scripts import script_name

__all__ = ["MovingTokens", "moving_tokens"]

_NEAREST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingTokens:
    """The first ``moving`` of some tokens lie on every map; the others are among their nearest.

    ``ids``, ``texts``, ``kinds`` and ``codes`` (of ``labels``, −1: none) of all of them. ``points`` float32
    ``[map, moving, 2]``; ``near`` int32 ``[map, moving, nearest]``: places in this list, −1 where there are fewer.
    ``names``: what labels are called; ``noun``: one of them and many.
    """

    moving: int
    ids: Int32
    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    codes: Int32
    labels: tuple[str, ...]
    names: tuple[str, ...]
    noun: tuple[str, str]
    points: Float32
    near: Int32

    def __post_init__(self) -> None:
        for name in ("ids", "codes", "points", "near"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


def moving_tokens(
    spaces: Sequence[TokenSpace],
    steps: Sequence[StepMeasures],
    maps: Sequence[StepMap],
    aligned: Sequence[MapStep],
) -> MovingTokens | None:
    """The tokens that all maps have, of steps on one token axis; ``None`` without maps."""
    if not maps:
        return None
    rows = reduce(np.intersect1d, [own.rows for own in maps])
    points = np.stack(
        [step.points[np.searchsorted(own.rows, rows)] for own, step in zip(maps, aligned, strict=True)]
    )
    near = np.stack([_nearest(step, rows) for step in steps])
    others = np.setdiff1d(near[near >= 0], rows)
    shown = np.concatenate([rows, others]).astype(np.int64)
    place = np.full(len(spaces[-1]), -1, np.int32)
    place[shown] = np.arange(len(shown), dtype=np.int32)
    space, called = spaces[-1], spaces[-1].label_names
    labels, vocabulary = space.labels, space.vocabulary
    return MovingTokens(
        moving=len(rows),
        ids=space.ids[shown].astype(np.int32),
        texts=tuple(vocabulary.texts[row] for row in shown.tolist()),
        kinds=tuple(TokenKind(kind).label for kind in vocabulary.kinds[shown].tolist()),
        codes=labels.codes[shown].astype(np.int32),
        labels=tuple(labels.names),
        names=tuple(called.get(name) or script_name(name) for name in labels.names),
        noun=(labels.labelling.one, labels.labelling.many),
        points=points.astype(np.float32),
        near=np.where(near >= 0, place[near], -1).astype(np.int32),
    )


def _nearest(step: StepMeasures, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """The nearest tokens of ``rows`` at a step, int64 ``[n, nearest]``; −1 for a row that was not asked."""
    found = np.full((len(rows), min(_NEAREST, step.near.shape[1])), -1, np.int64)
    at = np.searchsorted(step.queries, rows)
    there = at < len(step.queries)
    there[there] = step.queries[at[there]] == rows[there]
    found[there] = step.near[at[there], : found.shape[1]]
    return found
