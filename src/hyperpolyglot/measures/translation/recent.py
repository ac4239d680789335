"""What was just found out about a space, kept for the measures that ask the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock, RLock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary, ref

__all__ = ["Recent"]

Found = TypeVar("Found")


class Recent(Generic[Found]):
    """The last ``most`` results, each for as long as the object that it is about lives.

    Objects are told apart by identity: they are frozen, and what is equal is found out again rather than compared.

    >>> class Space: pass
    >>> space, recent = Space(), Recent(1)
    >>> recent(space, "k = 10", lambda: "made"), recent(space, "k = 10", lambda: "made again")
    ('made', 'made')
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[ref[object], Hashable, Found]] = []
        self._lock = Lock()
        self._making: WeakValueDictionary[tuple[int, Hashable], _Turn] = WeakValueDictionary()

    def __call__(self, about: object, key: Hashable, make: Callable[[], Found]) -> Found:
        """What is known of ``about`` under ``key``, or what ``make`` gives; who asks meanwhile waits for it."""
        with self._lock:
            turn = self._making.setdefault((id(about), key), _Turn())
        with turn.lock:
            with self._lock:
                self._kept = [row for row in self._kept if row[0]() is not None]
                for row in self._kept:
                    if row[0]() is about and row[1] == key:
                        return row[2]
            found = make()
            with self._lock:
                self._kept = [*self._kept, (ref(about), key, found)][-self._most :]
        return found


class _Turn:
    """One thread makes a result at a time."""

    def __init__(self) -> None:
        self.lock = RLock()
