"""Which workers had too little memory for a step, and so which runs it next."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Set
from typing import Any

from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.study.graph import PlannedStep

__all__ = ["Shortages"]

MOST = 5
_BREATH = 2.0
"""Seconds more, each time, in which memory may become free or a worker come."""


class Shortages:
    """A step goes to workers that have had memory enough; where all had too little, to any of them after a while."""

    def __init__(self) -> None:
        self._workers: dict[str, list[str]] = defaultdict(list)
        self._until: dict[str, float] = {}

    def note(self, step: PlannedStep[Any], worker: str = "") -> None:
        """A worker, if it is known which, had too little memory. Raises :class:`ClusterFailed` at the fifth time."""
        self._workers[step.key].append(worker)
        times = len(self._workers[step.key])
        if times == MOST:
            raise ClusterFailed(f"{step.title}: no worker had memory enough for this step; give them more.")
        self._until[step.key] = time.monotonic() + times * _BREATH

    def chosen(self, step: PlannedStep[Any], ready: Set[str]) -> Set[str]:
        """The workers to choose from for a step; all that are ready if there is no choice."""
        return self._others(step, ready) or ready

    def may_go(self, step: PlannedStep[Any], ready: Set[str]) -> bool:
        """Whether somebody may have memory enough by now."""
        rested = time.monotonic() > self._until.get(step.key, 0)
        return bool(self._others(step, ready) or (ready and rested))

    def _others(self, step: PlannedStep[Any], ready: Set[str]) -> Set[str]:
        return ready - set(self._workers[step.key])

    def __contains__(self, step: PlannedStep[Any]) -> bool:
        return bool(self._workers[step.key])
