"""The file formats that can be opened, and those that are recognised to be refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats import fasttext, gguf, npy, npz, safetensors, torch_bin, word2vec, word2vec_binary
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.ziparchive import members
from hyperpolyglot.types import ByteSource

__all__ = [
    "FORMATS",
    "REFUSED_SUFFIXES",
    "Format",
    "is_adapter",
    "is_checkpoint_file",
    "read_checkpoint",
    "suffixes",
]

_HEAD = 512
_ZIP = b"PK\x03\x04"
_OLD_GGML = (b"lmgg", b"fmgg", b"tjgg", b"algg")


class Format(NamedTuple):
    """A row of the table: what a file begins with, else how its name ends, and who reads it.

    ``names``: the patterns that a folder is searched for, the first that fits wins; an index stands for its shards.
    ``whole``: whether the file is read from front to back. ``holds`` is what the documentation says of it.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: Callable[[bytes], bool]
    read: Callable[[ByteSource], Checkpoint]
    names: tuple[str, ...] = ()
    whole: bool = False
    holds: str = ""


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
    Format("zip", (), lambda head: head[:4] in (_ZIP, b"PK\x05\x06"), _read_zip),
    Format(
        "safetensors",
        (".safetensors",),
        _is_safetensors,
        safetensors.read,
        (
            "model.safetensors",
            "model.safetensors.index.json",
            "model-*-of-*.safetensors",
            "*.safetensors.index.json",
            "consolidated.safetensors",
            "*.safetensors",
        ),
        holds="tensors of any float type, FP8 with its scales, small integers; one file, or shards with an index",
    ),
    Format(
        "PyTorch",
        (".bin", ".pt", ".pth", ".ckpt"),
        lambda head: head.startswith(torch_bin.LEGACY_MAGIC),
        torch_bin.read,
        (
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "*.bin.index.json",
            "*.bin",
            "consolidated*.pth",
            "*.pth",
            "*.pt",
            "*.ckpt",
        ),
        holds="zip or legacy, tensors in nested dictionaries; nothing in it is executed, objects of other libraries "
        "are left aside",
    ),
    Format(
        "GGUF",
        (".gguf",),
        lambda head: head[:4] in (gguf.MAGIC, gguf.MAGIC[::-1]),
        gguf.read,
        ("*.gguf",),
        holds="floats and quantised types, one file or parts, with its vocabulary",
    ),
    Format("npz", (".npz",), _never, npz.read, ("*.npz",), holds="`embeddings` and, for the words, `tokens`"),
    Format(
        "word2vec text",
        (".vec", ".txt", ".vec.gz", ".txt.gz"),
        _never,
        word2vec.read,
        ("*.vec", "*.vec.gz"),
        whole=True,
        holds="a word and its numbers on each line, with or without a first line; also GloVe and fastText's `.vec`",
    ),
    Format(
        "word2vec binary",
        (".bin",),
        word2vec_binary.begins,
        word2vec_binary.read,
        holds="a line `V d`, then words and their float32 numbers",
    ),
    Format(
        "fastText",
        (".bin",),
        lambda head: head.startswith(fasttext.MAGIC),
        fasttext.read,
        holds="the words and their rows of the input matrix; not those of subwords, not quantised `.ftz`",
    ),
    Format(
        "npy",
        (".npy",),
        lambda head: head.startswith(npy.MAGIC),
        npy.read,
        ("*.npy",),
        holds="one matrix, with a vocabulary or a list of words (`tokens.txt`, `words.json`, …) beside it",
    ),
)
"""What can be opened, in the order in which a folder is searched; what a file begins with goes before its name."""

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
    (
        lambda head: head[:4] in _OLD_GGML,
        "an old GGML file, from before GGUF; convert it with llama.cpp's convert_llama_ggml_to_gguf.py, or name a GGUF "
        "of the model",
    ),
    (
        lambda head: head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")),
        "compressed; unpack it first",
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


REFUSED_SUFFIXES = tuple(_REFUSED_SUFFIXES)
"""Endings of the names of checkpoints that are recognised and not opened."""


def suffixes(*, whole: bool | None = None) -> tuple[str, ...]:
    """How the names of files that can be opened end; ``whole``: only of those that are, or aren't, read whole.

    >>> ".safetensors" in suffixes(), suffixes(whole=True)
    (True, ('.vec', '.txt', '.vec.gz', '.txt.gz'))
    """
    kept = (form for form in FORMATS if whole is None or form.whole is whole)
    return tuple(dict.fromkeys(suffix for form in kept for suffix in form.suffixes))


def is_adapter(name: str) -> bool:
    """Whether a file is called as PEFT calls adapters."""
    return PurePath(name).name.startswith("adapter_model.")


def is_checkpoint_file(name: str) -> bool:
    """Whether a file's name is that of a checkpoint that can be opened.

    >>> is_checkpoint_file("model.safetensors"), is_checkpoint_file("README.md")
    (True, False)
    """
    return name.lower().endswith(suffixes())


def read_checkpoint(source: ByteSource) -> Checkpoint:
    """The checkpoint in one file, by what it begins with, else by how its name ends.

    Raises ``UnsupportedFormat`` for any other kind of file, ``DamagedFile`` for a broken one.
    """
    if not source.size:
        raise DamagedFile(source.name, "the file is empty")
    head = source.read(0, min(_HEAD, source.size))
    name = source.name.lower()
    for form in FORMATS:
        if form.begins(head) or name.endswith(tuple(s for s in form.suffixes if s.endswith(".gz"))):
            return form.read(source)
    for begins, what in _REFUSED:
        if begins(head):
            raise UnsupportedFormat(f"{source.name} is {what}.")
    for suffix, what in _REFUSED_SUFFIXES.items():
        if name.endswith(suffix):
            raise UnsupportedFormat(f"{source.name} is {what}.")
    for form in FORMATS:
        if name.endswith(form.suffixes):
            return form.read(source)
    raise UnsupportedFormat(f"{source.name} is of no kind that can be opened ({', '.join(suffixes())}).")
