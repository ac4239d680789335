"""Bilingual lexicon induction: a dictionary of two languages from a model, with calibrated probabilities."""

from hyperpolyglot.applications.induction.induce import Induction, InductionOptions, induce
from hyperpolyglot.applications.induction.listed import read_words

__all__ = ["Induction", "InductionOptions", "induce", "read_words"]
