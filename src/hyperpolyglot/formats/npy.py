"""npy: one array with a header of three values; a matrix whose tokens stand in a list beside it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.dtypes import MOST_AXES, NUMBERS
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, ByteSource

__all__ = ["LONGEST_HEADER", "MAGIC", "Header", "parsed_header", "read", "type_of"]

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 14
NAME = "embeddings"
_MOST_DIGITS = 18
_ENTRY = (
    r"'descr'\s*:\s*'([<>|=]?[A-Za-z]\d*)'"
    r"|'fortran_order'\s*:\s*(True|False)"
    r"|'shape'\s*:\s*\(([0-9 ,]*)\)"
)
_ENTRIES = re.compile(_ENTRY)
_DICTIONARY = re.compile(rf"\{{\s*(?:{_ENTRY})(?:\s*,\s*(?:{_ENTRY})){{2}}\s*,?\s*\}}\s*")
_NAMES = {"f8": "F64", "f4": "F32", "f2": "F16"} | {
    f"{k}{n}": f"{k.upper()}{8 * n}" for k in "iu" for n in (1, 2, 4, 8)
}


class Header(NamedTuple):
    """What an npy header says, and how many bytes it takes."""

    descr: str
    fortran: bool
    shape: tuple[int, ...]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrix:
    """The array of a file, in either order."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: ByteSource
    header: Header

    def table(self) -> Table:
        """The matrix, mapped."""
        rows, columns = self.shape
        return Table(name=self.name, dtype=self.dtype, shape=(rows, columns), stored=self.values())

    def values(self) -> Array:
        """The numbers of the array, mapped."""
        raw = self.source.map(self.header.length, self.source.size - self.header.length)
        values = raw.view(NUMBERS[self.dtype])
        return values.reshape(self.shape[::-1]).T if self.header.fortran else values.reshape(self.shape)


def read(source: ByteSource) -> Checkpoint:
    """The matrix of an npy file, called ``embeddings``, mapped.

    Raises ``UnsupportedFormat`` where it is no matrix of numbers, ``DamagedFile`` where the file is cut short.
    """
    head = source.read(0, min(source.size, LONGEST_HEADER))
    header = parsed_header(head, source.size, source.name, "the array")
    dtype = type_of(header.descr)
    if dtype not in NUMBERS or len(header.shape) != 2 or 0 in header.shape:
        raise UnsupportedFormat(
            f"{source.name} holds an array of the numpy type {header.descr} and the shape {list(header.shape)}, not a "
            "matrix of floats or small integers; save it as float32."
        )
    nbytes = math.prod(header.shape) * NUMBERS[dtype].itemsize
    if header.length + nbytes != source.size:
        raise DamagedFile(source.name, f"the array of shape {list(header.shape)} does not fill the file")
    matrix = _Matrix(name=NAME, dtype=dtype, shape=header.shape, source=source, header=header)
    return Checkpoint(name=source.name, tensors=MappingProxyType({NAME: matrix}))


def type_of(descr: str) -> str:
    """The element type by the name of this package; ``descr`` itself where there is none, or it is big-endian.

    >>> type_of("<f4"), type_of("|i1"), type_of(">f4")
    ('F32', 'I8', '>f4')
    """
    return descr if descr.startswith(">") else _NAMES.get(descr.lstrip("<|="), descr)


def parsed_header(head: bytes, size: int, where: str, label: str) -> Header:
    """The header at the beginning of an array of ``size`` bytes.

    Raises ``DamagedFile``, and ``UnsupportedFormat`` for arrays of Python objects and of records.
    """
    major = head[6] if len(head) > 10 and head[:6] == MAGIC else 0
    width = {1: 2, 2: 4, 3: 4}.get(major)
    if width is None:
        raise DamagedFile(where, f"{label} does not begin like an npy array")
    length = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    if length > min(LONGEST_HEADER, size):
        raise DamagedFile(where, f"{label} has a header of {length} bytes")
    text = head[8 + width : length].decode("latin-1")
    if "'|O'" in text or "'O'" in text:
        raise UnsupportedFormat(
            f"{where}: {label} holds pickled Python objects, which are never executed; save tokens as a "
            "numpy array of type str."
        )
    entries = _entries(text)
    if entries is None:
        raise UnsupportedFormat(f"{where}: {label} is not a plain array of numbers or strings.")
    sizes = re.findall(r"\d+", entries["shape"])
    if len(sizes) > MOST_AXES or any(len(length) > _MOST_DIGITS for length in sizes):
        raise DamagedFile(where, f"{label} has an impossible shape")
    return Header(entries["descr"], entries["order"] == "True", tuple(map(int, sizes)), length)


def _entries(text: str) -> dict[str, str] | None:
    """The three values of an npy header; ``None`` where it is anything but a dictionary of just these."""
    if _DICTIONARY.fullmatch(text) is None:
        return None
    groups = zip(*(match.groups() for match in _ENTRIES.finditer(text)), strict=True)
    given = [[value for value in group if value is not None] for group in groups]
    if any(len(values) != 1 for values in given):
        return None
    return dict(zip(("descr", "order", "shape"), (values[0] for values in given), strict=True))
