"""The same tokens at every step, in the same order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["aligned", "apart"]


def aligned(spaces: Sequence[TokenSpace], *, shared: bool = False) -> tuple[TokenSpace, ...]:
    """The spaces on one token axis, by id: rows beyond the vocabulary are left out.

    Where vocabularies differ, ``shared`` keeps to the tokens that all have, by text; else raises ``NotEnoughData``.
    """
    rows = [np.flatnonzero(space.vocabulary.kinds != TokenKind.PADDING) for space in spaces]
    tokens = [
        dict(zip(space.ids[own].tolist(), (space.vocabulary.pieces[i] for i in own.tolist()), strict=True))
        for space, own in zip(spaces, rows, strict=True)
    ]
    changed = next((i for i, named in enumerate(tokens) if named != tokens[0]), None)
    if changed is None:
        order = [
            own[np.argsort(space.ids[own], kind="stable")] for space, own in zip(spaces, rows, strict=True)
        ]
        return tuple(space.take(own) for space, own in zip(spaces, order, strict=True))
    if not shared:
        first, other = tokens[0].items(), tokens[changed].items()
        raise NotEnoughData(
            f"{spaces[changed].model}: {len(first ^ other):,} tokens are not those of {spaces[0].model}; follow the "
            "tokens that all steps have with --shared (shared=True)."
        )
    common, _ = shared_rows(spaces)
    if len(common[0]) < 2:
        raise NotEnoughData("the steps have no two tokens in common.")
    return tuple(space.take(own) for space, own in zip(spaces, common, strict=True))


def apart(spaces: Sequence[TokenSpace]) -> tuple[TokenSpace, ...]:
    """The spaces, each on the tokens of its own vocabulary."""
    return tuple(space.take(np.flatnonzero(space.vocabulary.kinds != TokenKind.PADDING)) for space in spaces)
