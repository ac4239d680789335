"""PyTorch checkpoints, zip and legacy: the pickle says which tensor views which stretch of which storage."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import Cursor, shown
from hyperpolyglot.formats.dtypes import BITS
from hyperpolyglot.formats.limits import most_tensors
from hyperpolyglot.formats.picklevm import LONGEST_PICKLE, Inert, load
from hyperpolyglot.formats.tensor import StoredTensor, Tensor, UnreadableTensor
from hyperpolyglot.formats.torch_views import ALLOWED, Storage, View, register
from hyperpolyglot.formats.ziparchive import Member, members, payload
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, ByteSource

__all__ = ["LEGACY_MAGIC", "read"]

LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
_PROTOCOL = 1001
_NESTED = ("state_dict", "model_state_dict", "model", "module")
_DEEPEST = 4
_DEEPEST_PATH = 64
_LONGEST_PATH = 1 << 10
_PATH_COST = 150
_TRAINING = re.compile(r"optim|.*optimizer|lr_sched|scheduler|rng|random_state|callbacks$|loops$|.*scaler")
_MODULE_PARTS = ("_modules", "_parameters", "_buffers")


@dataclass(frozen=True, slots=True, kw_only=True)
class _MemberTensor:
    """A tensor in a zip archive; only when it is opened is it read where its own member lies."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: ByteSource
    member: Member
    start: int
    nbytes: int

    def table(self) -> Table:
        """The matrix, mapped and not loaded; raises as that of :class:`StoredTensor`."""
        return self._placed().table()

    def values(self) -> Array:
        """The numbers as they are stored; raises as that of :class:`StoredTensor`."""
        return self._placed().values()

    def _placed(self) -> StoredTensor:
        return StoredTensor(
            name=self.name,
            dtype=self.dtype,
            shape=self.shape,
            source=self.source,
            offset=payload(self.source, self.member) + self.start,
            nbytes=self.nbytes,
        )


def read(source: ByteSource) -> Checkpoint:
    """The tensors of a ``torch.save`` file, those in nested dictionaries included.

    No pickle is executed: objects of other libraries are left aside. Raises ``UnsupportedFormat`` for pickles that
    ask for what runs programs, TorchScript and big-endian files; ``DamagedFile`` where extents contradict the file.
    """
    magic = source.read(0, min(len(LEGACY_MAGIC), source.size))
    if magic[:4] == b"PK\x03\x04":
        return _read_zip(source)
    if magic == LEGACY_MAGIC:
        return _read_legacy(source)
    raise UnsupportedFormat(
        f"{source.name} is not a PyTorch checkpoint, neither zip nor legacy; name a .safetensors, .gguf, .npz or "
        "word2vec text file instead."
    )


