"""The same segments in several languages."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.records import brief

__all__ = ["ParallelText"]


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """``segments[i][j]`` is segment j in language ``languages[i]``; every language has all of them.

    ``source``: where the text is from; ``remark``: what was left out of it, in a sentence.
    """

    languages: tuple[str, ...]
    segments: tuple[tuple[str, ...], ...]
    source: str
    remark: str = ""

    __repr__ = brief

    def __post_init__(self) -> None:
        if len(self.languages) != len(self.segments) or len(set(self.languages)) != len(self.languages):
            raise ValueError("a parallel text has one list of segments for each language")
        if len({len(segments) for segments in self.segments}) > 1:
            raise ValueError("all languages of a parallel text have the same segments")
        if not self.languages or not self.segments[0]:
            raise NotEnoughData(f"{self.source}: the text has no segment that every language has.")

    def __len__(self) -> int:
        return len(self.segments[0])

    def take(self, languages: Collection[str]) -> ParallelText:
        """The text in some of its languages. Raises ``NotEnoughData`` for one that it lacks.

        >>> ParallelText(languages=("a", "b"), segments=(("x",), ("y",)), source="doctest").take(["b"]).segments
        (('y',),)
        """
        for tag in languages:
            if tag not in self.languages:
                raise NotEnoughData(f"{tag}: {self.source} has no text in this language.")
        kept = [i for i, tag in enumerate(self.languages) if tag in languages]
        return replace(
            self,
            languages=tuple(self.languages[i] for i in kept),
            segments=tuple(self.segments[i] for i in kept),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of languages and segments."""
        return hashlib.sha256(repr((self.languages, self.segments)).encode("utf-8", "replace")).hexdigest()
