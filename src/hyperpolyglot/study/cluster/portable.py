"""How a space reaches another process: the token axis by value, the table by where to open it.

A table is opened where the same file or repository can be reached, and used only if its digest is the same; where it
cannot, :class:`TableUnavailable` asks for the stored numbers themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table, View
from hyperpolyglot.types import Array, Float32

__all__ = ["PortableSpace", "PortableTable", "TableUnavailable", "portable"]

_opened: dict[str, Table] = {}
_MOST_OPENED = 64
_opening = threading.Lock()


class TableUnavailable(Exception):
    """A table cannot be opened in this process; ``args[0]`` is its digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableTable:
    """A table by what is known of it; ``size`` is that of its stored numbers in bytes."""

    name: str
    dtype: str
    shape: tuple[int, int]
    view: View
    digest: str
    size: int
    decode: Callable[[Array], Float32]
    again: Callable[[], Table] | None

    def opened(self, stored: Array | None) -> Table:
        """The table, of ``stored`` where that came along, else opened; once in a process.

        Raises :class:`TableUnavailable`.
        """
        if stored is not None:
            return Table(
                name=self.name,
                dtype=self.dtype,
                shape=self.shape,
                stored=stored,
                decode=self.decode,
                view=self.view,
            )
        with _opening:
            if self.digest not in _opened:
                table = self._open()
                while len(_opened) >= _MOST_OPENED:
                    del _opened[next(iter(_opened))]
                _opened[self.digest] = table
            return _opened[self.digest]

    def _open(self) -> Table:
        if self.again is None:
            raise TableUnavailable(self.digest)
        try:
            table = self.again().seen(self.view)
            same = table.digest() == self.digest
        except (HyperpolyglotError, OSError) as error:
            raise TableUnavailable(self.digest) from error
        if not same:
            raise TableUnavailable(self.digest)
        return table


class PortableSpace:
    """A space on its way. It is as large as its table to whoever decides where to run a step."""

    def __init__(self, parts: dict[str, Any], table: PortableTable | None) -> None:
        self._parts, self._table = parts, table
        self._space: TokenSpace | None = None

    def opened(self, stored: Array | None = None) -> TokenSpace:
        """The space, in this process. Raises :class:`TableUnavailable`."""
        if self._space is None:
            table = None if self._table is None else self._table.opened(stored)
            self._space = TokenSpace(**self._parts, table=table)
        return self._space

    def __getstate__(self) -> dict[str, Any]:
        return {"_parts": self._parts, "_table": self._table, "_space": None}

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + (self._table.size if self._table else 0)


def portable(space: TokenSpace) -> PortableSpace:
    """A space for the way; reads its table for the digest, unless that is known."""
    parts = {part.name: getattr(space, part.name) for part in fields(space) if part.name != "table"}
    table = space.table
    if table is None or space.digest is None:
        return PortableSpace(parts, None)
    return PortableSpace(
        parts,
        PortableTable(
            name=table.name,
            dtype=table.dtype,
            shape=table.shape,
            view=table.view,
            digest=space.digest,
            size=table.stored.nbytes,
            decode=table.decode,
            again=table.again,
        ),
    )
