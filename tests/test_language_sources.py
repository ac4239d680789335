"""What is known of a language from text, word lists and probes, beside the lexicon; and what models are ranked by."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.measures.languages import LanguageSources
from hyperpolyglot.measures.translation.asking import TranslateOptions
from hyperpolyglot.parallel_text import ParallelText
from hyperpolyglot.tokenizer_source import given
from tests.test_translation import planted, space_of

FEW = TranslateOptions(fewest=2)
TEXT = ParallelText(
    languages=("en", "ru"),
    segments=(("a house", "water", "the end"), ("дом", "вода", "это конец")),
    source="planted text",
)
NOTHING = LanguageSources()


def known(concepts=40, languages=("en", "ru")):
    """A lexicon of as many concepts, and a table in which translations are near."""
    lexicon, tokens = planted(list(languages), concepts)
    meanings = np.tile(np.random.default_rng(0).standard_normal((concepts, 16)), (len(languages), 1))
    return lexicon, space_of(meanings, tokens)


def row_of(found, tag):
    (row,) = found.by_language[tag]
    return row


def test_the_premium_of_bytes_is_that_of_the_text():
    """A model that cuts text into bytes pays exactly the bytes of a language over those of the reference."""
    lexicon, space = known()
    bytewise = replace(
        space, vocabulary=replace(space.vocabulary, tokenizer=given(lambda text: list(text.encode())))
    )
    found = hp.languages([bytewise], lexicon, sources=replace(NOTHING, text=TEXT), options=FEW)
    sizes = [sum(len(segment.encode()) for segment in segments) for segments in TEXT.segments]
    row = row_of(found, "ru")
    assert sizes[1] / sizes[0] == pytest.approx(row.premium["value"])
    assert sizes[1] / 4 == pytest.approx(row.fertility["value"])
    assert (True, "en") == (row.premium["exact"], row.premium["reference"])
    assert 1.0 == row_of(found, "en").premium["value"]
    low, high = row.premium["low"], row.premium["high"]
    assert low <= row.premium["value"] <= high


def test_frequent_words_count_by_their_frequency():
    """A word list of three words, of which the most frequent one is no token: its share is missing."""
    lexicon, space = known()
    words = [word for tag, word in zip(lexicon.languages, lexicon.words, strict=True) if tag == "ru"][:2]
    lists = hp.WordLists.of({"ru": [("неизвестное", 6), (words[0], 3), (words[1], 1)]}, source="planted list")
    found = hp.languages([space], lexicon, sources=replace(NOTHING, word_lists=lists), options=FEW)
    row = row_of(found, "ru")
    assert 0.4 == pytest.approx(row.frequent["value"])
    assert 3 == row.frequent["words"]
    assert 0 <= row.frequent["low"] <= 0.4 <= row.frequent["high"] <= 1
    first = hp.languages(
        [space], lexicon, sources=replace(NOTHING, word_lists=lists, frequent=1), options=FEW
    )
    assert 0.0 == row_of(first, "ru").frequent["value"]


def test_what_cannot_be_measured_is_said_and_null():
    """A language without text, list or tokens has null for what these would say, and notes that say why."""
    lexicon, space = known(languages=("en", "ru", "ka"))
    lists = hp.WordLists.of({"ru": [("вода", 1)]}, source="planted list")
    found = hp.languages(
        [space], lexicon, sources=replace(NOTHING, text=TEXT, word_lists=lists, separation=True), options=FEW
    )
    rows = {row["language"]: row["models"][0] for row in found.to_json()["languages"]}
    assert [None, None, None] == [rows["ka"][name] for name in ("fertility", "premium", "frequent")]
    assert all(row["separation"] is None for row in rows.values())
    notes = " ".join(found.notes)
    assert "No text of Georgian in planted text: fertility and premium are not measured." in notes
    assert "coverage of frequent words is not measured" in notes
    assert "Separation from other languages of the script is not measured." in notes
    bare = hp.languages([space], lexicon, sources=NOTHING, options=FEW)
    assert any("there is no text" in note for note in bare.notes)


def labelled_table():
    """Two Latin languages of 60 words each, far apart; the words are in the lists and in the lexicon."""
    random = np.random.default_rng(2)
    words = {
        tag: ["".join(random.choice(list(letters), 6)) for _ in range(60)]
        for tag, letters in (("de", "abcdef"), ("fr", "uvwxyz"))
    }
    rows = [(f"{tag}:{i}", tag, word) for tag, listed in words.items() for i, word in enumerate(listed)]
    centres = np.repeat(8 * random.standard_normal((2, 16)), 60, axis=0)
    vectors = (centres + random.standard_normal((120, 16))).astype(np.float32)
    space = space_of(vectors, [f"▁{word}" for _, _, word in rows])
    lists = hp.WordLists.of(
        {tag: [(w, 1) for w in listed] for tag, listed in words.items()}, source="planted"
    )
    return (
        hp.Lexicon.of([(concept, tag, word) for concept, tag, word in rows], source="planted"),
        space,
        lists,
    )


def test_separation_is_that_of_a_probe_within_the_script():
    """Languages of one script that are far apart are told from each other, with the interval of the probe."""
    lexicon, space, lists = labelled_table()
    sources = replace(NOTHING, word_lists=lists, separation=True, minimum=50)
    row = row_of(hp.languages([space], lexicon, sources=sources, options=FEW), "de")
    assert 0.9 < row.separation["low"] <= row.separation["value"]
    assert (0.5, "Latn") == (row.separation["chance"], row.separation["against"])
    expected = hp.separability(space.relabel(lists), minimum=50)
    assert row.separation["value"] == {each.label: each.accuracy for each in expected.labels}["de"]


def test_languages_are_compared_on_the_same_concepts():
    """Coverage against the reference is over the concepts that both name, whatever else either has."""
    shared = [
        (f"c{i}", tag, f"{word}{i:02d}x")
        for i in range(40)
        for tag, word in (("en", "water"), ("ru", "вода"))
    ]
    easy = [(f"e{i}", "ru", f"легко{i:02d}") for i in range(60)]
    lexicon = hp.Lexicon.of([*shared, *easy], source="planted")
    tokens = [f"▁{word}" for concept, tag, word in [*shared, *easy] if tag == "en" or concept.startswith("e")]
    tokens += [f"▁{word}" for _, tag, word in shared[:40] if tag == "ru"]
    space = space_of(np.random.default_rng(0).standard_normal((len(tokens), 8)), tokens)
    row = row_of(hp.languages([space], lexicon, sources=NOTHING, options=FEW), "ru")
    assert 0.8 == row.coverage
    found = row.against_reference
    assert (40, 0.5, 1.0, -0.5) == (found["concepts"], found["own"], found["of_reference"], found["value"])
    assert -0.7 < found["low"] < -0.5 < found["high"] < -0.3
    assert (
        row_of(hp.languages([space], lexicon, sources=NOTHING, options=FEW), "en").against_reference is None
    )


def test_coverage_and_undertrained_tokens_have_intervals():
    """Wilson's intervals, and of under-trained tokens the share of all text tokens as chance."""
    lexicon, space = known(4)
    mask = np.array([False] * 4 + [True] + [False] * 3)
    found = hp.languages(
        [replace(space, model="test")], lexicon, sources=NOTHING, undertrained={"test": mask}, options=FEW
    )
    row = row_of(found, "ru")
    assert (0.25, 0.125) == (row.undertrained_share["value"], row.undertrained_share["chance"])
    assert row.undertrained_share["low"] < 0.25 < row.undertrained_share["high"]
    assert row.coverage_interval[0] < row.coverage == 1.0 == row.coverage_interval[1]


