"""A model as this project sees it: tokens, their vectors and their labels on one axis."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.alignment import Alignment
from hyperpolyglot.arguments import Kinds, kinds_of
from hyperpolyglot.errors import TensorNotFound, TokenNotFound
from hyperpolyglot.labels import AnyLabeller, Labels, label
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.origins import ModelSource
from hyperpolyglot.records import SHOWN, brief, displayed, imported, with_model
from hyperpolyglot.scratch import filled
from hyperpolyglot.shown import shown
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, Float32, Int32, Progress, frozen, silent
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from hyperpolyglot.writing.scripts import script_name

__all__ = ["Candidates", "LeftOut", "TokenSpace"]

_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Candidates:
    """The tokens that a measure works on.

    ``rows``: int32, ascending positions in the space. ``excluded``: how many are left out, by reason.
    """

    rows: Int32
    excluded: dict[str, int]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Tokens that no measure works on, and why: ``tokens`` bool ``[token]``."""

    tokens: NDArray[np.bool_]
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", frozen(self.tokens))


@dataclass(frozen=True, kw_only=True)
class TokenSpace:
    """Token ``i`` is row ``ids[i]`` of the model's table; all parts are aligned on that axis.

    ``model`` is what results call the model; ``opened`` the name it was opened by, where that is another. ``table`` is
    ``None`` for a vocabulary alone, which is enough to count and compare tokens. ``remark`` is what the user should
    know of the opening, in a sentence; ``left_out``: tokens that are no candidates (:meth:`without`). ``alignment`` is
    the check of the whole model's names against its rows, ``None`` where nothing could be checked. ``narrowed``: tokens
    were left out by :meth:`where`, so that text cannot be cut into those that are here. :meth:`take` is the only way to
    a subset.
    """

    model: str
    revision: str | None
    table: Table | None
    vocabulary: Vocabulary
    labels: Labels
    ids: Int32
    remark: str = ""
    left_out: LeftOut | None = None
    alignment: Alignment | None = None
    opened: str | None = None
    narrowed: bool = False

    __repr__ = brief

    def __post_init__(self) -> None:
        if self.left_out is not None and len(self.left_out.tokens) != len(self.ids):
            raise ValueError("the tokens left out are not those of the space")
        if not len(self.vocabulary) == len(self.labels) == len(self.ids):
            raise ValueError("vocabulary, labels and ids differ in length")
        rows = self.n_rows
        if len(self.ids) and not 0 <= int(self.ids.min()) <= int(self.ids.max()) < rows:
            raise ValueError("ids are not rows of the table")
        object.__setattr__(self, "ids", frozen(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_rows(self) -> int:
        """Rows of the model's table; for a vocabulary alone, its ids."""
        return self.table.shape[0] if self.table else len(self)

    @property
    def label_names(self) -> dict[str, str]:
        """What labels are called where they are language tags: their English names; empty for other labels."""
        return {tag: language_name(tag) for tag in self.labels.names} if self.labels.labelling.tags else {}

    @property
    def abstained(self) -> float | None:
        """The share of text tokens without a label, where labels are only given to what can be told; else ``None``."""
        text = np.isin(self.vocabulary.kinds, (TokenKind.TEXT, TokenKind.ADDED))
        if not self.labels.labelling.abstains or not text.any():
            return None
        return float(np.mean(self.labels.codes[text] < 0))

    @property
    def origin(self) -> str:
        """The name that opens the model again: ``model``, unless it was given another."""
        return self.model if self.opened is None else self.opened

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.matrix.shape[1]

    @property
    def matrix(self) -> Table:
        """The table. Raises ``TensorNotFound`` for a vocabulary alone."""
        if self.table is None:
            raise TensorNotFound(
                f"{self.model}: a vocabulary alone has no vectors; name a checkpoint, or use census or overlap."
            )
        return self.table

    def vectors(self, rows: NDArray[np.integer] | slice = slice(None)) -> Float32:
        """The vectors of some tokens, float32 ``[n, d]``, as they are in the table (not scaled)."""
        return self.matrix.rows(self.ids[rows])

    def vectors_on_disk(self, rows: NDArray[np.integer], progress: Progress = silent) -> Float32:
        """The same as :meth:`vectors`, read-only and paged in as it is touched.

        Where the model's file holds these rows together as float32 it is that, else a file for the time of use.
        Raises ``NotEnoughMemory`` where the disk is too full.
        """
        ids, whole = self.ids[rows], self.matrix.mapped
        if whole is not None and len(ids) and np.array_equal(ids, np.arange(ids[0], ids[0] + len(ids))):
            return whole[ids[0] : ids[0] + len(ids)]
        return filled((len(ids), self.dim), np.float32, self._in_blocks(ids, progress))

    def _in_blocks(self, ids: Int32, progress: Progress) -> Iterator[Float32]:
        step = max(1, _BLOCK_BYTES // (4 * self.dim))
        for start in range(0, len(ids), step):
            yield self.matrix.rows(ids[start : start + step])
            progress("vectors", min(start + step, len(ids)), len(ids))

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_] | Sequence[int]) -> TokenSpace:
        """The space of the given tokens, in that order; of a mask bool ``[token]``, those where it is true.

        >>> import hyperpolyglot as hp
        >>> space = hp.open_model("demo:meaning")
        >>> len(space.take(space.vocabulary.starts_word)) < len(space)
        True
        """
        rows = self._positions(rows)
        out = self.left_out
        return replace(
            self,
            vocabulary=self.vocabulary.take(rows),
            labels=self.labels.take(rows),
            ids=self.ids[rows],
            left_out=out and LeftOut(out.tokens[rows], out.reason),
        )

    def where(
        self,
        *,
        labels: str | Collection[str] | None = None,
        kinds: Kinds | str | None = None,
        top: int | None = None,
    ) -> TokenSpace:
        """The tokens of some labels and kinds, and of those the ``top`` most common; ``None`` is all.

        How common a token is, the tokenizer's own order says: tokens without a score first (bytes, letters), then by
        score, ties by id; padding is no token. Measures of the result know only its tokens: its neighbours are among
        them. Raises ``TokenNotFound`` for a label that no token has.

        >>> import hyperpolyglot as hp
        >>> space = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], kinds=["text"], top=100)
        >>> len(space), sorted(space.labels.counts())
        (100, ['Cyrl', 'Latn'])
        """
        keep = np.ones(len(self), bool)
        if labels is not None:
            wanted = [labels] if isinstance(labels, str) else list(labels)
            for name in wanted:
                if name not in self.labels.names:
                    there = ", ".join(list(self.labels.counts())[:8]) or "no labels"
                    raise TokenNotFound(f"{self.model}: no token is labelled {name!r}; there are {there}.")
            keep &= np.isin(self.labels.codes, [self.labels.names.index(name) for name in wanted])
        if kinds is not None:
            keep &= np.isin(self.vocabulary.kinds, kinds_of(kinds))
        if top is not None:
            if isinstance(top, bool) or top != int(top) or top < 1:
                raise ValueError(f"top is a number of tokens, 1 or more, not {top}.")
            keep &= self.vocabulary.kinds != TokenKind.PADDING
            rows = np.flatnonzero(keep)
            scores = np.where(np.isnan(self.vocabulary.scores), np.inf, self.vocabulary.scores)[rows]
            rows = np.sort(rows[np.lexsort((self.ids[rows], -scores))][: int(top)])
        else:
            rows = np.flatnonzero(keep)
        return replace(self.take(rows), narrowed=self.narrowed or len(rows) < len(self))

    def columns(self) -> dict[str, list[Any]]:
        """What every token is, by column: ``id``, ``token``, ``piece``, ``label`` and ``kind``."""
        labels = [*self.labels.names, None]
        kinds = {int(kind): kind.label for kind in TokenKind}
        return {
            "id": self.ids.tolist(),
            "token": list(self.vocabulary.texts),
            "piece": list(self.vocabulary.pieces),
            "label": [labels[code] for code in self.labels.codes.tolist()],
            "kind": [kinds[kind] for kind in self.vocabulary.kinds.tolist()],
        }

    def to_pandas(self) -> Any:
        """A row for every token as a ``pandas.DataFrame``: :meth:`columns`, ``norm``, the length of its vector, and
        ``model``.

        The other columns of ``hyperpolyglot tokens`` (occurrences, undertrained, diversity, own_share, nearest) take a
        search of all neighbours: ``hp.token_table(space).to_pandas()`` has them. Raises ``MissingExtra`` without
        pandas.
        """
        columns = self.columns() | ({"norm": self._norms()} if self.table else {})
        return with_model(imported("pandas").DataFrame(columns), self.model)

    def _repr_html_(self) -> str:
        """What a notebook shows: tokens, width, and the largest labels."""
        width = "a vocabulary alone" if self.table is None else f"{self.dim} dimensions, {self.matrix.dtype}"
        counts, called = self.labels.counts(), self.label_names
        rows = [
            {self.labels.labelling.one: name, "name": called.get(name) or script_name(name), "tokens": count}
            for name, count in list(counts.items())[:SHOWN]
        ]
        if all(row["name"] == row[self.labels.labelling.one] for row in rows):
            rows = [{name: value for name, value in row.items() if name != "name"} for row in rows]
        said = f"{self.model}, {len(self):,} tokens, {width}, {len(counts)} {self.labels.labelling.many}"
        after = f"<p>{escape(shown(self.remark))}</p>" if self.remark else ""
        return displayed(type(self).__name__, said, rows, after=after)

    def _norms(self) -> Array:
        step = max(1, _BLOCK_BYTES // (4 * self.dim))
        norms = np.empty(len(self))
        for start in range(0, len(self), step):
            rows = self.vectors(slice(start, start + step))
            norms[start : start + len(rows)] = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
        norms[~np.isfinite(norms)] = np.nan
        return norms

    def _positions(self, rows: object) -> NDArray[np.integer]:
        found = np.asarray(rows)
        if found.ndim != 1 or (found.size and found.dtype.kind not in "biu"):
            raise TypeError(
                "take() takes positions of tokens, or a mask over them: a list or an array in one dimension."
            )
        if found.dtype == bool:
            if len(found) != len(self):
                raise ValueError(
                    f"{self.model}: the mask is over {len(found)} tokens, and there are {len(self)}."
                )
            return np.flatnonzero(found)
        return found if found.size else found.astype(np.int32)

    def without(self, tokens: NDArray[np.bool_], reason: str) -> TokenSpace:
        """The same space where ``tokens`` bool ``[token]`` are no candidates, for a ``reason`` of one word."""
        return replace(self, left_out=LeftOut(tokens, reason))

    def relabel(self, labeller: AnyLabeller) -> TokenSpace:
        """The same tokens under other labels."""
        return replace(self, labels=label(self.vocabulary, labeller))

    def candidates(self, exclude: Kinds = ()) -> Candidates:
        """Tokens whose vector has a direction: finite and not zero, and that stand for something.

        ``exclude`` leaves out further kinds, such as ``["special"]``. Reasons are tried in the order padding, kind, not
        finite, zero, left out.
        """
        left_out = sorted(set(kinds_of(exclude)))
        kinds = self.vocabulary.kinds
        reason = np.zeros(len(self), np.int8)
        names = ["", "padding", *(kind.label for kind in left_out), "not finite", "zero"]
        reason[kinds == TokenKind.PADDING] = 1
        for position, kind in enumerate(left_out, start=2):
            reason[(reason == 0) & (kinds == kind)] = position
        finite, nonzero = self._usable
        reason[(reason == 0) & ~finite] = len(names) - 2
        reason[(reason == 0) & ~nonzero] = len(names) - 1
        if self.left_out is not None:
            names.append(self.left_out.reason)
            reason[(reason == 0) & self.left_out.tokens] = len(names) - 1
        excluded = {name: int(np.count_nonzero(reason == i)) for i, name in enumerate(names) if i}
        return Candidates(
            frozen(np.flatnonzero(reason == 0).astype(np.int32)), {k: v for k, v in excluded.items() if v}
        )

    @cached_property
    def _usable(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        finite, nonzero = np.empty(self.n_rows, bool), np.empty(self.n_rows, bool)
        for where, block in self.matrix.blocks():
            finite[where] = np.isfinite(block).all(axis=1)
            nonzero[where] = block.any(axis=1)
        return finite[self.ids], nonzero[self.ids]

    @property
    def source(self) -> ModelSource:
        """The model as the provenance of results names it."""
        return ModelSource(
            model=self.model,
            revision=self.revision,
            tensor=self.table.name if self.table else None,
            dtype=self.table.dtype if self.table else None,
            unicode=self.labels.unicode or None,
            read=lambda: self.digest,
        )

    @cached_property
    def digest(self) -> str | None:
        """SHA-256 of the table (see :meth:`Table.digest`), ``None`` without one; reads all of it once."""
        return self.table.digest() if self.table else None

    @cached_property
    def token_digest(self) -> str:
        """SHA-256 of the token axis: ids, pieces, kinds, labels, what is left out, and which words are taken whole."""
        digest = hashlib.sha256("\n".join(map(repr, self.vocabulary.pieces)).encode())
        labels = repr((self.labels.names, self.labels.labeller, self.labels.unicode))
        digest.update(f"{labels}{self.labels.basis}".encode())
        for column in (self.ids, self.vocabulary.kinds, self.labels.codes):
            digest.update(np.ascontiguousarray(column).data)
        if self.vocabulary.whole is not None:
            digest.update(repr(("whole", self.vocabulary.whole)).encode())
        if self.left_out is not None:
            digest.update(self.left_out.reason.encode() + np.packbits(self.left_out.tokens).tobytes())
        return f"sha256:{digest.hexdigest()}"
