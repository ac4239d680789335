"""Options by keywords, names in place of objects, and a sentence for what is of the wrong type."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.store import NoStore


@pytest.fixture(scope="module")
def space():
    whole = hp.open_model("demo:meaning")
    return whole.take(hp.sample_rows(whole, 3000))


@pytest.fixture(scope="module")
def words():
    return hp.packaged_lexicon()


def test_options_by_keywords_are_those_of_the_class(space, words):
    """A keyword changes the one option, of the defaults or of the options that are given beside it."""
    for by_keyword, by_class in (
        (
            hp.separability(space, minimum=50, folds=3),
            hp.separability(space, hp.SeparabilityOptions(minimum=50, folds=3)),
        ),
        (
            hp.silhouette(space, hp.SilhouetteOptions(sample=50), permutations=9),
            hp.silhouette(space, hp.SilhouetteOptions(sample=50, permutations=9)),
        ),
        (
            hp.translate(space, words, languages=["en", "sw", "ru"], questions=0, fewest=2),
            hp.translate(
                space,
                words,
                hp.TranslateOptions(languages=["en", "sw", "ru"], questions=0, fewest=2),
            ),
        ),
    ):
        assert by_class.to_json() == by_keyword.to_json()


def test_tokens_and_kinds_by_their_names(space):
    """A text names a token of ``neighborhoods``; a string names a kind that is left out."""
    row = int(np.flatnonzero(space.vocabulary.kinds == hp.TokenKind.TEXT)[0])
    text = space.vocabulary.texts[row]
    expected = hp.neighborhoods(space, hp.find_tokens(space, text), k=3).to_json()
    assert expected == hp.neighborhoods(space, text, k=3).to_json()
    assert expected["queries"][0] == hp.neighborhoods(space, row, k=3).to_json()["queries"][0]
    by_kind = space.candidates([hp.TokenKind.SPECIAL, hp.TokenKind.BYTE])
    for names in (["special", "byte"], ("BYTE", hp.TokenKind.SPECIAL), {"special", "byte"}):
        found = space.candidates(names)
        assert by_kind.rows.tolist() == found.rows.tolist()
        assert by_kind.excluded == found.excluded
    assert space.candidates("special").excluded == space.candidates([hp.TokenKind.SPECIAL]).excluded


def test_a_space_stands_for_its_neighbours(space):
    """``diversity`` searches the neighbours of a space itself."""
    near = hp.neighbors(space, 10)
    assert hp.diversity(near, space.labels).to_json() == hp.diversity(space, k=10).to_json()


def test_a_mask_and_a_list_take_tokens(space):
    """``take`` gives the same space for a mask, an array of positions and a list of them."""
    mask = space.vocabulary.starts_word
    expected = space.take(np.flatnonzero(mask))
    for rows in (mask, np.flatnonzero(mask).tolist(), mask.tolist()):
        assert expected.token_digest == space.take(rows).token_digest
    assert 0 == len(space.take([])) == len(space.take(np.zeros(len(space), bool)))


def test_a_sample_is_a_share_or_a_count(space):
    """A number above one is a count, never more than there are; 1 and 1.0 are all tokens."""
    candidates = len(space.candidates().rows)
    assert 500 == len(hp.sample_rows(space, 500))
    assert candidates == len(hp.sample_rows(space, 10**6)) == len(hp.sample_rows(space, 1.0))
    assert round(0.5 * candidates) == len(hp.sample_rows(space, 0.5))


def test_a_study_needs_models_alone(space):
    """Options come by keywords, kinds by names, one measure is skipped by its name."""
    skip = [name for name in hp.MEASURES if name not in ("neighbors", "diversity")]
    by_keyword = hp.run_study([space], store=NoStore(), k=10, skip=skip, exclude=["special"])
    assert 10 == by_keyword.models[0].diversity.k
    assert (hp.TokenKind.SPECIAL,) == by_keyword.options.exclude
    assert ("map",) == hp.StudyOptions(skip="map").skip


WRONG = {
    "a name for a space": (lambda s, w: hp.separability("demo:meaning"), "separability.. takes a TokenSpace"),
    "nothing for a space": (lambda s, w: hp.neighbors(None), "neighbors.. takes a TokenSpace.*not None"),
    "an array for a space": (
        lambda s, w: hp.inspect(np.eye(3)),
        "inspect.. takes a TokenSpace.*of type ndarray",
    ),
    "one for several": (lambda s, w: hp.census(s), "census.. takes a list of TokenSpace"),
    "names for several": (lambda s, w: hp.overlap(["a", "b"]), "overlap.. takes a list of TokenSpace"),
    "a study of one": (lambda s, w: hp.run_study(s), "run_study.. takes a list"),
    "a path for a lexicon": (lambda s, w: hp.translate(s, "mine.tsv"), "translate.. takes a Lexicon"),
    "a mistyped option": (lambda s, w: hp.separability(s, minimun=5), "no minimun=; did you mean minimum="),
    "an odd option": (lambda s, w: hp.silhouette(s, xyz=5), "its options are sample"),
    "options of another": (lambda s, w: hp.separability(s, hp.TranslateOptions()), "as SeparabilityOptions"),
    "an unknown kind": (lambda s, w: s.candidates(["subword"]), "'subword' is no kind of token"),
    "no labels": (lambda s, w: hp.diversity(hp.neighbors(s, 3)), r"diversity\(near, space.labels\)"),
    "a list for diversity": (lambda s, w: hp.diversity([1]), "a TokenSpace, or Neighbors"),
    "a number for a token": (lambda s, w: hp.find_tokens(s, 3), "the text of a token"),
    "a short mask": (lambda s, w: s.take(np.ones(3, bool)), "the mask is over 3 tokens"),
    "words for positions": (lambda s, w: s.take(["water"]), "positions of tokens, or a mask"),
    "half a token": (lambda s, w: hp.sample_rows(s, 1.5), "a share of the tokens"),
    "a negative sample": (lambda s, w: hp.sample_rows(s, -1), "a share of the tokens"),
    "no opening": (lambda s, w: hp.open_model("demo:meaning", "output"), "it takes an Opening"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_types_are_told_in_a_sentence(space, words, case):
    """A public call that is given another type says what it takes."""
    call, message = WRONG[case]
    with pytest.raises((TypeError, ValueError), match=message):
        call(space, words)


def test_paths_may_be_text(space, tmp_path):
    """What writes or keeps files takes their places as text too."""
    from hyperpolyglot import figures
    from hyperpolyglot.tables import write_table

    skip = [name for name in hp.MEASURES if name not in ("neighbors", "diversity")]
    study = hp.run_study([space], store=hp.Store(str(tmp_path / "kept")), k=5, skip=skip)
    assert (tmp_path / "kept").is_dir()
    hp.write_report(study, str(tmp_path / "report"))
    hp.write_bundle(hp.Bundle({"manifest.json": b"{}"}), str(tmp_path / "site"))
    figures.save(figures.draw_census(hp.census([space])), str(tmp_path / "census.svg"))
    write_table(str(tmp_path / "t.csv"), hp.census([space]).table())
    for name in ("report/report.html", "site/manifest.json", "census.svg", "t.csv"):
        assert (tmp_path / name).is_file()


NAMES = [name for name in hp.__all__ if inspect.isfunction(getattr(hp, name)) and name != "packaged_lexicon"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [3, "no such thing", None, [3]], ids=repr)
def test_every_public_function_says_what_it_takes(name, wrong):
    """Given a number, a text, nothing or a list for what it works on, it answers in a sentence of its own."""
    function = getattr(hp, name)
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    needed = [p for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    assert bool(needed) == (name != "explore"), "which takes any number of models"
    with pytest.raises((TypeError, ValueError, HyperpolyglotError)) as error:
        function(*[wrong] * (len(needed) or 1))
    own = f"{name}() takes " in str(error.value) or isinstance(error.value, HyperpolyglotError)
    assert own or "a device is auto, cpu" in str(error.value)


SECOND = {
    "explain": "Neighbors, as neighbors",
    "project": "Neighbors, as neighbors",
    "find_ids": "a list of ids",
    "shared_with": "a list of TokenSpace",
}


@pytest.mark.parametrize("name", SECOND)
def test_what_comes_second_is_checked_too(name, space):
    """A space with something else than its neighbours, ids or other spaces is told what goes there."""
    with pytest.raises(TypeError, match=SECOND[name]):
        getattr(hp, name)(space, 3)
