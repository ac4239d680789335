"""What the lexicon knows of two languages, and of others, turned into the probability of each pair, held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.applications.induction.isotonic import CrossFitted, cross_fitted, folds_of
from hyperpolyglot.applications.induction.options import InductionOptions
from hyperpolyglot.applications.induction.posed import FEWEST_WORDS, KnownPairs, Posed, members_of, pose
from hyperpolyglot.applications.induction.reliability import reliability
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.translation.asking import TranslateOptions, most_covered
from hyperpolyglot.measures.translation.lookup import look_up
from hyperpolyglot.measures.translation.recent import Recent
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float64, Progress

__all__ = ["Judged", "fitted_to", "judged", "pairs_beside", "posed_pairs"]

_PAIRS_BESIDE = 20
_WORDS_BESIDE = 4000


def fitted_to(known: KnownPairs, options: InductionOptions) -> CrossFitted | None:
    """Maps of known pairs, held out by concept; ``None`` where they are too few."""
    fold = folds_of(known.concepts, options.folds, options.seed)
    if len(known) < options.fewest or len(np.unique(fold)) < options.folds:
        return None
    return cross_fitted(known.seen, known.right, fold, known.group)


class Judged(NamedTuple):
    """Held-out ``probabilities`` that quality is judged by, whether these pairs are ``right``, and the quality."""

    probabilities: Float64
    right: NDArray[np.bool_]
    calibration: dict[str, Any]


def judged(
    known: KnownPairs, probabilities: Float64 | None, pair: tuple[str, str], options: InductionOptions
) -> Judged:
    """The quality of held-out probabilities of known pairs, ``None``: there are none.

    It is that of the first group, ``pair``, and of all where this has fewer than ``fewest`` pairs.
    """
    own = int(np.count_nonzero(known.group == 0))
    of = own if own >= options.fewest else len(known)
    calibration: dict[str, Any] = {"ece": None, "ece_p": None, "brier": None, "bins": []}
    said = np.empty(0) if probabilities is None else probabilities[:of]
    if probabilities is not None:
        calibration = reliability(said, known.right[:of], known.concepts[:of], options.seed)
    calibration |= {
        "known": own,
        "lent": len(known) - own,
        "concepts": len(np.unique(known.concepts[:of])),
        "right": float(known.right[:of].mean()) if of else None,
        "note": _how(pair, own, known, of, probabilities is not None),
    }
    return Judged(said, known.right[: len(said)], calibration)


def _how(pair: tuple[str, str], own: int, known: KnownPairs, of: int, calibrated: bool) -> str:
    between = " → ".join(map(language_name, pair))
    said = f"The lexicon knows the translation of {own:,} source words for {between}"
    more = len(known) - own
    if not calibrated:
        return f"{said}, and of {more:,} for other pairs of languages: too few to calibrate probabilities."
    held = "held out by concept"
    if not more:
        return f"{said}; probabilities are calibrated on these, {held}."
    others = len(np.unique(known.group[known.group > 0]))
    if of > own:
        return (
            f"{said}, which are too few: probabilities are calibrated on {more:,} more of {others} other pairs of "
            f"languages, {held}, and hold only as far as this pair is like them."
        )
    return (
        f"{said}; probabilities are calibrated on these and on {more:,} of {others} other pairs of languages, {held}, "
        "and judged on these alone."
    )


def pairs_beside(
    space: TokenSpace, lexicon: Lexicon, pair: tuple[str, str], options: InductionOptions
) -> list[tuple[str, str]]:
    """Up to 20 other pairs, drawn by the seed among the languages with most words that are tokens of the model."""
    tags = most_covered(space, lexicon, TranslateOptions(held_out=False), _WORDS_BESIDE)
    every = [(a, b) for a in tags for b in tags if a != b]
    chosen = np.random.default_rng(options.seed).permutation(len(every))[: _PAIRS_BESIDE + 1].tolist()
    return [every[i] for i in chosen if every[i] != pair][:_PAIRS_BESIDE]


def posed_pairs(
    space: TokenSpace,
    lexicon: Lexicon,
    pairs: Sequence[tuple[str, str]],
    options: InductionOptions,
    progress: Progress,
) -> dict[tuple[str, str], Posed]:
    """Pairs of languages put to a model; those that have too few words are left out."""

    def posed() -> dict[tuple[str, str], Posed]:
        tags = {tag for pair in pairs for tag in pair}
        words = look_up(space, lexicon.take(languages=tags), multi_piece=options.multi_piece)
        usable = {tag for tag in tags if len(members_of(words, tag)) >= FEWEST_WORDS}
        return {pair: pose(words, *pair, options.k, progress) for pair in pairs if usable.issuperset(pair)}

    return _POSED(space, (lexicon, tuple(pairs), options.k, options.multi_piece), posed)


_POSED: Recent[dict[tuple[str, str], Posed]] = Recent(4)
