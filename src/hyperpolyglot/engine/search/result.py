"""What a search for neighbours gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.types import Float32, Int32

__all__ = ["Certificate", "Nearest", "Ranking"]


class Ranking(NamedTuple):
    """Neighbours of rows: ``positions`` int32, ``similarity`` float32 ``[q, k]``, and which rows are ``proven``."""

    positions: Int32
    similarity: Float32
    proven: NDArray[np.bool_]

    @classmethod
    def empty(cls, queries: int, k: int) -> Ranking:
        """Room for the neighbours of ``queries`` rows, of which nothing is proven."""
        return cls(
            np.empty((queries, k), np.int32), np.empty((queries, k), np.float32), np.zeros(queries, np.bool_)
        )

    def take(self, some: slice) -> Ranking:
        """Views of some of the rows."""
        return Ranking(self.positions[some], self.similarity[some], self.proven[some])

    def put(self, rows: slice | NDArray[np.integer], there: Ranking) -> None:
        """Replace some rows."""
        for whole, part in zip(self, there, strict=True):
            whole[rows] = part


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How a result was proven exact.

    ``backend``: the one that ran, by its name (``cuda`` on a GPU). ``certified``: rows proven by the filter's bound;
    ``redone``: rows for which that failed, searched again until proven. ``bound``: the largest difference between the
    filter's product of any two rows and their cosine.
    """

    backend: str
    certified: int
    redone: int
    bound: float

    @classmethod
    def joined(cls, parts: Sequence[Certificate]) -> Certificate:
        """The certificate of rows that were searched apart, perhaps by several back ends.

        >>> a = Certificate(backend="int8", certified=3, redone=1, bound=0.01)
        >>> b = Certificate(backend="fp32", certified=2, redone=0, bound=0.001)
        >>> Certificate.joined([a, b])
        Certificate(backend='fp32, int8', certified=5, redone=1, bound=0.01)
        """
        return cls(
            backend=", ".join(sorted({part.backend for part in parts})),
            certified=sum(part.certified for part in parts),
            redone=sum(part.redone for part in parts),
            bound=max(part.bound for part in parts),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Nearest:
    """``positions`` int32 ``[q, k]``, best first; ``similarity`` float32 ``[q, k]``, the float64 cosine rounded."""

    positions: Int32
    similarity: Float32
    certificate: Certificate
