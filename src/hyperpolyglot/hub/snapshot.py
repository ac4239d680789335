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
from pathlib import Path

from hyperpolyglot.errors import NotCached
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.link import FileLink, RemoteFileInfo
from hyperpolyglot.hub.names import is_commit
from hyperpolyglot.hub.pace import Pace
from hyperpolyglot.hub.partial import Partial, disk_faults
from hyperpolyglot.hub.transfer import transfer
from hyperpolyglot.hub.waiting import held
from hyperpolyglot.store import written
from hyperpolyglot.types import Progress

__all__ = ["Snapshot"]


class Snapshot:
    """The files of one commit that lie whole in the Hub's cache."""

    def __init__(self, connection: Connection, repository: str, commit: str) -> None:
        self._connection = connection
        self._repository = repository
        self._commit = commit
        self._base = connection.hub_cache / f"models--{repository.replace('/', '--')}"

    @property
    def folder(self) -> Path:
        """Where the files of the commit lie."""
        return self._base / "snapshots" / self._commit

    def find(self, file: str, info: RemoteFileInfo) -> Path | None:
        """The file where it is there whole; ``None`` where it isn't."""
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(
            self._repository, file, cache_dir=self._connection.hub_cache, revision=self._commit
        )
        if isinstance(found, str):
            path = Path(found)
            with contextlib.suppress(OSError):
                if path.stat().st_size == info.size:
                    return path
        blob = self._base / "blobs" / info.oid
        if info.oid and blob.is_file() and blob.stat().st_size == info.size:
            self._link_to(blob, file)
            return self.folder / file
        return None

    def fetch(self, link: FileLink, progress: Progress) -> Path:
        """The file, fetched if need be and verified by the Hub's digest.

        Raises ``NotCached``, ``AccessRefused`` or ``TransferError``.
        """
        found = self.find(link.file, link.info)
        if found is not None:
            return found
        if self._connection.offline:
            raise NotCached(
                f"{link.name} is not in the cache and HF_HUB_OFFLINE is set: run the same command once with "
                "HF_HUB_OFFLINE=0 on a machine that reaches the Hub, with this HF_HOME."
            )
        blob = self._base / "blobs" / link.info.oid
        lock = self._connection.hub_cache / ".locks" / self._base.name / f"{link.info.oid}.lock"
        with held(lock, lambda: None, self._connection.policy.patience):
            found = self.find(link.file, link.info)
            if found is not None:
                return found
            pace = Pace(progress, f"fetching {link.file} of {self._repository}", link.info.size)
            with Partial(blob.with_name(f"{blob.name}.hyperpolyglot.incomplete"), link.info.size) as partial:
                transfer(link, 0, link.info.size, partial, pace)
                if not _is_listed(partial.path, link.info, partial.digest):
                    partial.restart(None)
                    raise link.another_content()
                partial.finish(blob)
                partial.settled()
        self._link_to(blob, link.file)
        return self.folder / link.file

    def remember(self, revision: str) -> None:
        """Note which commit a branch or tag stands for, for runs without a network."""
        path = self._base / "refs" / revision
        if is_commit(revision) or (path.is_file() and path.read_text("utf8") == self._commit):
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


def _is_listed(path: Path, info: RemoteFileInfo, sha256: str) -> bool:
    """Whether a file has the digest that the Hub lists: SHA-256, or the SHA-1 that git gives to a blob."""
    if len(info.oid) == 64:
        return sha256 == info.oid
    if len(info.oid) != 40:
        return True
    digest = hashlib.sha1(b"blob %d\0" % info.size, usedforsecurity=False)
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest() == info.oid
