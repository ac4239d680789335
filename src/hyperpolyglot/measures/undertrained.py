"""Under-trained tokens, by the matrix alone.

Three signs (after Land and Bartolo 2024, arXiv 2405.05417): the vector is as near to the mean of reserved and padding
rows as these are themselves, after centring; its length is an outlier towards zero; it is
a duplicate of another token's vector (counted only: a model may mean it). The signs need no model run, and miss tokens
that drifted together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.labels import Labels
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval, wilson
from hyperpolyglot.types import Array, Float32, Float64, frozen
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["LabelShare", "Undertrained", "undertrained"]

_JUDGED = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED, TokenKind.FRAGMENT, TokenKind.BYTE)
_REFERENCE = (TokenKind.UNUSED, TokenKind.PADDING)
_LEAST_REFERENCE = 5
_LEAST_AGREEMENT = 0.5
_DEVIATIONS = 6.0
_EXAMPLES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelShare:
    """Under-trained tokens of one label; ``share`` in 0…1 with Wilson's interval over tokens.

    ``unreachable``: how many no text is cut into, ``None`` where that was not looked at.
    """

    label: str | None
    tokens: int
    undertrained: int
    share: float
    interval: Interval | None
    unreachable: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        interval = None if self.interval is None else list(self.interval)
        return {name: getattr(self, name) for name in self.__slots__} | {"interval": interval}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertrained:
    """Under-trained tokens.

    ``mask`` bool ``[token]``: tokens to leave out, those with the first or the second sign.
    ``signs``: how many tokens show each. ``reference``: reserved and padding rows with a vector. ``agreement``:
    5 % quantile of their cosine to the mean of the others, the
    threshold of the first sign, which is used only where it is at least 0.5 over five rows or more. ``unreachable``
    bool ``[token]``: no text is cut into it; not in the mask, for such a token can lie where training put it.
    ``norm_threshold``: median of log lengths less six (scaled median) deviations.
    """

    tokens: int
    mask: NDArray[np.bool_]
    norms: Float64
    closeness: Float64
    signs: dict[str, int]
    reference: int
    agreement: float | None
    norm_threshold: float
    by_label: tuple[LabelShare, ...]
    examples: tuple[dict[str, Any], ...]
    unreachable: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        for name in ("mask", "norms", "closeness"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if self.unreachable is not None:
            object.__setattr__(self, "unreachable", frozen(self.unreachable))

    @property
    def share(self) -> float:
        """Share of the judged tokens."""
        return float(np.count_nonzero(self.mask)) / self.tokens if self.tokens else 0.0

    @property
    def unreachable_share(self) -> float | None:
        """Unreachable among the judged tokens, ``None`` where that was not looked at."""
        if self.unreachable is None or not self.tokens:
            return None
        return float(np.count_nonzero(self.unreachable)) / self.tokens

    def tokens_found(self) -> list[dict[str, Any]]:
        """A row for each of the examples, with a column for every sign."""
        return [
            {name: value for name, value in row.items() if name != "signs"}
            | {sign: sign in row["signs"] for sign in self.signs}
            for row in self.examples
        ]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "tokens": self.tokens,
            "unreachable_share": self.unreachable_share,
            "undertrained": int(np.count_nonzero(self.mask)),
            "share": self.share,
            "signs": self.signs,
            "reference_rows": self.reference,
            "agreement": self.agreement,
            "norm_threshold": self.norm_threshold,
            "by_label": [row.to_json() for row in self.by_label],
            "examples": list(self.examples),
        }


def undertrained(space: TokenSpace, unreachable: NDArray[np.bool_] | None = None) -> Undertrained:
    """Judge the written tokens of ``space``: finite rows of text, whitespace, bytes, fragments and added tokens.

    ``unreachable`` bool ``[token]``: see :func:`hyperpolyglot.tokenization.segmentation.unreachable`.
    """
    vectors = space.vectors()
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
    judged = finite & np.isin(space.vocabulary.kinds, _JUDGED)
    norms = np.full(len(space), np.nan)
    norms[finite] = np.sqrt(np.einsum("ij,ij->i", vectors[finite], vectors[finite], dtype=np.float64))
    reference = np.flatnonzero(finite & np.isin(space.vocabulary.kinds, _REFERENCE) & (norms > 0))
    closeness, agreement = _closeness(vectors, judged, reference)
    near = np.zeros(len(space), bool)
    if agreement is not None and agreement >= _LEAST_AGREEMENT and len(reference) >= _LEAST_REFERENCE:
        near = closeness >= agreement
    threshold = _lowest_usual(norms[judged & (norms > 0)])
    signs = {
        "near_reserved": judged & near,
        "short": judged & (np.nan_to_num(norms) < threshold),
        "duplicate": judged & _duplicates(vectors, finite),
    }
    mask = signs["near_reserved"] | signs["short"]
    if unreachable is not None:
        unreachable = judged & unreachable
        signs["unreachable"] = unreachable
    return Undertrained(
        tokens=int(np.count_nonzero(judged)),
        mask=mask,
        norms=norms,
        closeness=closeness,
        signs={name: int(np.count_nonzero(sign)) for name, sign in signs.items()},
        reference=len(reference),
        agreement=agreement,
        norm_threshold=threshold,
        by_label=_by_label(space.labels, judged, mask, unreachable),
        examples=_examples(space, mask, signs, norms, closeness),
        unreachable=unreachable,
    )


def _closeness(vectors: Float32, judged: NDArray[np.bool_], reference: Array) -> tuple[Float64, float | None]:
    """Cosine of every row to the mean reference row, and what the reference rows have to the mean of the others."""
    closeness = np.full(len(vectors), np.nan)
    if len(reference) < 2 or not judged.any():
        return closeness, None
    centre = vectors[judged].mean(axis=0, dtype=np.float64)
    own = vectors[reference] - centre
    total = own.sum(axis=0)
    for start in range(0, len(vectors), 8192):
        block = vectors[start : start + 8192] - centre
        closeness[start : start + 8192] = _cosine(block, total)
    others = _cosine(own, total - own)
    return closeness, float(np.quantile(others, 0.05))


def _cosine(rows: Float64, to: Float64) -> Float64:
    lengths = np.sqrt((rows**2).sum(axis=-1) * (to**2).sum(axis=-1))
    return np.asarray((rows * to).sum(axis=-1) / np.maximum(lengths, 1e-300))


def _lowest_usual(norms: Float64) -> float:
    if not len(norms):
        return 0.0
    logs = np.log(norms)
    middle = float(np.median(logs))
    return float(np.exp(middle - _DEVIATIONS * 1.4826 * float(np.median(np.abs(logs - middle)))))


def _duplicates(vectors: Float32, finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows whose numbers are those of another row, to the bit."""
    digests = [blake2b(row.tobytes(), digest_size=16).digest() for row in vectors]
    counts = Counter(digests)
    return np.asarray(finite & np.fromiter((counts[digest] > 1 for digest in digests), bool, len(digests)))


