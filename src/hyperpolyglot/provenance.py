"""Where a result comes from: stamped on every JSON document and every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from hyperpolyglot.space import TokenSpace

__all__ = ["VERSION", "document", "provenance"]

VERSION = version("hyperpolyglot")


def provenance(
    spaces: Sequence[TokenSpace], options: Mapping[str, Any], seed: int | None = None
) -> dict[str, Any]:
    """Models (name, revision, tensor, stored type, digest), package and Unicode version, seed and options."""
    return {
        "models": [
            {
                "model": space.model,
                "revision": space.revision,
                "tensor": space.table.name if space.table else None,
                "dtype": space.table.dtype if space.table else None,
                "digest": space.digest,
            }
            for space in spaces
        ],
        "version": VERSION,
        "unicode": next((space.labels.unicode for space in spaces if space.labels.unicode), None),
        "seed": seed,
        "options": dict(options),
    }


def document(
    command: str,
    payload: Mapping[str, Any],
    spaces: Sequence[TokenSpace],
    options: Mapping[str, Any],
    seed: int | None = None,
) -> dict[str, Any]:
    """One JSON document of the contract: format, the payload's keys, provenance."""
    return {
        "format": f"hyperpolyglot.{command}/1",
        **payload,
        "provenance": provenance(spaces, options, seed),
    }
