"""Two models of planted truth to look at: one keeps scripts together, the other meanings; and hostile tokens."""

from __future__ import annotations

import numpy as np

from hyperpolyglot.explorer.bundle import Bundle, make_bundle
from hyperpolyglot.explorer.explored import ExploreOptions
from hyperpolyglot.labels import label
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import NoStore
from hyperpolyglot.table import Table
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary
from tests.conftest import planted_pieces

K = 12
WORDS = {
    "cat": {"en": "▁cat", "ro": "▁pisică", "ru": "▁кошка", "ja": "猫", "ar": "▁قطة"},
    "when": {"en": "▁when", "ro": "▁când", "ru": "▁когда", "ja": "いつ", "ar": "▁متى"},
    "Nike": {"en": "▁Nike", "ru": "▁Найк", "ja": "ナイキ", "ar": "▁نايكي"},
    "Arabic": {"en": "▁Arabic", "ru": "▁арабский", "ja": "アラビア", "ar": "▁العربية"},
}
LANGUAGES = ("en", "ro", "ru", "ja", "ar")
HOSTILE = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>": "<img▁src=x▁onerror=alert(1)>",
    "\u202eevil\u202c": "⟨U+202E⟩evil⟨U+202C⟩",
    "nul\x00byte": "nul⟨U+0000⟩byte",
    "line\nbreak": "line⟨U+000A⟩break",
    "\ud800lone": "\\ud800lone",
    "x" * 6000: "x" * 200 + "…",
    "\u0301": "◌\u0301",
}
"""Tokens that no page should trust, and how the head of their card shows them."""

_FILLER = planted_pieces(60)


def tokens() -> list[str]:
    """All pieces in order of their ids; the last row has none."""
    words = [word for concept in WORDS.values() for word in concept.values()]
    return ["<s>", *words, *_FILLER, *HOSTILE]


def _meanings() -> list[int]:
    """The meaning of every token, as a number; hostile ones mean nothing in common."""
    numbers = [100 + i for i, concept in enumerate(WORDS.values()) for _ in concept]
    return [0, *numbers, *(i % 60 for i in range(len(_FILLER))), *range(200, 200 + len(HOSTILE))]


def _space(name: str, groups: list[int], left_out: frozenset[str] = frozenset()) -> TokenSpace:
    pieces = tokens()
    kept = [i for i, piece in enumerate(pieces) if piece not in left_out]
    random = np.random.default_rng(5)
    centres = random.standard_normal((max(groups) + 1, 16))
    noise = random.standard_normal((len(pieces), 16))
    vectors = (3 * centres[groups] + 0.5 * noise)[kept].astype(np.float32)
    vectors = np.concatenate([vectors, np.zeros((1, 16), np.float32)])
    entries = [_entry(i, pieces[at]) for i, at in enumerate(kept)]
    vocabulary = Vocabulary.build(entries, scheme="unigram", source=name).fit(len(vectors))
    return TokenSpace(
        model=name,
        revision=None,
        table=Table(name="table", dtype="F32", shape=vectors.shape, stored=vectors),
        vocabulary=vocabulary,
        labels=label(vocabulary),
        ids=np.arange(len(vectors), dtype=np.int32),
    )


def _entry(i: int, piece: str) -> Entry:
    special = piece == "<s>" or "\ud800" in piece
    utf8 = piece.replace("▁", " ").encode("utf-8", "surrogatepass")
    return Entry(i, piece, utf8, kind=TokenKind.SPECIAL if special else None, score=-float(i))


def scripts_together() -> TokenSpace:
    """Neighbours are of the own script."""
    vocabulary = Vocabulary.build(
        [_entry(i, piece) for i, piece in enumerate(tokens())], scheme="unigram", source="scripts"
    )
    return _space("by/script", [code + 1 for code in label(vocabulary).codes.tolist()])


def meanings_together() -> TokenSpace:
    """Neighbours mean the same; ``▁متى`` and the first filler are not there, so ids differ."""
    return _space("by/meaning", _meanings(), frozenset({"▁متى", _FILLER[0]}))


def lexicon() -> Lexicon:
    """The words as entries, and one that is no token."""
    entries = [(c, tag, word.removeprefix("▁")) for c, words in WORDS.items() for tag, word in words.items()]
    return Lexicon.of([*entries, ("cat", "es", "gato")], source="planted")


def planted_bundle() -> Bundle:
    """The bundle of both."""
    options = ExploreOptions(k=K, method="pca")
    return make_bundle([scripts_together(), meanings_together()], options, NoStore(), lexicon=lexicon())


def nearest(space: TokenSpace, row: int, k: int = K) -> list[tuple[int, float]]:
    """Brute force in float64: (row, cosine), nearest first."""
    vectors = space.vectors(np.arange(len(space))).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(lengths > 0, lengths, 1)[:, None]
    cosines = unit @ unit[row]
    cosines[row] = cosines[lengths == 0] = -np.inf
    order = np.lexsort((np.arange(len(cosines)), -cosines))[:k]
    return [(int(i), float(cosines[i])) for i in order]
