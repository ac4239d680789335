"""Safetensors: a JSON header with the extent of every tensor, then the tensors."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import BITS, MOST_AXES
from hyperpolyglot.formats.jsontext import parse_object
from hyperpolyglot.formats.limits import most_tensors
from hyperpolyglot.formats.tensor import StoredTensor, Tensor, UnreadableTensor
from hyperpolyglot.types import ByteSource

__all__ = ["read"]

LARGEST_HEADER = 100_000_000
_LONGEST_DTYPE = 20
_BEYOND_ALL = 1 << 63


def read(source: ByteSource) -> Checkpoint:
    """The tensors and ``__metadata__`` of a safetensors file; two reads, 8 bytes and the header.

    Raises ``DamagedFile`` where the header is malformed, or tensors overlap, leave holes or do not end
    where the file ends.
    """
    if source.size < 8:
        raise DamagedFile(source.name, "the file is too short for safetensors")
    length = int.from_bytes(source.read(0, 8), "little")
    if length > min(LARGEST_HEADER, source.size - 8):
        raise DamagedFile(source.name, f"the header claims {length} bytes in a file of {source.size}")
    header = parse_object(source.read(8, length), source.name, "the header", source.size)
    if len(header) > most_tensors(source.size):
        raise DamagedFile(source.name, f"the header lists {len(header)} tensors in {source.size} bytes")
    metadata = header.pop("__metadata__", None)
    metadata = {} if metadata is None else metadata
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise DamagedFile(source.name, "__metadata__ does not map text to text")
    base = 8 + length
    extents: list[tuple[int, int, str]] = []
    tensors: dict[str, Tensor] = {}
    for name, entry in header.items():
        dtype, shape, begin, end = _entry(name, entry, source.name)
        extents.append((begin, end, name))
        if base + end > source.size:
            raise DamagedFile(source.name, f"the tensor {shown(name)} lies beyond the end of the file")
        if dtype in BITS:
            tensors[name] = StoredTensor(
                name=name, dtype=dtype, shape=shape, source=source, offset=base + begin, nbytes=end - begin
            )
        else:
            reason = (
                f"{source.name}: {shown(name)} has the element type {shown(dtype)}, which is not known here."
            )
            tensors[name] = UnreadableTensor(
                name=name, dtype=shown(dtype, _LONGEST_DTYPE), shape=shape[:MOST_AXES], reason=reason
            )
    _check_extents(extents, source.size - base, source.name)
    return Checkpoint(
        name=source.name, tensors=MappingProxyType(tensors), metadata=MappingProxyType(metadata)
    )


def _entry(name: str, entry: Any, where: str) -> tuple[str, tuple[int, ...], int, int]:
    if not name.isprintable() and any("\ud800" <= c <= "\udfff" for c in name):
        raise DamagedFile(where, f"the tensor name {shown(name)} is not valid text")
    if isinstance(entry, dict):
        dtype, shape, span = entry.get("dtype"), _sizes(entry.get("shape")), _sizes(entry.get("data_offsets"))
        if isinstance(dtype, str) and shape is not None and span is not None and len(span) == 2:
            return dtype, shape, span[0], span[1]
    raise DamagedFile(where, f"the header entry of {shown(name)} lacks a proper dtype, shape or data_offsets")


def _sizes(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list) and all(type(item) is int and 0 <= item < _BEYOND_ALL for item in value):
        return tuple(value)
    return None


def _check_extents(extents: list[tuple[int, int, str]], size: int, where: str) -> None:
    reached = 0
    for begin, end, name in sorted(extents):
        if begin != reached or end < begin:
            fault = "overlaps another tensor" if begin < reached else "leaves a hole before it"
            raise DamagedFile(
                where, f"the tensor {shown(name)} {fault if end >= begin else 'ends before it begins'}"
            )
        reached = end
    if reached != size:
        raise DamagedFile(where, f"{size} bytes follow the header, but the tensors take {reached}")
