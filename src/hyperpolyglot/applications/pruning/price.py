"""What a cut costs before it is made: tokens per word, coverage and unknown tokens in each language, by size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from hyperpolyglot.applications.pruning.corpora import Judge
from hyperpolyglot.measures.fertility.resampled import Resamples
from hyperpolyglot.tokenization.encoder import Encoded, Encoder
from hyperpolyglot.tokenization.segmentation import UNKNOWN, UNSPACED
from hyperpolyglot.types import Array, Float64
from hyperpolyglot.vocabulary import Vocabulary
from hyperpolyglot.writing.scripts import scripts_of

__all__ = ["MOST_UNKNOWN", "Cuts", "Point", "Value", "as_cut", "fits", "point", "resamples_of", "smallest"]

Value = dict[str, float | None]
MOST_UNKNOWN = 0.001
"""How much the share of unknown tokens may grow at a size that is recommended: it makes text look cheap."""
_PROBED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """How a vocabulary cuts what the price is measured on: of each language its tokens, by item."""

    of: tuple[Encoded, ...]

    @property
    def exact(self) -> bool:
        """Whether text was cut by the model's own tokenizer."""
        return all(found.exact for found in self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A language at a size. Values are {value, low, high, chance}.

    ``fertility``: tokens per word; ``cost``: tokens over those of the whole vocabulary; ``coverage``: the share of the
    whole vocabulary's running tokens that is kept, chance: where tokens are kept at random; ``unknown``: share of
    tokens that are unknown. ``running``: measured on text that took no part in the choice, else on the word list.
    """

    tokens: int
    language: str
    fertility: Value
    cost: Value
    coverage: Value
    unknown: Value
    running: bool

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


def in_text(vocabulary: Vocabulary, ids: Array, judges: Sequence[Judge]) -> list[Judge]:
    """Words of lists as they stand in a text: after a space, where the whole vocabulary has tokens for that.

    Told by the words themselves: most take no more tokens after a space than without. A smaller vocabulary might tell
    otherwise, so that it is not asked.
    """
    return [judge if judge.running else _after_space(vocabulary, ids, judge) for judge in judges]


def _after_space(vocabulary: Vocabulary, ids: Array, judge: Judge) -> Judge:
    spaced = tuple(
        f" {word}" if script not in UNSPACED else word
        for word, script in zip(judge.items, scripts_of(judge.items), strict=True)
    )
    both = [*judge.items[:_PROBED], *spaced[:_PROBED]]
    lengths = Encoder(vocabulary=vocabulary, ids=np.asarray(ids, np.int32)).texts(both).lengths
    alone, after = np.split(lengths, 2)
    return replace(judge, items=spaced) if (after <= alone).mean() > 0.5 else judge


def as_cut(vocabulary: Vocabulary, ids: Array, judges: Sequence[Judge]) -> Cuts:
    """Cut what the price is measured on into the tokens of a vocabulary."""
    items = [item for judge in judges for item in judge.items]
    whole = Encoder(vocabulary=vocabulary, ids=np.asarray(ids, np.int32)).texts(items)
    ends = np.cumsum([0, *(len(judge.items) for judge in judges)]).tolist()
    return Cuts(of=tuple(_slice(whole, start, end) for start, end in pairwise(ends)))


def _slice(encoded: Encoded, start: int, end: int) -> Encoded:
    starts = encoded.starts[start : end + 1]
    rows = encoded.rows[starts[0] : starts[-1]]
    return Encoded(
        starts=starts - starts[0], rows=rows, exact=encoded.exact, by=encoded.by, remark=encoded.remark
    )


def resamples_of(judges: Sequence[Judge], resamples: int, seed: int) -> list[Resamples]:
    """Draws of each language's blocks; languages with as many blocks share them."""
    made: dict[int, Resamples] = {}
    blocks = [int(judge.block.max(initial=0)) + 1 for judge in judges]
    return [made.setdefault(n, made.get(n) or Resamples(n, resamples, seed)) for n in blocks]


def point(judge: Judge, whole: Encoded, cut: Encoded, kept: Array, random: float, draws: Resamples) -> Point:
    """The price in one language. ``kept`` bool ``[token]`` of the whole vocabulary; ``random``: coverage by chance."""
    blocks = draws.units

    def sums(per_item: Array) -> Float64:
        return np.bincount(judge.block, judge.weights * per_item, minlength=blocks).astype(np.float64)

    tokens, before, words = sums(cut.lengths), sums(whole.lengths), sums(judge.words)
    covered = sums(whole.per_text((whole.rows >= 0) & kept[np.maximum(whole.rows, 0)]))
    unknown = sums(cut.per_text(cut.rows == UNKNOWN))
    ratios = {
        "fertility": (tokens, words),
        "cost": (tokens, before),
        "coverage": (covered, before),
        "unknown": (unknown, tokens),
    }
    above, below = (np.stack([pair[i] for pair in ratios.values()]) for i in range(2))
    ends = draws.intervals(lambda weights: (weights @ above.T) / (weights @ below.T))
    values = {
        name: {"value": _number(value), "low": _number(low), "high": _number(high), "chance": None}
        for name, value, low, high in zip(ratios, *ends, strict=True)
    }
    values["coverage"]["chance"] = random
    return Point(tokens=int(kept.sum()), language=judge.language, running=judge.running, **values)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def fits(points: Sequence[Point], whole: Sequence[Point], within: float) -> bool:
    """Whether no language pays more than ``within`` above the whole vocabulary, nor has more unknown tokens."""
    return all(
        (now.cost["value"] or 0.0) <= 1 + within
        and (now.unknown["value"] or 0.0) <= (then.unknown["value"] or 0.0) + MOST_UNKNOWN
        for now, then in zip(points, whole, strict=True)
    )


def smallest(sizes: Sequence[int], is_enough: Callable[[int], bool], steps: int) -> int:
    """The smallest size that is enough, the last of ``sizes`` for none but it, then halved ``steps`` times below it.

    >>> smallest([10, 20, 40, 80], lambda n: n >= 33, 3)
    35
    """
    enough = next((i for i, size in enumerate(sizes) if is_enough(size)), len(sizes) - 1)
    low, high = (sizes[enough - 1] if enough else sizes[0]), sizes[enough]
    for _ in range(steps if enough else 0):
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
