"""What the explorer shows of one model, measured or found in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.explorer.columns import LAZY, Column, byte_strings, numbers, texts
from hyperpolyglot.explorer.known import Glossary, KnownWords, known_words
from hyperpolyglot.loading import shipped_layout
from hyperpolyglot.measures.diversity import expected_distinct
from hyperpolyglot.measures.explanation.frequency import token_frequency
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.projection import NEIGHBORS
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.study import PlannedStep, computed, map_step, neighbors_step
from hyperpolyglot.types import Array, Float32, Int32, Progress, silent
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.writing.scripts import script_name

__all__ = ["MOST_NEIGHBORS", "NONE", "UNRANKED", "ExploreOptions", "Explored", "explored"]

MOST_NEIGHBORS = 200
NONE = 255
"""Stands in ``diversity`` and ``own`` for a token without neighbours, in ``undertrained`` for one without a vector."""

UNRANKED = 65535
"""Stands in ``frequency`` for a token of which nothing is known, in ``label`` for one without a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExploreOptions:
    """``k``: neighbours per token, at most 200; ``exclude``: kinds left out of neighbours and map; ``method`` and
    ``seed`` of the map, as in :func:`hyperpolyglot.measures.projection.project`.
    """

    k: int = 50
    exclude: tuple[TokenKind, ...] = ()
    method: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST_NEIGHBORS:
            raise ValueError(f"the explorer shows 1 to {MOST_NEIGHBORS} neighbours, not {self.k}")

    def to_json(self) -> dict[str, Any]:
        """The options as they are recorded."""
        return {"k": self.k, "exclude": [kind.label for kind in self.exclude], "method": self.method}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """A model with its neighbours, its map (``points`` float32 ``[tokens, 2]``, NaN without a place) and known words.

    ``trustworthiness`` is ``None`` for a layout that ships with a demo model.
    """

    space: TokenSpace
    near: Neighbors
    points: Float32
    method: str
    trustworthiness: float | None
    known: KnownWords

    def described(self) -> dict[str, Any]:
        """The model as the manifest states it, without its columns."""
        space, table = self.space, self.space.matrix
        return {
            "model": space.model,
            "title": title_of(space.model),
            "revision": space.revision,
            "tensor": table.name,
            "tokens": len(space),
            "padding": int(np.count_nonzero(self._padding)),
            "dim": space.dim,
            "k": self.near.k,
            "candidates": len(self.near.candidates),
            "method": self.method,
            "trustworthiness": self.trustworthiness,
            "labeller": space.labels.labeller,
            "noun": space.labels.labelling.many,
            "singular": space.labels.labelling.one,
            "labels": self._labels(),
            "expected_unlabelled": self._expected(-1),
            "kinds": [kind.label for kind in TokenKind],
            "frequency": token_frequency(space)[1],
            "measures": self._measures(),
            "remark": space.remark,
        }

    def columns(self) -> dict[str, Column]:
        """All columns of the model by name; those of which a page needs one row at a time are cut fine."""
        space, vocabulary = self.space, self.space.vocabulary
        rows, similarity = self.near.dense(len(space))
        judged = undertrained(space)
        norms = np.where(self._padding, np.nan, judged.norms)
        return {
            "points": numbers(self.points),
            "label": numbers(space.labels.codes.astype(np.uint16)),
            "kind": numbers(vocabulary.kinds),
            "diversity": numbers(self._diversity()),
            "frequency": numbers(_ranked(token_frequency(space)[0])),
            "id": numbers(space.ids),
            "text": texts(vocabulary.texts),
            "meaning_at": numbers(self.known.at),
            "meaning_concept": numbers(self.known.concepts),
            "meaning_language": numbers(self.known.languages),
            "neighbor": numbers(rows, limit=LAZY),
            "similarity": numbers(similarity, limit=LAZY),
            "piece": texts(vocabulary.pieces, limit=LAZY),
            "bytes": byte_strings(vocabulary.utf8, limit=LAZY),
            "own": numbers(self._own()),
            "norm": numbers(norms.astype(np.float32)),
            "undertrained": numbers(np.where(np.isnan(norms), NONE, judged.mask).astype(np.uint8)),
        }

    def _measures(self) -> list[dict[str, Any]]:
        """The columns by which tokens can be coloured, besides those that every bundle has."""
        noun = self.space.labels.labelling.one
        return [
            {
                "column": "own",
                "name": f"Own-{noun} share",
                "form": "share",
                "of": self.near.k,
                "says": f"Share of the {self.near.k} nearest tokens that have the token's own {noun}.",
            },
            {
                "column": "norm",
                "name": "Norm",
                "form": "number",
                "says": "Euclidean norm of the token's vector.",
            },
            {
                "column": "undertrained",
                "name": "Under-trained",
                "form": "sign",
                "names": ["no sign", "appears under-trained"],
                "says": "By the vectors alone: as close to reserved tokens as these are to each other, "
                "or of an unusually small norm.",
            },
        ]

    @property
    def _padding(self) -> NDArray[np.bool_]:
        return np.asarray(self.space.vocabulary.kinds == TokenKind.PADDING)

    def _counts(self) -> NDArray[np.intp]:
        labels = self.space.labels.only_counted()
        return np.bincount(labels.codes[self.near.candidates] + 1, minlength=len(labels.names) + 1)[1:]

    def _expected(self, label: int) -> float:
        """Distinct labels that chance would put among the k neighbours of a token."""
        size = len(self.near.candidates)
        own = label if label >= 0 and self.space.labels.counted[label] else -1
        return expected_distinct(self._counts(), size, self.near.k, own, with_own=False)

    def _labels(self) -> list[dict[str, Any]]:
        counts, called = self.space.labels.counts(), self.space.label_names
        return [
            {
                "label": label,
                "name": called.get(label) or script_name(label),
                "tokens": counts.get(label, 0),
                "expected": self._expected(code),
            }
            for code, label in enumerate(self.space.labels.names)
        ]

    def _diversity(self) -> NDArray[np.uint8]:
        """Distinct labels among the k nearest of every token."""
        labels = self.space.labels.only_counted()
        found = np.full(len(self.space), NONE, np.uint8)
        for start in range(0, len(self.near.queries), 1 << 14):
            part = slice(start, start + (1 << 14))
            near = np.sort(labels.codes[self.near.rows[part]], axis=1)
            first = np.diff(near, axis=1, prepend=-1) != 0
            found[self.near.queries[part]] = first.sum(axis=1)
        return found

    def _own(self) -> NDArray[np.uint8]:
        """How many of the k nearest of every token have its label."""
        codes = self.space.labels.codes
        found = np.full(len(self.space), NONE, np.uint8)
        for start in range(0, len(self.near.queries), 1 << 14):
            part = slice(start, start + (1 << 14))
            own = codes[self.near.queries[part], None]
            found[self.near.queries[part]] = (codes[self.near.rows[part]] == own).sum(axis=1)
        found[codes < 0] = NONE
        return found


