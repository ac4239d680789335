"""A model as a folder that opens again, all of it or nothing: its table in safetensors, its files with digests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.applications.model_configuration import CONFIGURATION
from hyperpolyglot.errors import HyperpolyglotError, UnsupportedFormat
from hyperpolyglot.folders import expanded, in_folder
from hyperpolyglot.regular import is_regular, read_regular
from hyperpolyglot.types import Array, Float32
from hyperpolyglot.vocabularies.registry import open_vocabulary_file
from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = [
    "LOADING",
    "OUTPUT_TENSOR",
    "TENSOR",
    "TOKENS",
    "check_empty",
    "entry",
    "is_marked",
    "listed",
    "made_by",
    "mark",
    "put",
    "put_configuration",
    "save_table",
    "save_tables",
    "whole_folder",
]

TENSOR = "model.embed_tokens.weight"
OUTPUT_TENSOR = "lm_head.weight"
TOKENS = "tokens.jsonl"
LOADING = (
    "The folder has tables and no layers: take these from the model, as with `resize_token_embeddings` and "
    "`get_input_embeddings().weight.data.copy_(...)` of transformers (`get_output_embeddings` for an output table); "
    "a model that is loaded from this folder alone has random layers."
)
MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1 << 20
_STORED = {"F16": "F16", "BF16": "BF16"}


def check_empty(folder: str | os.PathLike[str]) -> Path:
    """The folder, which is not there or empty. Raises ``UnsupportedFormat`` where something lies in it."""
    place = expanded(os.fsdecode(folder))
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UnsupportedFormat(f"{place} is not an empty folder; name one that is not there yet.")
    return place


@contextlib.contextmanager
def whole_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to write to, which takes the place of ``folder`` when the block ends without an error, else is removed.

    Raises ``UnsupportedFormat`` where something lies in ``folder``.

    >>> with tempfile.TemporaryDirectory() as here:
    ...     with whole_folder(f"{here}/made") as made:
    ...         _ = (made / "a").write_text("1")
    ...         there = Path(here, "made").exists()
    ...     there, sorted(path.name for path in Path(here).iterdir())
    (False, ['made'])
    """
    place = check_empty(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        yield made
        mask = os.umask(0)
        os.umask(mask)
        made.chmod(0o777 & ~mask)
        if place.exists():
            check_empty(place).rmdir()
        made.replace(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def mark(folder: Path, files: Sequence[Mapping[str, Any]], step: str) -> None:
    """Write ``manifest.json`` beside the files of a folder: what they are, and the key of the step that gave them."""
    manifest = {"format": "hyperpolyglot.manifest/1", "step": step, "files": list(files)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf8")


def is_marked(folder: Path) -> bool:
    """Whether a folder says by which step it was made."""
    return (folder / MANIFEST).is_file()


def made_by(folder: Path, step: str) -> list[dict[str, Any]] | None:
    """The files of a folder that a step made, where each of them is as it was written; else ``None``."""
    try:
        manifest = json.loads(read_regular(folder / MANIFEST, _LARGEST_MANIFEST))
        paths = [in_folder(folder, said["path"]) for said in manifest["files"]]
        if not all(map(is_regular, paths)):
            return None
        files = [entry(path, said["kind"]) for path, said in zip(paths, manifest["files"], strict=True)]
        return files if manifest["step"] == step and files == manifest["files"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, HyperpolyglotError):
        return None


def put(path: Path, content: bytes, kind: str) -> dict[str, Any]:
    """Write a file; its :func:`entry`."""
    path.write_bytes(content)
    return entry(path, kind)


def entry(path: Path, kind: str) -> dict[str, Any]:
    """A file as the JSON contract lists it: ``path`` (its name), ``kind``, ``bytes``, ``digest``."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": path.name, "kind": kind, "bytes": path.stat().st_size, "digest": f"sha256:{digest}"}


def put_configuration(
    place: Path, tokenizer: str, vocabulary: Vocabulary, choices: Sequence[bytes | None]
) -> bytes | None:
    """Write the first of some ``config.json``, or none, beside which the tokenizer has the tokens of the vocabulary.

    Some tokenizers are read by what the configuration says of the model. Gives what was written, ``None`` where nothing
    was.
    """
    path = place / CONFIGURATION
    for content in choices:
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        try:
            again = open_vocabulary_file(place / tokenizer, rows=len(vocabulary))
        except HyperpolyglotError:
            continue
        if again.pieces == vocabulary.pieces:
            return content
    path.unlink(missing_ok=True)
    return None


def save_table(path: Path, shape: tuple[int, int], blocks: Iterable[Float32], dtype: str = "F32") -> str:
    """Write rows as the only tensor of a safetensors file, in 16 bits where ``dtype`` is such a type; the type it has.

    16 bits hold exactly what was read from a table of that type.
    """
    return save_tables(path, {TENSOR: (shape, blocks)}, dtype)


def save_tables(
    path: Path, tables: Mapping[str, tuple[tuple[int, int], Iterable[Float32]]], dtype: str = "F32"
) -> str:
    """The same for several tables by the names of their tensors, each with its shape and rows in blocks."""
    stored = _STORED.get(dtype, "F32")
    described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, (shape, _) in tables.items():
        end = start + shape[0] * shape[1] * (4 if stored == "F32" else 2)
        described[name] = {"dtype": stored, "shape": list(shape), "data_offsets": [start, end]}
        start = end
    header = json.dumps(described).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _, blocks in tables.values():
            for block in blocks:
                file.write(_packed(block, stored).tobytes())
    return stored


def _packed(rows: Float32, stored: str) -> Array:
    if stored == "BF16":
        return (np.ascontiguousarray(rows, "<f4").view("<u4") >> 16).astype("<u2")
    return np.ascontiguousarray(rows, "<f2" if stored == "F16" else "<f4")


def listed(vocabulary: Vocabulary) -> bytes:
    """A line ``[id, piece, score]`` for each token, as ``tokens.jsonl`` has them."""
    lines = []
    for i, (piece, score) in enumerate(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)):
        if vocabulary.kinds[i] != TokenKind.PADDING:
            lines.append(json.dumps([i, piece, score] if np.isfinite(score) else [i, piece]))
    return "\n".join(lines).encode() + b"\n"
