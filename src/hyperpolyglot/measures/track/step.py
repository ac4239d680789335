"""All measures of one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.track.near import mixed
from hyperpolyglot.measures.track.probed import separated
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.spread import evenly_spread, lengths_and_training
from hyperpolyglot.measures.track.sums import StepValue, Sums, groups_of, joined
from hyperpolyglot.measures.track.translated import translated
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Int32, Progress, frozen, silent

__all__ = ["StepMeasures", "drawn", "measured_step", "sampled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMeasures:
    """What is known of one step: its values, the sums behind them, and the neighbours of the sampled tokens.

    ``queries`` int32 ``[q]`` and ``near`` int32 ``[q, k]`` are positions; ``candidates``: among how many tokens.
    """

    values: tuple[StepValue, ...]
    tokens: Sums
    concepts: Sums
    queries: Int32
    near: Int32
    candidates: int

    def __post_init__(self) -> None:
        for name in ("queries", "near"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


def sampled(space: TokenSpace, options: TrackOptions) -> Int32:
    """The tokens whose neighbours are searched, ascending: drawn of all, whatever their vectors are."""
    return drawn(space, options, options.sample)


def drawn(space: TokenSpace, options: TrackOptions, size: int) -> Int32:
    """So many seeded tokens, ascending, a larger draw holding the smaller; all where ``exact`` asks for all."""
    every = np.random.default_rng([options.seed, 5]).permutation(len(space))
    return np.sort(every if options.exact else every[:size]).astype(np.int32)


def measured_step(
    *,
    space: TokenSpace,
    lexicon: Lexicon,
    options: TrackOptions,
    search: Search = AUTO,
    progress: Progress = silent,
) -> StepMeasures:
    """Measure one step. What has too little for it has no value. Raises ``NotEnoughData`` without two directions."""
    candidates = space.candidates().rows
    usable = np.zeros(len(space), bool)
    usable[candidates] = True
    queries = sampled(space, options)
    queries = queries[usable[queries]]
    k = min(options.k, len(candidates) - 1)
    if k < 1 or not len(queries):
        raise NotEnoughData(f"{space.model}: fewer than two tokens have a direction to compare.")
    groups = groups_of(len(space), options.seed)
    near = neighbors(space, k, queries=queries, search=search, progress=progress)
    parts = [
        separated(space, usable, groups, options),
        mixed(space, near, groups, options),
        evenly_spread(space, usable, groups, options),
        lengths_and_training(space, groups, options),
    ]
    of_words = translated(space, lexicon, options, progress)
    return StepMeasures(
        values=tuple(value for found, _ in (*parts, of_words) for value in found),
        tokens=joined([column for _, columns in parts for column in columns]),
        concepts=joined(of_words[1]),
        queries=near.queries,
        near=near.rows,
        candidates=len(candidates),
    )