def _ranked(values: Array) -> NDArray[np.uint16]:
    """Ranks 0 … 65,534 from the least to the most common, the same for equal values; unknown ones unranked."""
    known = np.isfinite(values)
    ordered = np.sort(values[known])
    ranks = np.full(len(values), UNRANKED, np.uint16)
    below = np.searchsorted(ordered, values[known])
    ranks[known] = np.rint(below * ((UNRANKED - 1) / max(1, len(ordered) - 1)))
    return ranks


def explored(
    space: TokenSpace,
    words: Glossary,
    options: ExploreOptions,
    store: Store,
    *,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Explored:
    """Neighbours and map of a model by the cached steps of a study; a demo model has its layout with it.

    A model of fewer tokens has fewer neighbours. Raises ``TensorNotFound`` for a vocabulary alone and
    ``NotEnoughData`` for one with fewer than 17 tokens that have a direction.
    """

    def say(step: str, done: int, total: int) -> None:
        progress(f"{space.model}: {step}", done, total)

    _ = space.matrix
    others = len(space.candidates(options.exclude).rows) - 1
    k = max(1, min(options.k, others))
    step = neighbors_step(space, max(k, min(NEIGHBORS, others)), exclude=options.exclude, search=search)
    near = computed(step, store, say)
    points, method, trustworthiness = _map(space, step, near.queries, options, store, say)
    return Explored(
        space=space,
        near=near.first(k),
        points=points,
        method=method,
        trustworthiness=trustworthiness,
        known=known_words(space, words),
    )


def _map(
    space: TokenSpace,
    near: PlannedStep[Neighbors],
    rows: Int32,
    options: ExploreOptions,
    store: Store,
    progress: Progress,
) -> tuple[Float32, str, float | None]:
    points = np.full((len(space), 2), np.nan, np.float32)
    shipped = shipped_layout(space.origin) if options.method == "auto" and not options.exclude else None
    if shipped is not None and len(shipped) == space.n_rows:
        points[rows] = shipped[space.ids[rows]]
        return points, "shipped", None
    step = map_step(space, near, method=options.method, seed=options.seed)
    found = computed(step, store, progress)
    points[found.rows] = found.points
    return points, found.method, found.trustworthiness
