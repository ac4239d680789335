"""Which files of a model folder make up its checkpoint."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase, translate
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from hyperpolyglot.errors import DamagedFile, ModelNotFound, UnsupportedFormat
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.formats.beside import words_beside
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.registry import FORMATS, is_adapter, read_checkpoint, suffixes
from hyperpolyglot.formats.sharded import ShardedTensors, joined, read_index
from hyperpolyglot.formats.source import LocalFile
from hyperpolyglot.types import ByteSource

__all__ = ["folders_beneath", "folders_that_open", "open_checkpoint", "open_files", "open_folder"]

_INDEX = ".index.json"

_NO_WEIGHTS = (
    "adapter_model.*",
    "training_args.bin",
    "optimizer*",
    "scheduler*",
    "rng_state*",
    "scaler*",
    "random_states*",
    "mmproj*",
    "imatrix*",
    "*.map.npy",
    "*.imatrix.gguf",
    ".*",
)
"""Files with suffixes of checkpoints that hold no model."""

_ELSEWHERE = (
    (("adapter_config.json",), "holds an adapter only; open its base model, or merge the two first"),
    (("flax_model*.msgpack", "*.msgpack"), "holds a Flax checkpoint only; save the model as safetensors"),
    (
        ("tf_model*.h5", "*.h5", "*.ckpt.index", "*.ckpt-*.index", "saved_model.pb"),
        "holds a TensorFlow checkpoint only; save the model as safetensors",
    ),
    (("*.onnx",), "holds an ONNX program only; open the checkpoint it was made from"),
)

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})(?P<suffix>\.\w+)")

_PATTERNS = tuple(pattern for form in FORMATS for pattern in form.names)
"""File names in the order in which a folder is searched for them."""

_LAYER = re.compile(r"(^|/)(\d+_(Dense|Pooling|Normalize|LayerNorm|CNN|LSTM)|\.[^/]*)")
_SHOWN = 4
_MOST_BENEATH = 10_000
_KNOWN = re.compile(
    "|".join(
        translate(pattern)
        for pattern in (*_PATTERNS, *_NO_WEIGHTS, *(name for names, _ in _ELSEWHERE for name in names))
    )
)
"""What any of these patterns may match: of a million files, only those are looked at more than once."""

_MOST = 100_000

Opener = Callable[[str], ByteSource]
Reader = Callable[[ByteSource], Checkpoint]


class _Place(NamedTuple):
    """Where files lie: how messages call it, the names that are there, and how one becomes a checkpoint."""

    where: str
    names: Collection[str]
    opener: Opener
    read: Reader = read_checkpoint

    def open(self, name: str) -> Checkpoint:
        """The checkpoint in one of the files."""
        return self.read(self.opener(name))


def open_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint that a path names: a file, the index or first part of a split one, or a folder.

    Raises ``ModelNotFound``, ``UnsupportedFormat`` or ``DamagedFile``.
    """
    if path.is_dir():
        return open_folder(path)
    part = _PART.fullmatch(path.name)
    opener = _opener(path.parent)
    if path.name.endswith(_INDEX):
        return _open_indexed(path.name, _Place(str(path), _listing(path.parent), opener))[0]
    if part is not None and part["suffix"] == ".gguf":
        names = [name for name in _listing(path.parent) if _same_file(part, name)]
        return _open_parts(sorted(names), _Place(str(path), names, opener))
    names = _listing(path.parent) if path.name.endswith(".npy") else []
    place = _Place(str(path), names, lambda name: LocalFile(path) if name == path.name else opener(name))
    return _open_file(path.name, place)


def open_folder(folder: Path) -> Checkpoint:
    """The checkpoint in a folder of the layout of the Hub; raises as :func:`open_checkpoint`."""
    return open_files(str(folder), _listing(folder), _opener(folder), lambda: folders_beneath(folder))


def open_files(
    where: str,
    names: Iterable[str],
    opener: Opener,
    inner: Callable[[], list[str]] = list,
    read: Reader = read_checkpoint,
) -> Checkpoint:
    """The checkpoint among files called ``names``, wherever they lie; ``opener`` opens one by its name.

    A single file is preferred to an index, safetensors to PyTorch, those to GGUF, npz and word vectors; what is
    chosen among several is in ``remark``. Of a sharded checkpoint only the shards that are asked for are opened.
    ``inner`` names the folders beneath that would open, for the sentence where nothing else does; ``read`` makes a
    checkpoint of a file that was opened.
    """
    place = _Place(where, frozenset(names), opener, read)
    present = sorted(filter(_KNOWN.match, place.names))
    if len(present) > _MOST:
        raise UnsupportedFormat(f"{where} holds {len(present):,} files of models; name one.")
    weights = [name for name in present if not _matches(name, _NO_WEIGHTS)]
    for pattern in _PATTERNS:
        found = [name for name in weights if fnmatchcase(name, pattern)]
        if found:
            checkpoint, used = _open_found(found, place)
            return _with_choice(checkpoint, found, [name for name in weights if name not in used])
    adapters = [name for name in present if is_adapter(name) and name.endswith(suffixes())]
    if adapters:
        return _open_file(adapters[0], place)
    beneath = inner()
    if beneath:
        some = ", ".join(map(shown, beneath[:_SHOWN])) + ", …" * (len(beneath) > _SHOWN)
        raise ModelNotFound(
            f"{where} has no checkpoint itself, but its folders do: {some}; name one, as {where}/{shown(beneath[0])}."
        )
    for patterns, what in _ELSEWHERE:
        if any(_matches(name, patterns) for name in present):
            raise UnsupportedFormat(f"{where} {what}.")
    raise ModelNotFound(f"{where} has no checkpoint that can be opened ({', '.join(suffixes())}).")


