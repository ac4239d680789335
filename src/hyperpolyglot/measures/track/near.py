"""Labels among the neighbours of the sampled tokens at one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.measures.diversity import Diversity, LabelDiversity, diversity
from hyperpolyglot.measures.label_lists import LabelLists
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.sums import Column, StepValue, summed
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval

__all__ = ["mixed"]


def mixed(
    space: TokenSpace, near: Neighbors, groups: NDArray[np.int64], options: TrackOptions
) -> tuple[list[StepValue], list[Column]]:
    """Distinct labels and own-label share, of all sampled tokens and by label."""
    found = diversity(near, space.labels)
    shown = space.labels.only_counted()
    codes = shown.codes[near.queries].astype(np.int64)
    lists = LabelLists(near=shown.codes[near.rows], own=codes, labels=len(shown.names), with_own=False)
    distinct, own = found.distinct, lists.own_share()
    rows = [row for row in found.by_label if row.counted and row.tokens >= options.fewest]
    values = [_value("diversity", None, found.mean, found.interval, found.expected)]
    if found.own_share is not None:
        values.append(_value("own_share", None, found.own_share, found.own_interval, _own_chance(found)))
    for row in rows:
        values.append(_value("diversity", row.label, row.mean, row.interval, row.expected))
        if row.own_share is not None:
            values.append(_value("own_share", row.label, row.own_share, row.own_interval, row.own_expected))
    at = groups[near.queries]
    columns = []
    for label in (None, *(row.label for row in rows)):
        here = np.ones(len(at), bool) if label is None else codes == shown.names.index(label)
        columns.append(summed(("diversity", label), at[here], distinct[here]))
        here = here & ~np.isnan(own)
        columns.append(summed(("own_share", label), at[here], own[here]))
    return values, columns


def _value(
    measure: str, label: str | None, value: float, interval: Interval | None, chance: float | None
) -> StepValue:
    low, high = interval or (None, None)
    return StepValue(measure=measure, label=label, value=value, low=low, high=high, chance=chance)


def _own_chance(found: Diversity) -> float | None:
    """The own-label share by chance, labels weighing as their tokens."""
    rows: list[LabelDiversity] = [row for row in found.by_label if row.own_expected is not None]
    weights = [row.tokens for row in rows]
    return float(np.average([row.own_expected or 0.0 for row in rows], weights=weights)) if rows else None
