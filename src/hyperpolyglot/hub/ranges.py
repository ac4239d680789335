"""The cache of ranges: what was once fetched of a file's content is never fetched again.

    <root>/ranges/models--org--name/<oid>/file.json       what the file is
                                         /headers          small reads, a journal
                                         /<offset>-<length>.bin
                                         /<offset>-<length>.json   written last: length and digests

A range counts only with its manifest and at its whole length, and is compared with the digests of the manifest before
it is used. ``oid`` is the Hub's digest of the whole file, so that a commit that leaves a file as it is costs nothing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import NotCached
from hyperpolyglot.hub.digests import BLOCK, is_listed
from hyperpolyglot.hub.headers import Journal
from hyperpolyglot.hub.link import FileLink
from hyperpolyglot.hub.locks import hold, hold_if_free
from hyperpolyglot.hub.manifest import (
    RangeManifest,
    read_manifest,
    sound_blocks,
    write_json,
    write_manifest,
)
from hyperpolyglot.hub.pace import Pace, shown_size
from hyperpolyglot.hub.partial import CacheUnusable, Partial, disk_faults
from hyperpolyglot.hub.spare import Spare
from hyperpolyglot.hub.transfer import Memory, transfer
from hyperpolyglot.regular import is_regular
from hyperpolyglot.store import digest_of
from hyperpolyglot.types import Progress, frozen

__all__ = ["FileRanges", "Watcher", "model_folder"]

_NAME = re.compile(r"(\d{1,19})-(\d{1,19})\.json")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Watcher(NamedTuple):
    """Who is told: ``progress`` of what is on its way, ``note`` of what the user should know, in a sentence."""

    progress: Progress
    note: Callable[[str], None] = lambda _: None


def model_folder(root: Path, repository: str) -> Path:
    """Where the ranges of a repository's files lie."""
    return root / "ranges" / f"models--{repository.replace('/', '--')}"


