"""A map of the tokens in two dimensions, and how far it can be trusted."""

from hyperpolyglot.measures.projection.maps import NEIGHBORS, Projection, project
from hyperpolyglot.measures.projection.trust import trustworthiness

__all__ = ["NEIGHBORS", "Projection", "project", "trustworthiness"]
