"""Searches, passes of probes and products of tables on GPUs, and what is said where a GPU fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hyperpolyglot.engine.devices.choice import say_once
from hyperpolyglot.engine.devices.passes import RowsThere, cross_product
from hyperpolyglot.engine.devices.search import certified, is_correct
from hyperpolyglot.engine.devices.tensors import Device
from hyperpolyglot.engine.probes.passes import Evaluation, Pass, ProbeRows, pass_over_rows
from hyperpolyglot.engine.rounding.fp16 import EXTRA, MAX_HALF_DIM
from hyperpolyglot.engine.search.result import Nearest
from hyperpolyglot.engine.search.task import Task
from hyperpolyglot.types import Array, Float32, Float64, Progress

__all__ = ["cross_product_on_gpu", "passes_on_gpus", "search_on_gpus"]


def say_failed(error: Exception) -> None:
    """Say once why a GPU is not used, or no longer."""
    why = (str(error).splitlines() or [type(error).__name__])[0]
    say_once(f"the GPU failed ({why}); the processor goes on, with the same results.")


def search_on_gpus(
    task: Task, names: Sequence[str], progress: Progress, elsewhere: Callable[..., Nearest]
) -> Nearest | None:
    """The k nearest of every query, exactly; ``None`` where no GPU will do, and why has been said.

    ``elsewhere(queries, own, vectors, k)`` searches for what is left over.
    """
    if task.vectors.shape[1] + EXTRA > MAX_HALF_DIM:
        return None
    try:
        trusted = [name for name in names if is_correct(name)]
        for name in names:
            if name not in trusted:
                say_once(f"{name} is not used: it does not multiply as the proof of exactness needs it.")
        if not trusted:
            return None
        found, certificate = certified(task, [Device(n) for n in trusted], progress)
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return None
    left = np.flatnonzero(~found.proven)
    if len(left):
        rest = elsewhere(task.queries[left], task.own[left], task.vectors, task.k)
        found.positions[left], found.similarity[left] = rest.positions, rest.similarity
    progress("neighbours", len(task.queries), len(task.queries))
    return Nearest(found.positions, found.similarity, certificate)


def passes_on_gpus(vectors: Float32, names: Sequence[str]) -> list[Pass]:
    """The passes of probes over ``vectors``, on each GPU that will do; none where none will, and why has been said."""
    try:
        return [_OrHere(RowsThere(Device(name), vectors)) for name in names if is_correct(name)]
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return []


def cross_product_on_gpu(
    a: Array, b: Array, means: tuple[Array, Array] | None, dtype: type, name: str
) -> Float64 | None:
    """:func:`hyperpolyglot.linalg.cross_product` there; ``None`` where the GPU fails, and why has been said."""
    try:
        return cross_product(Device(name), a, b, means, dtype)
    except (RuntimeError, ImportError, OSError) as error:
        say_failed(error)
        return None


@dataclass
class _OrHere:
    """A pass there, and from its first failure on a pass on the processor."""

    run_pass: Pass

    def __call__(self, data: ProbeRows, parameters: Array, out: Evaluation) -> None:
        try:
            self.run_pass(data, parameters, out)
        except RuntimeError as error:
            say_failed(error)
            self.run_pass = pass_over_rows
            self.run_pass(data, parameters, out)
