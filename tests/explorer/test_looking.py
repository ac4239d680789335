"""What a visitor sees on the map: structure among many points, regions by name, a token among its neighbours."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.explorer.planted import WORDS, meanings_together, scripts_together

ONE = "#model=by/script"
OTHER = "#model=by/meaning"


@pytest.fixture(scope="session")
def spaces():
    return scripts_together(), meanings_together()


CROWD = """(tokens) => {
  const [view, model] = [explorer.views[0], explorer.open[0]];
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const points = new Float32Array(2 * tokens);
  for (let row = 0; row < tokens; row++) {
    const reach = row % 4 ? 0.45 : 0.1;
    points[2 * row] = reach * (2 * random() - 1);
    points[2 * row + 1] = reach * (2 * random() - 1);
  }
  const crowd = Object.assign(Object.create(model), { size: tokens, points, label: new Uint16Array(tokens) });
  view.setModel(crowd, "crowd");
  view.paint(Uint8Array.from({ length: 4 * tokens }, (_, i) => (i % 4 === 3 ? 255 : 0)), () => true, () => null);
}"""
"""Black points on a square, a quarter of them on a small square in the middle, which is seven times as dense."""


@pytest.mark.parametrize("tokens", [250_000, 50_000])
def test_structure_shows_among_many_points(tokens, visit, served):
    """Where points are seven times as dense the map is clearly darker, and elsewhere neither opaque nor empty."""
    from PIL import Image

    page = visit(served + ONE)
    page.evaluate(CROWD, tokens)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.locator(".stage canvas").screenshot())).convert("L")
    grey = np.asarray(picture, float)
    height, width = grey.shape
    reach = 0.94 * (min(width, height - 70)) / 2
    y, x = np.mgrid[:height, :width]
    away = np.maximum(abs(x - width / 2), abs(y - height / 2)) / reach
    ink = 1 - grey / 249
    dense, thin = ink[away < 0.08].mean(), ink[(away > 0.15) & (away < 0.4)].mean()
    assert 0.15 < thin < 0.75
    assert dense > thin + 0.2


REGIONS = """() => [...document.querySelectorAll(".labels .region")].map((e) => {
  const box = e.getBoundingClientRect();
  return [e.textContent, (box.left + box.right) / 2, (box.top + box.bottom) / 2, box.width, box.height];
})"""


def regions(page):
    """The names of regions and where they stand: word, x, y, width, height."""
    page.wait_for_selector(".labels .island, .labels .region", state="attached")
    page.wait_for_timeout(300)
    return page.evaluate(REGIONS)


def test_regions_have_names(visit, served, spaces):
    """Where words of one meaning lie together, the map says in English what it is, in their middle and never on
    another name; where scripts lie together, it does not.
    """
    page = visit(served + OTHER)
    found = regions(page)
    assert {"Nike", "Arabic"} == {word for word, *_ in found}
    words = [spaces[1].vocabulary.texts.index(word) for word in WORDS["Nike"].values()]
    places = page.evaluate("(rows) => rows.map((row) => explorer.views[0].where(row))", words)
    at = next(place[:2] for word, *place in found if word == "Nike")
    reach = page.evaluate("() => 0.06 * explorer.views[0].camera.unit")
    assert reach > min(np.hypot(x - at[0], y - at[1]) for x, y in places)
    for i, (_, x, y, w, h) in enumerate(found):
        assert all(abs(x - a) >= (w + b) / 2 or abs(y - c) >= (h + d) / 2 for _, a, c, b, d in found[:i])
    assert [] == regions(visit(served + ONE))


def test_more_regions_as_one_zooms(visit, served):
    """A small window names some regions, and more of them as one comes near."""
    page = visit(served + OTHER, viewport={"width": 390, "height": 844})
    page.evaluate(
        "() => explorer.views[0].regions.push(...explorer.views[0].regions.map((r) => ({...r, x: r.x + 0.03})))"
    )
    page.evaluate("() => explorer.views[0].redraw()")
    far = regions(page)
    x, y = page.evaluate("() => [explorer.views[0].regions[0].x, explorer.views[0].regions[0].y]")
    page.evaluate("(view) => explorer.views[0].look(view)", [x, y, 20])
    assert 2 == [word for word, *_ in regions(page)].count(far[0][0])
    assert 1 == [word for word, *_ in far].count(far[0][0])
