"""The chapter on applications: sentences by stated thresholds, tables with intervals; none where none was run."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.report.answers import answers
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import chapters, page
from hyperpolyglot.report.sections.applications import application_sections, verdict_on
from hyperpolyglot.report.summary import summary
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.study.applications import APPLICATIONS

RIGHT_TO_LEFT = "שלום"


def noise(space: hp.TokenSpace, seed: int = 0) -> hp.TokenSpace:
    """The tokens of a space with random vectors."""
    random = np.random.default_rng(seed).standard_normal((len(space), 12)).astype(np.float32)
    return hp.from_arrays(random, space.vocabulary.texts, name=space.model)


@pytest.fixture(scope="module")
def space(translated: str) -> hp.TokenSpace:
    """Words of four languages, each beside its translations."""
    return hp.open_model(translated, name="planted")


@pytest.fixture(scope="module")
def dictionary(space: hp.TokenSpace, words: Lexicon) -> hp.Induction:
    """A dictionary of a model whose translations are neighbours."""
    return hp.induce(space, "en", "ru", words, fewest=20, folds=5, precision=0.8)


@pytest.fixture(scope="module")
def pruning(space: hp.TokenSpace) -> hp.Pruning:
    """A smaller vocabulary for one language, by its words."""
    own = {"en": [text.removeprefix("▁") for text in space.vocabulary.texts[:60]]}
    text = {"en": [" ".join(own["en"][i : i + 6]) for i in range(0, 60, 6)]}
    return hp.prune(space, ["en"], text=text, resamples=100)


@pytest.fixture(scope="module")
def transplant(space: hp.TokenSpace) -> hp.Transplant:
    """Vectors rebuilt from a table that is a rotation of their own, with an output table."""
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((space.dim, space.dim)))[0]
    other = hp.from_arrays((space.vectors() @ turn).astype(np.float32), space.vocabulary.texts, name="turned")
    return hp.transplant(space, other, output=space, held_out=40)


def text_of(document: str) -> str:
    """What a reader of the page reads, figures included, styles not."""
    plain = re.sub(r"<(style|script).*?</\1>", "", document, flags=re.S)
    return re.sub(r"[\s\N{NO-BREAK SPACE}]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", plain)))


def test_each_has_its_section_key_and_tables(
    study: Study, dictionary: hp.Induction, pruning: hp.Pruning, transplant: hp.Transplant
) -> None:
    """Without applications there is nothing; with them a section each, numbers and tables by their key, all on the
    page, where a word that is written from right to left is isolated in its cell.
    """
    assert [] == application_sections(study)
    assert not {*APPLICATIONS} & results(study).keys()
    first, *others = dictionary.pairs
    turned = replace(dictionary, pairs=(replace(first, target=RIGHT_TO_LEFT), *others))
    used = replace(
        study,
        applied={
            "induce": {"one": dictionary, "two": turned, "lost": Absent("too little.")},
            "prune": {"small": pruning},
            "transplant": {"made": transplant},
            "extend": {"more": transplant},
        },
    )
    (chapter,) = [chapter for chapter in chapters(used) if chapter.key == "applications"]
    assert ["induce", "induce-2", "induce-3", "prune", "transplant", "extend"] == [
        section.key for section in chapter.sections
    ]
    assert all(section.reading for section in chapter.sections if not section.missing)
    assert all(section.pictures or section.grids for section in chapter.sections if not section.missing)
    found = results(used)
    assert ["one", "two", "lost"] == [each["name"] for each in found["induce"]]
    assert "too little." == found["induce"][2]["absent"]
    assert [*verdict_on("prune", pruning)] == found["prune"][0]["verdict"]
    assert pruning.to_json().items() <= found["prune"][0].items()
    made = tables(used)
    assert {"one", "two"} == {row["name"] for row in made["induce"]}
    assert {"induce_bins", "prune", "prune_sizes", "transplant", "transplant_output", "extend"} <= made.keys()
    written = page(used)
    assert f"<td><bdi>{RIGHT_TO_LEFT}</bdi></td>" in written
    document = text_of(written)
    for said in (
        "Applications",
        "Smaller vocabulary of planted for English",
        "Embeddings of planted for the vocabulary of turned",
        "lost: too little.",
    ):
        assert said in document


def test_what_came_of_it_is_told_in_the_terminal(study: Study, pruning: hp.Pruning) -> None:
    """After the paragraphs on the models one on each application; a study of them alone does not say that models have
    no vectors.
    """
    used = replace(study, applied={"prune": {"small": pruning}, "induce": {"lost": Absent("too little.")}})
    paragraphs = summary(used).split("\n\n")
    assert summary(study).split("\n\n") == paragraphs[:-2]
    assert [
        f"prune of small: {verdict_on('prune', pruning)[0]}",
        "induce of lost: too little.",
    ] == paragraphs[-2:]
    nothing = Absent("It was left out.")
    models = tuple(
        replace(m, diversity=nothing, separability=nothing, translate=nothing) for m in study.models
    )
    bare = replace(used, models=models)
    assert ": what was measured is below.\n\nprune of small: " in summary(bare)
    assert ["Does it serve my language?"] == [
        answer.question.replace("Do they", "Does it") for answer in answers(bare)
    ]


def test_every_application_is_shown(study: Study) -> None:
    """Each row of the table of applications has a section and is a command and a public function."""
    from hyperpolyglot.cli.app import cli

    for key in APPLICATIONS:
        assert key in cli.commands
        assert key in hp.__all__
        lost = replace(study, applied={key: {"x": Absent("none.")}})
        assert [("x: none.",)] == [section.missing for section in application_sections(lost)]
        with pytest.raises(AttributeError):
            verdict_on(key, None)


def test_a_dictionary_is_judged_against_chance(
    study: Study, dictionary: hp.Induction, space: hp.TokenSpace, words: Lexicon
) -> None:
    """Planted translations are found, with interval and chance, and what precision keeps; of noise nothing is said."""
    first, *_, kept = verdict_on("induce", dictionary)
    assert "Of 60 English words that the lexicon translates" in first
    assert "(P@1; 95 % interval " in first
    assert "chance 1.7 %)" in first
    assert kept.startswith("At a precision of 80.0 %, 60 of 60 pairs are kept")
    random = hp.induce(noise(space), "en", "ru", words, fewest=20, folds=5)
    assert () == verdict_on("induce", random)
    (section,) = application_sections(replace(study, applied={"induce": {"x": random}}))
    assert ((), 20) == (section.reading, len(section.grids[0].rows))


def test_a_price_is_told_with_its_interval(study: Study, pruning: hp.Pruning) -> None:
    """The recommended size, what the most costly language pays there, and chance; another cut is told too."""
    (first, *_) = verdict_on("prune", pruning)
    assert first.startswith(f"{pruning.recommended:,} of 240 tokens")
    assert "for the text that it was chosen by" in first
    assert "English pays most, 1." in first
    assert re.search(r"times the tokens \(95 % interval .*\), and keeps .*; chance ", first)
    (section,) = application_sections(replace(study, applied={"prune": {"x": pruning}}))
    assert [1, len(pruning.sizes), 1] == [len(grid.rows) for grid in section.grids]
    lost = {"value": 0.3, "low": 0.2, "high": 0.4, "chance": 0.35}
    by_chance = replace(pruning, lost=pruning.lost | {"neighbors": lost})
    assert not any("nearest neighbours" in said for said in verdict_on("prune", by_chance))
    less = replace(pruning, lost=pruning.lost | {"neighbors": lost | {"chance": 0.8}})
    assert (
        "Kept tokens lose 30.0 % (95 % interval 20.0–40.0 %; chance 80.0 %)" in verdict_on("prune", less)[-1]
    )


def test_methods_are_told_apart_only_by_paired_differences(
    transplant: hp.Transplant, space: hp.TokenSpace
) -> None:
    """A planted rotation is found; a method that was asked for and is beaten says so; of noise nothing is said."""
    first, second = verdict_on("transplant", transplant)
    assert first.startswith(f"{transplant.chosen} finds ")
    assert "chance 0.4 %) of 40 hidden tokens again" in first
    assert second.startswith("By P@1, these tokens do not tell it from ")
    assert "ridge" in second or "procrustes" in second
    far = {method: {"value": 0.2, "low": 0.1, "high": 0.3} for method in transplant.ahead}
    assert "ahead of all others" in verdict_on("transplant", replace(transplant, ahead=far))[-1]
    mixed = far | {"mean": {"value": 0.1, "low": -0.01, "high": 0.2}}
    assert "do not tell it from mean (" in verdict_on("transplant", replace(transplant, ahead=mixed))[-1]
    alone = tuple(trial for trial in transplant.methods if trial.method != "auto")
    behind = {method: {"value": -0.9, "low": -1.0, "high": -0.8} for method in ("ridge", "procrustes")}
    beaten = verdict_on("transplant", replace(transplant, methods=alone, chosen="mean", ahead=behind))
    assert beaten[0].startswith("mean finds hidden tokens no more often than chance: 0")
    assert "do better" in beaten[-1]
    random = hp.transplant(noise(space), noise(space, 1), held_out=40)
    assert () == verdict_on("transplant", random)


def test_a_transplant_has_methods_by_label_and_how_rows_came_to_be(
    study: Study, transplant: hp.Transplant
) -> None:
    """Every method over all and by label with intervals, the chosen one marked, the output table beside."""
    (section,) = application_sections(replace(study, applied={"transplant": {"x": transplant}}))
    by_method, by_label, output, rows = section.grids
    assert ["mean", "ridge", "procrustes", "focus", "omp", "auto"] == [
        row[0].split("\n")[0] for row in by_method.rows
    ]
    assert [transplant.chosen] == [row[0].split("\n")[0] for row in by_method.rows if "chosen" in row[0]]
    assert {"Latin", "Cyrillic", "Greek", "Han"} == {row[0] for row in by_label.rows}
    assert all("[" in cell for row in by_label.rows for cell in row[2:])
    assert [f"{transplant.chosen}\nchosen"] == [row[0] for row in output.rows]
    assert ("rows", "input table", "output table") == rows.columns
    assert ("copied", "240", "240") == rows.rows[0]
