"""Steps in their order, on one token axis where they have one, and what is decided for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.track.aligned import aligned, apart
from hyperpolyglot.measures.track.axis import by_size, number_in, ordered
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.trends import parameters_in
from hyperpolyglot.measures.track.words import Watched, check_words
from hyperpolyglot.measures.translation.asking import TranslateOptions, wants_held_out
from hyperpolyglot.sources import spread
from hyperpolyglot.space import TokenSpace

__all__ = ["Compared", "Ready", "ready"]

Compared = tuple[int, int, str]
"""Two steps by their number, and the ending of the measures that compare them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Steps in their order with their places; ``aligned``: on one token axis, so that they can be compared."""

    spaces: tuple[TokenSpace, ...]
    x: tuple[float, ...]
    options: TrackOptions
    aligned: bool

    @property
    def watched(self) -> Watched | None:
        """What is looked up at each step; ``None`` without words."""
        options = self.options
        return Watched(words=options.words, nearest=options.nearest) if options.words else None

    @property
    def mapped(self) -> list[int]:
        """The steps that are laid out, by their number; none where tokens are not the same."""
        count = self.options.maps
        return spread(range(len(self.spaces)), count) if count and self.aligned else []

    @property
    def compared(self) -> tuple[Compared, ...]:
        """Each step beside the last, and beside the one before it; models of other vocabularies beside none."""
        last = len(self.spaces) - 1
        if not self.aligned:
            return ()
        return (
            *((i, last, "_last") for i in range(last + 1)),
            *((i, i - 1, "_previous") for i in range(1, last + 1)),
        )


def ready(
    spaces: Sequence[TokenSpace], x: Sequence[float] | None, options: TrackOptions, lexicon: Lexicon
) -> Ready:
    """The steps in their order, their places, and options with what is to be decided for all.

    Raises ``TokenNotFound`` for a word that is no token, and as :func:`track` does.
    """
    if len(spaces) < 2:
        raise NotEnoughData(
            "a track needs at least two steps: name more checkpoints, or a pattern such as run/step-*."
        )
    check_words(spaces, options.words)
    order, places = _order([space.model for space in spaces], x, spaces, options)
    held_out = wants_held_out(spaces, lexicon, TranslateOptions(held_out=options.held_out))
    options = replace(options, held_out=held_out)
    ordered_spaces = [spaces[i] for i in order]
    try:
        return Ready(
            spaces=aligned(ordered_spaces, shared=options.shared), x=places, options=options, aligned=True
        )
    except NotEnoughData:
        if options.by == "training" or options.shared:
            raise
        return Ready(spaces=apart(ordered_spaces), x=places, options=options, aligned=False)


def _order(
    names: Sequence[str], x: Sequence[float] | None, spaces: Sequence[TokenSpace], options: TrackOptions
) -> tuple[list[int], tuple[float, ...]]:
    if options.by != "training":
        if x is None and options.by == "name":
            x = parameters_in(names)
        return by_size(names, [float(len(space)) * space.dim for space in spaces] if x is None else x)
    if options.tokens_per_step is None:
        return ordered(names, x)
    steps = number_in(names)
    if steps is None or x is not None:
        why = "the names of the steps have no number by which all differ" if x is None else "x is given, too"
        raise ValueError(f"tokens per step need the numbers of steps, and {why}.")
    return ordered(names, [step * options.tokens_per_step for step in steps])
