"""Bilingual lexicon induction: a dictionary of two languages from the embeddings of one model, with probabilities.

Every word of the source language that is a token gets its first candidate by CSLS among the words of the target
language. Probabilities come from the pairs that the lexicon knows, held out by concept (:mod:`isotonic`); a cut at a
stated precision is by a conformal threshold (:mod:`selection`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.applications.induction.calibrating import (
    Judged,
    fitted_to,
    judged,
    pairs_beside,
    posed_pairs,
)
from hyperpolyglot.applications.induction.options import InductionOptions
from hyperpolyglot.applications.induction.posed import (
    FEWEST_WORDS,
    KnownPairs,
    Posed,
    joined,
    listed,
    members_of,
    names_of,
    pose,
)
from hyperpolyglot.applications.induction.selection import threshold
from hyperpolyglot.applications.induction.voting import ballots, quality_of_votes, voted
from hyperpolyglot.arguments import checked, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.translation.asking import (
    TranslateOptions,
    narrowed,
    wants_held_out,
)
from hyperpolyglot.measures.translation.lookup import look_up
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
    does not translate the source word. ``votes``: how many of several models give the target, ``None`` for one; the
    numbers are then those of the surest of them.
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
    votes: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract, with ``votes`` where several models voted."""
        found = {name: getattr(self, name) for name in self.__slots__}
        if self.votes is None:
            del found["votes"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Induction(Record):
    """Pairs of words of two languages, the most probable first.

    ``calibration``: {ece, ece_p, brier, bins, known, lent, concepts, right, note}; ``cut``: {precision, threshold,
    kept, of, right_of_known, note}, ``None`` without a precision; ``words``: covered words of each language, and those
    left out as their own translation (of the first model); ``vote``: {models, together, gain}, how several models do
    alone and together, ``None`` for one.
    """

    source: str
    target: str
    pairs: tuple[InducedPair, ...]
    calibration: dict[str, Any]
    cut: dict[str, Any] | None
    words: dict[str, int]
    notes: tuple[str, ...]
    options: InductionOptions
    vote: dict[str, Any] | None = None

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
        } | ({} if self.vote is None else {"vote": self.vote})

    def table(self) -> list[dict[str, Any]]:
        """A row for every pair."""
        return [pair.to_json() for pair in self.pairs]

    def tables_by_name(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The pairs, and the reliability bins."""
        return {"": self.table(), "bins": self.tidied(self.calibration["bins"])}


# More than seven parameters: models, two languages, where words come from, and how.
def induce(
    space: TokenSpace | Sequence[TokenSpace],
    source: str,
    target: str,
    lexicon: Lexicon | None = None,
    *,
    words: Mapping[str, Sequence[str]] | None = None,
    options: InductionOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Induction:
    """Induce a dictionary from one language to another, from one model or by the vote of several.

    Words are those of the lexicon (``None``: the packaged one) and of ``words``, lists by language. Of several models
    the candidates are joined by word. Raises ``NotEnoughData`` where a language has fewer than three words with a
    vector, or nothing to cut by; ``TensorNotFound`` for a vocabulary alone.

    >>> import hyperpolyglot as hp
    >>> found = hp.induce(hp.open_model("demo:e5"), "en", "de")
    >>> next(pair.target for pair in found.pairs if pair.source == "fish")
    'Fisch'
    """
    spaces: list[TokenSpace] = list(space) if isinstance(space, list | tuple) else [space]  # type: ignore[list-item]
    if not spaces:
        raise NotEnoughData("induce needs a model, and was given none.")
    for each in spaces:
        checked("induce", each, TokenSpace, "a TokenSpace, as open_model() gives it, or several")
    options = options_of("induce", InductionOptions, options, changes)
    for each in spaces:
        each.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    if source == target:
        raise NotEnoughData(f"{source}: both languages are the same; name two.")
    asked = TranslateOptions(held_out=options.held_out, k=options.k, multi_piece=options.multi_piece)
    lexicon = lexicon or packaged_lexicon()
    of = narrowed(lexicon, asked, wants_held_out(spaces, lexicon, asked))
    given = {tag: list((words or {}).get(tag, ())) for tag in (source, target)}
    posed = [_posed(each, of, given, options, progress) for each in spaces]
    beside = pairs_beside(spaces[0], of, (source, target), options)
    others = [posed_pairs(each, of, beside, options, progress) for each in spaces]
    if len(spaces) == 1:
        scored = _of_one(posed[0], others[0], (source, target), options)
    else:
        every = [{(source, target): own} | other for own, other in zip(posed, others, strict=True)]
        scored = _of_several(every, [each.model for each in spaces], options)
    kept, cut = _cut(scored, options)
    return stamped(
        Induction(
            source=source,
            target=target,
            pairs=_pairs(scored, kept),
            calibration=scored.judged.calibration,
            cut=cut,
            words={tag: len(members_of(posed[0].words, tag)) for tag in (source, target)}
            | {"own_translation": posed[0].same},
            notes=_notes(lexicon, given, options),
            options=options,
            vote=scored.quality,
        ),
        came_from(*spaces, seed=options.seed),
    )


def _posed(
    space: TokenSpace,
    lexicon: Lexicon,
    given: Mapping[str, Sequence[str]],
    options: InductionOptions,
    progress: Progress,
) -> Posed:
    """The two languages of ``given``, with its words beside those of the lexicon, put to a model."""
    own, more = lexicon.take(languages=set(given)), listed(given)
    found = look_up(space, own if more is None else own + more, multi_piece=options.multi_piece)
    for tag in given:
        count = len(members_of(found, tag))
        if count < FEWEST_WORDS:
            raise NotEnoughData(
                f"{tag}: {count} of its words are tokens of {space.model}; give a list of its words, or a lexicon."
            )
    source, target = given
    return pose(found, source, target, options.k, progress)


class _Scored(NamedTuple):
    """Pairs of words before they are cut, all ``[n]``; ``numbers`` ``[n, 3]``: cosine, CSLS, margin."""

    sources: Sequence[str]
    targets: Sequence[str]
    numbers: Float64
    mutual: NDArray[np.bool_]
    known: NDArray[np.int8]
    probability: Float64
    judged: Judged
    votes: Sequence[int | None]
    quality: dict[str, Any] | None = None


def _of_one(
    posed: Posed,
    others: Mapping[tuple[str, str], Posed],
    pair: tuple[str, str],
    options: InductionOptions,
) -> _Scored:
    known = joined([posed.known_pairs(), *(other.known_pairs() for other in others.values())])
    fitted = fitted_to(known, options)
    own, found = posed.known >= 0, posed.found
    probability = np.full(len(own), np.nan)
    if fitted is not None:
        probability[own] = fitted.probabilities[: own.sum()]
        probability[~own] = fitted.of_others(posed.seen()[~own])
    names = [names_of(posed.words, tag) for tag in pair]
    return _Scored(
        sources=[names[0][x] for x in found.source.tolist()],
        targets=[names[1][y] for y in found.target.tolist()],
        numbers=np.stack([found.cosine, found.csls, found.margin], axis=1),
        mutual=found.back_rank == 1,
        known=posed.known,
        probability=probability,
        judged=judged(known, None if fitted is None else fitted.probabilities, pair, options),
        votes=[None] * len(own),
    )


def _of_several(
    posed: Sequence[Mapping[tuple[str, str], Posed]], names: Sequence[str], options: InductionOptions
) -> _Scored:
    pairs = list(posed[0])
    cast = ballots(posed, pairs)
    told = cast.judged()
    vote = voted(cast, options.folds, options.seed) if told.sum() >= options.fewest else None
    if vote is None:
        raise NotEnoughData(
            f"The lexicon knows the translation of {int(told.sum()):,} source words, too few to weigh the votes of "
            "several models; name one model."
        )
    known = KnownPairs(
        seen=np.empty((int(told.sum()), 0)),
        right=vote.right[told] == 1,
        concepts=cast.concepts[told],
        group=cast.group[told],
    )
    own = np.flatnonzero(cast.group == 0)
    model = vote.model[own]
    return _Scored(
        sources=[cast.sources[i] for i in own.tolist()],
        targets=[cast.targets[y] for y in cast.answers[own, model].tolist()],
        numbers=np.column_stack([cast.told[own, model], cast.seen[own, model, 0]]),
        mutual=cast.seen[own, model, 1] == 1,
        known=vote.right[own],
        probability=vote.probability[own],
        judged=judged(known, vote.probability[told], pairs[0], options),
        votes=vote.votes[own].tolist(),
        quality=quality_of_votes(cast, vote, names, options.seed),
    )


def _cut(scored: _Scored, options: InductionOptions) -> tuple[NDArray[np.bool_], dict[str, Any] | None]:
    """Which pairs are kept, and what is said of the cut."""
    kept = np.ones(len(scored.known), bool)
    if options.precision is None:
        return kept, None
    if not len(scored.judged.probabilities):
        raise NotEnoughData(f"{scored.judged.calibration['note']} So there is no cut at a precision.")
    least = threshold(scored.judged.probabilities, scored.judged.right, options.precision)
    kept = scored.probability >= least
    known_kept = scored.known[(scored.known >= 0) & kept] == 1
    return kept, {
        "precision": options.precision,
        "threshold": None if np.isinf(least) else least,
        "kept": int(kept.sum()),
        "of": len(kept),
        "right_of_known": float(known_kept.mean()) if len(known_kept) else None,
        "note": _PROMISE.format(f"{100 * options.precision:g} %"),
    }


def _pairs(scored: _Scored, kept: NDArray[np.bool_]) -> tuple[InducedPair, ...]:
    """The pairs kept, most probable first, then by margin and position."""
    probability, margin = scored.probability, scored.numbers[:, 2]
    order = np.lexsort((np.arange(len(margin)), -margin, -np.nan_to_num(probability)))
    rows = []
    for i in order[kept[order]].tolist():
        source, target = scored.sources[i], scored.targets[i]
        rows.append(
            InducedPair(
                source=source,
                target=target,
                cosine=float(scored.numbers[i, 0]),
                csls=float(scored.numbers[i, 1]),
                margin=float(margin[i]),
                mutual=bool(scored.mutual[i]),
                same_spelling=fold_accents(source) == fold_accents(target),
                probability=None if np.isnan(probability[i]) else float(probability[i]),
                known=None if scored.known[i] < 0 else bool(scored.known[i]),
                votes=scored.votes[i],
            )
        )
    return tuple(rows)


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
