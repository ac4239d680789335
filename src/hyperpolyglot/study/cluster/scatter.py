"""What workers need once, not with every step: spaces, lexicons, tables, records of other steps.

Each is scattered to the cluster, kept there as long as a step may need it, and scattered again where it was lost with
its worker. Futures are released and not left to the garbage collector: whoever looks at the frames of a process, as
Dask's profiler does, may keep what is in them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Step
from hyperpolyglot.study.cluster.portable import portable
from hyperpolyglot.study.cluster.worker_pool import WorkerPool
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.types import Progress

__all__ = ["ScatterCache"]

SCATTERED = (TokenSpace, Lexicon, Given, np.ndarray)

_MOST_ATTEMPTS = 20
_PAUSE = 0.25


class ScatterCache:
    """The arguments of steps that are scattered to the workers of a pool, as Dask's futures."""

    def __init__(self, client: Any, pool: WorkerPool, progress: Progress) -> None:
        self._client, self._pool, self._progress = client, pool, progress
        self._sent: dict[Any, Any] = {}
        self._results: dict[str, Any] = {}
        self._uses: Counter[Any] = Counter()
        self._by_value: set[str] = set()

    def expect(self, steps: Iterable[PlannedStep[Any]]) -> None:
        """Each of these steps will be given its arguments, and then be told to :meth:`release`."""
        self._uses.update(key for step in steps for key in _keys(step))

    def release(self, step: PlannedStep[Any]) -> None:
        """Drop from the cluster what no further step needs."""
        for key in _keys(step):
            self._uses[key] -= 1
            if not self._uses[key]:
                for held in (self._results, self._sent):
                    if key in held:
                        held.pop(key).release()

    def keep(self, key: str, future: Any) -> None:
        """The record of a step is on the cluster already; it stays there if a step needs it."""
        if self._uses[key]:
            self._results[key] = future
        else:
            future.release()

    def record(self, key: str, parts: Step) -> Any:
        """The record of a step, in parts: where it was made, if it is still there."""
        kept = self._results.get(key)
        return kept if kept is not None and kept.status == "finished" else self._future_of(key, parts)

    def argument(self, argument: Any) -> Any:
        """What is sent for an argument of a step that is not a step."""
        return self._future_of(id(argument), argument) if isinstance(argument, SCATTERED) else argument

    def table(self, argument: Any) -> Any:
        """The stored numbers of a space that workers cannot open themselves, if it is one."""
        if isinstance(argument, TokenSpace) and argument.table and argument.digest in self._by_value:
            return self._future_of(argument.digest, argument.table.stored)
        return None

    def send_by_value(self, digest: str) -> None:
        """A worker cannot open the table of this digest: its numbers are sent from now on."""
        self._by_value.add(digest)

    def clear(self) -> list[Any]:
        """Forget all that is scattered; returns its futures."""
        futures = [*self._sent.values(), *self._results.values()]
        self._sent.clear()
        self._results.clear()
        return futures

    def _future_of(self, key: Any, value: Any) -> Any:
        future = self._sent.get(key)
        if future is None or future.status != "finished":
            future = self._sent[key] = self._scattered(_serialised(value))
        return future

    def _scattered(self, value: Any) -> Any:
        for _ in range(_MOST_ATTEMPTS):
            self._pool.wait_for_workers(self._progress)
            try:
                return self._client.scatter([value], workers=list(self._pool.ready()), hash=False)[0]
            except (OSError, KeyError):  # a worker that is gone
                self._pool.check()
                time.sleep(_PAUSE)
                self._pool.refresh()
        raise ClusterFailed(
            "no worker accepts what the steps need; see that there are some, and run it again."
        )


def _keys(step: PlannedStep[Any]) -> Iterator[Any]:
    """The keys of what a step is given: steps, scattered arguments, tables."""
    for argument in step.arguments.values():
        if isinstance(argument, PlannedStep):
            yield argument.key
        elif isinstance(argument, SCATTERED):
            yield id(argument)
        if isinstance(argument, TokenSpace) and argument.table:
            yield argument.digest


def _serialised(value: Any) -> Any:
    """What is sent in place of a value."""
    if isinstance(value, TokenSpace):
        return portable(value)
    if isinstance(value, Step):
        return {name: np.asarray(a) for name, a in value.arrays.items()}, dict(value.values)
    return np.asarray(value) if isinstance(value, np.ndarray) else value
