"""Which translations are asked for: every covered word of a language, into every other language that has one.

A question is a word of one language and another language; its correct answers (references) are all covered words of
that language for any concept of the word. Where one of them is spelled the same (capitals aside) or is the same token,
the question is *identical*; where one is nearly the same in one script (Levenshtein distance over the longer length,
without accents, at most ``near``), it is *near*: a transliteration or a loan. Both are kept apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.folding import fold_accents
from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.types import Int32

__all__ = ["DIFFERENT", "IDENTICAL", "NEAR", "Questions", "distance", "edit_distance", "questions", "within"]

DIFFERENT, NEAR, IDENTICAL = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Per question ``[q]``: ``word`` asked about, its ``unit``, ``source`` and ``target`` language, ``match_type``
    (different, near or identical), ``concept`` (the first that word and language share, the unit of resampling) and
    ``target_script`` (of the first reference). References of question i are the units
    ``references[reference_at[i]:reference_at[i + 1]]``. ``asked``: questions of each match type over all words,
    covered or not; ``asked_of`` int64 ``[language, concept]``: the different ones, from and into each language.
    """

    word: Int32
    unit: Int32
    source: Int32
    target: Int32
    match_type: Int32
    concept: Int32
    target_script: Int32
    reference_at: NDArray[np.int64]
    references: Int32
    asked: tuple[int, int, int]
    asked_of: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.word)

    def take(self, chosen: NDArray[np.intp]) -> Questions:
        """Some of the questions, in the order given; what was asked in all stays the same."""
        counts = np.diff(self.reference_at)[chosen]
        reference_at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        shift = np.repeat(self.reference_at[:-1][chosen] - reference_at[:-1], counts)
        columns = ("word", "unit", "source", "target", "match_type", "concept", "target_script")
        return Questions(
            **{name: getattr(self, name)[chosen] for name in columns},
            reference_at=reference_at,
            references=self.references[np.arange(len(shift)) + shift],
            asked=self.asked,
            asked_of=self.asked_of,
        )


