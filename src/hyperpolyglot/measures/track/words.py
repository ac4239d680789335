"""The nearest tokens of chosen words at each step: how a neighbourhood comes about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import TokenNotFound
from hyperpolyglot.measures.neighbors import Neighborhood, neighborhoods
from hyperpolyglot.measures.token_rows import find_tokens
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Progress, silent

__all__ = [
    "Followed",
    "NearToken",
    "StepWords",
    "Watched",
    "WordStep",
    "check_words",
    "followed",
    "nearest_words",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Words whose ``nearest`` tokens are looked up."""

    words: tuple[str, ...]
    nearest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearToken:
    """A token of a neighbourhood and its cosine."""

    id: int
    token: str
    label: str | None
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A token that ``word`` means and its nearest, the first the nearest; none where it has no direction."""

    word: str
    id: int
    token: str
    label: str | None
    neighbors: tuple[NearToken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWords:
    """The neighbourhoods of one step; words that are no tokens of it are not there."""

    tokens: tuple[Followed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordStep:
    """The neighbourhood of a word at the step ``x``; ``kept`` of its tokens are near it at the last step, too."""

    x: float
    word: str
    id: int
    token: str
    label: str | None
    neighbors: tuple[NearToken, ...]
    kept: int | None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        near = [{name: getattr(n, name) for name in NearToken.__slots__} for n in self.neighbors]
        return {name: getattr(self, name) for name in self.__slots__} | {"neighbors": near}

    def rows(self) -> list[dict[str, Any]]:
        """A row of a table for every neighbour, with its rank."""
        word = {"x": self.x, "word": self.word, "word_id": self.id, "word_token": self.token}
        return [
            word | {"rank": rank, "id": n.id, "token": n.token, "label": n.label, "similarity": n.similarity}
            for rank, n in enumerate(self.neighbors, start=1)
        ]


def check_words(spaces: Iterable[TokenSpace], words: Sequence[str]) -> None:
    """Raises ``TokenNotFound``, with the closest spellings, for a word that is no token of any step."""
    for word in words:
        missing: TokenNotFound | None = None
        for space in spaces:
            try:
                find_tokens(space, word)
            except TokenNotFound as error:
                missing = missing or error
            else:
                break
        else:
            if missing is not None:
                raise missing


def nearest_words(
    *, space: TokenSpace, watched: Watched, search: Search = AUTO, progress: Progress = silent
) -> StepWords:
    """The neighbourhoods of the words in one step, among all its tokens."""
    rows: list[tuple[str, int]] = []
    for word in watched.words:
        with suppress(TokenNotFound):
            rows += [(word, row) for row in find_tokens(space, word)]
    candidates = space.candidates().rows
    k = min(watched.nearest, len(candidates) - 1)
    usable = np.isin([row for _, row in rows], candidates)
    asked = [row for (_, row), there in zip(rows, usable.tolist(), strict=True) if there and k > 0]
    progress("neighbourhoods", 0, 1)
    near = {query.row: query for query in neighborhoods(space, asked, max(1, k), search=search).queries}
    return StepWords(tokens=tuple(_followed(space, word, row, near.get(row)) for word, row in rows))


def _followed(space: TokenSpace, word: str, row: int, near: Neighborhood | None) -> Followed:
    return Followed(
        word=word,
        id=int(space.ids[row]),
        token=space.vocabulary.texts[row],
        label=space.labels.of(row),
        neighbors=tuple(
            NearToken(
                id=int(space.ids[other]),
                token=space.vocabulary.texts[other],
                label=space.labels.of(other),
                similarity=cosine,
            )
            for other, cosine in (zip(near.rows, near.similarity, strict=True) if near else ())
        ),
    )


def followed(words: Sequence[str], x: Sequence[float], steps: Sequence[StepWords]) -> tuple[WordStep, ...]:
    """Word after word, token after token, its neighbourhood at every step that has it."""
    last = {(f.word, f.id): {n.id for n in f.neighbors} for f in steps[-1].tokens} if steps else {}
    found = []
    for word in words:
        tokens = dict.fromkeys(f.id for step in steps for f in step.tokens if f.word == word)
        for token in tokens:
            final = last.get((word, token))
            for place, step in zip(x, steps, strict=True):
                here = next((f for f in step.tokens if (f.word, f.id) == (word, token)), None)
                if here is not None:
                    found.append(_at_step(here, place, final))
    return tuple(found)


def _at_step(here: Followed, x: float, final: set[int] | None) -> WordStep:
    return WordStep(
        x=x,
        word=here.word,
        id=here.id,
        token=here.token,
        label=here.label,
        neighbors=here.neighbors,
        kept=None if final is None else sum(n.id in final for n in here.neighbors),
    )
