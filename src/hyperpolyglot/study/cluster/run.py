"""Steps on a cluster: sent a few at a time, their results kept as they come, whatever becomes of the workers.

Every step is a task of Dask, which sends it where its model is, runs it again where a worker dies, and gives idle
workers something to do. What came from here (a space, a lexicon, a record out of the store) and is lost with its
worker is sent again. Nothing but the store and this process needs to live.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hyperpolyglot.engine.devices import device_in_use
from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Step, Store
from hyperpolyglot.study.cluster.roster import Roster
from hyperpolyglot.study.cluster.rows import by_rows
from hyperpolyglot.study.cluster.travel import NotHere, abroad
from hyperpolyglot.study.cluster.worker import FIT, Shortage, take
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.execute import Outcomes
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.keeping import made_of, record_of
from hyperpolyglot.study.record import Absent
from hyperpolyglot.types import Progress, silent

__all__ = ["OnCluster"]

LEAST_IN_FLIGHT = 32
MOST_ATTEMPTS = 20
MOST_SHORTAGES = 5
"""How often a step is taken for which workers had too little memory.

Each time by another where there is one; else after a while, in which memory may become free or a worker come.
"""

LENT = (TokenSpace, Lexicon, Given, np.ndarray)
"""What is sent to the cluster once, and not with every step."""

_POLL = 0.02
_PAUSE = 0.25
_GRACE = 2.0
_BREATH = 2.0
_LOST = ("FutureCancelledError", "CancelledError", "CommClosedError")


class OnCluster:
    """An executor: the steps of a graph on the workers of a Dask client.

    ``note`` is told, in one sentence, of a worker that takes no steps.
    """

    def __init__(self, client: Any, note: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._roster = Roster(client, note)

    def __call__(self, graph: Graph, store: Store, progress: Progress = silent) -> Outcomes:
        """The outcome of every step that is wanted. Raises :class:`ClusterFailed`."""
        run = _Run(self._client, self._roster, graph, store, progress)
        try:
            with _heard() as interrupted:
                run.finish(interrupted)
        except OSError:
            run.check()
            raise
        finally:
            run.stop()
        return Outcomes(run.outcomes)


@contextlib.contextmanager
def _heard() -> Iterator[Callable[[], None]]:
    """Ctrl-C is raised in the block; and by what is yielded, if the exception was lost, as it is in a destructor."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: None
        return
    heard = threading.Event()

    def hear(number: int, frame: Any) -> None:
        heard.set()
        before(number, frame)

    def interrupted() -> None:
        if heard.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


