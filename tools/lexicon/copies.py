"""Entries that a language has from another one, which no translator wrote.

CLDR fills what a locale lacks from its parent, and some locales were begun as copies. Neither can be told from a
translation by the entry alone, but by the pair of languages: unrelated ones that say the same for more than half of
what both name do not agree by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from hyperpolyglot.writing.scripts import script_of

COPIED = 0.5
"""The share of common words, international ones aside, above which two languages are no witnesses of each other."""

COMPARED = 30
"""How many concepts must be compared to say so."""

ROOT = "und"

FEWEST = 30
"""A language with fewer words is left out."""

WELL_COVERED = 1000
INTERNATIONAL = 6

RELATIVES: tuple[frozenset[str], ...] = (
    frozenset({"bs", "hr", "sr-Latn"}),
    frozenset({"bs-Cyrl", "mk", "sr"}),
    frozenset({"dsb", "hsb"}),
    frozenset({"es", "gl"}),
    frozenset({"id", "ms"}),
    frozenset({"nn", "no"}),
    frozenset({"ba", "tt"}),
    frozenset({"yue", "zh-Hant"}),
)
"""Languages that do say the same so often: their words are kept, up to ``SAME``."""

SAME = 0.9

Words = dict[str, dict[str, set[str]]]
"""Language → concept → words, as they are compared: without case."""


class Dropped(NamedTuple):
    """Entries of ``language`` that ``source`` has too; ``share`` of ``concepts`` compared. ``left`` stay."""

    language: str
    source: str
    share: float
    concepts: int
    entries: int
    left: int


def related(one: str, other: str) -> bool:
    """Whether two languages may agree on more than half of their words."""
    return any({one, other} <= group for group in RELATIVES)


def inherited(words: Words, parents: Mapping[str, str], named: Words) -> list[Dropped]:
    """Drop what a locale has from an ancestor of another language, by CLDR's parent locales, every level.

    ``named``: the words of all locales, ancestors among them; ``words`` is used up as by :func:`copied`.
    """
    dropped = []
    for language in sorted(words):
        for ancestor in _ancestors(language, parents):
            if ancestor in named and not related(language, ancestor) and language in words:
                both = words[language].keys() & named[ancestor].keys()
                same = sum(bool(words[language][c] & named[ancestor][c]) for c in both)
                if same:
                    dropped.append(
                        _drop(words, language, ancestor, named[ancestor], same / len(both), len(both))
                    )
    return dropped


def _ancestors(locale: str, parents: Mapping[str, str]) -> Iterator[str]:
    while (locale := parents.get(locale, locale.rpartition("-")[0])) and locale != ROOT:
        yield locale


def copied(words: Words) -> list[Dropped]:
    """Drop entries until no two languages of one script share more than ``COPIED``, relatives apart.

    ``words`` is used up: what is dropped is taken out of it, and so are languages with fewer than ``FEWEST`` words.
    The pair that shares the most is first; the language with fewer entries is taken for the copy.
    """
    for language in [language for language, own in words.items() if _size(own) < FEWEST]:
        del words[language]
    users = _users_of(words)
    scripts = {language: _script(own) for language, own in words.items()}
    shares: dict[tuple[str, str], tuple[float, int]] = {}
    dropped = []
    while True:
        for one, other in combinations(sorted(words), 2):
            if (one, other) not in shares and scripts[one] == scripts[other]:
                shares[one, other] = share(words, users, one, other)
        over = [
            (found, pair)
            for pair, (found, _) in shares.items()
            if found > (SAME if related(*pair) else COPIED)
        ]
        if not over:
            return dropped
        _, pair = min(over, key=lambda item: (-item[0], item[1]))
        source, copy = sorted(pair, key=lambda language: (-_size(words[language]), language))
        dropped.append(_drop(words, copy, source, words[source], *shares[pair]))
        shares = {other: value for other, value in shares.items() if copy not in other}


def share(words: Words, users: Mapping[tuple[str, str], set[str]], one: str, other: str) -> tuple[float, int]:
    """The share of concepts that two languages have a common word for, and of how many; 0 of too few.

    Concepts are left out where either says what six other well-covered languages say: such names are everybody's.
    """
    first, second = words[one], words[other]
    beside = {one, other}
    own = [
        concept
        for concept in first.keys() & second.keys()
        if not any(
            len(users.get((concept, word), set()) - beside) >= INTERNATIONAL
            for word in first[concept] | second[concept]
        )
    ]
    if len(own) < COMPARED:
        return 0.0, len(own)
    return sum(bool(first[concept] & second[concept]) for concept in own) / len(own), len(own)


def by_language(entries: Iterable[tuple[str, str, str]]) -> Words:
    """Words of ``(language, concept, word)``, without case."""
    found: Words = defaultdict(dict)
    for language, concept, word in entries:
        found[language].setdefault(concept, set()).add(word.casefold())
    return dict(found)


def _users_of(words: Words) -> dict[tuple[str, str], set[str]]:
    """Which well-covered languages say what of a concept."""
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for language, own in words.items():
        if _size(own) >= WELL_COVERED:
            for concept, said in own.items():
                for word in said:
                    users[concept, word].add(language)
    return dict(users)


def _size(own: Mapping[str, set[str]]) -> int:
    return sum(map(len, own.values()))


def _script(own: Mapping[str, set[str]]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for said in own.values():
        for word in said:
            counts[script_of(word)] += 1
    return min(counts, key=lambda script: (-counts[script], script), default="")


def _drop(
    words: Words, language: str, source: str, of_source: Mapping[str, set[str]], shared: float, concepts: int
) -> Dropped:
    """Take what ``of_source`` has too out of the words of ``language``, and the language where too few are left."""
    own, gone = words[language], 0
    for concept in own.keys() & of_source.keys():
        common = own[concept] & of_source[concept]
        gone += len(common)
        own[concept] -= common
        if not own[concept]:
            del own[concept]
    left = _size(own)
    if left < FEWEST:
        del words[language]
    return Dropped(language, source, shared, concepts, gone, left if left >= FEWEST else 0)
