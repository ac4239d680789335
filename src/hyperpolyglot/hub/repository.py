"""A repository of the Hub as a folder of files that are opened for the price of what is read of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from hyperpolyglot.errors import DamagedFile, ModelNotFound, NotCached, TransferError, UnsupportedFormat
from hyperpolyglot.formats import (
    REFUSED_SUFFIXES,
    Checkpoint,
    LocalFile,
    folders_that_open,
    open_files,
    read_checkpoint,
    suffixes,
)
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.link import FileLink, RemoteFileInfo
from hyperpolyglot.hub.listing import Listing, Unreachable, ask, completed, kept, list_repository, remember
from hyperpolyglot.hub.names import HubName, is_commit, is_plain_path, parse_name
from hyperpolyglot.hub.ranges import FileRanges, Watcher
from hyperpolyglot.hub.remote import RemoteFile
from hyperpolyglot.hub.snapshot import Snapshot
from hyperpolyglot.hub.spare import Spare
from hyperpolyglot.types import ByteSource, Progress, silent
from hyperpolyglot.vocabularies import Side, files_beside, find_among

__all__ = ["Repository", "open_repository"]

_LARGEST_WHOLE = 1 << 28


def open_repository(
    name: str | HubName,
    revision: str | None = None,
    progress: Progress = silent,
    connection: Connection | None = None,
) -> Repository:
    """A repository at one commit: the one that ``revision`` (a branch, tag or commit; ``main``) stands for now.

    One request, none for a commit that was opened before. Without a network the commit that was last opened is
    taken, and ``notices`` say so. Raises ``ModelNotFound`` (no such repository or revision), ``AccessRefused``
    (gated or private), ``NotCached`` (``HF_HUB_OFFLINE``) or ``TransferError``.
    """
    asked = name if isinstance(name, HubName) else parse_name(name)
    if asked is None or (revision is not None and not is_plain_path(revision)):
        shown = name if revision is None else f"{name}@{revision}"
        raise ModelNotFound(f"{shown!r} is no name on the Hub; write org/name or org/name@revision.")
    name, revision = asked.repository, revision or asked.revision
    connection = connection or Connection.from_environment()
    notice = ""
    listing: Listing | None
    if connection.offline:
        listing = kept(connection, name, revision)
    else:
        try:
            listing = _current(connection, name, revision, progress)
        except Unreachable:
            try:
                listing = kept(connection, name, revision)
            except NotCached:
                listing = None
            if listing is None:
                raise
            notice = f"the Hub cannot be reached, so the commit {listing.commit[:7]} that is in the cache is opened"
    return Repository(connection, name, listing, progress, notice)


def _current(connection: Connection, name: str, revision: str | None, progress: Progress) -> Listing:
    if revision is not None and is_commit(revision):
        try:
            return kept(connection, name, revision)
        except NotCached:
            pass
    listing = completed(connection, name, list_repository(connection, name, revision, progress))
    with contextlib.suppress(TransferError):  # a cache that can only be read is good enough for what it has
        Snapshot(connection, name, listing.commit).remember(revision or "main")
        remember(connection, name, listing)
    return listing


class Repository:
    """The files of a repository at one commit. ``name`` is ``org/name``."""

    def __init__(
        self, connection: Connection, name: str, listing: Listing, progress: Progress, notice: str = ""
    ) -> None:
        self.name = name
        self.commit = listing.commit
        self._connection = connection
        self._files = dict(listing.files)
        self._unsized = set(listing.unsized)
        self._notices = [notice] if notice else []
        noted = partial(_note, self._notices)
        self._watcher = Watcher(progress, noted)
        self._spare = Spare(connection, noted)
        self._snapshot = Snapshot(connection, name, listing.commit, self._spare)
        self._opened: list[str] = []

    @property
    def files(self) -> Mapping[str, RemoteFileInfo]:
        """The files whose size the Hub lists, by path."""
        return MappingProxyType(self._files)

    @property
    def names(self) -> list[str]:
        """The files at the top of the repository."""
        return sorted(name for name in self._files.keys() | self._unsized if "/" not in name)

    @property
    def note(self) -> str:
        """Which checkpoint was chosen, in a sentence; may be empty. It is the same in every run."""
        return self._choice()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user is to know of this run, each in a sentence: what was damaged, what could not be reached."""
        return tuple(self._notices)

    def open(self, name: str) -> ByteSource:
        """A file as a source of bytes: out of the Hub's cache where it lies there whole, else remote.

        Raises ``ModelNotFound`` where there is none of that name; reading raises as :class:`RemoteFile`.
        """
        info = self._info(name)
        self._opened.append(name)
        if name.endswith(".json") and info.size <= _LARGEST_WHOLE:
            whole: Path | None = self._snapshot.fetch(self._link(name, info), self._watcher)
        else:
            whole = self._snapshot.find(name, info)
        if whole is not None:
            return LocalFile(whole)
        ranges = FileRanges(self._link(name, info), self.name, self.commit, self._watcher, self._spare)
        return RemoteFile(f"{self.name}/{name}", info.size, ranges, whole=name.endswith(suffixes(whole=True)))

    def beside(self, file: str | None) -> list[str]:
        """The files in the folder of ``file``, by their paths; at the top of the repository where it is ``None``."""
        folder = "" if file is None else file.rpartition("/")[0]
        there = self._files.keys() | self._unsized
        return sorted(name for name in there if name.rpartition("/")[0] == folder)

    def local(self, names: list[str], folder: str = "") -> Path:
        """The ``folder`` of the Hub's cache in which these small files lie whole, fetched if need be.

        Raises ``ModelNotFound``, ``DamagedFile`` for a file larger than any tokenizer's, and as :meth:`open`.
        """
        for name in names:
            info = self._info(name)
            if info.size > _LARGEST_WHOLE:
                raise DamagedFile(
                    f"{self.name}/{name}", f"it has {info.size} bytes, more than any tokenizer file needs"
                )
            self._snapshot.fetch(self._link(name, info), self._watcher)
        gathered = self._snapshot.gathered(names)
        return gathered / folder if folder else gathered

    def checkpoint(self, file: str | None = None) -> Checkpoint:
        """The checkpoint at the top of the repository, or the one that ``file`` names (or begins).

        Raises as :func:`hyperpolyglot.formats.open_files`, and as :meth:`open`.
        """
        self._opened.clear()
        if file is None:
            return open_files(
                self.name, self.names, self.open, lambda: folders_that_open(self._files), self._read
            )
        self._info(file)
        stem, _, rest = file.rpartition("-00001-of-")
        names = [name for name in self._files if stem and name.startswith(f"{stem}-") and name.endswith(rest)]
        folder, _, _ = file.rpartition("/")
        short = {name.removeprefix(f"{folder}/"): name for name in names or [file]}
        return open_files(f"{self.name}/{file}", short, lambda name: self.open(short[name]), read=self._read)

    def tokenizer(self, file: str | None = None, side: Side = "source") -> list[str]:
        """The files that the vocabulary is read from: the tokenizer's, and those that it needs beside it.

        Those in the folder of ``file`` where there are some, else those at the top of the repository. ``side``: of two
        vocabularies, that of the source or of the target language.
        """
        paths = self._tokenizer_paths(file, side)
        chosen = find_among(paths, side)
        if chosen is None:
            return [path for name, path in paths.items() if name == "config.json"]
        return [paths[name] for name in (chosen, *files_beside(chosen, list(paths))[0])]

    def completing(self, file: str | None = None, side: Side = "source") -> list[str]:
        """The files that name tokens which the tokenizer's file may lack."""
        paths = self._tokenizer_paths(file, side)
        chosen = find_among(paths, side) or "tokenizer.json"
        return [paths[name] for name in files_beside(chosen, list(paths))[1]]

    def _tokenizer_paths(self, file: str | None, side: Side) -> dict[str, str]:
        """The files among which that of a tokenizer is looked for, by their names."""
        paths = {path.rpartition("/")[2]: path for path in self.beside(file)}
        if file is not None and "/" in file and find_among(paths, side) is None:
            return {name: name for name in self.names}
        return paths

    def _read(self, source: ByteSource) -> Checkpoint:
        """The checkpoint in one file; a header of an earlier run that is none is fetched again."""
        try:
            return read_checkpoint(source)
        except (DamagedFile, UnsupportedFormat):
            if not isinstance(source, RemoteFile) or not source.forget():
                raise
        return read_checkpoint(source)

    def _choice(self) -> str:
        opened = [name for name in self._opened if _is_weights(name)]
        if not opened:
            return ""
        return f"{', '.join(dict.fromkeys(opened))} of {self.name}@{self.commit[:7]} is read"

    def _link(self, name: str, info: RemoteFileInfo) -> FileLink:
        return FileLink(self._connection, self.name, self.commit, name, info)

    def _info(self, name: str) -> RemoteFileInfo:
        if name in self._unsized:
            self._files[name] = self._asked(name)
            self._unsized.remove(name)
            with contextlib.suppress(TransferError):
                remember(self._connection, self.name, self._listing())
        if name not in self._files:
            raise ModelNotFound(f"{self.name} has no file {name[:200]!r} at commit {self.commit[:7]}.")
        return self._files[name]

    def _listing(self) -> Listing:
        return Listing(self.commit, dict(self._files), frozenset(self._unsized))

    def _asked(self, name: str) -> RemoteFileInfo:
        """Size and digest of a file that the list of the repository has without them, as mirrors give it."""
        link = self._link(name, RemoteFileInfo(0, ""))
        if self._connection.offline:
            raise NotCached(
                f"{link.name} is not in the cache and HF_HUB_OFFLINE is set: run the same command once with "
                "HF_HUB_OFFLINE=0 on a machine that reaches the Hub, with this HF_HOME."
            )
        told = ask(self._connection, link.name, link.told, self._watcher.progress)
        if told is None:
            raise DamagedFile(link.name, "the Hub does not tell its size")
        return told


def _note(notices: list[str], notice: str) -> None:
    if notice not in notices:
        notices.append(notice)


def _is_weights(name: str) -> bool:
    return name.endswith((*suffixes(), *REFUSED_SUFFIXES, ".index.json"))
