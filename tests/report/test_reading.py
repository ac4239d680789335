"""A report read as a reader reads it: random tables give no finding, and every number stands in the file beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.measures.separability import SeparabilityOptions
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.report.numbers import results
from hyperpolyglot.report.page import chapters
from hyperpolyglot.report.summary import summary
from hyperpolyglot.sources import title_of
from hyperpolyglot.store import Store
from hyperpolyglot.study import StudyOptions, run_study
from tests.conftest import write_model

READ = "HYPERPOLYGLOT_READ_MODEL"
"""The folder of a real model whose report is read in a long test, if not the one that ``make real-models`` writes."""

REAL = Path.home() / ".cache" / "hyperpolyglot-real" / "multilingual-e5-small"

LANGUAGES = {"en", "ru", "el", "hi", "ka", "ar", "ja", "ko"}

FINDINGS = (
    r"keeps? scripts apart|mixes? scripts|neither keeps|(?<!not) linearly separable|barely|offset per|"
    r"neighbourhoods (are (mostly )?of|are about half|cross|mix)|among those of|"
    r"Neighbourhoods are (closed|mostly|half|open|little)|"
    r"a (weak|moderate|strong) relation|more within single scripts|not monotone|scripts differ|higher than overall|"
    r"(Words|Some words|Few words) find their translations|strongest hubs|intervals apart from all others:|"
    r"most surely|most alike:|\b[1-9]\d* of \d+ maps|agree above chance in [1-9]|sounds alike"
)
"""What is said of a model where something was found."""


def readings(study):
    """The reading of every section by its key, names of models taken out, and the summary."""
    found = {s.key: " ".join(s.reading) for c in chapters(study) for s in c.sections}
    found["summary"] = summary(study)
    for model in study.models:
        found = {key: text.replace(title_of(model.space.model), "MODEL") for key, text in found.items()}
    return found


@pytest.fixture(scope="module")
def random_study(tmp_path_factory):
    """A table of normal numbers, and the rows of a demo in another order, over 4,000 tokens of the demo vocabulary."""
    folder = tmp_path_factory.mktemp("random")
    space = open_model("demo:meaning")
    random = np.random.default_rng(11)
    rows = np.sort(random.choice(space.candidates().rows, 4000, replace=False))
    pieces = [space.vocabulary.pieces[row] for row in rows.tolist()]
    vectors = space.vectors(rows)
    tables = {"normal": random.standard_normal(vectors.shape), "permuted": random.permutation(vectors)}
    names = [write_model(folder / name, table.astype(np.float32), pieces) for name, table in tables.items()]
    options = StudyOptions(
        k=50,
        separability=SeparabilityOptions(minimum=200),
        translate=TranslateOptions(questions=200),
        compare=CompareOptions(k=20, permutations=39),
        skip=("map",),
    )
    lexicon = packaged_lexicon().take(languages=LANGUAGES)
    return run_study([open_model(n) for n in names], options, Store(folder / "store"), lexicon=lexicon)


def test_random_and_permuted_tables_give_no_finding(random_study):
    """The summary says of both that they are indistinguishable from random, and no section finds anything."""
    told = readings(random_study)
    assert 2 == told["summary"].count("MODEL is indistinguishable from random in its scripts")
    for key in ("separability", "diversity", "diversity-by-label", "mixing"):
        assert 2 == told[key].count("indistinguishable from random"), key
    assert 2 == told["frequency"].count("frequency explains next to nothing")
    assert 2 == told["translate"].count("Translations are no nearer than chance in MODEL")
    assert 2 == told["summary"].count("translated correctly (P@1) no more often than by chance")
    assert 2 == told["translate-hubs"].count("hubs are indistinguishable from random")
    assert told["languages"].count("No model is a clear winner")
    assert "are indistinguishable from random in how these lie" in told["compare"]
    assert "agree above chance in 0 of 6 labels" in told["compare-by-label"]
    assert "none of 4 maps finds tokens better than chance" in told["compare-maps"]
    for key, text in told.items():
        assert re.search(FINDINGS, text) is None, (key, text)
    assert ["random"] * 2 == [one["verdict"]["name"] for one in results(random_study)["models"]]


BESIDE = {
    "census": (("verdict", "vocabulary"), ("inspect",)),
    "summary": (("verdict",), ("translate", "headline"), ("translate", "weightings"),
                ("explain", "subspaces", "removal")),
    "separability": (("separability",), ("verdict",)),
    "silhouette": (("silhouette", "mean"), ("silhouette", "sampled")),
    "diversity": (("diversity", "own_share"), ("diversity", "mean"), ("diversity", "expected"), ("diversity", "k"),
                  ("diversity", "assortativity"), ("verdict",)),
    "diversity-by-label": (("verdict",),),
    "mixing": (("verdict", "over_represented"),),
    "frequency": (("explain", "frequency"),),
    "undertrained": (("explain", "undertrained"), ("verdict", "undertrained")),
    "hubness": (("explain", "hubness"),),
    "geometry": (("explain", "isotropy"), ("explain", "dimension"), ("explain", "subspaces")),
    "removal": (("explain", "subspaces", "removal"),),
    "translate": (("verdict", "translate", "coverage"), ("translate", "lexicon"), ("translate", "overall"),
                    ("translate", "headline"), ("translate", "weightings"), ("translate", "sounds"),
                    ("translate", "baselines"), ("translate", "denominators")),
    "translate-scripts": (("translate", "within_and_across"),),
    "translate-kinds": (("translate", "names_and_things"),),
    "translate-languages": (("verdict", "translate", "pairs"),),
    "translate-hubs": (("translate", "hubs"), ("verdict", "translate", "hubs")),
    "languages": (("verdict", "languages"),),
    "map": (("map",),),
    "tables": (("explain", "tables"),),
}  # fmt: skip
"""Where in a model's part of the numbers' file the figures of a section are."""

BETWEEN = {
    "languages": (("verdict", "languages"),),
    "overlap": (("overlap", "pairs"),),
    "fertility": (("fertility", "models"),),
    "compare": (("compare", "pairs"),),
    "compare-by-label": (("verdict", "compare"),),
    "compare-maps": (("verdict", "compare"), ("compare", "pairs")),
}
"""The same of the sections that compare models."""

STATED = (
    r"95 % interval|P@1|p below 0\.05|p < 0\.001|chance 0\b|\(chance 1\)|chance 1;|100 tokens or more|below 90\.0 %|"
    r"more than 1\.5 times|above 1\.5 × chance|MODEL|Q |CLDR [\d.]+|(?<![\d,])10 questions( or more|\.)|rate 5 %|"
    r"100 shared tokens"
)
"""Names of measures, thresholds that the notes explain, and chance levels that are so by definition."""


def leaves(part):
    """All numbers of a JSON value, how many rows a list has, and what is above zero in it."""
    if isinstance(part, bool) or part is None or isinstance(part, str):
        return []
    if isinstance(part, int | float):
        return [float(part)]
    rows = list(part.values()) if isinstance(part, dict) else list(part)
    return [float(len(rows)), *(number for row in rows for number in leaves(row))]


def part_of(whole, path):
    """What is under these keys; nothing where a part is absent."""
    for name in path:
        whole = None if whole is None else whole.get(name)
    return whole


def counted(key, model):
    """Counts that a sentence makes of the rows of its JSON."""
    if key == "separability":
        scripts = [r for r in model["separability"]["labels"] if r["label"] not in ("Zyyy", "Zinh", "Zzzz")]
        low = sum(r["accuracy"] < 0.9 for r in scripts)
        return [len(scripts), low, low - 4]
    if key == "diversity-by-label":
        return [count - 4 for count in model["verdict"]["levels"].values()]
    if key == "mixing":
        return [len(model["verdict"]["over_represented"]["found"])]
    if key == "undertrained":
        return [len(model["verdict"]["undertrained"]["higher_than_overall"]) - 3]
    if key == "frequency":
        found = model["explain"]["frequency"]
        sure = [r["shrunk"] for r in found["by_label"] if r["shrunk"] is not None and r["p_adjusted"] < 0.05]
        signs = [sum(r > 0 for r in sure), sum(r < 0 for r in sure)]
        return [*signs, *(count - 4 for count in signs)]
    return []


def unproven(text, numbers):
    """The figures of a text that no number gives, rounded as they are."""
    missing = []
    plain = re.sub(STATED, " ", text).replace("−", "-")
    plain = re.sub(r"(\d)–(?=\d)([\d.,]+) %", r"\1 % \2 %", plain)
    plain = re.sub(r"(\d) to (?=[\d-])([\d.,-]+) %", r"\1 % \2 %", plain)
    plain = re.sub(r"difference (\S+) points(?:,\s+(\S+) to ([\d.-]+))?", r"\1 % \2 % \3 %", plain)
    if "< 0.1 %" in plain and not any(0 < n < 0.0005 for n in numbers):
        missing.append("< 0.1 %")
    plain = plain.replace("< 0.1 %", " ")
    for digits, percent in re.findall(r"(?<![\w.])(-?\d[\d,]*(?:\.\d+)?)((?: %)?)", plain):
        shown = float(digits.replace(",", ""))
        decimals = len(digits.partition(".")[2])
        scale = 100 if percent else 1
        if not any(abs(round(scale * n, decimals) - shown) < 1e-9 for n in numbers):
            missing.append(digits + percent)
    return missing


def assert_every_figure_is_beside(study):
    """Every figure in the sentences of these sections is a number of the file, at its precision."""
    whole, told = results(study), readings(study)
    with_figures = {key for key, text in told.items() if re.search(r"\d", text)}
    assert set() == with_figures - BESIDE.keys() - BETWEEN.keys()
    for key in with_figures:
        numbers = [n for path in BETWEEN.get(key, ()) for n in leaves(part_of(whole, path))]
        for model in whole["models"]:
            numbers += [n for path in BESIDE.get(key, ()) for n in leaves(part_of(model, path))]
            numbers += counted(key, model)
        assert [] == unproven(told[key], numbers), (key, told[key])
    return with_figures


def test_every_figure_of_the_demos_is_in_the_file_beside(demo_study):
    """Each sentence of the report of the demos with a figure has it from the numbers' file."""
    read = assert_every_figure_is_beside(demo_study)
    assert (BESIDE.keys() | BETWEEN.keys()) - {"map", "tables", "translate-scripts"} == read
    told = readings(demo_study)
    assert 2 == told["removal"].count("questions between the words of 6 languages")
    assert [6] * 2 == [m["verdict"]["translate"]["coverage"]["scored"] for m in results(demo_study)["models"]]
    assert "MODEL keeps scripts apart" in told["summary"]
    assert "MODEL mixes scripts" in told["summary"]


