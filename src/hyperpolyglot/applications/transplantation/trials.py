"""Which method does best? Shared tokens are hidden, rebuilt by each, and compared with the vectors that they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.nearest import Search
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import bootstrap_mean, wilson
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["Scores", "Trial", "hidden_by_label", "scored", "trials_of"]

_NEAR = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One method on the hidden tokens of one label, of all where it is ``None``.

    ``cosine`` of the rebuilt and the true vector; ``p1``: how often the true token is the nearest of the source's;
    ``overlap10``: the share of its ten neighbours that the rebuilt vector has; ``norm_ratio``: rebuilt over true
    length, before lengths are matched. Each is {value, low, high, chance}.
    """

    method: str
    label: str | None
    held_out: int
    cosine: dict[str, float | None]
    p1: dict[str, float | None]
    overlap10: dict[str, float | None]
    norm_ratio: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


def hidden_by_label(space: TokenSpace, tokens: Array, most: int, seed: int) -> Array:
    """Up to ``most`` of some tokens, drawn by label in turn so that small ones are there; at most a fifth of each."""
    random = np.random.default_rng(seed)
    codes, chosen = space.labels.codes[tokens], []
    for code in np.unique(codes).tolist():
        own = random.permutation(tokens[codes == code])
        own = own[: len(own) // 5]
        chosen += [(place, code, token) for place, token in enumerate(own.tolist())]
    return np.sort(np.array([token for _, _, token in sorted(chosen)[:most]], np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What one method made of every hidden token: float64 ``[n]`` by the names of the scores; ``chance`` of each."""

    columns: dict[str, Float64]
    chance: dict[str, float | None]


def scored(source: TokenSpace, rows: Array, rebuilt: Mapping[str, Float32]) -> dict[str, Scores]:
    """Score what every method made of the hidden tokens, the positions ``rows`` ``[n]`` of the source.

    Candidates are all source tokens with a direction.
    """
    usable = source.candidates().rows
    vectors = source.vectors(usable)
    at = np.searchsorted(usable, rows).astype(np.int32)
    near = min(_NEAR, len(usable) - 1)
    true = vectors[at]
    theirs = Search()(true, at, vectors, near).positions
    nobody, found = np.full(len(rows), -1, np.int32), {}
    for method, vectors_made in rebuilt.items():
        made = vectors_made.copy()
        made[~made.any(axis=1)] = 1e-20
        own = Search()(made, nobody, vectors, near + 1 if len(usable) > near + 1 else near).positions
        columns = {
            "cosine": np.einsum("ij,ij->i", unit_rows(made), unit_rows(true), dtype=np.float64),
            "p1": (own[:, 0] == at).astype(np.float64),
            "overlap10": np.array([_shared(a, b, x) for a, b, x in zip(own, theirs, at, strict=True)]),
            "norm_ratio": np.linalg.norm(made, axis=1) / np.linalg.norm(true, axis=1),
        }
        chance = {
            "cosine": _by_chance(made, true),
            "p1": 1 / len(usable),
            "overlap10": near / (len(usable) - 1),
            "norm_ratio": None,
        }
        found[method] = Scores(columns=columns, chance=chance)
    return found


def trials_of(scores: Mapping[str, Scores], labels: Array, names: tuple[str, ...]) -> tuple[Trial, ...]:
    """Each method over all hidden tokens and by label; ``labels`` ``[n]`` index ``names``, −1: none."""
    found = []
    for method, own in scores.items():
        for code in (None, *np.unique(labels[labels >= 0]).tolist()):
            some = np.arange(len(labels)) if code is None else np.flatnonzero(labels == code)
            by_name = {
                name: _score(name, column[some], own.chance[name]) for name, column in own.columns.items()
            }
            label = None if code is None else names[code]
            found.append(Trial(method=method, label=label, held_out=len(some), **by_name))
    return tuple(found)


def _shared(own: Array, theirs: Array, token: int) -> float:
    others = own[own != token][: len(theirs)]
    return float(np.isin(others, theirs).mean())


def _by_chance(made: Float32, true: Float32) -> float:
    """The mean cosine of rebuilt vectors with the vectors of other hidden tokens."""
    sums = unit_rows(made).sum(axis=0, dtype=np.float64), unit_rows(true).sum(axis=0, dtype=np.float64)
    own = np.einsum("ij,ij->", unit_rows(made), unit_rows(true), dtype=np.float64)
    n = len(made)
    return float((sums[0] @ sums[1] - own) / (n * (n - 1))) if n > 1 else 0.0


def _score(name: str, values: Float64, chance: float | None) -> dict[str, float | None]:
    if name == "p1":
        ends = wilson(int(values.sum()), len(values))
    else:
        ends = bootstrap_mean(values, random=np.random.default_rng(0))
    low, high = ends or (None, None)
    return {"value": float(values.mean()), "low": low, "high": high, "chance": chance}
