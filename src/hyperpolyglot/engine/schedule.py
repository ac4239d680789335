"""Which pair of row blocks a thread works on next.

The candidates of a row are written by one thread at a time and without atomic operations: a pair of blocks is handed
out only when neither block is in use. Which thread takes which pair when has no influence on the result.
"""

from __future__ import annotations

from threading import Condition

__all__ = ["BlockPairs"]


class BlockPairs:
    """Pairs (row block, column block), each handed out once, with exclusive use of the blocks that are written.

    ``mirrored``: rows and columns are the same; only pairs with row block ≤ column block are handed out, and both
    are written. Otherwise all pairs are, and only row blocks are written.
    """

    def __init__(self, row_blocks: int, column_blocks: int, *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self._left = {
            i: list(range(column_blocks - 1, (i if mirrored else 0) - 1, -1)) for i in range(row_blocks)
        }
        self._used: set[int] = set()
        self._free = Condition()
        self.total = sum(map(len, self._left.values()))
        self.done = 0

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
