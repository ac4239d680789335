"""Which steps a study has, for some models and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.projection import NEIGHBORS
from hyperpolyglot.measures.track import Track
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.catalogue import JOINT, SINGLE, Context, Joint, JointMeasure, neighbors_step
from hyperpolyglot.study.execute import attempt
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.record import Absent, StudyOptions
from hyperpolyglot.types import Array

__all__ = ["ModelPlan", "StudyPlan", "plan_study"]

Planned = TypeVar("Planned")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """The steps of one model, by their measures."""

    space: TokenSpace
    steps: Mapping[str, PlannedStep[Any] | Absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """All steps of a study, by what their records are for; ``tracks``: of the runs that are tracked, by their names;
    ``applied``: of the applications, by their key and name.
    """

    models: tuple[ModelPlan, ...]
    joint: Mapping[str, Joint[Any] | Absent]
    options: StudyOptions
    tracks: Mapping[str, Joint[Track] | Absent] = field(default_factory=dict)
    applied: Mapping[str, Mapping[str, Joint[Any] | Absent]] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The same as a graph: model after model, then what takes several."""
        steps = [step for model in self.models for step in model.steps.values()]
        applied = [one for named in self.applied.values() for one in named.values()]
        for several in (*self.joint.values(), *self.tracks.values(), *applied):
            steps.extend(() if isinstance(several, Absent) else several.steps)
        return Graph(tuple(step for step in steps if not isinstance(step, Absent)))


def plan_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    lexicon: Lexicon,
    *,
    layouts: Sequence[Array | None] | None = None,
    outputs: Sequence[TokenSpace | None] | None = None,
    search: Search = AUTO,
) -> StudyPlan:
    """Plan every measure on every model; reads the tables once, for their digests and the tokens they share."""
    nothing = [None] * len(spaces)
    return StudyPlan(
        models=tuple(
            _plan_model(space, options, lexicon, layout=layout, output=output, search=search)
            for space, layout, output in zip(spaces, layouts or nothing, outputs or nothing, strict=True)
        ),
        joint={measure.key: _plan_joint(measure, spaces, options, lexicon, search) for measure in JOINT},
        options=options,
    )


def _plan_model(
    space: TokenSpace, options: StudyOptions, lexicon: Lexicon, *, search: Search, **given: Any
) -> ModelPlan:
    if space.table is None:
        missing = Absent(f"{title_of(space.model)} is a vocabulary alone: it has no vectors to measure.")
        return ModelPlan(space=space, steps={measure.key: missing for measure in SINGLE})
    near = neighbors_step(space, max(options.k, NEIGHBORS), exclude=options.exclude, search=search)
    context = Context(space=space, options=options, lexicon=lexicon, near=near, search=search, **given)
    return ModelPlan(
        space=space,
        steps={
            m.key: _unless_skipped(m.key, options, partial(m.plan, context))
            if m.applies(space)
            else Absent(m.inapplicable)
            for m in SINGLE
        },
    )


def _plan_joint(
    measure: JointMeasure,
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    lexicon: Lexicon,
    search: Search,
) -> Joint[Any] | Absent:
    chosen = [space for space in spaces if space.table is not None or not measure.vectors]
    if measure.alone and len(chosen) < 2:
        return Absent(measure.alone)
    return _unless_skipped(measure.key, options, partial(measure.plan, chosen, options, lexicon, search))


def _unless_skipped(key: str, options: StudyOptions, plan: Callable[[], Planned]) -> Planned | Absent:
    if key in options.skip:
        return Absent(f"It was left out on request (--skip {key}).")
    return attempt(plan)
