"""Whether rows and names of tokens go together: a check on a sample of rows, at every opening.

Variants of a word (``▁Water``, ``▁water``, ``water``; ``▁waters``) have similar vectors in every trained model.
If all names are one off, each variant has the row of its neighbour in the vocabulary, and variants are no nearer than
chance. So the names are moved along the rows; where variants are clearly nearer at another shift than at 0, the names
are off. ``docs/alignment.md`` has the method and its calibration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.table import Table
from hyperpolyglot.types import Float32, Float64
from hyperpolyglot.vocabulary import SPACE, TokenKind, Vocabulary

__all__ = ["Alignment", "check_alignment"]

_PARTS = 8
_PAIRS = 128  # of a part
_FEWEST = 16
_TOKENS = 1 << 14  # of a part, that are looked at
_NUMBERS = 1 << 23  # in the rows of a shift
_BEGINNING = 5
_CLEAR = 5.6
_AS_GOOD = 3
_LEAST_DEVIATION = 1e-3
_IN_WORDS = {1: "one row", 2: "two rows"}


@dataclass(frozen=True, slots=True)
class Alignment:
    """At which shift the names of tokens fit the rows: token ``i`` has its vector in row ``i + shift``.

    ``shift``: 0, unless another one fits clearly better. ``score``: by how many standard deviations of chance variants
    of a word are nearer at ``shift`` than at 0 and the shifts beside it, or at 0 than at the best of the others; near 0
    where the table holds no structure.
    ``checked``: pairs of variants. ``rows``: where the shift was found, ``(first, last)``. ``example``: two variants.
    The last two are ``None`` where the shift is 0.
    """

    shift: int
    score: float
    checked: int
    rows: tuple[int, int] | None = None
    example: tuple[str, str] | None = None

    def to_json(self) -> dict[str, float]:
        """The JSON form."""
        return {"shift": self.shift, "score": self.score, "checked": self.checked}

    def remark(self, source: str, length: int) -> str:
        """What is wrong, in a sentence, or nothing; ``source``: the tokenizer's file, ``length``: rows of the table."""
        if self.rows is None or self.example is None:
            return ""
        distance = _IN_WORDS.get(abs(self.shift), f"{abs(self.shift):,} rows")
        first, last = self.rows
        where = f" in rows {first:,} to {last:,}" if (first, last) != (0, length - 1) else ""
        one, other = self.example
        return (
            f"{PurePath(source).name}: the names of tokens seem to be {distance} off from the rows of the table{where} "
            f"(variants of a word, such as {one} and {other}, are nearest at shift {self.shift:+,}); "
            f"check the tokenizer file, or pass another with --tokenizer."
        )


