"""The labeller ``language``: word lists in, a language for each token that one language can claim."""

from __future__ import annotations

import json
import os
import re
from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, NotEnoughData, UnsupportedFormat
from hyperpolyglot.labels import label
from hyperpolyglot.study.steps import described
from hyperpolyglot.word_lists.bayes import LanguageModel, LanguageOptions, language_model
from hyperpolyglot.word_lists.installed import lexicon_word_lists
from hyperpolyglot.word_lists.letters import letters_of
from hyperpolyglot.word_lists.respelling import respelled
from hyperpolyglot.writing.scripts import script_of

GERMAN = {"wasser": 40, "haus": 30, "straße": 10, "la": 5, "was": 15}
ENGLISH = {"water": 40, "house": 30, "the": 20, "was": 10}
FRENCH = {"eau": 30, "maison": 30, "la": 40}
RUSSIAN = {"вода": 50, "дом": 50}
PLANTED = {"de": GERMAN, "en": ENGLISH, "fr": FRENCH, "ru": RUSSIAN}
"""Words that one language has, and two that several share: "la", French by 8 to 1, and "was", German by 3 to 2."""


def lists_of(counts):
    return hp.WordLists.of({tag: list(words.items()) for tag, words in counts.items()}, source="planted")


def space_of(tokens):
    vectors = np.random.default_rng(0).standard_normal((len(tokens), 4)).astype(np.float32)
    return hp.from_arrays(vectors, tokens)


def write(folder, counts):
    folder.mkdir(exist_ok=True)
    for tag, words in counts.items():
        lines = "".join(f"{word}\t{count}\n" for word, count in words.items())
        (folder / f"{tag}.tsv").write_text(lines, "utf-8")
    return folder


def by_hand(lists, options, string, starts):
    """The posterior of one string by sums over dictionaries."""
    whole = starts and any(string in words for words in lists.words)
    weights, known = [], False
    priors = dict(options.priors)
    for tag, words, shares in zip(lists.languages, lists.words, lists.shares, strict=True):
        share, written = 0.0, 0.0
        for word, own in zip(words, shares.tolist(), strict=True):
            if starts and word.startswith(string):
                share += own if word == string or not whole else options.longer * own
            if not starts:
                share += own * sum(word.startswith(string, i) for i in range(len(word)))
            written += own * (script_of(word) == script_of(string))
        known |= share > 0
        likelihood = share + options.unseen / len(lists.languages) * min(shares.tolist()) * written / sum(
            shares.tolist()
        )
        weights.append((priors.get(tag, 1.0) * likelihood) ** (1.0 if whole else 1 / options.temperature))
    total = sum(weights)
    return [weight / total if known and total else 0.0 for weight in weights]


def test_planted_words_have_their_language():
    """Words and pieces of one language have its label; shared words, unknown ones and signs have none."""
    tokens = [
        "▁Wasser",
        "▁water",
        "▁maison",
        "▁вода",
        "▁hau",
        "assers",
        "ouse",
        "▁la",
        "▁was",
        "▁xyz",
        "▁…",
        "12",
    ]
    options = LanguageOptions(threshold=0.9, temperature=1.0)
    model = LanguageModel(lists_of(PLANTED), options)
    space = space_of(tokens)
    codes = model.codes(space.vocabulary.texts, space.vocabulary.starts_word.tolist()).tolist()
    found = [model.lists.languages[code] if code >= 0 else None for code in codes]
    assert ["de", "en", "fr", "ru", "de", None, "en", None, None, None, None, None] == found


def test_the_threshold_decides_what_is_shared():
    """“la” is French by 8 to 1 and “was” German by 3 to 2, so each has a label below that posterior and none above."""
    texts, starts = ["▁la", "▁was"], [True, True]
    for threshold, expected in ((0.5, ["fr", "de"]), (0.7, ["fr", None]), (0.95, [None, None])):
        model = LanguageModel(lists_of(PLANTED), LanguageOptions(threshold=threshold))
        codes = model.codes(texts, starts).tolist()
        assert expected == [model.lists.languages[code] if code >= 0 else None for code in codes]