@numba.njit(cache=True, nogil=True)
def distance(a, b, row):  # type: ignore[no-untyped-def]
    """Levenshtein's distance of two arrays of code points; ``row`` is scratch, longer than ``b``."""
    for j in range(len(b) + 1):
        row[j] = j
    for i in range(1, len(a) + 1):
        diagonal = row[0]
        row[0] = i
        for j in range(1, len(b) + 1):
            cost = diagonal + (a[i - 1] != b[j - 1])
            diagonal = row[j]
            row[j] = min(cost, row[j] + 1, row[j - 1] + 1)
    return row[len(b)]


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance: insertions, deletions and replacements of characters.

    >>> edit_distance("kitten", "sitting")
    3
    """
    points = [np.array([ord(c) for c in text], np.uint32) for text in (a, b)]
    return int(distance(points[0], points[1], np.empty(len(b) + 1, np.int64)))


@numba.njit(cache=True, nogil=True)
def within(a, b, most, row):  # type: ignore[no-untyped-def]
    """Whether :func:`distance` is at most ``most``: only what a path of so few changes can reach is looked at."""
    reach = int(most)
    if abs(len(a) - len(b)) > reach:
        return False
    far = reach + 1
    for j in range(len(b) + 1):
        row[j] = min(j, far)
    for i in range(1, len(a) + 1):
        first = max(1, i - reach)
        last = min(len(b), i + reach)
        diagonal = row[first - 1]
        row[first - 1] = min(i, far) if first == 1 else far
        least = row[first - 1]
        for j in range(first, last + 1):
            above = row[j] if j < i + reach else far
            cost = min(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1)
            diagonal = row[j]
            row[j] = cost
            least = min(least, cost)
        if least > reach:
            return False
    return row[len(b)] <= reach


class _Words(NamedTuple):
    """What compiled code reads of every word, int ``[word]``: language, script, unit (−1: not covered), spelling.

    The code points of word w, without accents, are ``points[at[w]:at[w + 1]]``.
    """

    language: Int32
    script: Int32
    unit: Int32
    spelling: NDArray[np.int64]
    at: NDArray[np.int64]
    points: NDArray[np.uint32]


class _Concepts(NamedTuple):
    """``concepts[concept_at[w]:concept_at[w + 1]]`` are those of word w, ``members`` likewise the words of each."""

    concept_at: Int32
    concepts: Int32
    member_at: Int32
    members: Int32


class _Enumerated(NamedTuple):
    """What is written: per question word, target, match type, concept, script and end of references; these; counts."""

    questions: NDArray[np.int64]
    references: Int32
    asked_of: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _alike(v, w, words, near, row):  # type: ignore[no-untyped-def]
    """How alike two words are: 0, 1 (near) or 2 (identical)."""
    if words.spelling[v] == words.spelling[w]:
        return 2
    if words.script[v] != words.script[w]:
        return 0
    a = words.points[words.at[w] : words.at[w + 1]]
    b = words.points[words.at[v] : words.at[v + 1]]
    return 1 if within(a, b, near * max(len(a), len(b)), row) else 0


@numba.njit(cache=True, nogil=True)
def _append_new(references, begin, end, answers, languages, target):  # type: ignore[no-untyped-def]
    """Append the answers in one language to the references from ``begin`` on, each once; returns the new end."""
    for j in range(len(answers)):
        if languages[j] != target:
            continue
        known = False
        for g in range(begin, end):
            known |= references[g] == answers[j]
        if not known:
            references[end] = answers[j]
            end += 1
    return end


@numba.njit(cache=True, nogil=True)
def _enumerate(words, meanings, scored, near, out, fill):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915
    """Count questions and references, and with ``fill`` compare spellings and write them; returns both counts and, with
    ``fill``, those by match type.
    """
    language, unit, script = words.language, words.unit, words.script
    concept_at, concepts, member_at, members = meanings
    table, references, asked_of = out
    count = len(scored)
    match_type = np.full(count, -1, np.int64)
    first = np.empty(count, np.int64)
    answer_script = np.empty(count, np.int64)
    answers_in = np.empty(count, np.int64)
    touched = np.empty(count, np.int64)
    row = np.empty(words.points.size + 2, np.int64)
    answers = np.empty(len(members), np.int64)
    answer_language = np.empty(len(members), np.int64)
    asked = np.zeros(3, np.int64)
    questions = 0
    answered = 0
    for w in range(len(language)):
        reached = 0
        found = 0
        for m in range(concept_at[w], concept_at[w + 1]):
            c = concepts[m]
            for n in range(member_at[c], member_at[c + 1]):
                v = members[n]
                target = language[v]
                if target == language[w]:
                    continue
                if match_type[target] < 0:
                    match_type[target] = 0
                    first[target] = c
                    answer_script[target] = -1
                    answers_in[target] = 0
                    touched[reached] = target
                    reached += 1
                if fill and match_type[target] < 2:
                    alike = 2 if unit[v] >= 0 and unit[v] == unit[w] else 0
                    if alike == 0:
                        alike = _alike(v, w, words, near, row)
                    match_type[target] = max(match_type[target], alike)
                if unit[v] >= 0:
                    if answer_script[target] < 0:
                        answer_script[target] = script[v]
                    answers_in[target] += 1
                    answers[found] = unit[v]
                    answer_language[found] = target
                    found += 1
        for i in range(reached):
            target = touched[i]
            asked[match_type[target]] += 1
            if fill and match_type[target] == 0:
                asked_of[language[w], first[target]] += 1
                asked_of[target, first[target]] += 1
            if unit[w] >= 0 and answer_script[target] >= 0 and scored[language[w]] and scored[target]:
                if fill:
                    answered = _append_new(
                        references, answered, answered, answers[:found], answer_language[:found], target
                    )
                else:
                    answered += answers_in[target]
                if fill:
                    table[questions, 0] = w
                    table[questions, 1] = target
                    table[questions, 2] = match_type[target]
                    table[questions, 3] = first[target]
                    table[questions, 4] = answer_script[target]
                    table[questions, 5] = answered
                questions += 1
            match_type[target] = -1
    return questions, answered, asked


@lru_cache(maxsize=4)
def _spelled(words: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]:
    """Words that are equal but for case have one number ``[w]``; without accents: where each begins, and its points."""
    plain = [fold_accents(word) for word in words]
    ids: dict[str, int] = {}
    spelling = np.array([ids.setdefault(word.casefold(), len(ids)) for word in words], np.int64)
    at = np.concatenate([[0], np.cumsum([len(text) for text in plain])]).astype(np.int64)
    return spelling, at, np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), np.uint32)


def questions(words: Words, scored: Sequence[bool], near: float) -> Questions:
    """All questions between the languages that are ``scored`` ``[language]``, by word, then in order of concepts."""
    known = _Words(words.language, words.script, words.unit, *_spelled(words.words))
    meanings = _Concepts(words.concept_at, words.concepts, words.member_at, words.members)
    chosen = np.asarray(scored, bool)
    asked_of = np.zeros((len(words.languages), len(words.concept_names)), np.int64)
    nothing = _Enumerated(np.empty((0, 6), np.int64), np.empty(0, np.int32), asked_of)
    count, reference_count, _ = _enumerate(known, meanings, chosen, near, nothing, False)
    out = _Enumerated(np.empty((count, 6), np.int64), np.empty(reference_count, np.int32), asked_of)
    _, used, asked = _enumerate(known, meanings, chosen, near, out, True)
    word, target, match_type, concept, script, end = out.questions.T
    return Questions(
        word=word.astype(np.int32),
        unit=words.unit[word],
        source=words.language[word],
        target=target.astype(np.int32),
        match_type=match_type.astype(np.int32),
        concept=concept.astype(np.int32),
        target_script=script.astype(np.int32),
        reference_at=np.concatenate([[0], end]).astype(np.int64),
        references=out.references[:used],
        asked=(int(asked[0]), int(asked[1]), int(asked[2])),
        asked_of=asked_of,
    )
