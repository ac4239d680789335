"""Translation by neighbours: planted truths, a brute-force oracle, chance, and the demo models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy import stats

from hyperpolyglot.errors import TensorNotFound
from hyperpolyglot.labels import label
from hyperpolyglot.lexicon import CLDR, Lexicon, packaged_lexicon, unseen_by_demos
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.translation.asking import most_covered
from hyperpolyglot.measures.translation.crossed import Crossed, wilson_form
from hyperpolyglot.measures.translation.lookup import RULES, folded, look_up, spellings
from hyperpolyglot.measures.translation.questions import edit_distance
from hyperpolyglot.measures.translation.scores import (
    METRICS,
    cell_intervals,
    chance,
    chance_spread,
    values_of,
)
from hyperpolyglot.measures.translation.sounds import consonants, romanised, sounds_alike
from hyperpolyglot.measures.translation.translate import TranslateOptions, Translation, translate
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table
from hyperpolyglot.vocabulary import Entry, Vocabulary

FIRST = {"en": "a", "ru": "а", "el": "α", "ka": "ა", "hy": "ա", "am": "አ"}
FEW = TranslateOptions(fewest=2)


def space_of(vectors: NDArray[np.float32], texts: Sequence[str], scheme: str = "unigram") -> TokenSpace:
    """A space of these tokens; ``▁`` is a space."""
    entries = [
        Entry(i, text, text.replace("▁", " ").encode(), score=-float(i)) for i, text in enumerate(texts)
    ]
    vocabulary = Vocabulary.build(entries, scheme=scheme, source="test")
    stored = np.ascontiguousarray(vectors, np.float32)
    return TokenSpace(
        model="test",
        revision=None,
        table=Table(name="t", dtype="F32", shape=(len(stored), stored.shape[1]), stored=stored),
        vocabulary=vocabulary,
        labels=label(vocabulary),
        ids=np.arange(len(stored), dtype=np.int32),
    )


def word(language: str, concept: int) -> str:
    """A word of one language's own script, different for every concept."""
    letters = [chr(ord(FIRST[language]) + digit) for digit in divmod(concept, 15)]
    return letters[0] + letters[1] + letters[0] + chr(ord(FIRST[language]) + 16)


def planted(languages: Sequence[str], concepts: int) -> tuple[Lexicon, list[str]]:
    """A lexicon of every concept in every language, and the tokens, language after language."""
    entries = [(f"c{i:03}", tag, word(tag, i)) for tag in languages for i in range(concepts)]
    return Lexicon.of(entries, source="planted"), [f"▁{w}" for _, _, w in entries]


def p1(found: Translation, candidates: str = "weak", method: str = "csls") -> float:
    """P@1 over all questions."""
    return float(found.overall[candidates][method]["p1"]["value"])


def test_translations_that_coincide_are_all_found() -> None:
    """One point for each meaning and little noise: P@1 = 1 among words, whatever the method."""
    random = np.random.default_rng(0)
    lexicon, tokens = planted(["en", "ru", "el", "ka"], 60)
    meanings = np.tile(random.standard_normal((60, 16)), (4, 1))
    found = translate(space_of(meanings + 0.01 * random.standard_normal(meanings.shape), tokens), lexicon)
    assert 1.0 == p1(found) == p1(found, method="cosine") == p1(found, "script")
    assert 4 * 3 * 60 == found.overall["weak"]["questions"]
    assert {1.0} == {row["csls_p1"] for row in found.pairs}
    assert 12 == len(found.pairs) == len(found.scripts)
    # Among all tokens three translations compete for the first place, and each is right a third of the time.
    assert 1 / 3 == pytest.approx(p1(found, "strong"), abs=0.05)
    assert 1.0 == found.overall["strong"]["csls"]["p5"]["value"]


def test_rotated_languages_are_at_chance() -> None:
    """The same shape turned by a random rotation in each language: no map is fitted, so nothing is found."""
    random = np.random.default_rng(1)
    lexicon, tokens = planted(["en", "ru", "el"], 100)
    shape = random.standard_normal((100, 24))
    turned = [shape @ np.linalg.qr(random.standard_normal((24, 24)))[0] for _ in range(3)]
    found = translate(space_of(np.concatenate(turned), tokens), lexicon)
    score = found.overall["weak"]["cosine"]["p1"]
    assert 0.01 == pytest.approx(score["chance"])
    low, high = score["interval"]
    assert low <= 0.02
    assert 0 <= high < 0.06
    undone = [part @ np.linalg.lstsq(part, shape, rcond=None)[0] for part in turned]
    assert 1.0 == p1(translate(space_of(np.concatenate(undone), tokens), lexicon))