def test_a_changed_figure_is_seen(demo_study):
    """The reading is not blind: a figure that is no number of the file is told."""
    (model, _) = results(demo_study)["models"]
    numbers = leaves(model["explain"]["frequency"])
    value = model["explain"]["frequency"]["spearman"]["value"]
    assert [] == unproven(f"a correlation of {value:.4f}".replace("-", "−"), numbers)
    assert ["0.4321"] == unproven("a correlation of 0.4321", numbers)
    assert [] == unproven("chance < 0.1 %, 95 % interval −1.5 to 2.0 %", [0.0004, -0.015, 0.02])
    assert ["< 0.1 %"] == unproven("chance < 0.1 %", [0.0, 0.001])
    difference = "(difference −0.2 points, 95 % interval −3.7 to 3.3: no difference beyond the interval)"
    assert [] == unproven(difference, [-0.002, -0.037, 0.033])
    assert ["3.3 %"] == unproven(difference, [-0.002, -0.037, 0.3])


@pytest.mark.long
def test_every_figure_of_a_real_model_is_in_the_file_beside(tmp_path):
    """The same for multilingual-e5-small, or a model of one's own."""
    folder = Path(os.environ.get(READ, REAL))
    if not folder.is_dir():
        pytest.skip(f"no model in {folder}: `make real-models` writes one, {READ} names another")
    space = open_model(str(folder))
    study = run_study([space], StudyOptions(skip=("map",)), Store(tmp_path), lexicon=packaged_lexicon())
    assert BESIDE.keys() - {"map", "tables"} <= assert_every_figure_is_beside(study)
