"""The HTTP client that the installed ``huggingface_hub`` brings: requests before its 1.0, httpx or httpx2 since.

An answer of either has ``status_code``, ``headers``, ``url`` and ``close``; what they do differently is here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["begun", "cut", "parts", "session", "stored_token", "transport_faults"]

_PART = 1 << 16
_BOTH_WAYS = 2
"""``socket.SHUT_RDWR``; sockets themselves are the HTTP library's."""


def session() -> Any:
    """The client of ``huggingface_hub``, with the proxies and certificates that are set up for it."""
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    return get_session()


def stored_token() -> str | None:
    """The token that is set up; raises ``OSError`` where its file cannot be read."""
    try:
        from huggingface_hub import get_token
    except ImportError:  # before 0.20
        from huggingface_hub import HfFolder

        token: str | None = HfFolder.get_token()
        return token
    return get_token()


def begun(
    client: Any, url: str, headers: Mapping[str, str], timeout: tuple[float, float, float, float]
) -> Any:
    """The answer to a GET, its body unread, no redirect followed; ``timeout``: connect, read, write and pool."""
    if _is_httpx(client):
        request = client.build_request("GET", url, headers=headers, timeout=timeout)
        return client.send(request, stream=True, follow_redirects=False)
    return client.get(
        url, headers=headers, timeout=timeout[:2], auth=_as_it_is, stream=True, allow_redirects=False
    )


def parts(response: Any) -> Iterator[bytes]:
    """The body as it was sent, piece by piece as it comes."""
    if hasattr(response, "iter_raw"):
        yield from response.iter_raw()
        return
    raw = response.raw
    while part := raw.read1(_PART, decode_content=False) if hasattr(raw, "read1") else raw.read(1 << 10):
        yield part


def cut(response: Any) -> None:
    """Shut down the connection of an answer whose body another thread waits for."""
    with contextlib.suppress(Exception):
        if hasattr(response, "extensions"):
            socket = response.extensions["network_stream"].get_extra_info("socket")
        else:
            socket = response.raw._fp.fp.raw._sock
        socket.shutdown(_BOTH_WAYS)


def transport_faults() -> tuple[type[Exception], ...]:
    """The roots of the errors of the HTTP library that the installed ``huggingface_hub`` uses."""
    from huggingface_hub.utils import HfHubHTTPError  # type: ignore[attr-defined]

    roots = {base.__name__: base for base in HfHubHTTPError.__mro__}
    if "RequestException" not in roots:
        return (roots["HTTPError"],)
    from urllib3.exceptions import HTTPError

    return (roots["RequestException"], HTTPError)


def _is_httpx(client: Any) -> bool:
    return hasattr(client, "build_request")


def _as_it_is(request: Any) -> Any:
    """The request with the token that it has: requests would put a password of ``~/.netrc`` in its place."""
    return request
