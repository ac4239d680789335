"""From the name of a model to its token space: files, the one tensor, the vocabulary, the labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from hyperpolyglot.errors import DamagedFile, ModelNotFound, VocabularyNotFound
from hyperpolyglot.folders import expanded
from hyperpolyglot.formats import Checkpoint, open_checkpoint
from hyperpolyglot.hub import HubName, Repository, open_repository
from hyperpolyglot.labels import Labeller, label
from hyperpolyglot.locate import locate
from hyperpolyglot.sources import resolve
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table, View
from hyperpolyglot.types import Float32, Progress, silent
from hyperpolyglot.vocabularies import (
    configuration,
    find_among,
    find_in_folder,
    from_gguf,
    from_words,
    is_vocabulary_file,
    open_vocabulary_file,
)
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["Opening", "open_model", "open_table", "shipped_layout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What to open of a model.

    ``table``: ``"input"`` (what tokens are turned into) or ``"output"`` (the unembedding); ``tensor`` names one
    instead; ``tokenizer`` is a file or folder to take the vocabulary from; ``view``: rows as stored, scaled by √d, or
    layer-normed.
    """

    table: Literal["input", "output"] = "input"
    tensor: str | None = None
    tokenizer: str | None = None
    view: View = "raw"


def open_model(
    model: str, opening: Opening | None = None, *, labels: Labeller = "script", progress: Progress = silent
) -> TokenSpace:
    """Open a repository of the Hub, a folder, a file or a demo model as a token space.

    Of a local file only headers and the vocabulary are read; of a remote one the table is fetched into the cache.
    A vocabulary alone gives a space without a table. Raises an error of :mod:`hyperpolyglot.errors`, each one
    sentence.

    >>> space = open_model("demo:meaning")
    >>> space.dim, space.table.dtype
    (64, 'F16')
    """
    opening = opening or Opening()
    place = resolve(model)
    revision: str | None
    if isinstance(place, HubName):
        repository = open_repository(place, progress=progress)
        found = _open_repository(repository, place.file, opening)
        revision, note = repository.commit, repository.note
    else:
        found = _open_path(place, opening)
        revision, note = _revision(place), ""
    table, vocabulary = found.table, found.vocabulary
    if table is not None:
        vocabulary = vocabulary.fit(table.shape[0])
        again = partial(open_table, _pinned(place, revision), opening)
        table = replace(table, again=again).seen(opening.view)
    return TokenSpace(
        model=model,
        revision=revision,
        table=table,
        vocabulary=vocabulary,
        labels=label(vocabulary, labels),
        ids=np.arange(len(vocabulary), dtype=np.int32),
        remark=" ".join(filter(None, (note, found.remark, vocabulary.remark))),
    )


def open_table(place: Path | HubName, opening: Opening) -> Table:
    """The table alone, as :func:`open_model` finds it. Raises as that."""
    if isinstance(place, HubName):
        repository = open_repository(place)
        config = [name for name in repository.names if name == "config.json"]
        checkpoint, folder = repository.checkpoint(place.file), repository.local(config)
    else:
        checkpoint, folder = open_checkpoint(place), place if place.is_dir() else place.parent
    return _table(checkpoint, _config(folder), opening).seen(opening.view)


def _pinned(place: Path | HubName, revision: str | None) -> Path | HubName:
    """The same place for a process that runs in another folder, or later."""
    return replace(place, revision=revision) if isinstance(place, HubName) else place.absolute()


class _Parts(NamedTuple):
    """What was opened: the table, if there is one, the vocabulary, and what there is to say of the checkpoint."""

    table: Table | None
    vocabulary: Vocabulary
    remark: str = ""


def _open_path(path: Path, opening: Opening) -> _Parts:
    if path.is_file() and is_vocabulary_file(path.name):
        return _Parts(None, open_vocabulary_file(path))
    try:
        checkpoint = open_checkpoint(path)
    except ModelNotFound:
        alone = find_in_folder(path)
        if alone is None:
            raise
        return _Parts(None, open_vocabulary_file(alone))
    folder = path if path.is_dir() else path.parent
    table = _table(checkpoint, _config(folder), opening)
    return _Parts(table, _vocabulary(checkpoint, lambda: folder, opening.tokenizer), checkpoint.remark)


def _open_repository(repository: Repository, file: str | None, opening: Opening) -> _Parts:
    if file is not None and is_vocabulary_file(file):
        return _Parts(None, open_vocabulary_file(repository.local([file, *repository.tokenizer()]) / file))
    try:
        checkpoint = repository.checkpoint(file)
    except ModelNotFound:
        names = repository.tokenizer()
        if file is not None or find_among(names) is None:
            raise
        return _Parts(None, open_vocabulary_file(repository.local(names)))
    config = [name for name in repository.names if name == "config.json"]
    table = _table(checkpoint, _config(repository.local(config)), opening)
    vocabulary = _vocabulary(checkpoint, lambda: repository.local(repository.tokenizer()), opening.tokenizer)
    return _Parts(table, vocabulary, checkpoint.remark)


def _table(checkpoint: Checkpoint, config: Mapping[str, Any], opening: Opening) -> Table:
    name = locate(
        checkpoint.tensors,
        opening.table,
        opening.tensor,
        _size(config, "vocab_size"),
        _size(config, "hidden_size") or _size(config, "d_model"),
    )
    return checkpoint.table(name)


def _vocabulary(checkpoint: Checkpoint, folder: Callable[[], Path], tokenizer: str | None) -> Vocabulary:
    if tokenizer is not None:
        return open_vocabulary_file(expanded(tokenizer))
    if checkpoint.tokens is not None:
        return from_words(checkpoint.tokens, checkpoint.name)
    if any(key.startswith("tokenizer.ggml.") for key in checkpoint.metadata):
        return from_gguf(checkpoint.metadata, checkpoint.name)
    beside = find_in_folder(folder())
    if beside is None:
        raise VocabularyNotFound(
            f"{checkpoint.name}: there is no tokenizer file beside it (tokenizer.json, tokenizer.model, vocab.txt, …); "
            f"name one with --tokenizer."
        )
    return open_vocabulary_file(beside)


def _config(folder: Path) -> Mapping[str, Any]:
    """``config.json``, or an empty mapping; multimodal ones keep the text model's part under ``text_config``."""
    config = configuration(folder)
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
    if not model.startswith("demo:"):
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
