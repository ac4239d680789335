"""Commands that compare models and look for reasons."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.options import (
    exclude_option,
    excluded_kinds,
    labels_option,
    model_argument,
    models_argument,
    open_spaces,
    opening_options,
    output_options,
    output_space,
    protocol_option,
    search_options,
    searching,
    seed_option,
    store_option,
    the_store,
    with_output_option,
)
from hyperpolyglot.cli.output import TABLE, TABLE_OR_FIGURE, certificate, check_outputs, emit, save_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compare", "explain"]


@click.command(short_help="How alike the spaces of models are.")
@models_argument
@click.option(
    "-k", "k", type=click.IntRange(2, 1000), default=100, show_default=True, help="Neighbours per token."
)
@click.option(
    "--permutations",
    type=click.IntRange(0),
    default=99,
    show_default=True,
    help="Permutations of rows behind each p-value.",
)
@opening_options
@labels_option
@protocol_option
@exclude_option
@search_options
@seed_option
@store_option
@output_options(TABLE_OR_FIGURE)
def compare(**values: Any) -> None:
    """Compare two or more MODELs on the tokens they share: neighbours, canonical angles, CKA, RSA, Procrustes, each
    against its null.
    """
    check_outputs(values["outputs"], figures=True)
    if len(values["models"]) < 2:
        raise click.UsageError("compare needs at least two models.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar
    from hyperpolyglot.measures.comparison.records import CompareOptions
    from hyperpolyglot.study import step_comparison

    spaces = open_spaces(values["models"], values)
    names = ("k", "protocol", "seed", "permutations")
    options = CompareOptions(**{name: values[name] for name in names})
    with progress_bar() as bar:
        store, kinds = the_store(values), excluded_kinds(values["exclude"])
        found = step_comparison(spaces, options, store, exclude=kinds, search=searching(values), progress=bar)
    save_outputs(
        values["outputs"],
        found.table,
        lambda: figures.draw_agreement(found.models, found.matrix("neighbor_overlap")),
    )
    if values["as_json"]:
        return emit("compare", found.to_json(), spaces, values)
    for pair in found.pairs:
        rows = [row for row in found.table() if (row["a"], row["b"], row["label"]) == (pair.a, pair.b, None)]
        columns = ("measure", "value", "null", "p", "low", "high")
        print_table(f"{pair.a} and {pair.b}: {pair.shared:,} shared tokens", rows, columns)
    return None


def _counts(path: Path | None) -> Mapping[str, float] | None:
    """Token counts from a TSV file: token, tab, number."""
    from hyperpolyglot.errors import DamagedFile

    if path is None:
        return None
    counts = {}
    try:
        lines = path.read_text("utf8").splitlines()
    except UnicodeDecodeError as error:
        raise DamagedFile(path, "it is not text in UTF-8") from error
    for number, line in enumerate(lines, start=1):
        token, _, count = line.rpartition("\t")
        try:
            counts[token] = float(count)
        except ValueError as error:
            raise DamagedFile(path, f"line {number} is not a token, a tab and a number") from error
        if not 0 <= counts[token] < math.inf:
            raise DamagedFile(path, f"line {number} does not count anything ({count[:20]})")
    return counts


@click.command(short_help="Why neighbourhoods are as they are.")
@model_argument
@click.option(
    "-k", "k", type=click.IntRange(10, 1000), default=50, show_default=True, help="Neighbours per token."
)
@click.option(
    "--counts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="How often tokens occur: token, tab, number.  [default: the tokenizer's own scores or merge ranks]",
)
@with_output_option
@opening_options
@labels_option
@exclude_option
@search_options
@seed_option
@store_option
@output_options(TABLE)
def explain(**values: Any) -> None:
    """Look for reasons in MODEL: frequency, under-trained tokens, hubs, isotropy, dimension, and what taking the
    languages out does to separability and diversity.
    """
    check_outputs(values["outputs"], figures=False)
    from hyperpolyglot.cli.terminal import print_table, progress_bar
    from hyperpolyglot.lexicon import packaged_lexicon
    from hyperpolyglot.measures.translation import TranslateOptions
    from hyperpolyglot.study import Given, step_explanation, step_neighbors

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    with progress_bar() as bar:
        store, search = the_store(values), searching(values)
        given = Given(
            counts=_counts(values["counts"]),
            lexicon=packaged_lexicon(),
            translate=TranslateOptions(seed=values["seed"]),
            output=output_space(values["model"], values),
        )
        near = step_neighbors(space, values["k"], store, exclude=kinds, search=search, progress=bar)
        found = step_explanation(
            space, near, store, given=given, seed=values["seed"], search=search, progress=bar
        )
    save_outputs(values["outputs"], found.table)
    payload = found.to_json()
    if values["as_json"]:
        return emit("explain", payload | {"certificate": certificate(near)}, spaces, values)
    for part in ("frequency", "undertrained", "hubness", "isotropy", "dimension"):
        facts = payload[part] or {}
        rows = [{"": name.replace("_", " "), part: value} for name, value in _numbers(facts)]
        print_table(f"{space.model}: {part}", rows or [{"": "too few tokens", part: None}])
    columns = ("removal", "accuracy", "chance", "diversity", "expected", "own_share", "kept")
    print_table("What taking the languages out does", found.table(), columns)
    return None


def _numbers(facts: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The plain numbers of a part, and the values of what was measured with a null."""
    found = []
    for name, value in facts.items():
        plain = value.get("value") if isinstance(value, dict) else value
        if isinstance(plain, int | float) and not isinstance(plain, bool):
            found.append((name, plain))
    return found
