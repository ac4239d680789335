"""Options that commands share, and what they mean together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "EXCLUDABLE",
    "exclude_option",
    "excluded_kinds",
    "labels_option",
    "model_argument",
    "models_argument",
    "open_spaces",
    "opening_options",
    "output_options",
    "protocol_option",
    "seed_option",
    "store_option",
    "the_store",
]

F = TypeVar("F", bound=Callable[..., Any])
EXCLUDABLE = ("text", "whitespace", "byte", "fragment", "special", "added", "language", "unused")


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


model_argument = click.argument("model")
models_argument = click.argument("models", metavar="MODEL...", nargs=-1, required=True)

opening_options = _all(
    click.option(
        "--table",
        type=click.Choice(["input", "output"]),
        default="input",
        show_default=True,
        help="Open the input embedding or the unembedding.",
    ),
    click.option("--tensor", metavar="NAME", help="Open this tensor instead of the one found by its name."),
    click.option("--tokenizer", metavar="PATH", help="Take the vocabulary from this file or folder."),
)

labels_option = click.option(
    "--labels",
    type=click.Choice(["script", "script-cjk", "paper"]),
    help="How tokens are labelled: Unicode scripts, the same with Han, kana and Hangul joined, or the founding "
    "paper's rule.  [default: script; paper with --protocol paper]",
)

protocol_option = click.option(
    "--protocol",
    type=click.Choice(["default", "paper"]),
    default="default",
    show_default=True,
    help="Measure as we do, or exactly as the founding paper did.",
)

exclude_option = click.option(
    "--exclude",
    "exclude",
    type=click.Choice(EXCLUDABLE),
    multiple=True,
    help="Leave out tokens of this kind; can be repeated.  [default: none]",
)

seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of every random draw."
)

store_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep and look up results here.  [default: $HYPERPOLYGLOT_CACHE, else among the assets in $HF_HOME]",
)


def output_options(formats: str) -> Callable[[F], F]:
    """``--json`` and ``-o``; ``formats`` names what ``-o`` writes."""
    return _all(
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
        click.option(
            "-o",
            "--output",
            "outputs",
            type=click.Path(path_type=Path, dir_okay=False),
            multiple=True,
            help=f"Write {formats}, by extension; can be repeated.",
        ),
    )


def open_spaces(models: tuple[str, ...], values: dict[str, Any]) -> list[TokenSpace]:
    """The spaces that the shared options describe."""
    from hyperpolyglot.cli.terminal import note, progress_bar
    from hyperpolyglot.loading import Opening, open_model

    if values.get("tokenizer") and len(models) > 1:
        raise click.UsageError("--tokenizer goes with one model.")
    opening = Opening(
        table=values.get("table") or "input", tensor=values.get("tensor"), tokenizer=values.get("tokenizer")
    )
    chosen = values.get("labels") or ("paper" if values.get("protocol") == "paper" else "script")
    if len(set(models)) < len(models):
        raise click.UsageError("a model is named twice.")
    with progress_bar() as bar:
        spaces = [open_model(model, opening, labels=chosen, progress=bar) for model in models]
    for space in spaces:
        if space.remark:
            note(space.remark)
    return spaces


def excluded_kinds(names: tuple[str, ...]) -> tuple[TokenKind, ...]:
    """The kinds behind ``--exclude``."""
    from hyperpolyglot.vocabulary import TokenKind

    return tuple(sorted({TokenKind[name.upper()] for name in names}))


def the_store(cache: Path | None) -> Store:
    """The store that ``--cache`` names; what is damaged in it is reported and computed again."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.store import Store

    return Store(cache, note)
