"""How much of a file may become objects in memory: twice its size and 200 MiB, and never more than 1.2 GiB.

A few bytes of a header can ask for a hundred bytes of memory. What a header asks for is counted before it is
made, at the cost of Python's objects, so that a file that is nothing but header is refused early.
"""

from __future__ import annotations

from hyperpolyglot.errors import DamagedFile

__all__ = ["STRING_COST", "Purse", "afford", "allowance", "most_tensors"]

STRING_COST = 340
"""Bytes that a token takes at most on its way into a vocabulary, beside those of long texts."""

_SPARE = 190 << 20
_LARGEST_COUNTED = 1 << 29
_FEWEST_TENSORS = 1 << 17


def allowance(size: int) -> int:
    """Bytes of memory that the header of a file of ``size`` bytes may take."""
    return _SPARE + 2 * min(size, _LARGEST_COUNTED)


def most_tensors(size: int) -> int:
    """How many tensors a file of ``size`` bytes may list: any number, if they are not all next to nothing."""
    return _FEWEST_TENSORS + (size >> 10)


class Purse:
    """What a file may still cost while it is read, piece by piece."""

    __slots__ = ("_size", "_spent", "_where")

    def __init__(self, size: int, where: str) -> None:
        self._size = size
        self._where = where
        self._spent = 0

    def spend(self, cost: int, what: str) -> None:
        """Count ``cost`` bytes; raises ``DamagedFile`` where the sum is too much."""
        self._spent += cost
        afford(self._spent, self._size, self._where, what)


def afford(cost: int, size: int, where: str, what: str) -> None:
    """Raise ``DamagedFile`` where ``what`` would cost more memory than a file of ``size`` bytes may take."""
    if cost > allowance(size):
        raise DamagedFile(
            where, f"{what} would take {cost >> 20} MiB of memory, too much for a file of {size} bytes"
        )
