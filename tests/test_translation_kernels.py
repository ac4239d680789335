"""What compiled code decides about translation is what the plain definitions say."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import hyperpolyglot as hp
from hyperpolyglot.engine.largest import LANES, LISTED, largest_of_rows
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.labels import label
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.explanation.removal import label_means
from hyperpolyglot.measures.jackknife import _first_kept
from hyperpolyglot.measures.translation.asking import TranslateOptions, ask
from hyperpolyglot.measures.translation.first_answers import first_answers
from hyperpolyglot.measures.translation.questions import distance, within
from hyperpolyglot.measures.translation.ranking_tokens import ranks_among_tokens
from hyperpolyglot.measures.translation.recent import Recent
from hyperpolyglot.measures.translation.sifting import mean_of_nearest, product_error
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table
from hyperpolyglot.tokenization.segmentation import Segmenter
from hyperpolyglot.vocabulary import Entry, Vocabulary

PIECES = some.lists(some.text("abé日", min_size=1, max_size=3), min_size=1, max_size=12, unique=True)


@given(PIECES, some.lists(some.text("abé日x", min_size=1, max_size=9), max_size=5), some.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_words_are_cut_at_once_as_one_by_one(pieces: list[str], words: list[str], seed: int) -> None:
    """The compiled recursion finds the parts, and so the rows, of the plain one; equal sums included."""
    scores = np.random.default_rng(seed).integers(-4, 0, len(pieces)).astype(float).tolist()
    known = [piece.encode() for piece in pieces]
    cut = Segmenter(
        rows={piece: row for row, piece in enumerate(known)},
        scores=dict(zip(known, scores, strict=True)),
        single_bytes={},
        scheme="unigram",
        marks_words=bool(seed % 2),
        lower=False,
        longest=max(map(len, known)),
        worst=min(scores) - 10,
    )
    scripts = ["Hani" if i % 2 else "Latn" for i in range(len(words))]
    expected = [cut.pieces(word, script) for word, script in zip(words, scripts, strict=True)]
    assert expected == cut.pieces_of(words, scripts)
    assert [cut.reaches(piece) for piece in known] == cut.reaches_each(known)


@given(some.text("abc", max_size=8), some.text("abc", max_size=8), some.floats(0, 6))
@settings(deadline=None)
def test_few_changes_are_told_as_by_the_distance(a: str, b: str, most: float) -> None:
    """Looking only at short paths says the same as Levenshtein's distance."""
    one, other = (np.array([ord(c) for c in text], np.uint32) for text in (a, b))
    row = np.empty(20, np.int64)
    assert bool(distance(one, other, row) <= most) == within(one, other, most, row)


