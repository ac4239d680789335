"""A row for every token: what it is, how long its vector is, and what its neighbours are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import Kinds, checked
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float64, Progress, frozen, silent

__all__ = ["TokenTable", "token_table"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TokenTable(Record):
    """Every token of a space, in its order; arrays are ``[token]``.

    ``norm`` float64: length of the vector, NaN where it is not finite. ``occurrences`` int64: in how many lists of
    the ``k`` nearest neighbours the token is (hubs are in many, anti-hubs in none). ``undertrained`` bool: the vector
    appears under-trained. ``diversity`` int64: distinct labels among its k nearest; ``own_share`` float64: share of its
    labelled neighbours with its own label; ``nearest`` int32: the position of its nearest token. Where a token has no
    direction, counts and positions are −1 and shares NaN.
    """

    space: TokenSpace
    k: int
    norm: Float64
    occurrences: Array
    undertrained: NDArray[np.bool_]
    diversity: Array
    own_share: Float64
    nearest: Array

    def __post_init__(self) -> None:
        for name in ("norm", "occurrences", "undertrained", "diversity", "own_share", "nearest"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.space)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"k": self.k, "tokens": self._rows()}

    def table(self) -> list[dict[str, Any]]:
        """A row for every token, its model last; ``None`` where there is no value."""
        return [row | {"model": self.space.model} for row in self._rows()]

    def _rows(self) -> list[dict[str, Any]]:
        texts = self.space.vocabulary.texts
        columns = {
            "occurrences": _known(self.occurrences),
            "undertrained": self.undertrained.tolist(),
            "diversity": _known(self.diversity),
            "own_share": _known(self.own_share),
            "nearest": [None if row < 0 else texts[row] for row in self.nearest.tolist()],
        }
        first = self.space.columns() | {"norm": _known(self.norm)}
        names = [*first, *columns]
        rows = zip(*first.values(), *columns.values(), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]


def _known(column: Array) -> Sequence[float | int | None]:
    missing = np.isnan(column) if column.dtype.kind == "f" else column < 0
    return [None if none else value for value, none in zip(column.tolist(), missing.tolist(), strict=True)]


def token_table(
    space: TokenSpace,
    near: Neighbors | None = None,
    *,
    k: int = 50,
    exclude: Kinds = (),
    search: Search = AUTO,
    progress: Progress = silent,
) -> TokenTable:
    """Measure every token of a space.

    ``near``: the neighbours of all its tokens, else the ``k`` nearest are searched, without the kinds of ``exclude``.
    Raises ``TensorNotFound`` for a vocabulary alone.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=200)
    >>> list(hp.token_table(space, k=5).table()[0])[:6]
    ['id', 'token', 'piece', 'label', 'kind', 'norm']
    """
    checked("token_table", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    if near is None:
        near = neighbors(space, k, exclude=exclude, search=search, progress=progress)
    checked("token_table", near, Neighbors, "Neighbors")
    touched = undertrained(space)
    labels = space.labels.only_counted()
    lists = LabelLists(
        near=labels.codes[near.rows],
        own=labels.codes[near.queries].astype(np.int64),
        labels=len(labels.names),
        with_own=False,
    )
    size = len(space)
    occurrences, distinct, nearest = (np.full(size, -1, np.int64) for _ in range(3))
    own_share = np.full(size, np.nan)
    counts = np.bincount(near.rows.ravel(), minlength=size)
    occurrences[near.candidates] = counts[near.candidates]
    distinct[near.queries], own_share[near.queries] = lists.distinct(), lists.own_share()
    if near.k:
        nearest[near.queries] = near.rows[:, 0]
    return stamped(
        TokenTable(
            space=space,
            k=near.k,
            norm=touched.norms,
            occurrences=occurrences,
            undertrained=touched.mask,
            diversity=distinct,
            own_share=own_share,
            nearest=nearest,
        ),
        came_from(space),
    )
