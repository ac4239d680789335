"""Groups of options: one decorator adds them to a command, which gets what they say as one frozen record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import click

from hyperpolyglot.cli.options import (
    BACKENDS,
    Size,
    cache_option,
    cluster_option,
    device_option,
    strict_option,
    together,
)
from hyperpolyglot.labellers import DEFAULT, LABELLERS, LANGUAGE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from hyperpolyglot.engine.nearest import Backend, Search
    from hyperpolyglot.labels import AnyLabeller
    from hyperpolyglot.loading import Opening
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.study import Executor
    from hyperpolyglot.table import View

__all__ = [
    "ClusterOptions",
    "LabelOptions",
    "OpeningOptions",
    "SearchOptions",
    "SourceOptions",
    "StoreOptions",
    "cluster_group",
    "group",
    "labels_group",
    "opening_group",
    "protocol_group",
    "rows_group",
    "search_group",
    "source_group",
    "store_group",
]

F = TypeVar("F", bound=Callable[..., object])


def group(record: type[DataclassInstance], parameter: str, *options: Callable[[F], F]) -> Callable[[F], F]:
    """Add the options to a command; those that are fields of ``record`` reach it as one, the ``parameter``."""
    names = {field.name for field in fields(record)}

    def decorate(command: F) -> F:
        @wraps(command)
        def gathered(**given: object) -> object:
            own = {name: given.pop(name) for name in names & given.keys()}
            return command(**given, **{parameter: record(**own)})

        return together(*options)(cast(F, gathered))

    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningOptions:
    """What to open of a model, as in :class:`hyperpolyglot.loading.Opening`."""

    table: Literal["input", "output"] = "input"
    tensor: str | None = None
    tokenizer: str | None = None
    view: View = "raw"
    strict: bool = False

    def opening(self) -> Opening:
        """The same for the library."""
        from hyperpolyglot.loading import Opening

        return Opening(**{field.name: getattr(self, field.name) for field in fields(self)})


_tensor_option = click.option(
    "--tensor", metavar="NAME", help="Open this tensor.  [default: the one found by its name]"
)
_tokenizer_option = click.option(
    "--tokenizer",
    metavar="PATH",
    help="Take the vocabulary from this file or folder.  [default: beside the model]",
)

opening_group = group(
    OpeningOptions,
    "opening",
    click.option(
        "--table",
        type=click.Choice(["input", "output"]),
        default="input",
        show_default=True,
        help="Open the input embedding or the unembedding.",
    ),
    _tensor_option,
    _tokenizer_option,
    click.option(
        "--view",
        type=click.Choice(["raw", "scaled", "normed"]),
        default="raw",
        show_default=True,
        help="Rows as stored, times the root of their length, or layer-normed without gain.",
    ),
    strict_option,
)

rows_group = group(OpeningOptions, "opening", _tensor_option, _tokenizer_option, strict_option)
"""For commands that write rows as they are stored, of the input table and of the output table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What to open of a model where ``--tokenizer`` names another."""

    tensor: str | None = None
    source_tokenizer: str | None = None
    strict: bool = False

    def as_opening(self) -> OpeningOptions:
        """The same as options of a model of its own."""
        return OpeningOptions(tensor=self.tensor, tokenizer=self.source_tokenizer, strict=self.strict)


source_group = group(
    SourceOptions,
    "source",
    _tensor_option,
    click.option(
        "--source-tokenizer",
        metavar="PATH",
        help="Take the vocabulary of MODEL from this file or folder.  [default: beside the model]",
    ),
    strict_option,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """How tokens are labelled, by which protocol they are measured, and which of them.

    ``labels`` ``None`` is the protocol's own labeller; ``word_lists``: a folder by which languages are told.
    """

    labels: str | None = None
    word_lists: Path | None = None
    protocol: Literal["default", "paper"] = "default"
    only_labels: tuple[str, ...] = ()
    top: int | None = None

    def labeller(self) -> AnyLabeller:
        """The name of a labeller, or the labels of a table or the word lists of a folder, which are read."""
        from hyperpolyglot.labels import read_labels
        from hyperpolyglot.word_lists import read_word_lists

        if self.word_lists is not None:
            if self.labels != LANGUAGE:
                raise click.UsageError(f"--word-lists goes with --labels {LANGUAGE}.")
            return read_word_lists(self.word_lists)
        chosen = self.labels or ("paper" if self.protocol == "paper" else DEFAULT)
        return chosen if chosen in LABELLERS else read_labels(Path(chosen))

    def narrowed(self, space: TokenSpace) -> TokenSpace:
        """The space of the tokens that are measured."""
        if not self.only_labels and self.top is None:
            return space
        return space.where(labels=self.only_labels or None, top=self.top)


def _labelled(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """A labeller's name or the path of a table."""
    if value is None or value in LABELLERS or Path(value).is_file():
        return value
    raise click.BadParameter(f"{value!r} is none of {', '.join(LABELLERS)}, and no file.")


_labels_option = click.option(
    "--labels",
    metavar="|".join([*LABELLERS, "FILE"]),
    callback=_labelled,
    help=f"How tokens are labelled: {', '.join(row.help for row in LABELLERS.values())}, or a table of your own (a "
    f"token, a tab and its label on each line).  [default: {DEFAULT}]",
)

_word_lists_option = click.option(
    "--word-lists",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=f"With --labels {LANGUAGE}: tell languages by the lists of this folder, a file <tag>.tsv for each language "
    "with a word, a tab and its count on each line.  [default: wordfreq, if installed, else the packaged lexicon]",
)

_subset_options = (
    click.option(
        "--only-labels",
        multiple=True,
        metavar="LABEL",
        callback=lambda _context, _option, value: tuple(
            name for each in value for name in each.split(",") if name
        ),
        help="Measure the tokens of this label alone, as Latn or Latn,Cyrl; can be repeated.  [default: all]",
    ),
    click.option(
        "--top",
        type=click.IntRange(1),
        help="Measure this many tokens, the most common by the tokenizer's scores.  [default: all]",
    ),
)

labels_group = group(LabelOptions, "labelling", _labels_option, _word_lists_option, *_subset_options)
protocol_group = group(
    LabelOptions,
    "labelling",
    _labels_option,
    _word_lists_option,
    *_subset_options,
    click.option(
        "--protocol",
        type=click.Choice(["default", "paper"]),
        default="default",
        show_default=True,
        help="Measure as we do, or exactly as the founding paper did, by default with its labels.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How neighbours are searched."""

    backend: Backend
    memory: int | None
    threads: int | None

    def search(self) -> Search:
        """The same for the engine."""
        from hyperpolyglot.engine.nearest import Search

        return Search(backend=self.backend, memory_bytes=self.memory, threads=self.threads)


search_group = group(
    SearchOptions,
    "searching",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """Where steps are kept, if they are."""

    cache: Path | None
    no_cache: bool

    def open(self) -> Store:
        """The store; what is damaged in it is reported and computed again."""
        from hyperpolyglot.cli.terminal import note
        from hyperpolyglot.store import NoStore, Store

        return NoStore() if self.no_cache else Store(self.cache, note)


store_group = group(
    StoreOptions,
    "store",
    cache_option,
    click.option("--no-cache", is_flag=True, help="Compute anew, and keep nothing.  [default: keep]"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """Who runs the steps: a cluster, or this process."""

    cluster: str | None

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """The cluster, started and ended with the block, or this process."""
        from hyperpolyglot.cli.terminal import note
        from hyperpolyglot.study.cluster import cluster

        with cluster(self.cluster, note) as execute:
            yield execute


cluster_group = group(ClusterOptions, "cluster", cluster_option)
