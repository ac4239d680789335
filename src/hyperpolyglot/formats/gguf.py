"""GGUF: a header of typed key-value pairs (the tokenizer among them) and tensor extents, then the tensors."""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import Cursor, parsed_name, shown
from hyperpolyglot.formats.ggml import BLOCKS, TYPES
from hyperpolyglot.formats.limits import STRING_COST, most_tensors
from hyperpolyglot.formats.tensor import StoredTensor, Tensor, UnreadableTensor, stored_bytes
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.types import ByteSource, frozen

__all__ = ["MAGIC", "read"]

MAGIC = b"GGUF"
LARGEST_HEADER = 1 << 28
_LONGEST_ARRAY = 1 << 24
_LONGEST_NAME = 1 << 10
_LONG_TEXT = 1 << 10
_WIDEST = 10
_AT_ONCE = 1 << 12
_MOST_PAIRS = 1 << 16
_MOST_DIMENSIONS = 8
_LARGEST_ALIGNMENT = 1 << 20
_STRING, _ARRAY = 8, 9

_SCALARS: dict[int, np.dtype[Any]] = {
    0: np.dtype("u1"),
    1: np.dtype("i1"),
    2: np.dtype("<u2"),
    3: np.dtype("<i2"),
    4: np.dtype("<u4"),
    5: np.dtype("<i4"),
    6: np.dtype("<f4"),
    7: np.dtype("u1"),
    10: np.dtype("<u8"),
    11: np.dtype("<i8"),
    12: np.dtype("<f8"),
}
_BOOL = 7


class _Entry(NamedTuple):
    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


