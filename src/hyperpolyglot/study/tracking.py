"""Checkpoints as steps: each is measured once, so that one more costs one, and cheap comparisons with the new last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.track.maps import StepMap, step_map
from hyperpolyglot.measures.track.pairs import StepPair, paired_steps
from hyperpolyglot.measures.track.ready import Ready, ready
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.step import StepMeasures, measured_step
from hyperpolyglot.measures.track.track import Seen, Track, put_together
from hyperpolyglot.measures.track.words import StepWords, nearest_words
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.catalogue import Joint
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.study.steps import Rate, Step

__all__ = ["plan_track"]

_STEP = Step(
    key="track-step",
    record=StepMeasures,
    rate=Rate(start=10.0, squared=0.02, area=200.0, line=200_000.0, bytes_per_row=16),
)
_PAIR = Step(key="track-pair", record=StepPair, rate=Rate(start=0.5, area=50.0, line=10_000.0))


_MAP = Step(key="track-map", record=StepMap, rate=Rate(start=5.0, area=10.0, line=10_000.0))
_WORDS = Step(key="track-words", record=StepWords, rate=Rate(start=0.2, area=10.0, line=1_000.0))


@dataclass(frozen=True, slots=True)
class _Joining:
    """How the records of steps, then of pairs, of words and of maps, make one."""

    of: Ready
    shares: Mapping[str, float] | None

    def __call__(self, found: list[Any]) -> Track:
        compared, count = self.of.compared, len(self.of.spaces)
        last = count + len(compared)
        pairs = dict(zip(compared, found[count:last], strict=True))
        mapped = len(found) - len(self.of.mapped)
        seen = Seen(words=found[last:mapped], maps=found[mapped:])
        return put_together(self.of, found[:count], pairs, seen, shares=self.shares)


def plan_track(
    spaces: Sequence[TokenSpace],
    x: Sequence[float] | None,
    options: TrackOptions,
    lexicon: Lexicon,
    *,
    shares: Mapping[str, float] | None = None,
    search: Search = AUTO,
) -> Joint[Track]:
    """:func:`hyperpolyglot.track` as steps that a store keeps. Raises as that does."""
    of = ready(spaces, x, options, lexicon)
    one = of.options.of_one_step()
    share = 1.0 if options.exact else min(1.0, options.sample / max(1, len(of.spaces[0])))
    steps: list[PlannedStep[StepMeasures]] = [
        _STEP.planned(
            measured_step,
            {"space": space, "lexicon": lexicon, "options": one, "search": search},
            k=options.k,
            share=share,
        )
        for space in of.spaces
    ]
    fewer = replace(one, held_out=None)
    pairs = [
        _PAIR.planned(
            paired_steps,
            {
                "first": of.spaces[first],
                "second": of.spaces[second],
                "of_first": steps[first],
                "of_second": steps[second],
                "options": fewer,
            },
            space=of.spaces[first],
            subject=f"{title_of(of.spaces[first].model)} and {title_of(of.spaces[second].model)}",
        )
        for first, second, _ in of.compared
    ]
    words = [
        _WORDS.planned(nearest_words, {"space": space, "watched": of.watched, "search": search})
        for space in of.spaces
        if of.watched is not None
    ]
    maps = [
        _MAP.planned(
            step_map,
            {"space": of.spaces[i], "options": of.options.of_a_map(), "search": search},
            k=2,
            share=min(1.0, options.sample / max(1, len(of.spaces[i]))),
        )
        for i in of.mapped
    ]
    return Joint(steps=(*steps, *pairs, *words, *maps), join=_Joining(of, shares))
