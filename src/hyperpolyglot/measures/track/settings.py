"""What is measured along checkpoints, and on how many tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

__all__ = ["AXES", "TrackOptions"]

AXES = ("training", "size", "name")
"""What the axis is: checkpoints of one model, or models by rows × dimensions, or by the sizes that their names say."""

_MOST_WORDS, _MOST_NEAREST, _MOST_MAPS = 100, 100, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackOptions:
    """``sample`` tokens are drawn once, the same at every step; their ``k`` nearest of all tokens are searched.

    ``exact`` takes all tokens in place of the sample. ``minimum``: tokens that a label needs to be probed, in
    ``folds`` of cross-validation; ``fewest``: sampled tokens, or questions, that a label or a language needs for a row
    of its own. ``shared`` follows the tokens that all steps have, by text, where vocabularies differ. ``held_out``: as
    for translation. ``resamples`` of the bootstrap behind half-lives. ``words``: those whose ``nearest`` tokens are
    kept at each step. ``maps``: at so many steps the sampled tokens are laid out. ``by``: ``training`` for checkpoints
    of one model; ``size`` (rows × dimensions) or ``name`` (the parameters that names say) for models of one family or
    of several, which have trends in place of half-lives. ``tokens_per_step``: where names say steps, the axis is
    tokens.
    """

    k: int = 50
    sample: int = 4000
    exact: bool = False
    minimum: int = 500
    folds: int = 10
    fewest: int = 30
    shared: bool = False
    held_out: bool | None = None
    resamples: int = 2000
    words: tuple[str, ...] = ()
    nearest: int = 8
    maps: int = 0
    by: str = "training"
    tokens_per_step: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1 or self.sample < 2 or self.folds < 2 or self.fewest < 2:
            raise ValueError("k is at least 1; sample, folds and fewest are at least 2")
        if self.minimum < self.folds or self.resamples < 100:
            raise ValueError("minimum is at least the number of folds, and resamples at least 100")
        if self.by not in AXES:
            raise ValueError(f"by is one of {', '.join(AXES)}")
        tokens = self.tokens_per_step
        if tokens is not None and not (isfinite(tokens) and tokens > 0 and self.by == "training"):
            raise ValueError("tokens per step are above zero, and of checkpoints along training")
        words = (self.words,) if isinstance(self.words, str) else tuple(dict.fromkeys(self.words))
        object.__setattr__(self, "words", words)
        if len(words) > _MOST_WORDS or not all(words):
            raise ValueError(f"words are at most {_MOST_WORDS}, none of them empty")
        if not 0 <= self.maps <= _MOST_MAPS or self.maps == 1:
            raise ValueError(f"maps are none, or between 2 and {_MOST_MAPS}")
        if not 1 <= self.nearest <= _MOST_NEAREST:
            raise ValueError(f"nearest is between 1 and {_MOST_NEAREST}")

    @property
    def axis(self) -> str:
        """What the axis counts."""
        if self.by == "training":
            return "step" if self.tokens_per_step is None else "tokens"
        return "rows × dimensions" if self.by == "size" else "parameters"

    def of_one_step(self) -> TrackOptions:
        """Only what the measures of one step depend on; the rest as by default."""
        return replace(
            self,
            shared=False,
            resamples=2000,
            words=(),
            nearest=8,
            maps=0,
            by="training",
            tokens_per_step=None,
        )

    def of_a_map(self) -> TrackOptions:
        """Only what a map depends on: the sample."""
        return TrackOptions(sample=self.sample, seed=self.seed)
