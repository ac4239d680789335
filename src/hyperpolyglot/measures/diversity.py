"""How many writing systems live among a token's neighbours, against what chance would give.

For token i with label a among V candidates of which n_b carry label b, k others drawn without replacement hold

    E[D] = Σ_b 1 − C(V − 1 − m_b, k) / C(V − 1, k),    m_b = n_b − [b = a]

distinct labels (a hypergeometric sum; neighbours without a label count for none). The paper's variant counts the
token's own label as well, so it is always there: 1 + the same sum over b ≠ a.

Common, Inherited and Unknown are no scripts: their tokens count like tokens without a label, in all but
``LabelPair`` and the paper's protocol. Intervals are for other vocabularies (``measures/jackknife.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.jackknife import mean_interval
from hyperpolyglot.measures.join_counts import JoinCounts, join_counts
from hyperpolyglot.measures.label_errors import Errors, label_errors
from hyperpolyglot.measures.label_lists import LabelLists, tallied
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.neighbors import neighbors as nearest
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import Record, Rows, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval
from hyperpolyglot.types import Array, Float64, Progress, silent

__all__ = ["Diversity", "LabelDiversity", "LabelPair", "diversity", "expected_distinct"]

CURVE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDiversity:
    """Diversity of the tokens of one label.

    ``mean`` and ``expected`` count distinct labels; ``entropy`` is in nats, ``effective`` = mean of e^entropy;
    ``own_share`` is the share of labelled neighbours with the token's own label, ``own_expected`` that by chance;
    the intervals of ``mean`` and ``own_share`` are at 95 %. ``counted``: the label is a script, or one of the user's;
    Common, Inherited and Unknown are not, and have no own share.
    """

    label: str | None
    tokens: int
    mean: float
    sd: float | None
    interval: Interval | None
    expected: float
    effective: float
    own_share: float | None
    own_interval: Interval | None
    own_expected: float | None
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPair:
    """How often tokens of label ``a`` have neighbours of label ``b``.

    ``share``: of the labelled neighbours; ``lift`` = share / what chance gives; ``mean_if_any``: the mean number
    among the tokens that have at least one (PAPER: figure 6), ``tokens_with_any`` of them.
    """

    a: str
    b: str
    share: float
    lift: float
    mean_if_any: float | None
    tokens_with_any: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Diversity(Record):
    """Distinct labels among the k nearest neighbours.

    ``mean`` and ``sd`` (n − 1) are over ``tokens``; ``standard_error`` and ``interval`` (95 %) of the mean say how it
    varies between vocabularies, and so does ``own_interval``; ``histogram[i]`` tokens have i distinct labels;
    ``assortativity`` is Newman's r of the neighbour graph (1: only own label, 0: as by chance);
    ``join_counts``: what the same graph gives where labels are permuted.
    ``curve`` gives mean and expectation for smaller k. ``distinct`` int ``[tokens]`` and ``queries`` are per token.
    """

    k: int
    tokens: int
    candidates: int
    mean: float
    sd: float | None
    standard_error: float | None
    interval: Interval | None
    expected: float
    own_share: float | None
    own_interval: Interval | None
    effective: float
    assortativity: float | None
    by_label: tuple[LabelDiversity, ...]
    pairs: tuple[LabelPair, ...]
    histogram: tuple[int, ...]
    curve: tuple[dict[str, float], ...]
    excluded: dict[str, int]
    protocol: str
    queries: Array
    distinct: Array
    join_counts: JoinCounts | None = None

    def summary(self) -> str:
        """Mean of distinct labels, what is expected by chance, own share, protocol."""
        found = f"mean {with_interval(f'{self.mean:.1f}', self.interval)} labels among {self.k} neighbours"
        own = "" if self.own_share is None else f", own-label share {percent(self.own_share)}"
        rest = f"{self.tokens:,} tokens" + (", the paper's protocol" if self.protocol == "paper" else "")
        return f"{found}, {self.expected:.1f} by chance{own}, {rest}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "k": self.k,
            "tokens": self.tokens,
            "candidates": self.candidates,
            "mean": self.mean,
            "sd": self.sd,
            "standard_error": self.standard_error,
            "interval": _listed(self.interval),
            "expected": self.expected,
            "own_share": self.own_share,
            "own_interval": _listed(self.own_interval),
            "effective": self.effective,
            "assortativity": self.assortativity,
            "by_label": [_fields(row) for row in self.by_label],
            "own_share_by_chance": None if self.join_counts is None else self.join_counts.to_json(),
            "pairs": [_fields(row) for row in self.pairs],
            "histogram": list(self.histogram),
            "curve": list(self.curve),
            "excluded": self.excluded,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every label: mean and own share with ``low`` and ``high`` ends, and what ``chance`` gives."""
        return self.tidied([_fields(row) for row in self.by_label])

    def tables_by_name(self) -> dict[str, Rows]:
        """The rows of the labels, and those of pairs of labels."""
        return {"": self.table(), "pairs": self.tidied([_fields(row) for row in self.pairs])}


