"""The planted bundle, served by us and by a plain static server, and a browser to look at it."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hyperpolyglot.explorer.bundle import Bundle, write_bundle
from hyperpolyglot.explorer.server import Server
from tests.explorer.planted import planted_bundle

SOFTWARE = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)


class _Static(SimpleHTTPRequestHandler):
    """``python -m http.server``, without its log."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """Both planted models."""
    return planted_bundle()


@pytest.fixture(scope="session")
def served(bundle: Bundle) -> Iterator[str]:
    """The address at which ``explore`` serves the bundle."""
    server = Server(bundle, 0)
    server.start()
    yield server.url
    server.close()


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Serve a folder as any static host would; returns its address."""
    running = []

    def serve(folder: Path) -> str:
        http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Static, directory=str(folder)))
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        running.append((http, thread))
        return f"http://127.0.0.1:{http.server_port}/"

    yield serve
    for http, thread in running:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture(scope="session")
def exported(bundle: Bundle, static: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the export on a static host, in a folder below its root."""
    root = tmp_path_factory.mktemp("host")
    write_bundle(bundle, root / "some" / "export")
    return static(root) + "some/export/"


@pytest.fixture(params=["served", "exported"])
def site(request: pytest.FixtureRequest) -> str:
    """Both addresses."""
    return str(request.getfixturevalue(request.param))


def find_chromium() -> str:
    """A Chromium to test with. Without one the test is skipped, but fails where ``CI`` is set."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        told = (
            "no chromium is installed, so the page was not looked at in a browser (apt-get install chromium)"
        )
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a graphics card."""
    path = find_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(SOFTWARE))
        yield browser
        browser.close()


class Visit:
    """A page as a visitor has it; ``asked``: all addresses it asked for, ``errors``: what it logged."""

    def __init__(self, chromium: Any, **context: Any) -> None:
        self.context = chromium.new_context(
            viewport=context.pop("viewport", {"width": 1280, "height": 800}),
            reduced_motion="reduce",
            **context,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.errors.append("a dialog"), dialog.dismiss()))

    def go(self, url: str, ready: str = "all") -> Any:
        """Open an address and wait until all of it is shown."""
        self.page.goto(url)
        self.page.wait_for_selector(f"html[data-ready={ready}]", state="attached")
        return self.page


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open an address in a fresh browser profile; in the end, nothing may have gone wrong on any page."""
    visits = []

    def call(url: str, *, ready: str = "all", **context: Any) -> Any:
        made = Visit(chromium, **context)
        visits.append(made)
        page = made.go(url, ready)
        page.visit = made
        return page

    yield call
    for made in visits:
        made.context.close()
    told = [error for made in visits for error in made.errors]
    assert [] == told
