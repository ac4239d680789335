"""Whole small files in the Hub's own cache, laid out as ``huggingface_hub`` does, so that other tools find them.

<HF_HOME>/hub/models--org--name/blobs/<oid>
                               /snapshots/<commit>/<file>  -> ../../blobs/<oid>
                               /refs/<revision>            the commit
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from pathlib import Path

from hyperpolyglot.errors import HyperpolyglotError, NotCached
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.digests import is_listed
from hyperpolyglot.hub.link import FileLink, RemoteFileInfo
from hyperpolyglot.hub.locks import hold
from hyperpolyglot.hub.names import is_commit
from hyperpolyglot.hub.pace import Pace
from hyperpolyglot.hub.partial import CacheUnusable, Partial, disk_faults
from hyperpolyglot.hub.ranges import Watcher
from hyperpolyglot.hub.spare import Spare
from hyperpolyglot.hub.transfer import transfer
from hyperpolyglot.regular import read_regular, read_text
from hyperpolyglot.store import written

__all__ = ["Snapshot"]


class Snapshot:
    """The files of one commit that lie whole in the Hub's cache, or in the ``spare`` place where that takes nothing."""

    def __init__(
        self, connection: Connection, repository: str, commit: str, spare: Spare | None = None
    ) -> None:
        self._connection = connection
        self._repository = repository
        self._commit = commit
        self._spare = spare
        self._instead: Snapshot | None = None
        self._base = connection.hub_cache / f"models--{repository.replace('/', '--')}"

    @property
    def folder(self) -> Path:
        """Where the files of the commit lie."""
        return self._base / "snapshots" / self._commit

    def find(self, file: str, info: RemoteFileInfo) -> Path | None:
        """The file where it is there at its whole length; ``None`` where it isn't."""
        from huggingface_hub import try_to_load_from_cache

        with contextlib.suppress(OSError, ValueError):
            found = try_to_load_from_cache(
                self._repository, file, cache_dir=self._connection.hub_cache, revision=self._commit
            )
            if isinstance(found, str) and _is_there(Path(found), info.size):
                return Path(found)
        blob = self._base / "blobs" / info.oid
        if info.oid and _is_there(blob, info.size):
            with contextlib.suppress(CacheUnusable):
                self._link_to(blob, file)
                return self.folder / file
        return None if self._instead is None else self._instead.find(file, info)

    def fetch(self, link: FileLink, watcher: Watcher) -> Path:
        """The file, fetched if need be and verified by the Hub's digest, also where it is there already.

        Raises ``NotCached``, ``AccessRefused`` or ``TransferError``.
        """
        found = self.find(link.file, link.info)
        if found is not None and _is_whole(found, link.info):
            return found
        if self._connection.offline:
            raise NotCached(
                f"{link.name} is {'not' if found is None else 'damaged'} in the cache and HF_HUB_OFFLINE is set: run "
                "the same command once with HF_HUB_OFFLINE=0 on a machine that reaches the Hub, with this HF_HOME."
            )
        if self._instead is not None:
            return self._instead.fetch(link, watcher)
        try:
            return self._kept(link, watcher)
        except CacheUnusable as refusal:
            if self._spare is None:
                raise
            self._instead = Snapshot(self._spare.instead(refusal), self._repository, self._commit)
            return self._instead.fetch(link, watcher)

    def _kept(self, link: FileLink, watcher: Watcher) -> Path:
        blob = self._base / "blobs" / link.info.oid
        lock = self._connection.hub_cache / ".locks" / self._base.name / f"{link.info.oid}.lock"
        with hold(lock, lambda: None, self._connection.policy.patience):
            found = self.find(link.file, link.info)
            if found is not None:
                if _is_whole(found, link.info):
                    return found
                watcher.note(f"what was kept of {link.name} is damaged, so it is fetched again")
                with disk_faults(blob, 0):
                    found.unlink(missing_ok=True)
                    blob.unlink(missing_ok=True)
            pace = Pace(watcher.progress, f"fetching {link.file} of {self._repository}", link.info.size)
            with Partial(blob.with_name(f"{blob.name}.hyperpolyglot.incomplete"), link.info.size) as partial:
                transfer(link, 0, link.info.size, partial, pace)
                if not is_listed(link.info.oid, partial.digest, partial.parts):
                    partial.restart(None)
                    raise link.another_content()
                partial.finish(blob)
                partial.settled()
        self._link_to(blob, link.file)
        return self.folder / link.file

    def gathered(self, files: list[str]) -> Path:
        """The folder in which these files, which were fetched, lie together."""
        if self._instead is None:
            return self.folder
        for file in files:
            place = self._instead.folder / file
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.folder / file, place)
        return self._instead.folder

    def remember(self, revision: str) -> None:
        """Note which commit a branch or tag stands for, for runs without a network."""
        path = self._base / "refs" / revision
        if is_commit(revision):
            return
        with contextlib.suppress(OSError, HyperpolyglotError):
            if read_text(path, 1 << 10) == self._commit:
                return
        with disk_faults(path, 0), written(path) as beside:
            beside.write_text(self._commit, "utf8")

    def _link_to(self, blob: Path, file: str) -> None:
        path = self.folder / file
        with disk_faults(path, 0):
            path.parent.mkdir(parents=True, exist_ok=True)
            up = os.path.relpath(blob, path.parent)
            with contextlib.suppress(FileExistsError):
                try:
                    path.symlink_to(up)
                except (NotImplementedError, PermissionError):
                    with written(path) as beside:
                        shutil.copyfile(blob, beside)


def _is_there(path: Path, size: int) -> bool:
    """Whether there is a file of that size."""
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size


def _is_whole(path: Path, info: RemoteFileInfo) -> bool:
    """Whether a small file has the digest that the Hub lists."""
    try:
        content = read_regular(path, info.size)
    except (OSError, HyperpolyglotError):
        return False
    return is_listed(info.oid, hashlib.sha256(content).hexdigest(), lambda: [content])
