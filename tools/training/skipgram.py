"""Skip-gram with negative sampling over parallel text: contexts within a segment, and in its translations.

Word2vec (Mikolov et al. 2013), where some contexts are words of the same segment in another language, as in
Trans-gram (Coulmance et al. 2015). One thread and one stream of random numbers: the same seed gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.writing.word_boundaries import words

__all__ = ["Corpus", "corpus_of", "trained"]

RARE = 1e-3
"""Words more frequent than this are left out as centres, the more often the more frequent they are."""

TABLE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Running words as ids int32 ``[n]``; those of a segment in a language are ``starts[j]:starts[j + 1]``.

    ``segment``, ``language`` int32 of each of these parts; ``first``: parts of segment i are
    ``first[i]:first[i + 1]``.
    """

    tokens: tuple[str, ...]
    counts: NDArray[np.int64]
    running: NDArray[np.int32]
    starts: NDArray[np.int64]
    first: NDArray[np.int64]
    language: NDArray[np.int32]
    languages: tuple[str, ...]

    def shares(self) -> dict[str, float]:
        """The share of running words that each language has."""
        sizes = np.bincount(self.language, np.diff(self.starts), minlength=len(self.languages))
        return dict(zip(self.languages, (sizes / sizes.sum()).tolist(), strict=True))


def corpus_of(text: Mapping[str, Sequence[str]], *, fewest: int, most: int) -> Corpus:
    """The corpus of lines that mean the same in each language; words that are there ``fewest`` times, ``most`` of them.

    A word is a token of its own, the same for all languages that spell it so; capitals are not told apart.
    """
    languages = tuple(sorted(text))
    cut = {tag: [[f"▁{word.lower()}" for word in words(line)] for line in text[tag]] for tag in languages}
    counted = Counter(word for lines in cut.values() for line in lines for word in line)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    tokens = tuple(word for word, count in ranked[:most] if count >= fewest)
    ids = {word: i for i, word in enumerate(tokens)}
    running: list[int] = []
    starts, first, language = [0], [0], []
    for segment in range(len(text[languages[0]])):
        for number, tag in enumerate(languages):
            own = [ids[word] for word in cut[tag][segment] if word in ids]
            if own:
                running += own
                starts.append(len(running))
                language.append(number)
        first.append(len(language))
    return Corpus(
        tokens=tokens,
        counts=np.array([counted[word] for word in tokens], np.int64),
        running=np.array(running, np.int32),
        starts=np.array(starts, np.int64),
        first=np.array(first, np.int64),
        language=np.array(language, np.int32),
        languages=languages,
    )


def trained(
    corpus: Corpus, steps: Sequence[int], *, dim: int, across: float, seed: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The vectors float32 ``[token, dim]`` after so many updates, each of one word and one of its contexts.

    ``across``: the share of contexts that are in another language.
    """
    random = np.random.default_rng(seed)
    vectors = ((random.random((len(corpus.tokens), dim)) - 0.5) / dim).astype(np.float32)
    contexts = np.zeros_like(vectors)
    frequency = corpus.counts / corpus.counts.sum()
    kept = np.minimum(1.0, np.sqrt(RARE / frequency))
    weights = corpus.counts**0.75
    table = np.searchsorted(np.cumsum(weights / weights.sum()), (np.arange(TABLE) + 0.5) / TABLE)
    part = np.repeat(np.arange(len(corpus.language)), np.diff(corpus.starts))
    segment = np.repeat(np.arange(len(corpus.first) - 1), np.diff(corpus.first))
    state = np.array([seed * 2 + 1], np.uint64)
    done = 0
    for step in steps:
        _update(
            vectors,
            contexts,
            (corpus.running, part, corpus.starts, segment, corpus.first),
            (kept, table.astype(np.int32)),
            (done, step, steps[-1], across),
            state,
        )
        done = step
        yield step, vectors.copy()


@numba.njit(cache=True)
def _drawn(state, below):  # type: ignore[no-untyped-def]
    """SplitMix64."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.int64((z >> np.uint64(11)) % np.uint64(below))


@numba.njit(cache=True)
def _pair(text, kept, across, state):  # type: ignore[no-untyped-def]
    """A word and one of its contexts; the context is −1 where none was drawn."""
    running, part, starts, segment, first = text
    window, fine = 3, 1 << 30
    place = _drawn(state, len(running))
    word, own = running[place], part[place]
    if _drawn(state, fine) >= kept[word] * fine:
        return word, -1
    if _drawn(state, fine) < across * fine:
        here = segment[own]
        chosen = first[here] + _drawn(state, first[here + 1] - first[here])
        if chosen == own:
            return word, -1
        return word, running[starts[chosen] + _drawn(state, starts[chosen + 1] - starts[chosen])]
    near = place + _drawn(state, 2 * window + 1) - window
    return word, (running[near] if near != place and starts[own] <= near < starts[own + 1] else -1)


@numba.njit(cache=True)
def _update(vectors, contexts, text, drawing, plan, state):  # type: ignore[no-untyped-def]
    kept, table = drawing
    done, step, last, across = plan
    dim, negatives = vectors.shape[1], 5
    change = np.empty(dim, np.float32)
    for at in range(done, step):
        rate = np.float32(0.025 * max(0.02, 1 - at / last))
        word, other = _pair(text, kept, across, state)
        while other < 0:
            word, other = _pair(text, kept, across, state)
        change[:] = 0
        for n in range(negatives + 1):
            against = other if n == 0 else table[_drawn(state, len(table))]
            if n > 0 and against == other:
                continue
            score = np.float32(0)
            for i in range(dim):
                score += vectors[word, i] * contexts[against, i]
            slope = ((1 if n == 0 else 0) - np.float32(1 / (1 + np.exp(-score)))) * rate
            for i in range(dim):
                change[i] += slope * contexts[against, i]
                contexts[against, i] += slope * vectors[word, i]
        for i in range(dim):
            vectors[word, i] += change[i]
