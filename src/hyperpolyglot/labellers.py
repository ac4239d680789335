"""The labellers, a row each: how tokens are labelled, and what the labels are called wherever a result speaks of them.

The choices of ``--labels``, of study files and of :func:`hyperpolyglot.label` are these rows, and the report, the
figures and the explorer take their words from them. What a labeller needs is imported when it labels, so that
``--help`` can list them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hyperpolyglot.vocabulary import Vocabulary
    from hyperpolyglot.word_lists import WordLists

__all__ = [
    "DEFAULT",
    "LABELLERS",
    "LANGUAGE",
    "OWN",
    "Labelled",
    "Labeller",
    "Labelling",
    "by_language",
    "common",
]


class Labelled(NamedTuple):
    """The label of every row, ``None`` for none, and what they rest on.

    ``unicode``: the version of the tables, empty for none; ``basis``: other data, with its digest; ``remark``: what the
    user should know of the labels, in a sentence. ``basis`` and ``remark`` are empty for none.
    """

    labels: Iterable[str | None]
    unicode: str = ""
    basis: str = ""
    remark: str = ""


_CJK = frozenset({"Hani", "Hira", "Kana", "Hrkt", "Hang", "Bopo", "Jpan", "Kore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """What labels are called in a sentence, and what may be said of them.

    ``one``, ``many``: ``"script"``, ``"scripts"``; ``heading``: many of them where nothing has been said before;
    ``badge``: what the small letters beside a token are; ``unlabelled``: which tokens have none, a sentence.
    ``writing_systems``: what the founding paper published of its writing systems can stand beside them.
    ``latin``: the label of Latin text; empty where there is no single one. ``uncounted``: labels that are not counted.
    ``abstains``: text that cannot be told has no label, and its share is reported. ``tags``: labels are language tags.
    """

    one: str
    many: str
    heading: str
    badge: str
    unlabelled: str
    writing_systems: bool = False
    latin: str = ""
    uncounted: tuple[str, ...] = ()
    abstains: bool = False
    tags: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeller(Labelling):
    """A way to label tokens that comes with the package; ``help`` is what the command line says of it."""

    label: Callable[[Vocabulary], Labelled]
    help: str


def common(labellings: Iterable[Labelling]) -> Labelling:
    """How to speak of the labels of several models: as of the first ones, or just of labels where words differ.

    >>> common([LABELLERS["script"], LABELLERS["script-cjk"]]).many, common([LABELLERS["script"], OWN]).many
    ('scripts', 'labels')
    """
    first, *others = labellings
    return first if all(other.many == first.many for other in others) else OWN


def _of_texts(
    vocabulary: Vocabulary, label: Callable[[Sequence[str]], Iterable[str | None]]
) -> list[str | None]:
    """Labels of the rows that are text, by their display texts; bytes, specials and padding have none."""
    from hyperpolyglot.vocabulary import TokenKind

    written = {TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED}
    rows = [row for row, kind in enumerate(vocabulary.kinds.tolist()) if kind in written]
    labels: list[str | None] = [None] * len(vocabulary)
    for row, found in zip(rows, label([vocabulary.texts[row] for row in rows]), strict=True):
        labels[row] = found
    return labels


def _by_script(vocabulary: Vocabulary) -> Labelled:
    from hyperpolyglot.writing import scripts

    return Labelled(_of_texts(vocabulary, scripts.scripts_of), scripts.UNICODE_VERSION)


def _by_script_joining_cjk(vocabulary: Vocabulary) -> Labelled:
    labels, unicode, *_ = _by_script(vocabulary)
    return Labelled(("CJK" if label in _CJK else label for label in labels), unicode)


def _by_paper(vocabulary: Vocabulary) -> Labelled:
    from hyperpolyglot.vocabulary import TokenKind
    from hyperpolyglot.writing import paper

    strings = zip(paper.paper_strings(vocabulary), vocabulary.kinds.tolist(), strict=True)
    labels = (None if kind == TokenKind.PADDING else paper.category_of(string) for string, kind in strings)
    return Labelled(labels, paper.UNICODE_VERSION)


def _by_block(vocabulary: Vocabulary) -> Labelled:
    from hyperpolyglot.writing import blocks

    return Labelled(_of_texts(vocabulary, blocks.blocks_of), blocks.UNICODE_VERSION)


def by_language(vocabulary: Vocabulary, lists: WordLists | None = None) -> Labelled:
    """Labels by word lists; by those of this installation for ``None``."""
    import numpy as np

    from hyperpolyglot.vocabulary import TokenKind
    from hyperpolyglot.word_lists import installed_word_lists
    from hyperpolyglot.word_lists.bayes import language_model

    lists = lists or installed_word_lists()
    written = np.flatnonzero(np.isin(vocabulary.kinds, (TokenKind.TEXT, TokenKind.ADDED))).tolist()
    texts = [vocabulary.texts[row] for row in written]
    starts = vocabulary.starts_word if vocabulary.starts_word.any() else np.ones(len(vocabulary), bool)
    codes = language_model(lists).codes(texts, starts[written].tolist())
    labels: list[str | None] = [None] * len(vocabulary)
    for row, code in zip(written, codes.tolist(), strict=True):
        labels[row] = None if code < 0 else lists.languages[code]
    return Labelled(labels, basis=f"{lists.source} ({lists.digest})", remark=lists.remark)


_SCRIPT = Labeller(
    label=_by_script,
    help="Unicode scripts",
    one="script",
    many="scripts",
    heading="writing systems",
    badge="the script’s ISO 15924 code",
    unlabelled="Bytes, special tokens and padding have a kind, not a script, and are not counted here.",
    writing_systems=True,
    latin="Latn",
    uncounted=("Zyyy", "Zinh", "Zzzz"),
)

LANGUAGE = "language"

LABELLERS: dict[str, Labeller] = {
    "script": _SCRIPT,
    "script-cjk": replace(
        _SCRIPT, label=_by_script_joining_cjk, help="the same with Han, kana and Hangul joined"
    ),
    "paper": Labeller(
        label=_by_paper,
        help="the founding paper's rule",
        one="category",
        many="categories",
        heading="writing systems",
        badge="the token’s category",
        unlabelled="Every token but padding has a category, by its string.",
        writing_systems=True,
        latin="LATIN",
    ),
    "block": Labeller(
        label=_by_block,
        help="Unicode blocks",
        one="block",
        many="blocks",
        heading="Unicode blocks",
        badge="the token’s Unicode block",
        unlabelled="Bytes, special tokens, spaces and padding have a kind, not a block, and are not counted here.",
    ),
    LANGUAGE: Labeller(
        label=by_language,
        help="languages by word lists",
        one="language",
        many="languages",
        heading="languages",
        badge="the tag of the token’s language",
        unlabelled="Tokens that no one language can claim have no language and are not counted here.",
        abstains=True,
        tags=True,
    ),
}

DEFAULT = "script"

OWN = Labelling(
    one="label",
    many="labels",
    heading="labels",
    badge="the token’s label",
    unlabelled="Tokens without a label are not counted here.",
)
"""Labels of a user's own, by a function or a table."""
