"""A study: steps that are planned as a graph, each kept in the store by the digest of all that it depends on.

This is the only place that knows which step needs which, and the only one that uses the cache.
"""

from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.execute import Executor, computed, in_this_process
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.plan import StudyPlan, plan_comparison, plan_languages, plan_study
from hyperpolyglot.study.record import SECTIONS, Absent, ModelStudy, Study, StudyOptions
from hyperpolyglot.study.run import run_joined, run_plan, run_study
from hyperpolyglot.study.steps import (
    explanation_step,
    neighbors_step,
    projection_step,
    separability_step,
    translation_step,
    write_neighbors,
)

__all__ = [
    "SECTIONS",
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
    "explanation_step",
    "in_this_process",
    "neighbors_step",
    "plan_comparison",
    "plan_languages",
    "plan_study",
    "projection_step",
    "run_joined",
    "run_plan",
    "run_study",
    "separability_step",
    "translation_step",
    "write_neighbors",
]
