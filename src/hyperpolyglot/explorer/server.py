"""A bundle on this machine's own address, for its own browser: what the manifest names, and nothing else.

Paths are looked up among the bundle's files, so there is no path to climb out of. Requests by another name than the
address (DNS rebinding) are refused, and so is every method but GET and HEAD.
"""

from __future__ import annotations

import errno
import threading
from http import HTTPStatus
from http.client import HTTP_PORT
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, ClassVar

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.explorer.bundle import Bundle

__all__ = ["PORT", "Server"]

PORT = 8417
"""The port that is tried first."""

HOST = "127.0.0.1"
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "bin": "application/octet-stream",
}
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types hyperpolyglot; frame-ancestors {frames}"
)
NOTEBOOKS = "http://localhost:* http://127.0.0.1:* vscode-webview:"


class Server:
    """Serves a bundle until it is closed.

    ``port`` ``None``: 8417, or any free one where that is taken; 0: any free one. ``framed`` lets notebooks of this
    machine show the page in a cell. Raises ``HyperpolyglotError`` where a port that was asked for is taken.
    """

    def __init__(self, bundle: Bundle, port: int | None = None, *, framed: bool = False) -> None:
        handler = type(
            "_BundleHandler", (_Handler,), {"bundle": bundle, "frames": NOTEBOOKS if framed else "'none'"}
        )
        self._http = _listening(handler, port)
        self.port: int = self._http.server_address[1]
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.port}/"

    def run(self) -> None:
        """Serve in this thread until :meth:`close` or an interruption."""
        try:
            self._http.serve_forever(poll_interval=0.1)
        finally:
            self._http.server_close()

    def start(self) -> None:
        """Serve in a thread that does not keep the program alive."""
        self._thread = threading.Thread(target=self.run, name="hyperpolyglot explorer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving; again does nothing."""
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()


def _listening(handler: type[BaseHTTPRequestHandler], port: int | None) -> ThreadingHTTPServer:
    try:
        return _LocalServer((HOST, PORT if port is None else port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        if port is not None:
            raise HyperpolyglotError(f"port {port} cannot be had; name another with --port.") from error
        return _LocalServer((HOST, 0), handler)


class _LocalServer(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Take the port; unlike the base, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hyperpolyglot"
    sys_version = ""
    timeout = 30
    bundle: ClassVar[Bundle]
    frames: ClassVar[str]
    server: _LocalServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        port = self.server.server_port
        names = {f"{name}:{port}" if port != HTTP_PORT else name for name in (HOST, "localhost")}
        if self.headers.get("Host") not in names:
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        path = self.path.partition("?")[0].removeprefix("/") or "index.html"
        content = self.bundle.files.get(path)
        if content is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", TYPES.get(path.rpartition(".")[2], "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)
        return None

    def _refuse(self, status: HTTPStatus) -> None:
        text = f"{status.value} {status.phrase}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse without repeating anything of the request."""
        self.close_connection = True
        self._refuse(HTTPStatus(code))

    def end_headers(self) -> None:
        """What every answer says to the browser."""
        self.send_header("Content-Security-Policy", POLICY.format(frames=self.frames))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nobody's news."""