def test_csls_repairs_a_hub() -> None:
    """One target word near everything takes every first place by cosine; CSLS sees that it is near everything."""
    random = np.random.default_rng(2)
    lexicon, tokens = planted(["en", "ru"], 50)
    mean = np.zeros(40)
    mean[0] = 6.0
    meanings = mean + random.standard_normal((50, 40))
    sources, targets = meanings.copy(), meanings + 0.8 * random.standard_normal((50, 40))
    targets[:, 0] = 0
    targets[0] = mean * 10
    found = translate(
        space_of(np.concatenate([sources, targets]), tokens), lexicon, TranslateOptions(fewest=2)
    )
    into = next(row for row in found.pairs if row["target"] == "ru")
    assert into["cosine_p1"] < 0.35
    assert 0.8 < into["csls_p1"]


def test_noise_lowers_the_score_in_steps() -> None:
    """More noise, fewer translations; the frequency baseline and chance do not move."""
    random = np.random.default_rng(3)
    lexicon, tokens = planted(["en", "ru"], 80)
    meanings = np.tile(random.standard_normal((80, 12)), (2, 1))
    scores = []
    for noise in (0.1, 0.7, 1.5, 20):
        noisy = meanings + noise * random.standard_normal(meanings.shape)
        found = translate(space_of(noisy, tokens), lexicon, TranslateOptions(questions=0))
        scores.append(p1(found, method="cosine"))
        assert 1 / 80 == pytest.approx(found.overall["weak"]["cosine"]["p1"]["chance"])
        # Both languages have their words in the same order of frequency here, so the baseline is perfect.
        assert 1.0 == found.baselines["frequency_rank"]["p1"]["value"]
    assert sorted(scores, reverse=True) == scores
    assert 0.95 < scores[0]
    assert scores[-1] < 0.08


