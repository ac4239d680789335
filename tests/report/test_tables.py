"""Tables are tidy: one value in each cell, under the same names in every library and file."""

from __future__ import annotations

import csv
import math
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.records import tidied
from hyperpolyglot.report.files import write_tables
from hyperpolyglot.report.numbers import tables
from hyperpolyglot.study.catalogue import JOINT, SINGLE
from hyperpolyglot.tables import latex, write_table

WORDS = {
    *(
        "model",
        "a",
        "b",
        "label",
        "token",
        "piece",
        "query",
        "kind",
        "language",
        "source",
        "target",
        "script",
    ),
    *(
        "concept",
        "word",
        "removal",
        "measure",
        "part",
        "method",
        "candidates",
        "direction",
        "map",
        "protocol",
    ),
    *("revision", "digest", "version", "translation_in"),
    *("reference", "premium_reference", "against_reference_reference", "family", "branch", "ranked_by"),
}
"""Columns that hold words; every other one holds numbers, or yes and no."""
TEXT_ELSEWHERE = {"candidates": {"translate"}}
"""Columns that hold words in some tables only."""


@pytest.fixture(scope="module")
def written(demo_study, tmp_path_factory):
    """Every table of a report on both demos, as it is read back from CSV."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(demo_study, folder)
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def is_number(cell):
    """Whether a cell is empty, a finite number, or a truth."""
    return cell in ("", "True", "False") or math.isfinite(float(cell))


def test_every_column_of_numbers_parses_as_numbers(written):
    """In every CSV of a report, cell by cell; and no cell holds a list, a mapping or an interval in words."""
    assert len(written) > 15
    for name, rows in written.items():
        for row in rows:
            for column, cell in row.items():
                words = column in WORDS and name in TEXT_ELSEWHERE.get(column, {name})
                if not words:
                    assert is_number(cell), (name, column, cell)
                elif column not in ("token", "piece", "query", "word"):
                    assert not re.search(r"^[\[({].*[,:].*[\])}]$|\d–\d", cell), (name, column, cell)


def test_every_table_says_of_which_model_it_is(written):
    """The first column is the model, or both of a pair."""
    for name, rows in written.items():
        first = list(rows[0])[:2]
        assert first[0] == "model" or first == ["a", "b"], name
        assert (
            {row["model"] for row in rows} <= {"demo:language", "demo:meaning"}
            if first[0] == "model"
            else True
        )


def test_ends_are_two_numbers_around_the_value(written):
    """``low`` and ``high`` come together, in this order, everywhere; what chance gives has one name."""
    for name, rows in written.items():
        columns = list(rows[0])
        for column in columns:
            assert not re.search("interval|null|expected", column), (name, column)
            if column.endswith("low"):
                high = f"{column[:-3]}high"
                assert high in columns, (name, column)
                for row in rows:
                    assert (row[column] == "") == (row[high] == "")
                    assert row[column] == "" or float(row[column]) <= float(row[high])


def test_a_data_frame_has_the_names_of_the_file(demo_study, written):
    """The main table of every record is in pandas what it is in the report."""
    pandas = pytest.importorskip("pandas", reason="pandas is an extra")
    found = {m.key: getattr(demo_study.models[0], m.key) for m in SINGLE}
    found |= {m.key: getattr(demo_study, m.key) for m in JOINT}
    for key, record in found.items():
        if not hasattr(record, "to_pandas") or key in ("map", "translate"):
            continue
        frame = record.to_pandas()
        assert list(written[key][0]) == list(frame.columns), key
        for column in frame.columns:
            if column not in WORDS and frame[column].notna().any():
                assert pandas.api.types.is_numeric_dtype(frame[column].dropna().infer_objects()), (
                    key,
                    column,
                )
    pairs = found["translate"].to_pandas()
    assert list(written["translate_pairs"][0]) == list(pairs.columns)


def test_the_summary_has_a_row_for_every_model(demo_study, written):
    """Every main number with its interval, chance and seed, and where it comes from."""
    rows = written["summary"]
    assert ["demo:language", "demo:meaning"] == [row["model"] for row in rows]
    for row, model in zip(rows, demo_study.models, strict=True):
        probes, mixed, words = model.separability, model.diversity, model.translate
        expected = {
            "separability": (probes.mean_accuracy, *probes.interval, 0.5),
            "silhouette": (model.silhouette.value, *model.silhouette.interval, model.silhouette.chance),
            "diversity": (mixed.mean, *mixed.interval, mixed.expected),
            "own_share": (mixed.own_share, *mixed.own_interval, mixed.join_counts.own()[0]),
            "translated": (words.headline["value"], *words.headline["interval"], words.headline["chance"]),
        }
        for name, values in expected.items():
            assert values == tuple(float(row[name + end]) for end in ("", "_low", "_high", "_chance")), name
        assert ["0"] * 4 == [
            row[name] for name in ("seed", "separability_seed", "silhouette_seed", "translated_seed")
        ]
        assert (model.space.digest, hp.__version__) == (row["digest"], row["version"])
        assert model.explain.hubness.skewness == float(row["hub_skewness"])
        assert (
            float(row["undertrained_low"])
            <= model.explain.undertrained.share
            <= float(row["undertrained_high"])
        )


def test_the_interval_of_the_mean_holds_those_of_its_labels(demo_study):
    """The mean of the ends: wider than if probes erred independently, and said in the headline."""
    found = demo_study.models[0].separability
    low, high = found.interval
    assert low < found.mean_accuracy < high
    widths = [row.interval[1] - row.interval[0] for row in found.counted]
    assert np.mean(widths) == pytest.approx(high - low)
    assert f"[{100 * low:.1f}, {100 * high:.1f}]" in repr(found)


def test_a_list_is_no_cell():
    """What cannot be one value is refused, so that no table holds it as text."""
    with pytest.raises(TypeError, match="'signs' has 2"):
        tidied([{"signs": ["short", "near"]}])


def test_what_a_user_scores_after_a_removal_is_laid_flat(study):
    """Scores stand in columns with their ends; a list that a function of the user's gives is left out."""
    found = study.models[0].explain.subspaces
    scores = {"p1": {"value": 0.5, "interval": [0.4, 0.6], "chance": 0.02}, "asked": ["en", "ru"], "n": 3}
    changed = replace(found, effects=tuple(replace(e, translation=scores) for e in found.effects))
    row = changed.table()[0]
    names = {"p1": 0.5, "p1_low": 0.4, "p1_high": 0.6, "p1_chance": 0.02, "n": 3}
    assert names == {key.removeprefix("translation_"): v for key, v in row.items() if "translation" in key}


