"""Which model for my language? Coverage, pieces per word, under-trained tokens and translation, side by side.

Models are ranked by the share of *all* questions from and into the language that are answered (weak candidates,
CSLS, P@1), each among the same number of candidates: the questions are those of the lexicon, the same for every model,
a word that is no token counts as missed, and a small vocabulary has no easier task. Overlapping intervals are ties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked_all, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.translation.asking import (
    Asked,
    TranslateOptions,
    ask,
    matched_candidates,
    narrowed,
    wants_held_out,
)
from hyperpolyglot.measures.translation.coverage import language_coverage
from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.lookup import Words, look_up
from hyperpolyglot.measures.translation.questions import DIFFERENT, Questions
from hyperpolyglot.measures.translation.scores import (
    among_few,
    chance_spread,
    clusters_of,
    expected_of,
    values_of,
)
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record, tidied
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.encoder import Encoded, Encoder
from hyperpolyglot.tokenization.segmentation import UNKNOWN
from hyperpolyglot.types import Array, Float64, Progress, silent

__all__ = [
    "LanguageModel",
    "Languages",
    "ModelLanguages",
    "languages",
    "languages_of",
    "of_all",
    "of_covered",
    "pieces",
    "ranked",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """What one model holds of one language.

    ``coverage``: share of the lexicon's words that are one token; ``pieces_per_word``: the mean over all words,
    ``None`` where every word has a part that no token covers; ``exact``: words are cut by the model's own tokenizer,
    else by an estimate from the vocabulary alone (:mod:`hyperpolyglot.tokenization`); ``unknown``: share of words with
    a part that no token covers; ``undertrained``: share of the distinct tokens that its words are cut into,
    ``None`` without a mask; ``translation``: {value, interval, chance, questions, all, all_interval, asked, candidates,
    matched: {candidates, value, interval, chance, all, all_interval}}, ``None`` for a vocabulary alone or too few
    words; ``rank`` from 1, best first.
    """

    model: str
    words: int
    coverage: float
    pieces_per_word: float | None
    exact: bool
    unknown: float
    undertrained: float | None
    translation: dict[str, Any] | None
    rank: int

    @property
    def chance_of_all(self) -> tuple[float, float]:
        """P@1 by chance of all questions, by covered candidates and by matched ones; of nothing, zero.

        A question about a word that is no token is never answered correctly.
        """
        found = self.translation
        if not found:
            return 0.0, 0.0
        covered, matched = (
            float(c * found["questions"] / found["asked"])
            for c in (found["chance"], found["matched"]["chance"])
        )
        return covered, matched

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLanguages:
    """What one model holds of each language, not ranked yet.

    ``concepts`` is ``None`` for a vocabulary alone; ``cut``: how words were cut into tokens, in a sentence.
    """

    by_language: dict[str, LanguageModel]
    scripts: dict[str, str]
    concepts: dict[str, Any] | None
    cut: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Languages(Record):
    """Models by language, best first; ``by_language`` in the order of the languages."""

    by_language: dict[str, tuple[LanguageModel, ...]]
    scripts: dict[str, str]
    concepts: dict[str, Any]
    notes: tuple[str, ...]

    def summary(self) -> str:
        """How many languages and models."""
        models = {row.model for rows in self.by_language.values() for row in rows}
        return f"{len(self.by_language)} languages, {len(models)} models: {', '.join(sorted(models)[:4])}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "languages": [
                {
                    "language": language,
                    "script": self.scripts[language],
                    "models": [model.to_json() for model in models],
                }
                for language, models in self.by_language.items()
            ],
            "concepts": self.concepts,
            "ranked_by": "translation.matched.all",
            "notes": list(self.notes),
        }

    def clear_winners(self, models: Sequence[str]) -> tuple[dict[str, int], int]:
        """For how many languages each model is above chance and first by more than the intervals; how many are ties."""
        first = dict.fromkeys(models, 0)
        ties = 0
        for rows in self.by_language.values():
            known = [
                (row.model, row.translation["matched"]["all_interval"], row.chance_of_all[1])
                for row in rows
                if row.translation and row.translation["matched"].get("all_interval")
            ]
            if len(known) < 2:
                continue
            (model, interval, chance), (_, second, _) = known[:2]
            if interval[0] > max(chance, second[1]):
                first[model] += 1
            else:
                ties += 1
        return first, ties

    def table(self) -> list[dict[str, Any]]:
        """A row for every language and model: ``translated`` of covered questions, ``translated_of_all``, and both with
        the same number of candidates (``matched``, ``matched_of_all``), each with its ends and chance level.
        """
        rows = [
            {"model": model.model, "language": language, "script": self.scripts[language]} | _cells(model)
            for language, models in self.by_language.items()
            for model in models
        ]
        return tidied(rows)


def _cells(model: LanguageModel) -> dict[str, Any]:
    """One level of what a model holds of a language; ``None`` for what was not asked."""
    found = model.translation or {}
    matched = found.get("matched") or {}
    by_chance = dict(zip(("translated", "matched"), model.chance_of_all, strict=True)) if found else {}
    scores: dict[str, Any] = {}
    for name, part in (("translated", found), ("matched", matched)):
        scores[name] = {key: part.get(key) for key in ("value", "interval", "chance")}
        scores[f"{name}_of_all"] = {
            "value": part.get("all"),
            "interval": part.get("all_interval"),
            "chance": by_chance.get(name),
        }
    return {
        name: value for name, value in model.to_json().items() if name not in ("model", "translation")
    } | scores


MOST_UNKNOWN = 0.1
"""A larger share of words with an unknown part makes pieces per word too small to compare."""
_NOTE = (
    "Translation asks for covered words among covered words, of which a small vocabulary has fewer; matched scores "
    "give every question the same number of candidates. Shares of all questions count an uncovered word as missed."
)


def languages(
    spaces: Sequence[TokenSpace],
    lexicon: Lexicon,
    language: str | None = None,
    *,
    undertrained: Mapping[str, NDArray[np.bool_] | None] | None = None,
    options: TranslateOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Languages:
    """Compare models on one language of the lexicon, or on every one.

    ``undertrained``: per model name a mask over its tokens. Concepts are the same for all models: where one of them is
    a demo model, held-out ones. Raises ``NotEnoughData`` for a language that the lexicon does not have.

    >>> import hyperpolyglot as hp
    >>> words = hp.packaged_lexicon().take(languages=["de", "en", "ru"])
    >>> spaces = [hp.open_model("demo:language"), hp.open_model("demo:meaning")]
    >>> found = hp.languages(spaces, words, "ru")
    >>> [row.model for row in found.by_language["ru"]]
    ['demo:meaning', 'demo:language']
    """
    checked_all("languages", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("languages", TranslateOptions, options, changes)
    options = replace(options, held_out=wants_held_out(spaces, lexicon, options))
    _wanted(lexicon, language)
    masks = undertrained or {}
    found = ranked(
        [
            languages_of(
                space,
                lexicon,
                language,
                undertrained=masks.get(space.model),
                options=options,
                progress=progress,
            )
            for space in spaces
        ]
    )
    return stamped(found, came_from(*spaces, seed=options.seed))


def languages_of(
    space: TokenSpace,
    lexicon: Lexicon,
    language: str | None = None,
    *,
    undertrained: NDArray[np.bool_] | None = None,
    options: TranslateOptions,
    progress: Progress = silent,
) -> ModelLanguages:
    """What one model holds of one language of the lexicon, or of every one; errors as for :func:`languages`."""
    wanted = _wanted(lexicon, language)
    asked = ask(space, lexicon, options, progress) if space.table is not None else None
    words = (
        asked.words
        if asked is not None
        else look_up(space, narrowed(lexicon, options, bool(options.held_out)))
    )
    by_language, cut = _of_model(space, words, asked, undertrained, wanted, options)
    return ModelLanguages(
        by_language=by_language,
        cut=cut,
        scripts={row.language: row.script for row in language_coverage(words, options.fewest)},
        concepts=None if asked is None else asked.concepts,
    )


def _wanted(lexicon: Lexicon, language: str | None) -> list[str]:
    if language is None:
        return sorted(set(lexicon.languages))
    if language not in set(lexicon.languages):
        near = sorted({tag for tag in lexicon.languages if tag.split("-")[0] == language.split("-")[0]})
        hint = f"it has {', '.join(near)}" if near else f"it has {len(set(lexicon.languages))} others"
        raise NotEnoughData(f"{language}: the lexicon has no words of this language; {hint}.")
    return [language]


def ranked(models: Sequence[ModelLanguages]) -> Languages:
    """Models by language, best first."""
    found: dict[str, list[LanguageModel]] = {}
    scripts: dict[str, str] = {}
    concepts: dict[str, Any] = {}
    for model in models:
        scripts |= model.scripts
        concepts = concepts if model.concepts is None else model.concepts
        for tag, row in model.by_language.items():
            found.setdefault(tag, []).append(row)
    return Languages(
        by_language={tag: _ranked(found[tag]) for tag in sorted(found)},
        scripts=scripts,
        concepts=concepts,
        notes=(*dict.fromkeys(model.cut for model in models), _NOTE),
    )


def _ranked(rows: list[LanguageModel]) -> tuple[LanguageModel, ...]:
    def order(row: LanguageModel) -> tuple[float, float, float, float, str]:
        answered = row.translation["matched"]["all"] if row.translation else -1.0
        pieces = np.inf if row.pieces_per_word is None else row.pieces_per_word
        return -answered, -row.coverage, row.unknown, pieces, row.model

    return tuple(replace(row, rank=i) for i, row in enumerate(sorted(rows, key=order), start=1))


def _of_model(
    space: TokenSpace,
    words: Words,
    asked: Asked | None,
    mask: NDArray[np.bool_] | None,
    wanted: Sequence[str],
    options: TranslateOptions,
) -> tuple[dict[str, LanguageModel], str]:
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
    for tag, number in numbers.items():
        own = words.language[every] == number
        tokens = np.unique(cut.rows[np.repeat(own, cut.lengths)])
        tokens = tokens[tokens >= 0]
        result[tag] = LanguageModel(
            model=space.model,
            words=int(own.sum()),
            coverage=float(single[every[own]].mean()),
            pieces_per_word=None if unknown[own].all() else float(np.mean(lengths[own])),
            exact=cut.exact,
            unknown=float(unknown[own].mean()),
            undertrained=None if mask is None or not len(tokens) else float(mask[tokens].mean()),
            translation=None if asked is None else _translation(asked, number, few),
            rank=0,
        )
    return result, _cut_note(title_of(space.model), cut)


def pieces(row: LanguageModel) -> str:
    """Pieces per word in a table: ≈ for an estimate, † where more than a tenth of the words have an unknown part."""
    if row.pieces_per_word is None:
        return "–"
    mark = "†" if row.unknown > MOST_UNKNOWN else ""
    return f"{'' if row.exact else '≈ '}{row.pieces_per_word:.1f}{mark}"


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
