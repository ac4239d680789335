"""A lexicon put to a model: its words looked up, the questions made, the answers ranked among words."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from hyperpolyglot.lexicon import CLDR, Lexicon, unseen_by_demos
from hyperpolyglot.measures.translation.coverage import LanguageCoverage, language_coverage
from hyperpolyglot.measures.translation.lookup import Words, look_up, seen_in
from hyperpolyglot.measures.translation.questions import Questions, questions
from hyperpolyglot.measures.translation.ranking import Pool, Ranks, pool, ranks_among_words
from hyperpolyglot.measures.translation.recent import Recent
from hyperpolyglot.sources import is_counted
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float64, Int32, Progress, silent

__all__ = [
    "Asked",
    "Posed",
    "TranslateOptions",
    "ask",
    "matched_candidates",
    "most_covered",
    "narrowed",
    "pose",
    "wants_held_out",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """``languages`` and ``kinds`` narrow the lexicon; ``None`` is all.

    ``k``: neighbours in CSLS; ``questions``: how many, drawn with ``seed``, are asked among all tokens (0: none);
    ``near``: the largest normalised edit distance of a near-identical pair, 0…1; ``fewest``: covered words that a
    language needs; ``multi_piece``: words of several pieces by the mean of their vectors; ``held_out``: only concepts
    that the demo models were not counted on, ``None`` does so for those two and the packaged lexicon.
    """

    languages: Collection[str] | None = None
    kinds: Collection[str] | None = None
    k: int = 10
    questions: int = 2000
    near: float = 0.3
    fewest: int = 20
    multi_piece: bool = False
    held_out: bool | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1 or self.fewest < 1 or self.questions < 0 or not 0 <= self.near <= 1:
            raise ValueError("k and fewest are at least 1, questions at least 0, near between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """All weak questions of a model, before they are answered; ``candidates`` ``[q]``: how many each has."""

    concepts: dict[str, Any]
    lexicon: Lexicon
    words: Words
    coverage: tuple[LanguageCoverage, ...]
    pool: Pool
    questions: Questions
    candidates: Int32


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Posed):
    """The same with their ranks, before they are summed up."""

    ranks: Ranks

    def of(self, match_type: int) -> tuple[Questions, Ranks, Int32]:
        """The questions of one match type, their ranks and their numbers of candidates."""
        chosen = np.flatnonzero(self.questions.match_type == match_type)
        ranks = replace(
            self.ranks, **{n: getattr(self.ranks, n)[chosen] for n in ("cosine", "csls", "frequency")}
        )
        return self.questions.take(chosen), ranks, self.candidates[chosen]


def matched_candidates(options: TranslateOptions) -> int:
    """To how many candidates scores are brought that are compared: half of the fewest that a language has."""
    return max(2, options.fewest // 2)


def wants_held_out(spaces: Sequence[TokenSpace], lexicon: Lexicon, options: TranslateOptions) -> bool:
    """Whether only concepts are asked that the demo models were not counted on."""
    if options.held_out is not None:
        return options.held_out
    return lexicon.source == CLDR and any(is_counted(space.origin) for space in spaces)


def narrowed(lexicon: Lexicon, options: TranslateOptions, held_out: bool) -> Lexicon:
    """The entries that the options leave."""
    return _narrowed(lexicon, *_chosen(options), held_out)


def _chosen(options: TranslateOptions) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    languages, kinds = (
        None if part is None else frozenset(part) for part in (options.languages, options.kinds)
    )
    return languages, kinds


@lru_cache(maxsize=8)
def _narrowed(
    lexicon: Lexicon, languages: frozenset[str] | None, kinds: frozenset[str] | None, held_out: bool
) -> Lexicon:
    concepts = unseen_by_demos() if held_out else None
    return lexicon.take(kinds=kinds, languages=languages, concepts=concepts)


def most_covered(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions, words: int
) -> tuple[str, ...]:
    """The languages with most covered words, two at least, as long as these are at most ``words`` in all."""
    held_out = wants_held_out([space], lexicon, options)
    found = look_up(space, narrowed(lexicon, options, held_out))
    covered = {row.language: row.single_token for row in language_coverage(found, options.fewest)}
    order = sorted(covered, key=lambda tag: (-covered[tag], tag))
    total = np.cumsum([covered[tag] for tag in order])
    return tuple(order[: max(2, int(np.searchsorted(total, words, side="right")))])


def ask(
    space: TokenSpace,
    lexicon: Lexicon,
    options: TranslateOptions,
    progress: Progress = silent,
) -> Asked:
    """Look the words up and rank the answers among the words of each target language.

    What was asked of a space is known as long as the space is there and few others were asked.
    Raises ``TensorNotFound`` for a vocabulary alone.
    """

    def answered() -> Asked:
        posed = pose(space, lexicon, options)
        ranks = ranks_among_words(posed.questions, posed.pool, progress)
        return Asked(**{part.name: getattr(posed, part.name) for part in fields(Posed)}, ranks=ranks)

    return _ASKED(space, (lexicon, wants_held_out([space], lexicon, options), _key(options)), answered)


_ASKED: Recent[Asked] = Recent(4)


def _key(options: TranslateOptions) -> tuple[Hashable, ...]:
    """What questions and ranks depend on."""
    return (*_chosen(options), options.k, options.near, options.fewest, options.multi_piece)


def pose(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions, *, like: Posed | None = None
) -> Posed:
    """Look the words up and make the questions.

    ``like``: the same tokens, lexicon and options with other vectors, whose words and questions are taken again.
    Raises ``TensorNotFound`` for a vocabulary alone.
    """
    space.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    held_out = wants_held_out([space], lexicon, options)
    again = seen_in(like.words, space) if like else None
    chosen = like.lexicon if like else narrowed(lexicon, options, held_out)
    words = again or look_up(space, chosen, multi_piece=options.multi_piece)
    coverage = language_coverage(words, options.fewest)
    used = [row.scored for row in coverage]
    covered = words.covered()
    members = [
        np.unique(words.unit[covered & (words.language == i)]) if scored else np.empty(0, np.int32)
        for i, scored in enumerate(used)
    ]
    words_pool = pool(words.vectors, members, _commonness(space, words.rows), options.k)
    asked = like.questions if like and again else questions(words, used, options.near)
    belongs = np.zeros((words_pool.languages, len(words.rows)), bool)
    for i, units in enumerate(members):
        belongs[i, units] = True
    candidates = np.diff(words_pool.member_at)[asked.target] - belongs[asked.target, asked.unit]
    return Posed(
        concepts=_which_concepts(space, lexicon, held_out, len(words.concept_names)),
        lexicon=chosen,
        words=words,
        coverage=coverage,
        pool=words_pool,
        questions=asked,
        candidates=candidates.astype(np.int32),
    )


def _which_concepts(space: TokenSpace, lexicon: Lexicon, held_out: bool, count: int) -> dict[str, Any]:
    demo = is_counted(space.origin)
    if held_out:
        note = "Only concepts that the demo models were not counted on; their words occur elsewhere in the counts."
    elif demo and lexicon.source == CLDR:
        note = (
            "Circular: the demo models were counted from most of these concepts, so the scores say nothing."
        )
    elif demo:
        note = "The demo models were counted from Unicode CLDR, which may hold the same words."
    else:
        note = "All concepts of the lexicon; what the model was trained on is not known."
    return {"selection": "held-out" if held_out else "all", "count": count, "note": note}


def _commonness(space: TokenSpace, rows: Int32) -> Float64:
    """The tokenizer's scores, or minus the row where it has none; a word of several pieces is the rarest."""
    scores = space.vocabulary.scores[rows].astype(np.float64)
    values = scores if np.isfinite(scores[rows >= 0]).any() else -rows.astype(np.float64)
    return np.where((rows >= 0) & np.isfinite(values), values, -np.inf)
