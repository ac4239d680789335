"""A study as a graph: steps that are planned, each known by the digest of all that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from hyperpolyglot.origins import Provenance
from hyperpolyglot.sources import title_of
from hyperpolyglot.store import Step, Store, digest_of
from hyperpolyglot.study.keeping import made_of

__all__ = ["Cost", "Graph", "PlannedStep"]

Record_co = TypeVar("Record_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a step works on and takes: rows × dim of its tables, bytes of its record, seconds of one core."""

    rows: int
    dim: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedStep(Generic[Record_co]):
    """A measure that is not run yet.

    ``name`` is the step's in the store, ``subject`` says of which models; ``kind`` is the record it gives. ``inputs``
    is all that the record depends on, as JSON. ``compute(**arguments, progress=…)`` gives the record, where an argument
    that is a planned step stands for that step's record. ``passing``: kept only until the steps that need it are.
    ``origin``: what its record is told of where it comes from; of that, only the ``models`` are kept, by their titles.
    """

    name: str
    subject: str
    kind: type[Record_co]
    inputs: Mapping[str, Any]
    compute: Callable[..., Record_co]
    arguments: Mapping[str, Any]
    cost: Cost
    passing: bool = False
    origin: Provenance | None = None
    key: str = field(init=False)
    models: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        named = self.origin.models if self.origin else ()
        object.__setattr__(self, "models", tuple(title_of(source.model) for source in named))
        object.__setattr__(self, "key", digest_of([self.name, made_of(self.kind, self.inputs)]))

    @property
    def title(self) -> str:
        """What is done to what, for people."""
        return f"{self.subject}: {self.name}"

    @property
    def needs(self) -> tuple[PlannedStep[Any], ...]:
        """The steps whose records it is given."""
        return tuple(a for a in self.arguments.values() if isinstance(a, PlannedStep))

    def kept(self, store: Store) -> Step | None:
        """Its record in parts, if the store has it whole."""
        return store.find(self.name, made_of(self.kind, self.inputs))


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps whose records are wanted. Steps with the same key are one step."""

    wanted: tuple[PlannedStep[Any], ...]

    def __iter__(self) -> Iterator[PlannedStep[Any]]:
        """Every step once, each after those it needs, otherwise in the order in which they are wanted."""
        return iter(self.pending(()))

    def pending(self, known: Collection[str]) -> tuple[PlannedStep[Any], ...]:
        """The steps to take where the records of ``known`` (keys) are there: what only they need is left out."""
        ordered: dict[str, PlannedStep[Any]] = {}
        waiting = list(reversed(self.wanted))
        while waiting:
            step = waiting[-1]
            missing = [need for need in step.needs if need.key not in ordered and need.key not in known]
            if missing and step.key not in known and step.key not in ordered:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if step.key not in known:
                ordered.setdefault(step.key, step)
        return tuple(ordered.values())

    def found(self, store: Store) -> dict[str, Step]:
        """The steps that the store has, by key, read and verified; those not wanted themselves only where needed."""
        found: dict[str, Step] = {}
        looked: set[str] = set()

        def look(steps: Iterable[PlannedStep[Any]]) -> None:
            waiting = list(steps)
            while waiting:
                step = waiting.pop()
                if step.key in looked:
                    continue
                looked.add(step.key)
                kept = step.kept(store)
                if kept is None:
                    waiting.extend(step.needs)
                else:
                    found[step.key] = kept

        look(self.wanted)
        return found