def _listed(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _fields(record: Any) -> dict[str, Any]:
    return {
        name: _listed(getattr(record, name)) if "interval" in name else getattr(record, name)
        for name in record.__slots__
    }


def _none_of(others: int, count: Float64, k: int) -> Float64:
    """Probability that k of ``others`` drawn without replacement hold none of ``count`` marked ones."""
    left = others - count
    possible = left >= k
    logs = gammaln(left + 1) - gammaln(np.where(possible, left - k, 0) + 1)
    logs -= gammaln(others + 1) - gammaln(others - k + 1)
    return np.where(possible, np.exp(logs), 0.0)


def expected_distinct(
    counts: NDArray[np.integer], candidates: int, k: int, own: int, *, with_own: bool
) -> float:
    """Expected distinct labels among k neighbours drawn by chance, for a token of label ``own`` (−1: none).

    ``counts``: tokens per label among the ``candidates``. ``with_own`` counts the token's own label in any case.

    >>> expected_distinct(np.array([2, 2]), 4, 3, 0, with_own=False)
    2.0
    """
    others = np.asarray(counts, np.float64).copy()
    if own >= 0:
        others[own] -= 1
    present = 1.0 - _none_of(candidates - 1, others, k)
    if with_own and own >= 0:
        present[own] = 1.0
    return float(present.sum())


def _of_space(
    near: Neighbors | TokenSpace, labels: Labels | None, k: int, progress: Progress
) -> tuple[Neighbors, Labels]:
    if isinstance(near, TokenSpace):
        return nearest(near, k, progress=progress), near.labels if labels is None else labels
    checked("diversity", near, Neighbors, "a TokenSpace, or Neighbors with the labels of their space")
    if labels is None:
        raise TypeError("diversity() takes the labels of neighbours too: diversity(near, space.labels).")
    checked("diversity", labels, Labels, "Labels, as space.labels are")
    return near, labels


def diversity(
    neighbors: Neighbors | TokenSpace,
    labels: Labels | None = None,
    *,
    k: int | None = None,
    protocol: str = "default",
    progress: Progress = silent,
) -> Diversity:
    """Count the labels among the k nearest neighbours of every queried token.

    ``labels`` are those of the neighbours' space. A space alone stands for the ``k`` nearest neighbours (50) of all its
    tokens. ``protocol="paper"`` adds the token's own label (PAPER: figure 5, 51 entries at k = 50). Raises
    ``NotEnoughData`` if there are no tokens or fewer than k neighbours.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> near = hp.neighbors(space, k=20, queries=hp.find_tokens(space, "water"))
    >>> found = hp.diversity(near, space.labels)
    >>> found.mean, round(found.expected, 1)
    (11.0, 12.8)
    """
    neighbors, labels = _of_space(neighbors, labels, 50 if k is None else k, progress)
    k = neighbors.k if k is None else k
    if k > neighbors.k:
        raise NotEnoughData(f"{k} neighbours were asked for, but only {neighbors.k} are known.")
    if not len(neighbors.queries):
        raise NotEnoughData("no token is left to look at.")
    if not labels.names:
        raise NotEnoughData(f"no token has a label, so no {labels.labelling.many} can be counted.")
    with_own = protocol == "paper"
    counted = np.ones(len(labels.names), bool) if with_own else labels.counted
    shown = labels if with_own else labels.only_counted()
    written = labels.codes[neighbors.queries].astype(np.int64)
    lists = LabelLists(
        near=shown.codes[neighbors.rows[:, :k]],
        own=shown.codes[neighbors.queries].astype(np.int64),
        labels=len(labels.names),
        with_own=with_own,
    )
    own, tally = lists.own, lists.tally
    counts, size = _counts(shown, neighbors.candidates), len(neighbors.candidates)
    distinct, own_share = lists.distinct(), lists.own_share()
    expected = np.array(
        [expected_distinct(counts, size, k, label, with_own=with_own) for label in range(-1, len(counts))]
    )[own + 1]
    effective = np.exp(_entropy(tally, tally.sum(axis=1)))
    progress("label diversity", 0, 1)
    errors = label_errors(lists, shown, neighbors, k, written)
    usable = ~np.isnan(own_share)
    columns = _Columns(written, distinct, expected, effective, own_share)
    by_label = tuple(
        _label_row(label, labels, bool(label >= 0 and counted[label]), columns, counts, errors)
        for label in sorted(set(written.tolist()), key=lambda c: (-np.count_nonzero(written == c), c))
    )
    mean = float(distinct.mean())
    shared = float(own_share[usable].mean()) if usable.any() else None
    return stamped(
        Diversity(
            k=k,
            tokens=len(own),
            candidates=size,
            mean=mean,
            sd=_sd(distinct),
            standard_error=errors[None][0],
            interval=mean_interval(mean, errors[None][0], len(own), most=k + with_own),
            expected=float(expected.mean()),
            own_share=shared,
            own_interval=None
            if shared is None
            else mean_interval(shared, errors[None][1], int(np.count_nonzero(usable)), most=1.0),
            effective=float(effective.mean()),
            assortativity=_assortativity(tally, own),
            by_label=by_label,
            pairs=_pairs(
                tallied(labels.codes[neighbors.rows[:, :k]], len(labels.names)),
                written,
                labels,
                _counts(labels, neighbors.candidates),
            ),
            histogram=tuple(np.bincount(distinct).tolist()),
            curve=_curve(lists, counts, size),
            excluded=neighbors.excluded,
            protocol=protocol,
            queries=neighbors.queries,
            distinct=distinct,
            join_counts=join_counts(neighbors.rows[:, :k], neighbors.queries, neighbors.candidates, shown),
        ),
        neighbors.provenance and came_from(neighbors.provenance, protocol=protocol),
    )


def _counts(labels: Labels, candidates: NDArray[np.integer]) -> NDArray[np.int64]:
    """Candidates by label, int64 ``[labels]``."""
    return np.bincount(labels.codes[candidates] + 1, minlength=len(labels.names) + 1)[1:]


def _entropy(tally: NDArray[np.int32], labelled: NDArray[np.integer]) -> Float64:
    share = tally / np.maximum(labelled, 1)[:, None]
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropy: Float64 = np.abs((share * logs).sum(axis=1))
    return entropy


def _sd(values: Array) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is known of every token ``[q]``: its label, distinct labels, what chance gives, effective, own share."""

    label: NDArray[np.int64]
    distinct: NDArray[np.int64]
    expected: Float64
    effective: Float64
    own_share: Float64


def _label_row(
    label: int, labels: Labels, counted: bool, columns: _Columns, counts: Array, errors: Errors
) -> LabelDiversity:
    here = columns.label == label
    tokens = int(np.count_nonzero(here))
    shares = columns.own_share[here]
    shares = shares[~np.isnan(shares)]
    labelled = int(counts.sum())
    mean, error = float(columns.distinct[here].mean()), errors[label]
    own_share = float(shares.mean()) if len(shares) else None
    return LabelDiversity(
        label=None if label < 0 else labels.names[label],
        tokens=tokens,
        mean=mean,
        interval=mean_interval(mean, error[0], tokens),
        sd=_sd(columns.distinct[here]),
        expected=float(columns.expected[here][0]),
        effective=float(columns.effective[here].mean()),
        own_share=own_share,
        own_interval=None if own_share is None else mean_interval(own_share, error[1], len(shares), most=1.0),
        own_expected=float((counts[label] - 1) / (labelled - 1)) if counted and labelled > 1 else None,
        counted=counted,
    )


def _assortativity(tally: NDArray[np.int32], own: NDArray[np.int64]) -> float | None:
    """Newman's r (2003, Mixing patterns in networks, equation 2) of the directed neighbour graph."""
    mixing = np.zeros((tally.shape[1], tally.shape[1]))
    np.add.at(mixing, own[own >= 0], tally[own >= 0])
    total = mixing.sum()
    if not total:
        return None
    mixing /= total
    chance = float(mixing.sum(axis=0) @ mixing.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(mixing)) - chance) / (1 - chance)


