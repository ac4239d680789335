"""Commands that compare models and look for reasons."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.options import (
    cluster_option,
    exclude_option,
    excluded_kinds,
    executor,
    figure_option,
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
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, certificate, check_outputs, emit, save_outputs

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
@figure_option("agreement", "curves", "labels")
@opening_options
@labels_option
@protocol_option
@exclude_option
@search_options
@seed_option
@cluster_option
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
    from hyperpolyglot.cli.findings import show_comparison
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.measures.comparison.records import CompareOptions
    from hyperpolyglot.study import plan_comparison, run_joined

    spaces = open_spaces(values["models"], values)
    names = ("k", "protocol", "seed", "permutations")
    options = CompareOptions(**{name: values[name] for name in names})
    with progress_bar() as bar:
        kinds, search = excluded_kinds(values["exclude"]), searching(values)
        plan = plan_comparison(spaces, options, exclude=kinds, search=search)
        with executor(values) as execute:
            found = run_joined(plan, the_store(values), executor=execute, progress=bar)
    drawn = {
        "agreement": lambda: figures.draw_agreements(found),
        "curves": lambda: figures.draw_curves(found),
        "labels": lambda: figures.draw_agreement_by_label(found),
    }
    save_outputs(values["outputs"], found.table, drawn[values["figure"]])
    if values["as_json"]:
        return emit("compare", found.to_json(), spaces, values)
    return show_comparison(found)


def _counts(path: Path | None) -> Mapping[str, float] | None:
    """Token counts from a TSV file: token, tab, number."""
    from hyperpolyglot.errors import DamagedFile
    from hyperpolyglot.regular import read_text

    if path is None:
        return None
    counts = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
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
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="Count tokens in this text instead, plain or .gz, by the model's pieces; can be repeated.  [default: none]",
)
@figure_option("removal", "deciles", "undertrained", "hubness")
@with_output_option
@opening_options
@labels_option
@exclude_option
@search_options
@seed_option
@store_option
@output_options(TABLE_OR_FIGURE)
def explain(**values: Any) -> None:
    """Look for reasons in MODEL: frequency, under-trained tokens, hubs, isotropy, dimension, and what taking the
    languages out does to separability and diversity.
    """
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.explained import show_explanation
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.lexicon import packaged_lexicon
    from hyperpolyglot.measures.explanation.corpus import count_corpus
    from hyperpolyglot.measures.translation import TranslateOptions
    from hyperpolyglot.study import Given, computed, explanation_step, neighbors_step

    if values["counts"] and values["corpus"]:
        raise click.UsageError("--counts and --corpus say the same: give one of them.")
    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    with progress_bar() as bar:
        store, search = the_store(values), searching(values)
        corpus = count_corpus(values["corpus"], space.vocabulary, bar) if values["corpus"] else None
        given = Given(
            counts=_counts(values["counts"]) if corpus is None else corpus,
            lexicon=packaged_lexicon(),
            translate=TranslateOptions(seed=values["seed"]),
        )
        near = neighbors_step(space, values["k"], exclude=kinds, search=search)
        output = output_space(values["model"], values)
        step = explanation_step(space, near, given, output, seed=values["seed"], search=search)
        found = computed(step, store, bar)
    noun = space.labels.labelling.many
    drawn = {
        "removal": lambda: figures.draw_removal([found], noun),
        "deciles": lambda: figures.draw_deciles([found], noun),
        "undertrained": lambda: figures.draw_undertrained([found]),
        "hubness": lambda: figures.draw_hubness([found]),
    }
    save_outputs(values["outputs"], found.table, drawn[values["figure"]])
    if values["as_json"]:
        made = {"certificate": certificate(computed(near, store))}
        return emit("explain", found.to_json() | made, spaces, values)
    return show_explanation(found, noun)
