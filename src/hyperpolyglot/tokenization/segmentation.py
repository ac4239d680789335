"""Into which pieces a vocabulary would cut a word: an estimate from its own pieces, without a tokenizer library.

Unigram: the segmentation with the largest sum of scores (Viterbi; Kudo 2018). BPE: the adjacent pair whose joined
piece has the best rank is joined until none is left, over bytes or characters (Sennrich et al. 2016; exact where
ranks are those of pieces, as in tiktoken, else close). All others: the longest piece first, as WordPiece does.
Normalisers and pre-tokenizers are not applied, but for NFKC in unigram vocabularies, and for vocabularies of which a
word that is a token is taken whole before any merge.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.tokenization.best_cuts import best_cuts
from hyperpolyglot.tokenization.words import one_word
from hyperpolyglot.types import Progress, silent
from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = ["UNKNOWN", "UNSPACED", "Segmenter", "segmenter", "unreachable"]

UNKNOWN = -1
UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
"""Scripts that put no space between words."""
_UNKNOWN_COST = 10.0
_LONGEST_CUT = 1024
"""Bytes of a piece or word that is cut: the time grows with the square."""
_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmenter:
    """``rows`` and ``scores`` of pieces by their bytes; ``scheme`` is ``"unigram"``, ``"bpe"`` or ``"longest"``.

    ``bytewise``: whether pieces may end within a character. ``whole``: whether a text is one word to the tokenizer,
    where this takes words that are tokens whole; else ``None``.
    """

    rows: dict[bytes, int]
    scores: dict[bytes, float]
    single_bytes: dict[int, int]
    scheme: str
    marks_words: bool
    lower: bool
    longest: int
    worst: float
    bytewise: bool = False
    whole: Callable[[str], bool] | None = None

    def pieces(self, word: str, script: str = "") -> tuple[int, ...]:
        """The rows of a word's pieces, in order; ``UNKNOWN``, once for a run, for what no piece or byte covers.

        A word of a script without spaces is cut with and without the mark of a word start: the shorter counts.
        """
        return min((self._cut(text) for text in self._written(word, script)), key=len)

    def pieces_of(self, words: Sequence[str], scripts: Sequence[str]) -> list[tuple[int, ...]]:
        """:meth:`pieces` of many words, each with its script, at once."""
        written = [self._written(word, script) for word, script in zip(words, scripts, strict=True)]
        texts = {text: None for several in written for text in several}
        cut = [text for text in texts if self._is_cut(text)] if self.scheme == "unigram" else []
        parts = dict(zip(cut, best_cuts(cut, self.scores, self.longest, self.worst), strict=True))
        found = {text: self._rows_of(parts[text]) if text in parts else self._cut(text) for text in texts}
        return [min((found[text] for text in several), key=len) for several in written]

    def _written(self, word: str, script: str) -> tuple[bytes, ...]:
        """What is cut for a word, the first of equal length first."""
        inside = self._normal(word).encode()
        if not self.marks_words:
            return (inside,)
        return (b" " + inside, inside) if script in UNSPACED else (b" " + inside,)

    def _is_cut(self, text: bytes) -> bool:
        """Whether a text goes to Viterbi's recursion: it is no piece, and characters can be told apart in it."""
        return text not in self.rows and 0 < len(text) <= _LONGEST_CUT and text[0] & 0xC0 != 0x80

    def cut(self, word: str) -> tuple[int, ...]:
        """The rows of the pieces of a word as it stands in a text; a leading space is part of it."""
        plain = self._normal(word)
        return self._cut((plain if self.marks_words else plain.lstrip(" ")).encode())

    def _normal(self, text: str) -> str:
        text = unicodedata.normalize("NFKC" if self.scheme == "unigram" else "NFC", text)
        return text.lower() if self.lower else text

    def normalised(self, piece: bytes) -> bytes:
        """A piece after the normaliser, where it is text; of other than unigram and uncased ones none is known."""
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            return piece
        return self._normal(text).encode() if self.scheme == "unigram" or self.lower else piece

    def reaches(self, piece: bytes) -> bool:
        """Whether a piece that stands alone is left whole: no better cut hides it. Beyond a KiB it is taken to be."""
        if len(piece) > _LONGEST_CUT:
            return True
        if self.scheme == "unigram":
            return self._best(piece) == [piece]
        if self.whole is not None and self._is_one_word(piece):
            return True
        return self.scheme != "bpe" or len(self._joined(piece)) == 1

    def reaches_each(self, pieces: Sequence[bytes]) -> list[bool]:
        """:meth:`reaches` of many pieces at once."""
        if self.scheme != "unigram":
            return [self.reaches(piece) for piece in pieces]
        cut = [p for p in pieces if 0 < len(p) <= _LONGEST_CUT and p[0] & 0xC0 != 0x80]
        parts = dict(zip(cut, best_cuts(cut, self.scores, self.longest, self.worst), strict=True))
        return [parts[p] == [p] if p in parts else self.reaches(p) for p in pieces]

    def _is_one_word(self, piece: bytes) -> bool:
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            return False
        return self.whole is not None and self.whole(text)

    def _ends(self, word: bytes) -> list[int]:
        """Where pieces of a word can end, and 0."""
        return list(range(len(word) + 1)) if self.bytewise else _boundaries(word)

    def _cut(self, word: bytes) -> tuple[int, ...]:
        if word in self.rows:
            return (self.rows[word],)
        if len(word) > _LONGEST_CUT:
            return (UNKNOWN,)
        parts = {"unigram": self._best, "bpe": self._joined}.get(self.scheme, self._longest_first)(word)
        return self._rows_of(parts)

    def _rows_of(self, parts: Sequence[bytes]) -> tuple[int, ...]:
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
        first = 0
        for position, end in enumerate(ends[1:], start=1):
            options = []
            while end - ends[first] > self.longest and first < position - 1:
                first += 1
            for start in ends[first:position]:
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
        ends = self._ends(word)
        parts = [word[a:b] for a, b in itertools.pairwise(ends)]
        while len(parts) > 1:
            pairs = [(self.scores.get(a + b, -np.inf), -i) for i, (a, b) in enumerate(_adjacent(parts))]
            score, position = max(pairs)
            if score == -np.inf:
                break
            i = -position
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return parts

    def _longest_first(self, word: bytes) -> list[bytes]:
        ends = self._ends(word)
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
        bytewise=("BPE" in scheme or vocabulary.byte_level)
        and not single_bytes
        and all(bytes([byte]) in rows for byte in b"ab"),
        whole=None if vocabulary.whole is None else one_word(vocabulary.whole),
    )


