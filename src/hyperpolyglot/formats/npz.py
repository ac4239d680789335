"""npz: a zip of npy arrays; ``embeddings`` is the ``[V, d]`` matrix and ``tokens`` the V strings."""

from __future__ import annotations

import math
import re
import sys
import zlib
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import NUMBERS
from hyperpolyglot.formats.limits import STRING_COST
from hyperpolyglot.formats.npy import LONGEST_HEADER, Header, parsed_header, type_of
from hyperpolyglot.formats.tensor import StoredTensor, Tensor, UnreadableTensor
from hyperpolyglot.formats.ziparchive import Member, inflate, inflate_start, members, payload
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, ByteSource, frozen

__all__ = ["read"]

_SUFFIX = ".npy"
_MOST_ARRAYS = 1 << 13
_MOST_TOKENS = 1 << 24
_LARGEST_TOKENS = 1 << 29
_ALWAYS_INFLATED = 1 << 26
_GREATEST_RATIO = 20
_LARGEST_CHECKED = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Array:
    """A matrix; unpacked where it is compressed, and checked, when it is opened."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: ByteSource
    member: Member
    header: Header

    def table(self) -> Table:
        """The matrix, in memory where it was compressed; raises ``DamagedFile`` where it is not what was saved."""
        rows, columns = self.shape
        return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=self.values())

    def values(self) -> Array:
        """The numbers of the array. Raises as :meth:`table`."""
        if self.member.stored:
            raw = self.source.map(payload(self.source, self.member), self.member.size)
            if self.member.size <= _LARGEST_CHECKED and zlib.crc32(raw.data) != self.member.crc:
                raise DamagedFile(
                    self.source.name, f"the array {shown(self.name)} is not what its checksum says"
                )
        else:
            limit = max(_ALWAYS_INFLATED, _GREATEST_RATIO * self.member.packed)
            raw = frozen(np.frombuffer(inflate(self.source, self.member, limit), np.uint8))
        values = raw[self.header.length :].view(NUMBERS[self.dtype])
        return values.reshape(self.shape[::-1]).T if self.header.fortran else values.reshape(self.shape)


def read(source: ByteSource) -> Checkpoint:
    """The arrays of an npz file; ``tokens`` are the strings of its member of that name, if there is one.

    Uncompressed arrays are mapped, compressed ones unpacked when they are opened, within bounds. Object
    arrays (pickles) raise ``UnsupportedFormat``.
    """
    tensors: dict[str, Tensor] = {}
    tokens: tuple[str, ...] | None = None
    arrays = [member for member in members(source).values() if member.name.endswith(_SUFFIX)]
    if len(arrays) > _MOST_ARRAYS:
        raise DamagedFile(source.name, f"it holds {len(arrays)} arrays, more than any model")
    for member in arrays:
        name = member.name.removesuffix(_SUFFIX)
        header = _header(source, member)
        if name == "tokens":
            tokens = _tokens(source, member, header)
        else:
            tensors[name] = _tensor(source, member, header, name)
    return Checkpoint(name=source.name, tensors=MappingProxyType(tensors), tokens=tokens)


def _header(source: ByteSource, member: Member) -> Header:
    label = f"the array {shown(member.name)}"
    return parsed_header(_head(source, member), member.size, source.name, label)


def _head(source: ByteSource, member: Member) -> bytes:
    """The first bytes of a member, enough for its header."""
    if member.stored:
        return source.read(payload(source, member), min(member.size, LONGEST_HEADER))
    return inflate_start(source, member, LONGEST_HEADER)


def _tensor(source: ByteSource, member: Member, header: Header, name: str) -> Tensor:
    dtype = type_of(header.descr)
    if dtype not in NUMBERS:
        reason = (
            f"{source.name}: {shown(name)} has the numpy type {header.descr}, not a little-endian float of 2, 4 or "
            "8 bytes or a small integer; save it as float32."
        )
        return UnreadableTensor(name=name, dtype=dtype, shape=header.shape, reason=reason)
    nbytes = math.prod(header.shape) * NUMBERS[dtype].itemsize
    if header.length + nbytes != member.size:
        raise DamagedFile(source.name, f"the array {shown(name)} does not fill its {member.size} bytes")
    if len(header.shape) == 2 and 0 not in header.shape:
        return _Array(name=name, dtype=dtype, shape=header.shape, source=source, member=member, header=header)
    if not member.stored:
        reason = f"{source.name}: {shown(name)} has the shape {list(header.shape)}, not rows and columns."
        return UnreadableTensor(name=name, dtype=dtype, shape=header.shape, reason=reason)
    start = payload(source, member) + header.length
    return StoredTensor(
        name=name, dtype=dtype, shape=header.shape, source=source, offset=start, nbytes=nbytes
    )


def _tokens(source: ByteSource, member: Member, header: Header) -> tuple[str, ...]:
    kind, count = re.fullmatch(r"[<|=]?([US])(\d+)", header.descr), math.prod(header.shape)
    if kind is None or len(header.shape) != 1:
        raise UnsupportedFormat(
            f"{source.name}: tokens has the numpy type {header.descr} and the shape {list(header.shape)}, not one "
            "string per row; save it as a one-dimensional array of type str."
        )
    width = int(kind[2]) * (4 if kind[1] == "U" else 1)
    if count > _MOST_TOKENS or header.length + count * width != member.size:
        raise DamagedFile(source.name, f"tokens does not hold {count} strings of {width} bytes")
    cost = 2 * member.size + count * STRING_COST
    MemoryBudget(source.size, source.name).spend(cost, f"{count} tokens in {member.size} bytes")
    contents = inflate(source, member, _LARGEST_TOKENS)
    if not width:
        return ("",) * count
    if (
        kind[1] == "U"
        and count
        and np.frombuffer(contents, "<u4", offset=header.length).max() > sys.maxunicode
    ):
        raise DamagedFile(source.name, "tokens holds what is no text")
    array: Array = np.frombuffer(contents, f"<{kind[1]}{kind[2]}", offset=header.length)
    if kind[1] == "S":
        return tuple(value.decode("utf-8", "surrogateescape") for value in array.tolist())
    return tuple(array.tolist())
