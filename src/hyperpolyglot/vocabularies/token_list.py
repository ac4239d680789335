"""What every reader returns: the entries of a tokenizer file and the scheme they are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.kinds import settled
from hyperpolyglot.vocabulary import Entry, Vocabulary

__all__ = ["BPE", "BYTE_LEVEL", "CHARACTERS", "FALLBACK_BPE", "UNIGRAM", "WORDPIECE", "WORDS", "TokenList"]

BYTE_LEVEL = "byte-level BPE"
UNIGRAM = "unigram"
FALLBACK_BPE = "BPE with byte fallback"
BPE = "BPE"
WORDPIECE = "WordPiece"
WORDS = "words"
CHARACTERS = "characters"

WIDEST_GAP = 1_000_000
"""How many more ids than tokens a file may claim: each costs a row of memory."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TokenList:
    """Entries in any order, the name of their scheme, and what the user should know of their ids, in a sentence.

    ``whole`` is that of :class:`~hyperpolyglot.vocabulary.Vocabulary`.
    """

    entries: list[Entry]
    scheme: str
    remark: str = ""
    whole: str | None = None

    def overridden(self, added: Mapping[int, Entry]) -> TokenList:
        """The same list where ``added`` takes the place of entries with the same ids; it keeps their scores."""
        if not added:
            return self
        scores = {e.id: e.score for e in self.entries if e.id in added}
        kept = [e for e in self.entries if e.id not in added]
        merged = kept + [e._replace(score=scores.get(i)) for i, e in added.items()]
        return replace(self, entries=merged)

    def vocabulary(self, source: str) -> Vocabulary:
        """The table of these entries.

        Raises ``DamagedFile`` where there are none, an id is given twice, or ids lie absurdly far apart.
        """
        if not self.entries:
            raise DamagedFile(source, "it lists no tokens")
        largest = max(entry.id for entry in self.entries)
        if largest > len(self.entries) + WIDEST_GAP:
            _refuse_gap(source, largest, len(self.entries))
        entries = _writable(settled(self.entries))
        return Vocabulary.build(
            entries, scheme=self.scheme, source=source, remark=self.remark, whole=self.whole
        )


def _refuse_gap(source: str, largest: int, count: int) -> NoReturn:
    raise DamagedFile(source, f"it gives a token the id {largest}, but lists only {count} tokens")


def _writable(entries: list[Entry]) -> list[Entry]:
    """Entries whose pieces can be written as UTF-8: a lone surrogate is spelled as its three bytes."""
    if not any(_SURROGATE.search(entry.piece) for entry in entries):
        return entries
    return [entry._replace(piece=_SURROGATE.sub(_spelled, entry.piece)) for entry in entries]


def _spelled(found: re.Match[str]) -> str:
    return "".join(f"<0x{byte:02X}>" for byte in found[0].encode("utf-8", "surrogatepass"))