def oracle(space: TokenSpace, lexicon: Lexicon, k: int, among: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Ranks by the definition: {(word, target language): (by cosine, by CSLS)}, every word being one token."""
    vectors = space.vectors().astype(np.float64)
    lengths = np.sqrt((vectors**2).sum(axis=1))
    row = {text.removeprefix("▁"): i for i, text in reversed(list(enumerate(space.vocabulary.texts)))}
    concepts: dict[tuple[str, str], set[str]] = {}
    rows: dict[str, set[int]] = {}
    for c, tag, w in zip(lexicon.concepts, lexicon.languages, lexicon.words, strict=True):
        concepts.setdefault((tag, w), set()).add(c)
        rows.setdefault(tag, set()).add(row[w])

    def cosine(i: int, j: int) -> float:
        return float(vectors[i] @ vectors[j]) / float(lengths[i] * lengths[j])

    def reach(i: int, tag: str) -> float:
        best = sorted((cosine(i, j) for j in rows[tag] if j != i), reverse=True)[:k]
        return sum(best) / len(best)

    found = {}
    for (tag, w), own in concepts.items():
        x = row[w]
        for target, members in rows.items():
            references = {row[v] for (t, v), theirs in concepts.items() if t == target and theirs & own}
            if target == tag or not references:
                continue
            others = members if among == "weak" else set(range(len(space)))
            if among == "script":
                others = {i for i in others if space.labels.of(i) == space.labels.of(min(references))}
            plain = sorted(others - {x}, key=lambda y: (-cosine(x, y), y))
            csls = sorted(others - {x}, key=lambda y: (-(2 * cosine(x, y) - reach(y, tag)), y))
            found[w, target] = (
                min(plain.index(g) for g in references) + 1,
                min(csls.index(g) for g in references) + 1,
            )
    return found


@pytest.mark.parametrize("seed", range(12))
def test_scores_agree_with_the_definition(seed: int) -> None:
    """Ties by equal rows, several references, words of several concepts: every rank is the oracle's."""
    random = np.random.default_rng(seed)
    languages = ["en", "ru", "el"]
    entries = [(f"c{random.integers(6)}", tag, word(tag, i)) for tag in languages for i in range(8)]
    entries += [(f"c{random.integers(6)}", tag, word(tag, int(random.integers(8)))) for tag in languages * 2]
    lexicon = Lexicon.of(entries, source="test")
    tokens = [f"▁{word(tag, i)}" for tag in languages for i in range(8)] + ["▁zz", "▁яя", "?", "▁ωω"]
    vectors = random.integers(-2, 3, (len(tokens), 3)).astype(np.float32)
    vectors[~vectors.any(axis=1)] = 1
    space = space_of(vectors, tokens)
    found = translate(space, lexicon, replace(FEW, k=3, questions=10_000))
    for among in ("weak", "script", "strong"):
        expected = oracle(space, lexicon, 3, among)
        assert len(expected) == found.overall[among]["questions"]
        for column, method in enumerate(("cosine", "csls")):
            ranks = np.array([ranks[column] for ranks in expected.values()])
            for metric in METRICS:
                value = found.overall[among][method][metric]["value"]
                assert values_of(metric, ranks).mean() == pytest.approx(value, abs=1e-12)


def test_the_script_set_is_the_tokens_of_the_targets_script() -> None:
    """Tokens of other scripts do not compete, however near they are."""
    vectors = np.array([[1, 0], [0, 1], [0.9, 0.1], [0.1, 0.9], [1, 0.01], [0.95, 0.06]], np.float32)
    lexicon = Lexicon.of(
        [("1", "en", "one"), ("2", "en", "two"), ("1", "ru", "раз"), ("2", "ru", "два")], source="test"
    )
    space = space_of(vectors, ["▁one", "▁two", "▁раз", "▁два", "▁unit", "▁еще"])
    found = translate(space, lexicon, FEW)
    # one → раз: unit and еще are nearer among all tokens, еще in the script, none among the words.
    assert 1.0 == p1(found, "weak", "cosine")
    assert 4 == found.overall["script"]["questions"]
    assert 3 == found.overall["script"]["candidates"]
    assert p1(found, "strong", "cosine") <= p1(found, "script", "cosine") < 1.0


def test_identical_and_near_words_are_kept_apart() -> None:
    """Taxi and taxi, music and Musik are no evidence; cat and Katze are."""
    pairs = [("taxi", "Taxi"), ("music", "Musik"), ("cat", "Katze"), ("dog", "Hund"), ("sun", "Sonne")]
    lexicon = Lexicon.of([(a, tag, w) for a, b in pairs for tag, w in (("en", a), ("de", b))], source="test")
    tokens = [f"▁{w}" for pair in pairs for w in pair]
    vectors = np.repeat(np.eye(5, 8, dtype=np.float32), 2, axis=0)
    found = translate(space_of(vectors, tokens), lexicon, FEW)
    assert {"different": 6, "near": 2, "identical": 2} == found.denominators["covered"]
    assert 6 == found.overall["weak"]["questions"]
    assert 2 == found.apart["near"]["questions"] == found.apart["identical"]["questions"]
    assert 0 == found.apart["identical"]["same_token"]
    assert 1.0 == found.apart["identical"]["csls"]["p1"]["value"]


def test_transliterations_are_told_from_other_translations() -> None:
    """Canada in Cyrillic, Hebrew and kana is one; a word that sounds otherwise is none."""
    words = {
        "1": {"en": "panama", "ru": "панама", "he": "פנמה", "ja": "パナマ"},
        "2": {"en": "dog", "ru": "собака", "he": "כלב", "ja": "いぬ"},
        "3": {"en": "canada", "ru": "канада", "he": "קנדה", "ja": "カナダ"},
    }
    lexicon = Lexicon.of([(c, tag, w) for c, row in words.items() for tag, w in row.items()], source="test")
    tokens = [f"▁{w}" for row in words.values() for w in row.values()]
    vectors = np.repeat(np.eye(3, 8, dtype=np.float32), 4, axis=0)
    vectors[4:8] = np.eye(8, dtype=np.float32)[0] + np.eye(8, dtype=np.float32)[4:8] / 2  # dogs near Panama
    found = translate(space_of(vectors, tokens), lexicon, FEW)
    rows = {row["sound"]: row for row in found.sounds}
    assert {"transliteration": 24, "other": 12} == {name: row["questions"] for name, row in rows.items()}
    assert 1.0 == rows["transliteration"]["cosine_p1"]
    assert 0.0 == rows["other"]["cosine_p1"]
    assert 36 == found.overall["weak"]["questions"]


ACROSS = ["en ru", "en el", "en ja", "en hi", "en ko", "en zh", "en th", "en ka", "en am", "ru el", "ja ru"]
ABJADS = ["en ar", "en he", "ru ar", "hi he", "ja ar", "el fa", "ar he"]


def test_few_words_that_mean_something_else_sound_alike() -> None:
    """Of random pairs below two in a hundred, of territories many; docs/measures/translation.md has the shares."""
    lexicon, random = packaged_lexicon(), np.random.default_rng(0)
    by_language: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}
    columns = (lexicon.concepts, lexicon.languages, lexicon.scripts, lexicon.words, lexicon.kinds)
    for concept, language, script, word, kind in zip(*columns, strict=True):
        by_language.setdefault(language, {}).setdefault((kind, concept), (word, script))
    for pair in (*ACROSS, *ABJADS):
        one, other = (by_language[tag] for tag in pair.split())
        common = sorted(one.keys() & other.keys())
        strangers = [common[i] for i in random.integers(len(common), size=len(common))]
        by_chance = [
            sounds_alike(*one[a], *other[b]) for a, b in zip(common, strangers, strict=True) if a != b
        ]
        same = {
            kind: float(np.mean([sounds_alike(*one[key], *other[key]) for key in common if key[0] == kind]))
            for kind in ("territory", "language", "object")
        }
        print(
            pair,
            f"by chance {np.mean(by_chance):.2%}",
            {kind: f"{share:.0%}" for kind, share in same.items()},
        )
        assert np.mean(by_chance) < 0.02
        assert same["territory"] > 0.3


