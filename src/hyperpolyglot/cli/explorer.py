"""The command that shows models in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    LabelOptions,
    OpeningOptions,
    SearchOptions,
    StoreOptions,
    group,
    labels_group,
    opening_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces
from hyperpolyglot.cli.options import (
    exclude_option,
    json_option,
    k_option,
    lexicon_option,
    method_option,
    models_argument,
    seed_option,
)
from hyperpolyglot.cli.output import emit

if TYPE_CHECKING:
    from hyperpolyglot.explorer import Bundle

__all__ = ["explore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowingOptions:
    """Where the page goes: into a folder, or to this machine's browser."""

    folder: Path | None
    port: int | None
    opens: bool


showing_group = group(
    ShowingOptions,
    "showing",
    click.option(
        "--export",
        "folder",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Write the page as a folder for any static host.  [default: serve it to this machine]",
    ),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        help="Port to serve at; 0 takes any.  [default: 8417, or any where that is taken]",
    ),
    click.option(
        "--open/--no-open",
        "opens",
        default=True,
        show_default=True,
        help="Open the page in a browser.",
    ),
)


@click.command(
    cls=Described,
    purpose="Look at tokens",
    short_help="Models in a browser: map, search, neighbours.",
    examples=(
        "hyperpolyglot explore demo:e5",
        "hyperpolyglot explore demo:language demo:meaning --export site",
    ),
)
@models_argument
@k_option(50, most=200)
@showing_group
@lexicon_option("Known translations of your own.")
@method_option
@opening_group
@labels_group
@search_group
@exclude_option
@seed_option
@store_group
@json_option("With --export: print one JSON document.")
def explore(
    models: tuple[str, ...],
    k: int,
    showing: ShowingOptions,
    lexicon: tuple[Path, ...],
    method: Literal["auto", "umap", "umap-learn", "pca"],
    opening: OpeningOptions,
    labelling: LabelOptions,
    searching: SearchOptions,
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    as_json: bool,
) -> None:
    """Show each MODEL in a browser: a map of all tokens, search in any script, the neighbours of a token, two models
    side by side.

    The page is served at 127.0.0.1, to this machine only, until it is
    interrupted (Ctrl-C). It asks no other host for anything.
    """
    folder = showing.folder
    if as_json and folder is None:
        raise click.UsageError("--json goes with --export.")
    if showing.port is not None and folder is not None:
        raise click.UsageError("--port goes without --export.")
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.explorer import ExploreOptions, make_bundle, write_bundle
    from hyperpolyglot.explorer.bundle import refuse_others
    from hyperpolyglot.lexicon import read_lexicons

    if folder is not None:
        refuse_others(folder)
    spaces = open_spaces(models, opening, labelling, exclude)
    options = ExploreOptions(k=k, exclude=excluded_kinds(exclude), method=method, seed=seed)
    words = read_lexicons(lexicon)
    with progress_bar() as bar:
        bundle = make_bundle(
            spaces, options, store.open(), lexicon=words, search=searching.search(), progress=bar
        )
    if folder is None:
        return _serve(bundle, showing.port, opens=showing.opens)
    files = write_bundle(bundle, folder)
    if as_json:
        return emit("explore", {"files": files}, spaces)
    say(f"The explorer is in {folder}: {len(files)} files for any static host.")
    return say(f"To look at it here: python -m http.server --bind 127.0.0.1 -d {folder}")


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
