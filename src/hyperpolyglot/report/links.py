"""Where an exported explorer is, as seen from a report."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2.filters import do_urlencode

__all__ = ["explorer_address", "explorer_link"]


def explorer_address(place: str, folder: Path) -> str | None:
    """The address of an explorer, from a page in ``folder``; ``None`` if ``place`` is none.

    ``place`` is an ``http(s)`` address or a folder that an explorer was exported to.
    """
    if place.startswith(("https://", "http://")):
        return place.partition("#")[0]
    page = Path(place) / "index.html"
    if not page.is_file():
        return None
    return do_urlencode(os.path.relpath(page, folder).replace(os.sep, "/"))


def explorer_link(explorer: str, model: str, token: int) -> str:
    """The address of a token's view in an explorer: its state stands behind the ``#``.

    >>> explorer_link("map/index.html", "org/name@v1", 7)
    'map/index.html#model=org/name%40v1&token=7'
    """
    return f"{explorer}#model={do_urlencode(model)}&token={token}"
