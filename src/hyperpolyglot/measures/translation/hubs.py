"""Languages that are the nearest foreign language of more words than their share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.ranking import TOLERANCE, Pool, Ranks
from hyperpolyglot.measures.translation.scores import values_of
from hyperpolyglot.types import Array, Float64

__all__ = ["hubs", "shrunken"]

_Z = 1.959964
_BLOCK = 1024


def hubs(asked: Questions, ranks: Ranks, pool: Pool, words: Words) -> tuple[dict[str, Any], ...]:
    """How each language does as source and as target, and how much of a hub it is.

    ``attraction``: share of the words of all other languages whose nearest word in any foreign language is this
    language's (a tie counts in parts); ``expected``: its share of the foreign words; ``lift`` is their quotient.
    ``shrunk``: the lift pulled towards that of all languages, the more the fewer words it has, and ``interval`` of that
    (:func:`shrunken`): the largest of many lifts is else mostly the luckiest. Rows in its order.
    """
    hits = values_of("p1", ranks.csls)
    sizes = np.diff(pool.member_at)
    drawn, expected, askers = _drawn(ranks.nearest_cosine, pool, sizes)
    result = []
    used = np.flatnonzero(sizes).tolist()
    each = [drawn[pool.member_at[i] : pool.member_at[i + 1]] for i in used]
    with np.errstate(invalid="ignore", divide="ignore"):
        pulled = shrunken([x * len(x) / expected[i] for i, x in zip(used, each, strict=True)])
    for i, x, (shrunk, interval) in zip(used, each, pulled, strict=True):
        out, into = asked.source == i, asked.target == i
        attraction, by_chance = (float(y / askers[i]) if askers[i] else None for y in (x.sum(), expected[i]))
        result.append(
            {
                "language": words.languages[i],
                "words": int(sizes[i]),
                "as_source": float(hits[out].mean()) if out.any() else None,
                "as_target": float(hits[into].mean()) if into.any() else None,
                "attraction": attraction,
                "expected": by_chance,
                "lift": attraction / by_chance if attraction is not None and by_chance else None,
                "shrunk": shrunk,
                "interval": interval,
            }
        )
    return tuple(sorted(result, key=lambda row: (-(row["shrunk"] or 0), row["language"])))


def shrunken(parts: Sequence[Float64]) -> list[tuple[float | None, list[float] | None]]:
    """The lift of each language from those of its words, and its 95 % interval, by empirical Bayes.

    The logarithm of a language's mean lift has the variance cv²/n over its n words (cv: the words' deviation over
    their mean, pooled over languages) and comes from a normal distribution of languages, of which mean and variance
    are estimated by moments (DerSimonian and Laird 1986). ``None`` where a language draws nothing.

    >>> few, *_ = shrunken([np.full(2, 6.0), *(np.array([0.0, 2.0] * n) for n in (30, 40, 50))])
    >>> round(few[0], 1)
    1.1
    """
    known = [i for i, part in enumerate(parts) if len(part) and np.isfinite(part).all() and part.sum() > 0]
    result: list[tuple[float | None, list[float] | None]] = [(None, None)] * len(parts)
    if not known:
        return result
    mean = np.array([parts[i].mean() for i in known])
    size = np.array([len(parts[i]) for i in known], np.float64)
    away = np.array([((parts[i] / m - 1) ** 2).sum() for i, m in zip(known, mean, strict=True)])
    variance = max(float(away.sum() / max((size - 1).sum(), 1)), 1e-12) / size
    y, weight = np.log(mean), 1 / variance
    fixed = float(np.average(y, weights=weight))
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    between = (
        max(float(((weight * (y - fixed) ** 2).sum() - (len(y) - 1)) / scale), 0.0) if scale > 0 else 0.0
    )
    middle = float(np.average(y, weights=1 / (variance + between)))
    keep = between / (between + variance)
    centre = middle + keep * (y - middle)
    error = np.sqrt(keep * variance + (1 - keep) ** 2 / (1 / (variance + between)).sum())
    for i, c, e in zip(known, centre.tolist(), error.tolist(), strict=True):
        result[i] = float(np.exp(c)), [float(np.exp(c - _Z * e)), float(np.exp(c + _Z * e))]
    return result


@numba.njit(cache=True, nogil=True)
def _share(scores, start, asked, members, member_at, drawn):  # type: ignore[no-untyped-def]
    """Give what each of the words from ``start`` on asks of a language to its nearest word there, a tie in parts."""
    for i in range(len(scores)):
        row = scores[i]
        for language in range(len(member_at) - 1):
            if asked[i, language] == 0:
                continue
            nearest = -3.0
            for m in range(member_at[language], member_at[language + 1]):
                if members[m] != start + i:
                    nearest = max(nearest, row[members[m]])
            count = 0
            for m in range(member_at[language], member_at[language + 1]):
                count += members[m] != start + i and row[members[m]] >= nearest - TOLERANCE
            for m in range(member_at[language], member_at[language + 1]):
                if members[m] != start + i and row[members[m]] >= nearest - TOLERANCE:
                    drawn[m] += asked[i, language] / count


def _drawn(near: Float64, pool: Pool, sizes: Array) -> tuple[Float64, Float64, Float64]:
    """How many foreign words each word draws ``[member]``; per language what chance gives, and how many there are."""
    drawn = np.zeros(len(pool.members))
    expected, askers = np.zeros(len(sizes)), np.zeros(len(sizes))
    asked = np.zeros((len(pool.units), len(sizes)))
    for own in np.flatnonzero(sizes).tolist():
        foreign = sizes.astype(np.float64)
        foreign[own] = 0
        if not foreign.any():
            continue
        units = pool.members[pool.member_at[own] : pool.member_at[own + 1]]
        nearest = near[units].copy()
        nearest[:, foreign == 0] = -np.inf
        winners = nearest >= nearest.max(axis=1, keepdims=True) - TOLERANCE
        asked[units] += winners / winners.sum(axis=1, keepdims=True)
        expected += foreign / foreign.sum() * len(nearest)
        askers[np.arange(len(sizes)) != own] += len(nearest)
    for start in range(0, len(pool.units), _BLOCK):
        scores = pool.units[start : start + _BLOCK] @ pool.units.T
        _share(scores, start, asked[start : start + _BLOCK], pool.members, pool.member_at, drawn)
    return drawn, expected, askers
