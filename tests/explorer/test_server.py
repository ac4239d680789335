"""The server of ``explore``: this machine, GET and HEAD, the bundle's files, and nothing else."""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

import hyperpolyglot as hp
from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.explorer.server import Server
from tests.explorer.planted import meanings_together


@pytest.fixture
def ask(served):
    """Status, headers and body of a request."""

    def call(path="/", method="GET", **headers):
        connection = HTTPConnection("127.0.0.1", urlsplit(served).port, timeout=5)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    return call


def test_files_of_the_bundle(ask, bundle):
    """Every file is served with its bytes and type; the page's address is that of its folder."""
    for path, content in bundle.files.items():
        status, headers, body = ask(f"/{path}?0123456789abcdef")
        assert (200, content, str(len(content))) == (status, body, headers["Content-Length"])
    assert bundle.files["index.html"] == ask("/")[2]
    types = {path: ask(path)[1]["Content-Type"] for path in ("/", "/js/main.js", "/style.css", "/icon.svg")}
    assert ["text/html", "text/javascript", "text/css", "image/svg+xml"] == [
        t.partition(";")[0] for t in types.values()
    ]
    status, headers, body = ask("/manifest.json", "HEAD")
    assert (200, b"", str(len(bundle.files["manifest.json"]))) == (status, body, headers["Content-Length"])


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/js",
        "/js/",
        "/data/0",
        "/./index.html",
        "/é",
    ],
)
def test_nothing_else_is_there(path, served):
    """Paths that climb, folders, other spellings: 404 or 400, nothing of the disk, nothing repeated."""
    raw = f"GET {path} HTTP/1.1\r\nHost: {urlsplit(served).netloc}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(served).port), timeout=5) as connection:
        connection.sendall(raw.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert b"etc" not in answer


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8417", "127.0.0.1", "", "127.0.0.1:1"])
def test_another_name_is_refused(host, ask):
    """A request by another name than the address (DNS rebinding) gets nothing of the bundle."""
    status, _, body = ask("/manifest.json", Host=host)
    assert (421, b"421 Misdirected Request\n") == (status, body)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "ELSE"])
def test_other_methods_are_refused(method, ask):
    """GET and HEAD are all there is."""
    assert 501 == ask("/", method)[0]


def test_every_answer_says_what_the_page_may_do(ask):
    """Policy, type and referrer headers stand on files and on refusals alike; the server does not name its Python."""
    for path in ("/", "/nothing"):
        headers = ask(path)[1]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert ("nosniff", "no-referrer") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
        assert "Python" not in headers["Server"]


def test_a_port_that_is_taken(bundle):
    """Of a port that was asked for, a sentence; without a wish, another is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HyperpolyglotError, match="--port"):
            Server(bundle, taken.getsockname()[1])
    servers = [Server(bundle), Server(bundle)]
    assert 2 == len({server.port for server in servers})
    for server in servers:
        server.close()
        server.close()


def test_only_this_machine(served):
    """The server listens at 127.0.0.1 and at no other address of the machine."""
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", urlsplit(served).port), timeout=2):
        pass


def test_in_a_notebook():
    """``explore`` shows a frame with the page, which notebooks of this machine may frame; closed, it is gone."""
    options = hp.ExploreOptions(k=5, method="pca")
    with hp.explore(meanings_together(), options=options, port=0, height=500) as shown:
        assert f'<iframe src="{shown.url}"' in shown._repr_html_()
        assert 'height="500"' in shown._repr_html_()
        connection = HTTPConnection("127.0.0.1", urlsplit(shown.url).port, timeout=5)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        assert "frame-ancestors http://localhost:*" in answer.headers["Content-Security-Policy"]
        connection.close()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", urlsplit(shown.url).port), timeout=2):
        pass
