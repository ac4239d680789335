"""How fast a transfer goes and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from hyperpolyglot.types import Progress

__all__ = ["Pace", "shown_size", "shown_time"]

_EVERY = 0.1
_MEMORY = 10.0


def shown_size(length: float) -> str:
    """A number of bytes for people.

    >>> shown_size(999), shown_size(4_194_304_000)
    ('999 B', '4.2 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if length < 1000:
            return f"{length:.0f} {unit}" if unit == "B" else f"{length:.1f} {unit}"
        length /= 1000
    return f"{length:.1f} TB"


def shown_time(seconds: float) -> str:
    """A duration for people.

    >>> shown_time(8.2), shown_time(200), shown_time(8000)
    ('8 s', '3 min 20 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Pace:
    """Tells a transfer's progress, with the rate of its last seconds and the time that is left.

    The step's text is ``what`` and, once there is a rate, ``what · 12.3 MB/s, 1 min 20 s left``.
    """

    def __init__(
        self, progress: Progress, what: str, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._clock = clock
        self._seen: list[tuple[float, int]] = []
        self._told = float("-inf")

    def at(self, done: int) -> None:
        """So many bytes are there now."""
        now = self._clock()
        finished = done >= self._total
        if now - self._told < _EVERY and not finished:
            return
        self._told = now
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _MEMORY:
            del self._seen[0]
        self._progress(self._step(done), done, self._total)

    def waits(self, seconds: float) -> None:
        """Nothing will come for a while, on purpose."""
        done = self._seen[-1][1] if self._seen else 0
        self._progress(f"{self._what} · waiting {shown_time(seconds)}", done, self._total)

    def blocked(self, done: int) -> None:
        """Another process does the work."""
        self._progress(f"{self._what} · another process is fetching it", done, self._total)

    def _step(self, done: int) -> str:
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        rate = (last - first) / (now - began) if now > began else 0.0
        if rate <= 0:
            return self._what
        left = "" if done >= self._total else f", {shown_time((self._total - done) / rate)} left"
        return f"{self._what} · {shown_size(rate)}/s{left}"
