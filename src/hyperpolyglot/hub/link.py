"""One file of a repository as it is served: redirects followed, the token kept to its host, answers checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hyperpolyglot.errors import ModelNotFound, TransferError
from hyperpolyglot.hub.asking import WORTH_RETRYING, Retry, access_refused, number, same_origin, send
from hyperpolyglot.hub.connection import Connection, asked_wait
from hyperpolyglot.hub.deadline import body
from hyperpolyglot.store import digest_of

__all__ = ["Answer", "FileLink", "RemoteFileInfo"]

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_EXPIRED = (400, 401, 403, 404, 410)


@dataclass(frozen=True, slots=True)
class RemoteFileInfo:
    """A file as the Hub lists it. ``oid``: SHA-256 of an LFS file, else the git blob's SHA-1."""

    size: int
    oid: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer to a range request: ``length`` bytes from ``start``; ``ends``: nothing may follow."""

    start: int
    length: int
    etag: str | None
    body: Iterator[bytes]
    ends: bool = False


class FileLink:
    """Ranges of one file at one commit."""

    def __init__(
        self, connection: Connection, repository: str, commit: str, file: str, info: RemoteFileInfo
    ) -> None:
        self.connection = connection
        self.file = file
        self.info = info
        self.name = f"{repository}/{file}"
        self._repository = repository
        self._commit = commit
        path = f"{repository}/resolve/{commit}/{quote(file)}"
        self._home = f"{connection.endpoint}/{path}"
        self._direct: str | None = None

    @contextmanager
    def ranged(self, start: int, stop: int) -> Iterator[Answer]:
        """The answer to a request for the bytes ``start`` to ``stop``.

        Raises ``Retry`` where another attempt may succeed, and ``TransferError``, ``AccessRefused`` or
        ``ModelNotFound`` where none will.
        """
        response = self._send(start, stop)
        try:
            yield self._checked(response, start, stop)
        finally:
            response.close()

    def told(self) -> RemoteFileInfo | None:
        """Size and digest as the server tells them, for mirrors that list files without; ``None`` if it doesn't."""
        found: dict[str, str] = {}

        def take(response: Any) -> None:
            found.update({key.lower(): value for key, value in response.headers.items()})

        response = send(self.connection, self._home, self.name, _range(0, 1), take)
        try:
            if response.status_code not in (200, 206):
                raise self._refusal(response.status_code, response.headers, True)
            for key, value in response.headers.items():
                found.setdefault(key.lower(), value)
        finally:
            response.close()
        total = found.get("content-range", "").rpartition("/")[2] or found.get("content-length")
        size = number(found.get("x-linked-size") or total)
        etag = found.get("x-linked-etag") or found.get("etag")
        if size is None or etag is None:
            return None
        oid = _plain(etag)
        tag = digest_of([self.name, self._commit, size, etag])  # files may share a tag that is no digest
        return RemoteFileInfo(size, oid if _OID.fullmatch(oid) else f"etag-{tag[:32]}")

    def _send(self, start: int, stop: int) -> Any:
        direct = self._direct
        url, headers = direct or self._home, _range(start, stop)
        response = send(self.connection, url, self.name, headers, lambda r: self._check_listed(r.headers))
        if response.status_code in _EXPIRED and direct is not None:
            response.close()
            self._direct = None
            raise Retry("the address that the Hub gave for the file has expired")
        url = str(response.url)
        self._direct = None if same_origin(url, self._home) else url
        return response

    def _checked(self, response: Any, start: int, stop: int) -> Answer:
        status, headers = response.status_code, response.headers
        at_home = same_origin(str(response.url), self._home)
        if status not in (200, 206):
            raise self._refusal(status, headers, at_home)
        if headers.get("content-encoding", "identity") != "identity":
            raise TransferError(
                f"{self.name}: the server sends the file compressed, so that ranges have no meaning; "
                "ask another endpoint (HF_ENDPOINT)."
            )
        if at_home:
            self._check_listed(headers)
        declared = number(headers.get("content-length"))
        if status == 200:
            if declared is not None and declared != self.info.size:
                raise self._lie(f"{declared} bytes long")
            if start != 0:
                raise TransferError(
                    f"{self.name}: the server ignores requests for a part of a file; fetch it whole "
                    f"(hf download {self._repository} {self.file}), and it is read from the Hub's cache."
                )
            whole = stop == self.info.size
            if declared is None and not whole:
                raise TransferError(
                    f"{self.name}: the server answers with something of unknown length in the place of a part of the "
                    "file; check that no login page stands before the network, or ask another endpoint (HF_ENDPOINT)."
                )
            return Answer(
                0, stop, headers.get("etag"), body(response, self.connection.policy), ends=declared is None
            )
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        if found is None or int(found[1]) != start or not start <= int(found[2]) < stop:
            shown = headers.get("content-range", "no Content-Range")[:60]
            raise TransferError(
                f"{self.name}: bytes {start} to {stop - 1} were asked for and the server sends {shown!r}; "
                "try again, or ask another endpoint (HF_ENDPOINT)."
            )
        if found[3] != "*" and int(found[3]) != self.info.size:
            raise self._lie(f"{found[3]} bytes long")
        length = int(found[2]) + 1 - start
        if declared is not None and declared != length:
            raise self._lie(f"such that {length} bytes of it take {declared}")
        return Answer(start, length, headers.get("etag"), body(response, self.connection.policy))

    def _check_listed(self, headers: Mapping[str, str]) -> None:
        """Compare what the Hub says of the file when it is fetched with what it listed."""
        commit = headers.get("x-repo-commit")
        size = number(headers.get("x-linked-size"))
        etag = headers.get("x-linked-etag")
        if etag is None and headers.get("location") is None and commit is not None:
            etag = headers.get("etag")
        if commit is not None and commit != self._commit:
            raise self._lie(f"of commit {commit[:40]!r}")
        if size is not None and size != self.info.size:
            raise self._lie(f"{size} bytes long")
        plain = _plain(etag or "")
        if _OID.fullmatch(plain) and len(plain) == len(self.info.oid) and plain != self.info.oid:
            raise self._lie(f"of another content ({plain})")

    def longer(self) -> TransferError:
        """The sentence for a file that goes on after its last byte."""
        return self._lie("longer")

    def another_content(self) -> TransferError:
        """The sentence for a file whose bytes do not have the digest that the Hub lists."""
        return self._lie("of another content")

    def _lie(self, what: str) -> TransferError:
        return TransferError(
            f"{self.name}: the Hub lists it with {self.info.size} bytes at commit {self._commit[:7]}, and the "
            f"server's file is {what}; try again, and if it stays so, ask another endpoint (HF_ENDPOINT)."
        )

    def _refusal(self, status: int, headers: Mapping[str, str], at_home: bool) -> Exception:
        code = headers.get("x-error-code", "")
        if status in WORTH_RETRYING:
            return Retry(f"the server answers {status}", asked_wait(headers))
        if status in (401, 403) and at_home:
            return access_refused(self._repository, self.connection.endpoint, gated=code == "GatedRepo")
        if code in ("RepoNotFound", "RevisionNotFound"):
            return ModelNotFound(f"{self._repository}: it is no longer on the Hub at commit {self._commit}.")
        if status == 404 and at_home:
            return TransferError(
                f"{self.name}: the Hub lists this file but does not have it; try again later."
            )
        if status == 416:
            return self._lie("shorter than that")
        return TransferError(f"{self.name}: the server answers {status}; try again later.")


def _range(start: int, stop: int) -> dict[str, str]:
    return {"range": f"bytes={start}-{stop - 1}", "accept-encoding": "identity"}


def _plain(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')
