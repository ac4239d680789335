"""Which files of a model folder make up its checkpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase, translate
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, ModelNotFound, UnsupportedFormat
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.registry import read_checkpoint, refuse_adapter
from hyperpolyglot.formats.sharded import ShardedTensors, joined, read_index
from hyperpolyglot.formats.source import LocalFile
from hyperpolyglot.types import ByteSource

__all__ = ["open_checkpoint", "open_files", "open_folder"]

_INDEX = ".index.json"

_PREFERRED = (
    "model.safetensors.index.json",
    "model.safetensors",
    "model-*-of-*.safetensors",
    "*.safetensors.index.json",
    "consolidated.safetensors",
    "*.safetensors",
    "pytorch_model.bin.index.json",
    "pytorch_model.bin",
    "*.bin.index.json",
    "*.bin",
    "consolidated*.pth",
    "*.pth",
    "*.pt",
    "*.gguf",
    "*.npz",
    "*.vec",
)
"""File names in the order in which a folder is searched for them."""

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
    "*.imatrix.gguf",
    ".*",
)
"""Files with suffixes of checkpoints that hold no model."""

_ELSEWHERE = (
    (
        ("adapter_config.json", "adapter_model.*"),
        "holds an adapter only; open its base model, or merge the two first",
    ),
    (("flax_model*.msgpack", "*.msgpack"), "holds a Flax checkpoint only; save the model as safetensors"),
    (
        ("tf_model*.h5", "*.h5", "*.ckpt.index", "*.ckpt-*.index", "saved_model.pb"),
        "holds a TensorFlow checkpoint only; save the model as safetensors",
    ),
    (("*.onnx",), "holds an ONNX program only; open the checkpoint it was made from"),
)

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})(?P<suffix>\.\w+)")

_KNOWN = re.compile(
    "|".join(
        translate(pattern)
        for pattern in (*_PREFERRED, *_NO_WEIGHTS, *(name for names, _ in _ELSEWHERE for name in names))
    )
)
"""What any of these patterns may match: of a million files, only those are looked at more than once."""

_MOST = 100_000

Opener = Callable[[str], ByteSource]
Reader = Callable[[ByteSource], Checkpoint]


def open_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint that a path names: a file, the index or first part of a split one, or a folder.

    Raises ``ModelNotFound``, ``UnsupportedFormat`` or ``DamagedFile``.
    """
    if path.is_dir():
        return open_folder(path)
    part = _PART.fullmatch(path.name)
    if path.name.endswith(_INDEX):
        return _open_indexed(path.name, str(path), _opener(path.parent))
    if part is not None and part["suffix"] == ".gguf":
        names = [name for name in _listing(path.parent) if _same_file(part, name)]
        return _open_parts(sorted(names), str(path), _opener(path.parent))
    return read_checkpoint(LocalFile(path))


def open_folder(folder: Path) -> Checkpoint:
    """The checkpoint in a folder of the layout of the Hub; raises as :func:`open_checkpoint`."""
    return open_files(str(folder), _listing(folder), _opener(folder))


def open_files(
    where: str, names: Iterable[str], opener: Opener, read: Reader = read_checkpoint
) -> Checkpoint:
    """The checkpoint among files called ``names``, wherever they lie; ``opener`` opens one by its name.

    ``read`` makes a checkpoint of a file that was opened.

    An index is preferred to single files, safetensors to PyTorch, those to GGUF, npz and word2vec text.
    Of a sharded checkpoint only the shards that are asked for are opened.
    """
    present = sorted(filter(_KNOWN.match, names))
    if len(present) > _MOST:
        raise UnsupportedFormat(f"{where} holds {len(present):,} files of models; name one.")
    weights = [name for name in present if not _matches(name, _NO_WEIGHTS)]
    for pattern in _PREFERRED:
        found = [name for name in weights if fnmatchcase(name, pattern)]
        if found:
            return _open_found(found, where, opener, read)
    for patterns, what in _ELSEWHERE:
        if any(_matches(name, patterns) for name in present):
            raise UnsupportedFormat(f"{where} {what}.")
    raise ModelNotFound(
        f"{where} has no checkpoint that can be opened (.safetensors, .bin, .pth, .pt, .gguf, .npz, .vec)."
    )


def _open_found(found: list[str], where: str, opener: Opener, read: Reader) -> Checkpoint:
    parts = [_PART.fullmatch(name) for name in found]
    if len(found) == 1 and found[0].endswith(_INDEX):
        return _open_indexed(found[0], where, opener, read)
    if parts[0] is not None and all(_same_file(parts[0], name) for name in found):
        return _open_parts(found, where, opener, read)
    if len(found) == 1:
        refuse_adapter(found[0])
        return read(opener(found[0]))
    if all(re.fullmatch(r"consolidated\.\d+\.pth", name) for name in found):
        raise UnsupportedFormat(
            f"{where} holds a checkpoint cut for {len(found)} devices (consolidated.*.pth); open the same model as "
            "safetensors."
        )
    some = ", ".join(shown(name) for name in found[:4])
    raise UnsupportedFormat(
        f"{where} holds {len(found)} checkpoints ({some}{', …' * (len(found) > 4)}); name one."
    )


def _open_indexed(index: str, where: str, opener: Opener, read: Reader = read_checkpoint) -> Checkpoint:
    shards = read_index(opener(index))
    return Checkpoint(name=where, tensors=ShardedTensors(where, shards, lambda shard: read(opener(shard))))


def _open_parts(names: list[str], where: str, opener: Opener, read: Reader = read_checkpoint) -> Checkpoint:
    """A checkpoint in parts ``-00001-of-00003`` that has no index."""
    part = _PART.fullmatch(names[0]) if names else None
    if part is None:
        raise ModelNotFound(f"{where}: there is no such file.")
    if len(names) != int(part["total"]):
        raise DamagedFile(
            where, f"{len(names)} of the {int(part['total'])} parts of the checkpoint are there"
        )
    return joined(where, {name: read(opener(name)) for name in names})


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
