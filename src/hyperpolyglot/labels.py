"""A label for every token: its writing system, the founding paper's category, or the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.records import brief
from hyperpolyglot.regular import read_text
from hyperpolyglot.types import frozen
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from hyperpolyglot.writing import paper, scripts

__all__ = ["LABELLERS", "Labeller", "Labels", "label", "paper_strings", "read_labels"]

Labeller = str | Callable[[str], str | None] | Mapping[str, str]

_MOST_LABELS = 4096
_WRITTEN = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED)
_CJK = frozenset({"Hani", "Hira", "Kana", "Hrkt", "Hang", "Bopo", "Jpan", "Kore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """``codes`` int16 ``[token]`` index ``names``; −1 is a token without a label (padding, bytes, specials)."""

    codes: NDArray[np.int16]
    names: tuple[str, ...]
    labeller: str
    unicode: str

    __repr__ = brief

    def __post_init__(self) -> None:
        if self.codes.size and not -1 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.names):
            raise ValueError("label codes do not index the names")
        object.__setattr__(self, "codes", frozen(self.codes))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def noun(self) -> str:
        """What the labels are called in a sentence: ``"scripts"``, ``"categories"`` (the paper's) or ``"labels"``."""
        return {"script": "scripts", "script-cjk": "scripts", "paper": "categories"}.get(
            self.labeller, "labels"
        )

    def of(self, row: int) -> str | None:
        """The label of one token."""
        code = int(self.codes[row])
        return None if code < 0 else self.names[code]

    def counts(self) -> dict[str, int]:
        """Tokens by label, most first, ties by name."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        order = sorted(range(len(self.names)), key=lambda i: (-counts[i], self.names[i]))
        return {self.names[i]: int(counts[i]) for i in order if counts[i]}

    def take(self, rows: NDArray[np.integer]) -> Labels:
        """The labels of the given rows."""
        return Labels(codes=self.codes[rows], names=self.names, labeller=self.labeller, unicode=self.unicode)

    @classmethod
    def from_strings(cls, labels: Iterable[str | None], *, labeller: str, unicode: str) -> Labels:
        """Labels from one string a token, ``None`` for none; names are sorted.

        Raises ``UnsupportedFormat`` for more than 4,096 labels.

        >>> Labels.from_strings(["b", None, "a", "b"], labeller="own", unicode="").codes.tolist()
        [1, -1, 0, 1]
        """
        strings = list(labels)
        names = tuple(sorted({s for s in strings if s is not None}))
        if len(names) > _MOST_LABELS:
            raise UnsupportedFormat(
                f"there are {len(names):,} labels; at most {_MOST_LABELS:,} can be told apart: join some of them."
            )
        position: dict[str | None, int] = {name: i for i, name in enumerate(names)} | {None: -1}
        codes = np.fromiter((position[s] for s in strings), np.int16, len(strings))
        return cls(codes=codes, names=names, labeller=labeller, unicode=unicode)


def paper_strings(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The paper's string of every row; the empty string for padding."""
    byte_level = vocabulary.byte_level
    added = {TokenKind.ADDED, TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED}
    return tuple(
        paper.paper_string(piece, utf8, byte_level=byte_level and kind not in added)
        for piece, utf8, kind in zip(
            vocabulary.pieces, vocabulary.utf8, vocabulary.kinds.tolist(), strict=True
        )
    )


def _by_script(vocabulary: Vocabulary) -> Labels:
    written = np.isin(vocabulary.kinds, _WRITTEN)
    rows = np.flatnonzero(written)
    codes = np.full(len(vocabulary), -1, np.int16)
    codes[rows] = scripts.script_codes([vocabulary.texts[i] for i in rows.tolist()])
    present = np.unique(codes[rows])
    position = np.full(len(scripts.ISO_15924) + 1, -1, np.int16)
    position[present] = np.arange(len(present))
    names = tuple(scripts.ISO_15924[i] for i in present.tolist())
    return Labels(codes=position[codes], names=names, labeller="script", unicode=scripts.UNICODE_VERSION)


def _by_script_joining_cjk(vocabulary: Vocabulary) -> Labels:
    own = _by_script(vocabulary)
    joined = ["CJK" if name in _CJK else name for name in own.names]
    return Labels.from_strings(
        (None if code < 0 else joined[code] for code in own.codes.tolist()),
        labeller="script-cjk",
        unicode=own.unicode,
    )


def _by_paper(vocabulary: Vocabulary) -> Labels:
    padding = int(TokenKind.PADDING)
    return Labels.from_strings(
        (
            None if kind == padding else paper.category_of(text)
            for text, kind in zip(paper_strings(vocabulary), vocabulary.kinds.tolist(), strict=True)
        ),
        labeller="paper",
        unicode=paper.UNICODE_VERSION,
    )


LABELLERS: dict[str, Callable[[Vocabulary], Labels]] = {
    "script": _by_script,
    "paper": _by_paper,
    "script-cjk": _by_script_joining_cjk,
}


def label(vocabulary: Vocabulary, labeller: Labeller = "script") -> Labels:
    """Label every token of a vocabulary.

    ``labeller``: ``"script"`` (ISO 15924 by Unicode Script; only text has one), ``"script-cjk"`` (Han, kana, Hangul
    and Bopomofo as one label ``CJK``), ``"paper"`` (every token, by its string), a function from display text to
    label or ``None``, or a mapping ``{token: label}`` looked up by display text, then by raw piece.
    Raises ``ValueError`` for an unknown name.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> hp.label(space.vocabulary, lambda token: "word" if token.startswith("▁") else "rest").names
    ('rest', 'word')
    """
    if isinstance(labeller, str):
        if labeller not in LABELLERS:
            raise ValueError(f"no labeller is called {labeller!r}; there are {', '.join(LABELLERS)}")
        return LABELLERS[labeller](vocabulary)
    if isinstance(labeller, Mapping):
        table = labeller
        strings = [
            table.get(text, table.get(piece))
            for text, piece in zip(vocabulary.texts, vocabulary.pieces, strict=True)
        ]
    else:
        strings = [labeller(text) for text in vocabulary.texts]
    padding = (vocabulary.kinds == TokenKind.PADDING).tolist()
    return Labels.from_strings(
        (None if empty else s for s, empty in zip(strings, padding, strict=True)),
        labeller="own",
        unicode="",
    )


def read_labels(path: Path) -> dict[str, str]:
    """A table of one's own, ``{token: label}``: UTF-8, a token, a tab and its label on each line.

    Tokens are written as they are shown (``▁water``) or as the tokenizer's file has them; a token that is not in the
    table has no label. Raises ``DamagedFile`` for any other line, and for a token with two labels.
    """
    lines = read_text(path).split("\n")
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        token, tab, own = line.rstrip("\r").partition("\t")
        if not line.strip():
            continue
        if not (token and tab and own.strip()):
            raise DamagedFile(path, f"line {number} is not a token, a tab and a label")
        if found.setdefault(token, own.strip()) != own.strip():
            raise DamagedFile(path, f"line {number} gives {token} a second label")
    return found
