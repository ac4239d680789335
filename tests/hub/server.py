"""A hub on loopback: a real HTTP server in both roles of the real one, with real files and faults on demand.

The API and ``resolve`` answer at ``http://localhost:PORT``, LFS files are redirected to ``http://127.0.0.1:PORT2``,
another host as far as a client can tell. Every request is logged with the bytes of its body that were sent.

>>> with LoopbackHub() as hub:
...     _ = hub.add("acme/mini", {"config.json": b"{}"})
...     hub.requests
[]
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CHUNK = 1 << 16
LFS_FROM = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A file: how long, its digest, and its bytes from one place to another."""

    size: int
    oid: str
    lfs: bool
    read: Callable[[int, int], bytes]


def blob(data: bytes | Path | Blob, lfs: bool | None = None) -> Blob:
    """A blob of bytes or of a file on disk."""
    if isinstance(data, Blob):
        return data
    if isinstance(data, Path):
        path = data
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()

        def read(start: int, stop: int) -> bytes:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(stop - start)

        return Blob(path.stat().st_size, digest, True, read)
    large = len(data) >= LFS_FROM if lfs is None else lfs
    oid = hashlib.sha256(data) if large else hashlib.sha1(b"blob %d\0" % len(data) + data)
    return Blob(len(data), oid.hexdigest(), large, lambda start, stop: data[start:stop])


def sparse(size: int, parts: Mapping[int, bytes], oid: str = "5" * 64) -> Blob:
    """A blob of any size that is zero but for ``parts``."""

    def read(start: int, stop: int) -> bytes:
        made = bytearray(stop - start)
        for offset, part in parts.items():
            first, last = max(start, offset), min(stop, offset + len(part))
            if first < last:
                made[first - start : last - start] = part[first - offset : last - offset]
        return bytes(made)

    return Blob(size, oid, True, read)


@dataclass
class Repo:
    """A commit of a repository, which ``revisions`` point to; ``others``: branches of other commits, by name."""

    commit: str
    files: dict[str, Blob]
    private: bool = False
    gated: bool = False
    revisions: set[str] = field(default_factory=lambda: {"main"})
    others: dict[str, Repo] = field(default_factory=dict)

    def at(self, revision: str) -> Repo | None:
        """What a branch, a tag or a commit points to."""
        if revision in self.revisions | {self.commit}:
            return self
        commits = {other.commit: other for other in self.others.values()}
        return self.others.get(revision) or commits.get(revision)


@dataclass
class Request:
    """One request as it came and as it was answered."""

    role: str
    method: str
    path: str
    range: str | None
    authorization: str | None
    encoding: str | None = None
    sent: int = 0
    status: int = 0


@dataclass
class Fault:
    """What to do to answers instead: to those in ``role`` for ``file``, after ``skip``, so many ``times``.

    ``rate`` (bytes a second, ``chunk`` at a time) slows an answer down and ``stall`` halts it for seconds after
    ``cut_after`` bytes, where it is otherwise cut off. ``raw`` writes the whole answer, from its first byte, and
    hangs up.
    """

    role: str = "*"
    file: str = "*"
    times: int = 1 << 30
    skip: int = 0
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    cut_after: int | None = None
    stall: float = 0.0
    rate: float | None = None
    chunk: int = CHUNK
    ignore_range: bool = False
    endless: bool = False
    lie_by: int = 0
    only_ranged: bool = False
    raw: Callable[[Callable[[bytes], object]], None] | None = None