def test_models_are_ranked_by_what_all_of_them_have():
    """Beside a vocabulary alone, which cannot translate, coverage decides, and the result says so."""
    lexicon, tokens = planted(["en", "ru"], 40)
    meanings = np.tile(np.random.default_rng(0).standard_normal((40, 16)), (2, 1))
    kept = [i for i in range(80) if i % 40 < 10]
    small = replace(space_of(meanings[kept], [tokens[i] for i in kept]), model="small")
    whole = replace(space_of(meanings, tokens), model="whole")
    alone = replace(whole, table=None, model="a vocabulary")
    found = hp.languages([small, alone], lexicon, "ru", sources=NOTHING, options=FEW)
    assert ["a vocabulary", "small"] == [row.model for row in found.by_language["ru"]]
    assert {"ru": "coverage"} == found.ranked_by
    found = hp.languages([small, whole], lexicon, "ru", sources=NOTHING, options=FEW)
    assert {"ru": "translation.matched.all"} == found.ranked_by
    assert [("whole", False), ("small", False)] == [(row.model, row.tied) for row in found.by_language["ru"]]
    twice = hp.languages([whole, replace(whole, model="again")], lexicon, "ru", sources=NOTHING, options=FEW)
    assert [False, True] == [row.tied for row in twice.by_language["ru"]]
    lists = hp.WordLists.of({"ru": [("неизвестное", 1)]}, source="planted list")
    listed = hp.languages(
        [small, alone], lexicon, "ru", sources=replace(NOTHING, word_lists=lists), options=FEW
    )
    assert {"ru": "frequent"} == listed.ranked_by