def _by_label(
    labels: Labels, judged: NDArray[np.bool_], mask: NDArray[np.bool_], unreachable: NDArray[np.bool_] | None
) -> tuple[LabelShare, ...]:
    rows = []
    for code in np.unique(labels.codes[judged]).tolist():
        here = judged & (labels.codes == code)
        tokens, found = int(np.count_nonzero(here)), int(np.count_nonzero(here & mask))
        rows.append(
            LabelShare(
                label=None if code < 0 else labels.names[code],
                tokens=tokens,
                undertrained=found,
                share=found / tokens,
                interval=wilson(found, tokens),
                unreachable=None if unreachable is None else int(np.count_nonzero(here & unreachable)),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.tokens, row.label or "")))


def _examples(
    space: TokenSpace,
    mask: NDArray[np.bool_],
    signs: dict[str, NDArray[np.bool_]],
    norms: Float64,
    closeness: Float64,
) -> tuple[dict[str, Any], ...]:
    rows = np.flatnonzero(mask)
    order = np.lexsort((rows, norms[rows], -np.nan_to_num(closeness[rows], nan=-1.0)))
    return tuple(
        {
            "id": int(space.ids[row]),
            "token": space.vocabulary.texts[row],
            "label": space.labels.of(row),
            "norm": float(norms[row]),
            "closeness": None if np.isnan(closeness[row]) else float(closeness[row]),
            "signs": [name for name, sign in signs.items() if sign[row]],
        }
        for row in rows[order[:_EXAMPLES]].tolist()
    )