def unreachable(vocabulary: Vocabulary, progress: Progress = silent) -> NDArray[np.bool_]:
    """Tokens that no text is cut into, bool ``[token]``: another token has the same bytes, or is what a normaliser
    makes of it, or the piece is cut further (Land and Bartolo 2024, section 3). An estimate, as :class:`Segmenter` is.

    >>> from hyperpolyglot.vocabulary import Entry
    >>> entries = [Entry(0, "a", b"a", score=-1), Entry(1, "b", b"b", score=-1), Entry(2, "ab", b"ab", score=-9)]
    >>> unreachable(Vocabulary.build(entries, scheme="unigram", source="doctest")).tolist()
    [False, False, True]
    """
    cut = segmenter(vocabulary)
    found = np.zeros(len(vocabulary), bool)
    judged = np.isin(vocabulary.kinds, (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.FRAGMENT))
    rows = np.flatnonzero(judged).tolist()
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        progress("reachability", first, len(rows))
        reached = cut.reaches_each([vocabulary.utf8[row] for row in some])
        for row, reaches in zip(some, reached, strict=True):
            piece = vocabulary.utf8[row]
            found[row] = cut.rows.get(piece) != row or not reaches or cut.normalised(piece) != piece
    progress("reachability", len(rows), len(rows))
    return found
