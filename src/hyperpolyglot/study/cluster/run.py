"""Steps on a cluster: sent a few at a time, their results kept as they come, whatever becomes of the workers.

Every step is a task of Dask, which sends it where its model is, runs it again where a worker dies, and gives idle
workers something to do. What came from here (a space, a lexicon, a record out of the store) and is lost with its
worker is sent again. Nothing but the store and this process needs to live.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from hyperpolyglot.engine.devices import device_in_use
from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.store import Step, Store
from hyperpolyglot.study.cluster.interrupt import interrupts
from hyperpolyglot.study.cluster.portable import TableUnavailable
from hyperpolyglot.study.cluster.rows import by_rows
from hyperpolyglot.study.cluster.scatter import ScatterCache
from hyperpolyglot.study.cluster.shortages import Shortages
from hyperpolyglot.study.cluster.worker import RESOURCE, Shortage, run_step
from hyperpolyglot.study.cluster.worker_pool import WorkerPool
from hyperpolyglot.study.execute import Outcomes
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.keeping import made_of, record_of
from hyperpolyglot.study.record import Absent
from hyperpolyglot.types import Progress, silent

__all__ = ["OnCluster"]

LEAST_IN_FLIGHT = 32
MOST_ATTEMPTS = 20

_POLL = 0.02
_GRACE = 2.0
_LOST = ("FutureCancelledError", "CancelledError", "CommClosedError")


class OnCluster:
    """An executor: the steps of a graph on the workers of a Dask client.

    ``note`` is told, in one sentence, of a worker that runs no steps.
    """

    def __init__(self, client: Any, note: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._pool = WorkerPool(client, note)

    def __call__(self, graph: Graph, store: Store, progress: Progress = silent) -> Outcomes:
        """The outcome of every step that is wanted. Raises :class:`ClusterFailed`."""
        run = _Run(self._client, self._pool, graph, store, progress)
        try:
            with interrupts() as interrupted:
                run.finish(interrupted)
        except OSError:
            self._pool.check()
            raise
        finally:
            run.stop()
        return Outcomes(run.outcomes)


class _Run:
    def __init__(self, client: Any, pool: WorkerPool, graph: Graph, store: Store, progress: Progress) -> None:
        self._client, self._store, self._progress = client, store, progress
        self._pool = pool
        kinds = {step.key: step.kind for step in graph}
        self._parts: dict[str, Step] = graph.found(store)
        self.outcomes: dict[str, Any] = {
            key: record_of(kinds[key], parts) for key, parts in self._parts.items()
        }
        self._pending = graph.pending(self._parts)
        self._waiting: deque[PlannedStep[Any]] = deque()
        self._steps: dict[str, PlannedStep[Any]] = {}
        self._total = self._done = 0.0
        self._in_flight: dict[str, Any] = {}
        self._chosen: dict[str, set[str]] = {}
        self._attempts: Counter[str] = Counter()
        self._shortages = Shortages()
        self._cache = ScatterCache(client, pool, progress)

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
        """Run all steps; ``interrupted`` is called now and then, and may raise."""
        if self._pending:
            self._begin(interrupted)
        while self._waiting or self._in_flight:
            interrupted()
            self._send()
            self._resend_stranded()
            settled = [key for key, future in self._in_flight.items() if future.status != "pending"]
            gathered = self._gather([key for key in settled if self._in_flight[key].status == "finished"])
            for key in settled:
                self._settle(key, self._in_flight.pop(key), gathered.get(key))
            if not settled:
                self._pool.check()
                if not self._pool.ready():
                    self._pool.wait_for_workers(self._progress, interrupted)
                time.sleep(_POLL)
        interrupted()

    def _begin(self, interrupted: Callable[[], None]) -> None:
        self._pool.wait_for_workers(self._progress, interrupted)
        threads = self._pool.threads()
        self._waiting.extend(self._without_found_blocks(by_rows(self._pending, threads)))
        self._steps = {step.key: step for step in self._waiting}
        self._total = sum(step.cost.seconds for step in self._waiting)
        self._cache.expect(self._waiting)
        self._progress(f"study · {len(self._waiting):,} steps on {threads:,} threads", 0, 10_000)

    def stop(self) -> None:
        """Leave nothing on the cluster, if it is still there: no task, no result, no copy of what was sent."""
        left = [*self._in_flight.values(), *self._cache.clear()]
        in_flight = [future.key for future in self._in_flight.values()]
        self._in_flight.clear()
        deadline = time.monotonic() + _GRACE
        with contextlib.suppress(Exception):  # the cluster may be what failed
            while left:
                self._pool.check()
                self._client.cancel(left, force=True)
                if not self._held(left, in_flight) or time.monotonic() > deadline:
                    break
                time.sleep(_POLL)

    def _held(self, futures: list[Any], in_flight: list[str]) -> bool:
        """Whether the cluster has anything of these futures, or a worker still runs one of the steps."""
        places = self._client.who_has()
        if any(places.get(future.key) for future in futures):
            return True
        if not in_flight:
            return False
        workers = list(self._pool.ready())
        running = self._client.run(_executing, workers=workers, on_error="ignore")
        return any(key in in_flight for found in running.values() for key in found)

    def _gather(self, keys: list[str]) -> dict[str, Any]:
        """The outcomes of finished steps; without those that went with their worker before they came here."""
        try:
            return dict(zip(keys, self._client.gather([self._in_flight[key] for key in keys]), strict=True))
        except Exception as error:
            if type(error).__name__ not in _LOST:
                raise
        if len(keys) == 1:
            return {}
        return {key: outcome for part in keys for key, outcome in self._gather([part]).items()}

    def _send(self) -> None:
        most = max(LEAST_IN_FLIGHT, 2 * self._pool.threads())
        held = 0
        while self._waiting and len(self._in_flight) < most and held < len(self._waiting):
            step = self._waiting.popleft()
            if self._may_go(step):
                self._submit(step)
                held = 0
            else:
                self._waiting.append(step)
                held += 1

    def _may_go(self, step: PlannedStep[Any]) -> bool:
        needed = all(need.key in self.outcomes or need.key in self._in_flight for need in step.needs)
        return needed and self._shortages.may_go(step, self._pool.ready())

    def _submit(self, step: PlannedStep[Any]) -> None:
        self._attempts[step.key] += 1
        attempt = self._attempts[step.key]
        if attempt > MOST_ATTEMPTS:
            raise ClusterFailed(f"{step.title}: {MOST_ATTEMPTS} attempts were lost with their workers.")
        key = f"{step.name}-{step.key[:20]}-{attempt}"
        values = step.arguments.values()
        kinds = [a.kind if isinstance(a, PlannedStep) else None for a in values]
        arguments = [self._argument(a) for a in values]
        tables = [self._cache.table(a) for a in values]
        given = (key, device_in_use(), step.compute, list(step.arguments), arguments, kinds, tables)
        where: dict[str, Any] = {"resources": {RESOURCE: 1}}
        if step in self._shortages:
            self._chosen[step.key] = set(self._shortages.chosen(step, self._pool.ready()))
            where["workers"] = sorted(self._chosen[step.key])
        self._in_flight[step.key] = self._client.submit(run_step, *given, key=key, pure=False, **where)

    def _resend_stranded(self) -> None:
        """Send steps again that wait for workers of which none is left."""
        for key, workers in list(self._chosen.items()):
            if key in self._in_flight and workers & self._pool.ready():
                continue
            del self._chosen[key]
            if self._in_flight.pop(key, None) is not None:
                self._again(self._steps[key])

    def _argument(self, argument: Any) -> Any:
        if not isinstance(argument, PlannedStep):
            return self._cache.argument(argument)
        outcome = self.outcomes.get(argument.key)
        if isinstance(outcome, Absent):
            return outcome
        in_flight = self._in_flight.get(argument.key)
        return self._cache.record(argument.key, self._parts[argument.key]) if in_flight is None else in_flight

    def _settle(self, key: str, future: Any, outcome: Any) -> None:
        step = self._steps[key]
        if future.status == "error":
            error = future.exception()
            future.release()  # a traceback keeps what this frame knows
            if isinstance(error, MemoryError):
                self._shortages.note(step)
                return self._again(step)
            raise self._failed(step, error)
        if outcome is None:  # lost with its worker
            return self._again(step)
        if isinstance(outcome, TableUnavailable):
            self._cache.send_by_value(outcome.args[0])
            return self._again(step)
        if isinstance(outcome, Shortage):
            if outcome.worker:
                self._shortages.note(step, outcome.worker)
            return self._again(step)
        if isinstance(outcome, Absent):
            self.outcomes[key] = outcome
        else:
            self._cache.keep(key, future)
            arrays, values = outcome
            self._keep(step, Step(arrays, values, step.models))
        self._cache.release(step)
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

    def _again(self, step: PlannedStep[Any]) -> None:
        self._pool.check()
        self._waiting.appendleft(step)

    def _failed(self, step: PlannedStep[Any], error: BaseException) -> BaseException:
        if type(error).__name__ == "KilledWorker":
            return ClusterFailed(
                f"{step.title}: the workers that ran this step died one after the other; give them more memory."
            )
        return error

    def _tell(self, step: PlannedStep[Any]) -> None:
        left = bool(self._waiting or self._in_flight)
        units = min(9_999, int(10_000 * self._done / self._total)) if left else 10_000
        self._progress(f"study · {step.title}", units, 10_000)


def _executing(dask_worker: Any) -> list[str]:
    return [task.key for task in dask_worker.state.executing | dask_worker.state.long_running]
