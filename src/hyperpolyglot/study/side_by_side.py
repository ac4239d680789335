"""Steps of a graph in several threads: each as soon as those it needs are there, what leads to most work first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Any

from hyperpolyglot.study.graph import PlannedStep

__all__ = ["StopsWith", "run_side_by_side"]

_GRACE = 5.0
"""Seconds that other threads have to notice that one has failed."""

StopsWith = Callable[[], None]
"""Called now and then by a step; raises what another step has failed with."""


def run_side_by_side(
    steps: Sequence[PlannedStep[Any]], run: Callable[[PlannedStep[Any], StopsWith], None], at_once: int
) -> None:
    """Run each step after those it needs, up to ``at_once`` at a time, one of them in this thread.

    One at a time they run in the order given. Raises what the first step that fails raises, and Ctrl-C; after that no
    step begins.
    """
    turns = _Turns(steps, at_once)
    others = [Thread(target=turns.work, args=(run,), daemon=True) for _ in range(at_once - 1)]
    for thread in others:
        thread.start()
    turns.work(run)
    try:
        for thread in others:
            thread.join(_GRACE if turns.failed() else None)
    except BaseException as error:
        turns.fail(error)
    turns.check()


class _Turns:
    """Whose turn it is."""

    def __init__(self, steps: Sequence[PlannedStep[Any]], at_once: int) -> None:
        self._waiting = list(steps) if at_once == 1 else _most_ahead_first(steps)
        self._open = {step.key for step in steps}
        self._failure: BaseException | None = None
        self._changed = Condition()

    def work(self, run: Callable[[PlannedStep[Any], StopsWith], None]) -> None:
        """Take turns until none is left, or one fails."""
        try:
            while (step := self._next()) is not None:
                run(step, self.check)
                self._finish(step)
        except BaseException as error:
            self.fail(error)

    def check(self) -> None:
        """Raise the failure, if there is one."""
        if self._failure is not None:
            raise self._failure

    def failed(self) -> bool:
        return self._failure is not None

    def fail(self, error: BaseException) -> None:
        """No step begins from now on; of several failures the first counts."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def _next(self) -> PlannedStep[Any] | None:
        with self._changed:
            while self._waiting and self._failure is None:
                for step in self._waiting:
                    if not any(need.key in self._open for need in step.needs):
                        self._waiting.remove(step)
                        return step
                self._changed.wait()
            return None

    def _finish(self, step: PlannedStep[Any]) -> None:
        with self._changed:
            self._open.remove(step.key)
            self._changed.notify_all()


def _most_ahead_first(steps: Sequence[PlannedStep[Any]]) -> list[PlannedStep[Any]]:
    """Steps, each after those it needs in ``steps``, by the seconds from their beginning to the end of all."""
    ahead = {step.key: 0.0 for step in steps}
    for step in reversed(steps):
        ahead[step.key] += step.cost.seconds
        for need in step.needs:
            if need.key in ahead:
                ahead[need.key] = max(ahead[need.key], ahead[step.key])
    return sorted(steps, key=lambda step: -ahead[step.key])