def _pairs(
    tally: NDArray[np.int32], own: NDArray[np.int64], labels: Labels, counts: Array
) -> tuple[LabelPair, ...]:
    found = []
    labelled = int(counts.sum())
    for a in np.unique(own[own >= 0]).tolist():
        here = tally[own == a]
        total = int(here.sum())
        if not total or labelled < 2:
            continue
        sums, having = here.sum(axis=0), (here > 0).sum(axis=0)
        for b in np.flatnonzero(sums).tolist():
            chance = (counts[b] - (a == b)) / (labelled - 1)
            share = float(sums[b] / total)
            found.append(
                LabelPair(
                    a=labels.names[a],
                    b=labels.names[b],
                    share=share,
                    lift=float(share / chance),
                    mean_if_any=float(sums[b] / having[b]),
                    tokens_with_any=int(having[b]),
                )
            )
    return tuple(sorted(found, key=lambda p: (p.a, -p.share, p.b)))


def _curve(lists: LabelLists, counts: Array, size: int) -> tuple[dict[str, float], ...]:
    rows = []
    most = lists.near.shape[1]
    for k in sorted({*(c for c in CURVE if c < most), most}):
        expected = np.array(
            [
                expected_distinct(counts, size, k, label, with_own=lists.with_own)
                for label in range(-1, len(counts))
            ]
        )
        mean = float(lists.first(k).distinct().mean())
        rows.append({"k": k, "mean": mean, "expected": float(expected[lists.own + 1].mean())})
    return tuple(rows)
