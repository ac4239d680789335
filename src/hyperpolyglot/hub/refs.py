"""The branches and tags of a repository."""

from __future__ import annotations

import json
from typing import Any

from hyperpolyglot.errors import ModelNotFound, NotCached, TransferError
from hyperpolyglot.hub.asking import send
from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.deadline import body
from hyperpolyglot.hub.listing import ask, refused, until
from hyperpolyglot.hub.names import is_plain_path, parse_name
from hyperpolyglot.types import Progress, silent

__all__ = ["list_refs"]

_LARGEST = 1 << 24


def list_refs(
    name: str, progress: Progress = silent, connection: Connection | None = None
) -> tuple[str, ...]:
    """The names of the branches, then of the tags, of ``org/name``, each once; one request.

    Raises ``ModelNotFound``, ``AccessRefused``, ``NotCached`` (``HF_HUB_OFFLINE``) and ``TransferError``.
    """
    asked = parse_name(name)
    if asked is None or asked.revision is not None or asked.file is not None:
        raise ModelNotFound(f"{name}: revisions are listed of a repository on the Hub; write org/name.")
    connection = connection or Connection.from_environment()
    if connection.offline:
        raise NotCached(
            f"the revisions of {name} are asked of the Hub and HF_HUB_OFFLINE is set: name each as {name}@revision."
        )
    url = f"{connection.endpoint}/api/models/{asked.repository}/refs"
    return ask(connection, name, lambda: _told(connection, url, name), progress)


def _told(connection: Connection, url: str, name: str) -> tuple[str, ...]:
    policy = connection.policy
    response = send(connection, url, name, {"accept-encoding": "identity"})
    try:
        if response.status_code != 200:
            raise refused(response, connection, name, None)
        found = bytearray()
        for part in until(body(response, policy), policy.patience, name):
            found += part
            if len(found) > _LARGEST:
                raise TransferError(
                    f"{name}: the Hub's list of revisions is larger than any; check HF_ENDPOINT."
                )
        return _names(json.loads(found.decode()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TransferError(
            f"{name}: the answer of the Hub is no list of revisions; check HF_ENDPOINT, and try again later."
        ) from error
    finally:
        response.close()


def _names(told: Any) -> tuple[str, ...]:
    """Names that can be written behind ``org/name@``; others cannot be opened."""
    listed = [ref["name"] for kind in ("branches", "tags") for ref in told.get(kind) or ()]
    usable = [
        ref for ref in listed if isinstance(ref, str) and is_plain_path(ref) and parse_name(f"org/name@{ref}")
    ]
    return tuple(dict.fromkeys(usable))
