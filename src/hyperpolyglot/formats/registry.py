"""The file formats that can be opened, and those that are recognised to be refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats import gguf, npz, safetensors, torch_bin, word2vec
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.ziparchive import members
from hyperpolyglot.types import ByteSource

__all__ = ["FORMATS", "Format", "is_checkpoint_file", "read_checkpoint", "refuse_adapter"]

_HEAD = 512
_ZIP = b"PK\x03\x04"


class Format(NamedTuple):
    """A row of the table: what a file begins with, else how its name ends, and who reads it."""

    name: str
    suffixes: tuple[str, ...]
    begins: Callable[[bytes], bool]
    read: Callable[[ByteSource], Checkpoint]


def _read_zip(source: ByteSource) -> Checkpoint:
    names = members(source)
    if any(name.endswith("data.pkl") for name in names):
        return torch_bin.read(source)
    if any(name.endswith(".npy") for name in names):
        return npz.read(source)
    raise UnsupportedFormat(
        f"{source.name} is a zip archive without arrays; unpack it and name the checkpoint inside."
    )


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= safetensors.LARGEST_HEADER


def _never(head: bytes) -> bool:
    return False


FORMATS: tuple[Format, ...] = (
    Format("GGUF", (".gguf",), lambda head: head[:4] in (gguf.MAGIC, gguf.MAGIC[::-1]), gguf.read),
    Format("zip", (), lambda head: head[:4] in (_ZIP, b"PK\x05\x06"), _read_zip),
    Format(
        "PyTorch",
        (".bin", ".pt", ".pth", ".ckpt"),
        lambda head: head.startswith(torch_bin.LEGACY_MAGIC),
        torch_bin.read,
    ),
    Format("safetensors", (".safetensors",), _is_safetensors, safetensors.read),
    Format("npz", (".npz",), _never, npz.read),
    Format("word2vec text", (".vec", ".txt"), _never, word2vec.read),
)
"""What can be opened, in the order in which it is tried."""

_REFUSED: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (
        lambda head: head.startswith(b"version https://git-lfs"),
        "a Git LFS pointer; fetch the file with git lfs pull",
    ),
    (
        lambda head: head.startswith(b"\x89HDF\r\n"),
        "an HDF5 file (TensorFlow/Keras); save the model as safetensors",
    ),
    (lambda head: head[257:262] == b"ustar", "a tar archive; unpack it, or save the tensors as safetensors"),
    (lambda head: head.startswith(b"\xba\x16\x4f\x2f"), "a fastText binary; name its .vec text file instead"),
    (
        lambda head: head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")),
        "compressed; unpack it first",
    ),
    (
        lambda head: head.startswith(b"\x93NUMPY"),
        "a single npy array; put it as embeddings into an .npz, with tokens",
    ),
    (
        lambda head: head.lstrip()[:9].lower() in (b"<!doctype", b"<html>"),
        "a web page, not a model; download it again",
    ),
    (
        lambda head: head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05",
        "a bare pickle, which is never executed; save the tensors as safetensors",
    ),
)

_REFUSED_SUFFIXES = {
    ".h5": "a TensorFlow/Keras file; save the model as safetensors",
    ".msgpack": "a Flax file; save the model as safetensors",
    ".onnx": "an ONNX program; name the checkpoint it was made from",
    ".nemo": "a NeMo archive; convert the model to safetensors",
    ".pb": "a TensorFlow graph; save the model as safetensors",
    ".tflite": "a TensorFlow Lite program; name the checkpoint it was made from",
    ".ot": "a rust-bert archive; name the safetensors or .bin of the model",
}


def is_checkpoint_file(name: str) -> bool:
    """Whether a file's name is that of a checkpoint that can be opened.

    >>> is_checkpoint_file("model.safetensors"), is_checkpoint_file("README.md")
    (True, False)
    """
    return any(PurePath(name).suffix.lower() in form.suffixes for form in FORMATS)


def refuse_adapter(name: str) -> None:
    """Raise ``UnsupportedFormat`` for the file names that PEFT gives to adapters."""
    if PurePath(name).name.startswith("adapter_model."):
        raise UnsupportedFormat(
            f"{name} is an adapter, which has no embedding table of its own; open its base model, or merge it first."
        )


def read_checkpoint(source: ByteSource) -> Checkpoint:
    """The checkpoint in one file, by what it begins with, else by how its name ends.

    Raises ``UnsupportedFormat`` for any other kind of file, ``DamagedFile`` for a broken one.
    """
    refuse_adapter(source.name)
    if not source.size:
        raise DamagedFile(source.name, "the file is empty")
    head = source.read(0, min(_HEAD, source.size))
    suffix = PurePath(source.name).suffix.lower()
    for form in FORMATS:
        if form.begins(head):
            return form.read(source)
    for begins, what in _REFUSED:
        if begins(head):
            raise UnsupportedFormat(f"{source.name} is {what}.")
    if suffix in _REFUSED_SUFFIXES:
        raise UnsupportedFormat(f"{source.name} is {_REFUSED_SUFFIXES[suffix]}.")
    for form in FORMATS:
        if suffix in form.suffixes:
            return form.read(source)
    known = ", ".join(suffix for form in FORMATS for suffix in form.suffixes)
    raise UnsupportedFormat(f"{source.name} is of no kind that can be opened ({known}).")