def check_alignment(table: Table, vocabulary: Vocabulary) -> Alignment | None:
    """Try shifts of −2 … +2 and of the number of rows without a token; ``None`` with fewer than 16 pairs.

    ``vocabulary`` names the rows of ``table``. Reads at most 2,048 rows for each shift.

    >>> from hyperpolyglot.loading import open_model
    >>> space = open_model("demo:meaning")
    >>> found = check_alignment(space.table, space.vocabulary)
    >>> found.shift, found.score > 10
    (0, True)
    """
    pairs = _pairs(vocabulary, min(_PAIRS, _NUMBERS // (2 * _PARTS * max(1, table.shape[1]))))
    if len(pairs) < _FEWEST:
        return None
    shifts = _shifts(vocabulary)
    similarity = np.stack([_similarity(table, pairs, shift) for shift in shifts])
    size = _size_of_part(len(vocabulary))
    part = pairs // size

    def within(first: int, last: int) -> tuple[_Best, int, int]:
        return (
            _best(shifts, similarity[:, ((part >= first) & (part < last)).all(axis=1)]),
            first * size,
            min(last * size, len(vocabulary)) - 1,
        )

    whole = within(0, _PARTS)
    stretches = [within(i, i + 1) for i in range(_PARTS)] + [within(i, _PARTS) for i in range(1, _PARTS - 1)]
    moved = [stretch for stretch in stretches if stretch[0].shift]
    if whole[0].shift and not any(
        best.score > _CLEAR and best.shift != whole[0].shift for best, *_ in stretches
    ):
        moved = [whole]
    if not moved:
        return Alignment(0, whole[0].score, len(pairs))
    best, first, last = max([*moved], key=lambda stretch: stretch[0].score)
    gained = similarity[shifts.index(best.shift)] - similarity[shifts.index(0)]
    gained[~((pairs >= first) & (pairs <= last)).all(axis=1)] = np.nan
    example = _example(vocabulary, pairs, gained)
    return Alignment(best.shift, best.score, len(pairs), (first, last), example)


def _example(vocabulary: Vocabulary, pairs: NDArray[np.int64], gained: Float64) -> tuple[str, str]:
    """The pair that gains most by the shift, a longer word if there is one."""
    texts = [(vocabulary.texts[one], vocabulary.texts[other]) for one, other in pairs.tolist()]
    _, _, example = max(
        (all(len(text) > _BEGINNING and text.lstrip(SPACE).isalpha() for text in pair), gain, pair)
        for pair, gain in zip(texts, gained.tolist(), strict=True)
        if np.isfinite(gain)
    )
    return example


class _Best(NamedTuple):
    """The shift that fits best and its score; a shift other than 0 is always clear."""

    shift: int
    score: float


def _best(shifts: Sequence[int], similarity: Float64) -> _Best:
    """``similarity``: ``[shift, pair]``, NaN where a row is outside of the table.

    A shift must beat 0 and the shifts beside it: in a table that changes smoothly along its rows, none does. Of those
    that are as good, as in a vocabulary where all words have three variants in a row, it is the smallest.
    """
    at = dict(zip(shifts, similarity, strict=True))
    tried = sorted((n for n in shifts if n and n - 1 in at and n + 1 in at), key=abs)
    scores = {n: min(_gain(at[n], at[than]) for than in {0, n - 1, n + 1}) for n in tried}
    clear = [n for n in tried if scores[n] > _CLEAR]
    if clear:
        best = max(clear, key=lambda n: scores[n])
        shift = next(n for n in clear if _gain(at[best], at[n]) < _AS_GOOD)
        return _Best(shift, scores[shift])
    return _Best(0, min(_gain(at[0], at[n]) for n in tried))


def _gain(one: Float64, other: Float64) -> float:
    """By how much similarities are greater in ``one`` than in ``other``, as a normal deviate.

    That is of a paired t-test (the approximation of Wallace 1959), so that few pairs need as much evidence as many.
    """
    difference = (one - other)[np.isfinite(one) & np.isfinite(other)]
    freedom = len(difference) - 1
    if freedom < _FEWEST - 1:
        return 0.0
    deviation = max(float(difference.std(ddof=1)), _LEAST_DEVIATION)
    t = float(difference.mean()) / deviation * (freedom + 1) ** 0.5
    size = (freedom * math.log1p(t * t / freedom)) ** 0.5 * (8 * freedom + 1) / (8 * freedom + 3)
    return round(math.copysign(size, t), 2)


def _similarity(table: Table, pairs: NDArray[np.int64], shift: int) -> Float64:
    """Cosine of each pair of rows, all moved by ``shift``: float64 ``[pair]``; NaN outside of the table."""
    rows = pairs + shift
    inside = ((rows >= 0) & (rows < table.shape[0])).all(axis=1)
    found = np.full(len(pairs), np.nan)
    if inside.any():
        one, other = (_standardised(table.rows(rows[inside, side])) for side in (0, 1))
        found[inside] = (one * other).sum(axis=1, dtype=np.float64)
    return found


def _standardised(rows: Float32) -> Float32:
    """Rows of length 1, of which each column has had mean 0 and variance 1, so that no few columns decide."""
    rows = _unit(np.nan_to_num(rows, copy=False, nan=0.0, posinf=0.0, neginf=0.0))
    rows -= rows.mean(axis=0)
    rows /= np.maximum(rows.std(axis=0), np.float32(1e-12))
    return _unit(rows)


def _unit(rows: Float32) -> Float32:
    tiny = np.finfo(np.float32).tiny
    rows /= np.maximum(np.abs(rows).max(axis=1, keepdims=True), tiny)
    rows /= np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), tiny)
    return rows


