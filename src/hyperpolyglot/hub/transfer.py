"""Bytes of a remote file into a sink: interrupted as often as may be, they end up whole or not at all."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from hyperpolyglot.errors import TransferError
from hyperpolyglot.hub.asking import Retry
from hyperpolyglot.hub.client import transport_faults
from hyperpolyglot.hub.link import FileLink
from hyperpolyglot.hub.pace import Pace

__all__ = ["Memory", "Sink", "transfer"]

_REAL_PROGRESS = 1 << 16


class Sink(Protocol):
    """What takes the bytes of a range in their order."""

    etag: str | None
    """The entity tag that the bytes so far were served under."""

    @property
    def have(self) -> int:
        """How many bytes are there."""

    def write(self, part: bytes) -> None:
        """Add bytes to the end."""

    def restart(self, etag: str | None) -> None:
        """Forget the bytes that are there; those to come are served under ``etag``."""


class Memory:
    """A sink for small ranges."""

    def __init__(self) -> None:
        self.etag: str | None = None
        self.data = bytearray()

    @property
    def have(self) -> int:
        """How many bytes are there."""
        return len(self.data)

    def write(self, part: bytes) -> None:
        """Add bytes to the end."""
        self.data += part

    def restart(self, etag: str | None) -> None:
        """Forget the bytes."""
        self.data.clear()
        self.etag = etag


def transfer(link: FileLink, start: int, length: int, sink: Sink, pace: Pace) -> None:
    """Fill ``sink`` up to ``length`` bytes from ``start``.

    A broken connection, silence, 429 and 5xx are met by asking for the rest again, after a while and a bounded
    number of times; the number starts anew whenever bytes came. Raises ``TransferError`` and what
    :meth:`FileLink.ranged` raises; what is in the sink stays there.
    """
    policy = link.connection.policy
    faults: tuple[type[Exception], ...] = (Retry, *transport_faults())
    failures = restarts = 0
    while sink.have < length:
        before = sink.have
        try:
            restarts += _attempt(link, start, length, sink, pace)
        except faults as fault:
            moved = sink.have - before >= min(_REAL_PROGRESS, length - before)
            failures = 1 if moved else failures + 1
            wait = policy.wait(failures)
            asked = fault.wait if isinstance(fault, Retry) else None
            if failures >= policy.attempts or (asked or 0) > policy.longest_wait:
                raise _given_up(link, fault, failures, asked) from fault
            pace.waits(max(wait, asked or 0))
            policy.sleep(max(wait, asked or 0))
        if restarts > policy.restarts:
            raise TransferError(
                f"{link.name}: the file changes on the server while it is fetched; try again later."
            )


def _attempt(link: FileLink, start: int, length: int, sink: Sink, pace: Pace) -> int:
    """Ask once for what is missing; returns 1 where the transfer had to start from the beginning."""
    with link.ranged(start + sink.have, start + length) as answer:
        if sink.have and sink.etag and answer.etag and answer.etag != sink.etag:
            sink.restart(answer.etag)
            return 1
        if not sink.have:
            sink.restart(answer.etag)
        left = min(answer.length, length - sink.have)
        for part in answer.body:
            if answer.ends and len(part) > left:
                sink.restart(None)
                raise link.longer()
            sink.write(part[:left])
            left -= min(left, len(part))
            pace.at(sink.have)
            if not left and not answer.ends:
                return 0
        if not left:
            return 0
    raise Retry(f"the server ended {left} bytes early")


def _given_up(link: FileLink, fault: Exception, failures: int, asked: float | None) -> TransferError:
    host = urlsplit(link.connection.endpoint).hostname
    if asked is not None and asked > link.connection.policy.longest_wait:
        return TransferError(
            f"{link.name}: the server asks to be left alone for {asked:.0f} seconds; try again after that, and "
            "what has come by now is kept."
        )
    if isinstance(fault, Retry):
        return TransferError(
            f"{link.name}: {fault}, {failures} times in a row; try again later, and what has come by now is kept."
        )
    what = "fell silent" if "Timeout" in type(fault).__name__ else "broke off or could not be made"
    return TransferError(
        f"{link.name}: the connection to {host} {what}, {failures} times in a row; check the network and try "
        "again, and what has come by now is kept."
    )
