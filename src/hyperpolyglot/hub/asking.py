"""Requests as they go out: redirects followed within reason, the token sent to the Hub and to no other host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from hyperpolyglot.errors import AccessRefused, TransferError
from hyperpolyglot.hub.client import begun, session
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.deadline import Retry, answered

__all__ = ["WORTH_RETRYING", "Retry", "access_refused", "number", "same_origin", "send"]

WORTH_RETRYING = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5


def send(
    connection: Connection,
    url: str,
    name: str,
    headers: Mapping[str, str],
    redirected: Callable[[Any], None] = lambda _: None,
) -> Any:
    """The answer to a GET, its body unread; ``redirected`` sees the answers that lead to it.

    Close it. Raises ``TransferError`` where redirects do not end or lead nowhere, and ``Retry`` where the headers of
    an answer do not end; ``name`` is for messages.
    """
    for _ in range(_MOST_REDIRECTS + 1):
        known = (
            connection.headers() if same_origin(url, connection.endpoint) else connection.anonymous_headers()
        )
        ask = partial(begun, session(), url, {**known, **headers}, connection.policy.timeout)
        response = answered(ask, connection.policy)
        if response.status_code not in _REDIRECTS:
            return response
        try:
            redirected(response)
        finally:
            response.close()
        url = _next(url, response.headers.get("location", ""), name)
    raise TransferError(f"{name}: the server redirects without end; check HF_ENDPOINT and try again later.")


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of one scheme, host and port."""
    return _origin(one) == _origin(other)


def number(text: str | None) -> int | None:
    """A header that is a whole number."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 20 else None


def access_refused(repository: str, endpoint: str, *, gated: bool) -> AccessRefused:
    """The sentence for a repository that a token is needed for."""
    if gated:
        return AccessRefused(
            f"{repository} is gated: accept its terms at {endpoint}/{repository}, then log in with "
            "`hf auth login` or set HF_TOKEN to a token of that account."
        )
    return AccessRefused(
        f"{repository} is private, or the token does not open it: log in with `hf auth login` or set HF_TOKEN "
        "to a token of an account that may read it."
    )


def _next(url: str, location: str, name: str) -> str:
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        valid = (
            bool(location) and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        )
        weaker = urlsplit(url).scheme == "https" and parts.scheme == "http"
    except ValueError:
        valid = weaker = False
    if not valid or weaker:
        what = "from https to plain http" if weaker else "to what is no web address"
        raise TransferError(f"{name}: the server redirects {what}, which is not followed.")
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
