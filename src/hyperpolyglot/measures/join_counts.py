"""What a neighbour graph gives where its labels are permuted: mean and standard deviation, in closed form.

The graph stays as it is, with its hubs and mutual neighbours; only who has which label changes. Then the number of
edges from a token of label a to one of label b is a join count (Cliff and Ord 1981, Spatial Processes, chapter 2),
here of a directed graph with weights. A simulation would give the same and take as long as the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels

__all__ = ["JoinCounts", "join_counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCounts:
    """Sums over pairs of edges of a graph whose weights add up to one, and ``counts`` of labelled candidates by label.

    ``same``: an edge with itself; ``back``: with its reverse; ``out`` and ``into``: two edges that leave, or enter, the
    same token; ``chain``: one that leaves where another enters. Each edge weighs as much as its token has others, so
    the weight of edges to the same label is the mean own share.
    """

    same: float
    back: float
    out: float
    into: float
    chain: float
    names: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def apart(self) -> float:
        """Pairs of edges without a token in common."""
        return 1.0 - self.same - self.back - self.out - self.into - self.chain

    def to_json(self) -> dict[str, float]:
        """The JSON form: the own share where labels are permuted."""
        mean, deviation = self.own()
        return {"mean": mean, "sd": deviation}

    def share_between(self, a: str, b: str) -> tuple[float, float]:
        """Mean and standard deviation of the share that label ``b`` has of the neighbours of tokens of ``a``."""
        mean, deviation = self.between(a, b)
        part = self.counts[self.names.index(a)] / sum(self.counts)
        return (mean / part, deviation / part) if part else (0.0, 0.0)

    def between(self, a: str, b: str) -> tuple[float, float]:
        """Mean and standard deviation of the weight of edges from label ``a`` to label ``b``."""
        n = float(sum(self.counts))
        first, second = (float(self.counts[self.names.index(name)]) for name in (a, b))
        if a == b:
            mean = _falling(first, 2) / _falling(n, 2)
            square = (self.same + self.back) * mean
            square += (self.out + self.into + self.chain) * _falling(first, 3) / _falling(n, 3)
            square += self.apart * _falling(first, 4) / _falling(n, 4)
            return mean, _root(square - mean**2)
        mean = first * second / _falling(n, 2)
        square = self.same * mean
        square += self.out * first * _falling(second, 2) / _falling(n, 3)
        square += self.into * _falling(first, 2) * second / _falling(n, 3)
        square += self.apart * _falling(first, 2) * _falling(second, 2) / _falling(n, 4)
        return mean, _root(square - mean**2)

    def own(self) -> tuple[float, float]:
        """Mean and standard deviation of the own share: the weight of all edges within a label."""
        n, counts = float(sum(self.counts)), np.array(self.counts, np.float64)
        two, three, four = (np.asarray(_falling(counts, r)) for r in (2, 3, 4))
        mean = float(two.sum()) / _falling(n, 2)
        square = (self.same + self.back) * mean
        square += (self.out + self.into + self.chain) * float(three.sum()) / _falling(n, 3)
        both = float(four.sum()) + float(two.sum()) ** 2 - float((two**2).sum())
        square += self.apart * both / _falling(n, 4)
        return mean, _root(square - mean**2)


def join_counts(
    rows: NDArray[np.integer], queries: NDArray[np.integer], candidates: NDArray[np.integer], labels: Labels
) -> JoinCounts | None:
    """The sums of the graph from ``queries`` ``[q]`` to their neighbours ``rows`` ``[q, k]``, positions in ``labels``.

    Labels are permuted among the labelled of the ``candidates``. Tokens without a label keep none and take no part.
    ``None`` where fewer than four candidates have a label, or no labelled token has a labelled neighbour.
    """
    codes = labels.codes
    counts = np.bincount(codes[candidates] + 1, minlength=len(labels.names) + 1)[1:]
    valid = (codes[rows] >= 0) & (codes[queries] >= 0)[:, None]
    labelled = valid.sum(axis=1)
    used = np.flatnonzero(labelled)
    if not len(used) or counts.sum() < 4:
        return None
    size = len(codes)
    weight, out = np.zeros(size), np.zeros(size)
    weight[queries[used]] = 1.0 / (labelled[used] * len(used))
    out[queries[used]] = 1.0 / len(used)
    start = np.repeat(queries[used].astype(np.int64), labelled[used])
    end = rows[used][valid[used]].astype(np.int64)
    into = np.bincount(end, weights=weight[start], minlength=size)
    keys = np.minimum(start, end) * size + np.maximum(start, end)
    keys.sort()
    twice = keys[1:][keys[1:] == keys[:-1]]
    same = float((weight[queries[used]] ** 2 * labelled[used]).sum())
    back = 2.0 * float((weight[twice // size] * weight[twice % size]).sum())
    return JoinCounts(
        same=same,
        back=back,
        out=float((out**2).sum()) - same,
        into=float((into**2).sum()) - same,
        chain=2.0 * (float((out * into).sum()) - back),
        names=labels.names,
        counts=tuple(counts.tolist()),
    )


def _falling(n: Any, r: int) -> Any:
    """n (n − 1) … of r factors."""
    product = n * 1.0
    for i in range(1, r):
        product = product * (n - i)
    return product


def _root(variance: float) -> float:
    return float(np.sqrt(max(0.0, variance)))
