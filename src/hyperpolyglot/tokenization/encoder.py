"""How a model cuts text: by its own tokenizer where that can be run, else by an estimate from the vocabulary alone.

The caller's function is called, a library runs in a process with limits (:mod:`hyperpolyglot.tokenization.process`),
and a file that the library does not take, or a library that is not installed, leaves the estimate, which says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.regular import read_regular
from hyperpolyglot.tokenization.child import marks_spaces
from hyperpolyglot.tokenization.pretokens import words_of
from hyperpolyglot.tokenization.process import Cut, Limits, Refused, installed, run
from hyperpolyglot.tokenization.segmentation import UNKNOWN, UNSPACED, segmenter
from hyperpolyglot.tokenizer_source import Encode, TokenizerSource
from hyperpolyglot.types import Int32, Int64, frozen
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["ELSEWHERE", "Encoded", "Encoder"]

ELSEWHERE = -2
"""A token of the model that the vocabulary at hand has no row for."""

_LARGEST = 1 << 27
_MOST_IDS = 1 << 24
_ESTIMATE = "an estimate from the vocabulary alone"
_NAMES_OF_UNKNOWN = ("<unk>", "[UNK]", "<UNK>")


Estimated = Callable[[], Iterable[Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Tokens of texts: those of text i are ``rows[starts[i]:starts[i + 1]]``.

    ``rows`` int32: positions in the vocabulary, ``UNKNOWN`` (−1), or ``ELSEWHERE`` (−2). ``exact``: they are those of
    the model's own tokenizer; else an estimate. ``by``: what cut the text, ``remark``: why it is an estimate, if that
    needs saying, in a sentence.
    """

    starts: Int64
    rows: Int32
    exact: bool
    by: str
    remark: str = ""

    def __post_init__(self) -> None:
        for name in ("starts", "rows"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, text: int) -> Int32:
        """The tokens of one text."""
        return self.rows[self.starts[text] : self.starts[text + 1]]

    def parted(self, texts: int) -> tuple[Encoded, Encoded]:
        """The first so many texts, and the others."""
        middle = self.starts[texts]
        return (
            replace(self, starts=self.starts[: texts + 1], rows=self.rows[:middle]),
            replace(self, starts=self.starts[texts:] - middle, rows=self.rows[middle:]),
        )

    @property
    def lengths(self) -> Int64:
        """Tokens of each text, int64 ``[text]``."""
        return np.diff(self.starts)

    def per_text(self, tokens: NDArray[np.bool_]) -> Int64:
        """How many of each text's tokens a mask bool ``[token of the texts]`` holds, int64 ``[text]``."""
        before = np.concatenate([[0], np.cumsum(tokens, dtype=np.int64)])
        return np.diff(before[self.starts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A vocabulary with what cuts text into its tokens; ``ids`` int32: which token of the model each position is."""

    vocabulary: Vocabulary
    ids: Int32
    limits: Limits = field(default_factory=Limits)

    @property
    def identity(self) -> str | None:
        """What a result depends on beside the vocabulary: tokenizer, library and version; ``None``: an estimate."""
        source = self.vocabulary.tokenizer
        if source is None:
            return None
        if source.library is None:
            return source.known_by()
        version = installed(source.library)
        try:
            return version and f"{source.library} {version} {source.known_by(_bytes(source))}"
        except Refused:
            return None

    def words(self, words: Sequence[str], scripts: Sequence[str]) -> Encoded:
        """The tokens of single words; where words of their script have spaces, as they stand in a text after one."""
        after_space = [script not in UNSPACED for script in scripts]

        return self._cut(words, after_space, lambda: segmenter(self.vocabulary).pieces_of(words, scripts))

    def texts(self, texts: Sequence[str]) -> Encoded:
        """The tokens of whole texts."""

        return self._cut(texts, [False] * len(texts), lambda: self._estimated(texts))

    def texts_and_words(
        self, texts: Sequence[str], words: Sequence[str], scripts: Sequence[str]
    ) -> tuple[Encoded, Encoded]:
        """:meth:`texts` and :meth:`words` at once: a library reads its file one time."""
        after_space = [False] * len(texts) + [script not in UNSPACED for script in scripts]

        def estimated() -> Iterable[Sequence[int]]:
            pieces = segmenter(self.vocabulary).pieces_of(words, scripts)
            return itertools.chain(self._estimated(texts), pieces)

        both = self._cut([*texts, *words], after_space, estimated)
        return both.parted(len(texts))

    def _estimated(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        cut = segmenter(self.vocabulary)
        of_text = [words_of(text, self.vocabulary) for text in texts]
        known = {word: cut.cut(word) for word in dict.fromkeys(itertools.chain.from_iterable(of_text))}
        return (list(itertools.chain.from_iterable(known[w] for w in found)) for found in of_text)

    def _cut(self, texts: Sequence[str], after_space: Sequence[bool], estimated: Estimated) -> Encoded:
        source, remark = self.vocabulary.tokenizer, ""
        if source is not None and source.encode is not None:
            return self._given(source.encode, texts, after_space)
        if source is not None and source.library is not None:
            version = installed(source.library)
            if version is None:
                remark = (
                    f"the library {source.library} is not installed (pip install 'hyperpolyglot[tokenizers]')"
                )
            else:
                try:
                    found = run(source, _bytes(source), texts, after_space, self.limits)
                    return self._by_library(source, found, f"{source.library} {version}")
                except Refused as refused:
                    remark = f"{source.library} {version} cannot read {source.name} ({refused})"
                except DamagedFile as damaged:
                    remark = str(damaged).removesuffix(".")
        starts, rows = _joined(estimated())
        return Encoded(starts=starts, rows=rows, exact=False, by=_ESTIMATE, remark=remark)

    def _by_library(self, source: TokenizerSource, found: Cut, by: str) -> Encoded:
        ids = found.ids
        if source.by_piece:
            row_of = {piece: row for row, piece in reversed(list(enumerate(self.vocabulary.pieces)))}
            table = np.full(max(found.pieces, default=0) + 1, ELSEWHERE, np.int32)
            for id_, piece in found.pieces.items():
                table[id_] = row_of.get(piece, ELSEWHERE)
            rows = np.where(ids == UNKNOWN, UNKNOWN, table[np.maximum(ids, 0)] if len(table) else ELSEWHERE)
            return Encoded(starts=found.starts, rows=rows.astype(np.int32), exact=True, by=by)
        return Encoded(starts=found.starts, rows=self._positions(ids), exact=True, by=by)

    def _given(self, encode: Encode, texts: Sequence[str], after_space: Sequence[bool]) -> Encoded:
        def many(some: Sequence[str]) -> list[list[int]]:
            return [_ids(encode(text)) for text in some]

        if any(after_space) and marks_spaces(many):
            texts = [f" {text}" if after else text for text, after in zip(texts, after_space, strict=True)]
        starts, ids = _joined(many(texts))
        unknown = [self.ids[row] for row, p in enumerate(self.vocabulary.pieces) if p in _NAMES_OF_UNKNOWN]
        rows = np.where(np.isin(ids, unknown), UNKNOWN, self._positions(ids))
        return Encoded(starts=starts, rows=rows.astype(np.int32), exact=True, by="encode=")

    def _positions(self, ids: Int32) -> Int32:
        """Where the tokens of the model are in the vocabulary at hand."""
        table = np.full(int(max(ids.max(initial=0), self.ids.max(initial=0))) + 1, ELSEWHERE, np.int32)
        table[self.ids] = np.arange(len(self.ids), dtype=np.int32)
        return np.where(ids == UNKNOWN, UNKNOWN, table[np.maximum(ids, 0)]).astype(np.int32)


def _bytes(source: TokenizerSource) -> bytes:
    if source.made is not None:
        return source.made()
    assert source.path is not None
    try:
        return read_regular(source.path, _LARGEST)
    except (OSError, UnsupportedFormat) as error:
        raise Refused("the file is no longer there") from error


def _ids(found: object) -> list[int]:
    """What ``encode=`` gave, as ids: some tokenizers wrap them. Raises ``TypeError`` for anything else."""
    listed = getattr(found, "ids", found)
    try:
        ids = [int(i) for i in listed]  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"encode= gave a {type(found).__name__}; it gives the ids of a text's tokens."
        ) from error
    if ids and not 0 <= min(ids) <= max(ids) < _MOST_IDS:
        raise TypeError(f"encode= gave the id {min(ids) if min(ids) < 0 else max(ids)}, which no token has.")
    return ids


def _joined(found: Iterable[Sequence[int]]) -> tuple[Int64, Int32]:
    lists = list(found)
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids in lists], dtype=np.int64)])
    return starts, np.fromiter(itertools.chain.from_iterable(lists), np.int32, int(starts[-1]))
