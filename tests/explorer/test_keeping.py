"""What a visitor takes along, and what stays when a file cannot be had."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from hyperpolyglot.explorer.bundle import make_bundle
from hyperpolyglot.explorer.explored import ExploreOptions
from hyperpolyglot.explorer.server import Server
from hyperpolyglot.store import NoStore
from tests.explorer.planted import HOSTILE, K, lexicon, meanings_together, scripts_together

ONE = "#model=by/script"
OTHER = "#model=by/meaning"
ALL = "&lasso=-9,-9,9,-9,9,9,-9,9"


def test_selection_as_csv(visit, served):
    """The tokens of a selection, each with its script, kind and meaning, in a file that any reader of CSV takes."""
    page = visit(served + OTHER + ALL)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    assert "by-meaning.csv" == waiting.value.suggested_filename
    text = waiting.value.path().read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    space = meanings_together()
    placed = space.candidates().rows.tolist()
    assert placed == [int(row["id"]) for row in rows]
    cat = rows[placed.index(space.vocabulary.texts.index("▁кошка"))]
    assert ("▁кошка", "Cyrillic", "text", "cat", "ru") == tuple(
        cat[name] for name in ("token", "script", "kind", "english", "languages")
    )
    known = {row["token"] for row in rows}
    assert {text for text in HOSTILE if len(text) < 30 and "\ud800" not in text and " " not in text} <= known
    x, y = page.evaluate("(row) => explorer.views[0].place(row)", int(cat["id"]))
    np.testing.assert_allclose([x, y], [float(cat["x"]), float(cat["y"])])


def test_view_as_png(visit, served):
    """The picture is of the size of the map and has its points and its names."""
    from PIL import Image

    page = visit(served + OTHER)
    page.wait_for_selector(".labels .region", state="attached")

    def picture():
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download this view").click()
        assert "by-meaning.png" == waiting.value.suggested_filename
        return np.asarray(Image.open(waiting.value.path()).convert("L"), float)

    with_names = picture()
    box = page.locator(".stage canvas").bounding_box()
    assert (round(box["height"]), round(box["width"])) == with_names.shape
    page.evaluate("() => (explorer.views[0].labels.placed = [])")
    without = picture()
    assert (without < 240).mean() > 0.001
    assert (with_names != without).sum() > 200


@pytest.mark.parametrize(
    ("what", "path", "act", "there"),
    [
        ("The neighbours of this token", "neighbor-0.bin", "() => explorer.pick(0, 5)", "ol.near li"),
        ("The piece of this token", "piece-0.bin", "() => explorer.pick(0, 5)", "ol.near li"),
        ("The column “norm”", "norm-0.bin", "() => explorer.state.change({colour: 'norm'})", ".ends span"),
    ],
)
def test_a_file_that_is_not_loaded(what, path, act, there, visit, served):
    """What is missing is said, with its file; the map stays, and "Try again" goes on where it stopped: for the
    neighbours of a token, for its facts, for a column of colours.
    """
    page = visit(served + ONE)
    page.route(f"**/data/0/{path}*", lambda route: route.abort())
    page.evaluate(act)
    page.wait_for_selector("[role=alert]")
    said = f"{what} could not be loaded: the connection failed (data/0/{path})."
    assert said == page.inner_text("[role=alert]")
    assert page.locator(".stage canvas").is_visible()
    page.unroute(f"**/data/0/{path}*")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(there)
    page.wait_for_selector("[role=alert]", state="detached")
    page.visit.errors.clear()


def test_a_hidden_row_of_the_legend(visit, served):
    """Pointing at a row of the legend lights its tokens; at one that is not shown or is hidden just then, nothing."""
    page = visit(served + ONE + "&off=Cyrl")
    page.locator(".key", has_text="Latin").hover()
    page.wait_for_function("() => explorer.views[0].lit && explorer.views[0].points.lit.length > 0")
    page.locator(".key", has_text="Cyrillic").hover()
    page.wait_for_function("() => !explorer.views[0].lit")
    page.get_by_label("Latin", exact=False).first.uncheck()
    page.wait_for_function("() => !explorer.views[0].lit")


def test_padding_is_no_token(visit, served):
    """Rows of padding are neither among the tokens of the overview nor among those without a label."""
    page = visit(served + ONE)
    space = scripts_together()
    facts = dict(
        zip(
            page.locator(".facts dt").all_inner_texts(),
            page.locator(".facts dd").all_inner_texts(),
            strict=True,
        )
    )
    assert str(len(space) - 1) == facts["tokens"]
    unlabelled = int((space.labels.codes < 0).sum()) - 1
    assert str(unlabelled) == page.locator(".key", has_text="no label").locator(".number").inner_text()


@pytest.mark.parametrize("width", [1024, 1279])
def test_side_by_side(width, visit, served):
    """From 1,024 pixels two maps stand side by side, each of a fair width, with the panel beside them."""
    page = visit(f"{served}#model=by/script&beside=by/meaning", viewport={"width": width, "height": 768})
    first, second = (page.locator(".map").nth(i).bounding_box() for i in range(2))
    panel = page.locator("#panel-slot").bounding_box()
    assert first["y"] == second["y"] == panel["y"]
    assert first["x"] + first["width"] <= second["x"] <= panel["x"]
    assert min(first["width"], second["width"]) > 260


def test_titles_show_no_path(visit):
    """A model of a local folder is called by its short name wherever a reader looks."""
    space = replace(meanings_together(), model="/home/someone/models/xlm-r/model.safetensors")
    bundle = make_bundle([space], ExploreOptions(k=K, method="pca"), NoStore(), lexicon=lexicon())
    server = Server(bundle, 0)
    server.start()
    try:
        page = visit(server.url)
        assert "xlm-r" in page.title()
        assert "xlm-r" in page.inner_text(".caption")
        assert "/home" not in page.evaluate("() => document.title + document.body.innerText")
    finally:
        server.close()
