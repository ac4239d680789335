"""Weights of languages as they are written."""

from __future__ import annotations

import math

__all__ = ["weights_of"]


def weights_of(languages: str) -> dict[str, float]:
    """Weights by language tag, of ``sw=2,en,fr``. Raises ``ValueError`` for anything else.

    >>> weights_of("sw=2,en")
    {'sw': 2.0, 'en': 1.0}
    """
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in languages.split(","))):
        tag, _, weight = part.partition("=")
        try:
            found[tag] = float(weight or 1)
        except ValueError:
            found[tag] = -1.0
        if not tag or not 0 < found[tag] < math.inf:
            raise ValueError(f"{part!r} is no language and weight; write sw,en or sw=2,en.")
    if not found:
        raise ValueError("no language is named; write sw,en,fr.")
    return found