@given(some.text(max_size=12))
def test_words_in_latin_letters_are_latin_letters(word: str) -> None:
    """Whatever the script, there are only letters and digits without accents, and nothing is left to do."""
    spoken = romanised(word)
    assert spoken.isascii()
    assert spoken.isalnum() or not spoken
    assert spoken == romanised(spoken)
    assert consonants(spoken) == "".join(c for c in spoken if c not in "aeiouwyh")


def test_one_token_for_both_words_is_no_question() -> None:
    """A word that is the same token in both languages cannot be its own neighbour; it is only counted."""
    lexicon = Lexicon.of(
        [
            ("1", "en", "radio"),
            ("1", "de", "radio"),
            ("2", "en", "dog"),
            ("2", "de", "Hund"),
            ("3", "en", "x"),
            ("3", "de", "y"),
        ],
        source="test",
    )
    found = translate(
        space_of(np.eye(5, dtype=np.float32), ["▁radio", "▁dog", "▁Hund", "▁x", "▁y"]), lexicon, FEW
    )
    assert 2 == found.apart["identical"]["questions"] == found.apart["identical"]["same_token"]
    assert found.apart["identical"]["csls"]["p1"]["value"] is None


def test_both_denominators_count_what_they_say() -> None:
    """A word without a token is missed in one share and not asked in the other."""
    lexicon, tokens = planted(["en", "ru"], 40)
    vectors = np.tile(np.random.default_rng(4).standard_normal((40, 16)), (2, 1))
    kept = [i for i in range(80) if i % 40 < 30]
    found = translate(space_of(vectors[kept], [tokens[i] for i in kept]), lexicon)
    assert {"covered": 1.0, "all": 0.75} == found.denominators["p1"]["weak"]["csls"]
    assert 60 == found.denominators["covered"]["different"]
    assert 80 == found.denominators["all"]["different"]
    assert 60 / 80 == found.to_json()["coverage"]["share"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("▁haus", "start"),
        ("haus", "inside"),
        ("▁Haus", "capitalised"),
        ("HAUS", "capitalised"),
        ("auto", None),
    ],
)
def test_words_are_found_by_the_stated_rules(text: str, rule: str | None) -> None:
    """With a mark before without, then other capitals, then NFKC."""
    space = space_of(np.eye(2, dtype=np.float32), [text, "▁zzz"])
    words = look_up(space, Lexicon.of([("1", "de", "haus")], source="test"))
    assert (-1 if rule is None else RULES.index(rule)) == words.rule[0]
    assert (rule is not None) == words.covered()[0]


