"""Degenerate matrices, labels and options: a number that is right or one sentence, soon and without a warning."""

from __future__ import annotations

import json
import time
import warnings

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.cli import main
from hyperpolyglot.errors import HyperpolyglotError, NotEnoughData, UnsupportedFormat
from hyperpolyglot.labels import Labels
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.linalg import within_range
from hyperpolyglot.measures.neighbors import neighborhoods
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.measures.silhouette import SilhouetteOptions, silhouette
from hyperpolyglot.sources import resolve
from hyperpolyglot.statistics import bootstrap, partial_spearman
from hyperpolyglot.vocabularies import from_gguf
from tests.conftest import planted_pieces, write_model

SIZE = 200
PIECES = planted_pieces(SIZE // 4)
BASE = np.random.default_rng(0).standard_normal((SIZE, 6)).astype(np.float32)


def filled(rows, value):
    changed = BASE.copy()
    changed[rows] = value
    return changed


MATRICES = {
    "ordinary": BASE,
    "all rows equal": np.ones((SIZE, 6), np.float32),
    "all zero but one": filled(slice(1, None), 0),
    "all zero": np.zeros((SIZE, 6), np.float32),
    "one dimension": BASE[:, :1],
    "one dimension, one sign": np.abs(BASE[:, :1]),
    "huge": BASE * np.float32(1e37),
    "tiny": BASE * np.float32(1e-42),
    "rows of nan": filled(slice(0, 50), np.nan),
    "rows of infinity": filled(slice(0, 50), np.inf),
    "all nan": np.full((SIZE, 6), np.nan, np.float32),
    "rank one": BASE[:, :1] * BASE[:1],
    "duplicates": np.repeat(BASE[:20], 10, axis=0),
    "on a line beside the origin": np.linspace(1, 2, SIZE, dtype=np.float32)[:, None] * BASE[:1] + BASE[1:2],
    "one wild row": filled(0, 3e38),
    "a label's rows are equal": np.repeat(np.eye(4, 6, dtype=np.float32), SIZE // 4, axis=0),
    "a large constant column": np.concatenate([np.full((SIZE, 1), 1e6, np.float32), BASE], axis=1),
}
PAIR = frozenset(PIECES[:2])
LABELLERS = {
    "one label": lambda _: "all",
    "a label for each token": lambda token: token,
    "a label of two tokens": lambda token: "two" if token in PAIR else "rest",
    "two tokens with a label": lambda token: "two" if token in PAIR else None,
    "two labels of one token": lambda token: token if token in PAIR else None,
    "no label": lambda _: None,
}
WORDS = Lexicon.of(
    [
        (f"meaning {i % (SIZE // 4)}", "abcd"[i // (SIZE // 4)], piece.removeprefix("▁"))
        for i, piece in enumerate(PIECES)
    ],
    source="planted",
)
COMMANDS = {
    "inspect": lambda space, _: hp.inspect(space),
    "neighbors": lambda space, _: neighborhoods(space, [0], 5),
    "silhouette": lambda space, _: silhouette(space, SilhouetteOptions(minimum=10, permutations=3)),
    "separability": lambda space, _: separability(space, SeparabilityOptions(folds=3, minimum=10)),
    "diversity": lambda space, _: hp.diversity(hp.neighbors(space, k=10), space.labels),
    "map": lambda space, _: hp.project(space, hp.neighbors(space, k=15), method="pca"),
    "compare": lambda space, other: hp.compare([space, other], hp.CompareOptions(k=5, permutations=5)),
    "translate": lambda space, _: hp.translate(space, WORDS),
    "languages": lambda space, other: hp.languages([space, other], WORDS),
    "explain": lambda space, _: hp.explain(space, hp.neighbors(space, k=10)),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The space of a matrix by name, and another model with the same tokens."""
    folder = tmp_path_factory.mktemp("degenerate")
    other = write_model(
        folder / "other", np.random.default_rng(1).standard_normal((SIZE, 5)).astype(np.float32), PIECES
    )

    def find(name, labels="script"):
        path = write_model(folder / name.replace("'", ""), MATRICES[name], PIECES)
        return hp.open_model(path, labels=labels), hp.open_model(other)

    return find


def outcome(command, space, other):
    """A result's JSON form or the sentence of an error, in 5 s of a processor; numpy's warnings are errors."""
    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            found = json.loads(json.dumps(COMMANDS[command](space, other).to_json(), allow_nan=False))
        except HyperpolyglotError as error:
            found = str(error)
            assert found.endswith(".")
    assert time.process_time() - begun < 5
    return found


def numbers(value):
    """All numbers in a JSON value, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, int | float) else []


@pytest.mark.parametrize("name", MATRICES)
def test_degenerate_matrices(opened, name):
    """Every measure gives a result without NaN, or a sentence, whatever the matrix."""
    space, other = opened(name)
    found = {command: outcome(command, space, other) for command in COMMANDS}
    if name == "ordinary":
        assert not [command for command, result in found.items() if isinstance(result, str)]


@pytest.mark.parametrize("labels", LABELLERS)
@pytest.mark.parametrize("name", ["ordinary", "all rows equal", "duplicates"])
def test_degenerate_labels(opened, name, labels):
    """Nor does it matter how few tokens a label has, or how many labels there are."""
    space, other = opened(name, LABELLERS[labels])
    for command in COMMANDS:
        outcome(command, space, other)


@pytest.mark.parametrize("rows", [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0]]])
def test_two_rows_or_one(tmp_path, opened, rows):
    """A table of two rows, or of one, is measured or refused like any other."""
    _, other = opened("ordinary")
    space = hp.open_model(write_model(tmp_path / "few", np.array(rows, np.float32), PIECES[: len(rows)]))
    for command in COMMANDS:
        outcome(command, space, other)


def test_huge_and_tiny_numbers_compare_as_others_do(opened):
    """A power of two before a matrix, which rounds nothing, changes no measure of a comparison."""
    _, other = opened("ordinary")
    space, _ = opened("ordinary")
    for power in (123, -100):
        MATRICES["scaled"] = np.ldexp(BASE, power)
        scaled, _ = opened("scaled")
        del MATRICES["scaled"]
        mine, theirs = (outcome("compare", one, other)["pairs"] for one in (space, scaled))
        assert numbers(mine) == pytest.approx(numbers(theirs), rel=1e-4, abs=1e-6)


def test_ordinary_numbers_are_left_as_they_are():
    """Rows of ordinary size are not even copied."""
    assert within_range(BASE) is BASE
    assert 0.5 <= within_range(BASE * np.float32(1e37)).max() < 1


@pytest.mark.parametrize("name", ["all rows equal", "one dimension", "rank one"])
def test_vectors_on_one_line_are_not_explained(opened, name):
    """`explain` says at once that nothing would be left, and not that a token has 0 others."""
    space, other = opened(name)
    assert "all vectors lie on one line" in outcome("explain", space, other)


def test_what_keeps_no_direction_is_said(opened):
    """Where taking a label's mean out leaves zeros, the sentence says so."""
    space, other = opened("a label's rows are equal")
    assert "only 0 of 200 tokens keep a direction" in outcome("explain", space, other)


def test_equal_rows_have_no_canonical_correlation(opened):
    """A matrix without variance has no canonical cosines, and the reason stands beside them."""
    space, other = opened("all rows equal")
    found = outcome("compare", space, other)["pairs"][0]
    assert [None, "all vectors of one model are equal"] == [
        found["canonical_first"][key] for key in ("value", "note")
    ]


def test_no_label_at_all_is_said(opened):
    """Diversity without labels ends in a sentence."""
    space, _ = opened("ordinary", LABELLERS["no label"])
    with pytest.raises(NotEnoughData, match="no token has a label"):
        hp.diversity(hp.neighbors(space, k=5), space.labels)


def test_too_many_labels_are_refused():
    """4,096 labels can be told apart; of more, 40,000 among them, a sentence says so."""
    assert 4096 == len(Labels.from_strings(map(str, range(4096)), labeller="own", unicode="").names)
    for count in (4097, 40_000):
        with pytest.raises(UnsupportedFormat, match="at most 4,096"):
            Labels.from_strings(map(str, range(count)), labeller="own", unicode="")


def test_an_interval_that_hangs_on_one_unit_is_none():
    """Where a statistic has no value without one unit, it has no interval."""
    columns = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    found = bootstrap(columns, lambda t: t[:, 0] / t[:, 1], random=np.random.default_rng(0))
    assert found is None


def test_a_category_for_each_token_leaves_nothing_at_once():
    """A partial correlation that holds as many categories as tokens fixed is unknown, without a long regression."""
    begun = time.process_time()
    values = np.arange(4000.0)
    found = partial_spearman(values, values[::-1], [np.arange(4000)])
    assert found.value is None
    assert time.process_time() - begun < 1


def test_a_gguf_tokenizer_that_is_an_array(tmp_path):
    """A list of names where a name should be is refused in a sentence."""
    metadata = {"tokenizer.ggml.model": np.array([1, 2]), "tokenizer.ggml.tokens": ["a"]}
    with pytest.raises(UnsupportedFormat, match="is not opened"):
        from_gguf(metadata, "x.gguf")


def test_the_home_of_nobody():
    """`~nosuchuser/x` is looked for as it is written."""
    with pytest.raises(HyperpolyglotError, match="no such folder or file"):
        resolve("~nosuchuser/x/y.bin")


@pytest.mark.parametrize(
    "arguments", [["diversity", "demo:meaning", "--sample", "nan"], ["cache", "--older-than", "nan"]]
)
def test_not_a_number_is_no_amount(arguments, capsys):
    """An option that takes a number refuses nan."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert 2 == ended.value.code
    assert "is not a number" in capsys.readouterr().err


@pytest.mark.parametrize("few", [1, 2])
def test_a_label_whose_rest_is_two_tokens(few):
    """Where all others are fewer than the folds of a probe the label is not probed, and said to be left out."""
    space = hp.open_model("demo:meaning")
    space = space.take(hp.sample_rows(space, 0.03))
    some = {space.vocabulary.texts[100 + i] for i in range(few)}
    labelled = space.relabel(lambda token: "few" if token in some else "rest")
    probes = separability(labelled, SeparabilityOptions(minimum=100, folds=5))
    assert [] == list(probes.labels)
    assert {"few", "rest"} == {label for label, _ in probes.skipped}
    found = outcome("explain", labelled, None)
    assert None is found["subspaces"]["removal"][0]["accuracy"]


def test_numpys_warnings_stay_inside(capsys):
    """What numpy thinks of a division is not said by a command."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(SystemExit):
            main(["inspect", "nothing/of/the/kind"])
        assert np.isinf(np.float64(1) / np.float64(0))
    assert [] == seen
    assert "Warning" not in capsys.readouterr().err
