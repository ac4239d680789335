"""Options that commands share, and what they mean together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hyperpolyglot.measures.neighbors import Search
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "EXCLUDABLE",
    "cache_option",
    "exclude_option",
    "excluded_kinds",
    "labels_option",
    "model_argument",
    "models_argument",
    "open_spaces",
    "opening_options",
    "output_options",
    "output_space",
    "protocol_option",
    "search_options",
    "searching",
    "seed_option",
    "store_option",
    "the_store",
    "with_output_option",
]

F = TypeVar("F", bound=Callable[..., Any])
BACKENDS = ("auto", "plain", "direct", "fp32", "int8", "bf16")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_LEAST_MEMORY = 1 << 20
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


class Size(click.ParamType[int]):
    """Bytes: ``1.5GiB`` or ``500MB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """A whole number of bytes, a mebibyte at least."""
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no size: write 1.5GiB or 500MB.", param, ctx)
        number, prefix, binary = found.groups()
        size = int(float(number) * (1024 if binary else 1000) ** " kmgt".index(prefix.lower() or " "))
        if size < _LEAST_MEMORY:
            self.fail(f"{value} is less than a MiB.", param, ctx)
        return size


search_options = _all(
    click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        default="auto",
        show_default=True,
        help="How neighbours are searched. All give the same; auto takes the fastest that this processor has.",
    ),
    click.option(
        "--memory",
        type=Size(),
        help="Take no more than this for the search, the table itself not counted: 1.5GiB.  [default: no limit]",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1),
        help="Threads that search.  [default: as many as processors may be used]",
    ),
)

seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of every random draw."
)

cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep and look up results here.  [default: $HYPERPOLYGLOT_CACHE, else among the assets in $HF_HOME]",
)

store_option = _all(
    cache_option,
    click.option("--no-cache", is_flag=True, help="Compute anew, and keep nothing.  [default: keep]"),
)


with_output_option = click.option(
    "--with-output",
    is_flag=True,
    help="Fetch the output table of models on the Hub too, to compare it.  [default: only of models on disk]",
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


def searching(values: Mapping[str, Any]) -> Search:
    """The search that ``--backend``, ``--memory`` and ``--threads`` ask for."""
    from functools import partial

    from hyperpolyglot.engine.nearest import nearest_to

    return partial(
        nearest_to, backend=values["backend"], memory_bytes=values["memory"], threads=values["threads"]
    )


def output_space(model: str, values: Mapping[str, Any]) -> TokenSpace | None:
    """The space of a model's output table, ``None`` where it has none of its own, or the Hub was not to be asked."""
    from hyperpolyglot.errors import TensorNotFound
    from hyperpolyglot.hub import HubName
    from hyperpolyglot.loading import Opening, open_model
    from hyperpolyglot.sources import resolve

    if values["table"] == "output" or values["tensor"] is not None:
        return None
    if isinstance(resolve(model), HubName) and not values["with_output"]:
        return None
    try:
        opening = Opening(table="output", tokenizer=values["tokenizer"])
        return open_model(model, opening, labels=values.get("labels") or "script")
    except TensorNotFound:
        return None


def the_store(values: Mapping[str, Any]) -> Store:
    """The store that ``--cache`` names; what is damaged in it is reported and computed again."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.store import NoStore, Store

    return NoStore() if values["no_cache"] else Store(values["cache"], note)
