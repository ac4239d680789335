"""What a repository holds at one commit, from the Hub or from what was kept of an earlier answer."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from hyperpolyglot.errors import ModelNotFound, NotCached, TransferError
from hyperpolyglot.hub.asking import WORTH_RETRYING, Retry, access_refused, send
from hyperpolyglot.hub.connection import Connection, asked_wait, transport_fault
from hyperpolyglot.hub.link import RemoteFileInfo
from hyperpolyglot.hub.names import is_commit, is_plain_path
from hyperpolyglot.hub.partial import disk_faults
from hyperpolyglot.hub.ranges import model_folder
from hyperpolyglot.store import written

__all__ = ["Listing", "Unreachable", "ask", "kept", "list_repository", "remember"]

FORMAT = "hyperpolyglot.listing/1"
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_UNREACHABLE_AFTER = 2
_LARGEST_ANSWER = 1 << 26
_LARGEST_FILE = 1 << 60
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at a commit; those whose size the answer did not tell are in ``unsized``."""

    commit: str
    files: Mapping[str, RemoteFileInfo]
    unsized: frozenset[str] = field(default_factory=frozenset)


class Unreachable(TransferError):
    """No connection to the Hub could be made."""


def ask(connection: Connection, what: str, request: Callable[[], _Result]) -> _Result:
    """The result of ``request``, made again where it raises ``Retry`` or no connection can be made.

    Raises ``Unreachable``, ``TransferError``, and what ``request`` raises.
    """
    policy, failures = connection.policy, 0
    while True:
        failures += 1
        asked: float | None = None
        try:
            return request()
        except Retry as fault:
            asked = fault.wait
            if failures >= policy.attempts or (asked or 0) > policy.longest_wait:
                when = "later" if not asked else f"in {asked:.0f} seconds"
                raise TransferError(f"{what}: {fault}; try again {when}.") from fault
        except transport_fault() as fault:
            if failures >= min(_UNREACHABLE_AFTER, policy.attempts):
                host = urlsplit(connection.endpoint).hostname
                raise Unreachable(
                    f"{what}: {host} cannot be reached; check the network (and HF_ENDPOINT), or name a folder."
                ) from fault
        policy.sleep(max(policy.wait(failures), asked or 0))


def list_repository(connection: Connection, repository: str, revision: str | None) -> Listing:
    """One request for the commit and its files.

    Raises ``ModelNotFound`` where there is no such repository or revision, ``AccessRefused`` where a token is
    needed, and ``TransferError``.
    """
    path = f"/api/models/{repository}" + (f"/revision/{quote(revision, safe='')}" if revision else "")
    url = f"{connection.endpoint}{path}?blobs=true"
    told = ask(connection, repository, lambda: _told(connection, url, repository, revision))
    try:
        return _listing(json.loads(told))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TransferError(
            f"{repository}: the answer of the Hub is no list of files; check HF_ENDPOINT, and try again later."
        ) from error


def _told(connection: Connection, url: str, repository: str, revision: str | None) -> bytes:
    response = send(connection, url, repository, {"accept-encoding": "identity"})
    try:
        if response.status_code != 200:
            raise _refusal(response, connection, repository, revision)
        told = bytearray()
        for part in response.iter_bytes():
            told += part
            if len(told) > _LARGEST_ANSWER:
                raise TransferError(
                    f"{repository}: the Hub's list of files is larger than any; check HF_ENDPOINT."
                )
        return bytes(told)
    finally:
        response.close()


def _refusal(response: Any, connection: Connection, repository: str, revision: str | None) -> Exception:
    status, code = response.status_code, response.headers.get("x-error-code", "")
    if status in WORTH_RETRYING:
        return Retry(f"the Hub answers {status}", asked_wait(response.headers))
    if code == "RevisionNotFound":
        return ModelNotFound(
            f"{repository} has no revision {revision!r}; name a branch, a tag or a commit of it."
        )
    if code == "GatedRepo":
        return access_refused(repository, connection.endpoint, gated=True)
    if code == "RepoNotFound" or status in (401, 404):
        return ModelNotFound(
            f"{repository}: there is no such repository on the Hub, or it is private; check the name, and for a "
            "private one log in with `hf auth login` or set HF_TOKEN."
        )
    if status == 403:
        return access_refused(repository, connection.endpoint, gated=False)
    return TransferError(f"{repository}: the Hub answers {status}; try again later.")


def _listing(told: Any) -> Listing:
    commit = told["sha"]
    if not isinstance(commit, str) or not is_commit(commit):
        raise ValueError("no commit")
    files, unsized = {}, set()
    for entry in told["siblings"]:
        name = entry["rfilename"]
        if not isinstance(name, str) or not is_plain_path(name):
            continue
        lfs = entry.get("lfs") or {}
        oid, size = lfs.get("sha256", entry.get("blobId")), lfs.get("size", entry.get("size"))
        if type(size) is int and 0 <= size < _LARGEST_FILE and isinstance(oid, str) and _OID.fullmatch(oid):
            files[name] = RemoteFileInfo(size, oid)
        else:
            unsized.add(name)
    return Listing(commit, files, frozenset(unsized))


def remember(connection: Connection, repository: str, listing: Listing) -> None:
    """Keep the list for runs without a network."""
    path = _path(connection, repository, listing.commit)
    if path.exists():
        return
    value = {
        "format": FORMAT,
        "model": repository,
        "files": {name: [info.size, info.oid] for name, info in listing.files.items()},
    }
    with disk_faults(path, 0), written(path) as beside:
        beside.write_text(json.dumps(value), "utf8")


def kept(connection: Connection, repository: str, revision: str | None) -> Listing:
    """The list of an earlier run, or of a snapshot in the Hub's cache. Raises ``NotCached``."""
    commit = revision or "main"
    base = connection.hub_cache / f"models--{repository.replace('/', '--')}"
    if not is_commit(commit):
        with contextlib.suppress(OSError, ValueError):
            commit = (base / "refs" / commit).read_text("utf8").strip()
    if is_commit(commit):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            value = json.loads(_path(connection, repository, commit).read_text("utf8"))
            if value["format"] == FORMAT:
                pairs = {
                    name: RemoteFileInfo(int(size), str(oid)) for name, (size, oid) in value["files"].items()
                }
                return Listing(commit, {name: info for name, info in pairs.items() if is_plain_path(name)})
        snapshot = base / "snapshots" / commit
        files = {
            path.relative_to(snapshot).as_posix(): RemoteFileInfo(path.stat().st_size, path.resolve().name)
            for path in sorted(snapshot.rglob("*"))
            if path.is_file()
        }
        if files:
            return Listing(commit, files)
    shown = repository if revision is None else f"{repository}@{revision}"
    raise NotCached(
        f"{shown} is not in the cache; open it once on a machine that reaches the Hub, with this HF_HOME and "
        "without HF_HUB_OFFLINE."
    )


def _path(connection: Connection, repository: str, commit: str) -> Path:
    return model_folder(connection.root, repository) / "listings" / f"{commit}.json"
