"""Tokenizer files that words can be added to: a row of ``FORMS`` for each.

A form knows the id of the first new token, and writes the files anew with a token for each word. Text in which none of
the words is written is cut as before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hyperpolyglot.applications.extension.json_form import read_json_form
from hyperpolyglot.applications.extension.list_form import read_list_form
from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.piece_form import read_piece_form
from hyperpolyglot.applications.extension.written import Matching, Original, Written, bytes_of
from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.space import TokenSpace

__all__ = ["FORMS", "Form", "form_of"]


class Form(Protocol):
    """A tokenizer as it is read."""

    @property
    def first(self) -> int:
        """The id that its libraries give to the first token added to it."""

    @property
    def matching(self) -> Matching:
        """How its libraries find new tokens."""

    def extended(self, words: Sequence[NewWord]) -> Written:
        """The files with a token for each word, in their order, from the id ``first`` on."""


FORMS: dict[str, Callable[[Original], Form]] = {
    "tokenizer.json": read_json_form,
    "SentencePiece": read_piece_form,
    "vocab.txt": read_list_form,
}


def form_of(space: TokenSpace) -> Form:
    """The tokenizer of a model. Raises ``UnsupportedFormat`` where words cannot be added to it."""
    tokenizer = space.vocabulary.tokenizer
    if tokenizer is None or tokenizer.form not in FORMS:
        raise UnsupportedFormat(
            f"{space.model}: words are added to {', '.join(FORMS)}, and it has none that is known to cut its text; "
            "name a tokenizer.json with --tokenizer, as transformers saves it."
        )
    folder = None if tokenizer.path is None else tokenizer.path.parent
    return FORMS[tokenizer.form](Original(tokenizer, bytes_of(tokenizer), space.vocabulary, folder))