def test_normal_forms_are_tried() -> None:
    """Decomposed letters are composed; width is undone last."""
    space = space_of(np.eye(2, dtype=np.float32), ["▁café", "▁ネコ"])
    lexicon = Lexicon.of([("1", "fr", "cafe\u0301"), ("2", "ja", "ﾈｺ")], source="test")
    assert ["start", "normalised"] == [RULES[i] for i in look_up(space, lexicon).rule]
    assert ("start", "▁a") == next(spellings("a"))


@given(some.text(max_size=12))
@example("ıİßŉǰΐᾳﬁſ")
def test_all_spellings_of_a_word_fold_to_one(word: str) -> None:
    """So that a word of which no token folds to the same has no token at all, whatever its characters."""
    forms = [form for _, form in spellings(word)]
    assert {folded(word)} == {folded(form) for form in forms[1::2]}
    assert ["▁" + form for form in forms[1::2]] == forms[::2]


def test_a_continuing_word_piece_is_no_word() -> None:
    """``##cat`` stands inside words only."""
    space = space_of(np.eye(2, dtype=np.float32), ["cat", "▁dog"], scheme="WordPiece")
    words = look_up(space, Lexicon.of([("1", "en", "cat"), ("2", "en", "dog")], source="test"))
    assert [False, True] == words.covered().tolist()


def test_words_of_several_pieces_are_scored_by_their_mean_if_asked() -> None:
    """The mean is marked, and a word that no piece covers stays uncovered."""
    tokens = ["▁ca", "t", "▁кот", "▁dog", "▁пёс"]
    vectors = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0.1, 1]], np.float32)
    lexicon = Lexicon.of(
        [("1", "en", "cat"), ("1", "ru", "кот"), ("2", "en", "dog"), ("2", "ru", "пёс"), ("3", "en", "ox")],
        source="test",
    )
    assert 1 == translate(space_of(vectors, tokens), lexicon, FEW).coverage[0].single_token
    found = translate(space_of(vectors, tokens), lexicon, replace(FEW, multi_piece=True))
    assert (1, 1, 3) == (found.coverage[0].single_token, found.coverage[0].pieces, found.coverage[0].words)
    assert 1.0 == p1(found, method="cosine")
    assert 4 == found.overall["weak"]["questions"]
    # A mean is no token, so among tokens it can be asked about but is no answer.
    assert 3 == found.overall["strong"]["questions"]
    assert found.to_json()["multi_piece"] is True


@pytest.mark.parametrize(("m", "g"), [(1, 1), (5, 1), (12, 3), (30, 7), (4, 4)])
@pytest.mark.parametrize("metric", METRICS)
def test_chance_is_that_of_a_random_order(metric: str, m: int, g: int) -> None:
    """The formula agrees with 20,000 shuffles."""
    random = np.random.default_rng(5)
    ranks = random.permuted(np.tile(np.arange(1, m + 1), (20_000, 1)), axis=1)[:, :g].min(axis=1)
    assert chance(metric, m, g) == pytest.approx(values_of(metric, ranks).mean(), abs=0.012)


def test_scores_of_random_vectors_are_those_of_chance() -> None:
    """Unrelated vectors answer as often as chance says, for each measure and candidate set."""
    random = np.random.default_rng(6)
    lexicon, tokens = planted(list(FIRST), 60)
    space = space_of(random.standard_normal((len(tokens), 50)), tokens)
    found = translate(space, lexicon, TranslateOptions(questions=1800))
    for among, tolerance in (("weak", 0.02), ("script", 0.02), ("strong", 0.01)):
        for metric in METRICS:
            score = found.overall[among]["cosine"][metric]
            assert score["chance"] == pytest.approx(score["value"], abs=tolerance)


def test_intervals_of_cells_resample_concepts() -> None:
    """The width is that of the mean over concepts, however often each is asked; an empty cell has none."""
    random = np.random.default_rng(7)
    answers = random.random(200) < 0.5
    values, concepts = np.repeat(answers.astype(float), 30), np.repeat(np.arange(200), 30)
    mean, low, high = cell_intervals(values, np.zeros(6000), concepts, np.zeros(6000, np.int64), 2)
    assert answers.mean() == pytest.approx(mean[0])
    assert 2 * 1.96 * 0.5 / np.sqrt(200) == pytest.approx(high[0] - low[0], rel=0.1)
    assert np.isnan([mean[1], low[1], high[1]]).all()