class FileRanges:
    """The ranges of one file, each fetched when it is first asked for, by one process.

    Where the cache takes nothing they are kept in the ``spare`` place as long as they are used.
    """

    def __init__(
        self, link: FileLink, repository: str, commit: str, watcher: Watcher, spare: Spare | None = None
    ) -> None:
        self._link = link
        self._repository = repository
        self._commit = commit
        self._watcher = watcher
        self._connection = link.connection
        self._spare = spare
        self._instead: FileRanges | None = None
        key = (
            link.info.oid if _OID.fullmatch(link.info.oid) else digest_of([commit, link.file, link.info.oid])
        )
        self.folder = model_folder(link.connection.root, repository) / key
        self._journal: Journal | None = None
        self._inherited = self._damaged = False
        self._checked: set[tuple[str, int]] = set()

    @property
    def journal(self) -> Journal:
        """The small reads."""
        if self._instead is not None:
            return self._instead.journal
        if self._journal is None:
            self._journal = Journal(self.folder / "headers")
            self._inherited = bool(self._journal.size)
        return self._journal

    def forget(self) -> bool:
        """Drop the small reads, of which no header can be made; whether an earlier run had left them.

        Without a network they stay.
        """
        if self._instead is not None or self._connection.offline:
            return False
        inherited = self._inherited
        with contextlib.suppress(CacheUnusable), self._held("headers.lock"), disk_faults(self.folder, 0):
            self.journal.path.unlink(missing_ok=True)
        self._journal = None
        if inherited:
            self._said("the header of {} that was kept is none, so it is fetched again")
        return inherited

    def mapped(self, offset: int, length: int) -> NDArray[np.uint8] | None:
        """The range out of a cached one that has it and is sound, memory-mapped; ``None`` where none is."""
        for path, first in self._covering(offset, length):
            manifest = read_manifest(path)
            within = range(offset - first, offset - first + length)
            if manifest is not None and self._sound(path, manifest, within):
                with contextlib.suppress(OSError):
                    data = np.memmap(path.with_suffix(".bin"), np.uint8, "r", within.start, (length,))
                    with contextlib.suppress(OSError):
                        os.utime(path)
                    return frozen(np.asarray(data))
            self._set_aside(path, within)
        return None if self._instead is None else self._instead.mapped(offset, length)

    def fetched(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The range, memory-mapped, out of the cache or else from the Hub.

        Raises ``NotCached`` where the Hub is not to be asked, and ``TransferError``.
        """
        found = self.mapped(offset, length)
        if found is not None:
            return found
        self._check_online(f"{shown_size(length)} of {self._link.name}")
        if self._instead is not None:
            return self._instead.fetched(offset, length)
        try:
            return self._kept(offset, length)
        except CacheUnusable as refusal:
            return self._without_cache(refusal).fetched(offset, length)

    def read(self, start: int, stop: int) -> bytes:
        """Bytes for a header: fetched into the journal. Only one process at a time asks for them."""
        if self._instead is not None:
            return self._instead.read(start, stop)
        try:
            with self._held("headers.lock"):
                journal = self.journal
                journal.refresh()
                known = journal.read(start, stop - start)
                if known is not None:
                    return known
                self._check_online(f"the header of {self._link.name}")
                if journal.damaged:
                    self._said(
                        "the headers of {} that were kept are damaged or cut, so they are fetched again"
                    )
                self._describe()
                memory = Memory()
                pace = Pace(self._watcher.progress, f"reading headers of {self._repository}", stop - start)
                transfer(self._link, start, stop - start, memory, pace)
                digest = hashlib.sha256(memory.data).hexdigest()
                whole = stop - start == self._link.info.size
                if whole and not is_listed(self._link.info.oid, digest, lambda: [memory.data]):
                    raise self._link.another_content()
                journal.add(start, memory.data)
                return bytes(memory.data)
        except CacheUnusable as refusal:
            return self._without_cache(refusal).read(start, stop)

    def _kept(self, offset: int, length: int) -> NDArray[np.uint8]:
        """The range as it is read back from the cache after it was fetched."""
        stem = self.folder / f"{offset}-{length}"
        part = stem.with_suffix(".part")
        pace = Pace(self._watcher.progress, f"fetching {self._link.file} of {self._repository}", length)

        def moved() -> int:
            size = part.stat().st_size if part.exists() else 0
            pace.blocked(size)
            return size

        with self._held(f"{stem.name}.lock", moved):
            found = self.mapped(offset, length)
            if found is None:
                self._describe()
                self._fetch(offset, length, stem, pace)
                found = self.mapped(offset, length)
        with disk_faults(stem, length):
            if found is None:
                raise OSError(errno.EIO, "what was written there cannot be read back")
        return found

    def _fetch(self, offset: int, length: int, stem: Path, pace: Pace) -> None:
        part, whole = stem.with_suffix(".part"), stem.with_suffix(".bin")
        with disk_faults(part, length):
            if whole.exists() and not part.exists():
                whole.replace(part)  # its process ended before it had written the manifest, or it is damaged
        with Partial(part, length) as partial:
            with disk_faults(part, length):
                _check_room(self.folder, length - partial.have)
            pace.at(partial.have)
            transfer(self._link, offset, length, partial, pace)
            digest = partial.digest
            if length == self._link.info.size and not is_listed(self._link.info.oid, digest, partial.parts):
                partial.restart(None)
                raise self._link.another_content()
            partial.finish(whole)
        manifest = RangeManifest(
            model=self._repository,
            commit=self._commit,
            file=self._link.file,
            oid=self._link.info.oid,
            offset=offset,
            length=length,
            sha256=digest,
            blocks=partial.blocks,
        )
        write_manifest(stem.with_suffix(".json"), manifest)
        partial.settled()

    def _covering(self, offset: int, length: int) -> Iterator[tuple[Path, int]]:
        """The manifests of the ranges that a part lies in, and where those begin."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return
        for name in names:
            found = _NAME.fullmatch(name)
            if (
                found is not None
                and int(found[1]) <= offset
                and offset + length <= int(found[1]) + int(found[2])
            ):
                yield self.folder / name, int(found[1])

    def _sound(self, path: Path, manifest: RangeManifest, within: range) -> bool:
        """Whether the blocks that a part lies in are those that were fetched; each is read once."""
        blocks = range(within.start // BLOCK, -(-within.stop // BLOCK))
        new = [block for block in blocks if (path.name, block) not in self._checked]
        if not sound_blocks(path.with_suffix(".bin"), manifest, new):
            return False
        self._checked.update((path.name, block) for block in new)
        return True

    def _set_aside(self, path: Path, within: range) -> None:
        """Say that a range is damaged, and remove it where it can be fetched again."""
        self._damaged = True
        if self._connection.offline:
            return
        self._said("what was kept of {} is damaged, so it is fetched again")
        with contextlib.suppress(OSError, CacheUnusable), hold_if_free(path.with_suffix(".lock")) as had:
            manifest = read_manifest(path)
            if had and (manifest is None or not self._sound(path, manifest, within)):
                path.unlink(missing_ok=True)
                path.with_suffix(".bin").unlink(missing_ok=True)

    def _without_cache(self, refusal: CacheUnusable) -> FileRanges:
        """The ranges in the spare place; raises ``refusal`` where there is none."""
        if self._spare is None:
            raise refusal
        connection = self._spare.instead(refusal)
        link = FileLink(connection, self._repository, self._commit, self._link.file, self._link.info)
        self._instead = FileRanges(link, self._repository, self._commit, self._watcher)
        return self._instead

    def _held(
        self, name: str, moved: Callable[[], object] = lambda: None
    ) -> contextlib.AbstractContextManager[None]:
        return hold(self.folder / name, moved, self._connection.policy.patience)

    def _said(self, what: str) -> None:
        self._watcher.note(what.format(self._link.name))

    def _describe(self) -> None:
        path = self.folder / "file.json"
        if not is_regular(path):
            described = {
                "model": self._repository,
                "commit": self._commit,
                "file": self._link.file,
                "oid": self._link.info.oid,
                "size": self._link.info.size,
            }
            write_json(path, described)

    def _check_online(self, what: str) -> None:
        if self._connection.offline:
            state = "damaged" if self._damaged else "not"
            raise NotCached(
                f"{what} is {state} in the cache and HF_HUB_OFFLINE is set: run the same command once with "
                "HF_HUB_OFFLINE=0 on a machine that reaches the Hub, with this HF_HOME."
            )


def _check_room(folder: Path, length: int) -> None:
    free = shutil.disk_usage(folder).free
    if length > free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
