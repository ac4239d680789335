"""The steps of a study, in order, each kept in the store by the digest of all that it depends on.

This is the only place that knows which step needs which, and the only one that uses the cache.
"""

from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.record import SECTIONS, Absent, ModelStudy, Study, StudyOptions
from hyperpolyglot.study.run import run_study
from hyperpolyglot.study.steps import (
    step_comparison,
    step_explanation,
    step_languages,
    step_neighbors,
    step_projection,
    step_separability,
    step_translation,
    write_neighbors,
)

__all__ = [
    "SECTIONS",
    "Absent",
    "Given",
    "ModelStudy",
    "Study",
    "StudyOptions",
    "run_study",
    "step_comparison",
    "step_explanation",
    "step_languages",
    "step_neighbors",
    "step_projection",
    "step_separability",
    "step_translation",
    "write_neighbors",
]