def test_priors_decide_between_equals():
    """A word that is as common in two languages has the language that the prior prefers."""
    lists = lists_of({"a": {"same": 1, "x": 1}, "b": {"same": 1, "y": 1}})
    for tag in ("a", "b"):
        model = LanguageModel(lists, LanguageOptions(priors=((tag, 4.0),)))
        assert [lists.languages.index(tag)] == model.codes(["▁same"], [True]).tolist()


words = st.text("abcäß жд", min_size=1, max_size=5).map(str.strip).filter(bool)
counts = st.dictionaries(words, st.integers(1, 1000), min_size=1, max_size=12)
several = st.dictionaries(st.sampled_from(["de", "en", "fr", "ru"]), counts, min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    several,
    st.lists(st.tuples(words, st.booleans()), min_size=1, max_size=8),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_posteriors_are_those_of_plain_sums(counts, asked, temperature):
    """The posterior of every token is that of dictionaries that are summed up word by word."""
    options = LanguageOptions(temperature=temperature, unseen=0.1, longer=0.3, priors=(("de", 2.0),))
    lists = lists_of(counts)
    model = LanguageModel(lists, options)
    texts, starts = [text for text, _ in asked], [start for _, start in asked]
    expected = [
        by_hand(lists, options, *one) if one[0] else [0.0] * len(counts) for one in letters_of(texts, starts)
    ]
    found = model.posterior(texts, starts)
    np.testing.assert_allclose(expected, found, rtol=1e-9, atol=1e-12)
    codes = model.codes(texts, starts)
    for row, code in zip(found, codes.tolist(), strict=True):
        assert code == (int(row.argmax()) if row.max() >= options.threshold + 1e-9 else code)
        assert code < 0 or row[code] >= options.threshold - 1e-9


@settings(max_examples=25, deadline=None)
@given(several, st.lists(words, min_size=1, max_size=8), st.randoms())
def test_order_does_not_matter(counts, texts, random):
    """Labels depend on neither the order of tokens nor that of files and lines."""
    shuffled = {tag: dict(random.sample(sorted(own.items()), len(own))) for tag, own in counts.items()}
    again = dict(random.sample(sorted(shuffled.items()), len(shuffled)))
    assert lists_of(counts).digest == lists_of(again).digest
    order = random.sample(range(len(texts)), len(texts))
    model, other = language_model(lists_of(counts)), LanguageModel(lists_of(again), LanguageOptions())
    codes = model.codes(texts, [True] * len(texts))
    assert codes[order].tolist() == other.codes([texts[i] for i in order], [True] * len(texts)).tolist()


def invented(seed, letters, size):
    """Words of one's own letters, common as ranks are."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, 10, size)
    drawn = ("".join(rng.choice(list(letters), length)) for length in lengths)
    return {word: 1000 // rank + 1 for rank, word in enumerate(dict.fromkeys(drawn), 1)}


def test_held_out_pieces_are_calibrated():
    """Languages of overlapping letters: on pieces of held-out words posteriors are off by 6 points at most, and labels
    are right far more often than chance.
    """
    lists = lists_of(
        {
            "aa": invented(1, "abcdefghmno", 3000),
            "bb": invented(2, "abcdefgklpq", 3000),
            "cc": invented(3, "abhijklmnor", 3000),
        }
    )
    found = language_model(lists).calibration
    assert found.pieces > 50
    assert found.ece < 0.06
    assert found.precision > 0.6


def test_pieces_that_say_nothing_have_no_label():
    """Where all languages have words of the same letters, whole words are told and held-out pieces are not."""
    lists = lists_of({tag: invented(seed, "abcdef", 2000) for seed, tag in enumerate(("aa", "bb", "cc"))})
    model = language_model(lists)
    assert model.temperature > 1
    own = [
        next(w for w in lists.words[i] if all(w not in lists.words[j] for j in range(3) if j != i))
        for i in range(3)
    ]
    assert [0, 1, 2] == model.codes([f"▁{word}" for word in own], [True] * 3).tolist()
    assert model.calibration.labelled < 0.5


@pytest.mark.parametrize(
    ("text", "starts", "expected"),
    [
        ("▁Straße", True, ("straße", True)),
        ("ßE", False, ("ße", False)),
        ("▁l'eau", True, ("eau", True)),
        ("don't", False, ("don", False)),
        ("हिन्दी", False, ("हिन्दी", False)),
        ("▁of▁the", True, ("the", True)),
        ("（ＡＢ", False, ("ab", True)),
        ("<0xE3>", False, ("xe", True)),
        ("123", True, ("", False)),
        ("", False, ("", False)),
    ],
)
def test_letters_are_the_longest_run(text, starts, expected):
    """A token is looked up by its longest run of letters and marks, without case and width."""
    assert [expected] == letters_of([text], [starts])


def test_kinds_that_are_no_text_have_no_language():
    """Special tokens, bytes and padding have no language, whatever their letters."""
    vocabulary = hp.open_model("demo:meaning").vocabulary
    found = label(vocabulary, lists_of(PLANTED | {"xx": {"unk": 5, "pad": 5, "s": 1}}))
    kinds = {vocabulary.kinds[row] for row in np.flatnonzero(found.codes >= 0)}
    assert kinds <= {hp.TokenKind.TEXT, hp.TokenKind.ADDED}


def test_plain_words_are_words():
    """In a vocabulary without marks of word starts, every token starts a word."""
    space = space_of(["straße", "haus", "water"]).relabel(lists_of(PLANTED))
    assert ["de", "de", "en"] == [space.labels.of(row) for row in range(3)]


def test_what_was_labelled_by_other_lists_is_not_found_again():
    """The lists belong to what kept results depend on, also where they give the same labels."""
    space = space_of(["▁haus", "▁water"])
    one, other = lists_of(PLANTED), lists_of(PLANTED | {"ru": {"дом": 1}})
    first, second = space.relabel(one), space.relabel(other)
    assert first.labels.codes.tolist() == second.labels.codes.tolist()
    assert one.digest in first.labels.basis
    assert first.token_digest != second.token_digest
    assert described(first.labels) != described(second.labels)
    assert first.token_digest == space.relabel(lists_of(PLANTED)).token_digest


def test_the_lexicon_is_the_fallback():
    """Without wordfreq the packaged lexicon tells languages, and says so."""
    space = hp.open_model("demo:meaning", labels=lexicon_word_lists())
    assert "packaged lexicon" in space.remark
    assert {"ja", "ko", "el", "de"} <= set(space.labels.counts())
    assert 0 < space.abstained < 1


def run(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_the_command_reports_tags_and_abstentions(tmp_path):
    """JSON names languages by tags, the labeller and the share of text tokens without a label."""
    folder = write(tmp_path / "lists", PLANTED)
    tokens = ["▁haus", "▁water", "▁house", "▁xyz"]
    (tmp_path / "vocab.txt").write_text("[UNK]\n" + "\n".join(t.strip("▁") for t in tokens) + "\n")
    found = run("census", tmp_path / "vocab.txt", "--labels", "language", "--word-lists", folder, "--json")
    document = json.loads(found.stdout)
    assert "language" == document["provenance"]["options"]["labels"]
    assert 0.25 == document["abstained"]
    (model,) = document["models"]
    assert {"en": 2, "de": 1} == model["labels"]
    told = run("census", tmp_path / "vocab.txt", "--labels", "language", "--word-lists", folder)
    assert "English (en)" in told.stdout
    assert "25.0 %" in told.stderr


HOSTILE = {
    "not UTF-8": ("en.tsv", b"caf\xe9\t3\n", DamagedFile),
    "a negative count": ("en.tsv", b"a\t-3\n", DamagedFile),
    "no count": ("en.tsv", b"a\n", DamagedFile),
    "three columns": ("en.tsv", b"a\t3\t4\n", DamagedFile),
    "a zero": ("en.tsv", b"a\t0\n", DamagedFile),
    "a huge count": ("en.tsv", b"a\t1e99\n", DamagedFile),
    "a count of many digits": ("en.tsv", b"a\t" + b"9" * 400 + b"\n", DamagedFile),
    "no number": ("en.tsv", b"a\tnan\n", DamagedFile),
    "an empty file": ("en.tsv", b"\n", DamagedFile),
    "no tag": ("my words.tsv", b"a\t3\n", DamagedFile),
    "an empty folder": ("notes.md", b"", NotEnoughData),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lists_end_in_a_sentence(tmp_path, name):
    """A folder that holds no word lists, or damaged ones, is refused in one sentence, in Python and by commands."""
    file, content, error = HOSTILE[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(error) as raised:
        hp.read_word_lists(tmp_path)
    assert 1 == str(raised.value).count(".\n") + str(raised.value).endswith(".")
    found = run("census", "demo:meaning", "--labels", "language", "--word-lists", tmp_path)
    assert found.exit_code
    assert "Traceback" not in found.output


def test_links_do_not_lead_out_of_the_folder(tmp_path):
    """A link to a file elsewhere is refused, a loop is not followed, and a folder that is not there is a sentence."""
    folder = write(tmp_path / "lists", {"de": GERMAN})
    (tmp_path / "secret.tsv").write_text("word\t1\n")
    os.symlink(tmp_path / "secret.tsv", folder / "en.tsv")
    with pytest.raises(UnsupportedFormat):
        hp.read_word_lists(folder)
    (folder / "en.tsv").unlink()
    os.symlink(folder / "fr.tsv", folder / "fr.tsv")
    assert ("de",) == hp.read_word_lists(folder).languages
    with pytest.raises(HyperpolyglotError):
        hp.read_word_lists(tmp_path / "nowhere")


def test_word_lists_go_with_languages(tmp_path):
    """--word-lists without --labels language, and --in with other labels, are refused."""
    write(tmp_path / "lists", PLANTED)
    assert "--labels language" in run("census", "demo:meaning", "--word-lists", tmp_path / "lists").stderr
    assert (
        "--labels language" in run("neighbors", "demo:meaning", "x", "--in", "de", "--labels", "block").stderr
    )


@pytest.fixture(scope="module")
def of_text(tmp_path_factory):
    """Word lists counted from the packaged text, in four languages of two scripts."""
    text = hp.packaged_text()
    counts = {
        tag: Counter(re.findall(r"\w+", " ".join(segments).lower()))
        for tag, segments in zip(text.languages, text.segments, strict=True)
        if tag in ("en", "es", "fr", "ru")
    }
    return write(tmp_path_factory.mktemp("lists"), counts)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("census",), "French (fr)"),
        (("separability", "--minimum", "40", "--folds", "3"), "against the others of their script"),
        (("separability", "--minimum", "40", "--folds", "3", "--design", "multinomial"), "Latn"),
        (("separability", "--minimum", "40", "--folds", "3", "--design", "pairwise"), "|"),
        (("diversity", "-k", "10"), "distinct languages among 10"),
        (("silhouette", "--minimum", "40", "--permutations", "9"), "Spanish (es)"),
        (("neighbors", "plus", "--only", "fr", "-k", "3"), "French (fr)"),
        (("map", "--method", "pca", "-o", "map.csv"), "PCA"),
        (("explain", "-k", "10"), "languages"),
        (("tokens", "-k", "10", "-o", "tokens.csv"), ""),
    ],
)
def test_measures_speak_of_languages(of_text, monkeypatch, tmp_path, command, said):
    """Every command that takes labels measures languages, names them in English and says how many tokens have none."""
    monkeypatch.chdir(tmp_path)
    name, *options = command
    lists = ("--labels", "language", "--word-lists", of_text, "--no-cache")
    found = run(name, "demo:e5", *options, *(lists if name != "census" else lists[:-1]))
    assert 0 == found.exit_code, found.output
    assert said in " ".join(found.stdout.split())
    assert "have no label" in " ".join(found.stderr.split())


def test_neighbours_of_a_language(of_text):
    """--in keeps to the neighbours of one language; a language that no token has is a sentence."""
    asked = (
        "neighbors",
        "demo:e5",
        "plus",
        "--word-lists",
        of_text,
        "--labels",
        "language",
        "-k",
        "5",
        "--no-cache",
    )
    found = json.loads(run(*asked, "--in", "es", "--json").stdout)
    assert {"es"} == {row["label"] for query in found["queries"] for row in query["neighbors"]}
    assert "no token is labelled 'xx'" in str(run(*asked, "--in", "xx").exception)


def test_languages_are_probed_within_their_script():
    """Vectors that know the script alone: languages of one script are at chance, one alone in its script is not."""
    rng = np.random.default_rng(0)
    words = {
        "aa": invented(1, "abcdef", 150),
        "bb": invented(2, "ghijkl", 150),
        "cc": invented(3, "жзийкл", 150),
    }
    tokens = [f"▁{word}" for own in words.values() for word in own]
    cyrillic = np.array([script_of(token) == "Cyrl" for token in tokens])
    vectors = rng.standard_normal((len(tokens), 8)) + 9 * cyrillic[:, None]
    space = hp.from_arrays(vectors.astype(np.float32), tokens, labels=lists_of(words))
    found = hp.separability(space, minimum=50, folds=5)
    accuracy = {row.label: row.accuracy for row in found.labels}
    assert (("aa", "Latn"), ("bb", "Latn")) == tuple(sorted(found.against))
    assert {"aa": "Latn", "bb": "Latn"} == found.to_json()["against"]
    assert 0.35 < accuracy["aa"] < 0.65
    assert accuracy["cc"] > 0.95
    together = hp.separability(space, minimum=50, folds=5, design="multinomial")
    assert [("Latn", 0.5)] == [(row.label, row.chance) for row in together.labels]
    pairs = hp.separability(space, minimum=50, folds=5, design="pairwise")
    assert 1 == len(pairs.labels)


def test_the_report_and_the_explorer_speak_of_languages(of_text, tmp_path):
    """The page names languages in English, never by tags alone, and the manifest of the explorer has both."""
    done = run(
        "report", "demo:e5", "-o", tmp_path, "--labels", "language", "--word-lists", of_text, "--minimum", 40, "-k", 10,
        "--no-cache", *(f"--skip={name}" for name in ("map", "translate", "meanings", "languages", "fertility")),
    )  # fmt: skip
    assert 0 == done.exit_code, done.output
    (page,) = tmp_path.glob("*.html")
    text = page.read_text("utf-8")
    assert "Separability of languages" in text
    assert "French" in text
    space = hp.open_model("demo:e5", labels=hp.read_word_lists(of_text))
    bundle = hp.make_bundle([space], hp.ExploreOptions(k=10, method="pca"))
    (model,) = json.loads(bundle.files["manifest.json"])["models"]
    assert ("language", "languages") == (model["singular"], model["noun"])
    assert {"fr": "French", "es": "Spanish"}.items() <= {
        row["label"]: row["name"] for row in model["labels"]
    }.items()


def test_spellings_that_a_folding_list_has_lost_are_there_again():
    """wordfreq folds case, so that its lists have τησ and gross: text has της, and groß as well as gross."""
    assert [("της", 3.0), ("σ", 1.0), ("σας", 1.0)] == list(
        respelled("el", [("τησ", 3.0), ("σ", 1.0), ("σασ", 1.0)])
    )
    assert {"dass": 1.0, "daß": 1.0, "und": 4.0} == dict(respelled("de", [("dass", 2.0), ("und", 4.0)]))
    assert {"acești": 0.5, "aceşti": 0.5} == dict(respelled("ro", [("acești", 1.0)]))
    assert [("less", 1.0)] == list(respelled("en", [("less", 1.0)]))
