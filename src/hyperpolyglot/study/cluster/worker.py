"""What a worker does: register, run steps one by one, and stop when a step is cancelled."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm

from hyperpolyglot.engine.devices import device_in_use, use_device
from hyperpolyglot.provenance import VERSION
from hyperpolyglot.store import Step
from hyperpolyglot.study.cluster.portable import PortableSpace, TableUnavailable
from hyperpolyglot.study.execute import attempt
from hyperpolyglot.study.keeping import parts_of, record_of
from hyperpolyglot.study.record import Absent

__all__ = ["RESOURCE", "Parts", "Shortage", "register", "run_step"]

RESOURCE = f"hyperpolyglot {VERSION}"
"""The resource, in Dask's sense, of workers that run steps; they have one a thread."""

Parts = tuple[dict[str, Any], dict[str, Any]]
"""Arrays and values of a step, in types whose size Dask can tell."""

_LARGE = 512
"""The side of matrices that BLAS multiplies with all its threads."""

_SHORT_OF_MEMORY = ("can't start new thread", "failed to map segment", "Cannot allocate memory")
"""What is said, by errors of other kinds, where memory is missing: by Python, the loader and the system."""


class _Cancelled(Exception):
    """The step that is being run is no longer wanted."""


@dataclass(frozen=True)
class Shortage:
    """A worker, by its address, had too little memory for a step; none, if it was one that this step needs."""

    worker: str | None


def register() -> None:
    """Be given steps of this version of the program from now on."""
    from distributed import get_worker
    from distributed.utils import sync

    _allocate_buffers()
    worker = get_worker()
    sync(worker.loop, _register, worker)


def _allocate_buffers() -> None:
    """Let each BLAS take the memory that it works in: it waits for ever for what it cannot have."""
    square = np.ones((_LARGE, _LARGE))
    np.dot(square, square)
    dgemm(1.0, square, square)


async def _register(worker: Any) -> None:
    """Give a worker its resource. Of steps that wait for one the scheduler thinks again when a worker begins to run."""
    from distributed.core import Status

    await worker.set_resources(**{RESOURCE: worker.state.nthreads})
    if worker.status is Status.running:
        worker.status = Status.paused
        worker.status = Status.running


def run_step(
    key: str,
    device: str,
    compute: Callable[..., Any],
    names: Sequence[str],
    arguments: Sequence[Any],
    kinds: Sequence[Any],
    tables: Sequence[Any],
) -> Parts | Absent | TableUnavailable | Shortage:
    """The record of a step in parts; why there is none; or what this process lacks for it: a table, or memory.

    ``kinds`` says of every argument which record it holds in parts, ``tables`` which stored numbers came with it;
    ``device`` is what :func:`~hyperpolyglot.engine.devices.use_device` was told where the study runs.
    """
    if device != device_in_use():
        use_device(device)
    os.environ.setdefault("HYPERPOLYGLOT_THREADS", "1")
    given: dict[str, Any] = {}
    try:
        for name, argument, kind, stored in zip(names, arguments, kinds, tables, strict=True):
            if isinstance(argument, Absent | TableUnavailable):
                return argument
            if isinstance(argument, Shortage):
                return Shortage(None)
            if isinstance(argument, PortableSpace):
                given[name] = argument.opened(stored)
            else:
                given[name] = argument if kind is None else record_of(kind, Step(*argument))
        found = attempt(lambda: compute(**given, progress=_still_wanted(key)))
        if isinstance(found, Absent):
            return found
        parts = parts_of(found)
        return dict(parts.arrays), dict(parts.values)
    except TableUnavailable as missing:
        return missing
    except (MemoryError, RuntimeError, ImportError, OSError) as error:
        if _is_shortage(error):
            return Shortage(_address())
        raise


def _is_shortage(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SHORT_OF_MEMORY)


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def _still_wanted(key: str) -> Callable[[str, int, int], None]:
    """Progress that ends a step whose result nobody waits for any more."""
    from distributed import get_worker

    tasks = get_worker().state.tasks

    def progress(step: str, done: int, total: int) -> None:
        task = tasks.get(key)
        if task is None or task.state == "cancelled":
            raise _Cancelled(key)

    return progress
