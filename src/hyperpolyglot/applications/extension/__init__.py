"""New tokens for words of a language: rows in the table, and a tokenizer that cuts other text as before."""

from hyperpolyglot.applications.extension.extend import extend

__all__ = ["extend"]
