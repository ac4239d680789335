"""The record and the packaged lexicon."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import combinations

import pytest

from hyperpolyglot.lexicon import CLDR, Lexicon, packaged_lexicon, unseen_by_demos


def test_columns_of_different_lengths_are_refused() -> None:
    """A lexicon checks itself when it is built."""
    with pytest.raises(ValueError, match="differ in length"):
        Lexicon(concepts=("a",), languages=(), scripts=(), words=(), kinds=(), source="test")


def test_an_empty_word_is_refused() -> None:
    """An entry without a word says nothing."""
    with pytest.raises(ValueError, match="empty"):
        Lexicon.of([("a", "en", "")], source="test")


def test_take_narrows_by_kind_language_and_concept() -> None:
    """All conditions hold at once, and the order stays."""
    lexicon = Lexicon.of(
        [("a", "en", "x"), ("a", "de", "y"), ("b", "en", "z")], source="test", kinds=["k", "k", "m"]
    )
    assert ("x",) == lexicon.take(kinds={"k"}, languages={"en"}).words
    assert ("z",) == lexicon.take(concepts={"b"}).words
    assert 3 == len(lexicon.take())


def test_repeated_entries_are_kept_once() -> None:
    """The same word for the same concept in the same language is one entry."""
    assert 1 == len(Lexicon.of([("a", "en", "x")] * 3, source="test"))


def test_the_packaged_lexicon_is_as_wide_as_promised() -> None:
    """At least 100 languages with 100 words each, and 25 scripts."""
    lexicon = packaged_lexicon()
    assert CLDR == lexicon.source
    assert 100 <= sum(count >= 100 for count in lexicon.counts().values())
    assert 25 <= len(set(lexicon.scripts))
    assert {"object", "territory", "language", "month", "weekday", "unit", "time"} == set(lexicon.kinds)


def test_packaged_entries_are_sorted_distinct_single_words() -> None:
    """No phrase, number, sign or code is left, and everything is in NFC."""
    lexicon = packaged_lexicon()
    rows = list(zip(lexicon.concepts, lexicon.languages, lexicon.scripts, lexicon.words, strict=True))
    assert sorted(set(rows)) == rows
    for word in lexicon.words:
        assert unicodedata.normalize("NFC", word) == word
        assert all(unicodedata.category(c)[0] in "LM" or c in "-'’·״׳\u200c\u200d" for c in word), word


def test_packaged_languages_keep_to_their_script() -> None:
    """Only Japanese mixes scripts; a word in another one would be a fall-back."""
    lexicon = packaged_lexicon()
    scripts: dict[str, set[str]] = {}
    for language, script in zip(lexicon.languages, lexicon.scripts, strict=True):
        scripts.setdefault(language, set()).add(script)
    assert {"Hani", "Hira", "Kana"} == scripts.pop("ja")
    assert {1} == {len(found) for found in scripts.values()}


def test_english_fall_backs_are_gone() -> None:
    """In no language but Pidgin and Manx-like islands is more than a third the same as in English."""
    lexicon = packaged_lexicon()
    entries = zip(lexicon.concepts, lexicon.languages, lexicon.words, lexicon.kinds, strict=True)
    rows = [(c, tag, w.casefold()) for c, tag, w, kind in entries if kind == "object"]
    english = {(c, w) for c, tag, w in rows if tag == "en"}
    same = Counter(tag for c, tag, w in rows if (c, w) in english)
    total = Counter(tag for _, tag, _ in rows)
    assert [] == [tag for tag in total if tag != "en" and total[tag] > 100 and same[tag] > total[tag] / 3]


@pytest.mark.parametrize(
    ("concept", "language", "word"),
    [
        ("emoji:🐈", "en", "cat"),
        ("emoji:🐈", "fr", "chat"),
        ("territory:DE", "ja", "ドイツ"),
        ("weekday:mon", "ru", "понедельник"),
        ("month:1", "sw", "Januari"),
        ("language:fr", "el", "Γαλλικά"),
    ],
)
def test_packaged_words_are_right(concept: str, language: str, word: str) -> None:
    """Known words stand where they belong."""
    assert word in packaged_lexicon().take(concepts={concept}, languages={language}).words


def test_concepts_are_comparable_with_the_held_out_ones() -> None:
    """All territories and weekdays are held out, no month or language, and some objects."""
    lexicon = packaged_lexicon()
    held = unseen_by_demos()
    by_kind = Counter((k, c in held) for c, k in set(zip(lexicon.concepts, lexicon.kinds, strict=True)))
    assert 0 == by_kind["weekday", False]
    assert 5 > by_kind["territory", False]
    assert 0 == by_kind["month", True] + by_kind["language", True]
    assert 0 < by_kind["object", True] < by_kind["object", False]


RELATIVES = [
    {"bs", "hr", "sr-Latn"},
    {"bs-Cyrl", "mk", "sr"},
    {"dsb", "hsb"},
    {"es", "gl"},
    {"id", "ms"},
    {"nn", "no"},
    {"ba", "tt"},
    {"yue", "zh-Hant"},
]


@pytest.fixture(scope="module")
def said():
    """Language → concept → words without case."""
    lexicon = packaged_lexicon()
    found: dict[str, dict[str, set[str]]] = {}
    for concept, tag, word in zip(lexicon.concepts, lexicon.languages, lexicon.words, strict=True):
        found.setdefault(tag, {}).setdefault(concept, set()).add(word.casefold())
    return found


def test_no_language_is_the_copy_of_another(said) -> None:
    """Of words that are not international, two languages share at most half, relatives at most nine tenths."""
    well_covered = [tag for tag, own in said.items() if sum(map(len, own.values())) >= 1000]
    users = Counter((c, w) for tag in well_covered for c, words in said[tag].items() for w in words)

    def international(concept, word, *pair):
        others = users[concept, word] - sum(
            tag in well_covered and word in said[tag][concept] for tag in pair
        )
        return others >= 6

    over = []
    for one, other in combinations(sorted(said), 2):
        if sum(not words.isdisjoint(said[other].get(c, ())) for c, words in said[one].items()) <= 15:
            continue
        both = [
            concept
            for concept in said[one].keys() & said[other].keys()
            if not any(
                international(concept, w, one, other) for w in said[one][concept] & said[other][concept]
            )
            and not any(international(concept, w, one) for w in said[one][concept] - said[other][concept])
            and not any(international(concept, w, other) for w in said[other][concept] - said[one][concept])
        ]
        same = sum(bool(said[one][concept] & said[other][concept]) for concept in both)
        limit = 0.9 if any({one, other} <= group for group in RELATIVES) else 0.5
        if len(both) >= 30 and same > limit * len(both):
            over.append((one, other, same, len(both)))
    assert [] == over


def test_what_was_only_inherited_is_gone(said) -> None:
    """Haitian Creole was French throughout; no two languages are one list of words."""
    assert "ht" not in said
    assert 1 == len({"rwk", "vun", "jmc"} & said.keys())
    assert 1 == len({"cgg", "nyn"} & said.keys())
    danish = sum(bool(words & said["da"].get(concept, set())) for concept, words in said["kl"].items())
    assert 0 == danish


def test_true_relatives_are_whole(said) -> None:
    """Languages that are close keep their words, those that they have in common, too."""
    for tag in ("bs", "hr", "sr-Latn", "no", "nn", "id", "ms", "zh-Hant", "mk"):
        assert 1000 < len(said[tag]), tag
