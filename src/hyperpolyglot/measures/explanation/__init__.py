"""Why does a model mix languages, or keep them apart? What the matrix and its tokenizer can test."""

from hyperpolyglot.measures.explanation.explain import Evidence, Explanation, explain

__all__ = ["Evidence", "Explanation", "explain"]
