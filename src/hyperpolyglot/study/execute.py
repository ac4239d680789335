"""What runs the steps of a graph: this process, two at a time, or whatever has the same interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from threading import Lock
from typing import Any, Protocol, TypeVar

from hyperpolyglot.engine.processor import blas_threads, usable_threads
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.origins import told
from hyperpolyglot.store import Store
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.keeping import kept, record_of
from hyperpolyglot.study.record import Absent
from hyperpolyglot.study.side_by_side import StopsWith, run_side_by_side
from hyperpolyglot.types import Progress, silent

__all__ = ["Executor", "Outcomes", "attempt", "computed", "in_this_process"]

AT_ONCE = 2
"""Steps that run side by side where there are threads enough: what one does in Python, another does in kernels."""

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
    """Run the steps here, two at a time if there are two threads; the measures use all threads."""
    outcomes: dict[str, Any] = {}
    steps = {step.key: step for step in graph}
    for key, parts in graph.found(store).items():
        outcomes[key] = record_of(steps[key].kind, parts)
    pending = graph.pending(outcomes)
    whole = _Whole(pending, progress)

    def run(step: PlannedStep[Any], stops: StopsWith) -> None:
        outcomes[step.key] = _outcome(step, outcomes, store, whole.begun(step, stops))
        whole.finished(step)

    threads = usable_threads(None)
    for stage in _stages(pending):
        at_once = min(AT_ONCE, threads, len(stage))
        with blas_threads(threads // at_once) if at_once > 1 else nullcontext():
            run_side_by_side(stage, run, at_once)
    return Outcomes(outcomes)


def _stages(pending: Sequence[PlannedStep[Any]]) -> list[Sequence[PlannedStep[Any]]]:
    """The steps in order; the last by itself where it needs all others, so that its products take all threads."""
    before, last = pending[:-1], pending[-1:]
    needed = {need.key for step in pending for need in step.needs}
    alone = last and not {step.key for step in before} - needed
    return [stage for stage in ((before, last) if alone else (pending,)) if stage]


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

    def compute() -> Any:
        return step.compute(**given, progress=progress)

    return attempt(lambda: kept(store, step.name, step.kind, step.inputs, compute, step.models))


class _Whole:
    """Progress within steps as progress of the whole, by estimated seconds; each step is told when it ends.

    Steps that run side by side tell one after the other; what is shown is the one that began first.
    """

    def __init__(self, pending: tuple[PlannedStep[Any], ...], progress: Progress) -> None:
        self._progress = progress
        self._several = len(pending) > 1
        self._total = sum(step.cost.seconds for step in pending)
        self._left = len(pending)
        self._done = self._told = 0.0
        self._running: dict[str, tuple[str, float]] = {}
        self._lock = Lock()

    def begun(self, planned: PlannedStep[Any], stops: StopsWith) -> Progress:
        """The progress of a step that begins; whoever tells it is stopped with the others."""
        if self._several:
            with self._lock:
                self._running[planned.key] = planned.title, 0.0
                self._progress(planned.title, 0, 1)

        def within(step: str, done: int, total: int) -> None:
            stops()
            with self._lock:
                if not self._several:
                    return self._progress(step, done, total)
                share = planned.cost.seconds * done / max(1, total)
                self._running[planned.key] = f"{planned.subject}: {step}", share
                return self._tell()

        return within

    def finished(self, step: PlannedStep[Any]) -> None:
        with self._lock:
            self._done += step.cost.seconds
            self._left -= 1
            if self._several:
                what = self._running.pop(step.key)[0] if self._left else step.title
                self._progress(step.title, 1, 1)
                self._tell(what)

    def _tell(self, what: str = "") -> None:
        if self._running:
            what = next(iter(self._running.values()))[0]
        seconds = self._done + sum(share for _, share in self._running.values())
        self._told = seconds = max(self._told, seconds)  # a step may have parts that each begin at nothing
        units = min(9_999, int(10_000 * seconds / self._total)) if self._left else 10_000
        self._progress(f"study · {what}", units, 10_000)
