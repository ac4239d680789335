"""Who is asked, with which token, how patiently, and where what comes is kept."""

from __future__ import annotations

import contextlib
import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hyperpolyglot.hub.client import stored_token
from hyperpolyglot.regular import is_regular
from hyperpolyglot.store import default_root

__all__ = ["Connection", "Policy", "asked_wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How failures are met: attempts without progress, seconds between them, and when silence is one.

    ``longest_wait`` bounds what a server may ask for by ``Retry-After``; ``deadline`` is how long the headers of an
    answer, or any 64 KiB of its body, may take, however they drip; ``patience`` is how long another process may hold
    a transfer without moving, and how long a list of files may take.
    """

    attempts: int = 6
    first_wait: float = 1.0
    greatest_wait: float = 30.0
    longest_wait: float = 300.0
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    deadline: float = 60.0
    patience: float = 600.0
    restarts: int = 3
    sleep: Callable[[float], None] = field(default=time.sleep)

    def wait(self, failures: int) -> float:
        """Seconds before the next attempt after so many failures in a row: doubling, with jitter."""
        longest = min(self.greatest_wait, self.first_wait * 2.0 ** (failures - 1))
        return longest * random.uniform(0.75, 1.0)

    @property
    def timeout(self) -> tuple[float, float, float, float]:
        """Connect, read, write and pool timeouts."""
        return (self.connect_timeout, self.read_timeout, self.read_timeout, self.connect_timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The Hub as one run sees it. ``token``: ``None`` for the one that is set up, ``False`` for none."""

    endpoint: str
    hub_cache: Path
    root: Path
    offline: bool = False
    token: str | Literal[False] | None = None
    policy: Policy = field(default_factory=Policy)

    @classmethod
    def from_environment(cls, policy: Policy | None = None) -> Connection:
        """What ``HF_ENDPOINT``, ``HF_HOME``, ``HF_TOKEN``, ``HF_HUB_OFFLINE`` and ``HYPERPOLYGLOT_CACHE`` say.

        ``huggingface_hub`` reads its variables once, when it is first imported.
        """
        from huggingface_hub import constants

        seconds = float(constants.HF_HUB_DOWNLOAD_TIMEOUT)
        return cls(
            endpoint=constants.ENDPOINT.rstrip("/"),
            hub_cache=Path(constants.HF_HUB_CACHE),
            root=default_root(),
            offline=bool(constants.HF_HUB_OFFLINE),
            policy=policy or Policy(connect_timeout=seconds, read_timeout=2 * seconds, deadline=6 * seconds),
        )

    def headers(self) -> dict[str, str]:
        """The headers for the Hub itself, the token among them; for no other host."""
        from huggingface_hub import constants

        implicit = self.token is not False and not constants.HF_HUB_DISABLE_IMPLICIT_TOKEN
        token = self.token if isinstance(self.token, str) else None
        if token is None and implicit:
            with contextlib.suppress(OSError):
                if not Path(constants.HF_TOKEN_PATH).exists() or is_regular(Path(constants.HF_TOKEN_PATH)):
                    token = stored_token()
        return self.anonymous_headers() | ({"authorization": f"Bearer {token}"} if token else {})

    def anonymous_headers(self) -> dict[str, str]:
        """The headers for any host."""
        return {"user-agent": "hyperpolyglot"}


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to be left alone for: ``Retry-After``, a number or a date, or ``RateLimit``.

    >>> asked_wait({"retry-after": "7"}), asked_wait({"ratelimit": '"api";r=0;t=55'}), asked_wait({})
    (7.0, 55.0, None)
    """
    text = headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return float(text)
    if text:
        try:
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None
    for part in headers.get("ratelimit", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == "t" and value.isdecimal() and value.isascii():
            return float(value)
    return None
