"""A smaller vocabulary for some languages: which tokens to keep, what that costs, and a model that has only these."""

from hyperpolyglot.applications.pruning.files import write_pruned
from hyperpolyglot.applications.pruning.prune import Pruning, PruningOptions, prune

__all__ = ["Pruning", "PruningOptions", "prune", "write_pruned"]
