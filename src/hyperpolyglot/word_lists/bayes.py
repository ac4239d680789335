"""The language of a token by naive Bayes over word lists, calibrated on words that were held out, with abstention.

Every language gives a token the share of its text that the words make up which hold it: the words that begin with it,
where it starts a word, longer ones counting less than a whole word, one that a list holds; else the words that hold it
anywhere. What no word of a language holds has a small share of it still (:attr:`LanguageOptions.unseen`), by the
scripts that the language is written in. Shares times priors are the posterior of a whole word; of a piece it is their
power of one over a temperature, for the words around a piece say less than their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.word_lists.counting import Spelled, Strings
from hyperpolyglot.word_lists.letters import letters_of
from hyperpolyglot.word_lists.record import LONGEST_WORD, WordLists
from hyperpolyglot.writing.scripts import ISO_15924, script_codes

__all__ = ["Calibration", "LanguageModel", "LanguageOptions", "language_model"]

Asked = Sequence[tuple[str, bool]]
"""Strings without case, and whether a word starts with each."""

_HELD_OUT_IN = 10
_PIECES = 4000
_LEAST_PIECES = 100
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BINS = 10
_TEMPERATURES = np.geomspace(0.5, 8.0, 33)
_WORDS_OF_SCRIPTS = 2000
_IN_A_CHUNK = 1 << 25


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageOptions:
    """How languages are told.

    ``threshold``: the least posterior of a label. ``longer``: what the words that are longer than a whole word count,
    relative to the word itself. ``unseen``: the odds that a word which is as rare as any, and in one list alone, is of
    another language; each language has its part of them. ``temperature``: of pieces; ``None`` is calibrated.
    ``priors``: a weight for each language tag, 1 for the others: by default languages are equally likely.
    """

    threshold: float = 0.7
    longer: float = 0.1
    unseen: float = 0.3
    temperature: float | None = None
    priors: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold is a probability above 0, not {self.threshold}")
        if not (0 <= self.longer <= 1 and 0 <= self.unseen <= 1):
            raise ValueError("longer and unseen are between 0 and 1")
        if self.temperature is not None and not self.temperature > 0:
            raise ValueError(f"temperature is above 0, not {self.temperature}")
        if not all(weight > 0 for _, weight in self.priors):
            raise ValueError("priors are above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A temperature, and how well it did: on pieces of words that were taken out of the lists and are no words.

    Half of the pieces choose the temperature, the other half give the rest: ``pieces`` of them; ``ece``: their expected
    calibration error, in ten bins; ``labelled``: the share of them whose posterior reaches the threshold;
    ``precision``: the share of those that are labelled rightly (NaN for none).
    """

    temperature: float
    pieces: int
    ece: float
    labelled: float
    precision: float


# Without slots, for the calibration, which is made when it is asked for.
@dataclass(frozen=True)
class LanguageModel:
    """p(language | token), by word lists."""

    lists: WordLists
    options: LanguageOptions

    def codes(self, texts: Sequence[str], starts_word: Sequence[bool]) -> NDArray[np.int16]:
        """The language of each token, int16 ``[token]`` indices of ``lists.languages``; −1 where it cannot be told.

        No label: tokens without letters, those that no word holds, and those with a posterior below the threshold.
        """
        distinct: dict[tuple[str, bool], int] = {}
        at = [distinct.setdefault(asked, len(distinct)) for asked in letters_of(texts, starts_word)]
        strings = list(distinct)
        codes = np.full(len(strings), -1, np.int16)
        for where in _chunks(len(strings), _IN_A_CHUNK):
            best, likeliest, known = self._best(strings[where])
            sure = known & (best >= self.options.threshold)
            codes[where] = np.where(sure, likeliest, -1)
        return codes[at] if at else codes

    def posterior(self, texts: Sequence[str], starts_word: Sequence[bool]) -> NDArray[np.float64]:
        """p(language | token) float64 ``[token, language]``; rows of zeros for tokens that no word holds.

        >>> lists = WordLists.of({"de": [("wasser", 1)], "en": [("water", 1)]}, source="mine")
        >>> model = language_model(lists, LanguageOptions(unseen=0, temperature=1))
        >>> model.posterior(["▁water", "wa", "x"], [True, False, False]).tolist()
        [[0.0, 1.0], [0.5, 0.5], [0.0, 0.0]]
        """
        found = _all_evidence(self.lists, self.options, letters_of(texts, starts_word))
        powers = np.where(found.whole, 1.0, 1 / self.temperature)
        return _posterior(found.likelihood, powers) * found.known[:, None]

    @property
    def temperature(self) -> float:
        """The temperature that was given, else the calibrated one."""
        given = self.options.temperature
        return self.calibration.temperature if given is None else given

    @cached_property
    def calibration(self) -> Calibration:
        """How posteriors do on pieces of held-out words, and the temperature that suits these best."""
        return _calibrated(self.lists, self.options)

    def _best(self, asked: Asked) -> tuple[NDArray[np.float64], NDArray[np.int16], NDArray[np.bool_]]:
        """The posterior of the likeliest language of each string, which it is, and whether any word holds it."""
        evidence = _Evidence(self.lists, self.options, asked)
        power = np.where(evidence.whole, 1.0, 1 / self.temperature)
        total, best = np.zeros(len(asked)), np.zeros(len(asked))
        likeliest, known = np.zeros(len(asked), np.int16), np.zeros(len(asked), bool)
        for i, (seen, likelihood) in enumerate(evidence):
            weight = likelihood**power
            total += weight
            better = weight > best
            best[better], likeliest[better] = weight[better], i
            known |= seen
        return np.divide(best, total, out=best, where=total > 0), likeliest, known