def interval_of(values: Any, concepts: Any, spread: float = 0.0) -> tuple[float, float]:
    """The interval of the mean over questions between two languages."""
    one = np.zeros(len(values), np.int64)
    low, high = wilson_form(Crossed.of(concepts, (one, one + 1)).estimate(values), spread=spread)
    return float(low[0]), float(high[0])


def asked_of_concepts(random: np.random.Generator, kind: str, concepts: int) -> tuple[Any, Any]:
    """Scores of questions, one to eight a concept, and their concepts; concepts are of unequal difficulty."""
    concept = np.repeat(np.arange(concepts), random.integers(1, 9, concepts))
    if kind.startswith("chance"):
        return 1 / random.integers(1, int(kind.split()[1]) + 1, len(concept)), concept
    if kind == "mrr":
        known = random.random(len(concept)) < random.beta(0.3, 3, concepts)[concept]
        return np.where(known, 1, 1 / random.integers(1, 1001, len(concept))), concept
    right = {"even": (1, 1), "high": (9, 1), "low": (0.5, 9.5)}[kind]
    return (random.random(len(concept)) < random.beta(*right, concepts)[concept]).astype(float), concept


TRUTH = {
    "even": 0.5,
    "high": 0.9,
    "low": 0.05,
    "mrr": 1 / 11 + 10 / 11 * np.mean(1 / np.arange(1, 1001)),
    "chance 1000": np.mean(1 / np.arange(1, 1001)),
    "chance 60": np.mean(1 / np.arange(1, 61)),
}


def covered(kind: str, concepts: int, simulations: int) -> float:
    """How often the interval of a score holds the truth."""
    random = np.random.default_rng(0)
    metric, candidates = "mrr" if kind in ("mrr", *(k for k in TRUTH if "chance" in k)) else "p1", 1000
    if kind.startswith("chance"):
        candidates = int(kind.split()[1])
    hits = 0
    for _ in range(simulations):
        values, concept = asked_of_concepts(random, kind, concepts)
        sizes = np.full(len(values), candidates), np.ones(len(values), int)
        low, high = interval_of(values, concept, chance_spread(metric, sizes))
        hits += low <= TRUTH[kind] <= high
    return hits / simulations


@pytest.mark.parametrize("kind", TRUTH)
def test_intervals_of_translation_cover_at_a_glance(kind: str) -> None:
    """Twenty concepts are enough for an interval that holds the truth in 88 % of 200 simulations or more."""
    assert 0.88 <= covered(kind, 20, 200)


@pytest.mark.long
@pytest.mark.parametrize("concepts", [20, 50, 200])
@pytest.mark.parametrize("kind", TRUTH)
def test_intervals_of_translation_cover(kind: str, concepts: int) -> None:
    """In 92 to 98 % of 3,000 simulations; at chance up to all, for the distribution of a rare hit has few values."""
    found = covered(kind, concepts, 3000)
    assert 0.92 - 0.005 * (kind == "mrr") <= found <= 0.98 + 0.02 * kind.startswith("chance"), found


@pytest.mark.long
def test_intervals_of_pairs_of_languages_cover() -> None:
    """P@1 of pairs of languages, 0.1 to 0.9, with ten to forty concepts in common, over 6,000 simulations."""
    for concepts in (10, 20, 40):
        random = np.random.default_rng(concepts)
        truth = random.uniform(0.1, 0.9, 6000)
        right = (random.random((6000, concepts)) < truth[:, None]).astype(float)
        cells = np.repeat(np.arange(6000), concepts)
        _, low, high = cell_intervals(
            right.ravel(), np.full(right.size, 0.01), np.tile(np.arange(concepts), 6000), cells, 6000
        )
        assert 0.92 <= np.mean((low <= truth) & (high >= truth)) <= 0.98 + 0.01 * (concepts == 10)


@pytest.mark.parametrize(("m", "g"), [(1, 1), (5, 1), (12, 3), (30, 7)])
@pytest.mark.parametrize("metric", METRICS)
def test_the_spread_by_chance_is_that_of_random_orders(metric: str, m: int, g: int) -> None:
    """The deviation of the mean of 25 questions, by simulation."""
    random = np.random.default_rng(m)
    best = np.array([random.permutation(m)[:g].min() + 1 for _ in range(20_000)])
    sizes = np.full(25, m), np.full(25, g)
    expected = values_of(metric, best).std() / 5
    assert expected == pytest.approx(chance_spread(metric, sizes), abs=0.003)


