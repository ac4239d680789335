"""Linear probes, to a proven optimum or stopped as scikit-learn stops them: ``docs/probes.md``."""

from hyperpolyglot.engine.probes.components import PrincipalComponents, principal_components
from hyperpolyglot.engine.probes.fit import Fit, Solver, fit_probes
from hyperpolyglot.engine.probes.folds import stratified_folds
from hyperpolyglot.engine.probes.passes import Pass, pass_over_rows
from hyperpolyglot.engine.probes.stopped import fit_stopped

__all__ = [
    "Fit",
    "Pass",
    "PrincipalComponents",
    "Solver",
    "fit_probes",
    "fit_stopped",
    "pass_over_rows",
    "principal_components",
    "stratified_folds",
]
