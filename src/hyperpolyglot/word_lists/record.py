"""Word lists: which words a language has, and how common each is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import fsum

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.folding import fold_case
from hyperpolyglot.records import brief
from hyperpolyglot.types import frozen

__all__ = ["LONGEST_WORD", "MOST_WORDS", "WordLists"]

MOST_WORDS = 50_000
"""Words of a language that are kept, the most common; more change few labels."""

LONGEST_WORD = 64


# Without slots, for the digest, which is made once; equal by it.
@dataclass(frozen=True, kw_only=True, eq=False)
class WordLists:
    """Words by language: ``shares[i]`` float64, the share of each of ``words[i]`` in the text of ``languages[i]``.

    Languages are sorted; words have no case, and the most common come first, ties by spelling. ``source`` names where
    the lists come from; ``remark`` is what the user should know of them, in a sentence, or empty.
    """

    languages: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    shares: tuple[NDArray[np.float64], ...]
    source: str
    remark: str = ""

    __repr__ = brief

    def __post_init__(self) -> None:
        if list(self.languages) != sorted(set(self.languages)):
            raise ValueError("the languages of word lists are not sorted, or one is named twice")
        if not len(self.languages) == len(self.words) == len(self.shares):
            raise ValueError("word lists differ in length from their languages")
        if any(
            len(words) != len(shares) or not words
            for words, shares in zip(self.words, self.shares, strict=True)
        ):
            raise ValueError("a word list is empty, or its shares differ in length")
        object.__setattr__(self, "shares", tuple(map(frozen, self.shares)))

    @classmethod
    def of(
        cls,
        lists: Mapping[str, Iterable[tuple[str, float]]],
        *,
        source: str,
        remark: str = "",
        total: float | None = None,
    ) -> WordLists:
        """Word lists from words with counts, or any numbers in proportion, by language.

        Spellings that differ in case alone are one word. At most 50,000 words of a language are kept, and words of more
        than 64 characters are left out. Shares are of all counts of a language, or of ``total``. Languages without
        a word are left out.

        >>> lists = WordLists.of({"en": [("The", 3), ("the", 3), ("cat", 2)]}, source="mine")
        >>> lists.words, lists.shares[0].tolist()
        ((('the', 'cat'),), [0.75, 0.25])
        """
        kept = {language: _most_common(lists[language], total) for language in sorted(lists)}
        kept = {language: found for language, found in kept.items() if found[0]}
        return cls(
            languages=tuple(kept),
            words=tuple(words for words, _ in kept.values()),
            shares=tuple(shares for _, shares in kept.values()),
            source=source,
            remark=remark,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordLists) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the languages, words and shares."""
        digest = hashlib.sha256(repr(self.languages).encode())
        for words, shares in zip(self.words, self.shares, strict=True):
            digest.update("\n".join(words).encode("utf-8", "surrogatepass"))
            digest.update(shares.tobytes())
        return f"sha256:{digest.hexdigest()}"


def _most_common(
    counted: Iterable[tuple[str, float]], total: float | None
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Words without case and their shares, the most common first; whatever the order in which they come."""
    counts: dict[str, float] = {}
    repeated: dict[str, list[float]] = {}
    for word, count in counted:
        folded = fold_case(word)
        if folded in counts:
            repeated.setdefault(folded, [counts[folded]]).append(count)
        counts[folded] = count
    counts |= {word: fsum(parts) for word, parts in repeated.items()}
    words = sorted(word for word in counts if 0 < len(word) <= LONGEST_WORD)
    shares = np.fromiter((counts[word] for word in words), np.float64, len(words))
    shares /= fsum(counts.values()) if total is None else total
    order = np.argsort(-shares, kind="stable")[:MOST_WORDS]
    return tuple(words[i] for i in order.tolist()), shares[order]
