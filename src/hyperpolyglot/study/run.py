"""A study from beginning to end: planned, taken, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.census import census, overlap
from hyperpolyglot.measures.examples import example_rows
from hyperpolyglot.measures.inspection import inspect
from hyperpolyglot.measures.neighbors import Neighborhood, Neighborhoods, Neighbors, neighborhoods
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.study.execute import Executor, Outcomes, attempt, in_this_process
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.plan import ModelPlan, StudyPlan, plan_study
from hyperpolyglot.study.record import Absent, ModelStudy, Study, StudyOptions
from hyperpolyglot.types import Array, Progress, silent

__all__ = ["run_joined", "run_plan", "run_study"]

EXAMPLE_NEIGHBORS = 20
Record = TypeVar("Record")
Record_co = TypeVar("Record_co", covariant=True)


# More than seven parameters: what is measured, what goes with the models, and where and how steps run.
def run_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    store: Store,
    *,
    lexicon: Lexicon | None = None,
    layouts: Sequence[Array | None] | None = None,
    outputs: Sequence[TokenSpace | None] | None = None,
    search: Search = AUTO,
    executor: Executor = in_this_process,
    progress: Progress = silent,
) -> Study:
    """Measure everything on every model. What is in the store is not computed again.

    ``lexicon`` is by default the one of the package; ``outputs`` are the spaces of the models' output tables. Where a
    model has too little for a measure, or the options skip it, an :class:`Absent` with the reason stands in its place.
    ``executor`` and ``search`` change where and how fast steps are taken, not what they give.

    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> skip = ("separability", "map", "translation", "languages", "comparison", "explanations")
    >>> study = hp.run_study([space], hp.StudyOptions(k=10, skip=skip), NoStore())
    >>> study.models[0].diversity.k
    10
    """
    plan = plan_study(
        spaces, options, lexicon or packaged_lexicon(), layouts=layouts, outputs=outputs, search=search
    )
    return run_plan(plan, store, executor=executor, progress=progress)


def run_plan(
    plan: StudyPlan, store: Store, *, executor: Executor = in_this_process, progress: Progress = silent
) -> Study:
    """Take the steps of a plan that the store does not have, and put the study together."""
    outcomes = executor(plan.graph, store, progress)
    spaces = [model.space for model in plan.models]
    return Study(
        models=tuple(_one_model(model, plan.options, outcomes) for model in plan.models),
        census=census(spaces),
        overlap=overlap(spaces, protocol=plan.options.protocol)
        if len(spaces) > 1
        else Absent("There is one model only, so there is nothing to share tokens with."),
        languages=plan.languages if isinstance(plan.languages, Absent) else plan.languages.record(outcomes),
        comparison=plan.comparison
        if isinstance(plan.comparison, Absent)
        else plan.comparison.record(outcomes),
        options=plan.options,
    )


class Joined(Protocol[Record_co]):
    """Steps whose records make one record."""

    @property
    def steps(self) -> tuple[PlannedStep[Any], ...]:
        """The steps."""

    def record(self, outcomes: Outcomes) -> Record_co | Absent:
        """What their records make."""


def run_joined(
    plan: Joined[Record], store: Store, *, executor: Executor = in_this_process, progress: Progress = silent
) -> Record:
    """Take the steps of a comparison or of languages. Raises ``NotEnoughData`` where there is too little for it."""
    found = plan.record(executor(Graph(plan.steps), store, progress))
    if isinstance(found, Absent):
        raise NotEnoughData(found.reason)
    return found


def _one_model(model: ModelPlan, options: StudyOptions, outcomes: Outcomes) -> ModelStudy:
    near = outcomes(model.near)
    if isinstance(near, Absent) and isinstance(model.near, PlannedStep):  # one reason for all
        return ModelStudy(
            space=model.space,
            inspection=inspect(model.space),
            separability=near,
            diversity=near,
            examples=near,
            projection=near,
            translation=near,
            meanings=near,
            explanation=near,
        )
    return ModelStudy(
        space=model.space,
        inspection=inspect(model.space),
        separability=outcomes(model.separability),
        diversity=outcomes(model.diversity),
        examples=near if isinstance(near, Absent) else attempt(lambda: _examples(model.space, near, options)),
        projection=outcomes(model.projection),
        translation=outcomes(model.translation),
        meanings=outcomes(model.meanings),
        explanation=outcomes(model.explanation),
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