def test_no_answer_right_is_not_sure_to_be_none() -> None:
    """No right answer to twenty questions has Wilson's upper end over concepts, with Student's t."""
    low, high = interval_of(np.zeros(20), np.arange(20))
    z = stats.t.ppf(0.975, 19)
    assert (0.0, z * z / 20 / (1 + z * z / 20)) == (low, pytest.approx(high))


def test_hub_languages_draw_more_than_their_share() -> None:
    """Where the words of one language lie in the middle, the others' nearest foreign words are its."""
    random = np.random.default_rng(8)
    lexicon, tokens = planted(["en", "ru", "el"], 60)
    middle = random.standard_normal((60, 30))
    others = [middle + 0.8 * random.standard_normal((60, 30)) for _ in range(2)]
    found = translate(
        space_of(np.concatenate([middle, *others]), tokens), lexicon, TranslateOptions(questions=0)
    )
    assert "en" == found.hubs[0]["language"]
    assert 0.5 == pytest.approx(found.hubs[0]["expected"])
    assert 1.5 < found.hubs[0]["lift"]


def test_the_same_seed_gives_the_same_record() -> None:
    """Sampling and resampling depend on the seed alone."""
    random = np.random.default_rng(9)
    lexicon, tokens = planted(["en", "ru", "el"], 40)
    space = space_of(random.standard_normal((120, 8)), tokens)
    options = TranslateOptions(questions=60)
    first = translate(space, lexicon, options).to_json()
    assert first == translate(space, lexicon, options).to_json()
    other = translate(space, lexicon, replace(options, seed=1)).to_json()
    assert first["overall"]["weak"]["csls"]["p1"]["value"] == other["overall"]["weak"]["csls"]["p1"]["value"]
    assert first["overall"]["strong"] != other["overall"]["strong"]


def test_nothing_to_ask_is_no_error() -> None:
    """An empty lexicon, or one in another language, gives nulls; a vocabulary alone is refused."""
    space = space_of(np.eye(2, dtype=np.float32), ["▁a", "▁b"])
    lexicon = Lexicon.of([("1", "en", "a"), ("1", "de", "b")], source="test")
    for options in (TranslateOptions(languages=()), TranslateOptions(languages=("en",), fewest=1)):
        assert translate(space, lexicon, options).overall["strong"]["csls"]["mrr"]["value"] is None
    with pytest.raises(TensorNotFound, match="no vectors"):
        translate(replace(space, table=None), lexicon)


def test_the_languages_asked_about_are_those_with_most_covered_words() -> None:
    """Languages with 30, 25 and 20 covered words: as many as stay within a number of words, never fewer than two."""
    lexicon, tokens = planted(["en", "ru", "el"], 30)
    kept = [*tokens[:25], *tokens[30:60], *tokens[60:80]]
    space = space_of(np.random.default_rng(0).standard_normal((len(kept), 4)), kept)
    within = {words: most_covered(space, lexicon, FEW, words) for words in (1, 55, 74, 75)}
    assert {1: ("ru", "en"), 55: ("ru", "en"), 74: ("ru", "en"), 75: ("ru", "en", "el")} == within


def test_a_record_knows_its_largest_languages_and_its_chance() -> None:
    """By covered words, ties by tag, if asked only those with enough; chance is one of the matched candidates."""
    lexicon, tokens = planted(["en", "ru", "el"], 30)
    kept = [*tokens[:30], *tokens[30:60], *tokens[60:65]]
    space = space_of(np.random.default_rng(0).standard_normal((len(kept), 4)), kept)
    found = translate(space, lexicon, TranslateOptions(fewest=10))
    assert ["en", "ru", "el"] == [row.language for row in found.largest(5)]
    assert ["en"] == [row.language for row in found.largest(1)]
    assert ["en", "ru"] == [row.language for row in found.largest(5, scored=True)]
    assert 1 / 5 == found.matched_chance
    assert translate(space, lexicon, TranslateOptions(fewest=40)).matched_chance is None


