"""What is known of a language besides a lexicon: real text, the words that are frequent, probes, the same concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.fertility import FertilityOptions
from hyperpolyglot.measures.fertility.counts import counts_of
from hyperpolyglot.measures.fertility.fertility import joined
from hyperpolyglot.measures.languages.records import Value
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.translation.lookup import Words, look_up
from hyperpolyglot.parallel_text import ParallelText, packaged_text
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import share_intervals
from hyperpolyglot.types import Progress
from hyperpolyglot.word_lists import WordLists, installed_word_lists

__all__ = [
    "LanguageSources",
    "against_reference",
    "costs_of",
    "frequent_of",
    "installed_sources",
    "separations",
]

_FEWEST_CONCEPTS = 30
_OTHER_TAG = {"no": "nb", "nb": "no", "fil": "tl", "tl": "fil", "he": "iw", "iw": "he"}
"""Sources call a few languages by either of two tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSources:
    """What languages are measured on besides the lexicon; ``None`` for what is not there.

    ``text``: the same text in several languages, of which ``reference`` is the one that premiums are of;
    ``word_lists``: the most ``frequent`` words of each are looked up; ``separation``: probe languages within their
    script, those with ``minimum`` tokens, labelled by the word lists.
    """

    text: ParallelText | None = None
    word_lists: WordLists | None = None
    separation: bool = False
    reference: str = "en"
    frequent: int = 1_000
    minimum: int = 200

    def __post_init__(self) -> None:
        if self.frequent < 1 or self.minimum < 2:
            raise ValueError("languages are measured on at least one frequent word and two tokens of each")


def installed_sources() -> LanguageSources:
    """The packaged text, and the word lists of this installation where they know how frequent words are."""
    lists = installed_word_lists()
    counted = None if lists.remark else lists
    return LanguageSources(text=packaged_text(), word_lists=counted, separation=counted is not None)


def _of_tag(by_tag: Mapping[str, Value], tag: str) -> Value | None:
    return by_tag.get(tag) or by_tag.get(_OTHER_TAG.get(tag, ""))


def for_tags(by_tag: Mapping[str, Value], tags: Sequence[str]) -> dict[str, Value]:
    """The values of the languages asked for, whichever of its tags a source has.

    >>> for_tags({"nb": {"value": 1}}, ["no", "sv"])
    {'no': {'value': 1}}
    """
    values = {tag: _of_tag(by_tag, tag) for tag in tags}
    return {tag: value for tag, value in values.items() if value is not None}


def costs_of(
    space: TokenSpace, text: ParallelText, reference: str, seed: int, progress: Progress
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Tokens per word and premium of every language of a text."""
    options = FertilityOptions(reference=reference, seed=seed)
    (model,) = joined([counts_of(space, text, progress)], text, options).models
    rows = {row.language: row for row in model.languages}
    return (
        {tag: row.fertility | {"exact": model.exact} for tag, row in rows.items()},
        {tag: row.premium | {"exact": model.exact, "reference": reference} for tag, row in rows.items()},
    )


def frequent_of(space: TokenSpace, lists: WordLists, tags: Sequence[str], most: int) -> dict[str, Value]:
    """The share of each list's most frequent words, weighted by frequency, that are one token.

    The interval is for other words as frequent as these.
    """
    at = {tag: i for i, tag in enumerate(lists.languages)}
    chosen = dict.fromkeys(tag if tag in at else _OTHER_TAG.get(tag, "") for tag in tags)
    rows = [
        (f"{tag}:{rank}", tag, word)
        for tag in chosen
        if tag in at
        for rank, word in enumerate(lists.words[at[tag]][:most])
    ]
    if not rows:
        return {}
    words = look_up(space, Lexicon.of(rows, source=lists.source))
    single = words.covered() & (words.rule < 4)
    token = {(words.languages[words.language[i]], word): single[i] for i, word in enumerate(words.words)}
    found: dict[str, Value] = {}
    for tag in (tag for tag in chosen if tag in at):
        own = lists.words[at[tag]][:most]
        weights = lists.shares[at[tag]][: len(own)]
        hits = np.array([token[tag, word] for word in own])
        low, high = share_intervals((weights * hits)[:, None], weights[:, None])
        ends = (float(low[0]), float(high[0])) if np.isfinite(low[0]) else (None, None)
        value = float((weights * hits).sum() / weights.sum())
        found[tag] = {"value": value, "low": ends[0], "high": ends[1], "chance": None, "words": len(own)}
    return for_tags(found, tags)


def separations(probes: Separability, tags: Sequence[str]) -> dict[str, Value]:
    """Accuracies of the probes that tell a language from the others of its script."""
    against = dict(probes.against)
    found = {
        row.label: {
            "value": row.accuracy,
            "low": row.interval[0],
            "high": row.interval[1],
            "chance": row.chance,
            "tokens": row.tokens,
            "against": against[row.label],
        }
        for row in probes.labels
        if row.label in against
    }
    return for_tags(found, tags)


def against_reference(words: Words, tags: Sequence[str], reference: str) -> dict[str, Value]:
    """Coverage of a language's words less that of the reference's, over the concepts that both name.

    Of a concept with several words the mean; the interval is Student's t over concepts. Languages that share fewer
    than 30 concepts with the reference have none.
    """
    single = words.covered() & (words.rule < 4)
    per_language = {
        tag: _by_concept(words, single, words.languages.index(tag))
        for tag in {*tags, reference} & {*words.languages}
    }
    if reference not in per_language:
        return {}
    base, found = per_language[reference], {}
    for tag in tags:
        own = per_language.get(tag)
        if own is None or tag == reference:
            continue
        both = np.isfinite(own) & np.isfinite(base)
        n = int(both.sum())
        if n < _FEWEST_CONCEPTS:
            continue
        less = own[both] - base[both]
        reach = float(stdtrit(n - 1, 0.975) * less.std(ddof=1) / np.sqrt(n))
        mean = float(less.mean())
        found[tag] = {
            "value": mean,
            "low": max(-1.0, mean - reach),
            "high": min(1.0, mean + reach),
            "chance": 0.0,
            "concepts": n,
            "own": float(own[both].mean()),
            "reference": reference,
            "of_reference": float(base[both].mean()),
        }
    return found


def _by_concept(words: Words, single: np.ndarray, number: int) -> np.ndarray:
    """The share of a language's words for each concept that are one token ``[concept]``, NaN without a word."""
    member = words.members
    concept = np.repeat(np.arange(len(words.member_at) - 1), np.diff(words.member_at))
    own = words.language[member] == number
    size = len(words.member_at) - 1
    total = np.bincount(concept[own], minlength=size)
    hits = np.bincount(concept[own], weights=single[member[own]], minlength=size)
    return np.where(total > 0, hits / np.maximum(total, 1), np.nan)
