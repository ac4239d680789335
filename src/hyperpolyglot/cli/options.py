"""Options that commands share, and what they mean together."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hyperpolyglot.labellers import DEFAULT, LABELLERS

if TYPE_CHECKING:
    from hyperpolyglot.engine.nearest import Search
    from hyperpolyglot.labels import AnyLabeller
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.study import Executor
    from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "EXCLUDABLE",
    "Amount",
    "cache_option",
    "cluster_option",
    "device_option",
    "exclude_option",
    "excluded_kinds",
    "executor",
    "figure_option",
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
    "strict_option",
    "the_store",
    "undertrained_option",
    "with_output_option",
]

F = TypeVar("F", bound=Callable[..., Any])
UNDERTRAINED = "undertrained"
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

strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Fail where names of tokens are off from the rows of the table.  [default: note it]",
)

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
    click.option(
        "--view",
        type=click.Choice(["raw", "scaled", "normed"]),
        default="raw",
        show_default=True,
        help="Rows as stored, times the root of their length, or layer-normed without gain.",
    ),
    strict_option,
)


def _labelled(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """A labeller's name or the path of a table."""
    if value is None or value in LABELLERS or Path(value).is_file():
        return value
    raise click.BadParameter(f"{value!r} is none of {', '.join(LABELLERS)}, and no file.")


labels_option = click.option(
    "--labels",
    metavar="|".join([*LABELLERS, "FILE"]),
    callback=_labelled,
    help=f"How tokens are labelled: {', '.join(row.help for row in LABELLERS.values())}, or a table of your own (a "
    f"token, a tab and its label on each line).  [default: {DEFAULT}]",
)

protocol_option = click.option(
    "--protocol",
    type=click.Choice(["default", "paper"]),
    default="default",
    show_default=True,
    help="Measure as we do, or exactly as the founding paper did, by default with its labels.",
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


def figure_option(*names: str) -> Callable[[F], F]:
    """``--figure``: which one ``-o`` draws, the first by default."""
    return click.option(
        "--figure", type=click.Choice(names), default=names[0], show_default=True, help="What -o draws."
    )


class Amount(click.FloatRange):
    """A number within a range; ``nan`` is within none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return found


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
        help="Take no more memory than this for the search, as 1.5GiB; vectors and result then lie on disk, beside the "
        "cache.  [default: no limit; on disk where memory would not hold them]",
    ),
    device_option,
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


def _cluster(_context: click.Context, _option: click.Parameter, where: str | None) -> str | None:
    if where is None or re.fullmatch(r"(tcp|tls|ws|wss)://\S+|local:[1-9]\d{0,4}|slurm:.+", where):
        return where
    raise click.BadParameter("write tcp://host:port, local:N or slurm:FILE.")


cluster_option = click.option(
    "--cluster",
    metavar="WHERE",
    callback=_cluster,
    help="Take the steps on a Dask cluster: tcp://host:port of its scheduler, local:N for N processes of one thread, "
    "slurm:FILE for jobs.  [default: in this process]",
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
        table=values.get("table") or "input",
        tensor=values.get("tensor"),
        tokenizer=values.get("tokenizer"),
        view=values.get("view") or "raw",
        strict=values.get("strict") or False,
    )
    if len(set(models)) < len(models):
        raise click.UsageError("a model is named twice.")
    notices: dict[str, None] = {}
    with progress_bar() as bar:
        spaces = [
            open_model(
                model,
                opening,
                labels=_labeller(values),
                progress=bar,
                note=notices.setdefault,
            )
            for model in models
        ]
        if UNDERTRAINED in (values.get("exclude") or ()):
            spaces = [_trained(space) for space in spaces]
    for notice in notices:
        note(notice)
    for space in spaces:
        if space.remark:
            note(space.remark)
        if not space.labels.names:
            note(
                f"{space.model}: no token has a label; write tokens as `neighbors` shows them, as in ▁water."
            )
    return spaces


def _labeller(values: Mapping[str, Any]) -> AnyLabeller:
    """What ``--labels`` names; tables are read."""
    from hyperpolyglot.labels import read_labels

    chosen = values.get("labels") or ("paper" if values.get("protocol") == "paper" else DEFAULT)
    return chosen if chosen in LABELLERS else read_labels(Path(chosen))


def _trained(space: TokenSpace) -> TokenSpace:
    from hyperpolyglot.measures.undertrained import undertrained

    return space if space.table is None else space.without(undertrained(space).mask, UNDERTRAINED)


def excluded_kinds(names: tuple[str, ...]) -> tuple[TokenKind, ...]:
    """The kinds behind ``--exclude``; :func:`open_spaces` leaves out what is no kind."""
    from hyperpolyglot.vocabulary import TokenKind

    return tuple(sorted({TokenKind[name.upper()] for name in names if name != UNDERTRAINED}))


def searching(values: Mapping[str, Any]) -> Search:
    """The search that ``--backend``, ``--memory`` and ``--threads`` ask for."""
    from hyperpolyglot.engine.nearest import Search

    return Search(backend=values["backend"], memory_bytes=values["memory"], threads=values["threads"])


def output_space(model: str, values: Mapping[str, Any]) -> TokenSpace | None:
    """The space of a model's output table, ``None`` where it has none of its own, or the Hub was not to be asked."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.errors import TensorNotFound
    from hyperpolyglot.hub import HubName
    from hyperpolyglot.loading import Opening, open_model
    from hyperpolyglot.sources import resolve

    if values["table"] == "output" or values["tensor"] is not None:
        return None
    if isinstance(resolve(model), HubName) and not values["with_output"]:
        return None
    try:
        opening = Opening(
            table="output",
            tokenizer=values["tokenizer"],
            view=values.get("view") or "raw",
            strict=values.get("strict") or False,
        )
        space = open_model(model, opening, labels=_labeller(values))
    except TensorNotFound:
        return None
    if space.alignment and space.alignment.shift:
        note(space.remark)
    return space


def the_store(values: Mapping[str, Any]) -> Store:
    """The store that ``--cache`` names; what is damaged in it is reported and computed again."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.store import NoStore, Store

    return NoStore() if values["no_cache"] else Store(values["cache"], note)


@contextmanager
def executor(values: Mapping[str, Any]) -> Iterator[Executor]:
    """Who takes the steps: the cluster that ``--cluster`` names, started and ended with the block, or this process."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.study.cluster import cluster

    with cluster(values["cluster"], note) as execute:
        yield execute
