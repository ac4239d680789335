"""What steps cost, by a stated model: seconds of one core as sums of powers of the table's size.

The constants were fitted on one core of a server (AVX512 with VNNI) by ``benchmarks/study.py --fit``; another machine
is faster or slower by a factor that is about the same for all steps. An estimate is for planning, not a promise.
"""

from __future__ import annotations

from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.graph import Cost

__all__ = ["cost_of"]

_START = 0.05
_PER_STEP: dict[str, tuple[float, float, float]] = {
    # step: seconds per 10⁹ of (V²·d, V·d, V)
    "neighbors": (1.1e-2, 60.0, 5_000.0),
    "separability": (0.0, 180.0, 20_000.0),
    "diversity": (0.0, 0.0, 5_000.0),
    "projection": (0.0, 30.0, 300_000.0),
    "translation": (2.0e-4, 400.0, 100_000.0),
    "meanings": (0.0, 0.0, 15_000.0),
    "explanation": (1.0e-2, 1_500.0, 200_000.0),
    "languages": (2.0e-4, 400.0, 100_000.0),
    "comparison": (0.0, 1_500.0, 100_000.0),
}
_BYTES_PER_ROW = {"projection": 12, "diversity": 12, "explanation": 40}


def cost_of(name: str, space: TokenSpace, *, k: int = 0, share: float = 1.0) -> Cost:
    """The estimate for a step on a space; ``share`` of its rows are asked about, with ``k`` neighbours each."""
    rows, dim = len(space), space.table.shape[1] if space.table else 0
    square, area, line = _PER_STEP[name]
    seconds = (square * share * rows * rows * dim + area * rows * dim + line * rows) * 1e-9
    kept = int(rows * share * (8 * k + _BYTES_PER_ROW.get(name, 0))) + (1 << 14)
    return Cost(rows=rows, dim=dim, bytes=kept, seconds=_START + seconds)
