"""Checkpoints over several files: tensors are looked up in the shard that an index names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.jsontext import parse_object
from hyperpolyglot.formats.tensor import Tensor
from hyperpolyglot.types import ByteSource

__all__ = ["ShardedTensors", "joined", "read_index"]

LARGEST_INDEX = 100_000_000


class ShardedTensors(Mapping[str, Tensor]):
    """Tensors by name; a shard's header is read when one of its tensors is first asked for.

    Looking one up raises ``DamagedFile`` where the shard does not have it, and what ``open_shard`` raises.
    """

    def __init__(
        self, where: str, shards: Mapping[str, str], open_shard: Callable[[str], Checkpoint]
    ) -> None:
        self._where = where
        self._shards = shards
        self._open_shard = open_shard
        self._opened: dict[str, Checkpoint] = {}

    def __getitem__(self, name: str) -> Tensor:
        shard = self._shards[name]
        if shard not in self._opened:
            self._opened[shard] = self._open_shard(shard)
        found = self._opened[shard].tensors.get(name)
        if found is None:
            raise DamagedFile(
                self._where, f"{shown(name)} should lie in {shown(shard)}, which does not have it"
            )
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._shards

    def __iter__(self) -> Iterator[str]:
        return iter(self._shards)

    def __len__(self) -> int:
        return len(self._shards)


def read_index(source: ByteSource) -> dict[str, str]:
    """The ``weight_map`` of an index file: tensor name to shard name.

    Raises ``DamagedFile`` where it is malformed or a shard name is not that of a file beside the index.
    """
    if source.size > LARGEST_INDEX:
        raise DamagedFile(source.name, f"the index has {source.size} bytes, more than any needs")
    shards = parse_object(source.read(0, source.size), source.name, "the index", source.size).get(
        "weight_map"
    )
    if not isinstance(shards, dict) or not all(isinstance(shard, str) for shard in shards.values()):
        raise DamagedFile(source.name, "the index has no weight_map from tensors to files")
    for shard in set(shards.values()):
        if not _is_plain(shard):
            raise DamagedFile(source.name, f"the index names {shown(shard)}, which is no file beside it")
    return shards


def joined(where: str, parts: Mapping[str, Checkpoint]) -> Checkpoint:
    """One checkpoint of all the tensors of ``parts``; metadata and tokens are those of the first.

    Raises ``DamagedFile`` where two parts have a tensor of the same name.
    """
    tensors: dict[str, Tensor] = {}
    for part, checkpoint in parts.items():
        for name, tensor in checkpoint.tensors.items():
            if name in tensors:
                raise DamagedFile(where, f"{shown(name)} is in {part} and in a part before it")
            tensors[name] = tensor
    first = next(iter(parts.values()))
    return Checkpoint(
        name=where, tensors=MappingProxyType(tensors), tokens=first.tokens, metadata=first.metadata
    )


def _is_plain(name: str) -> bool:
    return name.isprintable() and name not in ("", ".", "..") and not any(c in name for c in "/\\:")
