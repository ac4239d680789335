"""The command that shows the neighbours of some tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    LabelOptions,
    OpeningOptions,
    SearchOptions,
    StoreOptions,
    opening_group,
    protocol_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces
from hyperpolyglot.cli.options import exclude_option, k_option, matched, model_argument
from hyperpolyglot.cli.output import ARRAYS, OutputOptions, output_group
from hyperpolyglot.cli.several import Measurement, give
from hyperpolyglot.labellers import LANGUAGE

if TYPE_CHECKING:
    from hyperpolyglot.space import TokenSpace

__all__ = ["neighbors"]


@click.command(
    cls=Described,
    purpose="Look at tokens",
    short_help="The nearest tokens of a text or an id.",
    examples=(
        "hyperpolyglot neighbors demo:e5 water",
        "hyperpolyglot neighbors demo:e5 water -k 10 --only Cyrl",
        "hyperpolyglot neighbors demo:e5 water --compare-with demo:meaning",
    ),
)
@model_argument
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option(
    "--id",
    "ids",
    type=int,
    multiple=True,
    metavar="N",
    help="A token by its id; can be repeated.  [default: none]",
)
@k_option(20)
@click.option("--only", metavar="LABEL", help="Only neighbours with this label, exactly.  [default: any]")
@click.option(
    "--in",
    "language",
    metavar="LANGUAGE",
    help="Only neighbours of this language, a tag as sv; labels are languages then.  [default: all]",
)
@click.option(
    "--compare-with",
    multiple=True,
    metavar="MODEL",
    callback=matched,
    help="Show the neighbours in this model beside; can be repeated.  [default: none]",
)
@opening_group
@protocol_group
@exclude_option
@search_group
@store_group
@output_group(ARRAYS)
def neighbors(
    model: str,
    texts: tuple[str, ...],
    ids: tuple[int, ...],
    k: int,
    only: str | None,
    language: str | None,
    compare_with: tuple[str, ...],
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Show the nearest tokens of TEXTs in MODEL, by cosine.

    TEXT finds every token that is spelled so, with or without a leading space.
    Without a TEXT, -o neighbors.npz writes the neighbours of all tokens: rows
    int32 and similarity float32, -1 and NaN for tokens left out.
    """
    if language is not None:
        if only is not None or labelling.labels not in (None, LANGUAGE):
            raise click.UsageError(f"--in goes with --labels {LANGUAGE}, and not with --only.")
        labelling, only = replace(labelling, labels=LANGUAGE), language
    arrays, others = output.split(".npz")
    if not (texts or ids or arrays):
        raise click.UsageError("name a TEXT or --id, or write all neighbours with -o neighbors.npz.")
    if compare_with and (arrays or others.draws):
        raise click.UsageError("with --compare-with, -o writes tables: figures and .npz are of one model.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.vectors import NEIGHBORS
    from hyperpolyglot.exports import write_neighbors
    from hyperpolyglot.measures.neighbors import neighborhoods
    from hyperpolyglot.measures.token_rows import find_ids
    from hyperpolyglot.study import computed, neighbors_step

    spaces = open_spaces([model, *compare_with], opening, labelling, exclude)
    kinds, search = excluded_kinds(exclude), searching.search()
    asked = [
        list(dict.fromkeys([*rows, *find_ids(space, ids)]))
        for space, rows in zip(spaces, _spelled(spaces, texts), strict=True)
    ]
    if arrays:
        with progress_bar() as bar:
            planned = neighbors_step(spaces[0], k, exclude=kinds, search=search)
            every = computed(planned, store.open(), bar)
        for path in arrays:
            write_neighbors(path, every, len(spaces[0]))
    paper = labelling.protocol == "paper"
    results = [
        Measurement(
            space,
            neighborhoods(space, rows, k, label=only, include_self=paper, exclude=kinds, search=search),
        )
        for space, rows in zip(spaces, asked, strict=True)
    ]
    give(NEIGHBORS, results, others, figure=lambda: figures.draw_neighborhoods(results[0].record))


def _spelled(spaces: list[TokenSpace], texts: tuple[str, ...]) -> list[list[int]]:
    """The tokens of every space that the texts mean. Raises ``TokenNotFound`` for a text that is in no space."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.errors import TokenNotFound
    from hyperpolyglot.measures.token_rows import find_tokens

    found: list[list[int]] = [[] for _ in spaces]
    for text in texts:
        missing: list[TokenNotFound] = []
        for i, space in enumerate(spaces):
            try:
                found[i] += find_tokens(space, text)
            except TokenNotFound as error:
                missing.append(error)
        if len(missing) == len(spaces):
            raise missing[0]
        for each in missing:
            note(str(each))
    return found
