"""Which pair of row blocks a thread works on next.

The candidates of a row are written by one thread at a time and without atomic operations: a pair of blocks is handed
out only when neither block is in use. Which thread takes which pair when has no influence on the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Condition

__all__ = ["BlockPairs", "phases"]

_SHARES = (1 / 24, 1 / 8, 1 / 4, 1 / 2, 1.0)


def phases(rows: int, columns: int, *, mirrored: bool) -> list[tuple[float, list[tuple[int, int]]]]:
    """All pairs of blocks in phases after which every row has met the same share of the columns, and these shares.

    ``mirrored``: rows and columns are the same; pairs come once, row block ≤ column block.

    >>> phases(2, 2, mirrored=True)
    [(0.5, [(0, 0), (1, 1)]), (1.0, [(0, 1)])]
    """
    steps = rows // 2 + 1 if mirrored else columns
    edges = sorted({max(1, round(share * steps)) for share in _SHARES})
    result = []
    for first, last in zip([0, *edges], edges, strict=False):
        distances = range(first, last)
        if mirrored:
            pairs = sorted({tuple(sorted((i, (i + s) % rows))) for s in distances for i in range(rows)})
            share = min(1.0, (2 * last - 1) / rows)
        else:
            pairs = [(i, j) for i in range(rows) for j in distances]
            share = last / columns
        result.append((share, [(i, j) for i, j in pairs]))
    return result


class BlockPairs:
    """Pairs (row block, column block), each handed out once, with exclusive use of the blocks that are written.

    ``mirrored``: rows and columns are the same, and both blocks are written; otherwise only row blocks are.
    """

    def __init__(self, pairs: Iterable[tuple[int, int]], *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self._left: dict[int, list[int]] = {}
        self._used: set[int] = set()
        self._free = Condition()
        self.total = self.done = 0
        for row, column in pairs:
            self._left.setdefault(row, []).append(column)
            self.total += 1
        for columns in self._left.values():
            columns.reverse()

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._free:
            self._left.clear()
            self._free.notify_all()

    def take(self, before: tuple[int, int] | None) -> tuple[int, int] | None:
        """Give back the pair that was taken before and take another, of the same row block if possible.

        ``None`` when nothing is left; waits while what is left is in use.
        """
        with self._free:
            if before is not None:
                self._used.difference_update(self._written(*before))
                self.done += 1
                self._free.notify_all()
            while self._left:
                pair = self._find(before)
                if pair is not None:
                    self._used.update(self._written(*pair))
                    return pair
                self._free.wait()
            return None

    def _written(self, row: int, column: int) -> set[int]:
        return {row, column} if self._mirrored else {row}

    def _find(self, before: tuple[int, int] | None) -> tuple[int, int] | None:
        rows = list(self._left)
        if before is not None and before[0] in self._left:
            rows.insert(0, before[0])
        for row in rows:
            columns = self._left[row]
            for place in range(len(columns) - 1, -1, -1):
                if not self._written(row, columns[place]) & self._used:
                    pair = row, columns.pop(place)
                    if not columns:
                        del self._left[row]
                    return pair
        return None