def run(*arguments):
    done = CliRunner().invoke(cli, [str(each) for each in arguments], terminal_width=80)
    assert 0 == done.exit_code, done.output
    return done.stdout


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A text, word lists and a lexicon of three languages."""
    monkeypatch.setenv("COLUMNS", "80")
    lexicon = hp.packaged_lexicon().take(languages=["en", "fr", "ru"], kinds=["object"])
    rows = [
        "concept\tlanguage\tword",
        *("\t".join((r["concept"], r["language"], r["word"])) for r in lexicon.table()),
    ]
    (tmp_path / "words.tsv").write_text("\n".join(rows), "utf8")
    for folder, ends in (("text", "txt"), ("lists", "tsv")):
        (tmp_path / folder).mkdir()
        for tag, words in {"en": ["water", "house"], "fr": ["eau", "maison"], "ru": ["вода", "дом"]}.items():
            lines = words if ends == "txt" else [f"{word}\t{9 - i}" for i, word in enumerate(words)]
            (tmp_path / folder / f"{tag}.{ends}").write_text("\n".join(lines) + "\n", "utf8")
    return tmp_path


def test_the_command_shows_everything_in_eighty_columns(files):
    """One language is a list of measures with intervals, several are a row each; both fit, and --full has all."""
    given = ["languages", "demo:meaning", "--lexicon", files / "words.tsv", "--text", files / "text"]
    given += ["--word-lists", files / "lists", "--reference", "fr"]
    one = run(*given, "--language", "ru")
    for title in ("words translated", "frequent words", "tokens per word of real text", "premium over"):
        assert title in one
    many, full = run(*given), run(*given, "--full")
    for head in ("of all", "frequent", "premium", "pieces"):
        assert head in many
    assert all(
        f"{name} ({tag})" in full for name, tag in (("English", "en"), ("French", "fr"), ("Russian", "ru"))
    )
    assert all(80 >= len(line) for text in (one, many, full) for line in text.splitlines())


def test_the_json_keeps_its_keys_and_gains_values(files):
    """The keys of the contract stay as they were; the new ones are {value, low, high, chance} or null."""
    found = json.loads(
        run("languages", "demo:meaning", "--lexicon", files / "words.tsv", "--language", "ru", "--json")
    )
    (row,) = found["languages"]
    model = row["models"][0]
    old = {"model", "coverage", "pieces_per_word", "undertrained", "translation", "words", "exact", "rank"}
    assert old <= model.keys()
    assert "translation.matched.all" == found["ranked_by"] == row["ranked_by"]
    assert {"value", "low", "high", "chance"} <= model["premium"].keys() & model["fertility"].keys()
    assert {"value", "low", "high", "chance"} == model["undertrained_share"].keys()
    assert model["undertrained"] == model["undertrained_share"]["value"]
