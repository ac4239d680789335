"""What models hold of languages, as it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hyperpolyglot.records import Record, tidied

__all__ = ["MOST_UNKNOWN", "LanguageModel", "Languages", "ModelLanguages", "pieces"]

MOST_UNKNOWN = 0.1
"""A larger share of words with an unknown part makes pieces per word too small to compare."""

Value = dict[str, Any]
"""{value, low, high, chance}, and what it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """What one model holds of one language.

    ``coverage``: share of the lexicon's words that are one token; ``pieces_per_word``: the mean over all words,
    ``None`` where every word has a part that no token covers; ``exact``: words are cut by the model's own tokenizer,
    else by an estimate from the vocabulary alone (:mod:`hyperpolyglot.tokenization`); ``unknown``: share of words with
    a part that no token covers; ``undertrained``: share of the distinct tokens that its words are cut into,
    ``None`` without a mask; ``translation``: {value, interval, chance, questions, all, all_interval, asked, candidates,
    matched: {candidates, value, interval, chance, all, all_interval}}, ``None`` for a vocabulary alone or too few
    words; ``rank`` from 1, best first, and ``tied`` where its interval overlaps that of the best one.

    More where there is text, a word list, a probe: ``frequent``: share of the most frequent words of a list, by
    frequency, that are one token; ``fertility`` and ``premium``: tokens per word of real text, and over those of the
    reference language; ``separation``: accuracy of a linear probe against the other languages of its script;
    ``against_reference``: coverage of the words for concepts that the reference language names too, less that of its
    own words for them, so that languages are compared on the same concepts. Each {value, low, high, chance}, or
    ``None``; ``undertrained_share`` is ``undertrained`` so, with that of all tokens as chance.
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
    tied: bool = False
    coverage_interval: list[float] | None = None
    undertrained_share: Value | None = None
    frequent: Value | None = None
    fertility: Value | None = None
    premium: Value | None = None
    separation: Value | None = None
    against_reference: Value | None = None

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

    ``concepts`` is ``None`` for a vocabulary alone; ``cut``: how words were cut into tokens, in a sentence;
    ``missing``: what could not be measured and why, a sentence each.
    """

    by_language: dict[str, LanguageModel]
    scripts: dict[str, str]
    concepts: dict[str, Any] | None
    cut: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Languages(Record):
    """Models by language, best first; ``by_language`` in the order of the languages.

    ``ranked_by``: what models are ranked by in each language, which is something that all of them have.
    """

    by_language: dict[str, tuple[LanguageModel, ...]]
    scripts: dict[str, str]
    concepts: dict[str, Any]
    notes: tuple[str, ...]
    ranked_by: dict[str, str]

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
                    "ranked_by": self.ranked_by[language],
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


def pieces(row: LanguageModel) -> str:
    """Pieces per word in a table: ≈ for an estimate, † where more than a tenth of the words have an unknown part."""
    if row.pieces_per_word is None:
        return "–"
    mark = "†" if row.unknown > MOST_UNKNOWN else ""
    return f"{'' if row.exact else '≈ '}{row.pieces_per_word:.1f}{mark}"
