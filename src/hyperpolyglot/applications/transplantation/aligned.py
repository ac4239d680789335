"""What is known of each token of the target vocabulary: its row in the source, in the auxiliary table, its pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.segmentation import UNKNOWN, segmenter
from hyperpolyglot.types import Array, Float32, Int32

__all__ = ["Aligned", "aligned", "mean_of_pieces"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Per token of the target vocabulary, int32 ``[token]``: its position ``in_source`` and ``in_auxiliary``, −1: none.

    ``auxiliary`` is the space of the latter, ``None`` without one.
    """

    source: TokenSpace
    target: TokenSpace
    auxiliary: TokenSpace | None
    in_source: Int32
    in_auxiliary: Int32

    def anchors(self) -> Array:
        """The tokens that have a vector in both tables."""
        return np.flatnonzero((self.in_source >= 0) & (self.in_auxiliary >= 0))

    def auxiliary_vectors(self, tokens: Array) -> Float32:
        """The auxiliary vectors of tokens that have one."""
        assert self.auxiliary is not None
        return self.auxiliary.vectors(self.in_auxiliary[tokens])


def aligned(source: TokenSpace, target: TokenSpace, via: TokenSpace | None) -> Aligned:
    """Align by display text, as ``overlap`` tells shared tokens; ``via`` ``None``: the target's own table, if any."""
    auxiliary = via if via is not None else target if target.table is not None else None
    bare = replace(target, table=None)
    found = [np.full(len(target), -1, np.int32) for _ in range(2)]
    for rows, other in zip(found, (source, auxiliary), strict=True):
        if other is target:
            usable = target.candidates().rows
            rows[usable] = usable
        elif other is not None:
            (own, theirs), _ = shared_rows([bare, other])
            rows[own] = theirs
    return Aligned(
        source=source, target=target, auxiliary=auxiliary, in_source=found[0], in_auxiliary=found[1]
    )


def mean_of_pieces(known: Aligned, tokens: Array, hidden: Array) -> tuple[Float32, Array]:
    """The mean of the source's pieces of each token's text, and for which of the tokens there is one, bool.

    ``hidden``: positions in the source that are no pieces.
    """
    source = known.source
    cut = segmenter(source.vocabulary)
    away = set(hidden.tolist())
    usable = set(source.candidates().rows.tolist()) - away
    gone = {piece for piece, row in cut.rows.items() if row in away}
    cut = replace(
        cut,
        rows={piece: row for piece, row in cut.rows.items() if piece not in gone},
        scores={piece: score for piece, score in cut.scores.items() if piece not in gone},
    )
    out, there = np.zeros((len(tokens), source.dim), np.float32), np.zeros(len(tokens), bool)
    for i, token in enumerate(tokens.tolist()):
        try:
            pieces = cut.cut(known.target.vocabulary.utf8[token].decode())
        except UnicodeDecodeError:
            continue
        if pieces and UNKNOWN not in pieces and usable.issuperset(pieces):
            out[i] = source.vectors(np.array(pieces)).mean(axis=0, dtype=np.float64)
            there[i] = bool(out[i].any())
    return out, there