def _read_zip(source: ByteSource) -> Checkpoint:
    found = members(source)
    pickles = [name for name in found if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise DamagedFile(source.name, f"a PyTorch archive has one data.pkl, and here are {len(pickles)}")
    prefix = pickles[0].removesuffix("data.pkl")
    if f"{prefix}constants.pkl" in found:
        raise UnsupportedFormat(
            f"{source.name} is a TorchScript program; save its state_dict as safetensors."
        )

    def record(name: str) -> Member:
        member = found.get(prefix + name)
        if member is None or not member.stored:
            fault = "missing" if member is None else "compressed"
            raise DamagedFile(source.name, f"the archive's record {shown(name)} is {fault}")
        return member

    def extent(name: str) -> tuple[int, int]:
        member = record(name)
        return payload(source, member), member.size

    if f"{prefix}byteorder" in found:
        start, length = extent("byteorder")
        _refuse_big_endian(source.read(start, min(length, 8)) == b"little", source.name)
    start, length = extent("data.pkl")
    storages: dict[str, Storage] = {}
    top = load(Cursor(source, start, start + _bounded(length, source)), ALLOWED, register(storages, source))
    placed: dict[str, int | Member] = {}
    for key, storage in storages.items():
        placed[key] = held = record(f"data/{key}")
        if held.size < storage.nbytes:
            raise DamagedFile(source.name, f"the storage {shown(key)} is shorter than its tensors")
    return _checkpoint(top, placed, source)


def _read_legacy(source: ByteSource) -> Checkpoint:
    cursor = Cursor(source, len(LEGACY_MAGIC), min(source.size, LONGEST_PICKLE))
    protocol, system = _plain(cursor), _plain(cursor)
    if protocol != _PROTOCOL or not isinstance(system, dict):
        raise DamagedFile(source.name, "the legacy PyTorch preamble is malformed")
    _refuse_big_endian(system.get("little_endian") is True, source.name)
    storages: dict[str, Storage] = {}
    top = load(cursor, ALLOWED, register(storages, source))
    keys = _plain(cursor)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise DamagedFile(source.name, "the list of storages is malformed")
    if len(set(keys)) != len(keys) or set(keys) != set(storages):
        raise DamagedFile(source.name, "the list of storages is not that of the tensors")
    placed: dict[str, int | Member] = {}
    spot = cursor.position
    for key in keys:
        placed[key] = spot + 8
        spot += 8 + storages[key].nbytes
    if spot != source.size:
        raise DamagedFile(source.name, f"the storages end at byte {spot} and the file at {source.size}")
    return _checkpoint(top, placed, source)


def _plain(cursor: Cursor) -> Any:
    return load(cursor, {}, _no_persistent)


def _no_persistent(identity: Any) -> Any:
    raise ValueError("a persistent id where none is due")


def _bounded(length: int, source: ByteSource) -> int:
    if length > LONGEST_PICKLE:
        raise DamagedFile(source.name, f"its data.pkl has {length} bytes, more than any checkpoint needs")
    return length


def _refuse_big_endian(little: bool, where: str) -> None:
    if not little:
        raise UnsupportedFormat(f"{where} was saved on a big-endian machine; save it again as safetensors.")


def _checkpoint(top: Any, placed: Mapping[str, int | Member], source: ByteSource) -> Checkpoint:
    views = {"tensor": top} if isinstance(top, View) else _views(top, MemoryBudget(source.size, source.name))
    if len(views) > most_tensors(source.size):
        raise DamagedFile(source.name, f"it lists {len(views)} tensors in {source.size} bytes")
    tensors = {name: _place(name, view, placed, source) for name, view in views.items()}
    return Checkpoint(name=source.name, tensors=MappingProxyType(tensors))


def _views(top: Any, budget: MemoryBudget) -> dict[str, View]:
    """The tensors of a dictionary, or of the first one nested in it that has any, and of those within that one."""
    layer, seen = [top], set[int]()
    outermost: Any = None
    for depth in range(_DEEPEST):
        inner: list[Any] = []
        for held in layer:
            if not isinstance(held, dict) or id(held) in seen:
                continue
            seen.add(id(held))
            if any(isinstance(value, View) for value in held.values()):
                if depth:
                    return _flattened(held, budget)
                outermost = held
            inner += [held[name] for name in _NESTED if name in held]
        layer = inner
    if outermost is not None:
        return _flattened(outermost, budget)
    chosen = next((top[name] for name in _NESTED if isinstance(top, dict) and name in top), top)
    return _flattened(chosen, budget) or _flattened(top, budget)


def _flattened(top: Any, budget: MemoryBudget) -> dict[str, View]:
    """All tensors in dictionaries, lists and stand-ins for objects, however deep, by the path to each.

    What belongs to an optimiser or a schedule is left out. Of a module that was pickled whole, the names of the
    dictionaries that it keeps its weights in are no part of the path.
    """
    found: dict[str, View] = {}
    waiting: list[tuple[str, Any, int]] = [("", top, 0)]
    seen = set[int]()
    while waiting:
        path, held, depth = waiting.pop()
        if isinstance(held, View):
            found.setdefault(path, held)
        elif isinstance(held, (dict, list, Inert)) and id(held) not in seen and depth <= _DEEPEST_PATH:
            seen.add(id(held))
            for name, value in reversed(_inside(held)):
                if not (depth <= _DEEPEST and _TRAINING.match(name)):
                    inner = path if name in _MODULE_PARTS else f"{path}.{name}" if path else name
                    budget.spend(_PATH_COST + len(inner), "the paths to its tensors")
                    waiting.append((inner[:_LONGEST_PATH], value, depth + 1))
    return found


def _inside(held: Any) -> list[tuple[str, Any]]:
    """What a container holds, by name or by number."""
    if isinstance(held, list):
        return [
            (str(number), value)
            for number, value in enumerate(held)
            if isinstance(value, (View, dict, list, Inert))
        ]
    held = held.state or {} if isinstance(held, Inert) else held
    return [(name, value) for name, value in held.items() if isinstance(value, (View, dict, list, Inert))]


def _place(name: str, view: View, placed: Mapping[str, int | Member], source: ByteSource) -> Tensor:
    width = BITS[view.dtype] // 8
    last = sum((n - 1) * step for n, step in zip(view.shape, view.strides, strict=True))
    reach = 0 if 0 in view.shape else view.first + last + 1
    if view.storage.start + reach * width > view.storage.nbytes:
        raise DamagedFile(source.name, f"the tensor {shown(name)} reaches beyond its storage")
    if view.altered:
        reason = (
            f"{source.name}: {shown(name)} is stored with its sign or conjugation still to be applied; save it again "
            "after .resolve_neg() and .resolve_conj(), best as safetensors."
        )
        return UnreadableTensor(name=name, dtype=view.dtype, shape=view.shape, reason=reason)
    if not _row_major(view):
        reason = (
            f"{source.name}: {shown(name)} is a transposed or strided view; save it again after .contiguous(), "
            "best as safetensors."
        )
        return UnreadableTensor(name=name, dtype=view.dtype, shape=view.shape, reason=reason)
    start = view.storage.start + (view.first * width if reach else 0)
    place, nbytes = placed[view.storage.key], math.prod(view.shape) * width
    if isinstance(place, Member):
        return _MemberTensor(
            name=name,
            dtype=view.dtype,
            shape=view.shape,
            source=source,
            member=place,
            start=start,
            nbytes=nbytes,
        )
    return StoredTensor(
        name=name, dtype=view.dtype, shape=view.shape, source=source, offset=place + start, nbytes=nbytes
    )


def _row_major(view: View) -> bool:
    step = 1
    for length, stride in zip(reversed(view.shape), reversed(view.strides), strict=True):
        if length > 1 and stride != step:
            return 0 in view.shape
        step *= length
    return True
