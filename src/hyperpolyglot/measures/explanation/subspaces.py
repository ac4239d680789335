"""Where languages sit: label means and subspaces, and what is left of everything when they are taken out.

A model that "encodes language" may still hold one shared space below an offset for each language. Taking the offsets
out and looking again tells. What is taken out is learned on half of the tokens; all numbers are of the other half,
for label means of the very tokens that a probe sees would push it below chance. All of it on rows of length one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.measures.explanation.removal import LEAST, REMOVALS, pooled_codes, top_directions
from hyperpolyglot.measures.mixing import mixing
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, Float32, Progress, silent

__all__ = ["Effect", "Offsets", "Subspaces", "Translate", "offsets", "subspaces", "with_vectors"]

Translate = Callable[[TokenSpace], Mapping[str, Any]]
"""Scores translation in a space; whatever it returns stands in the table of effects."""

_MOST_QUERIES = 20_000
_MOST_PROBED = 1000
_LEAST_PROBED = 100
_LABELS_SHOWN = 12
_DIRECTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets:
    """Variance between label means as a share of all variance of labelled rows, in 0…1.

    ``expected`` = (labels − 1)/(n − 1), exactly the mean over permutations of labels; ``ratio`` = between/within.
    ``explained``: for labels a, b, the variance of b along the first ten directions of a (both centred), over that
    along b's own first ten: one where languages differ by their means alone (Chang et al. 2022, arXiv 2205.10964).
    """

    tokens: int
    labels: int
    share: float
    expected: float
    ratio: float | None
    explained: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "tokens": self.tokens,
            "labels": self.labels,
            "between_share": {"value": self.share, "null": self.expected},
            "between_within": self.ratio,
            "explained": list(self.explained),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Measures after one removal (``"none"``: before any).

    ``diversity``: mean distinct labels among k neighbours, with its ``interval`` and the one ``expected`` by chance;
    ``kept``: share of the k neighbours that were neighbours before; ``accuracy``: mean over labels, chance a half.
    """

    removal: str
    k: int
    queries: int
    diversity: float
    interval: Interval | None
    expected: float
    own_share: float | None
    kept: float
    accuracy: float | None
    chance: float | None
    translation: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        interval = None if self.interval is None else list(self.interval)
        return {name: getattr(self, name) for name in self.__slots__} | {"interval": interval}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Subspaces(Record):
    """Offsets of the labels and the effects of taking them out, the state before first."""

    offsets: Offsets
    effects: tuple[Effect, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return self.offsets.to_json() | {"removal": [effect.to_json() for effect in self.effects]}

    def table(self) -> list[dict[str, Any]]:
        """A row for every removal; diversity and accuracy with what chance gives."""
        return self.tidied([_cells(effect) for effect in self.effects])


def _cells(effect: Effect) -> dict[str, Any]:
    found = effect.to_json()
    diversity = {
        "value": found.pop("diversity"),
        "interval": found.pop("interval"),
        "chance": found.pop("expected"),
    }
    accuracy = {"value": found.pop("accuracy"), "chance": found.pop("chance")}
    translation = found.pop("translation") or {}
    scores = {
        name: value
        for name, value in translation.items()
        if "interval" in name or not isinstance(value, list)
    }
    return found | {"diversity": diversity, "accuracy": accuracy, "translation": scores}


def offsets(vectors: Float32, labels: Labels) -> Offsets:
    """Offsets of rows ``[n, d]`` and their labels; rows without a label take no part."""
    rows = np.flatnonzero(labels.codes >= 0)
    found = {name: np.flatnonzero(labels.codes == labels.names.index(name)) for name in labels.counts()}
    total = vectors[rows].mean(axis=0, dtype=np.float64) if len(rows) else np.zeros(vectors.shape[1])
    between = within = 0.0
    for own in found.values():
        mean = vectors[own].mean(axis=0, dtype=np.float64)
        between += len(own) * float(((mean - total) ** 2).sum())
        for start in range(0, len(own), 8192):
            within += float(((vectors[own[start : start + 8192]] - mean) ** 2).sum())
    every = between + within
    return Offsets(
        tokens=len(rows),
        labels=len(found),
        share=between / every if every > 0 else 0.0,
        expected=(len(found) - 1) / (len(rows) - 1) if len(rows) > 1 else 0.0,
        ratio=between / within if within > 0 else None,
        explained=_explained(vectors, found),
    )


def _explained(vectors: Float32, found: Mapping[str, Array]) -> tuple[dict[str, Any], ...]:
    size = min(_DIRECTIONS, vectors.shape[1])
    large = [(name, own) for name, own in found.items() if len(own) >= LEAST][:_LABELS_SHOWN]
    centred = {}
    for name, own in large:
        rows = vectors[own[:: max(1, len(own) // _MOST_QUERIES)]]
        centred[name] = rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    axes = {name: top_directions(rows, size) for name, rows in centred.items()}
    table = []
    for b, rows in centred.items():
        energy = {
            a: float(((rows @ axis.astype(np.float32)) ** 2).sum(dtype=np.float64))
            for a, axis in axes.items()
        }
        table += [{"a": a, "b": b, "share": energy[a] / energy[b]} for a in axes if energy[b] > 0]
    return tuple(table)


def with_vectors(
    space: TokenSpace, rows: Array, vectors: Float32, name: str, before: Float32 | None = None
) -> TokenSpace:
    """The same tokens where ``rows`` (positions) have other vectors; a table in memory, ids counted from 0.

    ``before``: the vectors of all tokens of ``space``, where they are read already.
    """
    stored = space.vectors() if before is None else before.copy()
    stored[rows] = vectors
    return replace(
        space,
        model=f"{space.model} ({name})",
        table=Table(name=name, dtype="F32", shape=(len(space), space.dim), stored=stored),
        ids=np.arange(len(space), dtype=np.int32),
    )


def subspaces(
    space: TokenSpace,
    near: Neighbors,
    *,
    translate: Translate | None = None,
    seed: int = 0,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Subspaces:
    """Offsets of the candidates of ``near``, and every removal's effect on at most 20,000 seeded held-out tokens.

    Neighbours are looked for among all candidates; probes see at most 1,000 held-out tokens of a label. Raises
    ``NotEnoughData`` where ``near`` holds no held-out token.
    """
    random = np.random.default_rng([seed, 2])
    candidates = near.candidates
    stored = space.vectors()
    vectors = unit_rows(stored[candidates])
    labels = space.labels.take(candidates)
    learned = np.sort(random.permutation(len(candidates))[: len(candidates) // 2])
    held_out = np.setdiff1d(np.arange(len(candidates)), learned)
    asked = np.intersect1d(near.queries, candidates[held_out])
    if not len(asked):
        raise NotEnoughData(f"{space.model}: no token is left to look at.")
    if len(asked) > _MOST_QUERIES:
        asked = np.sort(random.choice(asked, _MOST_QUERIES, replace=False))
    probed = _probed(labels.codes, held_out, candidates, random)
    groups = pooled_codes(labels.codes, learned)
    before = _only(near, asked)
    effects = []
    for done, name in enumerate(["none", *REMOVALS]):
        progress("removal", done, 1 + len(REMOVALS))
        changed, after = space, before
        if name != "none":
            changed = with_vectors(space, candidates, REMOVALS[name](vectors, groups, learned), name, stored)
            after = _after(changed, before, search, progress)
        effects.append(_effect(name, changed, (before, after), probed, translate, seed))
    progress("removal", 1 + len(REMOVALS), 1 + len(REMOVALS))
    return stamped(
        Subspaces(offsets=offsets(vectors, labels.only_counted()), effects=tuple(effects)),
        came_from(space, seed=seed),
    )


def _only(near: Neighbors, asked: Array) -> Neighbors:
    at = np.searchsorted(near.queries, asked)
    return Neighbors(
        queries=near.queries[at],
        rows=near.rows[at],
        similarity=near.similarity[at],
        candidates=near.candidates,
        excluded=near.excluded,
    )


def _after(changed: TokenSpace, before: Neighbors, search: Search, progress: Progress) -> Neighbors:
    """The neighbours of the same queries among the same candidates; rows that became zero have none."""
    usable = changed.candidates().rows
    rows = np.intersect1d(before.candidates, usable).astype(np.int32)
    if len(rows) <= before.k:
        raise NotEnoughData(
            f"{changed.model}: only {len(rows)} of {len(before.candidates)} tokens keep a direction once this is "
            f"taken out, too few to have {before.k} neighbours each."
        )
    small = changed.take(rows)
    queries = np.searchsorted(rows, np.intersect1d(before.queries, rows))
    found = neighbors(small, before.k, queries=queries, search=search, progress=progress)
    return Neighbors(
        queries=rows[found.queries],
        rows=rows[found.rows],
        similarity=found.similarity,
        candidates=rows,
        excluded=before.excluded,
    )


def _probed(codes: Array, held_out: Array, candidates: Array, random: np.random.Generator) -> Array:
    chosen = []
    for code in np.unique(codes[codes >= 0]).tolist():
        own = held_out[codes[held_out] == code]
        chosen.append(random.choice(own, min(_MOST_PROBED, len(own)), replace=False))
    return candidates[np.sort(np.concatenate(chosen))] if chosen else candidates[:0]


def _effect(
    name: str,
    changed: TokenSpace,
    near: tuple[Neighbors, Neighbors],
    probed: Array,
    translate: Translate | None,
    seed: int,
) -> Effect:
    before, after = near
    found = mixing(after, changed.labels)
    kept = before.rows[np.searchsorted(before.queries, after.queries)]
    options = SeparabilityOptions(folds=5, minimum=_LEAST_PROBED, seed=seed)
    try:
        probes = separability(changed.take(probed), options)
        accuracy, chance = probes.mean_accuracy, 0.5
    except NotEnoughData:
        accuracy = chance = None
    return Effect(
        removal=name,
        k=after.k,
        queries=len(after.queries),
        diversity=found.mean,
        interval=found.interval(),
        expected=found.expected,
        own_share=found.own_share,
        kept=_shared(kept, after.rows),
        accuracy=accuracy,
        chance=chance if accuracy is not None else None,
        translation=dict(translate(changed)) if translate else None,
    )


def _shared(first: Array, second: Array) -> float:
    """Mean share of ids that two lists ``[q, k]`` have in common, row by row."""
    hits = 0
    for start in range(0, len(first), 2048):
        joined = np.sort(
            np.concatenate([first[start : start + 2048], second[start : start + 2048]], axis=1), axis=1
        )
        hits += int(np.count_nonzero(joined[:, 1:] == joined[:, :-1]))
    return hits / max(1, first.size)
