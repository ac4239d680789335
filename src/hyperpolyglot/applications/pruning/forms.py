"""Tokenizer files that can be cut down to some of their tokens: a row of ``FORMS`` for each.

A form knows what a token is made of, and writes the file anew with the tokens that are kept, in their order. Text that
needs only tokens that are kept is cut as before: a best path (unigram) is still the best of fewer, the longest piece
(WordPiece) still the longest, and every merge (BPE) on the way to a kept token is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np

from hyperpolyglot.applications.pruning.json_form import read_json_form
from hyperpolyglot.applications.pruning.piece_form import read_piece_form
from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.regular import read_regular
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenizer_source import Library, TokenizerSource
from hyperpolyglot.types import Array, Int32
from hyperpolyglot.vocabularies.token_list import UNIGRAM, WORDPIECE
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["Form", "cut_vocabulary", "form_of", "parts_of"]

_LARGEST = 1 << 28


class Form(Protocol):
    """A tokenizer file as it is read; ``file``: what it is called when it is written."""

    file: ClassVar[str]

    def parts(self, piece: str) -> Sequence[str]:
        """The pieces that the tokenizer needs to arrive at this one, each after those that it needs itself."""

    def cut(self, ids: Sequence[int], pieces: Sequence[str]) -> bytes:
        """The file with these tokens alone: ids of the model, ascending, which become 0, 1, …, and their pieces."""


@dataclass(frozen=True, slots=True)
class ListForm:
    """A ``vocab.txt``: a piece a line, what continues a word after ``##``."""

    file: ClassVar[str] = "vocab.txt"

    def parts(self, piece: str) -> Sequence[str]:
        """The characters of a piece, as they begin and continue words."""
        return _word_pieces(piece)

    def cut(self, ids: Sequence[int], pieces: Sequence[str]) -> bytes:
        """The pieces, one a line."""
        return "".join(f"{piece}\n" for piece in pieces).encode("utf-8", "surrogateescape")


def _word_pieces(piece: str) -> list[str]:
    inside = piece.removeprefix("##")
    return [*dict.fromkeys([*inside, *(f"##{c}" for c in inside), piece])]


FORMS: dict[str, Callable[[TokenizerSource, bytes], Form]] = {
    "tokenizer.json": lambda source, data: read_json_form(data, source.name),
    "SentencePiece": lambda source, data: read_piece_form(data, source.name, by_piece=source.by_piece),
    "vocab.txt": lambda source, data: ListForm(),
}


def form_of(vocabulary: Vocabulary) -> tuple[Form | None, str]:
    """The tokenizer that cuts this model's text, and where it cannot be cut down, why, in a sentence."""
    source = vocabulary.tokenizer
    if source is None:
        return None, "The model has no tokenizer file that is known to cut its text."
    if source.form not in FORMS:
        return None, f"{source.name} is of a kind that is not written anew."
    try:
        data = source.made() if source.made else read_regular(source.path, _LARGEST) if source.path else b""
        return FORMS[source.form](source, data), ""
    except (HyperpolyglotError, OSError) as error:
        return None, f"{source.name} cannot be written anew: {error}"


def parts_of(vocabulary: Vocabulary, form: Form | None) -> Callable[[int], list[int]]:
    """Per token the positions of all that it needs, itself last.

    Without a form these are the characters, where the kind of vocabulary goes back to them.
    """
    row_of = {piece: row for row, piece in reversed(list(enumerate(vocabulary.pieces))) if piece}
    pieces_of = form.parts if form else _by_scheme(vocabulary.scheme)

    def parts(row: int) -> list[int]:
        found = dict.fromkeys(row_of[p] for p in pieces_of(vocabulary.pieces[row]) if p in row_of)
        found.pop(row, None)
        return [*found, row]

    return parts


def _by_scheme(scheme: str) -> Callable[[str], Sequence[str]]:
    if scheme == WORDPIECE:
        return _word_pieces
    return (lambda piece: [*piece, piece]) if scheme == UNIGRAM else (lambda piece: [piece])


def cut_vocabulary(space: TokenSpace, kept: Int32, form: Form | None) -> Vocabulary:
    """The vocabulary of the kept tokens, positions ascending, with the tokenizer that cuts text into them."""
    part = space.vocabulary.take(kept)
    source = space.vocabulary.tokenizer
    if form is None or source is None or source.library is None:
        return replace(part, tokenizer=None)
    ids: Array = np.asarray(space.ids)[kept]
    library: Library = source.library
    made = TokenizerSource(
        name=form.file,
        library=library,
        form=source.form,
        made=lambda: form.cut(ids.tolist(), part.pieces),
        settings=source.settings,
    )
    return replace(part, tokenizer=made)
