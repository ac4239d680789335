"""A study: steps that are planned as a graph, each kept in the store by the digest of all that it depends on.

The catalogue is the only place that knows which step needs which; nothing else uses the cache.
"""

from hyperpolyglot.study.catalogue import (
    MEASURES,
    diversity_step,
    explain_step,
    map_step,
    neighbors_step,
    plan_compare,
    plan_fertility,
    plan_languages,
    separability_step,
    translate_step,
)
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.execute import Executor, computed, in_this_process
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.plan import StudyPlan, plan_study
from hyperpolyglot.study.record import Absent, ModelStudy, Study, StudyOptions
from hyperpolyglot.study.run import run_joint, run_plan, run_study
from hyperpolyglot.study.tracking import plan_track

__all__ = [
    "MEASURES",
    "Absent",
    "Executor",
    "Given",
    "Graph",
    "ModelStudy",
    "PlannedStep",
    "Study",
    "StudyOptions",
    "StudyPlan",
    "computed",
    "diversity_step",
    "explain_step",
    "in_this_process",
    "map_step",
    "neighbors_step",
    "plan_compare",
    "plan_fertility",
    "plan_languages",
    "plan_study",
    "plan_track",
    "run_joint",
    "run_plan",
    "run_study",
    "separability_step",
    "translate_step",
]
