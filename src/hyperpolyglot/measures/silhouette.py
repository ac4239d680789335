"""Do tokens of one label form a cluster? The mean silhouette by cosine distance, against permuted labels.

The silhouette of a token is (b − a) / max(a, b): a is its mean distance to the other tokens of its label, b the least
of its mean distances to the tokens of another label (Rousseeuw 1987, J. Comput. Appl. Math. 20:53). 1 is a cluster far
from all others, 0 none. With unit rows a mean distance is one minus the product with a mean row, so no pair is
computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import Kinds, checked, options_of
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval, jackknife_interval, permutation_p
from hyperpolyglot.types import Float64, Progress, silent

__all__ = ["LabelSilhouette", "Silhouette", "SilhouetteOptions", "silhouette"]

_GROUPS = 20
"""Parts of the sample that are left out in turn for the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilhouetteOptions:
    """At most ``sample`` tokens of every label that has ``minimum`` are drawn; ``permutations`` of their labels."""

    sample: int = 500
    minimum: int = 50
    permutations: int = 99
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.minimum >= 2 or self.sample < 2:
            raise ValueError("a silhouette needs at least two tokens of every label")
        if self.permutations < 1:
            raise ValueError("the chance level of a silhouette needs at least one permutation")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSilhouette:
    """Mean silhouette, in −1…1, of the ``sampled`` of a label's ``tokens``; ``chance`` is the mean under permutation.

    ``interval``: at 95 %, over samples of tokens like these.
    """

    label: str
    tokens: int
    sampled: int
    silhouette: float
    interval: Interval | None
    chance: float

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        low, high = self.interval or (None, None)
        found = {name: getattr(self, name) for name in self.__slots__ if name != "interval"}
        return found | {"low": low, "high": high}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Silhouette(Record):
    """Mean silhouettes by label, most tokens first, and over all ``sampled`` tokens; ``p`` is one-sided.

    ``skipped``: labels with too few tokens, and those that are not counted (Common, Inherited and Unknown are no
    scripts).
    """

    value: float
    interval: Interval | None
    chance: float
    p: float
    sampled: int
    labels: tuple[LabelSilhouette, ...]
    skipped: tuple[tuple[str, int], ...]
    options: SilhouetteOptions
    excluded: dict[str, int]

    def summary(self) -> str:
        """Mean silhouette, chance, how many labels, seed."""
        found = with_interval(f"{self.value:.3f}".replace("-", "−"), self.interval, digits=3)
        chance = f"{self.chance:.3f}".replace("-", "−")
        return f"mean {found}, chance {chance}, {len(self.labels)} labels, seed {self.options.seed}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        low, high = self.interval or (None, None)
        return {
            "mean": {"value": self.value, "low": low, "high": high, "chance": self.chance, "p": self.p},
            "sampled": self.sampled,
            "labels": [row.to_json() for row in self.labels],
            "skipped": [{"label": label, "tokens": tokens} for label, tokens in self.skipped],
            "excluded": self.excluded,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every label."""
        return self.tidied([row.to_json() for row in self.labels])


def silhouette(
    space: TokenSpace,
    options: SilhouetteOptions | None = None,
    *,
    exclude: Kinds = (),
    progress: Progress = silent,
    **changes: Any,
) -> Silhouette:
    """The mean silhouette of a seeded sample of every label's tokens; tokens without a direction take no part.

    Intervals leave twentieths of the sample out in turn (:func:`~hyperpolyglot.statistics.jackknife_interval`). Raises
    ``NotEnoughData`` where fewer than two labels have enough tokens.

    >>> import hyperpolyglot as hp
    >>> found = hp.silhouette(hp.open_model("demo:language"), sample=100, permutations=9)
    >>> found.value > found.chance
    True
    """
    checked("silhouette", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    options = options_of("silhouette", SilhouetteOptions, options, changes)
    candidates = space.candidates(exclude)
    codes = space.labels.codes[candidates.rows]
    sizes = np.bincount(codes[codes >= 0], minlength=len(space.labels.names))
    chosen = np.flatnonzero((sizes >= options.minimum) & space.labels.counted)
    chosen = chosen[np.argsort(-sizes[chosen], kind="stable")]
    if len(chosen) < 2:
        raise NotEnoughData(
            f"{space.model}: a silhouette needs two {space.labels.labelling.many} of {options.minimum} tokens; "
            f"there are {len(chosen)}."
        )
    random = np.random.default_rng(options.seed)
    drawn = [random.permutation(candidates.rows[codes == code])[: options.sample] for code in chosen.tolist()]
    units = unit_rows(space.vectors(np.concatenate(drawn))).astype(np.float64)
    own = np.repeat(np.arange(len(chosen)), [len(rows) for rows in drawn])
    found = _means(units, own)
    null = np.empty((options.permutations, len(found)))
    for i in range(options.permutations):
        progress("silhouettes of permuted labels", i, options.permutations)
        null[i] = _means(units, random.permutation(own))
    groups = random.permutation(len(own)) % _GROUPS
    left_out = np.array([_means(units[groups != g], own[groups != g]) for g in range(_GROUPS)])
    intervals = [
        jackknife_interval(value, left.tolist()) for value, left in zip(found, left_out.T, strict=True)
    ]
    names, usable = space.labels.names, set(chosen.tolist())
    return stamped(
        Silhouette(
            value=float(found[-1]),
            interval=intervals[-1],
            chance=float(null[:, -1].mean()),
            p=permutation_p(float(found[-1]), null[:, -1]),
            sampled=len(own),
            labels=tuple(
                LabelSilhouette(
                    label=names[code],
                    tokens=int(sizes[code]),
                    sampled=len(drawn[i]),
                    silhouette=float(found[i]),
                    interval=intervals[i],
                    chance=float(null[:, i].mean()),
                )
                for i, code in enumerate(chosen.tolist())
            ),
            skipped=tuple((names[c], int(n)) for c, n in enumerate(sizes.tolist()) if n and c not in usable),
            options=options,
            excluded=candidates.excluded,
        ),
        came_from(space, seed=options.seed),
    )


def _means(units: Float64, own: NDArray[np.intp]) -> Float64:
    """The mean silhouette of every label, NaN for none, then of all tokens: ``units`` ``[n, d]``, ``own`` ``[n]``."""
    labels, n = int(own.max()) + 1, np.arange(len(own))
    counts = np.bincount(own, minlength=labels)
    sums = np.stack([units[own == label].sum(axis=0) for label in range(labels)])
    products = units @ sums.T
    within = 1.0 - (products[n, own] - 1.0) / np.maximum(counts[own] - 1, 1)
    distances = 1.0 - products / np.maximum(counts, 1)
    distances[:, counts == 0] = np.inf
    distances[n, own] = np.inf
    between = distances.min(axis=1)
    largest = np.maximum(within, between)
    values = np.divide(between - within, largest, out=np.zeros(len(own)), where=largest > 0)
    values[counts[own] == 1] = 0.0
    totals = np.bincount(own, weights=values, minlength=labels)
    by_label = np.divide(totals, counts, out=np.full(labels, np.nan), where=counts > 0)
    return np.append(by_label, values.mean())
