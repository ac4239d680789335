"""How much of a file may become objects in memory: twice its size and about 200 MiB, and never more than 1.2 GiB.

A few bytes of a header can ask for a hundred bytes of memory. What a header asks for is counted before it is
made, at the cost of Python's objects, so that a file that is nothing but header is refused early.
"""

from __future__ import annotations

from hyperpolyglot.errors import DamagedFile

__all__ = ["MemoryBudget"]

_SPARE = 190 << 20
_LARGEST_COUNTED = 1 << 29


class MemoryBudget:
    """Bytes of memory that may be spent on a file of ``size`` bytes while it is read, piece by piece.

    ``allowance``: how many in all; ``spare``: how many for a file of no size.

    >>> budget = MemoryBudget(1 << 20, "model.gguf")
    >>> budget.spend(100 << 20, "its names")
    >>> budget.spend(100 << 20, "its arrays")
    Traceback (most recent call last):
    ...
    hyperpolyglot.errors.DamagedFile: model.gguf: its arrays would take 200 MiB of memory, too much for ...
    """

    __slots__ = ("_size", "_spent", "_where", "allowance")

    def __init__(self, size: int, where: str, *, spare: int = _SPARE) -> None:
        self._size = size
        self._where = where
        self._spent = 0
        self.allowance = spare + 2 * min(size, _LARGEST_COUNTED)

    def spend(self, cost: int, what: str) -> None:
        """Count ``cost`` bytes for ``what``. Raises ``DamagedFile`` where the sum is above the allowance."""
        self._spent += cost
        if self._spent > self.allowance:
            raise DamagedFile(
                self._where,
                f"{what} would take {self._spent >> 20} MiB of memory, too much for a file of {self._size} bytes",
            )
