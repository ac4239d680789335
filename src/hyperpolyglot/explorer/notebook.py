"""The page in a cell of a notebook, or from a program: served in a thread until it is closed."""

from __future__ import annotations

from html import escape

from hyperpolyglot.explorer.bundle import make_bundle
from hyperpolyglot.explorer.explored import ExploreOptions
from hyperpolyglot.explorer.server import Server
from hyperpolyglot.loading import open_model
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.types import Progress, silent

__all__ = ["Explorer", "explore"]


class Explorer:
    """A served page; a notebook shows it in a cell of ``height`` CSS pixels.

    It is served until :meth:`close`, the end of a ``with`` block, or the end of the program.
    """

    def __init__(self, server: Server, height: int = 720) -> None:
        self._server = server
        self.height = height
        server.start()

    @property
    def url(self) -> str:
        """Where the page is, on this machine only."""
        return self._server.url

    def close(self) -> None:
        """Stop serving; again does nothing."""
        self._server.close()

    def __enter__(self) -> Explorer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Explorer at {self.url}"

    def _repr_html_(self) -> str:
        return (
            f'<iframe src="{escape(self.url)}" title="hyperpolyglot explorer" width="100%" '
            f'height="{int(self.height)}" style="border: 1px solid #ccc" allow="clipboard-write"></iframe>'
        )


def explore(
    *models: object,
    options: ExploreOptions | None = None,
    store: Store | None = None,
    port: int | None = None,
    height: int = 720,
    progress: Progress = silent,
) -> Explorer:
    """Measure models, opened or anything that :func:`open_model` takes, and serve the explorer to this machine.

    ``port`` ``None``: 8417, or any free one where that is taken. A notebook on another machine cannot reach it:
    there, :func:`write_bundle` makes a folder to look at. Raises as :func:`make_bundle`.

    >>> with explore("demo:meaning") as shown:
    ...     shown.url.startswith("http://127.0.0.1:")
    True
    """
    spaces = [model if isinstance(model, TokenSpace) else open_model(model) for model in models]
    bundle = make_bundle(spaces, options, store, progress=progress)
    return Explorer(Server(bundle, port, framed=True), height)
