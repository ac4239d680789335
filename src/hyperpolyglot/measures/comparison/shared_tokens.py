"""The tokens that models have in common, as positions in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hyperpolyglot.arguments import Kinds, checked, checked_all, kinds_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Int32
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.writing.paper import paper_strings

__all__ = ["shared_rows", "shared_with"]

_WRITTEN = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED)


def shared_rows(
    spaces: Sequence[TokenSpace], *, protocol: str = "default", exclude: Kinds = ()
) -> tuple[tuple[Int32, ...], tuple[int, ...]]:
    """Positions in each space of the tokens that all have, in the order of the first, and texts left out in each.

    Only tokens with a direction count (of a vocabulary alone: all but padding). Default: written tokens by display
    text, ambiguous texts left out; ``"paper"``: all tokens by the paper's string, the lowest id where several have it.
    """
    tables, ambiguous = [], []
    for space in spaces:
        rows = _usable(space, exclude)
        texts: Sequence[str] = (
            paper_strings(space.vocabulary) if protocol == "paper" else space.vocabulary.texts
        )
        if protocol != "paper":
            rows = rows[np.isin(space.vocabulary.kinds[rows], _WRITTEN)]
        keys = [texts[row] for row in rows.tolist()]
        counts = Counter(keys)
        keep = protocol == "paper"
        table: dict[str, int] = {}
        for key, row in zip(keys, rows.tolist(), strict=True):
            if keep or counts[key] == 1:
                table.setdefault(key, row)
        tables.append(table)
        ambiguous.append(0 if keep else sum(count > 1 for count in counts.values()))
    common = set(tables[0]).intersection(*tables[1:])
    ordered = sorted(common, key=lambda text: (int(spaces[0].ids[tables[0][text]]), tables[0][text]))
    return tuple(np.array([t[text] for text in ordered], np.int32) for t in tables), tuple(ambiguous)


def shared_with(
    space: TokenSpace,
    others: Sequence[TokenSpace],
    *,
    protocol: str = "default",
    exclude: Kinds = (),
) -> TokenSpace:
    """``space`` where only tokens that all ``others`` have take part, told apart as :func:`shared_rows` tells them.

    The others may be vocabularies alone. Measures count the rest as excluded: "not shared".

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:language")
    >>> len(hp.shared_with(space, [hp.open_model("demo:meaning")]).candidates().rows) <= len(space)
    True
    """
    checked("shared_with", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked_all("shared_with", others, TokenSpace, "TokenSpace after the first")
    (rows, *_), _ = shared_rows([space, *others], protocol=protocol, exclude=exclude)
    apart = np.ones(len(space), bool)
    apart[rows] = False
    before = space.left_out
    if before is None:
        return space.without(apart, "not shared")
    return space.without(apart | before.tokens, f"{before.reason} or not shared")


def _usable(space: TokenSpace, exclude: Kinds) -> Int32:
    if space.table is not None:
        return space.candidates(exclude).rows
    away = np.isin(space.vocabulary.kinds, [TokenKind.PADDING, *kinds_of(exclude)])
    return np.flatnonzero(~away).astype(np.int32)
