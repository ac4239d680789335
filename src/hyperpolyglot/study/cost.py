"""What steps cost, by a stated model: CPU seconds of one core, as a constant and powers of the table's size.

The constants are set by hand from CPU seconds on one server (AVX512): the demo models (23,735 × 64) for all steps, and
250,000 × 768 for neighbours. ``benchmarks/study.py fit`` measures them anew. Expect the right order of magnitude.
"""

from __future__ import annotations

from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.graph import Cost

__all__ = ["cost_of"]

_PER_STEP: dict[str, tuple[float, float, float, float]] = {
    # step: seconds; seconds per 10⁹ of V²·d, of V·d, of V
    "neighbors": (0.05, 1.9e-3, 100.0, 15_000.0),
    "separability": (0.05, 0.0, 180.0, 150_000.0),
    "diversity": (0.02, 0.0, 0.0, 5_000.0),
    "projection": (0.5, 0.0, 30.0, 100_000.0),
    "translation": (10.0, 0.0, 100.0, 100_000.0),
    "meanings": (0.3, 0.0, 0.0, 15_000.0),
    "explanation": (12.0, 0.0, 600.0, 250_000.0),
    "languages": (4.0, 0.0, 100.0, 100_000.0),
    "comparison": (0.5, 0.0, 2_000.0, 500_000.0),
}
_BYTES_PER_ROW = {"projection": 12, "diversity": 12, "explanation": 40}


def cost_of(name: str, space: TokenSpace, *, k: int = 0, share: float = 1.0) -> Cost:
    """The estimate for a step on a space; ``share`` of its rows are asked about, with ``k`` neighbours each."""
    rows, dim = len(space), space.table.shape[1] if space.table else 0
    start, square, area, line = _PER_STEP[name]
    seconds = (square * share * rows * rows * dim + area * rows * dim + line * rows) * 1e-9
    kept = int(rows * share * (8 * k + _BYTES_PER_ROW.get(name, 0))) + (1 << 14)
    return Cost(rows=rows, dim=dim, bytes=kept, seconds=start + seconds)
