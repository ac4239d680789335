"""What the cache of ranges holds, whether it is sound, and how to be rid of it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, NotCached, UnsupportedFormat
from hyperpolyglot.formats import is_checkpoint_file, read_checkpoint
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.headers import Journal
from hyperpolyglot.hub.link import FileLink, RemoteFileInfo
from hyperpolyglot.hub.locks import hold_if_free
from hyperpolyglot.hub.manifest import read_manifest
from hyperpolyglot.hub.ranges import FileRanges, Watcher
from hyperpolyglot.hub.remote import RemoteFile
from hyperpolyglot.regular import opened, read_regular
from hyperpolyglot.store import default_root
from hyperpolyglot.types import Progress, silent

__all__ = ["Entry", "cached_entries", "prune", "verify"]

_LARGEST_ABOUT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something in the cache: a whole range, one on its way, or the headers of a file.

    ``offset`` and ``length`` are those of the range in its file, ``None`` for headers; ``bytes`` is what it takes
    on the disk, ``last_used`` seconds since 1970.
    """

    model: str
    commit: str
    file: str
    kind: Literal["range", "partial", "headers"]
    offset: int | None
    length: int | None
    bytes: int
    last_used: float
    path: Path


def cached_entries(root: Path | None = None) -> list[Entry]:
    """Everything in the cache, by model, file and place."""
    base = (root or default_root()) / "ranges"
    found = [entry for folder in sorted(base.glob("models--*/*")) for entry in _in_folder(folder)]
    return sorted(found, key=lambda e: (e.model, e.file, e.commit, -1 if e.offset is None else e.offset))


def verify(root: Path | None = None, progress: Progress = silent) -> list[Entry]:
    """The entries whose bytes are not those that were fetched, and headers that are none of their file's format.

    All bytes are read; the entries are left as they are.
    """
    entries = [entry for entry in cached_entries(root) if entry.kind != "partial"]
    total, done, damaged = sum(entry.bytes for entry in entries), 0, []
    for entry in entries:
        progress("verifying the cache", done, total)
        sound = _headers_sound(entry) if entry.kind == "headers" else _range_sound(entry)
        if not sound:
            damaged.append(entry)
        done += entry.bytes
    progress("verifying the cache", total, total)
    return damaged


def prune(
    root: Path | None = None,
    *,
    entries: list[Entry] | None = None,
    model: str | None = None,
    older_than: float | None = None,
) -> list[Entry]:
    """Remove entries and return those that were: all, or those given, of a model, unused for so many seconds.

    What another process is fetching at the moment stays.
    """
    now, removed = time.time(), []
    for entry in cached_entries(root) if entries is None else entries:
        if model is not None and entry.model != model:
            continue
        if older_than is not None and now - entry.last_used < older_than:
            continue
        if _removed(entry):
            removed.append(entry)
    for folder in {entry.path.parent for entry in removed}:
        _remove_if_bare(folder)
    return removed


def _in_folder(folder: Path) -> Iterator[Entry]:
    try:
        about = _about(folder)
        of = {key: str(about[key]) for key in ("model", "commit", "file")}
        paths = sorted(folder.iterdir())
    except (OSError, ValueError, KeyError, TypeError, HyperpolyglotError):
        return
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            used, size = path.stat().st_mtime, path.stat().st_size
            if path.suffix == ".part":
                offset, length = map(int, path.stem.split("-"))
                span: tuple[int | None, int | None] = (offset, length)
                yield _entry(of, "partial", span, size, used, path)
            elif path.name == "headers":
                yield _entry(of, "headers", (None, None), size, used, path)
            elif path.suffix == ".json" and path.stem != "file":
                offset, length = map(int, path.stem.split("-"))
                manifest = read_manifest(path)
                known = {key: getattr(manifest, key) for key in of} if manifest else of
                yield _entry(known, "range", (offset, length), length, used, path)


def _entry(
    of: Mapping[str, str],
    kind: Literal["range", "partial", "headers"],
    span: tuple[int | None, int | None],
    size: int,
    used: float,
    path: Path,
) -> Entry:
    return Entry(**of, kind=kind, offset=span[0], length=span[1], bytes=size, last_used=used, path=path)


def _about(folder: Path) -> dict[str, Any]:
    about = json.loads(read_regular(folder / "file.json", _LARGEST_ABOUT))
    if not isinstance(about, dict):
        raise TypeError("no object")
    return about


def _headers_sound(entry: Entry) -> bool:
    """Whether the headers of a file are whole and, as far as they go, those of its format."""
    if Journal(entry.path).size != entry.bytes:
        return False
    folder = entry.path.parent
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, HyperpolyglotError):
        about = _about(folder)
        info = RemoteFileInfo(int(about["size"]), str(about["oid"]))
        here = Connection(endpoint="", hub_cache=folder, root=folder.parents[2], offline=True)
        link = FileLink(here, entry.model, entry.commit, entry.file, info)
        ranges = FileRanges(link, entry.model, entry.commit, Watcher(silent))
        if ranges.folder == folder and is_checkpoint_file(entry.file):
            try:
                read_checkpoint(RemoteFile(f"{entry.model}/{entry.file}", info.size, ranges))
            except NotCached:
                return True
            except (DamagedFile, UnsupportedFormat):
                return False
    return True


def _range_sound(entry: Entry) -> bool:
    manifest = read_manifest(entry.path)
    if manifest is None:
        return False
    try:
        with opened(entry.path.with_suffix(".bin")) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == manifest.sha256
    except (OSError, UnsupportedFormat):
        return False


def _removed(entry: Entry) -> bool:
    """Remove an entry unless it is being fetched: its manifest first, so that half of it is never a range."""
    stem = entry.path.with_suffix("")
    lock = entry.path.with_name("headers.lock" if entry.kind == "headers" else f"{stem.name}.lock")
    with contextlib.suppress(OSError), hold_if_free(lock) as had:
        if not had:
            return False
        entry.path.unlink(missing_ok=True)
        if entry.kind != "headers":
            for suffix in (".json", ".bin", ".part", ".part.state"):
                stem.with_name(stem.name + suffix).unlink(missing_ok=True)
        return True
    return False


def _remove_if_bare(folder: Path) -> None:
    """Remove what describes a file of which nothing is left."""
    if folder.is_dir() and all(
        path.suffix == ".lock" or path.name == "file.json" for path in folder.iterdir()
    ):
        shutil.rmtree(folder, ignore_errors=True)
