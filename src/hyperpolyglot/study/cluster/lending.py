"""What steps are given and workers need once, not with every step: spaces, lexicons, tables, records of other steps.

Copies lie on the cluster as long as a step may need them, and are sent again where they were lost with their worker.
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
from hyperpolyglot.study.cluster.roster import Roster
from hyperpolyglot.study.cluster.travel import abroad
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.types import Progress

__all__ = ["Lending"]

LENT = (TokenSpace, Lexicon, Given, np.ndarray)

_MOST_ATTEMPTS = 20
_PAUSE = 0.25


class Lending:
    """What is lent to the workers of a roster, as Dask's futures."""

    def __init__(self, client: Any, roster: Roster, progress: Progress) -> None:
        self._client, self._roster, self._progress = client, roster, progress
        self._loans: dict[Any, Any] = {}
        self._made: dict[str, Any] = {}
        self._uses: Counter[Any] = Counter()
        self._by_value: set[str] = set()

    def expect(self, steps: Iterable[PlannedStep[Any]]) -> None:
        """Each of these steps will be given its arguments, and then be told to :meth:`forget`."""
        self._uses.update(mark for step in steps for mark in _marks(step))

    def forget(self, step: PlannedStep[Any]) -> None:
        """Take back from the cluster what no further step needs."""
        for mark in _marks(step):
            self._uses[mark] -= 1
            if not self._uses[mark]:
                self._made.pop(mark, None)
                self._loans.pop(mark, None)

    def made(self, key: str, future: Any) -> None:
        """The record of a step is on the cluster already; it stays there if a step needs it."""
        if self._uses[key]:
            self._made[key] = future

    def record(self, key: str, parts: Step) -> Any:
        """The record of a step, in parts: where it was made, if it is still there."""
        made = self._made.get(key)
        return made if made is not None and made.status == "finished" else self._lent(key, parts)

    def argument(self, argument: Any) -> Any:
        """What is sent for an argument of a step that is not a step."""
        return self._lent(id(argument), argument) if isinstance(argument, LENT) else argument

    def table(self, argument: Any) -> Any:
        """The stored numbers of a space that workers cannot open themselves, if it is one."""
        if isinstance(argument, TokenSpace) and argument.table and argument.digest in self._by_value:
            return self._lent(argument.digest, argument.table.stored)
        return None

    def not_there(self, digest: str) -> None:
        """A worker cannot open the table of this digest: its numbers are sent from now on."""
        self._by_value.add(digest)

    def take_back(self) -> list[Any]:
        """Lend nothing any more; the futures of all that was lent."""
        futures = [*self._loans.values(), *self._made.values()]
        self._loans.clear()
        self._made.clear()
        return futures

    def _lent(self, mark: Any, value: Any) -> Any:
        future = self._loans.get(mark)
        if future is None or future.status != "finished":
            future = self._loans[mark] = self._scattered(_sent(value))
        return future

    def _scattered(self, value: Any) -> Any:
        for _ in range(_MOST_ATTEMPTS):
            self._roster.muster(self._progress)
            try:
                return self._client.scatter([value], workers=list(self._roster.ready()), hash=False)[0]
            except (OSError, KeyError):  # a worker that is gone
                self._roster.check()
                time.sleep(_PAUSE)
                self._roster.recount()
        raise ClusterFailed("no worker takes what the steps need; see that there are some, and run it again.")


def _marks(step: PlannedStep[Any]) -> Iterator[Any]:
    """By what the things are known that a step is given: steps, what is lent, tables."""
    for argument in step.arguments.values():
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
