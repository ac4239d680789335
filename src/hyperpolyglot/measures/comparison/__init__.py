"""How alike are models, on the tokens they share? Neighbours, angles, kernels and maps, each against its null."""

from hyperpolyglot.measures.comparison.compare import compare
from hyperpolyglot.measures.comparison.records import CompareOptions, Comparison

__all__ = ["CompareOptions", "Comparison", "compare"]
