"""What a command gives back: one JSON document, files by extension, or what it says in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hyperpolyglot.cli.groups import group
from hyperpolyglot.cli.options import json_option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hyperpolyglot.measures.neighbors import Neighbors
    from hyperpolyglot.space import TokenSpace

__all__ = [
    "ARRAYS",
    "TABLE",
    "TABLE_FIGURE_OR_PAGE",
    "TABLE_OR_FIGURE",
    "OutputOptions",
    "Written",
    "certificate",
    "emit",
    "output_group",
]

F = TypeVar("F", bound=Callable[..., object])
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """What ``-o`` writes: in words, and by which extensions."""

    words: str
    suffixes: tuple[str, ...]


_FIGURES = (".png", ".svg", ".pdf")
TABLE = Written("a table (.csv, .tsv, .parquet, .tex)", (".csv", ".tsv", ".parquet", ".tex"))
TABLE_OR_FIGURE = Written(f"{TABLE.words} or the figure (.png, .svg, .pdf)", TABLE.suffixes + _FIGURES)
TABLE_FIGURE_OR_PAGE = Written(
    f"{TABLE_OR_FIGURE.words}, or .html with a map whose tokens move from step to step",
    (*TABLE_OR_FIGURE.suffixes, ".html"),
)
ARRAYS = Written(
    f"{TABLE_OR_FIGURE.words}, or .npz with the neighbours of all tokens", (*TABLE_OR_FIGURE.suffixes, ".npz")
)
_UNRECORDED = {
    *("as_json", "outputs", "output", "cache", "no_cache", "model", "models", "seed", "full"),
    *("backend", "cluster", "memory", "threads"),
    *("folder", "port", "opens", "compare_with"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """Whether a command prints JSON, and the files that it writes."""

    as_json: bool
    outputs: tuple[Path, ...]

    @property
    def draws(self) -> bool:
        """Whether a figure is among the files."""
        return any(path.suffix.lower() in _FIGURES for path in self.outputs)

    def split(self, suffix: str) -> tuple[tuple[Path, ...], OutputOptions]:
        """The files of one extension, and what is left without them."""
        found = tuple(path for path in self.outputs if path.suffix.lower() == suffix)
        others = tuple(path for path in self.outputs if path not in found)
        return found, OutputOptions(as_json=self.as_json, outputs=others)

    def save(self, rows: Callable[[], Rows], figure: Callable[[], Figure] | None = None) -> None:
        """Write the table or the figure to each path, by its extension."""
        from hyperpolyglot.cli.terminal import note
        from hyperpolyglot.tables import write_table

        for path in self.outputs:
            if figure is not None and path.suffix.lower() in _FIGURES:
                from hyperpolyglot.figures import save

                save(figure(), path)
            else:
                write_table(path, rows())
            note(f"wrote {path}")


def output_group(written: Written) -> Callable[[F], F]:
    """``--json`` and ``-o``, which refuses, before any work, files that could not be written in the end."""

    def writable(
        context: click.Context, _option: click.Parameter, outputs: tuple[Path, ...]
    ) -> tuple[Path, ...]:
        for path in outputs:
            if path.suffix.lower() not in written.suffixes:
                raise click.UsageError(f"{path}: -o writes {', '.join(written.suffixes)}.", context)
        return outputs

    return group(
        OutputOptions,
        "output",
        json_option(),
        click.option(
            "-o",
            "--output",
            "outputs",
            type=click.Path(path_type=Path, dir_okay=False),
            multiple=True,
            callback=writable,
            help=f"Write {written.words}, by extension; can be repeated.",
        ),
    )


def certificate(near: Neighbors) -> dict[str, Any] | None:
    """The JSON form of the certificate of a search."""
    return near.certificate.to_json() if near.certificate else None


def emit(command: str, payload: Mapping[str, Any], spaces: Sequence[TokenSpace]) -> None:
    """Print the JSON document of a command, with the options that it was called with and its models."""
    from hyperpolyglot.cli.terminal import print_json
    from hyperpolyglot.provenance import document

    given = click.get_current_context().params
    options = {
        name: [*map(_plain, value)] if isinstance(value, tuple) else _plain(value)
        for name, value in given.items()
        if name not in _UNRECORDED
    }
    print_json(document(command, _with_abstained(payload, spaces), spaces, options, given.get("seed")))


def _with_abstained(payload: Mapping[str, Any], spaces: Sequence[TokenSpace]) -> Mapping[str, Any]:
    """The payload, and the share of text without a label where labels abstain: of one model, else of each."""
    shares = {space.model: share for space in spaces if (share := space.abstained) is not None}
    if not shares:
        return payload
    if len(spaces) == 1:
        return {**payload, "abstained": shares[spaces[0].model]}
    if isinstance(payload.get("models"), list) and all("model" in each for each in payload["models"]):
        models = [{**each, "abstained": shares.get(each["model"])} for each in payload["models"]]
        return {**payload, "models": models}
    return {**payload, "abstained": shares}


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
