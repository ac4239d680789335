"""What a range in the cache is, and whether its bytes are still those that were fetched.

A manifest states its own digest and that of every block of its range, so that a part is checked at the price of its
blocks.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.hub.digests import BLOCK
from hyperpolyglot.hub.partial import disk_faults, synced
from hyperpolyglot.regular import is_regular, opened, read_regular
from hyperpolyglot.store import digest_of, written

__all__ = ["RangeManifest", "read_manifest", "sound_blocks", "write_json", "write_manifest"]

FORMAT = "hyperpolyglot.range/2"
"""1: no digests of blocks, none of the manifest itself."""

LARGEST = 1 << 28
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeManifest:
    """What a range in the cache is. ``blocks``: SHA-256 of every ``BLOCK`` bytes of it, the last one shorter."""

    model: str
    commit: str
    file: str
    oid: str
    offset: int
    length: int
    sha256: str
    blocks: tuple[str, ...]
    format: str = FORMAT

    def __post_init__(self) -> None:
        if len(self.blocks) != -(-self.length // BLOCK):
            raise ValueError(f"{len(self.blocks)} digests for the blocks of {self.length} bytes")


def read_manifest(path: Path) -> RangeManifest | None:
    """The manifest at ``path``, where it is one, as it was written, and its range is there at its whole length."""
    try:
        stated = json.loads(read_regular(path, LARGEST))
        if stated.pop("digest") != digest_of(stated):
            return None
        found = RangeManifest(**stated | {"blocks": tuple(stated["blocks"])})
        data = path.with_suffix(".bin")
        sound = found.format == FORMAT and path.name == f"{found.offset}-{found.length}.json"
        return found if sound and is_regular(data) and data.stat().st_size == found.length else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, HyperpolyglotError):
        return None


def write_manifest(path: Path, manifest: RangeManifest) -> None:
    """Write a manifest, after its range; raises ``TransferError`` where the disk takes nothing."""
    stated = asdict(manifest) | {"blocks": list(manifest.blocks)}
    write_json(path, stated | {"digest": digest_of(stated)})


def write_json(path: Path, value: object) -> None:
    """Write a small file whole or not at all; raises ``TransferError`` where the disk takes nothing."""
    with disk_faults(path, 1 << 12):
        with written(path) as beside:
            beside.write_text(json.dumps(value), "utf8")
            synced(beside)
        synced(path.parent)


def sound_blocks(path: Path, manifest: RangeManifest, blocks: Iterable[int]) -> bool:
    """Whether these blocks of the range at ``path`` have the digests of its manifest."""
    chosen = list(blocks)
    workers = min(_THREADS, os.cpu_count() or 1, max(1, len(chosen)))

    def sound(block: int) -> bool:
        with opened(path) as file:
            file.seek(block * BLOCK)
            return hashlib.sha256(file.read(BLOCK)).hexdigest() == manifest.blocks[block]

    try:
        if workers == 1:
            return all(map(sound, chosen))
        with ThreadPoolExecutor(workers) as pool:
            return all(pool.map(sound, chosen))
    except (OSError, HyperpolyglotError):
        return False