def read(source: ByteSource) -> Checkpoint:
    """The tensors and the key-value pairs of a GGUF file of version 2 or 3.

    Shapes are slowest axis first: ``token_embd.weight`` is ``(V, d)``. In ``metadata`` string arrays are
    tuples of ``str`` (bytes that are no UTF-8 as surrogate escapes), other arrays read-only numpy arrays.
    Raises ``UnsupportedFormat`` for version 1 and big-endian files, ``DamagedFile`` for malformed ones.
    """
    cursor = Cursor(source, end=LARGEST_HEADER)
    if cursor.take(4) != MAGIC:
        raise DamagedFile(source.name, "the file does not begin like a GGUF file")
    _check_version(cursor)
    tensor_count, pair_count = cursor.unpack("<2Q")
    if tensor_count > min(most_tensors(source.size), cursor.left // 24) or pair_count > min(
        _MOST_PAIRS, cursor.left // 13
    ):
        raise DamagedFile(
            source.name,
            f"the header claims {tensor_count} tensors and {pair_count} keys, which is not plausible",
        )
    metadata: dict[str, Any] = {}
    budget = MemoryBudget(source.size, source.name)
    for _ in range(pair_count):
        key = _name(cursor, budget)
        if key in metadata:
            raise DamagedFile(source.name, f"the key {shown(key)} is given twice")
        metadata[key] = _value(cursor, key, budget)
    entries = [_entry(cursor, budget) for _ in range(tensor_count)]
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= _LARGEST_ALIGNMENT or alignment & (alignment - 1):
        raise DamagedFile(source.name, "general.alignment is not a power of two")
    base = -(-cursor.position // alignment) * alignment
    tensors = {entry.name: _tensor(entry, base, source) for entry in entries}
    if len(tensors) != len(entries):
        raise DamagedFile(source.name, "a tensor is given twice")
    _check_overlaps(tensors, source.name)
    return Checkpoint(
        name=source.name, tensors=MappingProxyType(tensors), metadata=MappingProxyType(metadata)
    )


def _check_version(cursor: Cursor) -> None:
    (version,) = cursor.unpack("<I")
    if version and not version & 0xFFFF:
        raise UnsupportedFormat(
            f"{cursor.where} is a big-endian GGUF file; convert it to little-endian first."
        )
    if version == 1:
        raise UnsupportedFormat(
            f"{cursor.where} is GGUF version 1; convert the model again with a current tool."
        )
    if version not in (2, 3):
        raise UnsupportedFormat(f"{cursor.where} is GGUF version {version}, and only 2 and 3 can be opened.")


def _name(cursor: Cursor, budget: MemoryBudget) -> str:
    (length,) = cursor.unpack("<Q")
    if length > _LONGEST_NAME:
        raise DamagedFile(cursor.where, f"a name in the header claims {length} bytes")
    budget.spend(_WIDEST * length, "its names")
    return parsed_name(cursor.take(length), cursor.where)


def _value(cursor: Cursor, key: str, budget: MemoryBudget) -> Any:
    (kind,) = cursor.unpack("<I")
    if kind == _ARRAY:
        return _array(cursor, key, budget)
    if kind == _STRING:
        return _texts(cursor, 1, budget)[0]
    dtype = _scalar(kind, key, cursor.where)
    value = np.frombuffer(cursor.take(dtype.itemsize), dtype)[0].item()
    return bool(value) if kind == _BOOL else value


def _texts(cursor: Cursor, count: int, budget: MemoryBudget) -> list[str]:
    """The next strings, some at a time, so that not all of them are there twice."""
    found: list[str] = []
    budget.spend(count * STRING_COST, "its strings")
    while count > len(found):
        some = cursor.strings(min(_AT_ONCE, count - len(found)))
        budget.spend(sum(_WIDEST * len(raw) for raw in some if len(raw) > _LONG_TEXT), "its long texts")
        found += [raw.decode("utf-8", "surrogateescape") for raw in some]
    return found


def _array(cursor: Cursor, key: str, budget: MemoryBudget) -> Any:
    kind, count = cursor.unpack("<IQ")
    if kind == _ARRAY:
        raise UnsupportedFormat(f"{cursor.where}: {shown(key)} is an array of arrays, which no model has.")
    least = 8 if kind == _STRING else _scalar(kind, key, cursor.where).itemsize
    if count > _LONGEST_ARRAY or count * least > cursor.left:
        raise DamagedFile(cursor.where, f"{shown(key)} claims {count} items, more than the file has")
    if kind == _STRING:
        return tuple(_texts(cursor, count, budget))
    budget.spend(2 * count * least, "its arrays")
    array = np.frombuffer(cursor.take(count * least), _SCALARS[kind])
    return frozen(array != 0) if kind == _BOOL else array


def _scalar(kind: int, key: str, where: str) -> np.dtype[Any]:
    if kind not in _SCALARS:
        raise DamagedFile(where, f"{shown(key)} has the unknown value type {kind}")
    return _SCALARS[kind]


def _entry(cursor: Cursor, budget: MemoryBudget) -> _Entry:
    name = _name(cursor, budget)
    (dimensions,) = cursor.unpack("<I")
    if dimensions > _MOST_DIMENSIONS:
        raise DamagedFile(cursor.where, f"the tensor {shown(name)} claims {dimensions} dimensions")
    shape = cursor.unpack(f"<{dimensions}Q")[::-1]
    kind, offset = cursor.unpack("<IQ")
    return _Entry(name, shape, kind, offset)


def _tensor(entry: _Entry, base: int, source: ByteSource) -> Tensor:
    name, shape = entry.name, entry.shape
    dtype = TYPES.get(entry.kind, f"type {entry.kind}")
    if entry.kind not in TYPES:
        reason = (
            f"{source.name}: {shown(name)} has the element type number {entry.kind}, which is not known here."
        )
        return UnreadableTensor(name=name, dtype=dtype, shape=shape, reason=reason)
    nbytes = stored_bytes(dtype, shape)
    if nbytes is None:
        columns = shape[-1] if shape else 1
        raise DamagedFile(
            source.name,
            f"a row of {shown(name)} has {columns} numbers, no multiple of {BLOCKS[dtype].elements}",
        )
    return StoredTensor(
        name=name, dtype=dtype, shape=shape, source=source, offset=base + entry.offset, nbytes=nbytes
    )


def _check_overlaps(tensors: dict[str, Tensor], where: str) -> None:
    placed = [t for t in tensors.values() if isinstance(t, StoredTensor) and t.nbytes]
    placed.sort(key=lambda tensor: tensor.offset)
    for one, next_one in pairwise(placed):
        if one.offset + one.nbytes > next_one.offset:
            raise DamagedFile(where, f"the tensors {shown(one.name)} and {shown(next_one.name)} overlap")