class _Run:
    def __init__(self, client: Any, roster: Roster, graph: Graph, store: Store, progress: Progress) -> None:
        self._client, self._store, self._progress = client, store, progress
        self._roster = roster
        kinds = {step.key: step.kind for step in graph}
        self._parts: dict[str, Step] = graph.found(store)
        self.outcomes: dict[str, Any] = {
            key: record_of(kinds[key], parts) for key, parts in self._parts.items()
        }
        self._pending = graph.pending(self._parts)
        self._waiting: deque[PlannedStep[Any]] = deque()
        self._steps: dict[str, PlannedStep[Any]] = {}
        self._total = self._done = 0.0
        self._flying: dict[str, Any] = {}
        self._results: dict[str, Any] = {}
        self._attempts: dict[str, int] = {}
        self._shortages: dict[str, list[str]] = defaultdict(list)
        self._rest: dict[str, float] = {}
        self._chosen: dict[str, set[str]] = {}
        self._loans: dict[Any, Any] = {}
        self._uses: Counter[Any] = Counter()
        self._by_value: set[str] = set()

    def _without_found_blocks(self, steps: Sequence[PlannedStep[Any]]) -> list[PlannedStep[Any]]:
        left = []
        for step in steps:
            kept = step.kept(self._store) if step.passing else None
            if kept is None:
                left.append(step)
            else:
                self._parts[step.key] = kept
                self.outcomes[step.key] = record_of(step.kind, kept)
        return left

    def finish(self, interrupted: Callable[[], None]) -> None:
        """Take all steps; ``interrupted`` is called now and then, and may raise."""
        if self._pending:
            self._begin(interrupted)
        while self._waiting or self._flying:
            interrupted()
            self._send()
            self._call_back()
            landed = [key for key, future in self._flying.items() if future.status != "pending"]
            brought = self._bring([key for key in landed if self._flying[key].status == "finished"])
            for key in landed:
                self._land(key, self._flying.pop(key), brought.get(key))
            if not landed:
                self.check()
                time.sleep(_POLL)

    def _begin(self, interrupted: Callable[[], None]) -> None:
        self._roster.muster(self._progress, interrupted)
        threads = self._roster.threads()
        self._waiting.extend(self._without_found_blocks(by_rows(self._pending, threads)))
        self._steps = {step.key: step for step in self._waiting}
        self._total = sum(step.cost.seconds for step in self._waiting)
        self._uses.update(mark for step in self._waiting for mark in _marks(step))
        self._progress(f"study · {len(self._waiting):,} steps on {threads:,} threads", 0, 10_000)

    def stop(self) -> None:
        """Leave nothing on the cluster, if it is still there: no task, no result, no copy of what was sent."""
        left = [*self._flying.values(), *self._results.values(), *self._loans.values()]
        flying = [future.key for future in self._flying.values()]
        with contextlib.suppress(Exception):  # the cluster may be what failed
            self.check()
            self._client.cancel(left, force=True)
            deadline = time.monotonic() + _GRACE
            while flying and self._busy(flying) and time.monotonic() < deadline:
                time.sleep(_POLL)
        for gone in (self._flying, self._results, self._loans):
            gone.clear()

    def _busy(self, keys: list[str]) -> bool:
        workers = list(self._roster.ready())
        running = self._client.run(_executing, workers=workers, on_error="ignore")
        return any(key in keys for found in running.values() for key in found)

    def check(self) -> None:
        """Raise :class:`ClusterFailed` where the scheduler is gone."""
        if self._client.status != "running":
            raise ClusterFailed(
                "the connection to the scheduler is lost; run the study again, and it goes on where it was."
            )

    def _bring(self, keys: list[str]) -> dict[str, Any]:
        """The outcomes of finished steps; without those that went with their worker before they came here."""
        try:
            return dict(zip(keys, self._client.gather([self._flying[key] for key in keys]), strict=True))
        except Exception as error:
            if type(error).__name__ not in _LOST:
                raise
        if len(keys) == 1:
            return {}
        return {key: outcome for part in keys for key, outcome in self._bring([part]).items()}

    def _send(self) -> None:
        most = max(LEAST_IN_FLIGHT, 2 * self._roster.threads())
        held = 0
        while self._waiting and len(self._flying) < most and held < len(self._waiting):
            step = self._waiting.popleft()
            if self._may_go(step):
                self._submit(step)
                held = 0
            else:
                self._waiting.append(step)
                held += 1

    def _may_go(self, step: PlannedStep[Any]) -> bool:
        """Not where what it needs is waiting to be sent again, or it has just been too much for all workers."""
        rested = self._others(step) or time.monotonic() > self._rest.get(step.key, 0)
        return bool(rested) and all(n.key in self.outcomes or n.key in self._flying for n in step.needs)

    def _others(self, step: PlannedStep[Any]) -> set[str]:
        """The workers that have not had too little memory for a step."""
        return self._roster.ready() - set(self._shortages[step.key])

    def _submit(self, step: PlannedStep[Any]) -> None:
        attempt = self._attempts[step.key] = self._attempts.get(step.key, 0) + 1
        if attempt > MOST_ATTEMPTS:
            raise ClusterFailed(f"{step.title}: {MOST_ATTEMPTS} attempts were lost with their workers.")
        key = f"{step.name}-{step.key[:20]}-{attempt}"
        kinds = [a.kind if isinstance(a, PlannedStep) else None for a in step.arguments]
        arguments = [self._argument(a) for a in step.arguments]
        tables = [self._table(a) for a in step.arguments]
        given = (key, device_in_use(), step.compute, arguments, kinds, tables)
        where: dict[str, Any] = {"resources": {FIT: 1}}
        if self._shortages[step.key] and (others := self._others(step)):
            self._chosen[step.key] = others
            where["workers"] = sorted(others)
        self._flying[step.key] = self._client.submit(take, *given, key=key, pure=False, **where)

    def _call_back(self) -> None:
        """Send steps again that wait for workers of which none is left."""
        for key, workers in list(self._chosen.items()):
            if key in self._flying and workers & self._roster.ready():
                continue
            del self._chosen[key]
            if self._flying.pop(key, None) is not None:
                self._again(self._steps[key])

    def _argument(self, argument: Any) -> Any:
        if isinstance(argument, PlannedStep):
            return self._record(argument.key)
        return self._lent(id(argument), argument) if isinstance(argument, LENT) else argument

    def _record(self, key: str) -> Any:
        """The record of another step, in parts: where it was made, if it is still there."""
        outcome = self.outcomes.get(key)
        if isinstance(outcome, Absent):
            return outcome
        if key in self._flying:
            return self._flying[key]
        made = self._results.get(key)
        if made is not None and made.status == "finished":
            return made
        return self._lent(key, self._parts[key])

    def _table(self, argument: Any) -> Any:
        """The stored numbers of a space that workers cannot open themselves."""
        if isinstance(argument, TokenSpace) and argument.table and argument.digest in self._by_value:
            return self._lent(argument.digest, argument.table.stored)
        return None

    def _lent(self, mark: Any, value: Any) -> Any:
        """A copy of something of ours on the cluster, sent once and again if it is lost."""
        future = self._loans.get(mark)
        if future is None or future.status != "finished":
            future = self._loans[mark] = self._scattered(_sent(value))
        return future

    def _scattered(self, value: Any) -> Any:
        """A value on the cluster; sent again where the worker that it went to died meanwhile."""
        for _ in range(MOST_ATTEMPTS):
            self._roster.muster(self._progress)
            try:
                return self._client.scatter(value, workers=list(self._roster.ready()), hash=False)
            except (OSError, KeyError):  # a worker that is gone
                self.check()
                time.sleep(_PAUSE)
                self._roster.recount()
        raise ClusterFailed("no worker takes what the steps need; see that there are some, and run it again.")

    def _land(self, key: str, future: Any, outcome: Any) -> None:
        step = self._steps[key]
        if future.status == "error":
            error = self._failed(step, future.exception())
            future.release()  # a traceback keeps what this frame knows
            raise error
        if outcome is None:  # lost with its worker
            return self._again(step)
        if isinstance(outcome, NotHere):
            self._by_value.add(outcome.args[0])
            return self._again(step)
        if isinstance(outcome, Shortage):
            return self._after_shortage(step, outcome)
        if isinstance(outcome, Absent):
            self.outcomes[key] = outcome
        else:
            if self._uses[key]:
                self._results[key] = future
            self._keep(step, Step(*outcome))
        self._forget(step)
        self._done += step.cost.seconds
        self._tell(step)
        return None

    def _keep(self, step: PlannedStep[Any], made: Step) -> None:
        kept = self._store.step(step.name, made_of(step.kind, step.inputs), lambda: made)
        self._parts[step.key] = kept
        self.outcomes[step.key] = record_of(step.kind, kept)
        for need in step.needs:
            if need.passing:
                self._store.remove(need.name, made_of(need.kind, need.inputs))
                del self.outcomes[need.key], self._parts[need.key]

    def _forget(self, step: PlannedStep[Any]) -> None:
        """Take back from the cluster what no further step needs."""
        for mark in _marks(step):
            self._uses[mark] -= 1
            if not self._uses[mark]:
                self._results.pop(mark, None)
                self._loans.pop(mark, None)

    def _again(self, step: PlannedStep[Any]) -> None:
        self.check()
        self._waiting.appendleft(step)

    def _after_shortage(self, step: PlannedStep[Any], shortage: Shortage) -> None:
        if shortage.worker:
            self._shortages[step.key].append(shortage.worker)
        shortages = len(self._shortages[step.key])
        if shortages == MOST_SHORTAGES:
            raise ClusterFailed(f"{step.title}: no worker had memory enough for this step; give them more.")
        self._rest[step.key] = time.monotonic() + shortages * _BREATH
        self._again(step)

    def _failed(self, step: PlannedStep[Any], error: BaseException) -> BaseException:
        if type(error).__name__ == "KilledWorker":
            return ClusterFailed(
                f"{step.title}: the workers that took this step died one after the other; give them more memory."
            )
        return error

    def _tell(self, step: PlannedStep[Any]) -> None:
        left = bool(self._waiting or self._flying)
        units = min(9_999, int(10_000 * self._done / self._total)) if left else 10_000
        self._progress(f"study · {step.title}", units, 10_000)


def _marks(step: PlannedStep[Any]) -> Iterator[Any]:
    """By what the things are known that a step is given: steps, what is lent, tables."""
    for argument in step.arguments:
        if isinstance(argument, PlannedStep):
            yield argument.key
        elif isinstance(argument, LENT):
            yield id(argument)
        if isinstance(argument, TokenSpace) and argument.table:
            yield argument.digest


def _sent(value: Any) -> Any:
    """What is sent in place of a value."""
    if isinstance(value, TokenSpace):
        return abroad(value)
    if isinstance(value, Step):
        return {name: np.asarray(a) for name, a in value.arrays.items()}, dict(value.values)
    return np.asarray(value) if isinstance(value, np.ndarray) else value


def _executing(dask_worker: Any) -> list[str]:
    return [task.key for task in dask_worker.state.executing | dask_worker.state.long_running]
