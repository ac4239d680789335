"""What is measured along checkpoints, and on how many tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["TrackOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackOptions:
    """``sample`` tokens are drawn once, the same at every step; their ``k`` nearest of all tokens are searched.

    ``exact`` takes all tokens in place of the sample. ``minimum``: tokens that a label needs to be probed, in
    ``folds`` of cross-validation; ``fewest``: sampled tokens, or questions, that a label or a language needs for a row
    of its own. ``shared`` follows the tokens that all steps have, by text, where vocabularies differ. ``held_out``: as
    for translation. ``resamples`` of the bootstrap behind half-lives.
    """

    k: int = 50
    sample: int = 4000
    exact: bool = False
    minimum: int = 500
    folds: int = 10
    fewest: int = 30
    shared: bool = False
    held_out: bool | None = None
    resamples: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1 or self.sample < 2 or self.folds < 2 or self.fewest < 2:
            raise ValueError("k is at least 1; sample, folds and fewest are at least 2")
        if self.minimum < self.folds or self.resamples < 100:
            raise ValueError("minimum is at least the number of folds, and resamples at least 100")

    def of_one_step(self) -> TrackOptions:
        """Only what the measures of one step depend on; the rest as by default."""
        return replace(self, shared=False, resamples=500)
