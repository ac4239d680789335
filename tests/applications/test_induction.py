"""Induced dictionaries: a planted dictionary, brute-force oracles, calibration and the promise of a cut."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize

import hyperpolyglot as hp
from hyperpolyglot.applications.induction import listed
from hyperpolyglot.applications.induction.candidates import first_candidates
from hyperpolyglot.applications.induction.isotonic import IsotonicMap, cross_fitted, folds_of, pooled_adjacent
from hyperpolyglot.applications.induction.reliability import calibration_error, reliability
from hyperpolyglot.applications.induction.selection import threshold
from hyperpolyglot.cli import main
from hyperpolyglot.errors import DamagedFile, MissingExtra, NotEnoughData, TensorNotFound
from hyperpolyglot.measures.translation.ranking import pool
from hyperpolyglot.statistics import holm
from hyperpolyglot.types import silent
from hyperpolyglot.word_lists import WordLists
from hyperpolyglot.word_lists.installed import lexicon_word_lists

PAIRS = (
    *(("en", "de"), ("en", "sw"), ("de", "ru"), ("id", "tr"), ("en", "zh")),
    *(("fr", "es"), ("pt", "it"), ("ru", "uk"), ("en", "hi"), ("nl", "fi")),
)


def planted(concepts: int, noise: float, known: int, seed: int = 0) -> tuple[hp.TokenSpace, hp.Lexicon, dict]:
    """Two languages that differ by a rotation near one, and noise; the lexicon knows the first concepts alone."""
    random = np.random.default_rng(seed)
    meanings = random.standard_normal((concepts, 24))
    skew = random.standard_normal((24, 24)) * 0.03
    rotation = expm(skew - skew.T)
    vectors = np.concatenate([meanings, meanings @ rotation]) + noise * random.standard_normal(
        (2 * concepts, 24)
    )
    words = {tag: [f"{tag}{'abcdefghij'[i // 100]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyzabcd'[i % 10]}" for i in
             range(concepts)] for tag in ("en", "sw")}  # fmt: skip
    space = hp.from_arrays(vectors.astype(np.float32), [f"▁{w}" for tag in words for w in words[tag]])
    entries = [(f"c{i:03}", tag, words[tag][i]) for i in range(known) for tag in words]
    return space, hp.Lexicon.of(entries, source="planted"), words


def test_a_planted_dictionary_is_recovered_beyond_the_lexicon() -> None:
    """Of words that the lexicon does not have, nearly all are translated by the planted rotation, and said to be."""
    space, lexicon, words = planted(400, 0.1, 200)
    found = hp.induce(space, "en", "sw", lexicon, words=words)
    other = [pair for pair in found.pairs if pair.known is None]
    assert 200 == len(other)
    right = [pair.target[2:] == pair.source[2:] for pair in other]
    assert np.mean(right) > 0.97
    assert np.mean([pair.probability for pair in other]) == pytest.approx(np.mean(right), abs=0.03)


def test_without_a_relation_nothing_is_probable() -> None:
    """Where vectors are random, probabilities are at chance and no pair is kept at a precision of 0.9."""
    space, lexicon, _ = planted(150, 30.0, 150)
    found = hp.induce(space, "en", "sw", lexicon)
    assert np.mean([pair.probability for pair in found.pairs]) < 0.05
    assert () == hp.induce(space, "en", "sw", lexicon, precision=0.9).pairs


def test_csls_margin_and_rank_back_are_those_of_brute_force() -> None:
    """Against loops over all words, some of both languages: first candidate, cosine, CSLS, margin and rank back."""
    random = np.random.default_rng(3)
    vectors = random.standard_normal((70, 6)).astype(np.float32)
    members = [np.arange(0, 40, dtype=np.int32), np.arange(30, 70, dtype=np.int32)]
    found = first_candidates(pool(vectors, members, np.zeros(70), 10), 0, 1, silent)
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    cosine = unit @ unit.T

    def near(z: int, language: int) -> float:
        return float(np.mean(sorted((cosine[z, y] for y in members[language] if y != z), reverse=True)[:10]))

    for i, x in enumerate(members[0].tolist()):
        scores = {y: 2 * cosine[x, y] - near(x, 1) - near(y, 0) for y in members[1].tolist() if y != x}
        first, second = sorted(scores, key=lambda y: (-scores[y], y))[:2]
        back = {z: 2 * cosine[first, z] - near(z, 1) for z in members[0].tolist() if z != first}
        assert first == found.target[i]
        assert cosine[x, first] == pytest.approx(found.cosine[i], abs=1e-9)
        assert scores[first] == pytest.approx(found.csls[i], abs=1e-9)
        assert scores[first] - scores[second] == pytest.approx(found.margin[i], abs=1e-9)
        assert 1 + sum(value > back[x] for value in back.values()) == found.back_rank[i]


def test_equal_candidates_are_ordered_by_position() -> None:
    """Two targets of one vector: the first in the table comes first, with no margin."""
    vectors = np.array([[1, 0], [0, 1], [1, 1], [1, 0.1], [1, 0.1], [0, 1]], np.float32)
    members = [np.arange(3, dtype=np.int32), np.arange(3, 6, dtype=np.int32)]
    found = first_candidates(pool(vectors, members, np.zeros(6), 2), 0, 1, silent)
    assert (3, 0.0) == (found.target[0], found.margin[0])


def test_pooling_is_the_isotonic_regression() -> None:
    """Against a general solver of the same least squares under the same order."""
    random = np.random.default_rng(0)
    values, weights = random.random(12), random.integers(1, 5, 12).astype(float)

    def of(steps):
        return np.cumsum(np.r_[steps[0], np.abs(steps[1:])])

    solved = min(
        (minimize(lambda s: (weights * (of(s) - values) ** 2).sum(), np.r_[0.3, random.random(11) / 10], tol=1e-12)
         for _ in range(4)), key=lambda r: r.fun)  # fmt: skip
    found = pooled_adjacent(values, weights)
    assert (np.diff(found) >= 0).all()
    assert (weights * (found - values) ** 2).sum() <= solved.fun + 1e-9
    assert of(solved.x) == pytest.approx(found, abs=5e-3)


def test_a_better_pair_is_never_less_probable() -> None:
    """The map rises with the margin, with a mutual pair and with a better rank back, and never says 0 or 1."""
    random = np.random.default_rng(1)
    seen = np.column_stack([random.random(300), random.random(300) < 0.5, -random.integers(0, 6, 300)])
    learnt = IsotonicMap.fitted(seen, random.random(300) < seen[:, 0] * seen[:, 1])
    for part in range(3):
        assert (learnt(seen + np.eye(3)[part]) >= learnt(seen) - 1e-12).all()
    assert 0 < learnt(seen).min() < learnt(seen).max() < 1


def test_no_concept_lies_in_two_folds() -> None:
    """Pairs of one concept are held out together."""
    concepts = np.array(["a", "b", "a", "c", "d", "b"])
    fold = folds_of(concepts, 2, 0)
    assert all(1 == len(set(fold[concepts == name].tolist())) for name in "abcd")
    assert [2, 2] == [len(set(concepts[fold == i].tolist())) for i in (0, 1)]


def test_the_chance_level_of_the_calibration_error_is_that_of_true_probabilities() -> None:
    """Outcomes drawn from the probabilities have the error that is told as chance, on average."""
    random = np.random.default_rng(0)
    said = random.random(200)
    found = reliability(said, random.random(200) < said, np.arange(200), 0)
    again = np.mean([calibration_error(said, random.random(200) < said) for _ in range(500)])
    assert again == pytest.approx(found["ece"]["chance"], abs=0.005)
    assert found["ece_p"] > 0.05
    assert 0.05 > reliability(said, random.random(200) < said**3, np.arange(200), 0)["ece_p"]
    assert 200 == sum(row["pairs"] for row in found["bins"])


def drawn(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with margins, and whether they are right: the more so the larger the margin."""
    margin = random.exponential(1.0, n)
    mutual = random.random(n) < 0.3 + 0.6 * (margin > 1)
    right = random.random(n) < 1 / (1 + np.exp(2.5 - 2.2 * margin - 1.5 * mutual))
    return np.column_stack([margin, mutual, -2.0 * ~mutual]), right


