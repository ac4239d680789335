"""A lexicon: which word of which language stands for which concept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hyperpolyglot.records import Record
from hyperpolyglot.writing.scripts import ISO_15924, script_codes

__all__ = ["Lexicon"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Lexicon(Record):
    """Entries in five columns of one length: entry ``i`` is ``words[i]``, what ``languages[i]`` calls ``concepts[i]``.

    ``concepts`` are keys of any form, ``"kind:key"`` in the packaged lexicon; ``languages`` are tags as the source has
    them; ``scripts`` are ISO 15924 codes of the words; ``kinds`` say what a concept is (``"object"``, ``"territory"``,
    …; ``"word"`` where a source does not). ``source`` names where all of it comes from.
    Raises ``ValueError`` where columns differ in length or a concept, language or word is empty.
    """

    concepts: tuple[str, ...]
    languages: tuple[str, ...]
    scripts: tuple[str, ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        if len({len(column) for column in self._columns}) != 1:
            raise ValueError("the columns of a lexicon differ in length")
        if not all(map(all, (self.concepts, self.languages, self.words))):
            raise ValueError("a lexicon holds an empty concept, language or word")

    def __len__(self) -> int:
        return len(self.words)

    def __add__(self, other: Lexicon) -> Lexicon:
        """The entries of both, each once; concepts of the same key are the same.

        >>> both = Lexicon.of([("1", "en", "cat")], source="a") + Lexicon.of([("1", "fr", "chat")], source="b")
        >>> both.words, both.source
        (('cat', 'chat'), 'a + b')
        """
        if not isinstance(other, Lexicon):
            return NotImplemented
        unique: dict[tuple[str, ...], tuple[str, ...]] = {}
        for row in (*zip(*self._columns, strict=True), *zip(*other._columns, strict=True)):
            unique.setdefault((row[0], row[1], row[3]), row)
        concepts, languages, scripts, words, kinds = (
            tuple(row[i] for row in unique.values()) for i in range(5)
        )
        return Lexicon(
            concepts=concepts,
            languages=languages,
            scripts=scripts,
            words=words,
            kinds=kinds,
            source=f"{self.source} + {other.source}",
        )

    @property
    def _columns(self) -> tuple[tuple[str, ...], ...]:
        return self.concepts, self.languages, self.scripts, self.words, self.kinds

    @classmethod
    def of(
        cls, entries: Iterable[tuple[str, str, str]], *, source: str, kinds: Iterable[str] | None = None
    ) -> Lexicon:
        """A lexicon from (concept, language, word); scripts are those of the words, repeated entries are kept once.

        >>> Lexicon.of([("cat", "en", "cat"), ("cat", "ru", "кот")], source="mine").scripts
        ('Latn', 'Cyrl')
        """
        listed = list(entries)
        sorts = ["word"] * len(listed) if kinds is None else list(kinds)
        unique = dict(zip(listed, sorts, strict=True))
        concepts, languages, words = (tuple(row[i] for row in unique) for i in range(3))
        scripts = tuple(ISO_15924[code] for code in script_codes(words).tolist())
        return cls(
            concepts=concepts,
            languages=languages,
            scripts=scripts,
            words=words,
            kinds=tuple(unique.values()),
            source=source,
        )

    def take(
        self,
        *,
        kinds: Collection[str] | None = None,
        languages: Collection[str] | None = None,
        concepts: Collection[str] | None = None,
    ) -> Lexicon:
        """The entries of these kinds, languages and concepts, in the same order; ``None`` is all."""
        kept = [
            i
            for i, (kind, language, concept) in enumerate(
                zip(self.kinds, self.languages, self.concepts, strict=True)
            )
            if (kinds is None or kind in kinds)
            and (languages is None or language in languages)
            and (concepts is None or concept in concepts)
        ]
        return Lexicon(
            concepts=tuple(self.concepts[i] for i in kept),
            languages=tuple(self.languages[i] for i in kept),
            scripts=tuple(self.scripts[i] for i in kept),
            words=tuple(self.words[i] for i in kept),
            kinds=tuple(self.kinds[i] for i in kept),
            source=self.source,
        )

    def counts(self) -> dict[str, int]:
        """Entries by language, in the order of the languages."""
        return dict(sorted(Counter(self.languages).items()))

    def table(self) -> list[dict[str, str]]:
        """A row for every entry."""
        names = ("concept", "language", "script", "word", "kind")
        columns = zip(self.concepts, self.languages, self.scripts, self.words, self.kinds, strict=True)
        return [dict(zip(names, row, strict=True)) for row in columns]
