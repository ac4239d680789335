"""Are languages that are related also neighbours? Neighbour composition against a family tree."""

from hyperpolyglot.measures.relatedness.records import (
    BranchLift,
    LanguagePair,
    Relatedness,
    ScriptRelatedness,
)
from hyperpolyglot.measures.relatedness.relatedness import relatedness

__all__ = ["BranchLift", "LanguagePair", "Relatedness", "ScriptRelatedness", "relatedness"]
