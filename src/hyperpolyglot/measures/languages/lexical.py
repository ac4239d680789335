"""What a model holds of a lexicon's words: which are tokens, how others are cut, whether translations are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.measures.languages.records import LanguageModel
from hyperpolyglot.measures.translation.asking import Asked, TranslateOptions, matched_candidates
from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.questions import DIFFERENT, Questions
from hyperpolyglot.measures.translation.scores import (
    among_few,
    chance_spread,
    clusters_of,
    expected_of,
    values_of,
)
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import wilson
from hyperpolyglot.tokenization.encoder import Encoded, Encoder
from hyperpolyglot.tokenization.segmentation import UNKNOWN
from hyperpolyglot.types import Array, Float64
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["of_all", "of_covered", "of_words"]


def of_words(
    space: TokenSpace,
    words: Words,
    asked: Asked | None,
    mask: NDArray[np.bool_] | None,
    wanted: Sequence[str],
    options: TranslateOptions,
) -> tuple[dict[str, LanguageModel], str]:
    """What a model holds of the words of each language, and how they were cut, in a sentence."""
    few = matched_candidates(options)
    single = words.covered() & (words.rule < 4)
    result = {}
    numbers = {tag: words.languages.index(tag) for tag in wanted if tag in words.languages}
    every = np.flatnonzero(np.isin(words.language, list(numbers.values())))
    cut = Encoder(vocabulary=space.vocabulary, ids=space.ids).words(
        [words.words[i] for i in every.tolist()], [words.scripts[words.script[i]] for i in every.tolist()]
    )
    # Of an estimate, a word that the lookup found is one piece, whatever its capitals.
    lengths = cut.lengths if cut.exact else np.where(single[every], 1, cut.lengths)
    unknown = cut.per_text(cut.rows == UNKNOWN) > 0
    text = np.isin(space.vocabulary.kinds, (TokenKind.TEXT, TokenKind.ADDED))
    for tag, number in numbers.items():
        own = words.language[every] == number
        tokens = np.unique(cut.rows[np.repeat(own, cut.lengths)])
        tokens = tokens[tokens >= 0]
        result[tag] = LanguageModel(
            model=space.model,
            words=int(own.sum()),
            coverage=float(single[every[own]].mean()),
            coverage_interval=_wilson(single[every[own]]),
            pieces_per_word=None if unknown[own].all() else float(np.mean(lengths[own])),
            exact=cut.exact,
            unknown=float(unknown[own].mean()),
            undertrained=None if mask is None or not len(tokens) else float(mask[tokens].mean()),
            undertrained_share=None if mask is None or not len(tokens) else _share(mask, tokens, text),
            translation=None if asked is None else _translation(asked, number, few),
            rank=0,
        )
    return result, _cut_note(title_of(space.model), cut)


def _cut_note(model: str, cut: Encoded) -> str:
    """How words were cut, in a sentence; the reason why they were not cut exactly, where there is one."""
    if cut.exact:
        return f"Pieces per word are exact for {model} ({cut.by})."
    why = f": {cut.remark}" if cut.remark else ""
    return f"Pieces per word are estimated for {model}, from the vocabulary without the tokenizer's own rules{why}."


def _translation(asked: Asked, number: int, few: int) -> dict[str, Any] | None:
    every = asked.questions
    at = (every.source == number) | (every.target == number)
    chosen = np.flatnonzero(at & (every.match_type == DIFFERENT))
    if not len(chosen):
        return None
    some = every.take(chosen)
    ranks, sizes = asked.ranks.csls[chosen], (asked.candidates[chosen], np.diff(some.reference_at))
    clusters, spread = clusters_of(some), chance_spread("p1", sizes)
    whole = every.asked_of[number]
    answered = len(chosen) / float(whole.sum())
    values, matched = values_of("p1", ranks), among_few(ranks, sizes, few)
    return {
        "value": float(values.mean()),
        "interval": of_covered(values, clusters, spread),
        "chance": float(expected_of("p1", sizes).mean()),
        "questions": len(chosen),
        "all": float(values.sum() / whole.sum()),
        "all_interval": of_all(values, some, whole, clusters, spread * answered),
        "asked": int(whole.sum()),
        "candidates": float(sizes[0].mean()),
        "matched": {
            "candidates": few,
            "value": float(matched.mean()),
            "interval": of_covered(matched, clusters, 0.0),
            "chance": 1 / few,
            "all": float(matched.sum() / whole.sum()),
            "all_interval": of_all(matched, some, whole, clusters, 0.0),
        },
    }


def of_covered(values: Float64, clusters: Crossed, spread: float) -> list[float] | None:
    """The interval of the mean of ``values`` of one language, whose concepts may be few and uneven."""
    found = clusters.estimate(values)
    found = replace(found, degrees=np.minimum(found.degrees, clusters.uneven_degrees(values)))
    low, high = wilson_form(found, spread=spread)
    return None if np.isnan(low[0]) else [float(low[0]), float(high[0])]


def of_all(
    values: Float64, asked: Questions, whole: Array, clusters: Crossed, spread: float
) -> list[float] | None:
    """The interval of Σ values / Σ ``whole`` ``[concept]``, where what is not covered counts as missed.

    Which languages the uncovered questions are of is not kept: to the variance over concepts, of all questions, the
    covered ones add what languages do to them.
    """
    missing = whole - np.bincount(asked.concept, minlength=len(whole))
    uncovered = np.flatnonzero(missing > 0)
    concept = np.concatenate([asked.concept, uncovered])
    weights = np.concatenate([np.ones(len(values)), missing[uncovered]])
    every = _over_concepts(concept, weights).estimate(np.concatenate([values, np.zeros(len(uncovered))]))
    covered, alone = clusters.estimate(values), _over_concepts(asked.concept, np.ones(len(values)))
    more = np.maximum(covered.variance - alone.estimate(values).variance, 0.0)
    share = len(values) / float(whole.sum())
    found = replace(
        every,
        variance=every.variance + np.nan_to_num(more) * share**2,
        degrees=np.minimum(every.degrees, covered.degrees),
    )
    low, high = wilson_form(found, spread=spread)
    return None if np.isnan(low[0]) else [float(low[0]), float(high[0])]


def _over_concepts(concept: Array, weights: Array) -> Crossed:
    one = np.zeros(len(concept), np.int64)
    return Crossed.of(concept, (one, one + 1), weights=weights)


def _wilson(hits: NDArray[np.bool_]) -> list[float] | None:
    found = wilson(int(hits.sum()), len(hits))
    return None if found is None else list(found)


def _share(mask: NDArray[np.bool_], tokens: NDArray[np.integer], text: NDArray[np.bool_]) -> dict[str, float]:
    """The under-trained ones of some tokens, by chance as many as of all text tokens."""
    low, high = wilson(int(mask[tokens].sum()), len(tokens)) or (0.0, 1.0)
    return {"value": float(mask[tokens].mean()), "low": low, "high": high, "chance": float(mask[text].mean())}