@pytest.mark.parametrize("precision", [0.8, 0.9])
def test_the_cut_keeps_what_it_promises(precision: float) -> None:
    """In 500 simulations the mean share of wrong pairs among new ones that are kept is at most 1 − precision, in both
    forms, also with probabilities by cross-fitting on 150 known pairs; and the cut is not empty.
    """
    random = np.random.default_rng(5)
    promised, wrong, kept_share = [], [], []
    for _ in range(500):
        seen, right = drawn(random, 150)
        new, new_right = drawn(random, 300)
        fitted = cross_fitted(seen, right, np.arange(150) % 3)
        least = threshold(fitted.probabilities, right, precision)
        kept, known = fitted.of_others(new) >= least, (fitted.probabilities >= least).sum()
        bad = float((kept & ~new_right).sum())
        promised.append((bad / 300) / (known / 150) if known else 0.0)
        wrong.append(bad / kept.sum() if kept.any() else 0.0)
        kept_share.append(kept.mean())
    for values in (promised, wrong):
        assert np.mean(values) <= 1 - precision + 2 * np.std(values) / np.sqrt(500)
    assert np.mean(kept_share) > 0.2


def several_pairs(random: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    """Twenty groups of ``n`` pairs, each with an offset and a slope of its own, about one shape that is no logistic:
    what is seen, whether it is right, the group, and the true probability.
    """
    group = np.repeat(np.arange(20), n)
    shift, steep = np.random.default_rng(7).normal([0, 1], [0.8, 0.2], (20, 2)).T
    margin = random.exponential(1.0, len(group))
    mutual = random.random(len(group)) < 0.3 + 0.6 * (margin > 1)
    index = steep[group] * (1.5 * margin + 1.2 * mutual) + shift[group] - 1.5
    truth = 0.05 + 0.85 / (1 + np.exp(-index)) ** 0.7
    seen = np.column_stack([margin, mutual, -2.0 * ~mutual])
    return seen, random.random(len(group)) < truth, group, truth


def test_known_pairs_of_other_languages_help_to_calibrate() -> None:
    """Maps of 400 known pairs beside those of 19 other groups: against the true probabilities of new pairs, so without
    the noise of counts, the calibration error of a group is at most 0.03 on average, and less than that of its own map.
    """
    random = np.random.default_rng(2)
    seen, right, group, _ = several_pairs(random, 400)
    new, _, of, truth = several_pairs(random, 4000)
    errors, alone = [], []
    for number in range(20):
        together = IsotonicMap.fitted(seen, right, (group - number) % 20, groups=20)
        own = IsotonicMap.fitted(seen[group == number], right[group == number])
        mine = of == number
        errors.append(calibration_error(together(new[mine]), truth[mine]))
        alone.append(calibration_error(own(new[mine]), truth[mine]))
    assert np.mean(errors) <= 0.03
    assert np.mean(errors) < np.mean(alone) - 0.003


def test_a_group_without_known_pairs_has_the_weights_of_all() -> None:
    """Its probabilities lie between those of the other groups, rather than at a half."""
    seen, right, group, _ = several_pairs(np.random.default_rng(3), 200)
    learnt = IsotonicMap.fitted(seen, right, group, groups=21)
    others = np.array([learnt(seen, number) for number in range(20)])
    assert (others.min(axis=0) <= learnt(seen, 20)).all()
    assert (learnt(seen, 20) <= others.max(axis=0)).all()


@pytest.fixture(scope="module")
def induced() -> dict[tuple[str, str], hp.Induction]:
    """Ten pairs of languages of e5."""
    space = hp.open_model("demo:e5")
    return {pair: hp.induce(space, *pair) for pair in PAIRS}


def test_probabilities_of_a_real_model_are_calibrated(induced) -> None:
    """Of e5, over ten pairs of languages: the calibration error on held-out concepts is at most 0.03. That of single
    pairs is that of perfect probabilities: by at most 0.005 more on average, and in no pair significantly more. The
    Brier score is better than that of the base rate.
    """
    known = [pair for found in induced.values() for pair in found.pairs if pair.known is not None]
    said = np.array([pair.probability for pair in known])
    right = np.array([pair.known for pair in known])
    assert len(known) > 2500
    assert calibration_error(said, right) <= 0.03
    for found in induced.values():
        brier = found.calibration["brier"]
        assert brier["high"] < brier["chance"]
    errors = [found.calibration["ece"] for found in induced.values()]
    assert np.mean([error["value"] - error["chance"] for error in errors]) <= 0.005
    assert holm(np.array([found.calibration["ece_p"] for found in induced.values()])).min() > 0.05


def test_a_cut_of_a_real_model_holds_on_what_is_known(induced) -> None:
    """At a precision of 0.9, nine of ten known pairs that are kept are right, and only probable pairs are."""
    space = hp.open_model("demo:e5")
    found = hp.induce(space, "en", "zh", precision=0.9)
    assert found.cut is not None
    assert 0.9 <= found.cut["right_of_known"]
    assert 50 < found.cut["kept"] == len(found.pairs)
    every = {(p.source, p.target): p.probability for p in induced["en", "zh"].pairs}
    assert min(p.probability for p in found.pairs) == found.cut["threshold"]
    assert len(found.pairs) == sum(p >= found.cut["threshold"] for p in every.values())


def test_few_known_pairs_borrow_a_calibration() -> None:
    """With fewer known pairs than asked for, other languages lend theirs, and the note says so."""
    found = hp.induce(hp.open_model("demo:e5"), "ru", "uk", fewest=500)
    assert found.calibration["known"] < 500 < found.calibration["lent"]
    assert "other pairs of languages" in found.calibration["note"]
    assert found.pairs[0].probability is not None


def test_without_known_pairs_probabilities_are_missing() -> None:
    """A lexicon of five concepts calibrates nothing: pairs have no probability, and no cut is made."""
    space, lexicon, words = planted(60, 0.1, 5)
    found = hp.induce(space, "en", "sw", lexicon, words=words)
    assert {None} == {pair.probability for pair in found.pairs}
    assert "too few to calibrate" in found.calibration["note"]
    with pytest.raises(NotEnoughData, match="no cut at a precision"):
        hp.induce(space, "en", "sw", lexicon, words=words, precision=0.9)


def test_a_word_that_is_its_own_translation_is_left_out() -> None:
    """Where the lexicon's only translation is the same token, its geometry says nothing; any other word stays."""
    space, lexicon, words = planted(120, 0.1, 120)
    shared = lexicon + hp.Lexicon.of(
        [("c000x", "sw", words["en"][5]), ("c000x", "en", words["en"][5])], source="x"
    )
    only = hp.Lexicon.of(
        [
            row
            for row in zip(shared.concepts, shared.languages, shared.words, strict=True)
            if row[0] != "c005"
        ],
        source="x",
    )
    found = hp.induce(space, "en", "sw", only)
    assert 1 == found.words["own_translation"]
    assert words["en"][5] not in {pair.source for pair in found.pairs}
    assert words["en"][5] in {pair.source for pair in hp.induce(space, "en", "sw", shared).pairs}


def test_what_cannot_be_induced_is_said() -> None:
    """A vocabulary alone, one language twice, and a language without words each get one sentence."""
    space, lexicon, _ = planted(60, 0.1, 60)
    with pytest.raises(NotEnoughData, match="name two"):
        hp.induce(space, "en", "en", lexicon)
    with pytest.raises(NotEnoughData, match="xx: 0 of its words"):
        hp.induce(space, "en", "xx", lexicon)
    with pytest.raises(ValueError, match="precision is between"):
        hp.induce(space, "en", "sw", lexicon, precision=1.0)
    with pytest.raises(TypeError, match="TokenSpace"):
        hp.induce("demo:e5", "en", "de")  # type: ignore[arg-type]


def test_reliability_is_drawn() -> None:
    """The share of right pairs of each bin, with its interval, over the mean probability."""
    from matplotlib.figure import Figure

    found = hp.induce(hp.open_model("demo:e5"), "en", "zh")
    axes = Figure(figsize=(3, 2)).subplots()
    assert axes is found.plot(ax=axes)
    (drawn,) = axes.containers
    bins = found.calibration["bins"]
    assert [row["probability"] for row in bins] == drawn.lines[0].get_xdata().tolist()
    assert [row["right"]["value"] for row in bins] == drawn.lines[0].get_ydata().tolist()


def electorate(noises: list[float], concepts: int = 300) -> tuple[list[hp.TokenSpace], hp.Lexicon, dict]:
    """A model for each noise, all of one planted dictionary, their tokens in other orders and their noise apart."""
    found = [planted(concepts, noise, concepts, seed=i) for i, noise in enumerate(noises)]
    spaces = []
    for i, (space, _, _) in enumerate(found):
        order = np.random.default_rng(50 + i).permutation(len(space))
        pieces = [space.vocabulary.pieces[j] for j in order]
        spaces.append(hp.from_arrays(space.vectors()[order], pieces, name=f"m{i}"))
    return spaces, *found[0][1:]


def test_several_models_together_are_better_than_the_best_alone() -> None:
    """Three models of one planted dictionary with noise of their own: the vote has a larger P@1, the whole interval of
    its gain is above zero, its probabilities are calibrated, and pairs with more votes are right more often.
    """
    spaces, lexicon, _ = electorate([1.0, 1.0, 1.1])
    found = hp.induce(spaces, "en", "sw", lexicon)
    alone = [hp.induce(space, "en", "sw", lexicon) for space in spaces]
    shares = [np.mean([pair.known for pair in each.pairs]) for each in alone]
    assert found.vote is not None
    assert shares == pytest.approx([row["p1"]["value"] for row in found.vote["models"]])
    assert np.mean([pair.target[2:] == pair.source[2:] for pair in found.pairs]) == pytest.approx(
        found.vote["together"]["p1"]["value"]
    )
    assert found.vote["gain"]["low"] > 0
    assert found.calibration["ece_p"] > 0.01
    by_votes = [np.mean([pair.known for pair in found.pairs if pair.votes == n]) for n in (1, 2, 3)]
    assert sorted(by_votes) == by_votes
    assert by_votes[0] < by_votes[2] - 0.2


def test_a_model_that_knows_nothing_does_not_sway_the_others() -> None:
    """Beside a random model a good one keeps its P@1: the loss, if any, is within a percentage point."""
    spaces, lexicon, _ = electorate([0.6, 30.0])
    found = hp.induce(spaces, "en", "sw", lexicon)
    assert found.vote is not None
    assert "m0" == found.vote["gain"]["over"]
    assert found.vote["gain"]["value"] >= -0.01


def test_words_of_one_model_alone_are_in_the_dictionary() -> None:
    """Models with other words: the vote has the words of both, and those of one model have one vote."""
    spaces, lexicon, words = electorate([0.3, 0.3])
    half = {piece for tag in words for piece in (f"▁{w}" for w in words[tag][:150])}
    keep = [i for i, piece in enumerate(spaces[1].vocabulary.pieces) if piece in half]
    found = hp.induce([spaces[0], spaces[1].take(np.array(keep))], "en", "sw", lexicon)
    assert {*words["en"]} == {pair.source for pair in found.pairs}
    assert {1} == {pair.votes for pair in found.pairs if pair.source in words["en"][150:]}
    assert [300, 150] == [row["words"] for row in found.vote["models"]]


def test_votes_need_known_pairs() -> None:
    """Without enough of the lexicon nothing weighs the models against each other, and no model is an error."""
    (space, lexicon, words) = planted(60, 0.1, 5)
    with pytest.raises(NotEnoughData, match="name one model"):
        hp.induce([space, space], "en", "sw", lexicon, words=words)
    with pytest.raises(NotEnoughData, match="given none"):
        hp.induce([], "en", "sw", lexicon)


def test_the_command_lets_several_models_vote(capsys) -> None:
    """Two models: JSON has the votes of each pair and how models do alone and together; the terminal says the gain."""
    main(["induce", "demo:e5", "demo:meaning", "--from", "en", "--to", "fr", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {1, 2} >= {pair["votes"] for pair in found["pairs"]}
    assert ["demo:e5", "demo:meaning"] == [row["model"] for row in found["vote"]["models"]]
    assert {"over", "value", "low", "high"} == set(found["vote"]["gain"])
    main(["induce", "demo:e5", "demo:meaning", "--from", "en", "--to", "fr"])
    assert "alone:" in capsys.readouterr().out


def test_lists_of_words_are_read_and_bounded(tmp_path) -> None:
    """A folder needs a file for each language; endless lines, links that lead out and empty files are refused."""
    (tmp_path / "en.tsv").write_text("water\t5\r\n\nfire\nwater\n", "utf8")
    assert {"en": ["water", "fire"]} == hp.read_words(tmp_path, ["en"])
    for name, text, says in (
        ("de", "x" * 300, "longer than a word"),
        ("fr", "\n\n", "no word"),
    ):
        (tmp_path / f"{name}.tsv").write_text(text, "utf8")
        with pytest.raises(DamagedFile, match=says):
            hp.read_words(tmp_path, [name])
    with pytest.raises(DamagedFile, match=r"sw\.tsv"):
        hp.read_words(tmp_path, ["sw"])
    with pytest.raises(hp.HyperpolyglotError, match="leads out"):
        hp.read_words(tmp_path, ["../../etc/x"])


def test_the_command_writes_the_pairs_and_the_contract(tmp_path, monkeypatch, capsys) -> None:
    """``induce`` prints the keys of the contract, and writes a row for every pair with their columns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words").mkdir()
    for tag, words in (("de", "Haus\nHund\n"), ("ru", "дом\nсобака\n")):
        (tmp_path / "words" / f"{tag}.tsv").write_text(words, "utf8")
    main(["induce", "demo:e5", "--from", "de", "--to", "ru", "--words", "words", "-o", "de-ru.tsv", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "hyperpolyglot.induce/1" == found["format"]
    columns = [
        "source",
        "target",
        "cosine",
        "csls",
        "margin",
        "mutual",
        "same_spelling",
        "probability",
        "known",
    ]
    assert columns == list(found["pairs"][0])
    assert {"ece", "brier", "bins"} <= set(found["calibration"])
    assert {"value", "low", "high", "chance"} == set(found["calibration"]["ece"])
    lines = (tmp_path / "de-ru.tsv").read_text("utf8").splitlines()
    assert "\t".join(columns) == lines[0]
    assert len(found["pairs"]) + 1 == len(lines)
    main(["induce", "demo:e5", "--from", "de", "--to", "ru", "--precision", "0.9"])
    assert "Conformal threshold" in capsys.readouterr().out.replace("\n", " ")


def test_a_vocabulary_alone_has_nothing_to_induce_from(tmp_path) -> None:
    """Without vectors there is one sentence and no answer."""
    (tmp_path / "vocab.txt").write_text("water\nfire\n", "utf8")
    with pytest.raises(TensorNotFound):
        hp.induce(hp.open_model(tmp_path / "vocab.txt"), "en", "de")


def test_words_of_wordfreq_are_asked_for_by_name(monkeypatch) -> None:
    """Those of the package, none for a language that it lacks; a sentence where it is not installed."""
    lists = WordLists.of({"en": [("water", 3), ("fire", 1)]}, source="wordfreq 3")
    monkeypatch.setattr(listed, "installed_word_lists", lambda: lists)
    assert {"en": ["water", "fire"], "sw": []} == hp.read_words("wordfreq", ["en", "sw"])
    monkeypatch.setattr(listed, "installed_word_lists", lexicon_word_lists)
    with pytest.raises(MissingExtra, match="languages"):
        hp.read_words("wordfreq", ["en"])