@given(some.text())
def test_accents_are_left_out_as_by_the_definition(text: str) -> None:
    """A table of marks and a short way for ASCII give what the Unicode functions give."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).casefold()
    assert ("".join(c for c in plain if not unicodedata.combining(c)) or plain) == fold_accents(text)


@pytest.mark.parametrize(("count", "k"), [(0, 3), (4, 10), (30, 10), (30, 13)])
def test_the_largest_of_columns_are_those_of_sorting(count: int, k: int) -> None:
    """Lists in registers hold the largest values of each column, and the mean is of those that there are."""
    random = np.random.default_rng(count)
    table = random.standard_normal((40, 2 * LANES)).astype(np.float32) / 4
    members = np.sort(random.choice(40, count, replace=False)).astype(np.int32)
    found = np.empty((LISTED, LANES), np.float32)
    largest_of_rows(table, members, LANES, found)
    expected = -np.sort(-table[members][:, LANES:], axis=0)[:LISTED]
    assert expected.tolist() == found[: min(count, LISTED)].tolist()
    mean = np.empty((1, 2 * LANES), np.float32)
    mean_of_nearest(table, members, np.array([0, count]), k, np.arange(1), mean)
    best = -np.sort(-table[members].astype(float), axis=0)[:k]
    assert mean[0] == pytest.approx(best.mean(axis=0) if count else np.zeros(2 * LANES), abs=1e-6)


def near_ties(seed: int) -> tuple[TokenSpace, Lexicon]:
    """Tokens in bunches that float32 products cannot tell apart, a few of them exactly equal."""
    random = np.random.default_rng(seed)
    words = {
        tag: [f"{letter}{chr(ord(letter) + i)}" for i in range(9)]
        for tag, letter in (("en", "a"), ("ru", "а"))
    }
    texts = [f"▁{word}" for own in words.values() for word in own] + [f"▁z{i}" for i in range(60)]
    texts += [f"▁{word.upper()}" for word in words["en"]]
    bunch = random.standard_normal((4, 12))
    vectors = (
        bunch[random.integers(4, size=len(texts))] + 1e-8 * random.standard_normal((len(texts), 12))
    ).astype(np.float32)
    vectors[::3] *= np.float32(1 + 2**-20)
    vectors[30:34] = vectors[0]
    entries = [Entry(i, t, t.replace("▁", " ").encode(), score=-float(i)) for i, t in enumerate(texts)]
    vocabulary = Vocabulary.build(entries, scheme="unigram", source="test")
    space = TokenSpace(
        model="test",
        revision=None,
        table=Table(name="t", dtype="F32", shape=vectors.shape, stored=vectors),
        vocabulary=vocabulary,
        labels=label(vocabulary),
        ids=np.arange(len(texts), dtype=np.int32),
    )
    return space, Lexicon.of(
        [(f"c{i}", tag, word) for tag, own in words.items() for i, word in enumerate(own)], source="test"
    )


@pytest.mark.parametrize("seed", range(6))
def test_what_float32_cannot_tell_apart_is_ranked_exactly(seed: int) -> None:
    """Ranks by cosine among all tokens, and the nearest of each word, are those of the stated float64 order."""
    from hyperpolyglot.measures.translation.ranking import TOLERANCE, exact_cosine

    space, lexicon = near_ties(seed)
    asked = ask(space, lexicon, TranslateOptions(fewest=2, k=3))
    rows, words = asked.words.rows, asked.pool.arrays()
    everywhere = np.ones((2, len(space)), bool)
    found = ranks_among_tokens(
        space, asked.questions, asked.pool, rows, asked.ranks.knn_similarity, everywhere, lambda *_: None
    )
    vectors = space.vectors()
    lengths = np.linalg.norm(vectors.astype(float), axis=1)
    from hyperpolyglot.engine.cosine import norms

    lengths = norms(vectors)
    cosine = np.array(
        [
            [
                exact_cosine(words.vectors[u], words.lengths[u], v, n)
                for v, n in zip(vectors, lengths, strict=True)
            ]
            for u in range(len(rows))
        ]
    )
    assert np.abs(np.diff(np.sort(cosine.ravel()))).min() < product_error(12)
    for q in range(len(asked.questions)):
        x = asked.questions.unit[q]
        order = sorted(set(range(len(space))) - {int(rows[x])}, key=lambda y, x=x: (-cosine[x, y], y))
        at, end = asked.questions.reference_at[q : q + 2]
        expected = min(order.index(int(rows[g])) for g in asked.questions.references[at:end]) + 1
        assert expected == found.strong_cosine[q] == found.script_cosine[q]
    for u, row in enumerate(rows.tolist()):
        others = np.delete(np.arange(len(space)), row)
        near = others[cosine[u, others] >= cosine[u, others].max() - TOLERANCE]
        assert near[0] == found.nearest[u]


@pytest.mark.parametrize("k", [3, 13])
@pytest.mark.parametrize("seed", range(6))
def test_first_answers_are_those_of_the_ranks(seed: int, k: int) -> None:
    """Whether the first answer is correct is what the ranks say, where float32 products cannot tell answers apart."""
    space, lexicon = near_ties(seed)
    asked = ask(space, lexicon, TranslateOptions(fewest=2, k=k))
    found = first_answers(asked.questions, asked.pool, lambda *_: None)
    assert np.minimum(asked.ranks.csls, 2).tolist() == found.tolist()
    assert 2 in found


def test_first_answers_of_a_demo_are_those_of_the_ranks() -> None:
    """The same with questions whose only answer is the word itself, and with many languages."""
    space = hp.open_model("demo:meaning")
    asked = ask(space, hp.packaged_lexicon(), TranslateOptions())
    found = first_answers(asked.questions, asked.pool, lambda *_: None)
    assert np.minimum(asked.ranks.csls, 2).tolist() == found.tolist()
    assert {0, 1, 2} == set(found.tolist())


def test_halves_of_lists_are_the_first_that_are_kept() -> None:
    """A list that is too short is told; the others hold their first kept neighbours in order."""
    random = np.random.default_rng(0)
    table, kept = random.integers(0, 50, (40, 12)).astype(np.int32), random.random(50) < 0.5
    own, first, enough = np.arange(0, 40, 2), np.empty((20, 5), np.int32), np.ones(20, bool)
    _first_kept(table, own, kept, first, enough)
    lists = [[j for j in table[i].tolist() if kept[j]] for i in own]
    assert [len(one) >= 5 for one in lists] == enough.tolist()
    assert [one[:5] for one in lists if len(one) >= 5] == first[enough].tolist()


def test_label_means_add_rows_in_their_order() -> None:
    """Sums of groups are, to the bit, those of adding one row after the other."""
    random = np.random.default_rng(1)
    vectors, groups = random.standard_normal((200, 7)).astype(np.float32), random.integers(0, 4, 200)
    learned = np.arange(0, 200, 2)
    sums = np.zeros((4, 7))
    np.add.at(sums, groups[learned], vectors[learned])
    expected = sums[1:] / np.bincount(groups[learned], minlength=4)[1:, None]
    assert expected.tolist() == label_means(vectors, groups, learned)[1:].tolist()


def test_what_was_asked_of_a_space_is_asked_once() -> None:
    """Options that change no question share words and ranks; others do not."""
    space, lexicon = near_ties(0)
    first = ask(space, lexicon, TranslateOptions(fewest=2))
    assert ask(space, lexicon, TranslateOptions(fewest=2, seed=5, questions=3)) is first
    assert ask(space, lexicon, TranslateOptions(fewest=2, k=4)) is not first


def test_nothing_is_kept_of_what_is_gone() -> None:
    """A result goes with the object that it is about."""

    class Thing:
        pass

    recent: Recent[Thing] = Recent(2)
    about = Thing()
    recent(about, "", Thing)
    del about
    gc.collect()
    other = Thing()
    recent(other, "", Thing)
    assert 1 == len(recent._kept)
