"""Commands that write models of another shape."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import OpeningOptions
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import json_option, model_argument, seed_option
from hyperpolyglot.cli.output import emit

__all__ = ["transplant"]

METHODS = ("auto", "mean", "ridge", "procrustes", "focus", "omp")


@click.command(
    cls=Described,
    purpose="Use a model",
    short_help="Embeddings for another vocabulary.",
    examples=(
        "hyperpolyglot transplant demo:meaning --tokenizer demo:e5 --atoms 8 -o made",
        "hyperpolyglot transplant demo:e5 --tokenizer demo:meaning --method mean -o e5",
    ),
)
@model_argument
@click.option(
    "--tokenizer", required=True, metavar="MODEL", help="The vocabulary that embeddings are made for."
)
@click.option(
    "--via",
    metavar="MODEL",
    help="Learn from the table of this model, which has tokens of both.  [default: the table of --tokenizer]",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    help="How tokens are built that are not shared; auto takes the best on hidden tokens.",
)
@click.option(
    "--held-out",
    type=click.IntRange(20),
    default=1000,
    show_default=True,
    help="Shared tokens that are hidden, to judge methods by.",
)
@click.option(
    "--atoms",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    help="Anchors that matching pursuit (omp) puts together.",
)
@seed_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Write the table, the tokenizer and a README to this folder, which is new or empty.",
)
@json_option()
def transplant(
    model: str,
    tokenizer: str,
    via: str | None,
    method: Literal["auto", "mean", "ridge", "procrustes", "focus", "omp"],
    held_out: int,
    atoms: int,
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Make embeddings of MODEL for the vocabulary of another: shared tokens
    keep theirs, others are built by the method that rebuilds hidden tokens best.

    The folder opens as a model. No model is run or trained on it.
    """
    from hyperpolyglot.applications.transplantation import check_empty, write_transplant
    from hyperpolyglot.applications.transplantation import transplant as transplanted
    from hyperpolyglot.cli.terminal import note, progress_bar
    from hyperpolyglot.cli.terminal_tables.transplants import show_transplant

    check_empty(output)
    spaces = open_spaces([model, tokenizer, *([] if via is None else [via])], OpeningOptions())
    with progress_bar() as bar:
        found = transplanted(*spaces, progress=bar, method=method, held_out=held_out, atoms=atoms, seed=seed)
    files = write_transplant(found, output)
    if as_json:
        return emit("transplant", found.to_json() | {"files": files}, spaces)
    show_transplant(found)
    return note(f"wrote {output}")
