"""Commands that need a vocabulary only."""

from __future__ import annotations

from typing import Any

import click

from hyperpolyglot.cli.options import (
    labels_option,
    model_argument,
    models_argument,
    open_spaces,
    opening_options,
    output_options,
    protocol_option,
)
from hyperpolyglot.cli.output import TABLE, TABLE_OR_FIGURE, check_outputs, emit, save_outputs

__all__ = ["census", "inspect", "overlap"]


@click.command(short_help="What MODEL is: table, tokenizer, kinds of tokens.")
@model_argument
@opening_options
@output_options(TABLE)
def inspect(**values: Any) -> None:
    """Say what MODEL is: its table, its tokenizer, its kinds of tokens."""
    check_outputs(values["outputs"], figures=False)
    from hyperpolyglot.cli.terminal import print_table, say
    from hyperpolyglot.measures.inspection import inspect as look

    (space,) = spaces = open_spaces((values["model"],), values)
    found = look(space)
    save_outputs(values["outputs"], found.table)
    if values["as_json"]:
        return emit("inspect", found.to_json(), spaces, values)
    shape = f"{found.rows:,} × {found.dim:,}" if found.dim else f"{found.rows:,} ids, no vectors"
    say(f"{found.model}: {shape}, stored as {found.dtype or '–'} in {found.tensor or '–'}")
    say(f"{found.tokens:,} tokens, {found.tokenizer}, from {found.vocabulary_file}")
    if found.duplicates:
        say(f"{found.duplicates:,} tokens repeat the text of another")
    return print_table("Tokens by kind", found.table())


@click.command(short_help="Tokens by writing system and by kind.")
@models_argument
@opening_options
@labels_option
@output_options(TABLE_OR_FIGURE)
def census(**values: Any) -> None:
    """Count the tokens of each MODEL by writing system and by kind."""
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.findings import say_uncounted
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.measures.census import census as count
    from hyperpolyglot.writing.scripts import script_name

    spaces = open_spaces(values["models"], values)
    found = count(spaces)
    save_outputs(values["outputs"], found.table, lambda: figures.draw_census(found))
    if values["as_json"]:
        return emit("census", found.to_json(), spaces, values)
    for model, space in zip(found.models, spaces, strict=True):
        total = max(1, sum(model.labels.values()))
        rows = [
            {"label": label, "name": script_name(label), "tokens": count, "percent": 100 * count / total}
            for label, count in model.labels.items()
        ]
        named = any(row["name"] != row["label"] for row in rows)
        columns = ("label", "name", "tokens", "percent") if named else ("label", "tokens", "percent")
        print_table(f"{model.model}: {model.tokens:,} tokens, {model.rows:,} rows", rows, columns)
        say_uncounted(model.uncounted, space.labels.labelling)
        print_table("by kind", [{"kind": kind, "tokens": count} for kind, count in model.kinds.items()])
    return None


@click.command(short_help="Tokens that vocabularies share.")
@models_argument
@opening_options
@labels_option
@protocol_option
@output_options(TABLE_OR_FIGURE)
def overlap(**values: Any) -> None:
    """Compare the vocabularies of two or more MODELs: the tokens they share."""
    check_outputs(values["outputs"], figures=True)
    if len(values["models"]) < 2:
        raise click.UsageError("overlap needs at least two models.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.measures.census import overlap as compare

    spaces = open_spaces(values["models"], values)
    found = compare(spaces, protocol=values["protocol"])
    save_outputs(values["outputs"], found.table, lambda: figures.draw_overlap(found))
    if values["as_json"]:
        return emit("overlap", found.to_json(), spaces, values)
    print_table("Shared tokens", found.table())
    for pair in found.pairs:
        rows = [{"label": label, "tokens": count} for label, count in list(pair.by_label.items())[:12]]
        print_table(f"{pair.a} and {pair.b}, by label", rows)
    return None
