"""One measure of one model or of several: a command gives its results here, and JSON, files and terminal follow.

JSON of one model is its own; of several it is ``models``, one such object each. Their tables stand one after the other
with a column ``model``; in the terminal they stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from hyperpolyglot.cli.output import OutputOptions, emit
from hyperpolyglot.cli.terminal import print_beside, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hyperpolyglot.space import TokenSpace

__all__ = ["Columns", "Command", "Measurement", "give", "named_records"]

Columns = Mapping[str, Mapping[str, str]]
"""Of one model, for every table by its title: what stands in each row by the name of the row."""


class Tabulated(Protocol):
    """A record of a measure, as far as this module needs it."""

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""

    def table(self) -> Sequence[Mapping[str, Any]]:
        """The rows of the main table."""


R = TypeVar("R", bound=Tabulated)


@dataclass(frozen=True, slots=True)
class Measurement(Generic[R]):
    """What a measure found of one model; ``beside`` are the keys that its JSON has besides those of the record."""

    space: TokenSpace
    record: R
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The model's short name."""
        from hyperpolyglot.sources import title_of

        return title_of(self.space.model)

    def to_json(self) -> dict[str, Any]:
        """The JSON of a command on this model alone, without its provenance."""
        return self.record.to_json() | dict(self.beside)


@dataclass(frozen=True, slots=True)
class Command(Generic[R]):
    """How a command shows what it found.

    ``alone`` prints one result; ``columns`` are those of several side by side, ``notes`` sentences below them.
    """

    name: str
    alone: Callable[[Measurement[R]], None]
    columns: Callable[[Measurement[R]], Columns]
    notes: Callable[[Measurement[R]], Iterable[str]] = lambda result: ()


def named_records(results: Sequence[Measurement[R]]) -> list[tuple[str, R]]:
    """What a figure of several models takes: the record of each, by the model's name."""
    return [(result.space.model, result.record) for result in results]


def _payload(results: Sequence[Measurement[R]]) -> dict[str, Any]:
    """The JSON of one model as it is, of several as ``models``."""
    if len(results) == 1:
        return results[0].to_json()
    return {"models": [{"model": result.space.model} | result.to_json() for result in results]}


def _rows(results: Sequence[Measurement[R]]) -> list[Mapping[str, Any]]:
    """The table of one model as it is, of several with a column ``model``."""
    if len(results) == 1:
        return list(results[0].record.table())
    return [{"model": result.space.model} | dict(row) for result in results for row in result.record.table()]


def give(
    command: Command[R],
    results: Sequence[Measurement[R]],
    output: OutputOptions,
    *,
    figure: Callable[[], Figure] | None = None,
    others: Sequence[TokenSpace] = (),
) -> None:
    """Write the files that are asked for, then print the JSON or the tables.

    ``others``: spaces that were opened beside those of the results, for the provenance.
    """
    output.save(lambda: _rows(results), figure)
    if output.as_json:
        return emit(command.name, _payload(results), [*(each.space for each in results), *others])
    if len(results) == 1:
        return command.alone(results[0])
    columns = [command.columns(each) for each in results]
    for title in dict.fromkeys(title for of_model in columns for title in of_model):
        print_beside(
            title, [(each.title, part.get(title, {})) for each, part in zip(results, columns, strict=True)]
        )
    for sentence in dict.fromkeys(note for each in results for note in command.notes(each)):
        say(sentence)
    return None
