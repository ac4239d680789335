"""Into which pieces a vocabulary would cut a word: an estimate from its own pieces, without a tokenizer library.

Unigram: the segmentation with the largest sum of scores (Viterbi; Kudo 2018). BPE: the adjacent pair whose joined
piece has the best rank is joined until none is left, over bytes or characters (Sennrich et al. 2016; exact where
ranks are those of pieces, as in tiktoken, else close). All others: the longest piece first, as WordPiece does.
Normalisers and pre-tokenizers are not applied, but for NFKC in unigram vocabularies.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = ["UNKNOWN", "Segmenter", "segmenter"]

UNKNOWN = -1
_UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
_UNKNOWN_COST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmenter:
    """``rows`` and ``scores`` of pieces by their bytes; ``scheme`` is ``"unigram"``, ``"bpe"`` or ``"longest"``."""

    rows: dict[bytes, int]
    scores: dict[bytes, float]
    single_bytes: dict[int, int]
    scheme: str
    marks_words: bool
    lower: bool
    longest: int
    worst: float

    def pieces(self, word: str, script: str = "") -> tuple[int, ...]:
        """The rows of a word's pieces, in order; ``UNKNOWN``, once for a run, for what no piece or byte covers.

        A word of a script without spaces is cut with and without the mark of a word start: the shorter counts.
        """
        text = unicodedata.normalize("NFKC" if self.scheme == "unigram" else "NFC", word)
        text = text.lower() if self.lower else text
        inside = text.encode()
        if not self.marks_words:
            return self._cut(inside)
        starting = self._cut(b" " + inside)
        return min(starting, self._cut(inside), key=len) if script in _UNSPACED else starting

    def _cut(self, word: bytes) -> tuple[int, ...]:
        if word in self.rows:
            return (self.rows[word],)
        parts = {"unigram": self._best, "bpe": self._joined}.get(self.scheme, self._longest_first)(word)
        found: list[int] = []
        for part in parts:
            if part in self.rows:
                found.append(self.rows[part])
            elif self.single_bytes:
                found += [self.single_bytes.get(byte, UNKNOWN) for byte in part]
            elif found[-1:] != [UNKNOWN]:
                found.append(UNKNOWN)
        return tuple(found)

    def _best(self, word: bytes) -> list[bytes]:
        ends = _boundaries(word)
        best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
        for position, end in enumerate(ends[1:], start=1):
            options = []
            for start in ends[:position]:
                part = word[start:end]
                known = self.scores.get(part)
                if known is None and start != ends[position - 1]:
                    continue
                options.append((best[start][0] + (self.worst if known is None else known), start))
            best[end] = max(options)
        parts, end = [], len(word)
        while end:
            start = best[end][1]
            parts.append(word[start:end])
            end = start
        return parts[::-1]

    def _joined(self, word: bytes) -> list[bytes]:
        byte_level = all(bytes([b]) in self.rows for b in b"ab") and not self.single_bytes
        ends = range(len(word) + 1) if byte_level else _boundaries(word)
        parts = [word[a:b] for a, b in zip(ends, list(ends)[1:], strict=False)]
        while len(parts) > 1:
            pairs = [(self.scores.get(a + b, -np.inf), -i) for i, (a, b) in enumerate(_adjacent(parts))]
            score, position = max(pairs)
            if score == -np.inf:
                break
            i = -position
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return parts

    def _longest_first(self, word: bytes) -> list[bytes]:
        ends = _boundaries(word)
        parts, start = [], 0
        while start < len(word):
            later = [e for e in ends if start < e <= start + self.longest]
            end = next((e for e in reversed(later) if word[start:e] in self.rows), None)
            if end is None:
                end = next(e for e in ends if e > start)
            parts.append(word[start:end])
            start = end
        return parts


def _adjacent(parts: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return list(itertools.pairwise(parts))


def _boundaries(word: bytes) -> list[int]:
    """Where characters of valid UTF-8 begin, and the end."""
    return [i for i, byte in enumerate(word) if byte & 0xC0 != 0x80] + [len(word)]


def segmenter(vocabulary: Vocabulary) -> Segmenter:
    """The segmenter of a vocabulary. Scores are its log-probabilities or minus its merge ranks, else ids in order.

    >>> from hyperpolyglot.vocabulary import Entry
    >>> entries = [Entry(0, "▁ca", b" ca"), Entry(1, "t", b"t"), Entry(2, "s", b"s")]
    >>> segmenter(Vocabulary.build(entries, scheme="words", source="doctest")).pieces("cats")
    (0, 1, 2)
    """
    rows: dict[bytes, int] = {}
    scores: dict[bytes, float] = {}
    single_bytes: dict[int, int] = {}
    scored = bool(np.isfinite(vocabulary.scores).any())
    values = vocabulary.scores.tolist()
    usable = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED, TokenKind.FRAGMENT, TokenKind.BYTE)
    byte_pieces = not vocabulary.byte_level
    for row, (utf8, kind) in enumerate(zip(vocabulary.utf8, vocabulary.kinds.tolist(), strict=True)):
        if kind not in usable or not utf8:
            continue
        if kind == TokenKind.BYTE and byte_pieces:
            single_bytes.setdefault(utf8[0], row)
        elif utf8 not in rows:
            rows[utf8] = row
            score = values[row] if scored else -float(row)
            if np.isfinite(score):
                scores[utf8] = score
    scheme = vocabulary.scheme
    marks = sum(1 for utf8 in rows if utf8[:1] == b" ")
    latin = [utf8 for utf8 in rows if utf8.isascii() and utf8.isalpha()]
    return Segmenter(
        rows=rows,
        scores=scores,
        single_bytes=single_bytes,
        scheme="unigram" if scheme == "unigram" and scored else "bpe" if "BPE" in scheme else "longest",
        marks_words=marks > len(rows) / 100,
        lower=len(latin) > 100 and all(utf8.islower() for utf8 in latin),
        longest=max(map(len, rows), default=1),
        worst=min(scores.values(), default=0.0) - _UNKNOWN_COST,
    )
