"""The workers that run steps: those that have registered.

Each worker is asked once, by a task of its own. To answer it imports this program; then it has a resource that every
step asks for. One that cannot (no installation, another version, too little memory to get so far) is never given a
step that it would fail or hold up.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from typing import Any

from hyperpolyglot.errors import ClusterFailed
from hyperpolyglot.provenance import VERSION
from hyperpolyglot.types import Progress

__all__ = ["WorkerPool"]

_POLL = 0.02
_REFRESH = 5.0
_LATE = 10.0
"""Seconds to wait for the other workers once one has answered, and for any while all refuse."""


class WorkerPool:
    """The workers of a Dask client, as they were a few seconds ago at most.

    ``note`` is told, in one sentence, of a worker that runs no steps.
    """

    def __init__(self, client: Any, note: Callable[[str], None] = lambda _: None) -> None:
        self._client, self._note = client, note
        self._refreshed = -_REFRESH
        self._threads: dict[str, int] = {}
        self._asked: dict[str, Any] = {}
        self._refused: set[str] = set()
        self._ready: set[str] = set()
        self._first = math.inf
        self._call: Any = None

    def ready(self) -> set[str]:
        """The addresses of those that run steps."""
        self._update()
        return self._ready

    def threads(self) -> int:
        """The threads of those that run steps."""
        return sum(self._threads[address] for address in self.ready())

    def wait_for_workers(self, progress: Progress, interrupted: Callable[[], None] = lambda: None) -> None:
        """Wait for a worker that runs steps, and a little for the others.

        ``interrupted`` is called now and then, and may raise. Raises :class:`ClusterFailed` where there are workers and
        none of them ever did.
        """
        began = told = time.monotonic()
        while True:
            interrupted()
            self.check()
            self._update()
            now = time.monotonic()
            if self._ready:
                self._first = min(self._first, now)
                if not self._asked or now > self._first + _LATE:
                    return
            elif self._first == math.inf and self._refused and not self._asked and now > began + _LATE:
                raise ClusterFailed(
                    "no worker can run steps; see that all have this version and memory enough."
                )
            if now > told + 1:
                told = now
                silent = f", {len(self._asked):,} of them silent" if self._asked else ""
                progress(f"study · waiting for workers, {now - began:.0f} s{silent}", 0, 10_000)
            time.sleep(_POLL)

    def check(self) -> None:
        """Raise :class:`ClusterFailed` where the scheduler is gone."""
        if self._client.status != "running":
            raise ClusterFailed(
                "the connection to the scheduler is lost; run the study again, and it goes on where it was."
            )

    def refresh(self) -> None:
        """See at once who came and who went; ask who is new."""
        self._threads, self._refreshed = dict(self._client.nthreads()), time.monotonic()
        for gone in self._asked.keys() - self._threads.keys():
            del self._asked[gone]
        self._refused &= self._threads.keys()
        self._ready &= self._threads.keys()
        for address in self._threads.keys() - self._asked.keys() - self._refused - self._ready:
            self._asked[address] = self._ask(workers=[address])
        if self._threads:
            self._call = None
        elif self._call is None:  # of whoever may come: a cluster that grows with its work needs some
            self._call = self._ask()

    def _ask(self, **whom: Any) -> Any:
        return self._client.submit(_registration(VERSION), key=f"register-{uuid.uuid4().hex}", **whom)

    def _update(self) -> None:
        """See who came, who went and who answered."""
        if time.monotonic() > self._refreshed + _REFRESH:
            self.refresh()
        for address, asked in list(self._asked.items()):
            if asked.status == "pending":
                continue
            del self._asked[address]
            if asked.status == "finished":
                self._ready.add(address)
            elif asked.status == "error":
                error = asked.exception()
                self._refused.add(address)
                self._note(f"{address} runs no steps: {str(error).rstrip('.') or type(error).__name__}.")


def _registration(wanted: str) -> Callable[[], None]:
    """What a worker is asked: a function that goes by value, since there may be no such program where it arrives."""

    def answer() -> None:
        from importlib.metadata import version

        found = version("hyperpolyglot")
        if found != wanted:
            raise RuntimeError(f"it has hyperpolyglot {found}, and not {wanted}")
        from hyperpolyglot.study.cluster.worker import register

        register()

    return answer
