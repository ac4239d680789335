"""Translation compared like with like: weightings, matched questions, variants of a word, many comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.translation.hubs import shrunken
from hyperpolyglot.measures.translation.matched import matched
from hyperpolyglot.measures.translation.questions import Questions
from hyperpolyglot.measures.translation.scores import among_few
from hyperpolyglot.measures.translation.translate import TranslateOptions, translate
from hyperpolyglot.measures.translation.weightings import weighted
from hyperpolyglot.types import Array
from tests.test_translation import FEW, FIRST, planted, space_of


def asked(concept: Array, source: Array, target: Array) -> Questions:
    """Questions with one right answer each, that of their concept and target."""
    n = len(concept)
    return Questions(
        word=np.arange(n, dtype=np.int32),
        unit=(concept * 10 + source).astype(np.int32),
        source=source.astype(np.int32),
        target=target.astype(np.int32),
        match_type=np.zeros(n, np.int32),
        concept=concept.astype(np.int32),
        target_script=np.zeros(n, np.int32),
        reference_at=np.arange(n + 1),
        references=(concept * 10 + target).astype(np.int32),
        asked=(n, 0, 0),
        asked_of=np.zeros((10, 10), np.int64),
    )


def test_every_weighting_is_its_mean_of_means() -> None:
    """Means over questions, concepts, pairs of languages and pairs of tokens, by loops."""
    random = np.random.default_rng(0)
    concept, source = random.integers(6, size=200), random.integers(5, size=200)
    target = (source + random.integers(1, 5, size=200)) % 5
    some, hits, alike = asked(concept, source, target), random.random(200).round(), random.random(200) < 0.3
    keys = {
        "questions": list(range(200)),
        "concepts": concept.tolist(),
        "pairs": list(zip(source.tolist(), target.tolist(), strict=True)),
        "tokens": list(zip(some.unit.tolist(), some.references.tolist(), strict=True)),
    }
    rows = weighted(some, hits, np.full(200, 0.1), alike)
    assert ("pairs", True) == (rows[0]["weighting"], rows[0]["transliterations"])
    assert 8 == len(rows)
    for row in rows:
        groups: dict[object, list[float]] = {}
        for i, key in enumerate(keys[row["weighting"]]):
            if row["transliterations"] or not alike[i]:
                groups.setdefault(key, []).append(hits[i])
        assert np.mean([np.mean(group) for group in groups.values()]) == pytest.approx(row["value"])
        assert len(groups) == row["groups"]
        assert 0.1 == pytest.approx(row["chance"])
        assert row["interval"][0] < row["value"] < row["interval"][1]


def test_a_confounded_difference_is_none_when_matched() -> None:
    """Easy concepts are asked mostly from outside: the raw shares differ by 0.3, the matched ones by nothing."""
    random = np.random.default_rng(1)
    concept = np.repeat(np.arange(400), 10)
    easy = (np.arange(400) % 2 == 0)[concept]
    inside = random.random(4000) < np.where(easy, 0.2, 0.8)
    source, target = random.integers(0, 10, 4000), np.full(4000, 10)
    values = (random.random(4000) < np.where(easy, 0.8, 0.3)).astype(float)
    assert values[~inside].mean() - values[inside].mean() > 0.25
    found = matched(values, inside, concept, asked(concept, source, target))
    assert 0 == pytest.approx(found["difference"], abs=0.05)
    low, high = found["interval"]
    assert low < 0 < high < 0.08
    planted_gain = matched(values + 0.2 * inside, inside, concept, asked(concept, source, target))
    assert 0.2 == pytest.approx(planted_gain["difference"] - found["difference"])
    assert found["difference"] == pytest.approx(found["inside"] - found["outside"])


def test_a_matched_difference_is_the_mean_over_blocks() -> None:
    """By a loop over blocks with both sides; blocks of one side do not count."""
    random = np.random.default_rng(2)
    concept, inside, values = random.integers(30, size=90), random.random(90) < 0.5, random.random(90)
    source, target = random.integers(0, 6, 90), random.integers(6, 10, 90)
    parts = [
        values[(concept == c) & inside].mean() - values[(concept == c) & ~inside].mean()
        for c in range(30)
        if 0 < inside[concept == c].sum() < (concept == c).sum()
    ]
    found = matched(values, inside, concept, asked(concept, source, target))
    assert (len(parts), pytest.approx(np.mean(parts))) == (found["blocks"], found["difference"])
    nothing = matched(values, np.ones(90, bool), concept, asked(concept, source, target))
    assert (0, None) == (nothing["blocks"], nothing["difference"])


def test_names_and_things_are_compared_between_the_same_languages() -> None:
    """Things are asked only where all is found, names there and where nothing is: raw shares differ, matched do not."""
    random = np.random.default_rng(7)
    lexicon, tokens = planted(list(FIRST)[:4], 60)
    kinds = ["territory" if entry < "c030" else "object" for entry in lexicon.concepts]
    hard = np.array([tag in list(FIRST)[2:4] for tag in lexicon.languages])
    # The two languages whose vectors are unrelated have words for names alone.
    kept = [i for i, kind in enumerate(kinds) if kind == "territory" or not hard[i]]
    entries = [(lexicon.concepts[i], lexicon.languages[i], lexicon.words[i], kinds[i]) for i in kept]
    vectors = np.tile(random.standard_normal((60, 30)), (4, 1))
    vectors[120:] = random.standard_normal((120, 30))
    row = {token: i for i, token in enumerate(tokens)}
    rows = [row[f"▁{word}"] for _, _, word, _ in entries]
    kinds_of = [kind for *_, kind in entries]
    words = Lexicon.of([entry[:3] for entry in entries], source="test", kinds=kinds_of)
    found = translate(
        space_of(vectors[rows], [tokens[i] for i in rows]), words, TranslateOptions(questions=0)
    )
    raw = {kind["kind"]: kind["csls_p1"] for kind in found.kinds}
    assert raw["object"] - raw["territory"] > 0.5
    compared = found.names
    assert [1.0, 1.0, 0.0] == pytest.approx([compared[name] for name in ("inside", "outside", "difference")])
    assert 2 == compared["blocks"]
    assert [1 / 60, 1 / 60] == pytest.approx(compared["chance"])


def test_cells_of_scripts_have_the_same_number_of_candidates() -> None:
    """Unrelated vectors of 20 and of 90 words: chance is a tenth in every cell that is drawn, and P@1 is near it."""
    random = np.random.default_rng(8)
    lexicon, tokens = planted(list(FIRST)[:3], 90)
    few = [i for i, tag in enumerate(lexicon.languages) if tag != list(FIRST)[2] or i % 90 < 20]
    words = Lexicon.of(
        [(lexicon.concepts[i], lexicon.languages[i], lexicon.words[i]) for i in few], source="test"
    )
    kept = [i for i, token in enumerate(tokens) if token[1:] in set(words.words)]
    vectors = random.standard_normal((len(kept), 30))
    found = translate(space_of(vectors, [tokens[i] for i in kept]), words, TranslateOptions(questions=0))
    assert {10} == {row["matched"]["candidates"] for row in found.scripts}
    assert {0.1} == {row["matched"]["chance"] for row in found.scripts}
    assert min(row["chance"] for row in found.scripts) < 0.02 < max(row["chance"] for row in found.scripts)
    for row in found.scripts:
        low, high = row["matched"]["interval"]
        assert low <= row["matched"]["value"] <= high
        assert 0.1 == pytest.approx(row["matched"]["value"], abs=0.15)
    values = [row["matched"]["value"] for row in found.scripts]
    assert sorted(values) == sorted(v for v in found.matrix("script")[1].ravel() if np.isfinite(v))


@pytest.mark.parametrize(
    ("rank", "candidates", "references"), [(1, 30, 1), (3, 30, 1), (9, 40, 3), (2, 5, 1), (4, 12, 2)]
)
def test_matched_candidates_are_a_draw_of_distractors(rank: int, candidates: int, references: int) -> None:
    """The best right answer is first among it and nine wrong ones as often as in 20,000 draws."""
    random = np.random.default_rng(3)
    wrong = candidates - references
    nearer = np.arange(wrong) < rank - 1
    draws = [random.permutation(nearer)[: min(9, wrong)].any() for _ in range(20_000)]
    found = among_few(np.array([rank]), (np.array([candidates]), np.array([references])), 10)[0]
    assert 1 - np.mean(draws) == pytest.approx(found, abs=0.012)


def test_variants_of_a_word_are_left_out_as_the_word_is() -> None:
    """Cat, cat and CAT lie nearest to ▁cat; without them the translation is first. The known number stays."""
    tokens = ["▁cat", "cat", "▁Cat", "▁кот", "▁dog", "▁пёс"]
    vectors = np.array(
        [[1, 0, 0], [1, 0.01, 0], [1, 0.02, 0], [1, 0.3, 0], [0, 0, 1], [0, 0.2, 1]], np.float32
    )
    lexicon = Lexicon.of(
        [("1", "en", "cat"), ("1", "ru", "кот"), ("2", "en", "dog"), ("2", "ru", "пёс")], source="test"
    )
    strong = translate(space_of(vectors, tokens), lexicon, FEW).overall["strong"]
    # кот → Cat, and so wrong either way; cat → cat, then Cat, then кот.
    assert 2 / 4 == strong["cosine"]["p1"]["value"]
    assert 3 / 4 == strong["without_variants"]["cosine"]["p1"]["value"]
    first = strong["first"]
    assert (4, 1 / 4, 3 / 4) == (first["words"], first["same_word"], first["same_meaning"])
    # Of the others (3, 5, 5, 5 without variants) one is a word for the same concept.
    assert (1 / 3 + 3 / 5) / 4 == pytest.approx(first["chance"])


def test_pairs_of_a_random_table_are_not_above_chance() -> None:
    """Of 30 pairs of unrelated vectors none is after the adjustment; of translations all are."""
    random = np.random.default_rng(4)
    lexicon, tokens = planted(list(FIRST), 60)
    options = TranslateOptions(questions=0)
    found = translate(space_of(random.standard_normal((360, 40)), tokens), lexicon, options)
    assert 30 == len(found.pairs)
    assert not [row for row in found.pairs if row["p_adjusted"] < 0.05]
    assert 0.1 < np.mean([row["p"] for row in found.pairs])
    same = np.tile(random.standard_normal((60, 40)), (6, 1))
    found = translate(space_of(same + 0.1 * random.standard_normal((360, 40)), tokens), lexicon, options)
    assert 30 == sum(row["p_adjusted"] < 0.05 for row in found.pairs)


def test_the_luckiest_of_equal_lifts_is_pulled_back() -> None:
    """Of 60 languages with the same true lift the largest is far above it; shrunken it is near, and covered."""
    random = np.random.default_rng(5)
    raw, pulled, held = [], [], 0
    for _ in range(100):
        parts = [random.exponential(1.0, size) for size in random.integers(15, 200, 60)]
        found = shrunken(parts)
        raw.append(max(part.mean() for part in parts))
        largest = max(range(60), key=lambda i: found[i][0] or 0)
        value, interval = found[largest]
        pulled.append(value)
        held += interval is not None and interval[0] <= 1.0 <= interval[1]
    assert 1.3 < np.mean(raw)
    assert 1.0 == pytest.approx(np.mean(pulled), abs=0.1)
    assert 92 <= held


def test_intervals_of_the_largest_lift_hold() -> None:
    """Where lifts differ, the interval of the language that seems largest holds its lift in 90 to 99 % of 300 runs."""
    random = np.random.default_rng(6)
    held = 0
    for _ in range(300):
        truth = np.exp(0.5 * random.standard_normal(60))
        parts = [
            t * random.exponential(1.0, size)
            for t, size in zip(truth, random.integers(15, 200, 60), strict=True)
        ]
        found = shrunken(parts)
        largest = max(range(60), key=lambda i: found[i][0] or 0)
        _, interval = found[largest]
        held += interval is not None and interval[0] <= truth[largest] <= interval[1]
    assert 0.9 <= held / 300 <= 0.99
