"""How dictionaries are induced."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["InductionOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InductionOptions:
    """``k``: neighbours in CSLS; ``folds`` of concepts that probabilities are held out by; ``fewest`` known pairs for a
    calibration, and for its quality to be judged on these two languages alone.

    ``precision``: keep so many pairs that this share of them is right; ``None`` keeps all. ``multi_piece``: words of
    several pieces too, as the mean of their vectors; ``held_out`` as for
    :class:`~hyperpolyglot.measures.translation.TranslateOptions`.
    """

    k: int = 10
    folds: int = 10
    fewest: int = 100
    precision: float | None = None
    multi_piece: bool = False
    held_out: bool | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1 or self.folds < 2 or self.fewest < self.folds:
            raise ValueError("k is at least 1, folds at least 2, fewest at least as many as there are folds")
        if self.precision is not None and not 0 < self.precision < 1:
            raise ValueError("precision is between 0 and 1")
