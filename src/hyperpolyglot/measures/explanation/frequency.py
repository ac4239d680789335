"""Is it frequency? Diversity of neighbourhoods against how common tokens are, other explanations held fixed.

The paper compares deciles of corpus counts (PAPER: figure 9). Here also Spearman's correlation, and the partial one
that holds script, length and kind of token fixed. An average can hide relations of opposite signs, so the correlation
of every label is tested against one that all share, and deciles that turn are told. Without counts the tokenizer's own
scores stand in: log-probabilities
(unigram) or merge ranks (BPE), of which the order is that of the frequency in the tokenizer's training text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation.heterogeneity import Heterogeneity, heterogeneity
from hyperpolyglot.measures.explanation.rank_errors import Ranked, with_intervals
from hyperpolyglot.measures.label_errors import mean_intervals
from hyperpolyglot.measures.mixing import Mixing
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import (
    Correlation,
    Interval,
    benjamini_hochberg,
    bootstrap_mean,
    partial_spearman,
    spearman,
)
from hyperpolyglot.types import Array, Float64
from hyperpolyglot.vocabulary import SPACE, TokenKind
from hyperpolyglot.writing.scripts import is_script

__all__ = ["Counts", "Decile", "Frequency", "Turn", "deciles", "frequency", "token_frequency"]

Counts = Mapping[str, float] | Float64
"""How often tokens occur: by display text or raw piece, or, counted in a corpus, for each token ``[token]``."""

_LEAST_OF_LABEL = 100
_TURN_ERRORS = 2.96
"""Standard errors of a difference: two-sided 5 % over the sixteen of inner and outer tenths (Bonferroni)."""
_TURN_SIZE = 0.2
"""Standard deviations of a token: what Cohen calls a small effect. With many tokens any wiggle is significant."""
_NOT_WRITTEN = (TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED, TokenKind.PADDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decile:
    """Mean diversity of the tokens of one tenth by ascending frequency, 1 the rarest, ``interval`` as of diversity."""

    decile: int
    tokens: int
    mean: float
    interval: Interval | None
    lowest: float
    highest: float

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        interval = None if self.interval is None else list(self.interval)
        return {name: getattr(self, name) for name in self.__slots__} | {"interval": interval}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A tenth whose mean is above (``"peak"``) or below (``"valley"``) those of both ends; no line through it."""

    kind: str
    decile: int
    mean: float
    first: float
    last: float

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """Diversity against frequency.

    ``source``: ``"counts"``, ``"corpus"``, ``"scores"`` or ``"ids"`` (lower id first, a weak stand-in). ``partial``
    holds label, length in characters, kind and word start fixed. ``by_label``: (label, correlation, p adjusted over
    labels by Benjamini and Hochberg). ``heterogeneity``: whether labels share one correlation (Common, Inherited and
    Unknown take no part), ``None`` for fewer than two. ``turn``: where the deciles turn, ``None`` where they do not by
    more than 0.2 standard deviations and what sampling gives. Intervals are for other vocabularies; p is against no
    relation at all, and Q, which counts tokens as independent, is about these tokens only.
    """

    source: str
    k: int
    tokens: int
    without_frequency: int
    correlation: Correlation
    partial: Correlation
    deciles: tuple[Decile, ...]
    by_label: tuple[tuple[str, Correlation, float | None], ...]
    heterogeneity: Heterogeneity | None = None
    turn: Turn | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON form; ``shrunk`` of a label is its correlation as an extreme among many has to be read."""
        shrunk = dict(self.heterogeneity.shrunk) if self.heterogeneity else {}
        return {
            "source": self.source,
            "k": self.k,
            "tokens": self.tokens,
            "without_frequency": self.without_frequency,
            "spearman": self.correlation.to_json(),
            "partial_spearman": self.partial.to_json()
            | {"controls": ["label", "length", "kind", "starts_word"]},
            "deciles": [decile.to_json() for decile in self.deciles],
            "by_label": [
                {"label": name} | c.to_json() | {"p_adjusted": p, "shrunk": shrunk.get(name)}
                for name, c, p in self.by_label
            ],
            "heterogeneity": None if self.heterogeneity is None else self.heterogeneity.to_json(),
            "turn": None if self.turn is None else self.turn.to_json(),
        }


def token_frequency(space: TokenSpace, counts: Counts | None = None) -> tuple[Float64, str]:
    """How common tokens are, float64 ``[token]``, higher for more common, NaN for unknown; and where from.

    ``counts`` is looked up by display text, then by raw piece; a token that isn't there has none. Else scores, else
    minus the id.
    """
    if isinstance(counts, np.ndarray):
        return counts, "corpus"
    if counts is not None:
        texts, pieces = space.vocabulary.texts, space.vocabulary.pieces
        found = (counts.get(t, counts.get(p, np.nan)) for t, p in zip(texts, pieces, strict=True))
        return np.fromiter(found, np.float64, len(space)), "counts"
    scores = space.vocabulary.scores.astype(np.float64)
    if np.count_nonzero(np.isfinite(scores)) > len(space) // 2 and np.nanstd(scores) > 0:
        return np.where(np.isfinite(scores), scores, np.nan), "scores"
    return -space.ids.astype(np.float64), "ids"


def deciles(values: Array) -> Array:
    """Ascending deciles ⌈10·rank/n⌉ in 1…10, equal values ranked in order of position, as in the paper.

    >>> deciles(np.array([5.0, 1.0, 3.0, 2.0, 4.0])).tolist()
    [10, 2, 6, 4, 8]
    """
    n = len(values)
    rank = np.empty(n, np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(1, n + 1)
    return -(-10 * rank // n) if n else rank


def frequency(
    space: TokenSpace,
    diversity: Diversity | Mixing,
    counts: Counts | None = None,
    *,
    near: Neighbors | None = None,
    seed: int = 0,
) -> Frequency:
    """Relate the diversity of queried tokens of ``space`` to their frequency; special and reserved ones take no part.

    ``near``: the neighbours that ``diversity`` is of, for intervals that hold for other vocabularies; without them they
    are over tokens, which is too sure.

    Raises ``NotEnoughData`` where fewer than twenty tokens have a frequency.
    """
    common, source = token_frequency(space, counts)
    written = ~np.isin(space.vocabulary.kinds[diversity.queries], _NOT_WRITTEN)
    known = np.isfinite(common[diversity.queries]) & written
    rows, distinct = diversity.queries[known], diversity.distinct[known]
    if len(rows) < 20:
        raise NotEnoughData(f"{space.model}: only {len(rows)} tokens have a frequency; 20 are needed.")
    values = common[rows]
    vocabulary, codes = space.vocabulary, space.labels.codes[rows]
    lengths = np.array([len(vocabulary.texts[i].removeprefix(SPACE)) for i in rows.tolist()], np.float64)
    controls = (codes, lengths, vocabulary.kinds[rows], vocabulary.starts_word[rows])
    random = np.random.default_rng([seed, 0])
    tenth = deciles(values)
    queried = np.flatnonzero(known)
    members = [codes == code for code in range(len(space.labels.names))]
    members = [here for here in members if np.count_nonzero(here) >= _LEAST_OF_LABEL]
    ranked: list[Ranked] = [
        (spearman(values, distinct), queried, ()),
        (partial_spearman(values, distinct, controls), queried, controls),
        *((spearman(values[here], distinct[here]), queried[here], ()) for here in members),
    ]
    plain, partial, *rest = (
        with_intervals(near, space.labels, common[diversity.queries], ranked)
        if near
        else [one for one, _, _ in ranked]
    )
    names = [space.labels.names[codes[np.argmax(here)]] for here in members]
    by_label = _adjusted(names, rest)
    sure = near and mean_intervals(near, space.labels, [queried[tenth == d] for d in range(1, 11)])
    return Frequency(
        source=source,
        k=diversity.k,
        tokens=len(rows),
        without_frequency=int(np.count_nonzero(~known & written)),
        correlation=plain,
        partial=partial,
        deciles=tuple(
            _decile(d, distinct[tenth == d], values[tenth == d], sure[d - 1] if sure else random)
            for d in range(1, 11)
        ),
        by_label=by_label,
        heterogeneity=_heterogeneity(by_label),
        turn=_turn(tenth, distinct.astype(np.float64)),
    )


def _heterogeneity(by_label: tuple[tuple[str, Correlation, float | None], ...]) -> Heterogeneity | None:
    rows = [(name, c.value, c.n) for name, c, _ in by_label if is_script(name) and c.value is not None]
    return heterogeneity(
        [name for name, _, _ in rows],
        np.array([value for _, value, _ in rows], np.float64),
        np.array([n for _, _, n in rows], np.float64),
    )


def _turn(tenth: Array, distinct: Float64) -> Turn | None:
    """The inner tenth furthest beyond both ends, where it is so by more than chance and by what matters."""
    parts = [distinct[tenth == d] for d in range(1, 11)]
    if min(map(len, parts)) < 2:
        return None
    means = np.array([part.mean() for part in parts])
    errors = np.array([part.var(ddof=1) / len(part) for part in parts])
    best, found = 0.0, None
    for kind, sign in (("peak", 1.0), ("valley", -1.0)):
        for inner in range(1, 9):
            beyond = [sign * (means[inner] - means[end]) for end in (0, 9)]
            reach = [_TURN_ERRORS * np.sqrt(errors[inner] + errors[end]) for end in (0, 9)]
            sure = all(b > max(r, _TURN_SIZE * distinct.std()) for b, r in zip(beyond, reach, strict=True))
            if sure and min(beyond) > best:
                best = min(beyond)
                found = Turn(
                    kind=kind,
                    decile=inner + 1,
                    mean=float(means[inner]),
                    first=float(means[0]),
                    last=float(means[9]),
                )
    return found


def _decile(
    decile: int, distinct: Array, values: Float64, sure: Interval | np.random.Generator | None
) -> Decile:
    return Decile(
        decile=decile,
        tokens=len(distinct),
        mean=float(distinct.mean()),
        interval=bootstrap_mean(distinct, random=sure) if isinstance(sure, np.random.Generator) else sure,
        lowest=float(values.min()),
        highest=float(values.max()),
    )


def _adjusted(names: list[str], rows: list[Correlation]) -> tuple[tuple[str, Correlation, float | None], ...]:
    tested = [c.p for c in rows if c.p is not None]
    adjusted = iter(benjamini_hochberg(np.array(tested)).tolist())
    found = [(name, c, None if c.p is None else next(adjusted)) for name, c in zip(names, rows, strict=True)]
    return tuple(sorted(found, key=lambda row: (-row[1].n, row[0])))
