"""The records of a comparison of models, and its options."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import Record, Rows, tidied
from hyperpolyglot.types import Float64, frozen

__all__ = ["MEASURES", "CompareOptions", "Comparison", "LabelSimilarity", "PairSimilarity"]

MEASURES = ("neighbor_overlap", "canonical_first", "canonical_mean_square", "cka", "rsa", "procrustes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """How to compare.

    ``common``: ``"all"`` keeps tokens that all models share, so pairs are comparable; ``"pair"`` those of each pair.
    ``test_rows``: most rows of a permutation test. ``maps``: also learn maps from model to model.
    """

    k: int = 100
    protocol: str = "default"
    seed: int = 0
    permutations: int = 99
    test_rows: int = 20_000
    common: str = "all"
    maps: bool = True

    def __post_init__(self) -> None:
        if self.protocol not in ("default", "paper") or self.common not in ("all", "pair"):
            raise ValueError("protocol is 'default' or 'paper', and common is 'all' or 'pair'")
        if self.k < 2 or self.permutations < 0 or self.test_rows < 100:
            raise ValueError(
                "comparing needs k of at least 2, permutations of at least 0, 100 rows to test on"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSimilarity:
    """Agreement of two models on the tokens of one label; ``counted``: a script, or one of the user's labels."""

    label: str | None
    tokens: int
    measures: dict[str, Measured]
    counted: bool = True

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        measured = {name: measure.to_json() for name, measure in self.measures.items()}
        return {"label": self.label, "tokens": self.tokens, "counted": self.counted} | measured


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSimilarity:
    """Two models on ``shared`` tokens.

    ``measures`` by the names of :data:`MEASURES`; ``spectrum`` float64, canonical cosines, descending; ``maps``:
    retrieval of held-out tokens by maps from model to model; ``k`` as counted (the token itself with the paper's).
    """

    a: str
    b: str
    shared: int
    k: int
    measures: dict[str, Measured]
    spectrum: Float64
    by_label: tuple[LabelSimilarity, ...]
    maps: tuple[dict[str, Any], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "spectrum", frozen(self.spectrum))

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {
            "a": self.a,
            "b": self.b,
            "shared": self.shared,
            "k": self.k,
            **{name: measure.to_json() for name, measure in self.measures.items()},
            "canonical_spectrum": self.spectrum.tolist(),
            "by_label": [row.to_json() for row in self.by_label],
            "maps": list(self.maps),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Record):
    """All pairs of ``models``; ``ambiguous``: texts left out because two tokens of a model have them."""

    models: tuple[str, ...]
    pairs: tuple[PairSimilarity, ...]
    ambiguous: tuple[int, ...]
    options: CompareOptions

    def summary(self) -> str:
        """How many pairs, and the neighbour overlap of the first, with what is expected by chance."""
        says = f"{len(self.models)} models, {len(self.pairs)} pairs, seed {self.options.seed}"
        found = self.pairs[0].measures.get("neighbor_overlap") if self.pairs else None
        if found is None or found.value is None:
            return says
        null = "" if found.null is None else f", chance {percent(found.null)}"
        pair = f"{self.pairs[0].a} and {self.pairs[0].b}"
        return f"{pair} share {percent(found.value)} of neighbours{null}; {says}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "pairs": [pair.to_json() for pair in self.pairs],
            "ambiguous": dict(zip(self.models, self.ambiguous, strict=True)),
            "options": {name: getattr(self.options, name) for name in self.options.__slots__},
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every pair and measure, then for every label (``label`` is ``None`` for all tokens)."""
        rows = []
        for pair in self.pairs:
            whole = LabelSimilarity(label=None, tokens=pair.shared, measures=pair.measures)
            for part in (whole, *pair.by_label):
                for name, m in part.measures.items():
                    low, high = m.interval or (None, None)
                    row: dict[str, Any] = {
                        "a": pair.a,
                        "b": pair.b,
                        "label": part.label,
                        "tokens": part.tokens,
                        "measure": name,
                    }
                    rows.append(
                        row | {"value": m.value, "chance": m.null, "p": m.p, "low": low, "high": high}
                    )
        return rows

    def tables_by_name(self) -> dict[str, Rows]:
        """The measures of every pair, and the maps from model to model."""
        maps = [{"a": pair.a, "b": pair.b} | row for pair in self.pairs for row in pair.maps]
        return {"": self.table(), "maps": tidied(maps)}

    def above_random(self, pair: PairSimilarity) -> bool:
        """Whether any measure tells the pair from random matchings, all measures considered (Bonferroni).

        Few permutations cannot give so small a p: then none of them may do as well. An interval has to lie above
        chance.
        """
        most = max(0.05 / len(MEASURES), 1.0001 / (self.options.permutations + 1))
        return any(
            m.value is not None
            and m.p is not None
            and m.p <= most
            and (m.interval[0] if m.interval else m.value) > (m.null or 0.0)
            for m in pair.measures.values()
        )

    def matrix(self, measure: str) -> Float64:
        """Values of one measure over models × models, symmetric, ones on the diagonal: a heat map (figures 7, 8)."""
        grid = np.eye(len(self.models))
        for (i, j), pair in zip(combinations(range(len(self.models)), 2), self.pairs, strict=True):
            value = pair.measures[measure].value
            grid[i, j] = grid[j, i] = np.nan if value is None else value
        return grid
