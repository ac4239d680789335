"""The cache of ranges: what was once fetched of a file's content is never fetched again.

    <root>/ranges/models--org--name/<oid>/file.json       what the file is
                                         /headers          small reads, a journal
                                         /<offset>-<length>.bin
                                         /<offset>-<length>.json   written last: length and SHA-256

A range counts only with its manifest and at its whole length. ``oid`` is the Hub's digest of the whole file, so
that a commit that leaves a file as it is costs nothing.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import NotCached
from hyperpolyglot.hub.headers import Journal
from hyperpolyglot.hub.link import FileLink
from hyperpolyglot.hub.pace import Pace, shown_size
from hyperpolyglot.hub.partial import Partial, disk_faults, synced
from hyperpolyglot.hub.transfer import Memory, transfer
from hyperpolyglot.hub.waiting import held
from hyperpolyglot.store import digest_of, written
from hyperpolyglot.types import Progress, frozen

__all__ = ["FORMAT", "FileRanges", "RangeManifest", "model_folder", "read_manifest"]

FORMAT = "hyperpolyglot.range/1"
_NAME = re.compile(r"(\d{1,19})-(\d{1,19})\.json")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeManifest:
    """What a range in the cache is."""

    model: str
    commit: str
    file: str
    oid: str
    offset: int
    length: int
    sha256: str
    format: str = FORMAT


def model_folder(root: Path, repository: str) -> Path:
    """Where the ranges of a repository's files lie."""
    return root / "ranges" / f"models--{repository.replace('/', '--')}"


def read_manifest(path: Path) -> RangeManifest | None:
    """The manifest at ``path``, where it is one and its range is there at its whole length."""
    try:
        found = RangeManifest(**json.loads(path.read_text("utf8")))
        sound = found.format == FORMAT and path.name == f"{found.offset}-{found.length}.json"
        return found if sound and path.with_suffix(".bin").stat().st_size == found.length else None
    except (OSError, ValueError, TypeError):
        return None


class FileRanges:
    """The ranges of one file, each fetched when it is first asked for, by one process."""

    def __init__(self, link: FileLink, repository: str, commit: str, progress: Progress) -> None:
        self._link = link
        self._repository = repository
        self._commit = commit
        self._progress = progress
        self._connection = link.connection
        key = (
            link.info.oid if _OID.fullmatch(link.info.oid) else digest_of([commit, link.file, link.info.oid])
        )
        self.folder = model_folder(link.connection.root, repository) / key
        self._journal: Journal | None = None

    @property
    def journal(self) -> Journal:
        """The small reads."""
        if self._journal is None:
            self._journal = Journal(self.folder / "headers")
        return self._journal

    def mapped(self, offset: int, length: int) -> NDArray[np.uint8] | None:
        """The range out of a cached one that has it, memory-mapped; ``None`` where none has."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for name in os.listdir(self.folder):
                found = _NAME.fullmatch(name)
                if found is None:
                    continue
                first, size = int(found[1]), int(found[2])
                if first <= offset and offset + length <= first + size:
                    path = self.folder / name
                    if read_manifest(path) is not None:
                        with contextlib.suppress(OSError):
                            os.utime(path)
                        data = np.memmap(path.with_suffix(".bin"), np.uint8, "r", offset - first, (length,))
                        return frozen(np.asarray(data))
        return None

    def fetched(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The range, memory-mapped, out of the cache or else from the Hub.

        Raises ``NotCached`` where the Hub is not to be asked, and ``TransferError``.
        """
        found = self.mapped(offset, length)
        if found is not None:
            return found
        stem = self.folder / f"{offset}-{length}"
        self._check_online(f"{shown_size(length)} of {self._link.name}")
        part, lock = stem.with_suffix(".part"), stem.with_suffix(".lock")
        pace = Pace(self._progress, f"fetching {self._link.file} of {self._repository}", length)

        def moved() -> int:
            size = part.stat().st_size if part.exists() else 0
            pace.blocked(size)
            return size

        with held(lock, moved, self._connection.policy.patience):
            found = self.mapped(offset, length)
            if found is None:
                self._describe()
                self._fetch(offset, length, stem, pace)
                found = self.mapped(offset, length)
        if found is None:
            raise OSError(f"{stem}: the range could not be read back after it was written")
        return found

    def read(self, start: int, stop: int) -> bytes:
        """Bytes for a header: fetched into the journal. Only one process at a time asks for them."""
        lock = self.folder / "headers.lock"
        with held(lock, lambda: None, self._connection.policy.patience):
            journal = self.journal
            journal.refresh()
            known = journal.read(start, stop - start)
            if known is not None:
                return known
            self._check_online(f"the header of {self._link.name}")
            self._describe()
            memory = Memory()
            pace = Pace(self._progress, f"reading headers of {self._repository}", stop - start)
            transfer(self._link, start, stop - start, memory, pace)
            journal.add(start, memory.data)
            return bytes(memory.data)

    def _fetch(self, offset: int, length: int, stem: Path, pace: Pace) -> None:
        part, whole = stem.with_suffix(".part"), stem.with_suffix(".bin")
        if whole.exists() and not part.exists():
            whole.replace(part)  # its process ended before it had written the manifest
        with Partial(part, length) as partial:
            with disk_faults(part, length):
                _check_room(self.folder, length - partial.have)
            pace.at(partial.have)
            transfer(self._link, offset, length, partial, pace)
            digest = partial.digest
            if length == self._link.info.size and len(self._link.info.oid) == 64:
                self._check_whole(partial, digest)
            partial.finish(whole)
        manifest = RangeManifest(
            model=self._repository,
            commit=self._commit,
            file=self._link.file,
            oid=self._link.info.oid,
            offset=offset,
            length=length,
            sha256=digest,
        )
        _write_json(stem.with_suffix(".json"), asdict(manifest))
        partial.settled()

    def _check_whole(self, partial: Partial, digest: str) -> None:
        if digest != self._link.info.oid:
            partial.restart(None)
            raise self._link.another_content()

    def _describe(self) -> None:
        path = self.folder / "file.json"
        if not path.exists():
            described = {
                "model": self._repository,
                "commit": self._commit,
                "file": self._link.file,
                "oid": self._link.info.oid,
                "size": self._link.info.size,
            }
            _write_json(path, described)

    def _check_online(self, what: str) -> None:
        if self._connection.offline:
            raise NotCached(
                f"{what} is not in the cache and HF_HUB_OFFLINE is set: run the same command once with "
                "HF_HUB_OFFLINE=0 on a machine that reaches the Hub, with this HF_HOME."
            )


def _write_json(path: Path, value: object) -> None:
    with disk_faults(path, 1 << 12):
        with written(path) as beside:
            beside.write_text(json.dumps(value), "utf8")
            synced(beside)
        synced(path.parent)


def _check_room(folder: Path, length: int) -> None:
    free = shutil.disk_usage(folder).free
    if length > free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
