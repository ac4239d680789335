"""Commands about the tokens themselves."""

from __future__ import annotations

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    LabelOptions,
    OpeningOptions,
    SearchOptions,
    StoreOptions,
    labels_group,
    opening_group,
    protocol_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces
from hyperpolyglot.cli.options import (
    exclude_option,
    k_option,
    model_argument,
    models_argument,
    two_models_argument,
)
from hyperpolyglot.cli.output import TABLE, TABLE_OR_FIGURE, OutputOptions, emit, output_group

__all__ = ["census", "inspect", "overlap", "tokens"]

_FIRST = 20


@click.command(
    cls=Described,
    purpose="Look at a model",
    short_help="What MODEL is: table, tokenizer, kinds of tokens.",
    examples=(
        "hyperpolyglot inspect demo:e5",
        "hyperpolyglot inspect demo:meaning --json",
    ),
)
@model_argument
@opening_group
@output_group(TABLE)
def inspect(model: str, opening: OpeningOptions, output: OutputOptions) -> None:
    """Show what MODEL consists of: its table, its tokenizer, its kinds of tokens."""
    from hyperpolyglot.cli.terminal import print_table, say
    from hyperpolyglot.measures.inspection import inspect as look
    from hyperpolyglot.sources import title_of

    (space,) = spaces = open_spaces([model], opening)
    found = look(space)
    output.save(found.table)
    if output.as_json:
        return emit("inspect", found.to_json(), spaces)
    shape = f"{found.n_rows:,} × {found.dim:,}" if found.dim else f"{found.n_rows:,} ids, no vectors"
    say(f"{title_of(found.model)}: {shape}, stored as {found.dtype or '–'} in {found.tensor or '–'}")
    say(f"{found.tokens:,} tokens, {found.tokenizer}, from {found.vocabulary_file}")
    if found.duplicates:
        say(f"{found.duplicates:,} tokens repeat the text of another")
    return print_table("Tokens by kind", found.table(), ("kind", "tokens"))


@click.command(
    cls=Described,
    purpose="Look at a model",
    short_help="Tokens by writing system and by kind.",
    examples=(
        "hyperpolyglot census demo:e5",
        "hyperpolyglot census demo:e5 demo:meaning -o census.csv",
        "hyperpolyglot census demo:e5 --labels block",
    ),
)
@models_argument
@opening_group
@labels_group
@output_group(TABLE_OR_FIGURE)
def census(
    models: tuple[str, ...], opening: OpeningOptions, labelling: LabelOptions, output: OutputOptions
) -> None:
    """Count the tokens of each MODEL by writing system and by kind."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.cli.terminal_tables.labels import say_uncounted, with_names
    from hyperpolyglot.measures.census import census as count
    from hyperpolyglot.percentages import exact
    from hyperpolyglot.sources import title_of

    spaces = open_spaces(models, opening, labelling)
    found = count(spaces)
    output.save(found.table, lambda: figures.draw_census(found))
    if output.as_json:
        return emit("census", found.to_json(), spaces)
    for model, space in zip(found.models, spaces, strict=True):
        rows = [row | {"share": exact(row["share"])} for row in model.table()]
        title = f"{title_of(model.model)}: {model.tokens:,} tokens, {model.n_rows:,} rows"
        print_table(title, *with_names(rows, ("label", "tokens", "share")))
        say_uncounted(model.uncounted, space.labels.labelling)
        print_table("by kind", [{"kind": kind, "tokens": count} for kind, count in model.kinds.items()])
    return None


@click.command(
    cls=Described,
    purpose="Compare models",
    short_help="Tokens that vocabularies share.",
    examples=(
        "hyperpolyglot overlap demo:e5 demo:meaning",
        "hyperpolyglot overlap demo:e5 demo:meaning -o shared.svg",
    ),
)
@two_models_argument
@opening_group
@protocol_group
@output_group(TABLE_OR_FIGURE)
def overlap(
    models: tuple[str, ...], opening: OpeningOptions, labelling: LabelOptions, output: OutputOptions
) -> None:
    """Compare the vocabularies of two or more MODELs: the tokens they share."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.measures.census import overlap as compare
    from hyperpolyglot.sources import title_of

    spaces = open_spaces(models, opening, labelling)
    found = compare(spaces, protocol=labelling.protocol)
    output.save(found.table, lambda: figures.draw_overlap(found))
    if output.as_json:
        return emit("overlap", found.to_json(), spaces)
    rows = [{**row, "a": title_of(row["a"]), "b": title_of(row["b"])} for row in found.table()]
    print_table("Shared tokens", rows)
    for pair in found.pairs:
        rows = [{"label": label, "tokens": count} for label, count in list(pair.by_label.items())[:12]]
        print_table(f"{title_of(pair.a)} and {title_of(pair.b)}, by label", rows)
    return None


@click.command(
    cls=Described,
    purpose="Look at tokens",
    short_help="A table of all tokens.",
    examples=(
        "hyperpolyglot tokens demo:e5 -o tokens.parquet",
        "hyperpolyglot tokens demo:e5 --only-labels Deva,Beng -o tokens.csv",
    ),
)
@model_argument
@k_option(50)
@opening_group
@labels_group
@exclude_option
@search_group
@store_group
@output_group(TABLE)
def tokens(
    model: str,
    k: int,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Write a row for every token of MODEL: id, token, piece, label, kind, norm,
    occurrences in neighbour lists, whether it appears under-trained, distinct
    labels among its neighbours, their share of its own label, and the nearest.
    """
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.token_table import token_table
    from hyperpolyglot.sources import title_of
    from hyperpolyglot.study import computed, neighbors_step

    (space,) = spaces = open_spaces([model], opening, labelling, exclude)
    step = neighbors_step(space, k, exclude=excluded_kinds(exclude), search=searching.search())
    with progress_bar() as bar:
        found = token_table(space, computed(step, store.open(), bar))
    rows = found.table()
    output.save(lambda: rows)
    if output.as_json:
        return emit("tokens", found.to_json(), spaces)
    if not output.outputs:
        print_table(f"{title_of(space.model)}: the first of {len(rows):,} tokens", rows[:_FIRST])
        say("all of them by -o tokens.parquet, .csv or .tsv")
    return None
