"""What a repository holds at one commit, from the Hub or from what was kept of an earlier answer."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from hyperpolyglot.errors import HyperpolyglotError, ModelNotFound, NotCached, TransferError
from hyperpolyglot.hub.asking import WORTH_RETRYING, access_refused, send
from hyperpolyglot.hub.client import transport_faults
from hyperpolyglot.hub.connection import Connection, asked_wait
from hyperpolyglot.hub.deadline import Retry, body
from hyperpolyglot.hub.link import RemoteFileInfo
from hyperpolyglot.hub.names import is_commit
from hyperpolyglot.hub.pace import Pace
from hyperpolyglot.hub.partial import disk_faults
from hyperpolyglot.hub.ranges import model_folder
from hyperpolyglot.hub.siblings import Listing, TooLarge, read_listing
from hyperpolyglot.regular import is_regular, read_regular, read_text
from hyperpolyglot.store import digest_of, written
from hyperpolyglot.types import Progress, silent

__all__ = [
    "Listing",
    "Unreachable",
    "ask",
    "completed",
    "kept",
    "list_repository",
    "refused",
    "remember",
    "until",
]

FORMAT = "hyperpolyglot.listing/2"
"""1: neither files without a size nor a digest of the list."""

_UNREACHABLE_AFTER = 2
_LARGEST_KEPT = 1 << 27
_Result = TypeVar("_Result")


class Unreachable(TransferError):
    """No connection to the Hub could be made."""


def ask(
    connection: Connection, what: str, request: Callable[[], _Result], progress: Progress = silent
) -> _Result:
    """The result of ``request``, made again where it raises ``Retry`` or no connection can be made.

    ``progress`` is told what is waited for. Raises ``Unreachable``, ``TransferError``, and what ``request`` raises.
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
        except transport_faults() as fault:
            if failures >= min(_UNREACHABLE_AFTER, policy.attempts):
                host = urlsplit(connection.endpoint).hostname
                raise Unreachable(
                    f"{what}: {host} cannot be reached; check the network (and HF_ENDPOINT), or name a folder."
                ) from fault
        wait = max(policy.wait(failures), asked or 0)
        Pace(progress, f"asking for {what}", 1).waits(wait)
        policy.sleep(wait)


def list_repository(
    connection: Connection, repository: str, revision: str | None, progress: Progress = silent
) -> Listing:
    """One request for the commit and its files.

    Raises ``ModelNotFound`` where there is no such repository or revision, ``AccessRefused`` where a token is
    needed, and ``TransferError``.
    """
    path = f"/api/models/{repository}" + (f"/revision/{quote(revision, safe='')}" if revision else "")
    url = f"{connection.endpoint}{path}?blobs=true"
    return ask(connection, repository, lambda: _told(connection, url, repository, revision), progress)


def _told(connection: Connection, url: str, repository: str, revision: str | None) -> Listing:
    policy = connection.policy
    response = send(connection, url, repository, {"accept-encoding": "identity"})
    try:
        if response.status_code != 200:
            raise refused(response, connection, repository, revision)
        return read_listing(until(body(response, policy), policy.patience, repository))
    except TooLarge as error:
        raise TransferError(
            f"{repository}: the Hub's list of files is larger than any; check HF_ENDPOINT."
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TransferError(
            f"{repository}: the answer of the Hub is no list of files; check HF_ENDPOINT, and try again later."
        ) from error
    finally:
        response.close()


def until(parts: Iterable[bytes], seconds: float, repository: str) -> Iterator[bytes]:
    """The parts, as long as they come within so many seconds in all."""
    begun = time.monotonic()
    for part in parts:
        yield part
        if time.monotonic() - begun > seconds:
            raise TransferError(
                f"{repository}: the Hub's list of files does not end in {seconds:.0f} s; check HF_ENDPOINT, and try "
                "again later."
            )


def refused(response: Any, connection: Connection, repository: str, revision: str | None) -> Exception:
    """The error that an answer other than 200 stands for; ``Retry`` where it is worth another try."""
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


def remember(connection: Connection, repository: str, listing: Listing) -> None:
    """Keep the list for runs without a network. Raises ``TransferError`` where that cannot be done."""
    path = _path(connection, repository, listing.commit)
    if _kept_list(path, listing.commit) == listing:
        return
    value = {
        "format": FORMAT,
        "model": repository,
        "files": {name: [info.size, info.oid] for name, info in sorted(listing.files.items())},
        "unsized": sorted(listing.unsized),
    }
    with disk_faults(path, 0), written(path) as beside:
        beside.write_text(json.dumps(value | {"digest": digest_of(value)}), "utf8")


def completed(connection: Connection, repository: str, listing: Listing) -> Listing:
    """The list with the sizes that an earlier run was told of the same commit, where it has none itself."""
    earlier = _kept_list(_path(connection, repository, listing.commit), listing.commit)
    if earlier is None or not listing.unsized:
        return listing
    told = {name: earlier.files[name] for name in listing.unsized & earlier.files.keys()}
    return replace(listing, files={**listing.files, **told}, unsized=listing.unsized - told.keys())


def _kept_list(path: Path, commit: str) -> Listing | None:
    """The list that is kept at ``path``, as it was written."""
    try:
        value = json.loads(read_regular(path, _LARGEST_KEPT))
        if value.pop("digest") != digest_of(value) or value["format"] != FORMAT:
            return None
        files = {name: RemoteFileInfo(size, oid) for name, (size, oid) in value["files"].items()}
        return Listing(commit, files, frozenset(value["unsized"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, HyperpolyglotError):
        return None


def kept(connection: Connection, repository: str, revision: str | None) -> Listing:
    """The list of an earlier run, or of a snapshot in the Hub's cache. Raises ``NotCached``."""
    commit = revision or "main"
    base = connection.hub_cache / f"models--{repository.replace('/', '--')}"
    if not is_commit(commit):
        with contextlib.suppress(OSError, ValueError, HyperpolyglotError):
            commit = read_text(base / "refs" / commit, 1 << 10).strip()
    if is_commit(commit):
        found = _kept_list(_path(connection, repository, commit), commit)
        if found is not None:
            return found
        snapshot = base / "snapshots" / commit
        files = {
            path.relative_to(snapshot).as_posix(): RemoteFileInfo(path.stat().st_size, path.resolve().name)
            for path in sorted(snapshot.rglob("*"))
            if is_regular(path)
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
