"""What the rows of an embedding matrix stand for: a typed token table, one entry per row.

The bytes of a token are the truth; its display text is derived from them and is the same for every kind of
tokenizer: ``▁`` (U+2581) for a space, bytes that are no valid UTF-8 as ``<0xE3>``. Nothing here calls a
tokenizer's ``decode``, which drops leading spaces and merges partial characters.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.records import brief
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.types import Float32, frozen

__all__ = ["LARGEST_ID", "SPACE", "Entry", "TokenKind", "Vocabulary", "byte_of", "display", "special_kind"]

SPACE = "▁"
LARGEST_ID = (1 << 24) - 1


class TokenKind(enum.IntEnum):
    """What a row is."""

    TEXT = 0
    WHITESPACE = 1
    BYTE = 2  # stands for one byte: <0xE3>, or a lone byte that is no UTF-8
    FRAGMENT = 3  # several bytes, not all of them valid UTF-8
    SPECIAL = 4
    ADDED = 5  # ordinary text that was added to a trained vocabulary
    LANGUAGE = 6  # a language code: __de__, deu_Latn, <2de>
    UNUSED = 7  # reserved for later: [unused1], <unused7>
    PADDING = 8  # a row without a token

    @property
    def label(self) -> str:
        """The name that is shown and written: ``"text"``, ``"padding"``, …"""
        return self.name.lower()


class Entry(NamedTuple):
    """One token as a tokenizer file gives it.

    ``kind`` is what the file declares; ``None`` lets the bytes decide (text, whitespace, byte or fragment).
    ``starts_word`` is ``None`` where a leading space in ``utf8`` says it.
    """

    id: int
    piece: str
    utf8: bytes
    kind: TokenKind | None = None
    score: float | None = None
    starts_word: bool | None = None


_UNUSED = re.compile(
    r"\[unused_?\d+\]|<unused_?\d+>|<\|?(reserved|dummy|extra|unused)[a-z_]*[\s_-]?\d+\|?>|<SPECIAL_\d+>"
    r"|madeupword\d+|\[control_\d+\]|<\|(reserved|dummy|unused)_\w*\d+\|>",
    re.IGNORECASE,
)
_EXTRA_ID = re.compile(r"<extra_id_\d+>")
_SPECIAL = re.compile(
    r"\[(PAD|UNK|CLS|SEP|MASK|BOS|EOS)\]|</?s>|<(pad|unk|mask|cls|sep|bos|eos|EOD|eop|eod)>|<\|[^|<>]{1,60}\|>"
)
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def special_kind(piece: str, declared: bool) -> TokenKind | None:
    """The kind of a control token by its spelling, or ``None`` for an ordinary one.

    ``declared`` says that the file itself marks the piece as special; without that only the spellings
    that no text has (``[PAD]``, ``</s>``, ``<|endoftext|>``, ``[unused7]``) count. Which of the control tokens are
    language codes is decided where all of them are known.

    >>> special_kind("<2de>", declared=True).label, special_kind("<2de>", declared=False)
    ('special', None)
    """
    if _EXTRA_ID.fullmatch(piece):
        return TokenKind.SPECIAL
    if _UNUSED.fullmatch(piece):
        return TokenKind.UNUSED
    if declared:
        return TokenKind.SPECIAL
    return TokenKind.SPECIAL if _SPECIAL.fullmatch(piece) else None


def byte_of(piece: str) -> int | None:
    """The byte that a byte-fallback piece stands for: ``<0xE3>`` is 227; ``None`` for any other piece."""
    found = _BYTE.fullmatch(piece)
    return int(found[1], 16) if found else None


def display(utf8: bytes) -> str:
    """Readable text of a token's bytes: spaces as ``▁``, invalid bytes as ``<0xNN>``.

    >>> display(b" caf\\xc3\\xa9"), display(b"\\xe3\\x81")
    ('▁café', '<0xE3><0x81>')
    """
    try:
        text = utf8.decode("utf-8")
    except UnicodeDecodeError:
        escaped = utf8.decode("utf-8", "surrogateescape")
        text = "".join(f"<0x{ord(c) - 0xDC00:02X}>" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in escaped)
    return text.replace(" ", SPACE)


def _kind_by_bytes(utf8: bytes, text: str) -> TokenKind:
    try:
        utf8.decode("utf-8")
    except UnicodeDecodeError:
        return TokenKind.BYTE if len(utf8) == 1 else TokenKind.FRAGMENT
    blank = bool(text) and not text.replace(SPACE, " ").strip()
    return TokenKind.WHITESPACE if blank else TokenKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Tokens by row. All columns are aligned: entry ``i`` describes row ``i``.

    ``pieces``: as the tokenizer writes them; for byte-level vocabularies in the stand-in alphabet of GPT-2.
    ``utf8``: the bytes each stands for, a word start as a leading space.
    ``texts``: display texts (see :func:`display`); a special token's is its spelling.
    ``kinds``: uint8, values of :class:`TokenKind`. ``starts_word``: bool.
    ``scores``: float32, log-probability (unigram) or minus the merge rank (BPE); NaN where there is none.
    ``scheme``: ``"byte-level BPE"``, ``"unigram"``, ``"BPE with byte fallback"``, ``"WordPiece"``, ``"words"``, …
    ``remark``: what the user should know of how rows were named, in a sentence; empty where nothing was assumed.
    ``whole``: the rule by which the tokenizer cuts text into words, where it takes a word that is a token whole before
    any merge (tiktoken, Tekken, ``ignore_merges``): a regular expression, empty where it is not known; else ``None``.
    ``tokenizer``: what cuts text into these tokens as the model does, where that is known.
    """

    pieces: tuple[str, ...]
    utf8: tuple[bytes, ...]
    texts: tuple[str, ...]
    kinds: NDArray[np.uint8]
    starts_word: NDArray[np.bool_]
    scores: Float32
    scheme: str
    source: str
    missing: int = 0
    remark: str = ""
    whole: str | None = None
    tokenizer: TokenizerSource | None = None

    __repr__ = brief

    def __post_init__(self) -> None:
        lengths = {
            len(column)
            for column in (self.pieces, self.utf8, self.texts, self.kinds, self.starts_word, self.scores)
        }
        if len(lengths) != 1:
            raise ValueError(f"the columns of a vocabulary differ in length: {sorted(lengths)}")
        for name in ("kinds", "starts_word", "scores"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def tokens(self) -> int:
        """How many tokens the tokenizer has, those without a row included."""
        return len(self) - int(np.count_nonzero(self.kinds == TokenKind.PADDING)) + self.missing

    @property
    def byte_level(self) -> bool:
        """Whether ``pieces`` are written in the stand-in alphabet of byte-level BPE."""
        return self.scheme.startswith("byte-level")

    def kind_counts(self) -> dict[str, int]:
        """Rows by kind, in the order of :class:`TokenKind`, and ``missing`` where tokens have no row."""
        counts = np.bincount(self.kinds, minlength=len(TokenKind))
        found = {kind.label: int(counts[kind]) for kind in TokenKind if counts[kind]}
        return found | ({"missing": self.missing} if self.missing else {})

    def duplicates(self) -> int:
        """How many tokens have a display text that an earlier token has already."""
        texts = Counter(
            t for t, k in zip(self.texts, self.kinds.tolist(), strict=True) if k != TokenKind.PADDING
        )
        return sum(count - 1 for count in texts.values())

    @classmethod
    def build(
        cls,
        entries: Iterable[Entry],
        *,
        scheme: str,
        source: str,
        remark: str = "",
        whole: str | None = None,
    ) -> Vocabulary:
        """Order entries by id; ids without an entry become padding.

        Raises ``DamagedFile`` for an id that is negative, beyond 16,777,215 or given twice.

        >>> v = Vocabulary.build([Entry(2, "▁a", b" a"), Entry(0, "<s>", b"<s>", TokenKind.SPECIAL)],
        ...                      scheme="unigram", source="doctest")
        >>> v.texts, v.kind_counts(), v.starts_word.tolist()
        (('<s>', '', '▁a'), {'text': 1, 'special': 1, 'padding': 1}, [False, False, True])
        """
        listed = entries if isinstance(entries, list) else list(entries)
        outside = next((entry.id for entry in listed if not 0 <= entry.id <= LARGEST_ID), None)
        if outside is not None:
            raise DamagedFile(source, f"the token id {outside} is out of range (0 to {LARGEST_ID})")
        size = max((entry.id for entry in listed), default=-1) + 1
        taken = bytearray(size)
        pieces, utf8, texts = [""] * size, [b""] * size, [""] * size
        kinds = np.full(size, TokenKind.PADDING, np.uint8)
        starts_word = np.zeros(size, bool)
        scores = np.full(size, np.nan, np.float32)
        for entry in listed:
            i = entry.id
            if taken[i]:
                raise DamagedFile(source, f"the token id {i} is given twice")
            taken[i] = 1
            text = entry.piece if entry.kind in _SHOWN_AS_SPELLED else display(entry.utf8)
            kind = _kind_by_bytes(entry.utf8, text) if entry.kind is None else entry.kind
            begins = entry.utf8[:1] == b" " if entry.starts_word is None else entry.starts_word
            pieces[i], utf8[i], texts[i] = (
                entry.piece,
                entry.utf8,
                entry.piece if text == entry.piece else text,
            )
            kinds[i] = kind
            starts_word[i] = begins and kind in (TokenKind.TEXT, TokenKind.ADDED)
            if entry.score is not None:
                scores[i] = entry.score
        return cls(
            pieces=tuple(pieces),
            utf8=tuple(utf8),
            texts=tuple(texts),
            kinds=kinds,
            starts_word=starts_word,
            scores=scores,
            scheme=scheme,
            source=source,
            remark=remark,
            whole=whole,
        )

    def fit(self, n_rows: int) -> Vocabulary:
        """The same tokens over exactly ``n_rows`` rows: surplus rows are padding, surplus tokens ``missing``.

        Raises ``DamagedFile`` where millions of rows have no token.
        """
        if n_rows == len(self):
            return self
        if n_rows - len(self) > _MOST_PADDING:
            raise DamagedFile(self.source, f"it has {len(self)} tokens for a table of {n_rows} rows")
        lost = int(np.count_nonzero(self.kinds[n_rows:] != TokenKind.PADDING))
        more = max(0, n_rows - len(self))
        return replace(
            self,
            pieces=self.pieces[:n_rows] + ("",) * more,
            utf8=self.utf8[:n_rows] + (b"",) * more,
            texts=self.texts[:n_rows] + ("",) * more,
            kinds=np.concatenate([self.kinds[:n_rows], np.full(more, TokenKind.PADDING, np.uint8)]),
            starts_word=np.concatenate([self.starts_word[:n_rows], np.zeros(more, bool)]),
            scores=np.concatenate([self.scores[:n_rows], np.full(more, np.nan, np.float32)]),
            missing=self.missing + lost,
        )

    def take(self, rows: NDArray[np.integer]) -> Vocabulary:
        """The tokens of the given rows, in that order."""
        chosen = rows.tolist()
        return replace(
            self,
            pieces=tuple(self.pieces[i] for i in chosen),
            utf8=tuple(self.utf8[i] for i in chosen),
            texts=tuple(self.texts[i] for i in chosen),
            kinds=self.kinds[rows],
            starts_word=self.starts_word[rows],
            scores=self.scores[rows],
            missing=0,
        )


_MOST_PADDING = 1 << 22
_SHOWN_AS_SPELLED = frozenset({TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED, TokenKind.BYTE})