class LoopbackHub:
    """The server; a context manager. ``endpoint`` is what ``HF_ENDPOINT`` is to be.

    Without ``tells_sizes`` it is a mirror that lists names alone.
    """

    def __init__(self, token: str = "hf_loopback") -> None:
        self.token = token
        self.tells_sizes = True
        self.repos: dict[str, Repo] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._api = _Server(self, "api")
        self._cdn = _Server(self, "cdn")
        self.endpoint = f"http://localhost:{self._api.server_address[1]}"
        self.cdn = f"http://127.0.0.1:{self._cdn.server_address[1]}"

    def __enter__(self) -> LoopbackHub:
        for server in (self._api, self._cdn):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in (self._api, self._cdn):
            server.shutdown()
            server.server_close()

    def add(
        self,
        name: str,
        files: Mapping[str, bytes | Path | Blob],
        *,
        private: bool = False,
        gated: bool = False,
        branch: str | None = None,
    ) -> Repo:
        """A repository, or a new commit of it; with ``branch``, a commit beside that of ``main``."""
        blobs = {path: blob(data) for path, data in files.items()}
        listed = json.dumps([name, {path: b.oid for path, b in blobs.items()}])
        commit = hashlib.sha1(listed.encode()).hexdigest()
        made = Repo(commit, blobs, private, gated)
        if branch is not None:
            self.repos[name].others[branch] = made
            return made
        self.repos[name] = made
        return made

    def fault(self, **what: Any) -> Fault:
        """Add a rule; the first that matches an answer is applied to it."""
        self.faults.append(Fault(**what))
        return self.faults[-1]

    def sent(self, role: str = "*", path: str = "*") -> int:
        """Bytes of bodies that were sent."""
        return sum(r.sent for r in self.asked(role, path))

    def asked(self, role: str = "*", path: str = "*") -> list[Request]:
        """The requests in a role for a path."""
        with self._lock:
            return [r for r in self.requests if fnmatchcase(r.role, role) and fnmatchcase(r.path, path)]

    def forget(self) -> None:
        """Empty the log and remove the faults."""
        with self._lock:
            self.requests.clear()
            self.faults.clear()

    def log(self, request: Request) -> None:
        """Note a request."""
        with self._lock:
            self.requests.append(request)

    def fault_for(self, role: str, file: str, ranged: bool) -> Fault:
        """The rule for an answer, counted."""
        with self._lock:
            for rule in self.faults:
                if not (fnmatchcase(role, rule.role) and fnmatchcase(file, rule.file)):
                    continue
                if rule.only_ranged and not ranged:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times:
                    rule.times -= 1
                    return rule
        return Fault()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: LoopbackHub, role: str) -> None:
        self.hub = hub
        self.role = role
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are not news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: Any) -> None:
        """Standard error stays quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.server.hub
        path = unquote(urlsplit(self.path).path)
        role = "cdn" if self.server.role == "cdn" else "api" if path.startswith("/api/") else "hub"
        self.entry = Request(
            role, self.command, path, self.headers.get("Range"), self.headers.get("Authorization")
        )
        self.entry.encoding = self.headers.get("Accept-Encoding")
        hub.log(self.entry)
        self.fault = hub.fault_for(role, path, "Range" in self.headers)
        if self.fault.raw is not None:
            self.close_connection = True
            self.fault.raw(self.wfile.write)
        elif self.fault.status is not None:
            self._send(self.fault.status, {}, b"a fault on demand")
        elif role == "cdn":
            _, owner, name, commit, file = path.split("/", 4)
            repo = hub.repos[f"{owner}/{name}"]
            self._file((repo.at(commit) or repo).files[file], {"ETag": '"cdn-tag"'})
        elif role == "api":
            self._api(path)
        else:
            self._resolve(path)

    def _repo(self, name: str, revision: str) -> Repo | None:
        hub = self.server.hub
        repo = hub.repos.get(name)
        allowed = self.entry.authorization == f"Bearer {hub.token}"
        if repo is None or (repo.private and not allowed):
            self._send(401 if not allowed else 404, {"X-Error-Code": "RepoNotFound"}, b"{}")
            return None
        found = repo.at(revision)
        if found is None:
            self._send(404, {"X-Error-Code": "RevisionNotFound"}, b"{}")
        return found

    def _api(self, path: str) -> None:
        refs = re.fullmatch(r"/api/models/([^/]+/[^/]+)/refs", path)
        if refs is not None:
            self._refs(refs[1])
            return
        found = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path)
        if found is None:
            self._send(404, {}, b"{}")
            return
        repo = self._repo(found[1], found[2] or "main")
        if repo is None:
            return
        blobs = self.server.hub.tells_sizes and "blobs" in parse_qs(urlsplit(self.path).query)
        siblings: list[dict[str, Any]] = []
        for name, file in repo.files.items():
            entry: dict[str, Any] = {"rfilename": name}
            if blobs:
                entry |= {"size": file.size, "blobId": file.oid[:40]}
                if file.lfs:
                    entry["lfs"] = {"sha256": file.oid, "size": file.size, "pointerSize": 134}
            siblings.append(entry)
        told = {"id": found[1], "modelId": found[1], "sha": repo.commit, "siblings": siblings}
        told |= {"private": repo.private, "gated": repo.gated and "auto", "tags": [], "downloads": 0}
        self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def _refs(self, name: str) -> None:
        repo = self._repo(name, "main")
        if repo is None:
            return
        branches = {"main": repo.commit} | {branch: other.commit for branch, other in repo.others.items()}
        told = {
            "branches": [
                {"name": branch, "ref": f"refs/heads/{branch}", "targetCommit": commit}
                for branch, commit in branches.items()
            ],
            "converts": [],
            "tags": [],
        }
        self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def _resolve(self, path: str) -> None:
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        repo = self._repo(found[1], found[2]) if found else None
        if found is None or repo is None:
            if found is None:
                self._send(404, {}, b"")
            return
        if repo.gated and self.entry.authorization != f"Bearer {self.server.hub.token}":
            code = 403 if self.entry.authorization else 401
            self._send(code, {"X-Error-Code": "GatedRepo"}, b"{}")
            return
        file = repo.files.get(found[3])
        if file is None:
            self._send(404, {"X-Error-Code": "EntryNotFound"}, b"")
            return
        headers = {"X-Repo-Commit": repo.commit}
        if file.lfs:
            location = f"{self.server.hub.cdn}/{found[1]}/{repo.commit}/{found[3]}"
            headers |= {
                "Location": location,
                "X-Linked-Etag": f'"{file.oid}"',
                "X-Linked-Size": str(file.size),
            }
            self._send(302, headers, b"")
        else:
            self._file(file, headers | {"ETag": f'"{file.oid}"'})

    def _file(self, file: Blob, headers: dict[str, str]) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found is None or self.fault.ignore_range:
            self._stream(200, headers, file, 0, file.size)
            return
        start, stop = int(found[1]), min(int(found[2] or file.size - 1) + 1, file.size)
        if start >= stop:
            self._send(416, {"Content-Range": f"bytes */{file.size}"}, b"")
            return
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
        self._stream(206, headers, file, start, stop)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.entry.status = status
        self.send_response(status)
        for key, value in {**headers, **self.fault.headers}.items():
            if value is not None:
                self.send_header(key, value)
        self.end_headers()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._head(status, {**headers, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)
            self.entry.sent += len(body)

    def _stream(self, status: int, headers: dict[str, str], file: Blob, start: int, stop: int) -> None:
        fault = self.fault
        length = {"Content-Length": str(stop - start + fault.lie_by)}
        self._head(status, {**headers, "Accept-Ranges": "bytes", **({} if fault.endless else length)})
        if self.command == "HEAD":
            return
        end = stop if fault.cut_after is None else min(stop, start + fault.cut_after)
        for at in range(start, end, fault.chunk):
            part = file.read(at, min(at + fault.chunk, end))
            self.wfile.write(part)
            self.entry.sent += len(part)
            if fault.rate:
                time.sleep(len(part) / fault.rate)
        for _ in range(4096 if fault.endless else 0):
            self.wfile.write(bytes(CHUNK))
            self.entry.sent += CHUNK
        if fault.stall:
            time.sleep(fault.stall)
        if end < stop or fault.lie_by or fault.endless:
            self.close_connection = True
