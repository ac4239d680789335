"""What a command gives back: one JSON document, files by extension, or what it says in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hyperpolyglot.measures.neighbors import Neighbors
    from hyperpolyglot.space import TokenSpace

__all__ = ["TABLE", "TABLE_OR_FIGURE", "certificate", "check_outputs", "emit", "save_outputs"]

TABLE = "a table (.csv, .tsv, .parquet)"
TABLE_OR_FIGURE = "a table (.csv, .tsv, .parquet) or the figure (.png, .svg, .pdf)"
_TABLES, _FIGURES = (".csv", ".tsv", ".parquet"), (".png", ".svg", ".pdf")
_UNRECORDED = {
    *("as_json", "outputs", "output", "cache", "no_cache", "model", "models", "seed"),
    *("backend", "cluster", "memory", "threads"),
    *("folder", "port", "opens"),
}


def check_outputs(outputs: Sequence[Path], *, figures: bool) -> None:
    """Refuse, before any work, files that could not be written in the end."""
    known = (*_TABLES, *(_FIGURES if figures else ()))
    for path in outputs:
        if path.suffix.lower() not in known:
            raise click.UsageError(f"{path}: -o writes {', '.join(known)}.")


def save_outputs(
    outputs: Sequence[Path],
    rows: Callable[[], Sequence[Mapping[str, Any]]],
    figure: Callable[[], Figure] | None = None,
) -> None:
    """Write the table or the figure to each path, by its extension."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.figures import save
    from hyperpolyglot.tables import write_table

    for path in outputs:
        if figure is not None and path.suffix.lower() in _FIGURES:
            save(figure(), path)
        else:
            write_table(path, rows())
        note(f"wrote {path}")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def certificate(near: Neighbors) -> dict[str, Any] | None:
    """The JSON form of the certificate of a search."""
    return near.certificate.to_json() if near.certificate else None


def emit(
    command: str, payload: Mapping[str, Any], spaces: Sequence[TokenSpace], values: Mapping[str, Any]
) -> None:
    """Print the JSON document of a command, with its options and its models."""
    from hyperpolyglot.cli.terminal import print_json
    from hyperpolyglot.provenance import document

    options = {
        name: [*map(_plain, value)] if isinstance(value, tuple) else _plain(value)
        for name, value in values.items()
        if name not in _UNRECORDED
    }
    print_json(document(command, payload, spaces, options, values.get("seed")))