def folders_that_open(names: Iterable[str]) -> list[str]:
    """The folders among paths that hold a file of a checkpoint, without those of layers that have no table.

    >>> folders_that_open(["a/model.safetensors", "1_Dense/model.safetensors", "b/notes.md"])
    ['a']
    """
    found: dict[str, None] = {}
    for path in sorted(names):
        folder, _, name = path.rpartition("/")
        if (
            folder
            and not _matches(name, _NO_WEIGHTS)
            and not _LAYER.search(folder)
            and _matches(name, _PATTERNS)
        ):
            found[folder] = None
    return list(found)


def _with_choice(checkpoint: Checkpoint, found: list[str], others: list[str]) -> Checkpoint:
    """The checkpoint that says which of several it is."""
    others = [name for name in others if _matches(name, _PATTERNS)]
    if not others:
        return checkpoint
    some = ", ".join(map(shown, others[:_SHOWN])) + ", …" * (len(others) > _SHOWN)
    chosen = f"{shown(found[0])} is read, and not {some} beside it."
    return replace(checkpoint, remark=" ".join(filter(None, (checkpoint.remark, chosen))))


def _open_found(found: list[str], place: _Place) -> tuple[Checkpoint, Collection[str]]:
    """The checkpoint of the files that fit a pattern, and the files that belong to it."""
    parts = [_PART.fullmatch(name) for name in found]
    if len(found) == 1 and found[0].endswith(_INDEX):
        return _open_indexed(found[0], place)
    if parts[0] is not None and all(_same_file(parts[0], name) for name in found):
        return _open_parts(found, place), found
    if len(found) == 1:
        return _open_file(found[0], place), found
    if all(re.fullmatch(r"consolidated\.\d+\.pth", name) for name in found):
        raise UnsupportedFormat(
            f"{place.where} holds a checkpoint cut for {len(found)} devices (consolidated.*.pth); open the same model "
            "as safetensors."
        )
    some = ", ".join(shown(name) for name in found[:4])
    raise UnsupportedFormat(
        f"{place.where} holds {len(found)} checkpoints ({some}{', …' * (len(found) > 4)}); name one."
    )


def _open_file(name: str, place: _Place) -> Checkpoint:
    """The checkpoint in one file; a matrix without words takes those that lie beside it."""
    checkpoint = place.open(name)
    if is_adapter(name):
        remark = f"{shown(name)} is an adapter, of which the table that was trained with it is read."
        return replace(checkpoint, remark=remark)
    if not name.endswith(".npy"):
        return checkpoint
    (matrix,) = checkpoint.tensors.values()
    beside = words_beside(name, place.names, place.opener, matrix.shape[0])
    if beside is None:
        return checkpoint
    return replace(checkpoint, tokens=beside[1], remark=f"The words are those of {shown(beside[0])}.")


def _open_indexed(index: str, place: _Place) -> tuple[Checkpoint, Collection[str]]:
    shards = read_index(place.opener(index))

    def open_shard(shard: str) -> Checkpoint:
        if shard not in place.names:
            raise ModelNotFound(_missing_shard(shard, index, place))
        return place.open(shard)

    tensors = ShardedTensors(place.where, shards, open_shard)
    return Checkpoint(name=place.where, tensors=tensors), {index, *shards.values()}


def _missing_shard(shard: str, index: str, place: _Place) -> str:
    suffix = shard[shard.rfind(".") :]
    there = sorted(name for name in place.names if name.endswith(suffix))
    said = f"{place.where}: {shown(shard)}, which {shown(index)} names, is not there"
    if not there:
        return f"{said}; fetch it, or the whole model again."
    some = ", ".join(map(shown, there[:_SHOWN])) + ", …" * (len(there) > _SHOWN)
    return f"{said}; the folder has {some}: name one of them, or remove the index if it is not theirs."


def _open_parts(names: list[str], place: _Place) -> Checkpoint:
    """A checkpoint in parts ``-00001-of-00003`` that has no index."""
    part = _PART.fullmatch(names[0]) if names else None
    if part is None:
        raise ModelNotFound(f"{place.where}: there is no such file.")
    if len(names) != int(part["total"]):
        raise DamagedFile(
            place.where, f"{len(names)} of the {int(part['total'])} parts of the checkpoint are there"
        )
    return joined(place.where, {name: place.open(name) for name in names})


def _same_file(part: re.Match[str], name: str) -> bool:
    """Whether ``name`` is a part of the checkpoint that ``part`` belongs to."""
    other = _PART.fullmatch(name)
    return other is not None and all(part[key] == other[key] for key in ("stem", "total", "suffix"))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _opener(folder: Path) -> Opener:
    return lambda name: LocalFile(in_folder(folder, name))


def _listing(folder: Path) -> list[str]:
    try:
        return files_in(folder)
    except OSError as error:
        raise ModelNotFound(f"{folder} cannot be opened: {error.strerror}.") from error


def folders_beneath(folder: Path) -> list[str]:
    """The folders within one, at most two levels down, that would open as checkpoints."""
    return folders_that_open(_beneath(folder))


def _beneath(folder: Path) -> list[str]:
    """The files of the folders within one, two levels down, by their paths; some, if there is very much."""
    found: list[str] = []
    waiting = [""]
    left = _MOST_BENEATH
    while waiting and left > 0:
        inner = waiting.pop(0)
        try:
            with os.scandir(folder / inner) as entries:
                for entry in islice(entries, left):
                    left -= 1
                    path = f"{inner}/{entry.name}" if inner else entry.name
                    if inner and entry.is_file():
                        found.append(path)
                    elif inner.count("/") < 1 and entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
        except OSError:
            continue
    return found
