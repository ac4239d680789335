"""What the relatedness of neighbouring languages is recorded as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hyperpolyglot.lexicon.families import group_name
from hyperpolyglot.records import Record, Rows, with_interval
from hyperpolyglot.statistics import Interval

__all__ = ["BranchLift", "LanguagePair", "Relatedness", "ScriptRelatedness"]

LARGEST_P, LARGEST_P_OF_A_BRANCH = 0.01, 0.05
"""One random table in a hundred is called related, and for one in twenty some branch is (p-values are Holm's)."""

CLEAR = 0.3
"""A smaller correlation explains less than a tenth of the variance of pairs."""

FEWEST_LANGUAGES = 6
"""Fewer languages have too few orders for a permutation to be rare."""

Verdict = Literal["clear", "weak", "none", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePair:
    """Two languages of a script: ``shared`` groups of the tree, and neighbours of one that are of the other, both ways.

    ``lift``: observed over expected; ``interval`` at 95 %, over vocabularies.
    """

    script: str
    a: str
    b: str
    shared: int
    observed: int
    expected: float
    lift: float
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchLift:
    """The languages of a branch in one script: how often they are each other's neighbours.

    ``lift``: observed over expected, 1 by chance; ``p``: the mean logarithm of the lifts of its pairs is as high for as
    many languages of the script at random, one-sided, adjusted for the number of branches (Holm).
    """

    script: str
    group: str
    languages: tuple[str, ...]
    tokens: int
    observed: int
    expected: float
    lift: float
    interval: Interval | None
    p: float

    @property
    def name(self) -> str:
        """The English name of the branch."""
        return group_name(self.group)

    @property
    def related(self) -> bool:
        """Whether more of them are neighbours than by chance."""
        return self.p <= LARGEST_P_OF_A_BRANCH and self.interval is not None and self.interval[0] > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRelatedness:
    """The same correlation within one script, of ``languages`` with a place in the tree."""

    script: str
    languages: tuple[str, ...]
    value: float | None
    interval: Interval | None
    p: float | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Relatedness(Record):
    """Correlation, over pairs of languages of one script, of the logarithm of how often they are neighbours (observed
    over expected) with the number of groups that both share in a family tree.

    ``interval`` (95 %) is over languages; ``p`` by permuting them within their script (Mantel); chance is 0.
    ``beyond_spelling``: the same where the likeness of the letter pairs of two languages is held fixed.
    ``unplaced``: languages that the tree has no place for; ``skipped``: those with too few tokens, or alone.
    """

    value: float | None
    interval: Interval | None
    p: float | None
    beyond_spelling: dict[str, Any]
    scripts: tuple[ScriptRelatedness, ...]
    branches: tuple[BranchLift, ...]
    pairs: tuple[LanguagePair, ...]
    unplaced: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...]
    tree: str
    k: int
    minimum: int
    permutations: int
    seed: int

    @property
    def languages(self) -> int:
        """How many languages take part."""
        return sum(len(script.languages) for script in self.scripts)

    @property
    def verdict(self) -> Verdict:
        """``clear`` from a correlation of 0.3 on, ``weak`` below it, ``none`` where permuted languages give as much.

        ``unknown`` for fewer than six languages, or where all pairs are related alike.
        """
        if self.value is None or self.p is None or self.languages < FEWEST_LANGUAGES:
            return "unknown"
        if self.p > LARGEST_P:
            return "none"
        return "clear" if self.value >= CLEAR else "weak"

    def summary(self) -> str:
        """The correlation, its interval and p, how many languages, seed."""
        if self.value is None:
            return f"no correlation: the pairs of {self.languages} languages are related alike"
        said = with_interval(f"{self.value:.2f}".replace("-", "−"), self.interval, digits=2)
        related = sum(row.related for row in self.branches)
        return (
            f"correlation {said}, chance 0, p {self.p:.4f}, {self.languages} languages, {related} of "
            f"{len(self.branches)} branches above chance, seed {self.seed}"
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "correlation": _valued(self.value, self.interval, 0.0) | {"p": self.p},
            "beyond_spelling": self.beyond_spelling,
            "verdict": self.verdict,
            "scripts": [
                {"script": row.script, "languages": list(row.languages)}
                | _valued(row.value, row.interval, 0.0)
                | {"p": row.p}
                for row in self.scripts
            ],
            "branches": [
                {
                    "script": row.script,
                    "group": row.group,
                    "name": row.name,
                    "languages": list(row.languages),
                    "tokens": row.tokens,
                    "observed": row.observed,
                    "expected": row.expected,
                    "lift": _valued(row.lift, row.interval, 1.0),
                    "p": row.p,
                }
                for row in self.branches
            ],
            "pairs": [
                {
                    "script": row.script,
                    "a": row.a,
                    "b": row.b,
                    "shared": row.shared,
                    "observed": row.observed,
                    "expected": row.expected,
                    "lift": _valued(row.lift, row.interval, 1.0),
                }
                for row in self.pairs
            ],
            "unplaced": list(self.unplaced),
            "skipped": [{"label": label, "tokens": tokens} for label, tokens in self.skipped],
            "tree": self.tree,
            "k": self.k,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every branch and script: how often its languages are neighbours, over what chance gives."""
        return self.tidied(
            [
                {
                    "script": row.script,
                    "branch": row.name,
                    "languages": " ".join(row.languages),
                    "tokens": row.tokens,
                }
                | {"observed": row.observed, "by_quasi_independence": row.expected}
                | {"lift": _valued(row.lift, row.interval, 1.0), "p": row.p}
                for row in self.branches
            ]
        )

    def tables_by_name(self) -> dict[str, Rows]:
        """Branches, pairs of languages, and the correlation by script."""
        pairs = [
            {
                "script": row.script,
                "a": row.a,
                "b": row.b,
                "groups_shared": row.shared,
                "observed": row.observed,
            }
            | {"by_quasi_independence": row.expected, "lift": _valued(row.lift, row.interval, 1.0)}
            for row in self.pairs
        ]
        scripts = [
            {"script": row.script, "languages": len(row.languages)}
            | {"correlation": _valued(row.value, row.interval, 0.0), "p": row.p}
            for row in self.scripts
        ]
        return {"": self.table(), "pairs": self.tidied(pairs), "scripts": self.tidied(scripts)}


def _valued(value: float | None, interval: Interval | None, chance: float) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {"value": value, "low": low, "high": high, "chance": chance}
