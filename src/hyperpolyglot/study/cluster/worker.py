"""What a worker does: take one step with the threads it was given, and stop when the step is cancelled."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from hyperpolyglot.store import Step
from hyperpolyglot.study.cluster.travel import NotHere, SpaceAbroad
from hyperpolyglot.study.execute import attempt
from hyperpolyglot.study.keeping import parts_of, record_of
from hyperpolyglot.study.record import Absent

__all__ = ["Parts", "take"]

Parts = tuple[dict[str, Any], dict[str, Any]]
"""Arrays and values of a step, in types whose size Dask can tell."""


_SHORT_OF_MEMORY = ("can't start new thread", "failed to map segment", "Cannot allocate memory")
"""What is said, by errors of other kinds, where memory is missing: by Python, the loader and the system."""


class _Cancelled(Exception):
    """The step that is being taken is no longer wanted."""


def take(
    key: str,
    compute: Callable[..., Any],
    arguments: Sequence[Any],
    kinds: Sequence[Any],
    tables: Sequence[Any],
) -> Parts | Absent | NotHere:
    """The record of a step in parts; why there is none; or which table this process cannot open.

    ``kinds`` says of every argument which record it holds in parts, ``tables`` which stored numbers came with it.
    """
    os.environ.setdefault("HYPERPOLYGLOT_THREADS", "1")
    given = []
    try:
        for argument, kind, stored in zip(arguments, kinds, tables, strict=True):
            if isinstance(argument, Absent | NotHere):
                return argument
            if isinstance(argument, SpaceAbroad):
                given.append(argument.here(stored))
            else:
                given.append(argument if kind is None else record_of(kind, Step(*argument)))
    except NotHere as missing:
        return missing
    try:
        found = attempt(lambda: compute(*given, progress=_still_wanted(key)))
    except (RuntimeError, ImportError, OSError) as error:
        if any(sign in str(error) for sign in _SHORT_OF_MEMORY):
            raise MemoryError(str(error)) from error
        raise
    if isinstance(found, Absent):
        return found
    parts = parts_of(found)
    return dict(parts.arrays), dict(parts.values)


def _still_wanted(key: str) -> Callable[[str, int, int], None]:
    """Progress that ends a step whose result nobody waits for any more."""
    from distributed import get_worker

    tasks = get_worker().state.tasks

    def progress(step: str, done: int, total: int) -> None:
        task = tasks.get(key)
        if task is None or task.state == "cancelled":
            raise _Cancelled(key)

    return progress
