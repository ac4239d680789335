"""Word lists that need no file of the user: those of wordfreq, where it is installed, else of the packaged lexicon."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from hyperpolyglot.lexicon.packaged import CLDR, packaged_lexicon
from hyperpolyglot.word_lists.record import WordLists
from hyperpolyglot.word_lists.respelling import respelled

__all__ = ["installed_word_lists", "lexicon_word_lists"]

_WORDFREQ = "wordfreq"


def installed_word_lists() -> WordLists:
    """The lists of wordfreq, where it is installed, else the words of the packaged lexicon, with a remark."""
    try:
        found = version(_WORDFREQ)
    except PackageNotFoundError:
        return lexicon_word_lists()
    return _wordfreq_lists(found)


@cache
def lexicon_word_lists() -> WordLists:
    """The words of the packaged lexicon: a concept is as common in one language as in all others."""
    lexicon = packaged_lexicon()
    lists: dict[str, list[tuple[str, float]]] = {}
    for language, word in zip(lexicon.languages, lexicon.words, strict=True):
        lists.setdefault(language, []).append((word, 1.0))
    return WordLists.of(
        lists,
        source=CLDR,
        total=float(max(map(len, lists.values()))),
        remark="Languages are told by the few words of the packaged lexicon, so most tokens have no label: install "
        "'hyperpolyglot[languages]' or name a folder of word lists.",
    )


# The lists of one kind ("small": words of at least one in a million), so that no language has rarer words than others.
@cache
def _wordfreq_lists(found: str) -> WordLists:
    wordfreq = import_module(_WORDFREQ)
    lists: dict[str, list[tuple[str, float]]] = {}
    for language in wordfreq.available_languages("small"):
        bands = wordfreq.get_frequency_list(language, "small")
        counted = [(word, 10 ** (-band / 100)) for band, words in enumerate(bands) for word in words]
        lists[language] = list(respelled(language, counted))
    return WordLists.of(lists, source=f"{_WORDFREQ} {found}")
