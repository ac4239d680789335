"""Words of a lexicon with their nearest tokens, and which of these are known translations.

For the eye, not a score: words are chosen for being words of many languages. Scores are those of
:mod:`hyperpolyglot.measures.translation`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.translation.asking import TranslateOptions, narrowed, wants_held_out
from hyperpolyglot.measures.translation.lookup import Words, look_up
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record, Rows
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Progress, silent

__all__ = ["KnownNeighbor", "Meaning", "Meanings", "meanings"]

SHOWN = 8
EVERYDAY = (
    *("weekday:mon", "emoji:☀", "emoji:🐈", "field:day0", "emoji:🔥", "emoji:👩", "emoji:🐟", "emoji:🏠"),
    *("territory:JP", "territory:IN"),
)
"""Concepts of the packaged lexicon that are shown first: Monday, sun, cat, today, fire, woman, fish, house, Japan,
India."""
NEIGHBORS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNeighbor:
    """A neighbour; ``languages`` in which it is a word for the same concept, empty where none is known."""

    id: int
    token: str
    label: str | None
    similarity: float
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A word for a concept with its nearest tokens.

    ``gloss``: what English calls the concept, ``None`` where the lexicon does not say. ``known_translations`` of the
    neighbours are words for the concept; ``expected`` were, were they drawn at random: neighbours · other tokens
    for the concept / other candidates.
    """

    concept: str
    gloss: str | None
    language: str
    word: str
    id: int
    token: str
    label: str | None
    neighbors: tuple[KnownNeighbor, ...]
    known_translations: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Meanings(Record):
    """Some words of a lexicon; ``held_out``: of concepts that the demo models were not counted on."""

    queries: tuple[Meaning, ...]
    held_out: bool

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "held_out": self.held_out,
            "queries": [
                _fields(query)
                | {"neighbors": [_fields(n) | {"languages": list(n.languages)} for n in query.neighbors]}
                for query in self.queries
            ],
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every neighbour; ``languages``: in how many it is a word for the same concept."""
        return self.tidied([row | {"languages": len(row["languages"])} for row in self._rows()])

    def tables_by_name(self) -> dict[str, Rows]:
        """The neighbours, and for the known translations among them a row for each of their languages."""
        rows = [
            {name: value for name, value in row.items() if name != "languages"} | {"translation_in": language}
            for row in self._rows()
            for language in row["languages"]
        ]
        return {"": self.table(), "languages": self.tidied(rows)}

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"concept": q.concept, "language": q.language, "word": q.word, "rank": rank} | _fields(n)
            for q in self.queries
            for rank, n in enumerate(q.neighbors, start=1)
        ]


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def meanings(
    space: TokenSpace,
    near: Neighbors,
    lexicon: Lexicon,
    options: TranslateOptions | None = None,
    progress: Progress = silent,
) -> Meanings:
    """Up to eight concepts, each by a word of another script: everyday ones, then those of most scripts.

    ``near`` are the neighbours of all tokens. Raises ``NotEnoughData`` where no concept has two tokens.
    """
    options = options or TranslateOptions()
    held_out = wants_held_out([space], lexicon, options)
    words = look_up(space, narrowed(lexicon, options, held_out))
    chosen = _chosen(words, near)
    if not chosen:
        raise NotEnoughData(f"{space.model}: no concept of the lexicon has two words that are tokens.")
    queries = []
    for done, (concept, word) in enumerate(chosen):
        progress("meanings", done, len(chosen))
        queries.append(_meaning(space, near, words, concept, word))
    return stamped(Meanings(queries=tuple(queries), held_out=held_out), came_from(space, seed=options.seed))


def _members(words: Words, concept: int) -> list[int]:
    own = words.members[words.member_at[concept] : words.member_at[concept + 1]]
    return [int(word) for word in own if words.unit[word] >= 0]


def _in_order(words: Words, known: set[int]) -> list[int]:
    """Concepts with two tokens or more: everyday ones, then those of most scripts, kinds in turn."""
    everyday: list[tuple[int, int]] = []
    by_kind: dict[str, list[tuple[int, str, int]]] = {}
    for concept, name in enumerate(words.concept_names):
        own = [w for w in _members(words, concept) if int(words.rows[words.unit[w]]) in known]
        if len({int(words.unit[w]) for w in own}) < 2:
            continue
        if name in EVERYDAY:
            everyday.append((EVERYDAY.index(name), concept))
        else:
            scripts = {int(words.script[w]) for w in own}
            by_kind.setdefault(words.concept_kinds[concept], []).append((-len(scripts), name, concept))
    queues = [[concept for *_, concept in sorted(found)] for _, found in sorted(by_kind.items())]
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*queues))
    return [concept for _, concept in sorted(everyday)] + [c for c in in_turn if c is not None]


def _chosen(words: Words, near: Neighbors) -> list[tuple[int, int]]:
    """(concept, word) pairs, the words of different scripts as long as there are any."""
    known = set(near.queries.tolist())
    sizes = np.bincount(words.language, minlength=len(words.languages))
    used: set[int] = set()

    def order(word: int) -> tuple[bool, bool, int, int]:
        language = int(words.language[word])
        return (
            int(words.script[word]) in used,
            words.languages[language] != "en",
            -int(sizes[language]),
            word,
        )

    chosen: list[tuple[int, int]] = []
    for concept in _in_order(words, known)[:SHOWN]:
        usable = [w for w in _members(words, concept) if int(words.rows[words.unit[w]]) in known]
        word = min(usable, key=order)
        used.add(int(words.script[word]))
        chosen.append((concept, word))
    return chosen


def _in_english(words: Words, concept: int) -> str | None:
    own = words.members[words.member_at[concept] : words.member_at[concept + 1]].tolist()
    return next((words.words[w] for w in own if words.languages[int(words.language[w])] == "en"), None)


def _meaning(space: TokenSpace, near: Neighbors, words: Words, concept: int, word: int) -> Meaning:
    row = int(words.rows[words.unit[word]])
    languages: dict[int, list[str]] = {}
    for member in _members(words, concept):
        languages.setdefault(int(words.rows[words.unit[member]]), []).append(
            words.languages[int(words.language[member])]
        )
    at = int(np.searchsorted(near.queries, row))
    shown = near.first(min(NEIGHBORS, near.k))
    neighbors = tuple(
        KnownNeighbor(
            id=int(space.ids[other]),
            token=space.vocabulary.texts[other],
            label=space.labels.of(other),
            similarity=similarity,
            languages=tuple(sorted(languages.get(other, ()))),
        )
        for other, similarity in zip(shown.rows[at].tolist(), shown.similarity[at].tolist(), strict=True)
    )
    others = np.isin(near.candidates, [other for other in languages if other != row])
    return Meaning(
        concept=words.concept_names[concept],
        gloss=_in_english(words, concept),
        language=words.languages[int(words.language[word])],
        word=words.words[word],
        id=int(space.ids[row]),
        token=space.vocabulary.texts[row],
        label=space.labels.of(row),
        neighbors=neighbors,
        known_translations=sum(bool(n.languages) for n in neighbors),
        expected=len(neighbors) * int(np.count_nonzero(others)) / max(1, len(near.candidates) - 1),
    )
