"""The exact nearest neighbours of tokens by cosine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import Kinds, checked
from hyperpolyglot.engine.nearest import AUTO, Certificate, Search
from hyperpolyglot.errors import NotEnoughData, TokenNotFound
from hyperpolyglot.measures.token_rows import find_tokens
from hyperpolyglot.origins import Traced, came_from, stamped
from hyperpolyglot.records import SHOWN, Record, brief, displayed, imported, with_model
from hyperpolyglot.scratch import free_memory
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Int32, Progress, frozen, silent

__all__ = [
    "Neighborhood",
    "Neighborhoods",
    "Neighbors",
    "neighborhoods",
    "neighbors",
]

_ROWS = 4096
_NAMED = 5
_NEEDED = 2
"""What a search takes at most besides short lists, in units of the vectors: they and two int8 for each number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors(Traced):
    """The k nearest tokens of some tokens of a space.

    ``queries`` int32 ``[q]``, ascending; ``rows`` int32 ``[q, k]``, nearest first, never the query itself;
    ``similarity`` float32 ``[q, k]``, cosines. All are positions in the space. ``candidates``: the tokens that could
    be neighbours; ``excluded``: how many could not, by reason. ``certificate``: how the search was proven exact, where
    these are the result of one.
    """

    queries: Int32
    rows: Int32
    similarity: Float32
    candidates: Int32
    excluded: dict[str, int]
    certificate: Certificate | None = None

    __repr__ = brief

    def __post_init__(self) -> None:
        if not self.rows.shape == self.similarity.shape or len(self.rows) != len(self.queries):
            raise ValueError("queries, rows and similarity differ in shape")
        for name in ("queries", "rows", "similarity", "candidates"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def k(self) -> int:
        """Neighbours per token."""
        return int(self.rows.shape[1])

    def _repr_html_(self) -> str:
        """What a notebook shows: how many tokens, and the nearest of the first, as positions in the space."""
        said = f"{len(self.queries):,} tokens, the {self.k} nearest of each among {len(self.candidates):,}"
        if self.excluded:
            left = ", ".join(f"{count:,} {reason}" for reason, count in self.excluded.items())
            said += f"; excluded: {left}"
        rows = [
            {"query": int(query), "nearest": ", ".join(map(str, near.tolist())), "similarity": float(cosine)}
            for query, near, cosine in zip(
                self.queries[:SHOWN],
                self.rows[:SHOWN, :_NAMED],
                self.similarity[:SHOWN, 0] if self.k else np.full(SHOWN, np.nan),
                strict=False,
            )
        ]
        after = "<p>Positions of tokens; their texts by to_pandas(space).</p>"
        return displayed(type(self).__name__, said, rows, origin=self.provenance, after=after)

    def columns(self, space: TokenSpace | None = None) -> dict[str, Any]:
        """A row for every neighbour, by column: ``query``, ``rank`` from 1, ``neighbor`` and ``similarity``.

        Query and neighbour are positions in the space; with ``space``, that these are of, their texts and ids are
        there too.
        """
        query, neighbor = np.repeat(self.queries, self.k), self.rows.ravel()
        found: dict[str, Any] = {"query": query, "rank": np.tile(np.arange(1, self.k + 1), len(self.queries))}
        found |= {"neighbor": neighbor, "similarity": self.similarity.ravel()}
        if space is not None:
            texts = np.array([*space.vocabulary.texts, ""], object)[:-1]
            found |= {"query_id": space.ids[query], "query_token": texts[query]}
            found |= {"id": space.ids[neighbor], "token": texts[neighbor]}
        return found

    def to_pandas(self, space: TokenSpace | None = None) -> Any:
        """:meth:`columns` as a ``pandas.DataFrame``, with ``model`` where it is known.

        Raises ``MissingExtra`` where pandas is not installed.

        >>> import hyperpolyglot as hp
        >>> space = hp.open_model("demo:meaning")
        >>> near = hp.neighbors(space, k=2, queries=hp.find_tokens(space, "water"))
        >>> near.to_pandas(space)["token"].tolist()
        ['▁voda', '▁eau']
        """
        frame = imported("pandas").DataFrame(self.columns(space))
        return with_model(frame, self.provenance.models[0].model if self.provenance else None)

    def first(self, k: int) -> Neighbors:
        """Only the k nearest."""
        return stamped(
            Neighbors(
                queries=self.queries,
                rows=self.rows[:, :k],
                similarity=self.similarity[:, :k],
                candidates=self.candidates,
                excluded=self.excluded,
                certificate=self.certificate,
            ),
            self.provenance,
        )

    def dense(self, tokens: int) -> tuple[Int32, Float32]:
        """``rows`` and ``similarity`` over all tokens ``[tokens, k]``: −1 and NaN where none were computed."""
        parts = list(self.dense_blocks(tokens, max(1, tokens)))
        return parts[0] if parts else (np.empty((0, self.k), np.int32), np.empty((0, self.k), np.float32))

    def dense_blocks(self, tokens: int, size: int = _ROWS) -> Iterator[tuple[Int32, Float32]]:
        """The same, ``size`` tokens at a time."""
        for start in range(0, tokens, size):
            here = min(size, tokens - start)
            first, last = np.searchsorted(self.queries, (start, start + here))
            rows = np.full((here, self.k), -1, np.int32)
            similarity = np.full((here, self.k), np.nan, np.float32)
            places = self.queries[first:last] - start
            rows[places], similarity[places] = self.rows[first:last], self.similarity[first:last]
            yield rows, similarity


def neighbors(
    space: TokenSpace,
    k: int = 50,
    *,
    queries: NDArray[np.integer] | None = None,
    exclude: Kinds = (),
    search: Search = AUTO,
    progress: Progress = silent,
    device: str | None = None,
) -> Neighbors:
    """The exact k nearest neighbours of every token, or of ``queries`` (positions).

    Neighbours are tokens with a finite, non-zero vector; ``exclude`` leaves out kinds. Cosine descending in float64,
    then position. ``device``: auto, cpu, cuda or cuda:i, with the same results; ``None`` is what ``use_device`` was
    told. Vectors and result lie on disk where ``search`` has a ceiling for memory, or where half of what is free would
    not hold them. Raises ``NotEnoughData`` where fewer than k other tokens are left, or a query is none of them.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> near = hp.neighbors(space, k=3, queries=hp.find_tokens(space, "water"))
    >>> [space.vocabulary.texts[row] for row in near.rows[0]]
    ['▁voda', '▁eau', '▁ನೀರು']
    """
    checked("neighbors", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    if device is not None:
        search = replace(search, device=device)
    candidates = space.candidates(exclude)
    if not len(candidates.rows):
        raise NotEnoughData(f"{space.model}: no token has a direction to compare.")
    chosen = candidates.rows if queries is None else np.unique(queries).astype(np.int32)
    own = np.searchsorted(candidates.rows, chosen).astype(np.int32)
    if len(chosen):
        lost = (own >= len(candidates.rows)) | (
            candidates.rows[np.minimum(own, len(candidates.rows) - 1)] != chosen
        )
        if lost.any():
            token = space.vocabulary.texts[int(chosen[lost.argmax()])]
            raise NotEnoughData(
                f"{space.model}: the token {token!r} has no direction to compare (padding, zero, …)."
            )
    vectors, search = _within(search, space, candidates.rows, progress)
    queried = vectors if queries is None else _picked(vectors, own)
    found = search(queried, own, vectors, k, progress)
    for start in range(0, len(chosen), _ROWS):
        part = found.positions[start : start + _ROWS]
        part[:] = candidates.rows[part]
    result = Neighbors(
        queries=chosen,
        rows=found.positions,
        similarity=found.similarity,
        candidates=candidates.rows,
        excluded=candidates.excluded,
        certificate=found.certificate,
    )
    return stamped(result, came_from(space))


def _within(search: Search, space: TokenSpace, rows: Int32, progress: Progress) -> tuple[Float32, Search]:
    """The vectors of some rows, in memory or on disk, and a search that takes no more than there is."""
    free = free_memory()
    if search.memory_bytes is None and free is not None and _NEEDED * 4 * len(rows) * space.dim > free:
        search = replace(search, memory_bytes=free // 2)
    if search.memory_bytes is None:
        return space.vectors(rows), search
    return space.vectors_on_disk(rows, progress), search


def _picked(vectors: Float32, rows: Int32) -> Float32:
    """Some of the vectors; where they follow each other, without a copy."""
    if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return vectors[rows[0] : rows[0] + len(rows)]
    return vectors[rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighborhood:
    """One token and its nearest: positions in the space and cosines."""

    row: int
    rows: tuple[int, ...]
    similarity: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Neighborhoods(Record):
    """Some tokens of a space with their neighbours, ready to be shown; ``certificate``: of the search."""

    space: TokenSpace
    queries: tuple[Neighborhood, ...]
    certificate: Certificate | None = None

    def _token(self, row: int) -> dict[str, Any]:
        vocabulary = self.space.vocabulary
        return {
            "id": int(self.space.ids[row]),
            "token": vocabulary.texts[row],
            "piece": vocabulary.pieces[row],
            "label": self.space.labels.of(row),
        }

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "queries": [
                self._token(query.row)
                | {
                    "neighbors": [
                        self._token(row) | {"similarity": similarity}
                        for row, similarity in zip(query.rows, query.similarity, strict=True)
                    ]
                }
                for query in self.queries
            ],
            "certificate": self.certificate.to_json() if self.certificate else None,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every neighbour: the query's id and token, rank from 1, the neighbour and its cosine."""
        return self.tidied(
            [
                {"query_id": query["id"], "query": query["token"], "rank": rank, **neighbor}
                for query in self.to_json()["queries"]
                for rank, neighbor in enumerate(query["neighbors"], start=1)
            ]
        )


def neighborhoods(
    space: TokenSpace,
    rows: str | int | Sequence[str | int],
    k: int = 20,
    *,
    label: str | None = None,
    include_self: bool = False,
    exclude: Kinds = (),
    search: Search = AUTO,
) -> Neighborhoods:
    """The k nearest of a few tokens, in the order asked for: texts (:func:`find_tokens`) or positions.

    ``label`` keeps to neighbours of one label, exactly (not a filter over a longer list). ``include_self``: the
    token itself is the first of k, as in the paper.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> found = hp.neighborhoods(space, "water", k=2, label="Cyrl")
    >>> [(row["token"], row["label"]) for row in found.table()]
    [('▁су', 'Cyrl'), ('▁туш', 'Cyrl')]
    """
    checked("neighborhoods", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    rows = _asked_for(space, rows)
    origin = came_from(space, protocol="paper" if include_self else "default")
    if not rows:
        return stamped(Neighborhoods(space=space, queries=()), origin)
    candidates = space.candidates(exclude).rows
    known = set(candidates.tolist())
    for row in rows:
        if row not in known:
            token = space.vocabulary.texts[row] or f"id {space.ids[row]}"
            raise NotEnoughData(
                f"{space.model}: {token!r} has no direction to compare (padding, zero or not finite)."
            )
    if label is not None:
        if label not in space.labels.names:
            raise TokenNotFound(f"{space.model}: no token is labelled {label!r}.")
        candidates = candidates[space.labels.codes[candidates] == space.labels.names.index(label)]
    own = np.array([_position(candidates, row) for row in rows], np.int32)
    others = k - 1 if include_self else k
    found = None
    if others:
        vectors, search = _within(search, space, candidates, silent)
        found = search(space.vectors(np.asarray(rows)), own, vectors, others)
    result = []
    for i, row in enumerate(rows):
        near = candidates[found.positions[i]].tolist() if found else []
        cosines = found.similarity[i].tolist() if found else []
        if include_self:
            near, cosines = [row, *near], [1.0, *cosines]
        result.append(Neighborhood(row=row, rows=tuple(near), similarity=tuple(cosines)))
    certificate = found.certificate if found else None
    return stamped(Neighborhoods(space=space, queries=tuple(result), certificate=certificate), origin)


def _asked_for(space: TokenSpace, tokens: str | int | Sequence[str | int]) -> list[int]:
    listed = [tokens] if isinstance(tokens, str | int | np.integer) else list(tokens)
    rows: list[int] = []
    for token in listed:
        if not isinstance(token, str | int | np.integer):
            raise TypeError(
                f"neighborhoods() takes texts of tokens or their positions, not a {type(token).__name__}."
            )
        rows += find_tokens(space, token) if isinstance(token, str) else [int(token)]
    return rows


def _position(candidates: Int32, row: int) -> int:
    position = int(np.searchsorted(candidates, row))
    return position if position < len(candidates) and candidates[position] == row else -1
