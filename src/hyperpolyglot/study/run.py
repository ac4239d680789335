"""A study from beginning to end: planned, run, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from hyperpolyglot.arguments import checked_all, options_of
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.inspection import inspect
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.study.catalogue import SINGLE, Joint, Measure
from hyperpolyglot.study.execute import Executor, Outcomes, attempt, in_this_process
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.plan import ModelPlan, StudyPlan, plan_study
from hyperpolyglot.study.record import Absent, ModelStudy, Study, StudyOptions
from hyperpolyglot.types import Array, Progress, silent

__all__ = ["run_joint", "run_plan", "run_study"]

Joined = TypeVar("Joined")


# More than seven parameters: what is measured, what goes with the models, and where and how steps run.
def run_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions | None = None,
    store: Store | None = None,
    *,
    lexicon: Lexicon | None = None,
    layouts: Sequence[Array | None] | None = None,
    outputs: Sequence[TokenSpace | None] | None = None,
    search: Search = AUTO,
    executor: Executor = in_this_process,
    progress: Progress = silent,
    **changes: Any,
) -> Study:
    """Measure everything on every model. What is in the store is not computed again.

    ``options`` by keywords too: ``k=10``. ``store`` is by default that of the command line, on disk.
    ``lexicon`` is by default the one of the package; ``outputs`` are the spaces of the models' output tables. Where a
    model has too little for a measure, or the options skip it, an :class:`Absent` with the reason stands in its place.
    ``executor`` and ``search`` change where and how fast steps are run, not what they give.

    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> skip = ("separability", "map", "translate", "meanings", "languages", "explain")
    >>> study = hp.run_study([space], hp.StudyOptions(k=10, skip=skip), NoStore())
    >>> study.models[0].diversity.k
    10
    """
    checked_all("run_study", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("run_study", StudyOptions, options, changes)
    plan = plan_study(
        spaces, options, lexicon or packaged_lexicon(), layouts=layouts, outputs=outputs, search=search
    )
    return run_plan(plan, Store() if store is None else store, executor=executor, progress=progress)


def run_plan(
    plan: StudyPlan, store: Store, *, executor: Executor = in_this_process, progress: Progress = silent
) -> Study:
    """Run the steps of a plan that the store does not have, and put the study together."""
    outcomes = executor(plan.graph, store, progress)
    joint: dict[str, Any] = {
        key: several if isinstance(several, Absent) else attempt(partial(several.record, outcomes))
        for key, several in plan.joint.items()
    }
    tracks = {
        name: run if isinstance(run, Absent) else attempt(partial(run.record, outcomes))
        for name, run in plan.tracks.items()
    }
    applied = {
        key: {
            name: one if isinstance(one, Absent) else attempt(partial(one.record, outcomes))
            for name, one in named.items()
        }
        for key, named in plan.applied.items()
    }
    models = tuple(_one_model(model, plan.options, outcomes) for model in plan.models)
    options = plan.options
    origin = came_from(*(model.space for model in models), seed=options.seed, protocol=options.protocol)
    return stamped(Study(models=models, options=options, tracks=tracks, applied=applied, **joint), origin)


def run_joint(
    joint: Joint[Joined], store: Store, *, executor: Executor = in_this_process, progress: Progress = silent
) -> Joined:
    """Run the steps of a joint measure. Raises ``NotEnoughData`` where there is too little for it."""
    found = joint.record(executor(Graph(joint.steps), store, progress))
    if isinstance(found, Absent):
        raise NotEnoughData(found.reason)
    return found


def _one_model(model: ModelPlan, options: StudyOptions, outcomes: Outcomes) -> ModelStudy:
    found = {key: outcomes(step) for key, step in model.steps.items()}
    near = found["neighbors"]
    if isinstance(near, Absent) and isinstance(model.steps["neighbors"], PlannedStep):
        found = dict.fromkeys(found, near)  # one reason for all
    return ModelStudy(
        space=model.space,
        inspection=inspect(model.space),
        **{measure.key: _shown(measure, model.space, found[measure.key], options) for measure in SINGLE},
    )


def _shown(measure: Measure, space: TokenSpace, record: Any, options: StudyOptions) -> Any:
    return record if isinstance(record, Absent) else attempt(partial(measure.shown, space, record, options))
