"""A place for what is fetched, for as long as a repository is used, where the cache takes nothing."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hyperpolyglot.hub.connection import Connection
from hyperpolyglot.hub.partial import CacheUnusable

__all__ = ["Spare"]


class Spare:
    """Made when it is first needed, removed with the object; ``note`` is told once, in a sentence."""

    def __init__(self, connection: Connection, note: Callable[[str], None]) -> None:
        self._connection = connection
        self._note = note
        self._place: Path | None = None

    def instead(self, refusal: CacheUnusable) -> Connection:
        """The connection with its caches in this place; raises ``refusal`` where there is no such place."""
        if self._place is None:
            try:
                self._place = Path(tempfile.mkdtemp(prefix="hyperpolyglot-"))
            except OSError:
                raise refusal from None
            weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
            cache = next(
                (
                    place
                    for place in (self._connection.root, self._connection.hub_cache)
                    if refusal.folder.is_relative_to(place)
                ),
                refusal.folder,
            )
            self._note(f"{cache}: {refusal.reason}; what is fetched is used but not kept")
        return replace(self._connection, root=self._place / "assets", hub_cache=self._place / "hub")
