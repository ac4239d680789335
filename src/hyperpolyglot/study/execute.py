"""What runs the steps of a graph: this process, one after the other, or whatever has the same interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.origins import told
from hyperpolyglot.store import Store
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.keeping import kept, record_of
from hyperpolyglot.study.record import Absent
from hyperpolyglot.types import Progress, silent

__all__ = ["Executor", "Outcomes", "attempt", "computed", "in_this_process"]

Result = TypeVar("Result")


class Outcomes:
    """The records of a graph's steps, or why there is too little for one."""

    def __init__(self, by_key: Mapping[str, Any]) -> None:
        self._by_key = by_key

    def __call__(self, step: PlannedStep[Result] | Absent) -> Result | Absent:
        """The record of a step, told where it comes from; an absent step is its own outcome."""
        if isinstance(step, Absent):
            return step
        found: Result | Absent = self._by_key[step.key]
        return told(found, step.origin)


class Executor(Protocol):
    """Runs the steps of a graph that a store does not have, and keeps their records there.

    The records are the same wherever the steps run.
    """

    def __call__(self, graph: Graph, store: Store, progress: Progress = silent) -> Outcomes:
        """The outcome of every step that is wanted."""


def in_this_process(graph: Graph, store: Store, progress: Progress = silent) -> Outcomes:
    """Run the steps here, one after the other; the measures use all threads."""
    outcomes: dict[str, Any] = {}
    steps = {step.key: step for step in graph}
    for key, parts in graph.found(store).items():
        outcomes[key] = record_of(steps[key].kind, parts)
    pending = graph.pending(outcomes)
    told = _Whole(pending, progress)
    for step in pending:
        told.begun(step)
        outcomes[step.key] = _outcome(step, outcomes, store, told)
        told.finished(step)
    return Outcomes(outcomes)


def computed(step: PlannedStep[Result], store: Store, progress: Progress = silent) -> Result:
    """The record of one step, and of those it needs. Raises ``NotEnoughData`` where there is too little for it."""
    found = in_this_process(Graph((step,)), store, progress)(step)
    if isinstance(found, Absent):
        raise NotEnoughData(found.reason)
    return found


def attempt(measure: Callable[[], Result]) -> Result | Absent:
    """The measure, or why there is too little for it."""
    try:
        return measure()
    except NotEnoughData as error:
        return Absent(str(error))


def _outcome(step: PlannedStep[Any], outcomes: Mapping[str, Any], store: Store, progress: Progress) -> Any:
    given = {n: outcomes[a.key] if isinstance(a, PlannedStep) else a for n, a in step.arguments.items()}
    missing = next((a for a in given.values() if isinstance(a, Absent)), None)
    if missing is not None:
        return missing
    return attempt(
        lambda: kept(
            store, step.name, step.kind, step.inputs, lambda: step.compute(**given, progress=progress)
        )
    )


class _Whole:
    """Progress within one step as progress of the whole, by estimated seconds; each step is told when it ends."""

    def __init__(self, pending: tuple[PlannedStep[Any], ...], progress: Progress) -> None:
        self._progress = progress
        self._several = len(pending) > 1
        self._total = sum(step.cost.seconds for step in pending)
        self._done = self._told = 0.0
        self._waiting = list(reversed(pending))

    def __call__(self, step: str, done: int, total: int) -> None:
        if not self._several:
            return self._progress(step, done, total)
        current = self._waiting[-1]
        share = self._done + current.cost.seconds * done / max(1, total)
        return self._tell(f"{current.subject}: {step}", share)

    def begun(self, step: PlannedStep[Any]) -> None:
        if self._several:
            self._progress(step.title, 0, 1)

    def finished(self, step: PlannedStep[Any]) -> None:
        self._done += step.cost.seconds
        self._waiting.pop()
        if self._several:
            self._progress(step.title, 1, 1)
            self._tell(step.title, self._done)

    def _tell(self, what: str, seconds: float) -> None:
        self._told = seconds = max(self._told, seconds)  # a step may have parts that each begin at nothing
        units = 10_000 if not self._waiting else min(9_999, int(10_000 * seconds / self._total))
        self._progress(f"study · {what}", units, 10_000)
