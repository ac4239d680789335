"""New tokens from a word list: old rows stay, new ones are built and judged as in a transplant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hyperpolyglot.applications.extension.checking import library_of, single_tokens
from hyperpolyglot.applications.extension.forms import Form, form_of
from hyperpolyglot.applications.extension.new_words import NewWords, new_words
from hyperpolyglot.applications.extension.written import Written
from hyperpolyglot.applications.model_configuration import configuration_of
from hyperpolyglot.applications.transplantation.added_words import AddedWords
from hyperpolyglot.applications.transplantation.aligned import Aligned
from hyperpolyglot.applications.transplantation.transplant import Transplant, TransplantOptions, transplanted
from hyperpolyglot.arguments import checked, checked_all, options_of
from hyperpolyglot.errors import NotEnoughData, UnsupportedFormat
from hyperpolyglot.labels import label
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.types import Array, Progress, silent
from hyperpolyglot.vocabulary import LARGEST_ID, TokenKind, Vocabulary, display

__all__ = ["extend", "with_new_tokens"]

_MOST_WORDS = 200_000
_FEWEST_STARTS = 100
_NOT_FOUND = "not cut as one token"
_ROUNDS = 3


def extend(
    source: TokenSpace,
    words: Sequence[str],
    via: TokenSpace | None = None,
    *,
    output: TokenSpace | None = None,
    options: TransplantOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Transplant:
    """Add a token for each word to a model with a ``tokenizer.json``, a ``vocab.txt`` or a SentencePiece model.

    Rows of old tokens stay, float32 ``[rows, d]``, and rows of new words are built as :func:`transplant` builds them:
    as the mean of the pieces that they are cut into, or by what is learnt from the table of ``via``; ``auto`` takes
    what rebuilds hidden tokens best, which begin a word (where 100 do). ``output``: as for :func:`transplant`.
    :func:`write_transplant` writes table and tokenizer. Raises ``UnsupportedFormat`` for another tokenizer, ids with
    gaps or a part of a model, ``NotEnoughData`` where no word is new, too many are given, or too few tokens can be
    hidden.

    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import hyperpolyglot as hp
    >>> pieces = ["▁" + a + b for a in "abcdefghijkl" for b in "abcdefghijkl"] + list("abcdefghijkl") + ["▁"]
    >>> model = {"type": "Unigram", "unk_id": None, "vocab": [[piece, -1.0] for piece in pieces]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "tokenizer.json")
    ...     _ = file.write_text(json.dumps({"model": model, "decoder": {"type": "Metaspace"}}), "utf8")
    ...     table = np.random.default_rng(0).standard_normal((len(pieces), 8))
    ...     space = hp.open_model(table, tokenizer=str(file))
    ...     found = hp.extend(space, ["balek", "ab"], held_out=20)
    ...     found.chosen, found.copied, found.built, found.embeddings.shape, found.added.already
    ('mean', 157, 1, (158, 8), 1)
    """
    checked("extend", source, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked_all("extend", words, str, "words")
    options = options_of("extend", TransplantOptions, options, changes)
    target, added = with_new_tokens(source, words)
    known = _known(source, target, via, added.first)
    found = transplanted(
        known,
        None if output is None else replace(known, source=_of_same(output, source)),
        options,
        progress,
        may_hide=_hideable(source, target),
    )
    blank = np.flatnonzero(target.vocabulary.kinds[: len(source)] == TokenKind.PADDING)
    found = replace(
        found,
        embeddings=_with_rows(found.embeddings, source, blank),
        output=None
        if found.output is None or output is None
        else replace(found.output, embeddings=_with_rows(found.output.embeddings, output, blank)),
        added=added,
    )
    return stamped(found, came_from(source, *([] if via is None else [via]), seed=options.seed))


def with_new_tokens(source: TokenSpace, words: Sequence[str]) -> tuple[TokenSpace, AddedWords]:
    """The vocabulary with those of the words that are new, and what became of the others. Raises as :func:`extend`."""
    if len(source) != source.matrix.shape[0]:
        raise UnsupportedFormat(f"{source.model}: only a part of its tokens is open; name the whole model.")
    form = form_of(source)
    if len(words) > _MOST_WORDS:
        raise NotEnoughData(f"{len(words):,} words are more than {_MOST_WORDS:,}; keep the most common ones.")
    first = form.first
    tokenizer = source.vocabulary.tokenizer
    assert tokenizer is not None
    if np.any(source.vocabulary.kinds[first:] != TokenKind.PADDING) or first + len(words) > LARGEST_ID:
        raise UnsupportedFormat(
            f"{tokenizer.name}: other files beside it, or the code of its family, name tokens after its last one that "
            "cannot be written into it; save the tokenizer with all of its tokens in tokenizer.json first."
        )
    sifted = new_words(words, source.vocabulary, spelled_bare=form.matching == "words")
    listed, written, checked_by_library = _written(form, sifted, tokenizer)
    if written is None:
        raise NotEnoughData(
            f"none of {len(words):,} words is new: {listed.already:,} are tokens already, "
            f"{sum(listed.refused.values()):,} cannot be one{_reasons(listed.refused)}."
        )
    target = _target(source, listed, first, written)
    configuration = configuration_of(source)
    return target, AddedWords(
        words=tuple(word.text for word in listed.words),
        first=first,
        already=listed.already,
        refused=listed.refused,
        replaced=min(len(listed.words), len(source) - first),
        files=written.files,
        beside=None if tokenizer.path is None else tokenizer.path.parent,
        matching=written.matching,
        misread=written.misread,
        checked_by=library_of(written.tokenizer) if checked_by_library else None,
        configuration=configuration and configuration.resized(target.n_rows),
    )


def _reasons(refused: dict[str, int]) -> str:
    return f" ({', '.join(f'{count:,} {why}' for why, count in refused.items())})" if refused else ""


def _written(
    form: Form, listed: NewWords, tokenizer: TokenizerSource
) -> tuple[NewWords, Written | None, bool]:
    """The words that are new to the tokenizer's library and one token to it afterwards, and the files with them.

    Where the library cannot be asked all are taken to be; the last value says whether it was.
    """
    known = single_tokens(tokenizer, listed.words) if listed.words else None
    if known is None:
        return listed, form.extended(listed.words) if listed.words else None, False
    listed = listed.without(known >= 0, already=True)
    for _ in range(_ROUNDS):
        if not listed.words:
            return listed, None, True
        written = form.extended(listed.words)
        ids = single_tokens(written.tokenizer, listed.words)
        if ids is None:
            raise UnsupportedFormat(
                f"{tokenizer.name}: its library does not read the file with words added to it."
            )
        lost = ids != np.arange(form.first, form.first + len(ids))
        if not lost.any():
            return listed, written, True
        listed = listed.without(_without_own(ids, form.first), why=_NOT_FOUND)
    raise UnsupportedFormat(f"{tokenizer.name}: its library does not find words that are added to it.")


def _without_own(ids: Array, first: int) -> Array:
    """Which words are no new token, or the same one as a word before them: bool ``[word]``.

    Of words that are alike after the normaliser the library takes any; the first of the list is kept.
    """
    kept = np.zeros(len(ids), bool)
    kept[np.unique(ids, return_index=True)[1]] = True
    return ~kept | (ids < first) | (ids >= first + len(ids))


def _of_same(output: TokenSpace, source: TokenSpace) -> TokenSpace:
    if len(output) != len(source):
        raise UnsupportedFormat(
            f"{output.model}: the output table has {len(output):,} rows, and the input table {len(source):,}."
        )
    return output


def _target(source: TokenSpace, listed: NewWords, first: int, written: Written) -> TokenSpace:
    """The vocabulary with the new words, in rows without a token first; a new word reads as one that begins a word."""
    old, end = source.vocabulary, first + len(listed.words)
    keep = slice(0, first)
    count = max(0, len(old) - end)
    utf8 = tuple(word.utf8 for word in listed.words)
    new = len(utf8)
    kind = TokenKind.TEXT if written.matching == "pieces" else TokenKind.ADDED
    vocabulary = Vocabulary(
        pieces=old.pieces[keep] + written.pieces + ("",) * count,
        utf8=old.utf8[keep] + utf8 + (b"",) * count,
        texts=old.texts[keep] + tuple(map(display, utf8)) + ("",) * count,
        kinds=np.r_[
            old.kinds[keep],
            np.full(new, kind, np.uint8),
            np.full(count, TokenKind.PADDING, np.uint8),
        ],
        starts_word=np.r_[old.starts_word[keep], np.ones(new, bool), np.zeros(count, bool)],
        scores=np.r_[
            old.scores[keep], np.array(written.scores, np.float32), np.full(count, np.nan, np.float32)
        ],
        scheme=old.scheme,
        source=old.source,
        whole=old.whole,
        tokenizer=written.tokenizer,
    )
    return TokenSpace(
        model=source.model,
        revision=source.revision,
        table=None,
        vocabulary=vocabulary,
        labels=label(vocabulary),
        ids=np.arange(len(vocabulary), dtype=np.int32),
    )


def _known(source: TokenSpace, target: TokenSpace, via: TokenSpace | None, first: int) -> Aligned:
    """Old tokens are those of the source by their ids; in the other model tokens are found by their text."""
    in_source = np.full(len(target), -1, np.int32)
    named = np.flatnonzero(target.vocabulary.kinds[:first] != TokenKind.PADDING)
    in_source[named] = named
    in_auxiliary = np.full(len(target), -1, np.int32)
    if via is not None:
        (own, theirs), _ = shared_rows([target, via])
        in_auxiliary[own] = theirs
        in_auxiliary[:first][~_usable(source, first)] = -1
    return Aligned(
        source=source, target=target, auxiliary=via, in_source=in_source, in_auxiliary=in_auxiliary
    )


def _hideable(source: TokenSpace, target: TokenSpace) -> Array:
    """Tokens that begin a word, as new ones do; all that are text where few do."""
    usable = _usable(source, len(target))
    starts = target.vocabulary.starts_word & usable
    return starts if np.count_nonzero(starts) >= _FEWEST_STARTS else usable


def _usable(source: TokenSpace, count: int) -> Array:
    """Which of ``count`` rows are text of the source with a direction."""
    found = np.zeros(count, bool)
    rows = source.candidates().rows
    rows = rows[(rows < count) & np.isin(source.vocabulary.kinds[rows], (TokenKind.TEXT, TokenKind.ADDED))]
    found[rows] = True
    return found


def _with_rows(table: Array, source: TokenSpace, rows: Array) -> Array:
    """The table with rows that no token has, as the source has them."""
    if not len(rows):
        return table
    made = table.copy()
    made[rows] = source.vectors(rows)
    return made
