"""From a model to its token space: files or what is in memory, the one tensor, the vocabulary, the labels."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from hyperpolyglot.alignment import check_alignment
from hyperpolyglot.errors import (
    DamagedFile,
    Misaligned,
    ModelNotFound,
    NotCached,
    UnsupportedFormat,
    VocabularyNotFound,
)
from hyperpolyglot.formats import Checkpoint, folders_beneath, open_checkpoint
from hyperpolyglot.hub import HubName, Repository, open_repository
from hyperpolyglot.labellers import DEFAULT
from hyperpolyglot.labels import AnyLabeller, label
from hyperpolyglot.live import LiveModel, recognised, vocabulary_of
from hyperpolyglot.live import looks_like_array as is_array
from hyperpolyglot.locate import locate, remark_on
from hyperpolyglot.sources import remark_on_demo, resolve
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table, View
from hyperpolyglot.tokenizer_source import Encode, given
from hyperpolyglot.types import Float32, Progress, silent
from hyperpolyglot.vocabularies import (
    Side,
    beside,
    configuration,
    find_among,
    find_in_folder,
    from_gguf,
    from_words,
    is_vocabulary_file,
    open_vocabulary_file,
    vocabulary_by_rule,
)
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["Opening", "from_arrays", "open_model", "open_table", "shipped_layout"]

_DEMO = "demo:"
"""Demo models are cut by the estimate wherever the package is installed, so that their numbers are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What to open of a model.

    ``table``: ``"input"`` (what tokens are turned into) or ``"output"`` (the unembedding); ``tensor`` names one
    instead; ``tokenizer`` is a file or folder to take the vocabulary from, or a tokenizer in memory; ``view``: rows as
    stored, scaled by √d, or layer-normed; ``strict``: names of tokens that are off from the rows are an error, not a
    remark.
    """

    table: Literal["input", "output"] = "input"
    tensor: str | None = None
    tokenizer: object | None = None
    view: View = "raw"
    strict: bool = False


# More than seven parameters: what is opened, what its rows and its text are, and who is told.
def open_model(
    model: object,
    opening: Opening | None = None,
    *,
    tokenizer: object | None = None,
    encode: Encode | None = None,
    name: str | None = None,
    labels: AnyLabeller = DEFAULT,
    progress: Progress = silent,
    note: Callable[[str], None] = lambda _: None,
) -> TokenSpace:
    """Open a repository of the Hub, a folder, a file, a demo model or a model in memory as a token space.

    ``model`` is a name or path, a model of transformers, sentence-transformers, model2vec, gensim or spaCy, an
    embedding layer or an array. ``tokenizer``: where the vocabulary comes from, if the model does not say: a tokenizer
    of transformers, tokenizers or sentencepiece, anything with ``get_vocab()``, a dictionary of ids, a list of tokens,
    or a path; rows beyond the tokens are padding. ``encode``: a function from a text to the ids of its tokens, with
    which measures cut text instead of by the tokenizer's file. ``name``: what results call the model.

    Of a local file only headers, the vocabulary and a sample of rows are read (for :mod:`hyperpolyglot.alignment`); of
    a remote one the table is fetched into the cache; the table of a model in memory is copied. A vocabulary alone gives
    a space without a table. ``note`` is told what the user should know of this run, in a sentence: what was damaged in
    the cache, or could not be kept in it. Raises an error of :mod:`hyperpolyglot.errors`, each one sentence.

    >>> space = open_model("demo:meaning")
    >>> space.dim, space.table.dtype
    (64, 'F16')
    >>> len(open_model(np.eye(4, 3), tokenizer=["the", "cat", "sat"]))
    4
    """
    opening = opening or Opening()
    if not isinstance(opening, Opening):
        raise TypeError(
            f"opening is a {type(opening).__name__}; it takes an Opening, such as Opening(view='scaled')"
        )
    if tokenizer is not None:
        opening = replace(opening, tokenizer=tokenizer)
    if not isinstance(model, str | os.PathLike):
        live = recognised(model)
        found = _encoded_by(encode, _open_live(live, opening))
        return _space(name or live.name, None, found, opening, labels)
    written = os.fsdecode(model)
    place = resolve(written)
    revision: str | None
    if isinstance(place, HubName):
        repository = open_repository(place, progress=progress)
        found = _open_repository(repository, place.file, opening)
        revision, chosen = repository.commit, repository.note
        for notice in repository.notices:
            note(notice)
    else:
        found = _open_path(place, opening)
        revision, chosen = _revision(place), ""
    found = found._replace(remark=_joined(chosen and f"{chosen}.", remark_on_demo(written), found.remark))
    if written.startswith(_DEMO):
        found = found._replace(vocabulary=replace(found.vocabulary, tokenizer=None))
    found = _encoded_by(encode, found)
    again = partial(open_table, _pinned(place, revision), replace(opening, tokenizer=None))
    space = _space(name or written, revision, found, opening, labels, again)
    return replace(space, opened=written) if name else space


def from_arrays(
    embeddings: object,
    tokens: Iterable[str] | None = None,
    *,
    name: str = "arrays",
    tokenizer: object | None = None,
    encode: Encode | None = None,
    labels: AnyLabeller = DEFAULT,
) -> TokenSpace:
    """A token space of arrays in memory.

    ``embeddings`` is ``[V, d]`` of floats, of any library that speaks ``__array__`` or DLPack; its numbers are copied,
    unless the array is read-only. ``tokens`` are what the first rows stand for, or a ``tokenizer`` says so (see
    :func:`open_model`); rows beyond them are padding. ``encode`` as for that. Raises an error of
    :mod:`hyperpolyglot.errors` for anything else.

    >>> space = from_arrays(np.eye(4, 3, dtype=np.float32), ["▁the", "▁cat", "▁sat"], name="mine")
    >>> space.model, space.vocabulary.kind_counts()
    ('mine', {'text': 3, 'padding': 1})
    """
    if not is_array(embeddings):
        raise UnsupportedFormat(
            f"embeddings is of type {type(embeddings).__name__}; pass an array [tokens, dimensions] of numpy, torch, "
            "jax or another library, or a model to open_model()."
        )
    if (tokens is None) == (tokenizer is None):
        raise VocabularyNotFound(
            "the rows of arrays are named by tokens, one for each row, or by tokenizer=; pass one."
        )
    if tokens is not None:
        tokenizer = list(tokens)
    space = open_model(embeddings, tokenizer=tokenizer, encode=encode, name=name, labels=labels)
    if tokens is not None and space.vocabulary.missing:
        given = len(space) + space.vocabulary.missing
        raise VocabularyNotFound(
            f"{name}: there are {given} tokens for {len(space)} rows; pass at most one token for each row."
        )
    return space


def _space(
    name: str,
    revision: str | None,
    found: _Parts,
    opening: Opening,
    labels: AnyLabeller,
    again: Callable[[], Table] | None = None,
) -> TokenSpace:
    table, vocabulary = found.table, found.vocabulary
    alignment, doubt = None, ""
    if table is not None:
        vocabulary = vocabulary.fit(table.shape[0])
        table = replace(table, again=again).seen(opening.view)
        alignment = check_alignment(table, vocabulary)
        doubt = alignment.remark(vocabulary.source, len(vocabulary)) if alignment else ""
    if doubt and opening.strict:
        raise Misaligned(doubt)
    labelled = label(vocabulary, labels)
    return TokenSpace(
        model=name,
        revision=revision,
        table=table,
        vocabulary=vocabulary,
        labels=labelled,
        ids=np.arange(len(vocabulary), dtype=np.int32),
        remark=_joined(found.remark, vocabulary.remark, labelled.remark, doubt),
        alignment=alignment,
    )


def _encoded_by(encode: Encode | None, found: _Parts) -> _Parts:
    """Text is cut by ``encode``, where that is given."""
    if encode is None:
        return found
    return found._replace(vocabulary=replace(found.vocabulary, tokenizer=given(encode)))


def _joined(*remarks: str) -> str:
    return " ".join(filter(None, remarks))


def open_table(place: Path | HubName, opening: Opening) -> Table:
    """The table alone, as :func:`open_model` finds it. Raises as that."""
    if isinstance(place, HubName):
        repository = open_repository(place)
        checkpoint = repository.checkpoint(place.file)
        config = _remote_config(repository, place.file)
    else:
        checkpoint = open_checkpoint(place)
        config = _config(place if place.is_dir() else place.parent)
    return _table(checkpoint, config, opening)[0].seen(opening.view)


def _pinned(place: Path | HubName, revision: str | None) -> Path | HubName:
    """The same place for a process that runs in another folder, or later."""
    return replace(place, revision=revision) if isinstance(place, HubName) else place.absolute()


class _Parts(NamedTuple):
    """What was opened: the table, if there is one, the vocabulary, and what there is to say of the checkpoint."""

    table: Table | None
    vocabulary: Vocabulary
    remark: str = ""


def _open_live(live: LiveModel, opening: Opening) -> _Parts:
    known = live.input if opening.table == "input" else live.output
    table, remark = _table(live.checkpoint, _of_text(live.config), opening, known)
    tokenizer = next((t for t in (opening.tokenizer, live.tokenizer, live.tokens) if t is not None), None)
    if tokenizer is None:
        raise VocabularyNotFound(
            f"{live.name}: nothing says what its rows stand for; pass tokenizer=, such as the model's tokenizer or a "
            "list of tokens."
        )
    side = _side(table.name, opening)
    return _Parts(table, vocabulary_of(tokenizer, table, side, live.name, live.config), remark)


def _open_path(path: Path, opening: Opening) -> _Parts:
    if path.is_file() and is_vocabulary_file(path):
        return _Parts(None, open_vocabulary_file(path))
    try:
        checkpoint = open_checkpoint(path)
    except ModelNotFound:
        alone = find_in_folder(path)
        if alone is None:
            raise
        return _Parts(None, open_vocabulary_file(alone), _only_beneath(folders_beneath(path)))
    folder = path if path.is_dir() else path.parent
    table, remark = _table(checkpoint, _config(folder), opening)
    beside_it = _Tokenizer(opening.tokenizer, table, _side(table.name, opening), lambda: folder)
    return _Parts(table, _vocabulary(checkpoint, beside_it), remark)


def _open_repository(repository: Repository, file: str | None, opening: Opening) -> _Parts:
    if file is not None and is_vocabulary_file(file):
        return _Parts(None, open_vocabulary_file(repository.local([file, *repository.tokenizer()]) / file))
    try:
        checkpoint = repository.checkpoint(file)
    except ModelNotFound:
        names = repository.tokenizer()
        if file is not None or find_among(names) is None:
            raise
        later = partial(_completed, repository, None)
        return _Parts(None, open_vocabulary_file(repository.local(names), later=later))
    table, remark = _table(checkpoint, _remote_config(repository, file), opening)
    side = _side(table.name, opening)
    beside_it = _Tokenizer(
        opening.tokenizer,
        table,
        side,
        partial(_remote_tokenizer, repository, file, side),
        partial(_completed, repository, file, side),
    )
    return _Parts(table, _vocabulary(checkpoint, beside_it), remark)


def _completed(repository: Repository, file: str | None, side: Side = "source") -> None:
    """Fetch the files that may name more tokens; without a network those that the cache lacks are done without."""
    for name in repository.completing(file, side):
        with contextlib.suppress(NotCached):
            repository.local([name])


def _remote_config(repository: Repository, file: str | None) -> Mapping[str, Any]:
    """``config.json`` beside the file that is opened, else the one at the top of the repository."""
    paths = [path for path in repository.beside(file) if path.rpartition("/")[2] == "config.json"]
    paths = paths or [name for name in repository.names if name == "config.json"]
    return _config(repository.local(paths, _folder_of(paths)))


def _remote_tokenizer(repository: Repository, file: str | None, side: Side) -> Path:
    paths = repository.tokenizer(file, side)
    return repository.local(paths, _folder_of(paths))


def _folder_of(paths: list[str]) -> str:
    return paths[0].rpartition("/")[0] if paths else ""


def _only_beneath(folders: list[str]) -> str:
    """What is said where a vocabulary stands for a model whose checkpoints lie in folders beneath."""
    if not folders:
        return ""
    return f"Only the vocabulary is read: checkpoints lie in its folders {', '.join(folders[:4])}."


def _table(
    checkpoint: Checkpoint, config: Mapping[str, Any], opening: Opening, known: str | None = None
) -> tuple[Table, str]:
    """The table that is asked for, and what there is to say of the checkpoint and of the choice.

    ``known``: its name, where the model says it itself.
    """
    name = locate(
        checkpoint.tensors,
        opening.table,
        known if opening.tensor is None else opening.tensor,
        _size(config, "text_vocab_size") or _size(config, "vocab_size"),
        _size(config, "hidden_size") or _size(config, "d_model"),
        config.get("tie_word_embeddings") is True,
    )
    chosen = remark_on(checkpoint.tensors, name, opening.table) if opening.tensor is None else ""
    return checkpoint.table(name), " ".join(filter(None, (checkpoint.remark, chosen)))


class _Tokenizer(NamedTuple):
    """Where a vocabulary is looked for: a file that is named, else a folder; and what it is for."""

    named: object | None
    table: Table
    side: Side
    folder: Callable[[], Path]
    later: Callable[[], object] = bool


def _side(tensor: str, opening: Opening) -> Side:
    """The decoder reads and writes the target language, where a model has a vocabulary for each."""
    decodes = "decoder" in tensor.split(".")[:-2] or opening.table == "output"
    return "target" if decodes else "source"


def _vocabulary(checkpoint: Checkpoint, tokenizer: _Tokenizer) -> Vocabulary:
    rows = tokenizer.table.shape[0]
    if tokenizer.named is not None:
        return vocabulary_of(tokenizer.named, tokenizer.table, tokenizer.side, checkpoint.name)
    if checkpoint.tokens is not None:
        return from_words(checkpoint.tokens, checkpoint.name)
    if any(key.startswith("tokenizer.ggml.") for key in checkpoint.metadata):
        return from_gguf(checkpoint.metadata, checkpoint.name)
    folder = tokenizer.folder()
    found = find_in_folder(folder, tokenizer.side)
    if found is not None:
        return open_vocabulary_file(found, rows=rows, side=tokenizer.side, later=tokenizer.later)
    tokenizer.later()
    by_rule = vocabulary_by_rule(beside(folder, rows), tokenizer.table.name)
    if by_rule is None:
        raise VocabularyNotFound(
            f"{checkpoint.name}: there is no tokenizer file beside it (tokenizer.json, tokenizer.model, vocab.txt, …); "
            f"name one with --tokenizer."
        )
    return by_rule


def _config(folder: Path) -> Mapping[str, Any]:
    """``config.json``, or an empty mapping; multimodal ones keep the text model's part under ``text_config``."""
    return _of_text(configuration(folder))


def _of_text(config: Mapping[str, Any]) -> Mapping[str, Any]:
    text = config.get("text_config")
    return {**config, **text} if isinstance(text, dict) else config


def _size(config: Mapping[str, Any], name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _revision(path: Path) -> str | None:
    """The commit, where a folder or file lies in a snapshot of the Hub's cache."""
    parts = path.resolve().parts if path.is_dir() else path.absolute().parts
    at = max((i for i, part in enumerate(parts) if part == "snapshots"), default=len(parts))
    return parts[at + 1] if at + 1 < len(parts) and len(parts[at + 1]) == 40 else None


def shipped_layout(model: str) -> Float32 | None:
    """The map that comes with a demo model, float32 ``[rows, 2]``, NaN where a token has no place."""
    if not model.startswith(_DEMO):
        return None
    place = resolve(model)
    if isinstance(place, HubName):
        return None
    path = place.with_suffix(".map.npy")
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.float32)
    except (OSError, ValueError) as error:
        what = "the layout of the demo model cannot be read; install the package again"
        raise DamagedFile(path.name, what) from error
