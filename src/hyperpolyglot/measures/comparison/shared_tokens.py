"""The tokens that models have in common, as positions in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from hyperpolyglot.labels import paper_strings
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Int32
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["shared_rows"]

_WRITTEN = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED)


def shared_rows(
    spaces: Sequence[TokenSpace], *, protocol: str = "default", exclude: Collection[TokenKind] = ()
) -> tuple[tuple[Int32, ...], tuple[int, ...]]:
    """Positions in each space of the tokens that all have, in the order of the first, and texts left out in each.

    Only tokens with a direction count. Default: written tokens by display text, ambiguous texts left out;
    ``"paper"``: all tokens by the paper's string, the lowest id where several have it.
    """
    tables, ambiguous = [], []
    for space in spaces:
        rows = space.candidates(exclude).rows
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
