"""The command that shows models in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.options import (
    exclude_option,
    excluded_kinds,
    labels_option,
    models_argument,
    open_spaces,
    opening_options,
    search_options,
    searching,
    seed_option,
    store_option,
    the_store,
)
from hyperpolyglot.cli.output import emit

if TYPE_CHECKING:
    from hyperpolyglot.explorer import Bundle

__all__ = ["explore"]


@click.command(short_help="Models in a browser: map, search, neighbours.")
@models_argument
@click.option(
    "-k", "k", type=click.IntRange(1, 200), default=50, show_default=True, help="Neighbours per token."
)
@click.option(
    "--export",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the page as a folder for any static host.  [default: serve it to this machine]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to serve at; 0 takes any.  [default: 8417, or any where that is taken]",
)
@click.option(
    "--open/--no-open",
    "opens",
    default=True,
    show_default=True,
    help="Open the page in a browser.",
)
@click.option(
    "--lexicon",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Known translations of your own.  [default: the Unicode CLDR lexicon of the package]",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "umap", "pca"]),
    default="auto",
    show_default=True,
    help="auto: the layout that ships with a demo model, else UMAP if it is installed, else PCA.",
)
@opening_options
@labels_option
@search_options
@exclude_option
@seed_option
@store_option
@click.option("--json", "as_json", is_flag=True, help="With --export: print one JSON document.")
def explore(**values: Any) -> None:
    """Show each MODEL in a browser: a map of all tokens, search in any script, the neighbours of a token, two models
    side by side.

    The page is served at 127.0.0.1, to this machine only, until it is
    interrupted (Ctrl-C). It asks no other host for anything.
    """
    if values["as_json"] and values["folder"] is None:
        raise click.UsageError("--json goes with --export.")
    if values["port"] is not None and values["folder"] is not None:
        raise click.UsageError("--port goes without --export.")
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.explorer import ExploreOptions, make_bundle, write_bundle
    from hyperpolyglot.explorer.bundle import refuse_others
    from hyperpolyglot.lexicon import read_lexicon

    if values["folder"] is not None:
        refuse_others(values["folder"])
    spaces = open_spaces(values["models"], values)
    options = ExploreOptions(
        k=values["k"],
        exclude=excluded_kinds(values["exclude"]),
        method=values["method"],
        seed=values["seed"],
    )
    lexicon = read_lexicon(values["lexicon"]) if values["lexicon"] else None
    with progress_bar() as bar:
        bundle = make_bundle(
            spaces, options, the_store(values), lexicon=lexicon, search=searching(values), progress=bar
        )
    if values["folder"] is None:
        return _serve(bundle, values["port"], opens=values["opens"])
    files = write_bundle(bundle, values["folder"])
    if values["as_json"]:
        return emit("explore", {"files": files}, spaces, values)
    say(f"The explorer is in {values['folder']}: {len(files)} files for any static host.")
    return say(f"To look at it here: python -m http.server --bind 127.0.0.1 -d {values['folder']}")


def _serve(bundle: Bundle, port: int | None, *, opens: bool) -> None:
    """Serve until interrupted, which is how it ends."""
    from contextlib import suppress
    from threading import Thread

    from hyperpolyglot.cli.terminal import note, say
    from hyperpolyglot.explorer.server import Server

    server = Server(bundle, port)
    say(f"The explorer is at {server.url}")
    note("Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        if opens:
            Thread(target=_open, args=(server.url,), daemon=True).start()
        server.run()


def _open(url: str) -> None:
    """Open a page, but not with a browser that would take over this terminal unless the user named it."""
    import os
    import webbrowser

    from hyperpolyglot.cli.terminal import note

    try:
        browser = webbrowser.get()
        if type(browser) is webbrowser.GenericBrowser and "BROWSER" not in os.environ:
            raise webbrowser.Error
        browser.open(url)
    except (webbrowser.Error, OSError):
        note("No browser could be opened; open the address yourself.")
