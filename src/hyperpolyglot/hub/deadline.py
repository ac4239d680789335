"""Deadlines that progress renews: an answer that drips without end is given up as one that never comes is.

A timeout of the HTTP library counts from byte to byte, so one byte now and then renews it for ever.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from hyperpolyglot.hub.client import cut, parts
from hyperpolyglot.hub.connection import Policy

__all__ = ["LEAST", "Retry", "answered", "body"]

LEAST = 1 << 16
"""Bytes of a body that must come in ``policy.deadline`` seconds."""


class Retry(Exception):
    """An attempt failed in a way that another may not; ``wait`` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def answered(send: Callable[[], Any], policy: Policy) -> Any:
    """The response that ``send`` returns.

    Raises ``Retry`` where its headers are not there in ``policy.deadline`` seconds; an answer that comes later is
    closed.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []
    turn = threading.Lock()
    given_up = False

    def work() -> None:
        try:
            response = send()
        except BaseException as error:
            failure.append(error)
            return
        with turn:
            outcome.append(response)
            late = given_up
        if late:
            with contextlib.suppress(Exception):
                response.close()

    worker = threading.Thread(target=work, name="hub-request", daemon=True)
    worker.start()
    worker.join(policy.deadline)
    with turn:
        if not outcome and not failure:
            given_up = True
            raise Retry(
                f"the server does not come to the end of its answer's headers in {policy.deadline:.0f} s"
            )
    if failure:
        raise failure[0]
    return outcome[0]


def body(response: Any, policy: Policy) -> Iterator[bytes]:
    """The parts of a body as they come.

    Raises ``Retry`` where fewer than ``LEAST`` bytes come in ``policy.deadline`` seconds.
    """
    watch = _Watch(response, policy.deadline)
    reason = f"it sends fewer than {LEAST >> 10} KiB in {policy.deadline:.0f} s"
    try:
        for part in parts(response):
            watch.came(len(part))
            yield part
            watch.reading = True
            if watch.slow:
                raise Retry(reason)
    except Exception as error:
        if watch.slow and not isinstance(error, Retry):
            raise Retry(reason) from error
        raise
    finally:
        watch.stop()
    if watch.slow:
        raise Retry(reason)


class _Watch:
    """Looks after a body from a thread, and shuts its connection down when too little comes."""

    def __init__(self, response: Any, seconds: float) -> None:
        self.slow = False
        self.reading = True
        self._response = response
        self._seconds = seconds
        self._bytes = 0
        self._stopped = threading.Event()
        threading.Thread(target=self._look, name="hub-deadline", daemon=True).start()

    def came(self, count: int) -> None:
        """So many bytes came; until ``reading`` is set again, it is not the server who is waited for."""
        self.reading = False
        self._bytes += count

    def stop(self) -> None:
        """The body is read or given up."""
        self._stopped.set()

    def _look(self) -> None:
        seen = 0
        while not self._stopped.wait(self._seconds):
            if self.reading and self._bytes - seen < LEAST:
                self.slow = True
                cut(self._response)
                return
            seen = self._bytes