def test_known_translations_have_a_row_for_each_language(demo_study, written):
    """Beside the number of languages of a neighbour, a table has them one by one."""
    rows = [n for q in demo_study.models[1].meanings.queries for n in q.neighbors]
    listed = [row for row in written["meanings_languages"] if row["model"] == "demo:meaning"]
    assert sum(len(n.languages) for n in rows) == len(listed)
    assert listed


def test_latex_holds_any_text(tmp_path):
    """Signs of LaTeX are escaped, numbers short, nothing is a command; other scripts are there as they are."""
    rows = [
        {
            "model": "a_b",
            "token": r"\input{x}%&$#^~[1]",
            "share": 0.123456,
            "p": 1.25e-7,
            "n": -3,
            "known": True,
        },
        {
            "model": "아메리카",
            "token": "línea\n\u202e",
            "share": None,
            "p": float("nan"),
            "n": 12345,
            "known": False,
        },
    ]
    path = tmp_path / "t.tex"
    write_table(path, rows)
    text = path.read_text("utf-8")
    assert latex(rows) == text
    assert r"\begin{tabular}{llrrrr}" in text
    first, second = text.split("\\midrule\n")[1].split("\n\\bottomrule")[0].split("\n")
    token = r"\textbackslash{}input\{x\}\%\&\$\#\textasciicircum{}\textasciitilde{}{[}1{]}"
    assert rf"a\_b & {token} & 0.1235 & $1.25 \times 10^{{-7}}$ & $-3$ & yes \\" == first
    assert second.startswith("아메리카 & línea")
    assert second.endswith(r" & -- & -- & 12345 & no \\")
    assert "\u202e" not in text


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="no LaTeX is installed")
def test_latex_compiles(tmp_path, demo_study):
    """A table of the report stands in a document."""
    write_table(tmp_path / "t.tex", tables(demo_study)["explain_hubs"])
    page = r"\documentclass{article}\usepackage{booktabs}\begin{document}\input{t.tex}\end{document}"
    (tmp_path / "a.tex").write_text(page)
    ran = subprocess.run(
        ["xelatex", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, check=False
    )
    assert 0 == ran.returncode, ran.stdout[-2000:]
