"""What a search is asked, as its steps and its compiled code take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hyperpolyglot.engine.cosine import WithLengths
from hyperpolyglot.types import Float32, Float64, Int32

__all__ = ["Exact", "Shape", "Task"]


class Shape(NamedTuple):
    """How many ``queries`` among how many ``vectors`` of ``dim`` dimensions."""

    queries: int
    vectors: int
    dim: int


class Exact(NamedTuple):
    """What values a pair exactly: ``queries`` and ``vectors`` as they came, and the ``error`` of a float32 product."""

    queries: WithLengths
    vectors: WithLengths
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is searched: ``queries`` among ``vectors``, ``own`` their positions there (−1: not among them).

    ``mirrored``: queries are all vectors, in order. ``lengths``: of the vectors, float64. ``tile``: rows in a block,
    chosen by the engine where ``None``. ``run``: rows that lie, and are met, one after the other; long ones are read
    from a disk faster, short ones are a better sample.
    """

    queries: Float32
    own: Int32
    vectors: Float32
    lengths: Float64
    k: int
    mirrored: bool
    threads: int
    tile: int | None = None
    run: int = 8

    @property
    def shape(self) -> Shape:
        """The size of the search."""
        return Shape(len(self.queries), *self.vectors.shape)

    @property
    def among(self) -> WithLengths:
        """The vectors and their lengths."""
        return WithLengths(self.vectors, self.lengths)
