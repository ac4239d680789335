"""Bilingual lexicon induction: a dictionary of two languages from the embeddings of one model, with probabilities.

Every word of the source language that is a token gets its first candidate by CSLS among the words of the target
language. Probabilities come from the pairs that the lexicon knows, held out by concept (:mod:`isotonic`); a cut at a
stated precision is by a conformal threshold (:mod:`selection`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.applications.induction.calibrating import Learnt, learnt_from, pairs_beside, posed_pairs
from hyperpolyglot.applications.induction.options import InductionOptions
from hyperpolyglot.applications.induction.posed import (
    FEWEST_WORDS,
    Posed,
    joined,
    listed,
    members_of,
    pose,
)
from hyperpolyglot.applications.induction.selection import threshold
from hyperpolyglot.arguments import checked, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.translation.asking import (
    TranslateOptions,
    narrowed,
    wants_held_out,
)
from hyperpolyglot.measures.translation.lookup import Words, look_up
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float64, Progress, silent

__all__ = ["InducedPair", "Induction", "InductionOptions", "induce"]

_PROMISE = (
    "Conformal threshold: {} of the pairs kept are right in expectation, as far as words that the lexicon does not "
    "translate are like those that it does. Held-out probabilities of known pairs set it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InducedPair:
    """A source word and its first candidate.

    ``margin``: CSLS of the first less that of the second candidate; ``mutual``: each is the other's first;
    ``same_spelling``: alike but for capitals and accents; ``probability`` that the pair is right, held out where the
    lexicon knows it, ``None`` without a calibration; ``known``: whether the lexicon has the pair, ``None`` where it
    does not translate the source word.
    """

    source: str
    target: str
    cosine: float
    csls: float
    margin: float
    mutual: bool
    same_spelling: bool
    probability: float | None
    known: bool | None

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Induction(Record):
    """Pairs of words of two languages, the most probable first.

    ``calibration``: {ece, ece_p, brier, bins, known, lent, concepts, right, note}; ``cut``: {precision, threshold,
    kept, of, right_of_known, note}, ``None`` without a precision; ``words``: covered words of each language, and those
    left out as their own translation.
    """

    source: str
    target: str
    pairs: tuple[InducedPair, ...]
    calibration: dict[str, Any]
    cut: dict[str, Any] | None
    words: dict[str, int]
    notes: tuple[str, ...]
    options: InductionOptions

    def summary(self) -> str:
        """How many pairs, and the calibration error."""
        error = self.calibration["ece"]
        said = "not calibrated" if error is None else f"calibration error {error['value']:.3f}"
        return f"{self.source} → {self.target}: {len(self.pairs):,} pairs, {said}, seed {self.options.seed}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "from": self.source,
            "to": self.target,
            "pairs": [pair.to_json() for pair in self.pairs],
            "calibration": self.calibration,
            "cut": self.cut,
            "words": self.words,
            "notes": list(self.notes),
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every pair."""
        return [pair.to_json() for pair in self.pairs]

    def tables_by_name(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The pairs, and the reliability bins."""
        return {"": self.table(), "bins": self.tidied(self.calibration["bins"])}


# More than seven parameters: a model, two languages, where words come from, and how.
def induce(
    space: TokenSpace,
    source: str,
    target: str,
    lexicon: Lexicon | None = None,
    *,
    words: Mapping[str, Sequence[str]] | None = None,
    options: InductionOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Induction:
    """Induce a dictionary from one language to another.

    Words are those of the lexicon (``None``: the packaged one) and of ``words``, lists by language. Pairs with fewer
    than ``fewest`` known concepts borrow their calibration from other languages. Raises ``NotEnoughData`` where a
    language has fewer than three words with a vector, or nothing to cut by; ``TensorNotFound`` for a vocabulary alone.

    >>> import hyperpolyglot as hp
    >>> found = hp.induce(hp.open_model("demo:e5"), "en", "de")
    >>> next(pair.target for pair in found.pairs if pair.source == "fish")
    'Fisch'
    """
    checked("induce", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    options = options_of("induce", InductionOptions, options, changes)
    space.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    if source == target:
        raise NotEnoughData(f"{source}: both languages are the same; name two.")
    asked = TranslateOptions(held_out=options.held_out, k=options.k, multi_piece=options.multi_piece)
    lexicon = lexicon or packaged_lexicon()
    asked_lexicon = narrowed(lexicon, asked, wants_held_out([space], lexicon, asked))
    given = {tag: list((words or {}).get(tag, ())) for tag in (source, target)}
    found = look_up(
        space,
        _with(asked_lexicon.take(languages={source, target}), listed(given)),
        multi_piece=options.multi_piece,
    )
    counts = {tag: len(members_of(found, tag)) for tag in (source, target)}
    for tag, count in counts.items():
        if count < FEWEST_WORDS:
            raise NotEnoughData(
                f"{tag}: {count} of its words are tokens of {space.model}; give a list of its words, or a lexicon."
            )
    posed = pose(found, source, target, options.k, progress)
    beside = pairs_beside(space, asked_lexicon, (source, target), options)
    others = posed_pairs(space, asked_lexicon, beside, options, progress)
    known = joined([posed.known_pairs(), *(other.known_pairs() for other in others.values())])
    learnt = learnt_from(known, (source, target), options)
    probability, kept, cut = _judged(posed, learnt, options)
    return stamped(
        Induction(
            source=source,
            target=target,
            pairs=_pairs(posed, probability, kept, (source, target)),
            calibration=learnt.calibration,
            cut=cut,
            words={**counts, "own_translation": posed.same},
            notes=_notes(lexicon, given, options),
            options=options,
        ),
        came_from(space, seed=options.seed),
    )


def _with(lexicon: Lexicon, more: Lexicon | None) -> Lexicon:
    return lexicon if more is None else lexicon + more


def _judged(
    posed: Posed, learnt: Learnt, options: InductionOptions
) -> tuple[Float64, NDArray[np.bool_], dict[str, Any] | None]:
    """The probability of every pair (NaN without a calibration), which are kept, and what is said of the cut."""
    own, kept = posed.known >= 0, np.ones(len(posed.known), bool)
    if learnt.fitted is None:
        if options.precision is not None:
            raise NotEnoughData(f"{learnt.calibration['note']} So there is no cut at a precision.")
        return np.full(len(kept), np.nan), kept, None
    probability = np.empty(len(kept))
    probability[own] = learnt.fitted.probabilities[: own.sum()]
    probability[~own] = learnt.fitted.of_others(posed.seen()[~own])
    if options.precision is None:
        return probability, kept, None
    least = threshold(*learnt.judged(), options.precision)
    kept = probability >= least
    known_kept = posed.known[own & kept] == 1
    cut = {
        "precision": options.precision,
        "threshold": None if np.isinf(least) else least,
        "kept": int(kept.sum()),
        "of": len(kept),
        "right_of_known": float(known_kept.mean()) if len(known_kept) else None,
        "note": _PROMISE.format(f"{100 * options.precision:g} %"),
    }
    return probability, kept, cut


def _pairs(
    posed: Posed, probability: Float64, kept: NDArray[np.bool_], tags: tuple[str, str]
) -> tuple[InducedPair, ...]:
    """The pairs kept, most probable first, then by margin and position."""
    found = posed.found
    named = [_names(posed.words, tag) for tag in tags]
    order = np.lexsort((np.arange(len(found)), -found.margin, -np.nan_to_num(probability)))
    rows = []
    for i in order[kept[order]].tolist():
        source, target = named[0][int(found.source[i])], named[1][int(found.target[i])]
        rows.append(
            InducedPair(
                source=source,
                target=target,
                cosine=float(found.cosine[i]),
                csls=float(found.csls[i]),
                margin=float(found.margin[i]),
                mutual=bool(found.back_rank[i] == 1),
                same_spelling=fold_accents(source) == fold_accents(target),
                probability=None if np.isnan(probability[i]) else float(probability[i]),
                known=None if posed.known[i] < 0 else bool(posed.known[i]),
            )
        )
    return tuple(rows)


def _names(words: Words, language: str) -> dict[int, str]:
    """A word of the language for each unit: of several the one that is found by the first rule, then the first."""
    own = np.flatnonzero(words.covered() & (words.language == words.languages.index(language)))
    named: dict[int, str] = {}
    for w in own[np.argsort(words.rule[own], kind="stable")].tolist():
        named.setdefault(int(words.unit[w]), words.words[w])
    return named


def _notes(
    lexicon: Lexicon, given: Mapping[str, Sequence[str]], options: InductionOptions
) -> tuple[str, ...]:
    listed_words = ", ".join(f"{len(words):,} of {tag}" for tag, words in given.items() if words)
    cover = "one token" if not options.multi_piece else "one token, or tokens that are all known,"
    where = f"the lexicon ({lexicon.source})" + (
        f" and the lists given ({listed_words})" if listed_words else ""
    )
    return (
        f"Words are those of {where} that are {cover} of the model.",
        "Right means that the lexicon has the pair: a synonym that it lacks counts as wrong, so probabilities are low "
        "rather than high.",
        "Geometry is not behaviour: that two embeddings are near says nothing of how the model translates.",
    )