def _shifts(vocabulary: Vocabulary) -> tuple[int, ...]:
    """0, all that are tried, and those beside them.

    Rows without a token at the end may be those of tokens that the file leaves out at the beginning; tokens without a
    row may be too many there.
    """
    named = np.flatnonzero(vocabulary.kinds != TokenKind.PADDING)
    beyond = len(vocabulary) - 1 - int(named[-1]) if len(named) else 0
    tried = {1, 2, beyond, vocabulary.missing} - {0}
    return tuple(
        dict.fromkeys([0, *(sign * (n + i) for n in sorted(tried) for sign in (1, -1) for i in (0, -1, 1))])
    )


def _size_of_part(rows: int) -> int:
    return max(1, -(-rows // _PARTS))


def _pairs(vocabulary: Vocabulary, most: int) -> NDArray[np.int64]:
    """Tokens that are variants of a word, int64 ``[pair, 2]``: ``most`` in each eighth of the rows, then in any.

    A token is in one pair at most, so that pairs are independent where rows are.
    """
    size = _size_of_part(len(vocabulary))
    keys = [""] * len(vocabulary)
    for start in range(0, len(vocabulary), size):
        stop = min(start + size, start + _TOKENS, len(vocabulary))
        kinds = vocabulary.kinds[start:stop].tolist()
        for row, (text, kind) in enumerate(zip(vocabulary.texts[start:stop], kinds, strict=True), start):
            if kind == TokenKind.TEXT:
                keys[row] = _key(text)
    found: list[tuple[int, int]] = []
    for start in range(0, len(vocabulary), size):
        found += _chosen(keys, range(start, min(start + size, start + _TOKENS, len(vocabulary))), most)
    if len(found) < _PARTS * most // 2:
        for row in {row for pair in found for row in pair}:
            keys[row] = ""
        found += _chosen(keys, range(len(keys)), _PARTS * most - len(found))
    return np.array(found, np.int64).reshape(-1, 2)


def _key(text: str) -> str:
    """What variants of a word have in common; nothing for a single letter or sign."""
    word = text.lstrip(SPACE).casefold()
    return word if len(word) > 1 or not word.isascii() else ""


def _chosen(keys: list[str], rows: range, most: int) -> list[tuple[int, int]]:
    """At most ``most`` pairs of ``rows``: half the same word in another form, half words of the same beginning."""
    forms = {keys[row]: row for row in reversed(rows) if keys[row]}
    same: list[tuple[int, int]] = []
    words: dict[str, list[int]] = {}
    for word, last in {keys[row]: row for row in rows if keys[row]}.items():
        if forms[word] != last:
            same.append((forms[word], last))
        elif _BEGINNING < len(word) < 2 * _BEGINNING:
            words.setdefault(word[:_BEGINNING], []).append(last)
    alike = [(group[0], group[1]) for group in words.values() if len(group) > 1]
    first = _spread(keys, same, max(most // 2, most - len(alike)))
    return first + _spread(keys, alike, most - len(first))


def _spread(keys: list[str], pairs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """``most`` of the pairs, evenly; first those whose neighbours in the vocabulary are not variants too."""
    clean = [pair for pair in pairs if not _repeated(keys, *pair)]
    if len(clean) >= most:
        return [clean[i * len(clean) // most] for i in range(most)]
    taken = set(clean)
    return clean + [pair for pair in pairs if pair not in taken][: most - len(clean)]


def _repeated(keys: list[str], one: int, other: int) -> bool:
    for shift in (1, -1, 2, -2):
        if 0 <= one + shift < len(keys) and 0 <= other + shift < len(keys):
            left, right = keys[one + shift], keys[other + shift]
            if left and left[:_BEGINNING] == right[:_BEGINNING]:
                return True
    return False
