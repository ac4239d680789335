"""What a model is, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hyperpolyglot.alignment import Alignment
from hyperpolyglot.arguments import checked
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace

__all__ = ["Inspection", "inspect"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inspection(Record):
    """Size and kind of the table and of the vocabulary; ``duplicates`` repeat the text of an earlier token.

    ``remark``: what the user should know of the opening; ``None`` where there is nothing. ``alignment``: the check of
    names against rows; ``None`` where there is no table, or nothing to check.
    """

    model: str
    n_rows: int
    tokens: int
    dim: int | None
    dtype: str | None
    tensor: str | None
    tokenizer: str
    vocabulary_file: str
    kinds: dict[str, int]
    duplicates: int
    remark: str | None
    alignment: Alignment | None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        plain = {"rows" if name == "n_rows" else name: getattr(self, name) for name in self.__slots__}
        return plain | {"alignment": self.alignment.to_json() if self.alignment else None}

    def table(self) -> list[dict[str, Any]]:
        """A row for every kind of token."""
        return self.tidied([{"kind": kind, "tokens": count} for kind, count in self.kinds.items()])


def inspect(space: TokenSpace) -> Inspection:
    """Say what was opened. Reads no vector.

    >>> import hyperpolyglot as hp
    >>> found = hp.inspect(hp.open_model("demo:meaning"))
    >>> found.n_rows, found.dim, found.tokenizer
    (23735, 64, 'unigram')
    """
    checked("inspect", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    table = space.table
    return stamped(
        Inspection(
            model=space.model,
            n_rows=space.n_rows,
            tokens=space.vocabulary.tokens,
            dim=table.shape[1] if table else None,
            dtype=table.dtype if table else None,
            tensor=table.name if table else None,
            tokenizer=space.vocabulary.scheme,
            vocabulary_file=space.vocabulary.source,
            kinds=space.vocabulary.kind_counts(),
            duplicates=space.vocabulary.duplicates(),
            remark=space.remark or None,
            alignment=space.alignment,
        ),
        came_from(space),
    )