@lru_cache(maxsize=8)
def _model(lists: WordLists, options: LanguageOptions) -> LanguageModel:
    return LanguageModel(lists, options)


def language_model(lists: WordLists, options: LanguageOptions | None = None) -> LanguageModel:
    """The model of some word lists; calibrated once for lists of the same content."""
    return _model(lists, options or LanguageOptions())


def _chunks(size: int, step: int) -> Iterator[slice]:
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


class _Evidence:
    """Of each language in turn which strings its words hold, and the prior times the likelihood of each string.

    ``held_out``: by the words that are not held out alone. ``whole``: which strings start a word and are one.
    """

    def __init__(
        self, lists: WordLists, options: LanguageOptions, asked: Asked, *, held_out: bool = False
    ) -> None:
        distinct: dict[str, int] = {}
        places = (distinct.setdefault(string, len(distinct)) for string, _ in asked)
        self._at = np.fromiter(places, np.int64, len(asked))
        self._starting = np.fromiter((starts for _, starts in asked), bool, len(asked))
        self._fitting = np.fromiter(
            (0 < len(string) <= LONGEST_WORD for string, _ in asked), bool, len(asked)
        )
        self._table = Strings([string if len(string) <= LONGEST_WORD else "" for string in distinct])
        self._scripts = script_codes(list(distinct))[self._at]
        self._lists, self._options, self._held_out = lists, options, held_out
        words = np.zeros(len(distinct), bool)
        for _, spelled, _, _ in _prepared(lists):
            words |= self._table.among(spelled)
        self._longer = np.where(words, options.longer, 1.0)
        self.whole = words[self._at] & self._starting & self._fitting

    def __iter__(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
        options, priors = self._options, dict(self._options.priors)
        for language, spelled, shares, written in _prepared(self._lists):
            kept = np.where(_held_out(spelled), 0.0, shares) if self._held_out else shares
            starts, holds = self._table.shares(spelled, kept, self._longer)
            share = np.where(self._starting, starts[self._at], holds[self._at]) * self._fitting
            unseen = (
                options.unseen
                / len(self._lists.languages)
                * shares[-1]
                * written[self._scripts]
                * self._fitting
            )
            yield share > 0, priors.get(language, 1.0) * (share + unseen)


class _AllEvidence(NamedTuple):
    """Likelihoods float64 ``[string, language]``; which strings a word holds, and which are whole words."""

    likelihood: NDArray[np.float64]
    known: NDArray[np.bool_]
    whole: NDArray[np.bool_]


def _all_evidence(
    lists: WordLists, options: LanguageOptions, asked: Asked, *, held_out: bool = False
) -> _AllEvidence:
    evidence = _Evidence(lists, options, asked, held_out=held_out)
    found = list(evidence)
    likelihood = np.stack([likelihood for _, likelihood in found], 1)
    return _AllEvidence(likelihood, np.any([seen for seen, _ in found], 0), evidence.whole)


def _posterior(likelihood: NDArray[np.float64], powers: NDArray[np.float64] | float) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = likelihood ** np.reshape(powers, (-1, 1))
    total = weights.sum(1, keepdims=True)
    return weights / np.where(total > 0, total, 1.0)


Prepared = tuple[str, Spelled, NDArray[np.float64], NDArray[np.float64]]


@lru_cache(maxsize=4)
def _prepared(lists: WordLists) -> tuple[Prepared, ...]:
    """Every language, its words, their shares, and the share of each script in the most common words."""
    found = []
    for language, words, shares in zip(lists.languages, lists.words, lists.shares, strict=True):
        common = slice(_WORDS_OF_SCRIPTS)
        scripts = np.bincount(script_codes(words[common]), shares[common], minlength=len(ISO_15924))
        found.append((language, Spelled.of(words), shares, scripts / scripts.sum()))
    return tuple(found)


def _held_out(words: Spelled) -> NDArray[np.bool_]:
    """A tenth of the words, by their letters, so that the same are held out in all languages."""
    letters = np.add.reduceat(words.points.astype(np.uint64), words.starts)
    held: NDArray[np.bool_] = (letters * _MIX >> np.uint64(40)) % np.uint64(_HELD_OUT_IN) == 0
    return held


def _held_out_pieces(lists: WordLists) -> tuple[list[tuple[str, bool]], NDArray[np.int64]]:
    """Pieces of held-out words and their languages: words drawn at equal steps of their share of the text.

    A piece is the first letters of a word or letters from its middle, 2 to 6 of them.
    """
    asked: list[tuple[str, bool]] = []
    truth: list[int] = []
    sampled = max(8, _PIECES // len(lists.languages))
    for i, (words, (_, spelled, _, _)) in enumerate(zip(lists.words, _prepared(lists), strict=True)):
        out = np.flatnonzero(_held_out(spelled))
        rows = [row for row in out.tolist() if len(words[row]) > 2 and words[row].isalpha()]
        if not rows:
            continue
        up_to = np.cumsum(lists.shares[i][rows])
        drawn = np.searchsorted(up_to, (np.arange(sampled) + 0.5) / sampled * up_to[-1])
        for number, position in enumerate(drawn.tolist()):
            word = words[rows[min(position, len(rows) - 1)]]
            length = min(2 + number // 2 % 5, len(word) - 1)
            first = 0 if number % 2 == 0 else 1 + number % (len(word) - length)
            asked.append((word[first : first + length], first == 0))
            truth.append(i)
    return asked, np.array(truth, np.int64)


def _calibrated(lists: WordLists, options: LanguageOptions) -> Calibration:
    asked, truth = _held_out_pieces(lists)
    if not asked:
        return Calibration(temperature=1.0, pieces=0, ece=np.nan, labelled=0.0, precision=np.nan)
    found = _all_evidence(lists, options, asked, held_out=True)
    pieces = found.known & ~found.whole
    likelihood, truth = found.likelihood[pieces], truth[pieces]
    fitted = np.arange(len(truth)) // 2 % 2 == 0
    temperature = 1.0 if options.temperature is None else options.temperature
    if options.temperature is None and np.count_nonzero(fitted) >= _LEAST_PIECES:
        losses = [_loss(_posterior(likelihood[fitted], 1 / t), truth[fitted]) for t in _TEMPERATURES.tolist()]
        temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    posterior, truth = _posterior(likelihood[~fitted], 1 / temperature), truth[~fitted]
    best, right = posterior.max(1, initial=0), posterior.argmax(1) == truth
    sure = best >= options.threshold
    return Calibration(
        temperature=temperature,
        pieces=len(best),
        ece=_calibration_error(best, right) if len(best) else np.nan,
        labelled=float(sure.mean()) if len(sure) else 0.0,
        precision=float(right[sure].mean()) if sure.any() else np.nan,
    )


def _loss(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    of_truth = posterior[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(of_truth, 1e-12)).mean()) if len(truth) else 0.0


def _calibration_error(best: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The mean distance, over bins of the posterior, between it and how often it is right."""
    bins = np.minimum((best * _BINS).astype(np.int64), _BINS - 1)
    gaps = [abs(best[bins == b].sum() - right[bins == b].sum()) for b in range(_BINS)]
    return float(sum(gaps) / max(1, len(best)))
