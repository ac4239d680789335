"""How many labels the neighbours of tokens have: what ``diversity`` says of all tokens, without each label's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.diversity import expected_distinct
from hyperpolyglot.measures.label_errors import mean_intervals
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.statistics import Interval

__all__ = ["Mixing", "mixing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixing:
    """The numbers of all queries of ``near`` together, as in :class:`hyperpolyglot.Diversity`.

    ``distinct`` int64 ``[q]``: how many labels the neighbours of each query have.
    """

    near: Neighbors
    labels: Labels
    distinct: NDArray[np.int64]
    mean: float
    expected: float
    own_share: float | None

    @property
    def k(self) -> int:
        """Neighbours of a query."""
        return self.near.k

    @property
    def queries(self) -> NDArray[np.integer]:
        """The tokens asked about, int ``[q]``."""
        return self.near.queries

    def interval(self) -> Interval | None:
        """Interval of ``mean`` for other vocabularies."""
        return mean_intervals(self.near, self.labels, [np.arange(len(self.distinct))])[0]


def mixing(near: Neighbors, labels: Labels) -> Mixing:
    """Count the labels among the neighbours of every query; ``NotEnoughData`` where there is none, or no label."""
    if not len(near.queries):
        raise NotEnoughData("no token is left to look at.")
    if not labels.names:
        raise NotEnoughData(f"no token has a label, so no {labels.labelling.many} can be counted.")
    shown = labels.only_counted()
    own = shown.codes[near.queries].astype(np.int64)
    lists = LabelLists(shown.codes[near.rows], own, len(shown.names), with_own=False)
    counts = np.bincount(shown.codes[near.candidates] + 1, minlength=len(shown.names) + 1)[1:]
    by_label = [
        expected_distinct(counts, len(near.candidates), near.k, label, with_own=False)
        for label in range(-1, len(counts))
    ]
    distinct, share = lists.distinct(), lists.own_share()
    known = share[~np.isnan(share)]
    return Mixing(
        near=near,
        labels=labels,
        distinct=distinct,
        mean=float(distinct.mean()),
        expected=float(np.array(by_label)[own + 1].mean()),
        own_share=float(known.mean()) if len(known) else None,
    )
