"""What a visitor sees on the map: structure among many points, regions by name, a token among its neighbours."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.explorer.planted import WORDS, meanings_together, nearest, scripts_together

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


def test_a_chosen_token_among_its_neighbours(visit, served, spaces):
    """A token that is chosen comes to the middle, near enough to see its surroundings; it and its neighbours are lit
    and all others fade.
    """
    page = visit(served + OTHER)
    row = spaces[1].vocabulary.texts.index("▁кошка")
    before = page.evaluate("() => explorer.views[0].camera.view")
    assert [0, 0, 1] == before
    page.evaluate("(row) => explorer.pick(0, row)", row)
    page.wait_for_function("() => explorer.views[0].camera.zoom > 1.4")
    x, y, _ = page.evaluate("() => explorer.views[0].camera.view")
    np.testing.assert_allclose(page.evaluate("(row) => explorer.views[0].place(row)", row), [x, y], atol=1e-5)
    lit = page.evaluate("() => [...explorer.views[0].points.lit].sort((a, b) => a - b)")
    assert sorted([row, *(i for i, _ in nearest(spaces[1], row))]) == lit
    assert page.evaluate("() => explorer.views[0].lit")
    page.evaluate("() => explorer.pick(0, -1)")
    page.wait_for_function("() => !explorer.views[0].lit")


def test_a_link_keeps_its_view(visit, served, spaces):
    """A link that holds a view shows it, and does not fly to its token."""
    row = spaces[1].vocabulary.texts.index("▁кошка")
    page = visit(f"{served}{OTHER}&token={row}&view=0.1,0.2,1.5")
    page.wait_for_selector("h2.headword")
    page.wait_for_timeout(300)
    assert [0.1, 0.2, 1.5] == page.evaluate("() => explorer.views[0].camera.view")


def test_neighbours_have_their_english(visit, served, spaces):
    """Beside every neighbour that the lexicon knows stands what it means in English, unless it is that word."""
    texts = spaces[1].vocabulary.texts
    row = texts.index("▁кошка")
    english = {
        word: concept for concept, words in WORDS.items() for tag, word in words.items() if tag != "en"
    }
    page = visit(f"{served}{OTHER}&token={row}")
    page.wait_for_selector("ol.near .gloss")
    found = page.evaluate(
        "() => [...document.querySelectorAll('ol.near .body')]"
        ".map((e) => [e.querySelector('.token').textContent, e.querySelector('.gloss')?.textContent ?? ''])"
    )
    known = [word for word, gloss in found if gloss]
    assert {"猫", "▁pisică", "▁قطة"} <= set(known)
    assert all(english.get(word, "") == gloss for word, gloss in found)
