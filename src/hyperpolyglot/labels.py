"""A label for every token: by one of the package's labellers, or the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike, fsdecode
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.folders import expanded
from hyperpolyglot.labellers import DEFAULT, LABELLERS, LANGUAGE, OWN, Labelled, Labelling, by_language
from hyperpolyglot.records import brief
from hyperpolyglot.regular import read_text
from hyperpolyglot.types import frozen
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from hyperpolyglot.word_lists import WordLists, read_word_lists

__all__ = ["AnyLabeller", "Labels", "label", "read_labels"]

AnyLabeller = str | PathLike[str] | Callable[[str], str | None] | Mapping[str, str] | WordLists
"""The name of a row of :data:`hyperpolyglot.labellers.LABELLERS`, a function, table or file of one's own, or word lists
(or a folder of them), by which languages are told."""

_MOST_LABELS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """``codes`` int16 ``[token]`` index ``names``; −1 is a token without a label (padding, bytes, specials).

    ``basis``: what else than tables of Unicode the labels rest on, with its digest; ``remark``: what the user should
    know of them, in a sentence. Both are empty for nothing.
    """

    codes: NDArray[np.int16]
    names: tuple[str, ...]
    labeller: str
    unicode: str
    basis: str = ""
    remark: str = ""

    __repr__ = brief

    def __post_init__(self) -> None:
        if self.codes.size and not -1 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.names):
            raise ValueError("label codes do not index the names")
        object.__setattr__(self, "codes", frozen(self.codes))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def labelling(self) -> Labelling:
        """What the labels are called, and what may be said of them."""
        return LABELLERS.get(self.labeller, OWN)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Names that count as a label, bool ``[name]``: where labels are scripts, not Common, Inherited, Unknown."""
        return np.array([name not in self.labelling.uncounted for name in self.names], bool)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Names of tokens that do not count as a label."""
        return tuple(name for name, counted in zip(self.names, self.counted, strict=True) if not counted)

    def only_counted(self) -> Labels:
        """The same where tokens whose label doesn't count have none.

        >>> import hyperpolyglot as hp
        >>> labels = hp.open_model("demo:meaning").labels
        >>> [name for name in labels.counts() if name not in labels.only_counted().counts()]
        ['Zyyy', 'Zinh']
        """
        keep = np.append(self.counted, False)[self.codes]
        codes = np.where(keep, self.codes, -1).astype(np.int16)
        return replace(self, codes=codes)

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
        return replace(self, codes=self.codes[rows])

    @classmethod
    def from_strings(
        cls, labels: Iterable[str | None], *, labeller: str, unicode: str, basis: str = "", remark: str = ""
    ) -> Labels:
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
        return cls(codes=codes, names=names, labeller=labeller, unicode=unicode, basis=basis, remark=remark)


def label(vocabulary: Vocabulary, labeller: AnyLabeller = DEFAULT) -> Labels:
    """Label every token of a vocabulary.

    ``labeller``: the name of one in :data:`hyperpolyglot.labellers.LABELLERS` (``"script"``: ISO 15924 by Unicode
    Script; only text has one), a function from display text to label or ``None``, a mapping ``{token: label}``
    looked up by display text, then by raw piece, or the path of such a table (:func:`read_labels`); or word lists, or
    a folder of them (:func:`hyperpolyglot.read_word_lists`), for the languages of tokens. Raises ``ValueError`` for an
    unknown name.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> hp.label(space.vocabulary, lambda token: "word" if token.startswith("▁") else "rest").names
    ('rest', 'word')
    """
    checked("label", vocabulary, Vocabulary, "a Vocabulary, as space.vocabulary is")
    if isinstance(labeller, str | PathLike) and labeller not in LABELLERS:
        path = expanded(fsdecode(labeller))
        if path.is_dir():
            return label(vocabulary, read_word_lists(path))
        if not path.is_file():
            listed = ", ".join(LABELLERS)
            raise ValueError(f"no labeller is called {fsdecode(labeller)!r}, and no file; there are {listed}")
        labeller = read_labels(path)
    if isinstance(labeller, WordLists):
        return _labelled(LANGUAGE, by_language(vocabulary, labeller))
    if isinstance(labeller, str):
        return _labelled(labeller, LABELLERS[labeller].label(vocabulary))
    if isinstance(labeller, Mapping):
        table = labeller
        own = [
            table.get(text, table.get(piece))
            for text, piece in zip(vocabulary.texts, vocabulary.pieces, strict=True)
        ]
    else:
        own = [labeller(text) for text in vocabulary.texts]
    padding = (vocabulary.kinds == TokenKind.PADDING).tolist()
    return Labels.from_strings(
        (None if empty else s for s, empty in zip(own, padding, strict=True)),
        labeller="own",
        unicode="",
    )


def _labelled(labeller: str, found: Labelled) -> Labels:
    return Labels.from_strings(
        found.labels, labeller=labeller, unicode=found.unicode, basis=found.basis, remark=found.remark
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