def test_matrices_hold_the_scores_of_the_pairs() -> None:
    """Rows are sources, columns targets; the diagonal and what was not asked is NaN."""
    lexicon, tokens = planted(["en", "ru", "el"], 30)
    vectors = np.tile(np.random.default_rng(10).standard_normal((30, 12)), (3, 1))
    found = translate(space_of(vectors, tokens), lexicon, TranslateOptions(questions=0))
    for by, names in (("language", ("el", "en", "ru")), ("script", ("Cyrl", "Grek", "Latn"))):
        axis, values = found.matrix(by)
        assert names == axis
        assert np.isnan(values.diagonal()).all()
        assert 1.0 == np.nanmin(values)
    assert 6 == np.isfinite(found.matrix("script", least=30)[1]).sum()
    assert np.isnan(found.matrix("script", least=31)[1]).all()


def test_too_few_words_give_a_coverage_and_no_score() -> None:
    """No language has enough words: the record says so instead of failing."""
    lexicon, tokens = planted(["en", "ru"], 5)
    found = translate(space_of(np.eye(10, dtype=np.float32), tokens), lexicon)
    assert {"value": None, "interval": None, "chance": None} == found.overall["weak"]["csls"]["p1"]
    assert (10, ()) == (found.to_json()["coverage"]["words"], found.pairs)
    assert not any(row.scored for row in found.coverage)


@pytest.fixture(scope="module")
def demos() -> dict[str, Translation]:
    """Both demo models on the packaged lexicon, in a few languages."""
    options = TranslateOptions(
        languages=("en", "de", "fr", "es", "ru", "uk", "el", "ar", "hi", "ja", "ko", "tr"), questions=500
    )
    names = ("meaning", "language")
    return {name: translate(open_model(f"demo:{name}"), packaged_lexicon(), options) for name in names}


def test_the_meaning_demo_translates_what_it_was_not_counted_on(demos: dict[str, Translation]) -> None:
    """Held-out concepts only, and far above the language demo and chance."""
    meaning, language = demos["meaning"], demos["language"]
    assert "held-out" == meaning.concepts["selection"]
    assert 0.85 < p1(meaning)
    assert p1(language) < 0.2
    assert 3 * p1(language, "script") < p1(meaning, "script")
    low, _ = meaning.overall["weak"]["csls"]["p1"]["interval"]
    assert 0.8 < low


def test_a_score_on_what_a_demo_was_counted_on_says_so() -> None:
    """The circular score is possible, but it is called that."""
    options = TranslateOptions(languages=("en", "de"), held_out=False, questions=0)
    found = translate(open_model("demo:meaning"), packaged_lexicon(), options)
    assert found.concepts["note"].startswith("Circular")
    assert CLDR == found.lexicon["source"]
    own = Lexicon.of([("1", "en", "cat"), ("1", "de", "Katze")], source="mine")
    note = translate(open_model("demo:meaning"), own, FEW).concepts["note"]
    assert "may hold the same words" in note


def test_the_record_keeps_its_contract(demos: dict[str, Translation]) -> None:
    """The keys that are promised are there, and every number is finite or null."""
    found = demos["meaning"].to_json()
    assert {"coverage", "overall", "denominators", "pairs"} <= set(found)
    for among in ("weak", "script", "strong"):
        for method in ("cosine", "csls"):
            for metric in METRICS:
                score = found["overall"][among][method][metric]
                assert {"value", "interval", "chance"} == set(score)
                assert score["interval"][0] <= score["value"] <= score["interval"][1]
    assert_finite(found)
    assert 12 * 11 == len(found["pairs"]) == len(demos["meaning"].table())
    assert 12 == len(demos["meaning"].coverage_table())


def assert_finite(value: Any) -> None:
    """No NaN and no numpy number anywhere."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            assert_finite(item)
        return
    assert value is None or type(value) in (str, int, float, bool)
    assert not isinstance(value, float) or np.isfinite(value)


def test_held_out_concepts_are_the_demos_own() -> None:
    """Every concept of the held-out score stands in the list that comes with the demos."""
    chosen = packaged_lexicon().take(concepts=unseen_by_demos())
    assert 400 < len(set(chosen.concepts))
    assert set(chosen.concepts) <= unseen_by_demos()


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("music", "musik", 1), ("ab", "ba", 2)],
)
def test_edit_distances(a: str, b: str, distance: int) -> None:
    """Insertions, deletions and replacements; both ways the same."""
    assert distance == edit_distance(a, b) == edit_distance(b, a)


def test_options_are_checked() -> None:
    """Impossible values are refused at once."""
    with pytest.raises(ValueError, match="at least 1"):
        TranslateOptions(k=0)
