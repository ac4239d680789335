"""Records as a notebook shows them, and as tables of other libraries."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot import records
from hyperpolyglot.errors import MissingExtra
from hyperpolyglot.records import Record
from hyperpolyglot.store import NoStore
from tests.conftest import planted_pieces, write_model

SKIPPED = ("separability", "translate", "meanings", "languages", "compare", "explain")


@pytest.fixture
def found(clustered, translated):
    """One record of each cheap kind."""
    spaces = [hp.open_model(clustered), hp.open_model(translated)]
    near = hp.neighbors(spaces[0], k=15)
    return {
        "census": hp.census(spaces),
        "overlap": hp.overlap(spaces),
        "inspection": hp.inspect(spaces[0]),
        "separability": hp.separability(spaces[0], hp.SeparabilityOptions(minimum=50, folds=3)),
        "silhouette": hp.silhouette(spaces[0], hp.SilhouetteOptions(permutations=3)),
        "neighborhoods": hp.neighborhoods(spaces[0], [0, 1], k=3),
        "diversity": hp.diversity(near, spaces[0].labels),
        "projection": hp.project(spaces[0], near, method="pca"),
        "study": hp.run_study(
            spaces[:1], hp.StudyOptions(k=15, skip=SKIPPED), NoStore(), layouts=[spaces[0].vectors()[:, :2]]
        ),
        "comparison": hp.compare(spaces, hp.CompareOptions(k=5, permutations=0, maps=False)),
    }


class Balanced(HTMLParser):
    """Follows the open elements of a page; ``left`` is empty where each was closed."""

    def __init__(self):
        super().__init__()
        self.left, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag != "img":
            self.left.append(tag)

    def handle_endtag(self, tag):
        assert tag == self.left.pop()


def test_every_public_result_is_a_record():
    """What has a ``table`` is shown and converted in one way; an opening and a space have one of vectors."""
    with_table = {name for name in hp.__all__ if hasattr(getattr(hp, name), "table")}
    assert with_table - {"Opening", "TokenSpace"} == {
        name
        for name in hp.__all__
        if isinstance(getattr(hp, name), type) and issubclass(getattr(hp, name), Record)
    }


def test_records_show_a_table_and_a_figure(found):
    """HTML that is whole, with the table's columns and an image that is SVG."""
    without = {"inspection", "neighborhoods"}
    for name, record in found.items():
        html = record._repr_html_()
        page = Balanced()
        page.feed(html)
        assert [] == page.left, name
        assert {"table"} <= set(page.seen)
        image = re.search("src='data:image/svg\\+xml;base64,([^']+)'", html)
        assert (name in without) == (image is None)
        if image:
            assert ElementTree.fromstring(base64.b64decode(image[1])).tag.endswith("svg")


def test_ipython_finds_the_html(found):
    """IPython's own formatter gives the same, where it is installed."""
    core = pytest.importorskip("IPython.core.formatters", reason="IPython is no part of the project")
    shown, _ = core.DisplayFormatter().format(found["diversity"])
    assert {"text/plain", "text/html"} <= set(shown)
    assert found["diversity"]._repr_html_() == shown["text/html"]


def test_a_short_repr_dumps_no_array(found):
    """A record, a space and its parts say what they are in a line or so, however large they are."""
    space = found["neighborhoods"].space
    parts = [*found.values(), space, space.vocabulary, space.labels, hp.neighbors(space, k=5)]
    for part in parts:
        assert repr(part).startswith(type(part).__name__)
        assert 700 > len(repr(part)), repr(part)
    assert "rows=int32[240, 5]" in repr(parts[-1])


def test_tokens_are_text_whatever_they_hold(tmp_path):
    """A token that looks like a script of a page is shown as text."""
    pieces = [*planted_pieces(5), "<script>alert(1)</script>", "'\"&"]
    vectors = np.random.default_rng(3).standard_normal((22, 6)).astype(np.float32)
    space = hp.open_model(write_model(tmp_path / "model", vectors, pieces))
    html = hp.neighborhoods(space, [20, 21], k=3)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_tables_of_other_libraries_hold_the_same(found):
    """pandas, polars and Arrow give the rows of ``table()``; a map is given its space."""
    pandas, polars = (
        pytest.importorskip(name, reason=f"{name} is an extra") for name in ("pandas", "polars")
    )
    rows = found["census"].table()
    assert rows == found["census"].to_pandas().to_dict("records")
    assert rows == found["census"].to_polars().to_dicts()
    assert isinstance(found["census"].to_pandas(), pandas.DataFrame)
    assert isinstance(found["census"].to_polars(), polars.DataFrame)
    space = found["neighborhoods"].space
    assert 240 == len(found["projection"].to_polars(space))
    overlap = found["comparison"].to_polars()
    assert polars.Float64 == overlap.schema["value"]
    assert overlap["p"].null_count() == len(overlap)


def test_arrow_needs_no_further_library(found):
    """Columns come with their types, nulls included."""
    table = found["census"].to_arrow()
    assert ["model", "label", "tokens", "share", "counted"] == table.schema.names
    assert ["Utf8", "Utf8", "Int64", "Float64", "Boolean"] == [
        re.search("<(.+)>", str(table.schema.field(name).type))[1] for name in table.schema.names
    ]
    nulls = records.arrow_table([{"p": None, "n": 1}, {"p": 0.5, "n": True}])
    assert [None, 0.5] == [value.as_py() for value in nulls.column("p")]


def test_a_missing_library_is_one_sentence(found, monkeypatch):
    """The sentence says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(MissingExtra, match=r"^to_polars\(\) needs .*'hyperpolyglot\[polars\]'\.$"):
        found["census"].to_polars()


def test_a_study_is_a_row_of_main_numbers_for_each_model(found):
    """What was not measured is missing, not zero."""
    (row,) = found["study"].table()
    study = found["study"].models[0]
    assert study.diversity.mean == row["diversity"]
    assert study.diversity.expected == row["diversity_chance"]
    assert (None, None) == (row["separability"], row["translated"])
    assert "–" in found["study"]._repr_html_()


def test_translated_is_the_headline(found):
    """A study's row has P@1 and chance where every pair of languages counts alike, as the report's headline does."""
    lexicon = hp.packaged_lexicon().take(languages=["de", "en", "ru", "uk"])
    words = hp.translate(hp.open_model("demo:meaning"), lexicon)
    row = replace(found["study"].models[0], translate=words).main_numbers()
    assert words.headline["value"] == row["translated"]
    assert words.headline["chance"] == row["translated_chance"]
    assert words.overall["weak"]["csls"]["p1"]["value"] != row["translated"]


def test_a_long_table_says_how_long_it_is(found):
    """A dozen rows are shown, and the number of all."""
    html = found["comparison"]._repr_html_()
    rows = len(found["comparison"].table())
    assert 12 < rows
    assert f"12 of {rows} rows" in html
    assert 13 == html.count("<tr>")
